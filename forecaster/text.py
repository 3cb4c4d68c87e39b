"""Names in sentences and pictures: the few that a reader needs, how many more there are, and none too long.

Names come from files, and may hold characters that move the cursor, turn the direction of the text around or cannot be
seen at all. `visible` and `steady` write those as escapes; whatever a person sees goes through one of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

# Letters and marks without ink, which Python counts as printable: the grapheme joiner, fillers of Hangul, vowels of
# Khmer, Mongolian and supplementary variation selectors, and the empty cell of Braille.
_WITHOUT_INK = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\U000e0100-\U000e01ef"
# Control characters, surrogates, separators of lines and paragraphs, and what only directs or joins other text.
_ODD = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ud800-\udfff\ufeff\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    f"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f{_WITHOUT_INK}]"
)
_KEPT_BYTE = re.compile("[\udc80-\udcff]")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

# A user and a password; also one with a slash, which belongs in an address as %2F only.
_USER = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+://)(?:[^/?#\s]*@|[^/?#\s:]*:(?!\d*(?:[/?#\s]|$))\S*@)")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://\S+")
# Parts of the names of parameters whose values open a door.
SECRET_WORDS = ("sig", "token", "key", "secret", "password", "passwd", "pwd", "credential", "auth")
_PARAMETER = re.compile(rf"([?&][^=&]*(?:{'|'.join(SECRET_WORDS)})[^=&]*=)[^&#]+", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """Return text without the users, the passwords and the keys of the addresses in it."""
    if "://" not in text:
        return text
    return _ADDRESS.sub(lambda found: _PARAMETER.sub(r"\1***", found[0]), _USER.sub(r"\1***@", text))


def visible(text: str) -> str:
    r"""Write every character that cannot be seen, or that changes how others are seen, as an escape such as \u202e."""
    return _ODD.sub(lambda found: _SHORT.get(found[0]) or _escape(found[0]), _whole(text))


def steady(text: str) -> str:
    """Do the same to a text of several lines, whose line feeds stay."""
    return _ODD.sub(
        lambda found: found[0] if found[0] == "\n" else _SHORT.get(found[0]) or _escape(found[0]),
        _whole(text),
    )


def visible_values(value: Any) -> Any:
    """Return plain values with every text in them made visible, also that of keys."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {visible_values(key): visible_values(inner) for key, inner in value.items()}
    return [visible_values(inner) for inner in value] if isinstance(value, list | tuple) else value


def plain_json(value: Any, *, indent: int | None = None) -> str:
    """Write JSON whose odd characters are escapes, which a reader of JSON turns into the characters again."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _ODD.sub(lambda found: found[0] if found[0] == "\n" else json.dumps(found[0])[1:-1], _whole(text))


def _whole(text: str) -> str:
    """Put characters together whose bytes Python keeps one by one, as in paths under the locale C."""
    if not _KEPT_BYTE.search(text):
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        # Another half of a pair, which no byte stands for.
        return text


def _escape(char: str) -> str:
    number = ord(char)
    return (
        f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}" if number < 65536 else f"\\U{number:08x}"
    )


def amount(n_bytes: float) -> str:
    """Write a number of bytes as 34 KiB, 1.2 MiB or 3.4 GiB."""
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB")):
        if n_bytes >= unit:
            return f"{n_bytes / unit:,.1f} {name}"
    return f"{n_bytes / 1024:,.0f} KiB"


def shortened(text: str, most: int, mark: str = "…") -> str:
    """Cut a text to at most `most` characters in the middle, because both ends tell names apart."""
    head = most // 2
    return (
        text if len(text) <= most else f"{text[:head]}{mark}{text[len(text) - (most - head - len(mark)) :]}"
    )


def listed(names: Sequence[str], *, most: int) -> str:
    """Join the first `most` names with commas and count the rest: "a, b and 3 more"."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest:,} more" if rest > 0 else "")


def quoted(names: Iterable[object]) -> list[str]:
    """Put each name in quotes, as messages show names that come from a file."""
    return [repr(name) for name in names]


def in_yaml(text: str) -> str:
    """Return text in single quotes, as YAML reads it."""
    return "'" + text.replace("'", "''") + "'"


def joined(names: Sequence[str], *, word: str) -> str:
    """Join all names, with a word before the last: "a, b or c"."""
    return f" {word} ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def one_line(text: str, most: int, mark: str = "…") -> str:
    """Shorten to one line of at most `most` characters, cut in the middle, because both ends tell names apart.

    Args:
        text: The text. Characters that cannot be seen, such as those that steer a terminal, become escapes.
        most: The number of characters.
        mark: What stands for the part that is left out.
    """
    # A name of millions of characters is cut before each of its characters is looked at.
    return shortened(" ".join(visible(shortened(text, 4 * most, mark)).split()), most, mark)
