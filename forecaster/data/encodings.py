"""Text encodings of CSV files: which names are none."""

from __future__ import annotations

import codecs

# Codecs that Python calls text, and that no table is written in: escapes of source code, domain names, and tests.
_NO_TEXT = ("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "charmap")


def encoding_fault(encoding: str) -> tuple[str, str] | None:
    """Return what is wrong with the name of an encoding, and the next move; None where nothing is.

    Args:
        encoding: The name of a codec of Python.
    """
    hint = "try utf-8, cp1252 or latin-1"
    try:
        codec = codecs.lookup(encoding)
    except (LookupError, ValueError):
        return f"no encoding is called {encoding!r}", hint
    # Codecs such as base64 and rot13 turn bytes into bytes, or text into text; only this attribute tells.
    if not getattr(codec, "_is_text_encoding", True) or codec.name.replace("_", "-") in _NO_TEXT:
        return f"{encoding!r} is no text encoding", hint
    return None
