"""Strict reads of the files of a run: inside its directory only, of a bounded size, and of a declared form.

A run directory may come from anyone, so nothing in it is trusted: no link is followed, no file is read further than its
bound, and no value reaches the program that its schema does not declare.
"""

from __future__ import annotations

import os
import stat
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from forecaster.errors import DataError, EnvironmentError_, unreadable
from forecaster.system import open_without_links

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_T = TypeVar("_T")
MIB = 1 << 20
# The largest JSON file. splits.json of 100,000 series has 70 MB.
MOST_JSON = 256 * MIB
# The most values of a JSON file, each of which takes up to 40 bytes while it is read.
MOST_VALUES = 8_000_000
# The largest table, picture or file of weights.
MOST_BYTES = 1 << 34
_SHOWN = 80


def damaged(path: Path, why: str) -> DataError:
    """Return the error for a damaged file of a run."""
    return DataError(f"{path}: {why}", hint="restore the run directory from a copy, or train again")


def read_file(folder: Path, name: str, *, most: int = MOST_JSON) -> bytes:
    """Read a file in a folder.

    Args:
        folder: The folder, which may itself be a link.
        name: The name of the file relative to the folder, with slashes.
        most: The largest size in bytes.

    Raises:
        DataError: When the file is missing, too large, a link, behind a link, or no plain file.
        EnvironmentError_: When it cannot be read.
    """
    path = folder / name
    try:
        with os.fdopen(_open(folder, name), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > most:
                raise damaged(path, f"has {size:,} bytes, and at most {most:,} are read")
            # More than the file has would be taken from memory before it is read.
            content = file.read(min(size, most) + 1)
    except OSError as error:
        raise _unreadable(folder, name, error) from error
    if len(content) > most:
        raise damaged(path, f"has more than {most:,} bytes")
    return content


def digest_file(folder: Path, name: str, *, most: int = MOST_BYTES) -> tuple[int, str]:
    """Return the size of a file in a folder and its SHA-256, without holding it in memory.

    Args:
        folder: As in `read_file`.
        name: As in `read_file`.
        most: The most bytes to read.

    Raises:
        DataError: As in `read_file`; a file that is too large has a size of more than `most` and no SHA-256.
        EnvironmentError_: When it cannot be read.
    """
    digest, n = sha256(), 0
    try:
        with os.fdopen(_open(folder, name), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > most:
                return size, ""
            while n <= most and (block := file.read(MIB)):
                digest.update(block)
                n += len(block)
    except OSError as error:
        raise _unreadable(folder, name, error) from error
    return n, digest.hexdigest()


def parse_json(path: Path, content: bytes, schema: TypeAdapter[_T]) -> _T:
    """Parse JSON of a declared form.

    Args:
        path: The file, for messages.
        content: Its content.
        schema: The form.

    Raises:
        DataError: When the content is not JSON, is nested too deeply, has too many values or another form.
    """
    from pydantic import ValidationError

    if sum(content.count(mark) for mark in (b",", b"[", b"{")) > MOST_VALUES:
        raise damaged(path, f"has more than {MOST_VALUES:,} values")
    try:
        return schema.validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = _place(first["loc"])
        raise damaged(path, f"{where}{first['msg'][:_SHOWN]}") from None


def check_plain(path: Path, value: Any, schema: TypeAdapter[_T]) -> _T:
    """Check values that were parsed elsewhere. Raises DataError as `parse_json`."""
    from pydantic import ValidationError

    try:
        return schema.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise damaged(path, f"{_place(first['loc'])}{first['msg'][:_SHOWN]}") from None


def _place(keys: tuple[int | str, ...]) -> str:
    if not keys:
        return ""
    text = ".".join(str(key) for key in keys)
    # A key of a hostile file may be of any length and hold any character.
    shown = text if text.isprintable() else ascii(text)
    return (shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…") + ": "


def _open(folder: Path, name: str) -> int:
    """Return a descriptor of a plain file in a folder. Raises OSError or DataError."""
    handle = open_without_links(folder, name)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise damaged(folder / name, "is not a plain file")
    return handle


def _unreadable(folder: Path, name: str, error: OSError) -> DataError | EnvironmentError_:
    path = folder / name
    below = (path, *path.parents)[: name.count("/") + 1]
    if any(part.is_symlink() for part in below):
        return damaged(path, "is a link, or lies behind one; the files of a run are in its directory")
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return damaged(path, "the file is missing")
    if isinstance(error, IsADirectoryError):
        return damaged(path, "is not a plain file")
    return unreadable(path, error)
