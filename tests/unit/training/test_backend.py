"""What starting a backend asks of the process."""

import ctypes
import subprocess
import sys

import pytest

from forecaster.training.backend import keep_freed_memory, silent_native_logs

# In a thread, as a training step runs: 64 buffers of 100 kB taken, written and freed, 20 times.
BUFFERS = """
import resource, sys, threading
from forecaster.training.backend import keep_freed_memory
if sys.argv[1] == "keep":
    assert keep_freed_memory()
def steps():
    for _ in range(20):
        buffers = [bytearray(b"x" * 100_000) for _ in range(64)]
        del buffers
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
thread = threading.Thread(target=steps)
thread.start()
thread.join()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(mode: str) -> int:
    done = subprocess.run([sys.executable, "-c", BUFFERS, mode], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="not the GNU C library")
def test_memory_freed_by_one_step_is_there_for_the_next():
    assert page_faults("keep") < page_faults("default") / 4


def test_a_c_library_that_cannot_be_asked_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert keep_freed_memory() is False


SILENCED = """
import os, threading
from forecaster.training.backend import silent_native_logs
first_is_inside, second_may_leave = threading.Event(), threading.Event()
def first():
    with silent_native_logs():
        first_is_inside.set()
        second_may_leave.wait(0.3)
        os.write(2, b"hidden")
def second():
    first_is_inside.wait()
    with silent_native_logs():
        os.write(2, b"hidden")
threads = [threading.Thread(target=first), threading.Thread(target=second)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
os.write(2, b"shown")
"""


def test_silence_in_two_threads_at_once_ends_with_both():
    done = subprocess.run([sys.executable, "-c", SILENCED], capture_output=True, text=True, check=True)
    assert done.stderr == "shown"


def test_a_program_without_a_terminal_loads_quietly_too(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    with silent_native_logs():
        pass
