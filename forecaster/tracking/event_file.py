"""Event files of TensorBoard, written without TensorFlow and without the package tensorboard.

A file is a sequence of records: the length of the data (8 bytes, little-endian), its masked checksum (4), the data, and
the masked checksum of the data (4). The data is a message `Event` of TensorFlow's event.proto, encoded here by hand,
of which only the fields below are written.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

# The generator polynomial of CRC-32C (Castagnoli), with its bits reversed.
_POLYNOMIAL = 0x82F63B78
_TEXT_PLUGIN = b"text"
_STRING_TYPE = 7


def _table() -> tuple[int, ...]:
    found = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (_POLYNOMIAL if crc & 1 else 0)
        found.append(crc)
    return tuple(found)


_CRC = _table()


def crc32c(data: bytes) -> int:
    """Return the CRC-32C of data."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _CRC[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def masked_crc(data: bytes) -> int:
    """Return the checksum of a record: the CRC-32C, rotated by 15 bits, plus a constant."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def record(data: bytes) -> bytes:
    """Return data as a record of an event file."""
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc(length)) + data + struct.pack("<I", masked_crc(data))


def version_event(time: float) -> bytes:
    """Return the event that every file begins with. time: seconds since 1970."""
    return _double(1, time) + _bytes(3, b"brain.Event:2")


def scalars_event(time: float, step: int, values: Mapping[str, float]) -> bytes:
    """Return the event of some numbers at one step.

    Args:
        time: Seconds since 1970.
        step: The step.
        values: The numbers by their tags.
    """
    summary = b"".join(
        _bytes(1, _bytes(1, tag.encode()) + _key(2, 5) + struct.pack("<f", value))
        for tag, value in values.items()
    )
    return _double(1, time) + _key(2, 0) + _varint(step) + _bytes(5, summary)


def text_event(time: float, tag: str, text: str) -> bytes:
    """Return the event of a text in Markdown, at step 0.

    Args:
        time: Seconds since 1970.
        tag: The name of the text.
        text: The text.
    """
    metadata = _bytes(1, _bytes(1, _TEXT_PLUGIN))
    # A tensor of text with no dimensions.
    tensor = _key(1, 0) + _varint(_STRING_TYPE) + _bytes(2, b"") + _bytes(8, text.encode())
    value = _bytes(1, tag.encode()) + _bytes(8, tensor) + _bytes(9, metadata)
    return _double(1, time) + _bytes(5, _bytes(1, value))


def _key(field: int, wire_type: int) -> bytes:
    return _varint(field << 3 | wire_type)


def _bytes(field: int, content: bytes) -> bytes:
    return _key(field, 2) + _varint(len(content)) + content


def _double(field: int, value: float) -> bytes:
    return _key(field, 1) + struct.pack("<d", value)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
