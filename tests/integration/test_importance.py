"""Permutation importance: a forecaster whose inputs are known gets the importances that follow."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecaster.config.experiment import Experiment
from forecaster.forecasting.forecast import Forecast
from forecaster.stages.importance import ShuffledInput, _groups, _others, measure
from forecaster.stages.prepared import Prepared
from tests.integration.made_runs import make_run
from tests.integration.tiny_runs import done, hours, line, read, refused, write_config, write_table
from tests.preparing import prepare

LOOKBACK, HORIZON = 8, 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two series of noise with a covariate known ahead, one of the past, a static one and categories."""
    folder = tmp_path_factory.mktemp("panel")
    rng = np.random.default_rng(3)
    rows = [
        [name, t, *(f"{v:.6f}" for v in rng.normal(size=4)), area, kind]
        for name, area in (("a", 1), ("b", 2))
        for t, kind in zip(hours(120), rng.choice(["x", "y"], 120), strict=True)
    ]
    write_table(folder / "t.csv", "id,t,y,z,ahead,past,area,kind", rows)
    data = {
        "id": "id",
        "targets": ["y", "z"],
        "past_covariates": ["past"],
        "future_covariates": ["ahead", "kind"],
    }
    more = {"static_covariates": ["area"], "calendar": ["hour"], "categorical": {"kind": "one_hot"}}
    write_config(
        folder, data | more, window={"lookback": LOOKBACK, "horizon": HORIZON}, split={"val": 40, "test": 20}
    )
    return folder


@pytest.fixture(scope="module")
def experiment(folder: Path) -> Experiment:
    return Experiment.from_yaml(folder / "c.yaml")


@pytest.fixture(scope="module")
def prepared(experiment: Experiment) -> Prepared:
    return prepare(experiment)


class Knows:
    """A forecaster that is right to 0.1 about every target, and off by what it borrows from other windows."""

    def __init__(self, prepared: Prepared, look: Any) -> None:
        self.prepared, self.look, self.scaler = prepared, look, prepared.transforms.scaler

    def forecast(self, windows: Any, groups: Any) -> Any:
        every = np.arange(len(windows))
        own = type(windows).__mro__[1].inputs(windows, every)
        off = np.abs(self.look(windows.inputs(every)) - self.look(own))
        assert groups.shape == windows.series.shape
        return Forecast.of(windows, self.prepared.actual(windows) + 0.1 + off[:, None, None])


def found(experiment: Experiment, prepared: Prepared, look: Any, **more: Any) -> dict[str, float]:
    measured = measure(
        experiment.spec, Knows(prepared, look), prepared, **{"windows": 40, "repeats": 3, "seed": 1} | more
    )  # type: ignore[arg-type]
    return {row["name"]: row["mean"] for row in [*measured["inputs"], *measured["lags"]]}


INPUTS = ["past of y", "past of z", "past", "ahead", "kind", "calendar: hour", "area"]
LAGS = ["1–2", "3–4", "5–6", "7–8"]


@pytest.mark.parametrize(
    ("look", "matter"),
    [
        (lambda b: b["past"][:, -1, 0], {"past of y", "1–2"}),
        (lambda b: b["past"][:, 0, 1], {"past of z", "7–8"}),
        (lambda b: b["past"][:, -3, 2], {"past"}),
        (lambda b: b["future"][:, 1, 0], {"ahead"}),
        (lambda b: b["past"][:, -1, 3], {"ahead"}),
        (lambda b: b["future"][:, 0, 1] + b["past"][:, -1, 5], {"calendar: hour"}),
        (lambda b: b["future_codes"][:, 0, 0].astype(float), {"kind"}),
        (lambda b: b["past_codes"][:, 0, 0].astype(float), {"kind"}),
        (lambda b: b["static"][:, 0], {"area"}),
        (lambda b: np.zeros(len(b["past"])), set()),
    ],
)
def test_only_what_is_looked_at_matters(
    experiment: Experiment, prepared: Prepared, look: Any, matter: set[str]
) -> None:
    growth = found(experiment, prepared, look)
    assert sorted(growth) == sorted([*INPUTS, *LAGS])
    assert {name for name, mean in growth.items() if mean > 1} == matter
    assert all(abs(mean) < 1e-6 for name, mean in growth.items() if name not in matter)


def test_windows_are_shuffled_within_their_series_and_statics_between(prepared: Prepared) -> None:
    windows = prepared.windows["val"]
    inside, between = ShuffledInput("y", {"past": [0]}), ShuffledInput("area", {"static": [0]})
    for seed in range(5):
        partner = _others(_groups(inside, windows), np.random.default_rng(seed))
        assert (windows.series[partner] == windows.series).all()
        assert (partner != np.arange(len(windows))).all()
        assert sorted(partner) == list(range(len(windows)))
        other = _others(_groups(between, windows), np.random.default_rng(seed))
        assert (windows.series[other] != windows.series).any()


def test_series_of_one_window_are_shuffled_with_each_other() -> None:
    partner = _others(np.array([0, 1, 1, 2]), np.random.default_rng(0))
    assert partner.tolist() == [3, 2, 1, 0]


def test_the_same_seed_gives_the_same_and_another_not(experiment: Experiment, prepared: Prepared) -> None:
    def look(b: Any) -> Any:
        return b["past"][:, -1, 0]

    assert found(experiment, prepared, look) == found(experiment, prepared, look)
    assert found(experiment, prepared, look) != found(experiment, prepared, look, seed=2)


@pytest.mark.slow
def test_explain_writes_its_file_and_the_report(folder: Path) -> None:
    run = folder / "r"
    done("train", folder / "c.yaml", "--run-dir", run)
    said = json.loads(done("explain", run, "--windows", 12, "--repeats", 2, "--json"))
    kept = read(run, "importance.json")
    assert said["inputs"] == kept["inputs"]
    assert (kept["windows"], kept["repeats"], kept["seed"]) == (12, 2, 0)
    assert sorted(row["name"] for row in kept["inputs"]) == sorted(INPUTS)
    means = [row["mean"] for row in kept["inputs"]]
    assert means == sorted(means, reverse=True)
    assert all(row["std"] >= 0 for row in kept["inputs"] + kept["lags"])
    assert "importance-inputs" in (run / "report.html").read_text()
    assert "growth of the error when an input is shuffled, in percent" in done(
        "explain", run, "--windows", 12, "--repeats", 1
    )
    # Made after the seal: the run is whole with and without it.
    done("show", run)


def test_explain_needs_the_table(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    (tmp_path / "t.csv").unlink()
    assert refused(2, "explain", run).endswith(
        "is missing or has changed since the run was trained on it; restore it: explain needs its validation windows"
    )


@pytest.mark.slow
def test_explain_refuses_a_carried_state_and_no_validation(tmp_path: Path) -> None:
    model = {"layers": [{"type": "simple_rnn", "units": 2}], "stateful": True, "normalization": "none"}
    done("train", line(tmp_path / "s", model=model), "--run-dir", tmp_path / "s" / "r")
    assert "its network carries its state from window to window" in refused(
        2, "explain", tmp_path / "s" / "r"
    )
    bare = line(tmp_path / "v", split={"val": 0}, training={"epochs": 1, "early_stopping": None})
    done("train", bare, "--run-dir", tmp_path / "v" / "r")
    assert "has no validation windows; train with split.val above 0" in refused(
        2, "explain", tmp_path / "v" / "r"
    )
