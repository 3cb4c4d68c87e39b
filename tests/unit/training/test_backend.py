"""What starting a backend asks of the process."""

import ctypes
import subprocess
import sys

import pytest

from forecaster.training.backend import keep_freed_memory

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
