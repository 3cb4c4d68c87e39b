"""The stacks that are often written by hand, as they are shipped: their layers, and that they train."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from forecaster.config.experiment import Experiment
from tests.integration.tiny_runs import csv_rows, done, hours, write_table

CONFIGS = Path(__file__).parents[2] / "configs" / "benchmarks"
# (type, units or rate, activation, dropout) of every layer, and the head's activation.
STACKS = {
    "stack_simple_rnn": (
        [
            ("simple_rnn", 130, "tanh", 0.2),
            ("simple_rnn", 110, "tanh", 0.2),
            ("simple_rnn", 130, "tanh", 0.3),
            ("simple_rnn", 100, "sigmoid", 0.3),
            ("simple_rnn", 40, "tanh", 0.0),
        ],
        "linear",
    ),
    "stack_lstm": (
        [("lstm", 130, "tanh", 0.0), ("lstm", 70, "relu", 0.0), ("lstm", 100, "tanh", 0.0)],
        "tanh",
    ),
    "stack_gru": (
        [
            ("gru", 90, "tanh", 0.0),
            ("gru", 150, "tanh", 0.0),
            ("gru", 60, "relu", 0.0),
            ("dropout", 0.5, None, None),
        ],
        "linear",
    ),
}


@pytest.mark.parametrize("name", STACKS)
def test_layers_and_training(name: str) -> None:
    experiment = Experiment.from_yaml(CONFIGS / f"{name}.yaml").spec
    layers, activation = STACKS[name]
    model, training = experiment.model, experiment.training
    found = [x.model_dump() for x in model.stack]
    assert [
        (x["type"], x.get("units", x.get("rate")), x.get("activation"), x.get("dropout")) for x in found
    ] == layers
    assert model.head.activation == activation
    assert (training.optimizer.type, training.optimizer.learning_rate) == ("adam", 1e-3)
    assert (training.batch_size, training.epochs) == (32, 30)
    assert training.early_stopping is not None
    assert training.early_stopping.patience == 5


@pytest.mark.slow
@pytest.mark.parametrize("name", STACKS)
def test_trains_and_predicts(tmp_path: Path, name: str) -> None:
    """On a table of two days' shape: everything as shipped but the lengths."""
    rng = np.random.default_rng(0)
    rows = [(time, s, rng.poisson(5)) for s in ("A", "B") for time in hours(60)]
    write_table(tmp_path / "t.csv", "time_hour,origin,departures", rows)
    sets = (f"data.path={tmp_path / 't.csv'}", "window.lookback=4", "window.horizon=2")
    given = [part for text in (*sets, "evaluation.seasonality=4") for part in ("--set", text)]
    done("train", CONFIGS / f"{name}.yaml", "--smoke", "--run-dir", tmp_path / "r", "-q", *given)
    assert len(csv_rows(done("predict", tmp_path / "r"))) == 1 + 2 * 2
