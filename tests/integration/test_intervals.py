"""Intervals through the command line: where they stand, what they say, where there are none."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.integration.tiny_runs import (
    call,
    csv_rows,
    done,
    hours,
    line,
    read,
    refused,
    write_config,
    write_table,
)

pytestmark = pytest.mark.slow


def noise(folder: Path, n: int = 400, **evaluation: object) -> Path:
    """Two series of noise about 50, one twice as wide as the other: the last forecasts cannot know more."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(4)
    rows = [
        (t, s, round(50 + w * e, 4))
        for s, w in (("a", 1), ("b", 2))
        for t, e in zip(hours(n), chance.normal(size=n), strict=True)
    ]
    write_table(folder / "t.csv", "t,s,y", rows)
    return write_config(
        folder,
        {"id": "s", "targets": ["y"]},
        split={"val": 0.3, "test": 0.3},
        evaluation={"seasonality": 2, "levels": [50, 80], **evaluation},
    )


@pytest.mark.parametrize("calibration", ["conformal", "adaptive"])
def test_noise_is_covered_as_often_as_said(tmp_path: Path, calibration: str) -> None:
    said = done("train", noise(tmp_path, calibration=calibration), "--run-dir", tmp_path / "r", "-q")
    assert "intervals       coverage 50  width 50" in said
    splits = read(tmp_path / "r", "metrics.json")["splits"]
    assert splits["val"]["intervals"] == {}
    for who in ("model", "naive", "seasonal_naive"):
        found = splits["test"]["intervals"][who]
        assert found["coverage_50"] == pytest.approx(50, abs=8)
        assert found["coverage_80"] == pytest.approx(80, abs=8)
        assert found["width_50"] < found["width_80"]
    state = read(tmp_path / "r", "model/state.json")["calibration"]
    # At 80 percent 90 windows are enough for a series by itself; each has 118.
    assert state["ids"] == ["a", "b"]
    assert state["probabilities"] == [0.1, 0.25, 0.5, 0.75, 0.9]
    assert state["scaler"] is None
    header, *rows = csv_rows(done("predict", tmp_path / "r"))
    assert header == [
        "s",
        "t",
        *("forecast", "forecast-lo-50", "forecast-hi-50", "forecast-lo-80", "forecast-hi-80"),
    ]
    ends = np.array([row[2:] for row in rows], dtype=float)
    assert (ends[:, 3] < ends[:, 1]).all()
    assert (ends[:, 2] < ends[:, 4]).all()
    widths = ends[:, 4] - ends[:, 3]
    assert widths[3:].mean() / widths[:3].mean() == pytest.approx(2, rel=0.35)


def test_forecasts_csv_has_the_coverage_of_the_score_table(tmp_path: Path) -> None:
    done("train", noise(tmp_path), "--run-dir", tmp_path / "r", "-q")
    header, *rows = csv_rows((tmp_path / "r/forecasts.csv").read_text())
    low, high, y = (
        np.array([row[header.index(c)] for row in rows], float)
        for c in ("forecast-lo-80", "forecast-hi-80", "y")
    )
    found = read(tmp_path / "r", "metrics.json")["splits"]["test"]["intervals"]["model"]
    assert np.mean((low <= y) & (y <= high)) * 100 == pytest.approx(found["coverage_80"], abs=0.2)
    assert np.mean(high - low) == pytest.approx(found["width_80"], rel=1e-4)
    header, *steps = csv_rows((tmp_path / "r/scores/by_step.csv").read_text())
    model = [row for row in steps if row[:2] == ["test", "model"]]
    assert [row[2] for row in model] == ["1", "2", "3"]
    assert np.mean([float(row[header.index("coverage_80")]) for row in model]) == pytest.approx(
        found["coverage_80"]
    )
    header, *series = csv_rows((tmp_path / "r/scores/by_series.csv").read_text())
    assert [row[:4] for row in series if row[1] == "model"] == [
        ["val", "model", "a", "118"],
        ["val", "model", "b", "118"],
        ["test", "model", "a", "118"],
        ["test", "model", "b", "118"],
    ]


def test_a_series_that_was_not_there_gets_the_pooled_interval(tmp_path: Path) -> None:
    done("train", noise(tmp_path), "--run-dir", tmp_path / "r", "-q")
    chance = np.random.default_rng(1)
    rows = [(t, "new", 1000 + 10 * e) for t, e in zip(hours(50), chance.normal(size=50), strict=True)]
    write_table(tmp_path / "n.csv", "t,s,y", rows)
    out = json.loads(done("predict", tmp_path / "r", "--data", tmp_path / "n.csv", "--json"))
    for row in out["forecasts"]:
        assert 15 < row["forecast-hi-80"] - row["forecast-lo-80"] < 60


def test_without_validation_there_are_none_and_the_run_says_so(tmp_path: Path) -> None:
    config = line(tmp_path, split={"val": 0, "test": 6}, training={"epochs": 1, "early_stopping": None})
    said = done("train", config, "--run-dir", tmp_path / "r", "-q")
    assert "There are no intervals: split.val is 0, and they are learned from validation errors." in said
    assert csv_rows(done("predict", tmp_path / "r"))[0] == ["t", "forecast"]


def test_too_few_validation_windows_are_remarked_on(tmp_path: Path) -> None:
    said = done("train", line(tmp_path), "--run-dir", tmp_path / "r", "-q")
    assert "Note that the widest intervals need 39 validation windows, and there are 4" in said


def test_none_asked_for_none_given(tmp_path: Path) -> None:
    for name, evaluation in (("a", {"calibration": "none"}), ("b", {"levels": []})):
        config = line(tmp_path / name, evaluation=evaluation)
        said = done("train", config, "--run-dir", tmp_path / name / "r", "-q")
        assert csv_rows(done("predict", tmp_path / name / "r"))[0] == ["t", "forecast"]
        assert "no intervals" not in said
        assert read(tmp_path / name / "r", "model/state.json")["calibration"] is None


def test_levels_must_rise(tmp_path: Path) -> None:
    said = refused(2, "validate", line(tmp_path, evaluation={"levels": [95, 80, 80]}))
    assert said.endswith("evaluation.levels: must be in ascending order, each once; write [80, 95]")


def test_a_damaged_calibration_is_refused(tmp_path: Path) -> None:
    done("train", line(tmp_path), "--run-dir", tmp_path / "r", "-q")
    state = tmp_path / "r/model/state.json"
    state.write_text(state.read_text().replace("split_conformal", "other"))
    assert "was changed or cut short" in call("predict", tmp_path / "r").stderr
