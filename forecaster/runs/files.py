"""Atomic writes of plain data."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from forecaster.errors import NO_PATH, EnvironmentError_, UsageError
from forecaster.system import patiently

_LONGEST = 240


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn an OSError of the block, such as a full disk or a missing permission, into an EnvironmentError_.

    Args:
        path: The file or folder that the message names.
    """
    try:
        yield
    except OSError as error:
        if error.errno in NO_PATH:
            raise UsageError(
                f"{path}: cannot be written: {error.strerror or error}", hint="choose another path"
            ) from error
        # A folder is made where there is none; where a file is in its way, the system says that it exists.
        reason = "Not a directory" if isinstance(error, FileExistsError) else error.strerror or error
        raise EnvironmentError_(
            f"{path}: cannot be written: {reason}",
            hint="make space, get permission to write there, or choose another folder",
        ) from error


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file atomically: after a kill or on a full disk, the old file is still there, or none.

    Raises:
        EnvironmentError_: When the file cannot be written.
    """
    write_parts(path, [content])


def write_parts(path: Path, parts: Iterable[bytes]) -> None:
    """Replace a file atomically, as `write_whole`, with content that is produced piece by piece.

    Raises:
        UsageError: When the path is that of a folder.
        EnvironmentError_: When the file cannot be written.
    """
    # The name of the temporary file is longer than that of the file, and most systems allow 255 bytes.
    short = path.name if len(os.fsencode(path.name)) <= _LONGEST else sha256(path.name.encode()).hexdigest()
    with disk_errors(path):
        if not path.name or path.is_dir():
            raise UsageError(f"{path}: cannot be written: it is a folder", hint="choose another path")
        part = path.with_name(f".{short}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Remove what a killed process left, or a link, which would lead to another file.
            part.unlink(missing_ok=True)
            with part.open("xb") as file:
                file.writelines(parts)
                file.flush()
                os.fsync(file.fileno())
            patiently(lambda: part.replace(path))
        except BaseException:
            # What keeps the part from being removed must not hide why it was not put in its place.
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise


def write_text(path: Path, content: str) -> None:
    """Replace a file atomically with text in UTF-8. Raises EnvironmentError_ as `write_whole`."""
    write_whole(path, content.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Replace a file atomically with JSON, indented by two spaces.

    Args:
        path: The file.
        value: Plain data. JSON has no NaN, so a value that could not be computed is None.

    Raises:
        ValueError: When the value holds NaN or infinity.
        EnvironmentError_: When the file cannot be written.
    """
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_long_json(path: Path, head: Mapping[str, Any], name: str, items: Iterable[Any]) -> None:
    """Replace a file atomically with a JSON object whose last value is a long list, one item per line.

    Args:
        path: The file.
        head: The other keys and values.
        name: The key of the list.
        items: The items, of which only one at a time is in memory.

    Raises:
        EnvironmentError_: When the file cannot be written.
    """
    begin = json.dumps(dict(head), indent=2, ensure_ascii=False, allow_nan=False).removesuffix("\n}")

    def parts() -> Iterator[bytes]:
        yield f"{begin},\n  {json.dumps(name)}: [".encode()
        for i, item in enumerate(items):
            line = json.dumps(item, ensure_ascii=False, allow_nan=False)
            yield f"{',' if i else ''}\n    {line}".encode()
        yield b"\n  ]\n}\n"

    write_parts(path, parts())


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
