"""What early stopping may watch, and losses that are metrics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecaster.config.experiment import Experiment
from forecaster.config.spec import ExperimentSpec
from forecaster.evaluation.metrics import METRICS
from forecaster.evaluation.scored import Scored
from forecaster.stages.prepared import Prepared
from forecaster.stages.validation import batch_extras, val_score_of
from tests import preparing
from tests.integration.tiny_runs import write_config, write_table

pytestmark = pytest.mark.slow

WATCHED = [name for name in METRICS if name != "bias"]


def prepared(folder: Path, **training: Any) -> tuple[ExperimentSpec, Prepared]:
    """Two series of two targets, of different sizes, 12 hours of validation each."""
    rng = np.random.default_rng(5)
    rows = [
        (t, s, *np.round((1 + 9 * s) * (5 + rng.normal(size=2)), 3).tolist())
        for s in range(2)
        for t in range(60)
    ]
    write_table(folder / "t.csv", "t,id,y,z", rows)
    config = write_config(
        folder,
        {"freq": 1, "id": "id", "targets": ["y", "z"]},
        training=training,
        split={"val": 12, "test": 12},
    )
    experiment = Experiment.from_yaml(config)
    return experiment.spec, preparing.prepare(experiment)


def guess(p: Prepared) -> np.ndarray:
    """Forecasts of the validation windows, in scaled units."""
    shape = (len(p.windows["val"]), 3, 2)
    return np.random.default_rng(6).normal(size=shape).astype(np.float32)


def metric(p: Prepared, name: str) -> float:
    windows = p.windows["val"]
    original = p.transforms.scaler.invert(guess(p), windows.series.astype(np.int64))
    return float(METRICS[name](Scored(p.actual(windows), original, windows.series, *p.scales)))


@pytest.mark.parametrize("name", WATCHED)
def test_any_metric_may_be_watched_in_original_units(tmp_path: Path, name: str) -> None:
    spec, p = prepared(tmp_path, early_stopping={"monitor": f"val_{name}"})
    assert val_score_of(spec, p, batch_extras(spec, p), p.windows["val"])(guess(p))[
        f"{name}"
    ] == pytest.approx(metric(p, name))


@pytest.mark.parametrize(("loss", "percent"), [("mase", 1.0), ("smape", 100.0)])
def test_a_loss_of_the_series_is_the_metric_of_its_name(tmp_path: Path, loss: str, percent: float) -> None:
    """Although the network and its loss see scaled values alone."""
    spec, p = prepared(tmp_path, loss=loss)
    found = val_score_of(spec, p, batch_extras(spec, p), p.windows["val"])(guess(p))["loss"]
    assert found * percent == pytest.approx(metric(p, loss), rel=1e-4)
