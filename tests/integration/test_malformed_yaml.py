"""Faults of form: the YAML itself. Every case asserts the whole message."""

import gzip
from pathlib import Path

import pytest

from tests.integration.malformed import VALID, add, data, refusal, refusal_of_path, swap

# (case, text of c.yaml, message)
FORM = [
    (
        "tab indents",
        add("training:\n\tepochs: 3"),
        "c.yaml:6:1: a tab where only spaces are allowed; indent with spaces",
    ),
    (
        "colon in plain text",
        add("output: {dir: a}\nseed: a: b"),
        "c.yaml:6:8: a ':' where no key is expected; check the indentation, or put the value in quotes",
    ),
    (
        "deeper than its neighbours",
        add("training:\n  loss: mae\n    epochs: 3"),
        "c.yaml:7:11: a ':' where no key is expected; check the indentation, or put the value in quotes",
    ),
    (
        "less deep than its neighbours",
        add("training:\n    loss: mae\n  epochs: 3"),
        "c.yaml:7:3: this line is not aligned with the lines around it; indent it like the lines around it",
    ),
    (
        "no colon",
        add("training"),
        "c.yaml:5:1: this line is neither 'key: value' nor '- item'; add the ':'",
    ),
    (
        "brace not closed",
        swap("window: {lookback: 24, horizon: 3"),
        "c.yaml:3:9: the '{' opened here is not closed, or a ',' is missing; add '}' or ','",
    ),
    (
        "bracket not closed",
        add("evaluation: {metrics: [mae, mse}"),
        "c.yaml:5:23: the '[' opened here is not closed, or a ',' is missing; add ']' or ','",
    ),
    (
        "double quote not closed",
        swap('name: "a'),
        "c.yaml:1:7: the quote opened here is never closed; add the closing quote",
    ),
    (
        "single quote not closed",
        swap("name: 'a"),
        "c.yaml:1:7: the quote opened here is never closed; add the closing quote",
    ),
    (
        "unknown escape",
        swap('data: {path: "C:\\data", time: t, freq: h, targets: [y]}'),
        "c.yaml:2:18: \\d is not an escape sequence; use single quotes, or \\\\ for a backslash",
    ),
    (
        "short escape",
        swap('name: "\\x4"'),
        "c.yaml:1:10: this escape needs 2 hexadecimal digits; use single quotes if no escape is meant",
    ),
    (
        "value begins with @",
        swap("name: @a"),
        "c.yaml:1:7: a value cannot begin with '@'; put the value in quotes",
    ),
    (
        "value begins with %",
        swap("name: %a"),
        "c.yaml:1:7: a value cannot begin with '%'; put the value in quotes",
    ),
    (
        "value begins with `",
        swap("name: `a`"),
        "c.yaml:1:7: a value cannot begin with '`'; put the value in quotes",
    ),
    (
        "list beside a key",
        swap("model: - gru"),
        "c.yaml:4:8: a '- ' where no list is expected; begin the list on a new line",
    ),
    (
        "comma only",
        swap("window: {lookback: 24, , horizon: 3}"),
        "c.yaml:3:24: a value is missing before ','",
    ),
    (
        "percent directive",
        "%YAML 3.0\n---\n" + VALID,
        "c.yaml:1:1: only YAML 1.1 and 1.2 are read; remove the %YAML line",
    ),
    (
        "block scalar head",
        swap("name: |x"),
        "c.yaml:1:8: nothing may follow | or > on its line; begin the text on the next line, or "
        "put it in quotes",
    ),
    (
        "question mark",
        add("training: ? a"),
        "c.yaml:5:11: a '? ' where no key is expected; write 'key: value'",
    ),
    (
        "text after the end",
        VALID + "...\nseed: 1\n",
        "c.yaml:6:1: there is text after the end of the document; check the indentation and the brackets",
    ),
    (
        "unknown tag handle",
        swap("name: !x!y a"),
        "c.yaml:1:7: tags are not allowed; write the plain value",
    ),
    (
        "duplicate key",
        add("seed: 1\nseed: 2"),
        "c.yaml:6:1: seed: duplicate key; it is already on line 5; keep one",
    ),
    (
        "duplicate key deep",
        swap("window: {lookback: 24, horizon: 3, horizon: 4}"),
        "c.yaml:3:36: window.horizon: duplicate key; it is already on line 3; keep one",
    ),
    (
        "anchor and alias",
        add("split: {val: &s 0.1, test: *s}"),
        "c.yaml:5:14: split.val: anchor &s is not allowed; remove it\n"
        "c.yaml:5:28: split.test: alias *s is not allowed; write the value out",
    ),
    (
        "undefined alias",
        add("seed: *s"),
        "c.yaml:5:7: seed: alias *s is not allowed; write the value out",
    ),
    (
        "merge key",
        add("training:\n  <<: {epochs: 3}"),
        "c.yaml:6:3: training: merge key << is not allowed; write the keys out",
    ),
    (
        "merge key of an alias",
        "window: &w {lookback: 24, horizon: 3}\n"
        + "".join(VALID.splitlines(True)[:2])
        + VALID.splitlines(True)[3]
        + "split: {<<: *w}\n",
        "c.yaml:1:9: window: anchor &w is not allowed; remove it\n"
        "c.yaml:5:9: split: merge key << is not allowed; write the keys out\n"
        'c.yaml:5:13: split."<<": alias *w is not allowed; write the value out',
    ),
    (
        "tag on a value",
        add("seed: !!int 1"),
        "c.yaml:5:7: seed: tag !!int is not allowed; write the plain value",
    ),
    (
        "python tag",
        add("seed: !!python/object/apply:os.system [ls]"),
        "c.yaml:5:7: seed: tag !!python/object/apply:os.system is not allowed; write the plain value",
    ),
    (
        "tag on a key",
        add("!!str seed: 1"),
        "c.yaml:5:1: key seed has an anchor or a tag; remove it",
    ),
    (
        "number as key",
        data("past_covariates: [x], categorical: {2020: one_hot}"),
        'c.yaml:2:89: data.categorical: key 2020 is not text; put it in quotes: "2020"',
    ),
    (
        "boolean as key",
        add("true: 1"),
        'c.yaml:5:1: key true is not text; put it in quotes: "true"',
    ),
    (
        "empty key",
        add(": 1"),
        "c.yaml:5:1: a ':' without a key before it; add the key",
    ),
    (
        "list as key",
        add("[a, b]: 1"),
        "c.yaml:5:1: a list or mapping cannot be a key; keys are text",
    ),
    (
        "huge key",
        add("1e999: 1"),
        'c.yaml:5:1: key 1e999 is not text; put it in quotes: "1e999"',
    ),
    (
        "two documents",
        VALID + "---\n" + VALID,
        "c.yaml:5:1: a second document starts here; keep one per file",
    ),
    (
        "integer too large",
        add("seed: 99999999999999999999"),
        'c.yaml:5:7: seed: "99999999999999999999" is too large for a whole number; put it in '
        "quotes if it is text",
    ),
    (
        "float too large",
        add("training: {optimizer: {learning_rate: 1e999}}"),
        'c.yaml:5:39: training.optimizer.learning_rate: "1e999" is too large for a number; put '
        "it in quotes if it is text",
    ),
    (
        "nested deep",
        add("seed: " + "[" * 40 + "]" * 40),
        "c.yaml:5:39: nested more than 32 deep; check the brackets",
    ),
    (
        "empty",
        "",
        "c.yaml: the file is empty; write 'key: value' lines",
    ),
    (
        "only comments",
        "# nothing\n",
        "c.yaml: the file is empty; write 'key: value' lines",
    ),
    (
        "null",
        "~\n",
        "c.yaml: the file is empty; write 'key: value' lines",
    ),
    (
        "list",
        "- a\n- b\n",
        "c.yaml:1:1: the file holds a list, needs a mapping; write 'key: value' lines",
    ),
    (
        "text",
        "forecast\n",
        "c.yaml:1:1: the file holds text, needs a mapping; write 'key: value' lines",
    ),
    (
        "number",
        "42\n",
        "c.yaml:1:1: the file holds a number, needs a mapping; write 'key: value' lines",
    ),
    (
        "csv given",
        "t,y\n2013-01-01,1\n2013-01-02,2\n",
        "c.yaml:1:1: the file holds text, needs a mapping; write 'key: value' lines",
    ),
]


@pytest.mark.parametrize(("text", "message"), [pytest.param(t, m, id=name) for name, t, m in FORM])
def test_message(tmp_path, monkeypatch, text, message):
    assert refusal(tmp_path, monkeypatch, text) == message


# (case, bytes of c.yaml, message)
BYTES = [
    ("latin-1", b"name: caf\xe9\n", "c.yaml:1:10: byte 0xe9 is not UTF-8; save the file as UTF-8"),
    (
        # The two bytes of the first letter are one column.
        "a bad byte after a good letter",
        b"name: a\nseed: \xc3\xa9\xe9\n",
        "c.yaml:2:8: byte 0xe9 is not UTF-8; save the file as UTF-8",
    ),
    ("UTF-16", VALID.encode("utf-16"), "c.yaml: the file is UTF-16; save it as UTF-8"),
    (
        "gzip",
        gzip.compress(VALID.encode(), mtime=0),
        "c.yaml:1:2: byte 0x8b is not UTF-8; save the file as UTF-8",
    ),
    ("Parquet", b"PAR1\x15\x04", "c.yaml:1:5: character U+0015 is not text; is this a YAML file?"),
    ("a NUL", b"\xef\xbb\xbfname: a\x00", "c.yaml:1:8: character U+0000 is not text; is this a YAML file?"),
    (
        "a terminal's escape",
        b"a\r\nb\x1b[31m",
        "c.yaml:2:2: character U+001B is not text; is this a YAML file?",
    ),
    (
        "too large",
        VALID.encode() + b"#" * 1024 * 1024,
        "c.yaml: is larger than 1 MiB; a config is a few kilobytes; is this the data?",
    ),
    (
        "a megabyte of brackets",
        b"[" * 1024 * 1024,
        "c.yaml:1:34: nested more than 32 deep; check the brackets",
    ),
]


@pytest.mark.parametrize(("raw", "message"), [pytest.param(t, m, id=name) for name, t, m in BYTES])
def test_message_of_bytes(tmp_path, monkeypatch, raw, message):
    monkeypatch.chdir(tmp_path)
    Path("c.yaml").write_bytes(raw)
    assert refusal_of_path("c.yaml") == message


# (case, path, message); the folder holds quickstart.yaml and table.csv
PATHS = [
    ("missing", "config.yaml", "config.yaml: no such file; check the path"),
    ("misspelt", "quikstart.yaml", "quikstart.yaml: no such file; did you mean quickstart.yaml?"),
    ("without its ending", "quickstart", "quickstart: no such file; did you mean quickstart.yaml?"),
    ("folder", ".", ".: is a folder; give a YAML file"),
    ("inside a file", "table.csv/c.yaml", "table.csv/c.yaml: no such file; check the path"),
    (
        "the table",
        "table.csv",
        "table.csv:1:1: the file holds text, needs a mapping; give a YAML file; the table is named in it, "
        "under data.path",
    ),
]


@pytest.mark.parametrize(("path", "message"), [pytest.param(p, m, id=name) for name, p, m in PATHS])
def test_message_of_path(tmp_path, monkeypatch, path, message):
    monkeypatch.chdir(tmp_path)
    Path("quickstart.yaml").write_text(VALID)
    Path("table.csv").write_text("time,y\n2013-01-01,1\n")
    assert refusal_of_path(path) == message


def test_no_more_than_a_hundred_problems(tmp_path, monkeypatch):
    text = refusal(tmp_path, monkeypatch, VALID + "seed: 1\n" * 500)
    assert text.splitlines()[-1] == "and 70 more"
    assert len(text.splitlines()) == 31
