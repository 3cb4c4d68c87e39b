"""Text as YAML scalars that every parser reads alike."""

from __future__ import annotations

import re

# Words that some YAML parsers do not read as text.
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


def quoted(text: str) -> str:
    """Return text as a YAML scalar that every parser reads as this text; on one line, also in a comment."""
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*|(\.\./)*[A-Za-z_][A-Za-z0-9_./-]*", text)
    if plain and text.lower() not in _WORDS:
        return text
    return always_quoted(text)


def always_quoted(text: str) -> str:
    """Return text in double quotes."""
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char.isprintable():
        return char
    return f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\U{ord(char):08x}"
