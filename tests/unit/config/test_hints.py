"""Suggestions, and a promise about every key of the schema."""

import pytest

from forecaster.config.describe import needs
from forecaster.config.nearest import nearest
from forecaster.config.parsed_yaml import kind_of


@pytest.mark.parametrize(
    ("name", "names", "expected"),
    [
        ("mea", ["mse", "mae"], "mae"),  # letters exchanged before letters replaced
        ("ReLU", ["linear", "relu"], "relu"),
        ("batch-size", ["batch_size", "epochs"], "batch_size"),
        ("LSTM", ["lstm", "gru"], "lstm"),
        ("xyz", ["lstm", "gru"], None),
        ("", ["lstm"], None),
    ],
)
def test_nearest(name, names, expected):
    assert nearest(name, names) == expected


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ({"type": "integer"}, "a whole number"),
        ({"type": "integer", "minimum": 1}, "a whole number of at least 1"),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 1}, "a number above 0, up to 1"),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, "a number above 0 and below 1"),
        ({"type": "number", "exclusiveMaximum": 0.5}, "a number up to below 0.5"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text or null"),
        ({"anyOf": [{"enum": ["a", "b"]}, {"type": "null"}]}, "one of a, b, or null"),
        (
            {"type": "array", "items": {"type": "string"}, "minItems": 2},
            "a list with at least 2 entries, each text",
        ),
    ],
)
def test_needs(node, words):
    assert needs(node, {}) == words


def test_kinds():
    values = [None, True, 1, 1.5, "a", [], {}]
    assert [kind_of(v) for v in values] == [
        "nothing", "true or false", "a number", "a number", "text", "a list", "a mapping"
    ]  # fmt: skip
