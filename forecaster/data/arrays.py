"""Arrays that may be larger than memory: files that the operating system pages in and out."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from forecaster.data.ranges import ranges
from forecaster.errors import EnvironmentError_
from forecaster.system import take_space

Array = NDArray[Any]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
AnyFloats = NDArray[np.floating[Any]]
# Rows that are worked on together: large enough for speed, small beside a table that memory cannot hold.
BLOCK = 1 << 20
WHERE, OFF = "FORECASTER_CACHE", "off"
# How the names of files begin that nobody needs once their process has ended.
SCRATCH = ".scratch-"


class NoRoomError(EnvironmentError_):
    """The folder of mapped arrays cannot hold one: it is full, not writable, or gone."""

    def __init__(self, folder: Path | None, error: OSError) -> None:
        super().__init__(
            f"{folder}: cannot hold the arrays of a large table: {error.strerror or error}",
            hint=f"make space, set {WHERE} to another folder, or to {OFF}",
        )


def cache_folder() -> Path | None:
    """Return where mapped arrays and read tables are kept; None where the environment turns that off."""
    asked = os.environ.get(WHERE, "")
    if asked == OFF:
        return None
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        if asked:
            return Path(asked).expanduser().absolute()
        # The XDG specification says to ignore a relative path.
        return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "forecaster"
    except RuntimeError:  # a user without a home
        return None


@dataclass(frozen=True)
class Scratch:
    """Where large arrays are made: in memory, or, with a folder, in files there.

    Unless they are asked to keep a name, the files have none once they are open: a killed process leaves none.
    Windows, where an open file keeps its name, removes them as they are closed. Space is allocated before anything
    is written, because a disk that fills up under a mapped array ends the process. Every method raises NoRoomError
    where there is no space.
    """

    folder: Path | None = None

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike, *, name: str | None = None) -> Array:
        """Return an array to be filled. name: keep its file under this name."""
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        if self.folder is None or size == 0:
            return np.empty(shape, dtype)
        try:
            with _file(self.folder, name) as file:
                take_space(file.fileno(), size)
                return np.memmap(file, dtype=dtype, mode="r+", shape=shape)
        except OSError as error:
            raise NoRoomError(self.folder, error) from error

    def growing(self, dtype: DTypeLike, *columns: int) -> GrowingArray:
        """Return an array whose length is not known yet. columns: the rest of its shape."""
        return GrowingArray(self.folder, np.dtype(dtype), columns)


IN_MEMORY = Scratch()


class GrowingArray:
    """An array that grows by blocks of rows. See Scratch.growing."""

    def __init__(self, folder: Path | None, dtype: np.dtype[Any], columns: tuple[int, ...]) -> None:
        self.folder, self.dtype, self.columns = folder, dtype, columns
        self.blocks: list[Array] = []
        self.rows = 0
        self._file: IO[bytes] | None = None

    def append(self, block: Array) -> None:
        """Add rows at the end, (rows, *columns). Raises NoRoomError."""
        self.rows += len(block)
        if self.folder is None:
            self.blocks.append(block)
            return
        try:
            if self._file is None:
                self._file = _file(self.folder, None)
                # A fault of the table ends its reading before `finish` closes the file.
                weakref.finalize(self, self._file.close)
            rest = memoryview(block.astype(self.dtype, copy=False).tobytes())
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise NoRoomError(self.folder, error) from error

    def finish(self) -> Array:
        """Return the whole array, (rows, *columns), to which nothing can be added. Raises NoRoomError."""
        shape = (self.rows, *self.columns)
        if self._file is not None:
            try:
                return np.memmap(self._file, dtype=self.dtype, mode="r+", shape=shape)
            except OSError as error:
                raise NoRoomError(self.folder, error) from error
            finally:
                self._file.close()
        whole = np.empty(shape, self.dtype)
        at = self.rows
        while self.blocks:  # from the end, freeing the memory of each block as it is copied
            block = self.blocks.pop()
            whole[at - len(block) : at] = block
            at -= len(block)
        return whole


def beside(like: Array) -> Scratch:
    """Return where to make an array of the size of `like`: in memory, unless `like` is mapped."""
    # NumPy gives a copy of a mapped array, which is in memory, the type of mapped arrays.
    if not isinstance(like, np.memmap) or getattr(like, "_mmap", None) is None:
        return IN_MEMORY
    folder = cache_folder()
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise NoRoomError(folder, error) from error
    return Scratch(folder)


def copied(array: Array, columns: list[int] | None = None) -> Array:
    """Return a copy that can be written to, kept where the array is. columns: copy only these."""
    n_columns = array.shape[1] if columns is None else len(columns)
    out = beside(array).empty((len(array), n_columns), array.dtype)
    for rows in row_blocks(len(array)):
        out[rows] = array[rows] if columns is None else array[rows][:, columns]
    return out


def picked(array: Array, low: Ints, high: Ints) -> Array:
    """Return the rows of half-open ranges, one range after the other, kept where the array is.

    low, high: (ranges,), first row and one past the last.
    """
    ends = np.append(0, np.cumsum(high - low))
    out = beside(array).empty((int(ends[-1]), *array.shape[1:]), array.dtype)
    for a, b in series_blocks(ends):
        out[ends[a] : ends[b]] = array[ranges(low[a:b], high[a:b])]
    return out


def row_blocks(n_rows: int) -> Iterator[slice]:
    """Yield runs of rows that are small enough for temporary arrays."""
    for start in range(0, n_rows, BLOCK):
        yield slice(start, min(start + BLOCK, n_rows))


def series_blocks(offsets: Ints) -> Iterator[tuple[int, int]]:
    """Yield runs of whole series with at most BLOCK rows: the first series, and one past the last.

    offsets: (series + 1,). A longer series is a run of its own.
    """
    s, n = 0, len(offsets) - 1
    while s < n:
        end = int(np.searchsorted(offsets, offsets[s] + BLOCK, side="right")) - 1
        end = min(max(end, s + 1), n)
        yield s, end
        s = end


def _file(folder: Path, name: str | None) -> IO[bytes]:
    """Open a new file without a buffer: what a full disk refuses must not fail again on closing."""
    if name is None:
        return tempfile.TemporaryFile(dir=folder, prefix=SCRATCH, buffering=0)
    return (folder / name).open("x+b", buffering=0)
