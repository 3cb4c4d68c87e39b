"""Files written whole or not at all, read with checks. Plain data only: nothing is unpickled."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from forecaster.errors import DataError, EnvironmentError_
from forecaster.system import patiently

Arrays = dict[str, npt.NDArray[Any]]
_LONGEST = 240


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn a full disk, a missing permission or a lost folder into an error with a next move."""
    try:
        yield
    except OSError as error:
        raise EnvironmentError_(
            f"{path}: cannot be written: {error.strerror or error}",
            hint="make space, get the right to write there, or choose another folder",
        ) from error


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file in one step: a kill or a full disk leaves the old one or none."""
    write_parts(path, [content])


def write_parts(path: Path, parts: Iterable[bytes]) -> None:
    """`write_whole` of what is made piece by piece."""
    # A name may be as long as the file system takes: 255 bytes on most.
    short = path.name if len(os.fsencode(path.name)) <= _LONGEST else sha256(path.name.encode()).hexdigest()
    part = path.with_name(f".{short}.part")
    with disk_errors(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Made anew: what a kill left there is worth nothing, and a link would lead elsewhere.
            part.unlink(missing_ok=True)
            with part.open("xb") as file:
                file.writelines(parts)
                file.flush()
                os.fsync(file.fileno())
            patiently(lambda: part.replace(path))
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def write_text(path: Path, content: str) -> None:
    write_whole(path, content.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """NaN has no place in JSON: a value that could not be computed is null before it comes here."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_long_json(path: Path, head: Mapping[str, Any], name: str, items: Iterable[Any]) -> None:
    """An object that ends with a long list: an item a line, none held longer than it is written."""
    begin = json.dumps(dict(head), indent=2, ensure_ascii=False, allow_nan=False).removesuffix("\n}")

    def parts() -> Iterator[bytes]:
        yield f"{begin},\n  {json.dumps(name)}: [".encode()
        for i, item in enumerate(items):
            line = json.dumps(item, ensure_ascii=False, allow_nan=False)
            yield f"{',' if i else ''}\n    {line}".encode()
        yield b"\n  ]\n}\n"

    write_parts(path, parts())


def read_json(path: Path) -> Any:
    try:
        return json.loads(read_whole(path).decode("utf-8"))
    except ValueError as error:
        raise damaged(path, str(error)) from error


def read_whole(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise damaged(path, "the file is missing") from None
    except OSError as error:
        raise EnvironmentError_(
            f"{path}: cannot be read: {error.strerror}", hint="check its rights"
        ) from error


def damaged(path: Path, why: str) -> DataError:
    return DataError(f"{path}: {why}", hint="restore the run directory from a copy, or train again")


def save_arrays(
    path: Path, arrays: Mapping[str, npt.NDArray[Any]], meta: Mapping[str, Any] | None = None
) -> None:
    """One safetensors file; meta is kept beside the arrays, as JSON text in the file's header."""
    from safetensors.numpy import save

    header = {"meta": json.dumps(meta or {}, sort_keys=True)}
    # safetensors takes contiguous memory for granted.
    whole = {name: np.ascontiguousarray(a).reshape(a.shape) for name, a in arrays.items()}
    write_whole(path, save(whole, metadata=header))


def load_arrays(path: Path) -> tuple[Arrays, dict[str, Any]]:
    """Arrays and meta of a safetensors file. Raises DataError when it is not whole."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    content = read_whole(path)
    try:
        arrays: Arrays = dict(load(content))
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length]).get("__metadata__") or {}
        return arrays, json.loads(header.get("meta", "{}"))
    except (SafetensorError, ValueError, KeyError) as error:
        raise damaged(path, f"is not a whole weights file ({error})") from error


def sha256_of(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
