"""The fingerprint of a table in memory: of names, types and values, however the rows lie in memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecaster.data.reading.columns import dictionary_of_strings

if TYPE_CHECKING:
    import pyarrow as pa

# Rows that are measured together: the chunks of a column must not change its digest.
_ROWS = 1 << 19


def table_digest(table: pa.Table) -> str:
    """Return the sha256, in hex, of a table's names, types and values.

    Chunks, offsets into larger buffers, the bytes behind a null, and metadata do not change it; nor does the way in
    which Arrow lays out text (with 32- or 64-bit offsets, as views or with a dictionary). Numbers are measured
    where they lie, without a copy.
    """
    # hashlib lets other threads run while it works: a table has several columns, and a machine several cores.
    with ThreadPoolExecutor() as pool:
        digests = list(pool.map(_column_digest, table.schema, table.columns))
    return hashlib.sha256(b"".join(digests)).hexdigest()


def _column_digest(field: pa.Field, column: pa.ChunkedArray) -> bytes:
    digest = hashlib.sha256()
    digest.update(json.dumps([field.name, _type_name(field.type), len(column)]).encode())
    for block in column_blocks(column, _ROWS):
        for part in _parts(block):
            digest.update(part)
    return digest.digest()


def column_blocks(column: pa.ChunkedArray, n_rows: int) -> Iterator[pa.Array]:
    """Yield a column some rows at a time, without a copy of a block that lies in one chunk."""
    import pyarrow as pa

    for start in range(0, len(column), n_rows):
        chunks = column.slice(start, n_rows).chunks
        yield chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks)


def _type_name(kind: pa.DataType) -> str:
    import pyarrow.types as types

    held = kind.value_type if types.is_dictionary(kind) else kind
    is_text = types.is_string(held) or types.is_large_string(held) or types.is_string_view(held)
    return "text" if is_text else str(held)


def _parts(block: pa.Array) -> Iterator[Any]:
    """Yield the bytes that stand for the cells of a block: which of them are null, then the others."""
    import pyarrow as pa
    import pyarrow.types as types

    while isinstance(block.type, pa.BaseExtensionType):
        block = block.storage
    if types.is_dictionary(block.type):
        block = dictionary_of_strings(block).dictionary_decode()
    kind = block.type
    fixed = types.is_primitive(kind) or types.is_decimal(kind) or types.is_fixed_size_binary(kind)
    if not fixed and str(kind) not in _LARGE:
        # Lists, structs and the like, which hold nothing that is forecast.
        yield repr(block.to_pylist()).encode()
        return
    yield np.array([len(block), block.null_count], np.int64)
    if block.null_count:
        yield np.packbits(block.is_valid().to_numpy(zero_copy_only=False))
        # Arrow has no filter of views.
        block = (block if fixed else block.cast(_LARGE[str(kind)])).drop_null()
    if not fixed:
        yield from _text_parts(block)
    elif types.is_boolean(kind):
        yield np.packbits(block.to_numpy(zero_copy_only=False))
    else:
        width = kind.bit_width // 8
        yield _buffer(block, 1)[block.offset * width : (block.offset + len(block)) * width]


# The layouts of text and of bytes, and the one that each is brought to.
_LARGE = {
    layout: f"large_{kind}"
    for kind in ("string", "binary")
    for layout in (kind, f"large_{kind}", f"{kind}_view")
}


def _text_parts(block: pa.Array) -> Iterator[Any]:
    """Yield texts without nulls: each that follows itself once, and where its run ends.

    Ids repeat from row to row: to measure every copy of them would take longer than all numbers.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = str(block.type)
    ends = None
    if kind.endswith("_view"):
        block, ends = _without_repeated_views(block)
    runs = pc.run_end_encode(block.cast(_LARGE[kind]), run_end_type=pa.int32())
    texts, run_ends = runs.values, runs.run_ends.to_numpy()
    yield run_ends if ends is None else ends[run_ends - 1]
    offsets = _buffer(texts, 1).view(np.int64)[texts.offset :][: len(texts) + 1]
    if len(offsets):
        yield offsets - offsets[0]
        yield _buffer(texts, 2)[offsets[0] : offsets[-1]]


def _without_repeated_views(block: pa.Array) -> tuple[pa.Array, NDArray[np.int32]]:
    """Return the texts whose view differs from that of the row before, and the row at which each ends.

    Equal views are equal texts. Views are compared much faster than Arrow casts them.
    """
    import pyarrow as pa

    _, views_of_all, *data = block.buffers()
    views = np.frombuffer(views_of_all, np.int64).reshape(-1, 2)[block.offset :][: len(block)]
    differs = (views[1:, 0] != views[:-1, 0]) | (views[1:, 1] != views[:-1, 1])
    ends = np.append(np.flatnonzero(differs) + 1, len(block)).astype(np.int32)
    first = np.append(0, ends[:-1])
    kept = [None, pa.py_buffer(views[first]), *data]
    return pa.Array.from_buffers(block.type, len(first), kept), ends


def _buffer(array: pa.Array, i: int) -> NDArray[np.uint8]:
    """Return a buffer of an array; an empty array may have none."""
    buffer = array.buffers()[i]
    return np.frombuffer(b"" if buffer is None else buffer, np.uint8)
