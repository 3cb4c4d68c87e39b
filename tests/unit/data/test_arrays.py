"""Mapped arrays, in the way of Linux and in the ways of the other systems."""

import errno
import gc
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecaster.data.arrays import SCRATCH, NoRoomError, Scratch

MIB = 1 << 20


@pytest.fixture(
    params=["linux", *(pytest.param(name, marks=pytest.mark.slow) for name in ("macos", "windows"))]
)
def ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """macOS reserves no space; on Windows an open file keeps its name too."""
    if request.param != "linux":
        monkeypatch.delattr(os, "posix_fallocate")
    if request.param == "windows":
        monkeypatch.setattr(tempfile, "TemporaryFile", tempfile.NamedTemporaryFile)
    name: str = request.param
    return name


def test_an_array_is_what_was_put_into_it_and_leaves_nothing(ways: str, tmp_path: Path) -> None:
    array = Scratch(tmp_path).empty((1000, 3), np.float64)
    assert isinstance(array, np.memmap)
    array[:] = np.arange(3000).reshape(1000, 3)
    assert array[999].tolist() == [2997, 2998, 2999]
    array.flush()
    del array
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_a_growing_array_is_its_blocks_and_leaves_nothing(ways: str, tmp_path: Path) -> None:
    growing = Scratch(tmp_path).growing(np.int32, 2)
    for block in (np.array([[1, 2]]), np.array([[3, 4], [5, 6]])):
        growing.append(block)
    array = growing.finish()
    assert array.dtype == np.int32
    assert array.tolist() == [[1, 2], [3, 4], [5, 6]]
    del growing, array
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_a_growing_array_that_nobody_finishes_leaves_nothing(ways: str, tmp_path: Path) -> None:
    growing = Scratch(tmp_path).growing(np.float64)
    growing.append(np.zeros(10))
    del growing
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_a_named_array_stays_in_its_file(ways: str, tmp_path: Path) -> None:
    array: Any = Scratch(tmp_path).empty((4,), np.float64, name="values.bin")
    array[:] = [1, 2, 3, 4]
    array.flush()
    del array
    assert np.fromfile(tmp_path / "values.bin").tolist() == [1, 2, 3, 4]


@pytest.mark.slow
def test_a_full_disk_is_an_error_and_no_signal(ways: str, tmp_path: Path) -> None:
    """A real one: writing to an array that was mapped without its space would end this process."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a file system")
    try:
        with pytest.raises(NoRoomError) as caught:
            Scratch(disk).empty((4 * MIB,), np.uint8)
        assert str(caught.value) == (
            f"{disk}: cannot hold the arrays of a large table: No space left on device; make space, set "
            "FORECASTER_CACHE to another folder, or to off"
        )
        growing = Scratch(disk).growing(np.uint8)
        with pytest.raises(NoRoomError):
            growing.append(np.zeros(4 * MIB, np.uint8))
        del growing
        gc.collect()
        assert list(disk.iterdir()) == []
        fits = Scratch(disk).empty((MIB // 2,), np.uint8)
        fits[:] = 1
        assert int(fits.sum()) == MIB // 2
        del fits
        gc.collect()
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_disk_that_fails_while_space_is_written_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.delattr(os, "posix_fallocate")
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(NoRoomError, match="No space left on device"):
        Scratch(tmp_path).empty((10,), np.float64)
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys, tempfile
from pathlib import Path
import numpy as np
from forecaster.data.arrays import Scratch

if sys.argv[2] == "windows":
    tempfile.TemporaryFile = tempfile.NamedTemporaryFile
growing = Scratch(Path(sys.argv[1])).growing("f8")
growing.append(np.zeros(1000))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGKILL")
@pytest.mark.parametrize(("system", "left"), [("linux", 0), ("windows", 1)])
def test_what_a_kill_may_leave_has_a_name_to_know_it_by(system: str, left: int, tmp_path: Path) -> None:
    """Windows itself removes such a file; where even that fails, the cache tidies it by its name."""
    killed = subprocess.run([sys.executable, "-c", KILLED, tmp_path, system], check=False)
    assert killed.returncode == -signal.SIGKILL
    names = [file.name for file in tmp_path.iterdir()]
    assert len(names) == left
    assert all(name.startswith(SCRATCH) for name in names)
