"""The JSON Schema accepts what the program accepts, as far as a schema can tell."""

from pathlib import Path

import pytest

from forecaster.config.parsed_yaml import read_yaml
from forecaster.config.schema import json_schema

jsonschema = pytest.importorskip("jsonschema")
ROOT = Path(__file__).parents[3]
FILES = [Path(__file__).with_name("full.yaml"), *sorted((ROOT / "configs").rglob("*.yaml"))]


def errors(values):
    validator = jsonschema.Draft202012Validator(json_schema())
    return [e.json_path for e in validator.iter_errors(values)]


def small(**sections):
    return {
        "name": "a",
        "data": {"path": "t.csv", "time": "t", "freq": "h", "targets": ["y"]},
        "window": {"lookback": 24, "horizon": 3},
        "model": {"layers": [{"type": "gru", "units": 8}]},
    } | sections


def test_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_files_fit(path):
    assert errors(read_yaml(path).values) == []


@pytest.mark.parametrize(
    "sections",
    [
        {"seed": {"int": {"min": 0, "max": 9, "default": 1}}},
        {"split": {"val": {"float": {"min": 0.1, "max": 0.2, "default": 0.1}}}},
        {"split": {"val": "2013-10-01", "test": 24}},
        {"runtime": {"threads": {"choice": {"values": [None, 1], "default": None}}}},
        {"scaling": {"per_series": {"boolean": {"default": True}}}},
        {
            "model": {
                "layers": [{"type": {"choice": {"values": ["gru", "lstm"], "default": "gru"}}, "units": 8}]
            }
        },
    ],
)
def test_accepts(sections):
    assert errors(small(**sections)) == []


@pytest.mark.parametrize(
    ("sections", "place"),
    [
        ({"sed": 1}, "$"),
        ({"seed": -1}, "$.seed"),
        ({"seed": {"int": {"min": 0, "max": 9}}}, "$.seed"),
        ({"seed": {"boolean": {"default": True}}}, "$.seed"),
        ({"window": {"lookback": 24}}, "$.window"),
        ({"training": {"loss": "mea"}}, "$.training.loss"),
        ({"training": {"early_stopping": {"patience": 0}}}, "$.training.early_stopping"),
        (
            {"model": {"layers": [{"type": "simple_rnn", "units": 8, "reset_after": True}]}},
            "$.model.layers[0]",
        ),
    ],
)
def test_refuses(sections, place):
    assert errors(small(**sections)) == [place]


def test_calls_do_not_share():
    json_schema()["properties"].clear()
    assert json_schema()["properties"]
