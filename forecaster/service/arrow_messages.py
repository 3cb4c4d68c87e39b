"""The rows that an Arrow IPC body claims, by the heads of its messages: before anything is unpacked.

A message is a length, a head in the form of flatbuffers, and a body. Of the head this reads three numbers.
"""

from __future__ import annotations

import struct

from forecaster.service.problems import RequestError

_MAGIC = b"ARROW1"
_MARK = 0xFFFFFFFF
_DICTIONARY, _RECORDS = 2, 3
# Places of fields in the tables of Message.fbs: of a message, and of a batch of records.
_HEADER_TYPE, _HEADER, _BODY_LENGTH = 1, 2, 3
_LENGTH, _COMPRESSION = 0, 3


def as_stream(body: bytes) -> bytes:
    """Return the stream of batches that a file holds between its mark and its footer; a stream as it is."""
    return body[8:] if body.startswith(_MAGIC) else body


def rows_of_stream(body: bytes) -> int:
    """Return the rows of all batches of a stream.

    Raises:
        RequestError: When it is no stream, or its batches are compressed: then a small body could fill the memory.
    """
    at = rows = 0
    try:
        while at < len(body):
            mark, size = struct.unpack_from("<Ii", body, at)
            if mark != _MARK or size < 0:
                raise _no_stream()
            if size == 0:
                return rows
            length, compressed, n_body = _of_head(body[at + 8 : at + 8 + size])
            if compressed:
                raise RequestError(
                    422, "table", "the Arrow batches are compressed", hint="write them without compression"
                )
            rows += max(length, 0)
            at += 8 + size + max(n_body, 0)
    except (struct.error, IndexError):
        raise _no_stream() from None
    return rows


def _no_stream() -> RequestError:
    return RequestError(
        422, "table", "the body is no whole Arrow stream or file", hint="write it with Arrow 0.15 or later"
    )


def _of_head(head: bytes) -> tuple[int, bool, int]:
    """Return the rows of a batch of records, whether its body is compressed, and the bytes of the body."""
    root = struct.unpack_from("<i", head, 0)[0]
    kind = _field(head, root, _HEADER_TYPE)
    body_length = _field(head, root, _BODY_LENGTH)
    n_body = struct.unpack_from("<q", head, body_length)[0] if body_length else 0
    message = head[kind] if kind else 0
    header = _field(head, root, _HEADER)
    if message not in (_DICTIONARY, _RECORDS) or not header:
        return 0, False, n_body
    batch = header + struct.unpack_from("<i", head, header)[0]
    if message == _DICTIONARY:
        # A table of an id and a batch of records, which holds the values.
        inner = _field(head, batch, 1)
        if not inner:
            return 0, False, n_body
        batch = inner + struct.unpack_from("<i", head, inner)[0]
    compressed = _field(head, batch, _COMPRESSION) != 0
    length = _field(head, batch, _LENGTH)
    rows = struct.unpack_from("<q", head, length)[0] if length and message == _RECORDS else 0
    return rows, compressed, n_body


def _field(head: bytes, table: int, number: int) -> int:
    """Return the place of a field of a table; 0 where it is left out. Raises struct.error beyond the end."""
    if table < 0:
        raise struct.error("a table before the head")
    entries = table - struct.unpack_from("<i", head, table)[0]
    if entries < 0:
        raise struct.error("entries before the head")
    size = struct.unpack_from("<H", head, entries)[0]
    place = 4 + 2 * number
    if place + 2 > size:
        return 0
    offset = struct.unpack_from("<H", head, entries + place)[0]
    return table + offset if offset else 0
