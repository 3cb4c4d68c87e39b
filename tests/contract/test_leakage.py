"""Nothing that training learns, scales by or looks at comes from beyond its cut."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecaster.config.experiment import Experiment
from forecaster.data.transforms.scalers import METHODS
from forecaster.data.transforms.split import SPLITS
from forecaster.model.spec import HEADS
from forecaster.stages.prepared import Prepared
from tests.heads import with_head
from tests.integration.tiny_runs import csv_rows, done, hours, read, write_config, write_table
from tests.preparing import prepare

N, TRAIN_END, VAL_END = 60, 42, 48
RNG = np.random.default_rng(5)
Y = {name: np.round(10 + 5 * RNG.normal(size=N), 3) for name in "ab"}
X = {name: np.round(RNG.normal(size=N), 3) for name in "ab"}


def table(
    folder: Path, *, after: int = N, factor: float = 1.0, holes: tuple[int, ...] = (), **data: Any
) -> Path:
    """Two series of 60 hours with a past covariate, of which 42 train and 6 validate.

    after, factor: values from this row on are multiplied. holes: rows whose target is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for name in "ab":
        for i, time in enumerate(hours(N)):
            scale = factor if i >= after else 1.0
            y = "" if i in holes else Y[name][i] * scale
            rows.append((time, name, y, X[name][i] * scale))
    write_table(folder / "t.csv", "t,id,y,x", rows)
    sections = {name: data.pop(name) for name in ("scaling", "training", "model") if name in data}
    columns = {"id": "id", "targets": ["y"], "past_covariates": ["x"], "calendar": ["hour"]}
    return write_config(folder, columns | data, **sections)


def prepared(config: Path) -> Prepared:
    return prepare(Experiment.from_yaml(config))


def gathered(p: Prepared, split: str) -> dict[str, np.ndarray]:
    windows = p.windows[split]  # type: ignore[index]
    everything = np.arange(len(windows))
    return windows.inputs(everything) | {"targets": windows.targets(everything)}


def same(one: dict[str, np.ndarray], two: dict[str, np.ndarray]) -> bool:
    return one.keys() == two.keys() and all(np.array_equal(one[k], two[k], equal_nan=True) for k in one)


@pytest.mark.parametrize("per_series", [True, False])
@pytest.mark.parametrize("method", METHODS)
def test_scaler_and_training_windows_know_nothing_after_the_cut(
    tmp_path: Path, method: str, per_series: bool
) -> None:
    scaling = {"method": method, "per_series": per_series}
    before = prepared(table(tmp_path / "a", scaling=scaling))
    after = prepared(table(tmp_path / "b", after=TRAIN_END, factor=1e3, scaling=scaling))
    assert before.transforms.scaler.as_json() == after.transforms.scaler.as_json()
    assert all(np.array_equal(x, y) for x, y in zip(before.scales, after.scales, strict=True))
    assert same(gathered(before, "train"), gathered(after, "train"))
    assert not same(gathered(before, "val"), gathered(after, "val"))


def test_validation_windows_know_nothing_of_the_test_range(tmp_path: Path) -> None:
    before = prepared(table(tmp_path / "a"))
    after = prepared(table(tmp_path / "b", after=VAL_END, factor=1e3))
    assert same(gathered(before, "train"), gathered(after, "train"))
    assert same(gathered(before, "val"), gathered(after, "val"))
    assert not same(gathered(before, "test"), gathered(after, "test"))


@pytest.mark.parametrize("policy", ["interpolate", "ffill", "zero", "mask"])
def test_no_fill_looks_across_a_cut(tmp_path: Path, policy: str) -> None:
    """The last two training rows and the first validation row are missing."""
    holes = (TRAIN_END - 2, TRAIN_END - 1, TRAIN_END)
    before = prepared(table(tmp_path / "a", holes=holes, missing=policy))
    after = prepared(table(tmp_path / "b", holes=holes, missing=policy, after=TRAIN_END, factor=1e3))
    assert before.transforms.scaler.as_json() == after.transforms.scaler.as_json()
    assert same(gathered(before, "train"), gathered(after, "train"))


def test_windows_stay_in_their_series_and_targets_in_their_split(tmp_path: Path) -> None:
    p = prepared(table(tmp_path))
    for name in SPLITS:
        windows = p.windows[name]
        low, high = p.table.split_bounds.range(name)
        begin = p.panel.offsets[:-1][windows.series]
        target = windows.target_row - begin
        assert len(windows)
        assert (windows.start >= begin).all()
        assert (target >= low[windows.series]).all()
        assert (target + windows.horizon <= high[windows.series]).all()


def test_actual_values_of_the_horizon_are_not_inputs(tmp_path: Path) -> None:
    """The inputs of the last test window, with everything after its origin changed."""
    before, after = prepared(table(tmp_path / "a")), prepared(table(tmp_path / "b", after=N - 3, factor=1e3))
    one, two = gathered(before, "test"), gathered(after, "test")
    last = len(one["past"]) - 1
    assert not np.array_equal(one["targets"][last], two["targets"][last])
    for name in ("past", "future"):
        assert np.array_equal(one[name][last], two[name][last])


@pytest.mark.slow
def test_trained_weights_and_earlier_forecasts_know_nothing_of_the_test_range(tmp_path: Path) -> None:
    training = {"epochs": 2, "batch_size": 16, "early_stopping": {"patience": 2}}
    runs = []
    for name, after in (("a", N), ("b", N - 3)):
        config = table(tmp_path / name, after=after, factor=1e3, training=training)
        done("train", config, "--run-dir", tmp_path / name / "r", "-q")
        runs.append(tmp_path / name / "r")
    one, two = runs
    for file in ("model/weights.safetensors", "model/state.json", "model/spec.json"):
        assert (one / file).read_bytes() == (two / file).read_bytes()
    assert read(one, "metrics.json")["splits"]["val"] == read(two, "metrics.json")["splits"]["val"]
    # Every test forecast is made from rows before the last three.
    column = csv_rows((one / "forecasts.csv").read_text())[0].index("forecast")
    forecasts = [[row[column] for row in csv_rows((r / "forecasts.csv").read_text())] for r in runs]
    assert forecasts[0] == forecasts[1]
    assert done("predict", one, "--from", hours(N)[N - 4]) == done("predict", two, "--from", hours(N)[N - 4])


@pytest.mark.slow
def test_weights_know_nothing_after_the_training_range_without_validation(tmp_path: Path) -> None:
    training = {"epochs": 2, "batch_size": 16, "early_stopping": None}
    states = []
    for name, after in (("a", N), ("b", TRAIN_END)):
        config = table(tmp_path / name, after=after, factor=1e3, training=training)
        done("train", config, "--run-dir", tmp_path / name / "r", "-q")
        states.append((tmp_path / name / "r" / "model" / "weights.safetensors").read_bytes())
    assert states[0] == states[1]


ORIGIN = N - 8


def numbers(path: Path, name: str = "", first: int = N, last: int = N) -> Path:
    """y, x known up to the origin and z known ahead; a hundred is added to one of them from first to last."""
    rows = []
    for i, time in enumerate(hours(N)):
        row = {"y": Y["a"][i], "x": X["a"][i], "z": X["b"][i]}
        rows.append((time, *(v + 100 * (key == name and first <= i < last) for key, v in row.items())))
    return write_table(path, "t,y,x,z", rows)


@pytest.mark.slow
@pytest.mark.parametrize("head", HEADS)
def test_numbers_of_the_horizon_reach_a_forecast_only_where_they_are_known_ahead(
    head: str, tmp_path: Path
) -> None:
    past = head != "recursive"  # which takes no past covariates
    model = with_head(head, patch=3, layers=[{"type": "gru", "units": 6}])
    numbers(tmp_path / "t.csv")
    columns = {"targets": ["y"], "past_covariates": ["x"] if past else [], "future_covariates": ["z"]}
    done("train", write_config(tmp_path, columns, model=model), "--run-dir", tmp_path / "r", "--smoke", "-q")

    def forecast(*moved: Any) -> str:
        table = numbers(tmp_path / "new.csv", *moved)
        return done("predict", tmp_path / "r", "--data", table, "--from", hours(N)[ORIGIN])

    usual = forecast()
    assert forecast("x", ORIGIN + 1, N) == usual
    assert forecast("y", ORIGIN + 1, N) == usual
    assert forecast("z", ORIGIN + 4, N) == usual, "beyond the horizon of three steps"
    assert forecast("z", ORIGIN + 1, ORIGIN + 4) != usual
    if past:
        assert forecast("x", ORIGIN - 3, ORIGIN + 1) != usual


@pytest.mark.slow
def test_everything_before_the_test_range_is_the_same_whatever_comes_in_it(tmp_path: Path) -> None:
    """Windows, scalers, encoders, the epoch that early stopping takes, intervals, and the first forecast."""
    runs = []
    for folder, other in ((tmp_path / "a", False), (tmp_path / "b", True)):
        folder.mkdir()
        rows = []
        for i, time in enumerate(hours(N)):
            strange = other and i >= VAL_END
            y, x = (v * (1e3 if strange else 1.0) for v in (Y["a"][i], X["a"][i]))
            rows.append((time, y, x, "never" if strange else "odd" if i % 2 else "even"))
        write_table(folder / "t.csv", "t,y,x,kind", rows)
        columns = {
            "targets": ["y"],
            "past_covariates": ["x", "kind"],
            "categorical": {"kind": "embedding"},
        }
        training = {
            "epochs": 12,
            "batch_size": 8,
            "optimizer": {"type": "adam", "learning_rate": 0.05},
            "early_stopping": {"patience": 2},
        }
        config = write_config(folder, columns, training=training)
        done("train", config, "--run-dir", folder / "r", "-q")
        runs.append((prepared(config), folder / "r"))
    (before, one), (after, two) = runs
    for split in ("train", "val"):
        assert same(gathered(before, split), gathered(after, split))
    assert not same(gathered(before, "test"), gathered(after, "test"))
    assert before.transforms.scaler.as_json() == after.transforms.scaler.as_json()
    assert before.transforms.encoders.as_json() == after.transforms.encoders.as_json()
    assert before.transforms.encoders.names["kind"] == ("even", "odd")
    histories = [csv_rows((run / "history.csv").read_text()) for run in (one, two)]
    seconds = histories[0][0].index("seconds")
    first, second = ([row[:seconds] + row[seconds + 1 :] for row in rows] for rows in histories)
    assert first == second
    assert len(first) - 1 < 12, "training stopped early"
    for file in ("model/weights.safetensors", "model/state.json"):
        assert (one / file).read_bytes() == (two / file).read_bytes()
    tables = [csv_rows((run / "forecasts.csv").read_text()) for run in (one, two)]
    column = tables[0][0].index("forecast")
    early, later = ([row[column] for row in rows[1:]] for rows in tables)
    assert early[:3] == later[:3], "the window whose lookback ends where the test range begins"
    assert early[3:] != later[3:]
