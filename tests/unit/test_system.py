"""Where operating systems differ: each way is run here, whatever the system."""

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from forecaster import system

SIZE = 3 * system.MIB + 5


def cannot_reserve(handle: int, start: int, size: int) -> None:
    raise OSError(errno.EOPNOTSUPP, "Operation not supported")


@pytest.mark.parametrize("how", ["reserved", "no such call", "refused by the file system"])
def test_space_is_taken_on_the_disk(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if how == "no such call":
        monkeypatch.delattr(os, "posix_fallocate")
    elif how == "refused by the file system":
        monkeypatch.setattr(os, "posix_fallocate", cannot_reserve)
    with (tmp_path / "f").open("x+b", buffering=0) as file:
        system.take_space(file.fileno(), SIZE)
        stat = os.fstat(file.fileno())
    assert stat.st_size == SIZE
    assert stat.st_blocks * 512 >= SIZE


@pytest.mark.parametrize("call", ["posix_fallocate", "write"])
def test_a_full_disk_is_an_error_either_way(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    if call == "write":
        monkeypatch.delattr(os, "posix_fallocate")
    monkeypatch.setattr(os, call, full)
    with (
        (tmp_path / "f").open("x+b", buffering=0) as file,
        pytest.raises(OSError, match="No space left on device"),
    ):
        system.take_space(file.fileno(), SIZE)


def test_a_disk_that_takes_a_part_is_asked_for_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.delattr(os, "posix_fallocate")
    monkeypatch.setattr(os, "write", lambda handle, content: write(handle, content[:400_000]))
    with (tmp_path / "f").open("x+b", buffering=0) as file:
        system.take_space(file.fileno(), SIZE)
        assert os.fstat(file.fileno()).st_size == SIZE


class Refused:
    """A step that is refused some times, then done."""

    def __init__(self, times: int, kind: type[OSError]) -> None:
        self.left, self.kind, self.calls = times, kind, 0

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self.left:
            raise self.kind(errno.EACCES, "in use")
        return "done"


def test_what_windows_refuses_for_a_moment_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "_WAITS_S", (0.0, 0.0))
    assert system.patiently(Refused(2, PermissionError)) == "done"
    for_good = Refused(9, PermissionError)
    with pytest.raises(PermissionError, match="in use"):
        system.patiently(for_good)
    assert for_good.calls == 3


def test_no_other_error_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "_WAITS_S", (0.0, 0.0))
    gone = Refused(1, FileNotFoundError)
    with pytest.raises(FileNotFoundError):
        system.patiently(gone)
    assert gone.calls == 1


@pytest.mark.skipif(sys.platform == "win32", reason="it waits there")
def test_elsewhere_a_refusal_counts_at_once() -> None:
    step = Refused(1, PermissionError)
    with pytest.raises(PermissionError):
        system.patiently(step)
    assert step.calls == 1


def test_a_closed_pipe_is_known_by_the_name_it_has_on_each_system(monkeypatch: pytest.MonkeyPatch) -> None:
    invalid = OSError(errno.EINVAL, "Invalid argument")
    monkeypatch.setattr(system, "_WINDOWS", False)
    assert system.reader_is_gone(BrokenPipeError(errno.EPIPE, "Broken pipe"))
    assert not system.reader_is_gone(invalid)
    monkeypatch.setattr(system, "_WINDOWS", True)
    assert system.reader_is_gone(BrokenPipeError(errno.EPIPE, "Broken pipe"))
    assert system.reader_is_gone(invalid)
    assert not system.reader_is_gone(OSError(errno.EINVAL, "Invalid argument", "a|b.csv"))
    assert not system.reader_is_gone(OSError(errno.ENOSPC, "No space left on device"))


@pytest.mark.parametrize(
    "name", ["con", "NUL", "Aux.png", "com1", "LPT9.tar.gz", "com¹.csv", "con .x", "CONIN$"]
)
def test_names_that_windows_takes_for_devices(name: str) -> None:
    assert system.is_device(name)


@pytest.mark.parametrize("name", ["", "cone", "com", "com10", "a.con", "con_", "console.log", "nul-1"])
def test_names_that_only_look_like_devices(name: str) -> None:
    assert not system.is_device(name)


def test_words_with_spaces_are_quoted_as_the_shell_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "_WINDOWS", False)
    assert [system.quoted(w) for w in ("runs/a", "my runs/a")] == ["runs/a", "'my runs/a'"]
    monkeypatch.setattr(system, "_WINDOWS", True)
    assert [system.quoted(w) for w in ("runs\\a", "my runs\\a")] == ["runs\\a", '"my runs\\a"']


@pytest.mark.skipif(sys.platform != "linux", reason="binds a process as Linux does")
def test_processors_are_those_that_this_process_may_use() -> None:
    assert system.processors() == len(os.sched_getaffinity(0))
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); import forecaster.system as s; "
        "print(s.processors())"
    )
    bound = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert bound.stdout == "1\n"


def test_processors_of_macos_are_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(os, "cpu_count", lambda: 12)
    assert system.processors() == 12


def test_peak_memory_is_that_of_the_process_alone() -> None:
    """A parent that holds 200 MiB, a child that held 50 MiB and gave them back."""
    child = "import forecaster.system as s; b = bytearray(50 << 20); del b; print(s.peak_memory() >> 20)"
    parent = (
        "import subprocess, sys; b = bytearray(b'x') * (200 << 20); "
        f"print(subprocess.run([sys.executable, '-c', {child!r}], capture_output=True, text=True).stdout)"
    )
    ran = subprocess.run([sys.executable, "-c", parent], capture_output=True, text=True, check=True)
    assert 50 < int(ran.stdout) < 150


def test_peak_memory_of_macos_is_counted_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    in_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    monkeypatch.setattr(sys, "platform", "darwin")
    assert system.peak_memory() >= in_kib
    assert system.peak_memory() < in_kib * 512


def test_windows_is_never_asked_to_flush_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*given: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    system.sync_folder(tmp_path)
    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(PermissionError):
        system.sync_folder(tmp_path)
    monkeypatch.setattr(sys, "platform", "win32")
    system.sync_folder(tmp_path)


class Terminal(io.BytesIO):
    def isatty(self) -> bool:
        return True


def written(raw: io.BytesIO, encoding: str, errors: str = "strict") -> bytes:
    stream = io.TextIOWrapper(raw, encoding=encoding, errors=errors, newline="\r\n")
    system.write_utf8(stream)
    stream.write("Größe 東京\n")
    stream.flush()
    return raw.getvalue()


def test_pipes_and_files_get_utf8_and_plain_line_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONIOENCODING", raising=False)
    assert written(io.BytesIO(), "cp1252") == "Größe 東京\n".encode()


def test_a_terminal_shows_what_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONIOENCODING", raising=False)
    assert written(Terminal(), "cp1252") == b"Gr\xf6\xdfe \\u6771\\u4eac\r\n"


def test_an_encoding_that_was_asked_for_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")
    assert written(io.BytesIO(), "cp1252") == b"Gr\xf6\xdfe \\u6771\\u4eac\r\n"


def test_names_of_files_that_are_no_text_go_out_as_they_came_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONIOENCODING", raising=False)
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors="surrogateescape")
    system.write_utf8(stream)
    stream.write(os.fsdecode(b"\xff.csv"))
    stream.flush()
    assert raw.getvalue() == b"\xff.csv"


@pytest.mark.parametrize("stream", [None, io.StringIO()])
def test_a_stream_without_bytes_is_left_alone(stream: io.StringIO | None) -> None:
    system.write_utf8(stream)
