"""Lists in sentences."""

import ast
import json

import pytest

from forecaster.text import (
    amount,
    joined,
    listed,
    one_line,
    plain_json,
    quoted,
    shortened,
    steady,
    visible,
    visible_values,
    without_secrets,
)


def test_listed_counts_what_it_leaves_out() -> None:
    assert listed([], most=2) == ""
    assert listed(["a", "b"], most=2) == "a, b"
    assert listed(["a", "b", "c"], most=2) == "a, b and 1 more"
    assert listed([str(i) for i in range(1_502)], most=2) == "0, 1 and 1,500 more"


def test_joined_puts_a_word_before_the_last() -> None:
    assert joined([], word="or") == ""
    assert joined(["a"], word="or") == "a"
    assert joined(["a", "b"], word="or") == "a or b"
    assert joined(["a", "b", "c"], word="and") == "a, b and c"


def test_quoted_shows_odd_characters() -> None:
    assert quoted(["a", "b\n"]) == ["'a'", "'b\\n'"]


def test_one_line_keeps_both_ends_and_no_character_that_steers_a_terminal() -> None:
    assert one_line("abcdefghijkl", 8, "..") == "abcd..kl"
    assert one_line("a\x1b[31m  b\n\tc", 20) == "a\\x1b[31m b\\n\\tc"


ODD = [*range(32), *range(127, 160), 0x61C, *range(0x200B, 0x2010), *range(0x2028, 0x202F)]
ODD += [*range(0x2060, 0x2070), 0xFEFF, 0xAD, 0x34F, 0x115F, 0x3164, 0xD800, 0xDFFF, 0xE0001, 0xE0100]


@pytest.mark.parametrize("number", ODD)
def test_characters_that_cannot_be_seen_are_shown_as_escapes(number: int) -> None:
    shown = visible(f"a{chr(number)}b")
    assert shown.isascii()
    assert ast.literal_eval(f"'{shown}'") == f"a{chr(number)}b"


@pytest.mark.parametrize("text", ["東京", "é", "a b", "\u00a0", "עברית", "👍", "\\n", "\u0301"])
def test_text_that_can_be_seen_stays(text: str) -> None:
    assert visible(text) == text


def test_a_text_of_several_lines_keeps_its_lines() -> None:
    assert steady("a\nb\t\x1b[0m") == "a\nb\\t\\x1b[0m"


@pytest.mark.parametrize("number", ODD)
def test_json_holds_the_characters_as_escapes(number: int) -> None:
    text = plain_json({"name": chr(number), "city": "東京"}, indent=2)
    assert visible(text.replace("\n", "")) == text.replace("\n", "")
    assert json.loads(text) == {"name": chr(number), "city": "東京"}


def test_values_are_visible_at_every_depth() -> None:
    assert visible_values({"\x1b": ["\u202e", 1, None, ("\n",)]}) == {"\\x1b": ["\\u202e", 1, None, ["\\n"]]}


def test_a_long_text_keeps_its_ends() -> None:
    assert shortened("a" * 50 + "b" * 50, 10) == "aaaaa…bbbb"
    assert shortened("short", 10) == "short"


def test_bytes_that_python_kept_one_by_one_are_characters_again() -> None:
    kept = "Größe".encode().decode("ascii", "surrogateescape")
    assert visible(kept) == steady(kept) == "Größe"
    assert json.loads(plain_json(kept)) == "Größe"
    assert visible(kept + "\udcff") == "Größe\\udcff"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://host/a?mail=me@home", "https://host/a?mail=me@home"),
        ("file:///tmp/a", "file:///tmp/a"),
        ("see http://token@host:5000, then", "see http://***@host:5000, then"),
        ("see https://me:pw@x/a.csv; check", "see https://***@x/a.csv; check"),
        ("s3://k:s@b/c and postgresql://u@h/d", "s3://***@b/c and postgresql://***@h/d"),
        ("postgresql://me:p/w@h/d", "postgresql://***@h/d"),
        ("http://h:80/a@b.csv", "http://h:80/a@b.csv"),
        ("https://x/a?page=2&X-Amz-Signature=abc&n=1", "https://x/a?page=2&X-Amz-Signature=***&n=1"),
        ("me@example.com says a=b?key=1", "me@example.com says a=b?key=1"),
    ],
)
def test_addresses_are_shown_without_what_is_secret(text: str, shown: str) -> None:
    assert without_secrets(text) == shown


@pytest.mark.parametrize(
    ("n", "shown"), [(0, "0 KiB"), (1023, "1 KiB"), (1 << 20, "1.0 MiB"), (3 << 29, "1.5 GiB")]
)
def test_amounts_of_bytes(n: int, shown: str) -> None:
    assert amount(n) == shown
