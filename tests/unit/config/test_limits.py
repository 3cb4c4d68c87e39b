"""Files and overrides of any size get a short answer: time grows with the size, and messages do not."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from forecaster.config.experiment import Experiment
from forecaster.errors import MOST_CHARACTERS, ConfigError, UsageError

pytestmark = pytest.mark.slow

GOOD = (Path(__file__).parents[3] / "configs" / "quickstart.yaml").read_text(encoding="utf-8")


def refusal(text: str, overrides: list[str] | None = None, *, folder: Path) -> str:
    path = folder / "c.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        Experiment.from_yaml(path, overrides or [])
    message = str(caught.value).replace(f"{folder}{os.sep}", "")
    assert len(message) <= MOST_CHARACTERS + 100
    return message


def test_unknown_keys_are_counted(tmp_path: Path) -> None:
    text = refusal(GOOD + "".join(f"seeed{i}: 1\n" for i in range(10_000)), folder=tmp_path)
    assert text.splitlines()[0] == "c.yaml:46:1: seeed0: unknown key; did you mean seed?"
    assert text.splitlines()[-1] == "and 9,970 more"


LARGE = {
    "unknown keys": GOOD + "".join(f"key{i}: 1\n" for i in range(8_000)),
    "layers": "model: {layers: [" + "{type: gru, units: a}," * 4_000 + "]}",
    "layers of unknown keys": "model: {layers: [" + "{type: gru, unitz: 3}," * 4_000 + "]}",
    "search nodes": "model: {layers: [" + "{int: {}}," * 4_000 + "]}",
    "keys beside a search node": "seed: {int: 1" + "".join(f", k{i}: 1" for i in range(8_000)) + "}",
    "one choice many times": "seed: {choice: {values: [" + "1," * 10_000 + "], default: 2}}",
    "values": "data: {targets: [" + "a," * 101_000 + "]}",
    "long text": "name: " + "a" * 900_000,
    "long type": "model: {head: {type: " + "a" * 900_000 + "}}",
    "long key": "a" * 1_000 + ": 1",
    "long time zone": "data: {timezone: " + "a" * 900_000 + "}",
    "many digits": "seed: " + "9" * 900_000,
    "many digits as text": "window: {lookback: '" + "9" * 900_000 + "'}",
    "aliases": "a: &a [x]\nb: &b [*a, *a]\n" + "".join(f"c{i}: *b\n" for i in range(50_000)),
    "billion laughs": "a: &a [x, x]\n"
    + "".join(f"{c}: &{c} [*{p}, *{p}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)),
    "duplicate keys": "a: 1\n" * 150_000,
    "brackets": "a: " + "[" * 900_000,
    "braces": "{" * 900_000,
    "dashes": "- " * 400_000,
    "questions": "? " * 400_000,
    "surrogates": 'a: "' + "\\ud800" * 100_000 + '"',
    "documents": "---\n" * 200_000,
    "comments": "#\n" * 400_000,
    "line feeds": "\n" * 900_000,
}


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE.keys())
def test_a_large_file_gets_a_short_answer(text: str, tmp_path: Path) -> None:
    assert refusal(text, folder=tmp_path)


def test_a_path_of_thousands_of_parts_is_refused(tmp_path: Path) -> None:
    text = refusal(GOOD, ["a" + ".a" * 5_000 + "=1"], folder=tmp_path)
    assert text.endswith("a=1: the path has 5,001 parts, at most 32")


def test_thousands_of_overrides_are_refused(tmp_path: Path) -> None:
    text = refusal(GOOD, ["seed=1"] * 100_000, folder=tmp_path)
    assert text == "--set: is given 100,000 times, at most 1,000; change the file instead"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seed=\udcff", "--set seed=\\udcff: character U+DCFF is not text; write the value as text in UTF-8"),
        ("a\x1b=1", "--set a\\x1b=1: character U+001B is not text; write the value as text in UTF-8"),
        ("seed=\x00", "--set seed=\\x00: character U+0000 is not text; write the value as text in UTF-8"),
        (
            'name="\\ud800"',
            '--set name="\\ud800": name: U+D800 is half of a character; write the whole character',
        ),
    ],
)
def test_an_override_that_is_no_text(override: str, message: str, tmp_path: Path) -> None:
    assert refusal(GOOD, [override], folder=tmp_path) == message


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes")
def test_a_pipe_that_nothing_writes_to_is_empty(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(ConfigError, match="the file is empty"):
        Experiment.from_yaml(tmp_path / "pipe.yaml")


@pytest.mark.parametrize("path", ["a\0b.yaml", "\0", "\ud800"])
def test_a_path_that_no_file_can_have(path: str) -> None:
    with pytest.raises(UsageError, match="path: holds a character that no path can; check the path"):
        Experiment.from_yaml(path)


@pytest.mark.skipif(sys.platform == "win32", reason="no such device")
def test_an_endless_file_is_not_read_to_its_end() -> None:
    with pytest.raises(ConfigError, match="is larger than 1 MiB"):
        Experiment.from_yaml("/dev/zero")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('"[key]": 1\n', 'c.yaml:46:1: "[key]": unknown key'),
        (
            "data: {categorical: {'[key]': 1}}",
            'c.yaml:1:31: data.categorical."[key]": is 1, needs one of one_hot',
        ),
        ("data: {categorical: {'': one_hot}}", 'c.yaml:1:22: data.categorical."": the key is empty'),
    ],
)
def test_a_key_with_the_name_of_a_mark_of_the_validator(text: str, message: str, tmp_path: Path) -> None:
    assert message in refusal(GOOD + text if text.startswith('"') else text, folder=tmp_path)
