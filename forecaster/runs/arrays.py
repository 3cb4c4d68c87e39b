"""Arrays by name in the safetensors format, with plain data and a checksum in the header."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from forecaster.errors import DataError
from forecaster.runs.files import write_whole
from forecaster.runs.reading import MIB, MOST_BYTES, damaged, parse_json, read_file

Arrays = dict[str, npt.NDArray[Any]]
# The largest header: some hundred bytes for each array, and the history of a training.
MOST_HEADER = 16 * MIB
_LENGTH = 8
_DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "<i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "<u1",
    "BOOL": "?",
}


def save_arrays(
    path: Path,
    arrays: Mapping[str, npt.NDArray[Any]],
    meta: Mapping[str, Any] | None = None,
    *,
    checksum: bool = False,
) -> None:
    """Replace a file atomically with arrays in the safetensors format.

    Args:
        path: The file.
        arrays: The arrays by name.
        meta: Plain data that is stored as JSON in the header of the file.
        checksum: Whether the header also holds a checksum of the content, for a file that no manifest lists.

    Raises:
        EnvironmentError_: When the file cannot be written.
    """
    from safetensors.numpy import save

    text = json.dumps(meta or {}, sort_keys=True)
    # safetensors writes the memory of an array as it is, so the array must be contiguous.
    whole = {name: np.ascontiguousarray(a).reshape(a.shape) for name, a in arrays.items()}
    header = {"meta": text, **({"sha256": _digest(whole, text)} if checksum else {})}
    write_whole(path, save(whole, metadata=header))


def load_arrays(path: Path, *, checksum: bool = False) -> tuple[Arrays, dict[str, Any]]:
    """Read a safetensors file as `parse_arrays`. Raises DataError when it is missing or damaged."""
    return parse_arrays(path, read_file(path.parent, path.name, most=MOST_BYTES), checksum=checksum)


def parse_arrays(path: Path, content: bytes, *, checksum: bool = False) -> tuple[Arrays, dict[str, Any]]:
    """Read the arrays and the plain data of a safetensors file.

    Args:
        path: The file, for messages.
        content: Its content.
        checksum: Whether the checksum in the header must be there and be that of the content.

    Returns:
        The arrays, which cannot be written to, and the plain data.

    Raises:
        DataError: When the file is damaged.
    """
    from forecaster.runs.schemas import ARRAYS

    length = int.from_bytes(content[:_LENGTH], "little")
    if len(content) < _LENGTH or length > len(content) - _LENGTH or length > MOST_HEADER:
        raise damaged(path, "is not a complete weights file (its header is cut short or too long)")
    try:
        header: Any = parse_json(path, content[_LENGTH : _LENGTH + length], ARRAYS)
    except DataError as error:
        why = error.diagnostics[0].summary.removeprefix(f"{path}: ")
        raise damaged(path, f"is not a complete weights file (its header: {why})") from None
    meta = header.pop("__metadata__", {})
    data = memoryview(content)[_LENGTH + length :]
    arrays: Arrays = {}
    end = 0
    for name, entry in sorted(header.items(), key=_begin):
        begin, last = entry.get("data_offsets", (0, 0))
        dtype = _DTYPES.get(str(entry.get("dtype")))
        if dtype is None or begin != end or last < begin or last > len(data):
            raise damaged(path, "is not a complete weights file (its arrays do not follow one another)")
        shape = entry["shape"]
        # NumPy's own product would wrap around.
        if last < begin or math.prod(shape) * np.dtype(dtype).itemsize != last - begin:
            raise damaged(
                path, "is not a complete weights file (an array does not have the size of its shape)"
            )
        try:
            arrays[name] = np.frombuffer(data[begin:last], dtype=dtype).reshape(shape)
        except ValueError as error:
            # No element, and sizes of the other dimensions that no array can have.
            raise damaged(path, f"is not a complete weights file ({error})") from error
        end = last
    if end != len(data):
        raise damaged(path, "is not a complete weights file (it does not end with its last array)")
    text = str(meta.get("meta", "{}"))
    if checksum and meta.get("sha256") != _digest(arrays, text):
        raise damaged(path, "its checksum does not match its content")
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        plain = None
    if not isinstance(plain, dict):
        raise damaged(path, "is not a complete weights file (the plain data in its header cannot be read)")
    return arrays, plain


def _begin(item: tuple[str, Any]) -> tuple[int, int]:
    begin, end = item[1].get("data_offsets", (0, 0))
    return begin, end


def _digest(arrays: Mapping[str, npt.NDArray[Any]], text: str) -> str:
    """Return the SHA-256 of names, types, shapes and bytes of arrays, and of text."""
    digest = sha256(text.encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(json.dumps([name, array.dtype.str, array.shape]).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
