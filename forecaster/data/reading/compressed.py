"""The bytes of a file, decompressed as they are read: memory does not grow with what they unpack to."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from forecaster.errors import DataError, Location, unreadable
from forecaster.text import listed, quoted

# How the names of compressed files end, after the ending of what they hold.
ENDINGS = (".gz", ".bz2", ".xz", ".zst", ".zip")
# How compressed data begins.
_MARKS = {
    b"\x1f\x8b": ("gzip", ".gz"),
    b"BZh": ("bzip2", ".bz2"),
    b"\xfd7zXZ\0": ("xz", ".xz"),
    b"\x28\xb5\x2f\xfd": ("zstd", ".zst"),
}
CHUNK = 1 << 20
# A table of text rarely shrinks to a hundredth: a file that unpacks to more than this share, once there is this much
# of it, is not unpacked any further.
MOST_GROWTH, GROWN_BYTES = 100, 64 << 20
_BROKEN = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
_LISTED = 5


def compressed_as(path: Path) -> str:
    """Return how a file is compressed, by its name: "gz", "zip" and so on; "" where it is not."""
    ending = path.suffix.lower()
    return ending[1:] if ending in ENDINGS else ""


def compression_in(head: bytes) -> tuple[str, str] | None:
    """Return how these first bytes of a file are compressed, and how its name should end; None where they are not."""
    return next((how for mark, how in _MARKS.items() if head.startswith(mark)), None)


@contextmanager
def plain_chunks(path: Path) -> Iterator[Iterator[bytes]]:
    """Open a file and give its bytes, decompressed, some at a time.

    Raises:
        DataError: The file cannot be read, is no whole file of its kind, or unpacks to far more than its size. The
            iterator raises it too.
    """
    how = compressed_as(path)
    with ExitStack() as opened:
        try:
            handle = _opened(path, how, opened)
        except _BROKEN:
            raise broken(path, how) from None
        except OSError as error:
            if error.errno is None:
                raise broken(path, how) from None
            raise DataError(
                f"the file cannot be read: {error.strerror}",
                hint="check its permissions",
                location=Location(str(path)),
            ) from None
        yield _chunks(handle, path, how)


def broken(path: Path, how: str) -> DataError:
    """Return the error of compressed data that is damaged."""
    return DataError(
        f"the {how} data is broken or cut short",
        hint="make or download the file again",
        location=Location(str(path)),
    )


def _opened(path: Path, how: str, opened: ExitStack) -> Any:
    handle: IO[bytes] = opened.enter_context(path.open("rb"))
    if how == "gz":
        return opened.enter_context(gzip.open(handle))
    if how == "bz2":
        return opened.enter_context(bz2.BZ2File(handle))
    if how == "xz":
        return opened.enter_context(lzma.LZMAFile(handle))
    if how == "zst":
        import pyarrow as pa

        return opened.enter_context(
            pa.CompressedInputStream(opened.enter_context(pa.OSFile(str(path))), "zstd")
        )
    return _member(path, handle, opened) if how == "zip" else handle


def _member(path: Path, handle: IO[bytes], opened: ExitStack) -> IO[bytes]:
    """Open the one file in an archive. Raises DataError where there are others, or it needs a password."""
    archive = opened.enter_context(zipfile.ZipFile(handle))
    # macOS adds a folder of its own to every archive.
    names = [n for n in archive.namelist() if not n.endswith("/") and not n.startswith("__MACOSX/")]
    if len(names) != 1:
        raise DataError(
            f"the archive holds {len(names):,} files: {listed(quoted(names), most=_LISTED)}"
            if names
            else "the archive holds no file",
            hint="unpack it, and point data.path to one of its files"
            if names
            else "make it again, with one CSV file",
            location=Location(str(path)),
        )
    if not names[0].lower().endswith((".csv", ".tsv", ".txt")):
        raise DataError(
            f"the archive holds {names[0]!r}, which is no CSV file",
            hint="unpack it, and point data.path to what it holds",
            location=Location(str(path)),
        )
    try:
        return opened.enter_context(zipfile.Path(archive, names[0]).open("rb"))
    except (RuntimeError, NotImplementedError):
        raise DataError(
            f"{names[0]!r} in the archive is encrypted, or compressed in a way that cannot be read",
            hint="unpack it, and point data.path to it",
            location=Location(str(path)),
        ) from None


def _chunks(handle: Any, path: Path, how: str) -> Iterator[bytes]:
    size, total = path.stat().st_size, 0
    while True:
        try:
            chunk = handle.read(CHUNK)
        except _BROKEN:
            raise broken(path, how) from None
        except OSError as error:
            # Decompressors have no number for what they find; the system has.
            if error.errno is not None or not how:
                raise unreadable(path, error) from error
            raise broken(path, how) from None
        if not chunk:
            return
        total += len(chunk)
        if how and total > GROWN_BYTES and total > MOST_GROWTH * size:
            raise DataError(
                f"the {how} data unpacks to more than {MOST_GROWTH} times its size",
                hint="unpack it first, if it is a table",
                location=Location(str(path)),
            )
        yield chunk
