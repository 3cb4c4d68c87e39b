"""YAML 1.2 scalars, positions, and what is tolerated."""

import math

import pytest

from forecaster.config.parsed_yaml import parse_yaml, read_yaml
from forecaster.config.positions import dotted
from forecaster.errors import EnvironmentError_, Location


def value(text):
    return parse_yaml(text, "c.yaml").values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e-4", 0.0001),
        ("1E3", 1000.0),
        ("-.5", -0.5),
        ("1.", 1.0),
        ("+12", 12),
        ("0123", 123),
        ("0o17", 15),
        ("0x1F", 31),
        ("-.inf", -math.inf),
        ("TRUE", True),
        ("~", None),
        ("Null", None),
        ("", None),
        # Text in YAML 1.2, and something else in 1.1.
        ("on", "on"),
        ("no", "no"),
        ("y", "y"),
        ("12:30", "12:30"),
        ("2013-10-01", "2013-10-01"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("1e", "1e"),
        ("inf", "inf"),
        ("tRue", "tRue"),
        # Quoted is text, whatever it looks like.
        ("'64'", "64"),
        ('"null"', "null"),
        ("|\n  7\n", "7\n"),
    ],
)
def test_scalars(text, expected):
    found = value(f"k: {text}")["k"]
    assert found == expected
    assert type(found) is type(expected)


def test_nan():
    assert math.isnan(value("k: .nan")["k"])


def test_largest_whole_numbers():
    assert value("[9223372036854775807, -9223372036854775808]") == [2**63 - 1, -(2**63)]
    assert len(parse_yaml("[9223372036854775808]", "c.yaml").problems) == 1


def test_every_key_and_value_has_a_place():
    text = "a: 1\nb:\n  - x\n  - {c: 2,\n     d: [3]}\n"
    places = parse_yaml(text, "c.yaml").positions
    assert places.keys[("a",)] == Location("c.yaml", 1, 1)
    assert places.values[("a",)] == Location("c.yaml", 1, 4)
    assert places.values[("b", 0)] == Location("c.yaml", 3, 5)
    assert places.values[("b", 1)] == Location("c.yaml", 4, 5)
    assert places.keys[("b", 1, "d")] == Location("c.yaml", 5, 6)
    assert places.values[("b", 1, "d", 0)] == Location("c.yaml", 5, 10)


def test_columns_count_letters_not_bytes():
    places = parse_yaml("{é: 1, ü: 2}", "c.yaml").positions
    assert places.values[("ü",)] == Location("c.yaml", 1, 11)


def test_place_of_what_is_not_there_is_that_of_what_surrounds_it():
    places = parse_yaml("a:\n  b: 1\n", "c.yaml").positions
    assert places.of_value(("a", "x", "y")) == Location("c.yaml", 2, 3)
    assert places.of_key(("a", "x")) == Location("c.yaml", 1, 1)
    assert places.of_key(("x",)) == Location("c.yaml", 1, 1)


def test_byte_order_mark_and_windows_lines(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    tree = read_yaml(path)
    assert tree.values == {"a": 1, "b": 2}
    assert tree.positions.keys[("a",)] == Location(str(path), 1, 1)
    assert tree.positions.keys[("b",)] == Location(str(path), 2, 1)


def test_all_problems_of_form_at_once():
    tree = parse_yaml("a: &x 1\nb: *x\na: 2\nc: !!str 3\n4: d\n", "c.yaml")
    assert [(d.location.line, d.summary) for d in tree.problems] == [
        (1, "anchor &x is not allowed"),
        (2, "alias *x is not allowed"),
        (3, "duplicate key"),
        (4, "tag !!str is not allowed"),
        (5, "key 4 is not text"),
    ]
    assert tree.holes == {("b",), ("c",), ("4",)}


def test_aliases_cost_nothing():
    # Ten levels of ten aliases would be 10^10 entries if they were followed.
    text = "a0: &a0 x\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9))
    assert len(parse_yaml(text, "c.yaml").problems) == 9 + 80


def test_unreadable_file_is_the_environments_fault(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("forecaster.config.parsed_yaml.open_at_once", refuse)
    with pytest.raises(EnvironmentError_) as caught:
        read_yaml(tmp_path / "c.yaml")
    assert (
        str(caught.value)
        == f"{tmp_path}/c.yaml: cannot be read: Permission denied; check its permissions and the disk"
    )
    assert caught.value.exit_code == 3


def test_odd_keys_stand_in_quotes():
    assert dotted(("data", "categorical", "a.b", 0)) == 'data.categorical."a.b".0'
