"""Event files of TensorBoard, byte by byte. That its own reader reads them is tested in tests/integration."""

import struct

from forecaster.tracking.event_file import (
    crc32c,
    masked_crc,
    record,
    scalars_event,
    text_event,
    version_event,
)


def test_the_checksum_is_that_of_castagnoli() -> None:
    # The check value of the catalogue of CRCs, and an example of RFC 3720.
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"") == 0


def test_a_record_is_length_checksum_data_and_checksum() -> None:
    found = record(b"abc")
    length = struct.pack("<Q", 3)
    assert found == length + struct.pack("<I", masked_crc(length)) + b"abc" + struct.pack(
        "<I", masked_crc(b"abc")
    )
    assert masked_crc(b"123456789") == ((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_events_have_the_fields_of_the_protocol() -> None:
    assert version_event(1.0) == b"\x09" + struct.pack("<d", 1.0) + b"\x1a\x0dbrain.Event:2"
    value = b"\x0a\x04loss\x15" + struct.pack("<f", 0.5)
    assert scalars_event(1.0, 300, {"loss": 0.5}) == (
        b"\x09" + struct.pack("<d", 1.0) + b"\x10\xac\x02" + b"\x2a\x0d" + b"\x0a\x0b" + value
    )
    text = text_event(1.0, "a", "b")
    assert text.endswith(
        b"\x0a\x01a" + b"\x42\x07\x08\x07\x12\x00\x42\x01b" + b"\x4a\x08\x0a\x06\x0a\x04text"
    )
