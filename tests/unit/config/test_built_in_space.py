"""The built-in search space: every value is valid with every other, and the default of each is that of the file."""

import itertools
from typing import Any

import numpy as np
import pytest

from forecaster.config.built_in_space import lookbacks, with_built_in_space
from forecaster.config.experiment import Experiment
from forecaster.config.searchable import check_ends, search_faults, search_warnings

pytestmark = pytest.mark.slow

GRU = {"type": "gru", "units": 16}
QUANTILES = {"model.output": {"type": "quantiles"}, "training.loss": "pinball"}
NORMAL = {"model.output": {"type": "distribution", "family": "normal"}, "training.loss": "nll"}
COUNTS = {
    "model.output": {"type": "distribution", "family": "negative_binomial"},
    "training.loss": "nll",
    "scaling.method": "none",
    "model.normalization": "mean",
}
NONE = {"model.normalization": "none"}
RIDGE = {"type": "ridge", "mode": "average"}
FILES: dict[str, dict[str, Any]] = {
    "the smallest": {},
    "a season": {"model.season": 6, "model.normalization": "season", "model.differences": [6]},
    "revin": {"model.normalization": "revin"},
    "a mean": {"model.normalization": "mean", "model.season": 12},
    "an anchor": {"model.anchor": RIDGE},
    "an anchor that corrects": {"model.anchor": {"type": "ridge", "lookback": 20}, "model.season": 4},
    "a blend": {"model.blend": ["smoothing", "theta"], **QUANTILES},
    "what init writes": {
        "model.season": 12,
        "model.normalization": "season",
        "model.anchor": RIDGE,
        "model.patch": 6,
        "model.layers": [GRU, {"type": "dropout", "rate": 0.1}],
        "scaling.method": "log",
        "training.ensemble": 3,
        "training.refit": "all",
        **QUANTILES,
    },
    "a distribution": NORMAL,
    "counts": COUNTS,
    "paths of a distribution": {**NORMAL, "model.head.type": "recursive"},
    "counts fed back": {**COUNTS, "model.head.type": "encoder_decoder"},
    "head recursive": {"model.head.type": "recursive"},
    "head encoder_decoder": {"model.head.type": "encoder_decoder", "model.patch": 4},
    "head sequence": {"model.head.type": "sequence", **NONE},
    "head segments": {"model.head.type": "segments", "model.patch": 6, **QUANTILES},
    "segments and an anchor": {"model.head.type": "segments", "model.patch": 12, "model.anchor": RIDGE},
    "a carried state": {"model.stateful": True, **NONE},
    "both ways": {"model.layers": [{**GRU, "bidirectional": True, "repeat": 2}]},
    "cells of a kind": {"model.layers": [{"type": "lstm", "units": 9}, {"type": "lstm", "units": 1}]},
    "cells of two kinds": {"model.layers": [{"type": "lstm", "units": 9}, GRU]},
    "a reset before": {"model.layers": [{**GRU, "reset_after": False, "dropout": 0.6}]},
    "a cell for all": {
        "model.cell": "simple_rnn",
        "model.layers": [{"units": 8}, {"type": "dense", "units": 2}],
    },
    "units in blocks": {"model.layers": [{"type": "slstm", "units": 6, "blocks": 3}]},
    "gates of the input": {"model.layers": [{"type": "min_lstm", "units": 8, "dropout": 0.1}]},
    "the widest layer": {"model.layers": [{"type": "gru", "units": 65536}]},
    "mase": {"training.loss": "mase"},
    "smape": {"training.loss": "smape", "scaling.method": "minmax"},
    "owa": {"training.loss": "owa", "scaling.method": "log"},
    "loss compared": {"tune.objective.metric": "val_loss", "scaling.method": "robust"},
    "a grid": {"tune.algorithm": "grid", "model.layers": [{**GRU, "dropout": 0.2}]},
    "hyperband": {"tune.algorithm": "hyperband", "training.epochs": 2},
    "padding": {"window.short": "pad"},
    "two steps": {"window.lookback": 2},
}


def made(**changes: Any) -> Experiment:
    smallest = {
        "name": "tiny",
        "data": {"path": "t.csv", "time": "t", "freq": "MS", "targets": ["y"]},
        "window": {"lookback": 24, "horizon": 3},
        "model": {"layers": [GRU]},
    }
    return Experiment.from_dict(smallest).with_(changes)


def searched(file: Experiment, *, logs: bool = True, time_budget: str | None = None) -> Experiment:
    return with_built_in_space(file, lookbacks=lookbacks(file.spec), logs=logs, time_budget=time_budget)


def words(found: Experiment) -> dict[str, Any]:
    return {d.name: d.range.model_dump(exclude_unset=True) for d in found.dimensions}


@pytest.mark.parametrize("changes", FILES.values(), ids=FILES)
def test_every_value_is_valid_with_every_other(changes: dict[str, Any]) -> None:
    found = searched(made(**changes))
    assert search_faults(found) == check_ends(found) == search_warnings(found) == []
    rng = np.random.default_rng(1)
    ends = {d.name: list(d.range.ends().values()) for d in found.search_space}
    for one, other in itertools.combinations(ends, 2):
        chosen = {name: values[rng.integers(len(values))] for name, values in ends.items()}
        for a, b in itertools.product(ends[one], ends[other]):
            found.trial({**chosen, one: a, other: b})


@pytest.mark.parametrize("changes", FILES.values(), ids=FILES)
def test_the_defaults_are_the_file_itself(changes: dict[str, Any]) -> None:
    file = made(**changes)
    found = searched(file)
    own, now = file.spec, found.spec
    assert now.model.layers == own.model.layers
    assert now.model_copy(update={"tune": own.tune, "model": own.model}) == own
    assert now.model.model_copy(update={"cell": own.model.cell}) == own.model
    assert found.text == file.text


@pytest.mark.parametrize("changes", FILES.values(), ids=FILES)
def test_learning_rate_and_units_are_always_searched(changes: dict[str, Any]) -> None:
    names = [d.name for d in searched(made(**changes)).dimensions]
    assert "training.optimizer.learning_rate" in names
    assert any(name.endswith(".units") for name in names)


def test_the_space_of_what_init_writes() -> None:
    assert words(searched(made(**FILES["what init writes"]))) == {
        # Not 12: a season of 12 steps and a step to compare do not fit into it.
        "window.lookback": {"values": [24, 48], "default": 24},
        "model.normalization": {"values": ["season", "last", "mean", "none"], "default": "season"},
        "model.anchor.mode": {"values": ["average", "correct"], "default": "average"},
        "model.cell": {"values": ["gru", "lstm"], "default": "gru"},
        "model.layers.0.units": {"min": 8, "max": 32, "step": 8, "default": 16},
        "model.layers.1.rate": {"min": 0.0, "max": 0.4, "default": 0.1},
        "scaling.method": {"values": ["log", "standard", "robust"], "default": "log"},
        "training.optimizer.learning_rate": {
            "min": 0.00033,
            "max": 0.003,
            "sampling": "log",
            "default": 0.001,
        },
    }


def test_logarithms_only_where_the_table_has_them() -> None:
    assert words(searched(made(), logs=False))["scaling.method"]["values"] == ["standard", "robust"]


@pytest.mark.parametrize(
    ("name", "dimension"),
    [
        ("a carried state", "window.lookback"),
        ("a carried state", "model.normalization"),
        ("head sequence", "model.normalization"),
        ("a blend", "training.loss"),
        ("counts", "scaling.method"),
        ("loss compared", "training.loss"),
        ("loss compared", "scaling.method"),
        ("cells of two kinds", "model.cell"),
        ("a reset before", "model.cell"),
        ("owa", "scaling.method"),
    ],
)
def test_what_has_one_valid_value_is_not_searched(name: str, dimension: str) -> None:
    assert dimension not in words(searched(made(**FILES[name])))


@pytest.mark.parametrize(
    ("changes", "beside"),
    [
        ({}, [12, 48]),
        ({"model.patch": 8}, [48]),
        ({"window.lookback": 36}, [24, 72]),
        ({"window.lookback": 13, "model.season": 12}, [12, 24]),
        ({"evaluation.seasonality": 24}, [48]),
        ({"evaluation.seasonality": 1000}, [12, 48]),
        ({"window.lookback": 2, "evaluation.seasonality": 1}, [4]),
        ({"window.lookback": 1, "model.normalization": "none", "evaluation.seasonality": 1}, [2]),
    ],
)
def test_lookbacks_are_whole_seasons_and_patches(changes: dict[str, Any], beside: list[int]) -> None:
    assert lookbacks(made(**changes).spec) == beside


@pytest.mark.parametrize(
    ("changes", "time_budget", "expected"),
    [
        ({}, None, {"algorithm": "random", "time_budget": "15m", "max_trials": None}),
        ({}, "2h", {"algorithm": "random", "time_budget": "2h", "max_trials": None}),
        ({"tune.max_trials": 9}, None, {"algorithm": "random", "max_trials": 9}),
        (
            {"tune.max_trials": 9},
            "5m",
            {"algorithm": "random", "max_trials": 9, "time_budget": "5m"},
        ),
        (
            {"tune.time_budget": "1h", "tune.algorithm": "bayesian"},
            None,
            {"algorithm": "bayesian", "time_budget": "1h", "max_trials": None},
        ),
        (
            {"training.ensemble": 5},
            None,
            {"algorithm": "random", "time_budget": "15m", "max_trials": None, "ensemble": 1},
        ),
        (
            {"training.ensemble": 5, "tune.ensemble": 2, "tune.max_trials": 3},
            None,
            {"algorithm": "random", "max_trials": 3, "ensemble": 2},
        ),
        (
            {"tune.algorithm": "hyperband", "training.epochs": 20},
            None,
            {"algorithm": "hyperband", "max_epochs": 20, "time_budget": "15m"},
        ),
        ({"tune.max_epochs": 9}, None, {"max_epochs": 9, "time_budget": "15m"}),
    ],
)
def test_the_search_ends_by_time_and_trials_are_quick(
    changes: dict[str, Any], time_budget: str | None, expected: dict[str, Any]
) -> None:
    found = searched(made(**changes), time_budget=time_budget)
    assert found.spec.tune.model_dump(exclude_unset=True) == expected


def test_a_grid_has_steps_everywhere() -> None:
    assert words(searched(made(**FILES["a grid"])))["model.layers.0.dropout"] == {
        "values": [0.0, 0.2, 0.4],
        "default": 0.2,
    }
