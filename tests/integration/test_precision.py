"""A level of 10^9 or 10^11 changes no score: nothing in the units of the table is in single precision."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.integration import tiny_runs as t

pytestmark = pytest.mark.slow

SCORES = ("mae", "rmse", "mase")
INTERVALS = ("coverage_80", "width_80", "winkler_80", "coverage_95", "pinball")


def scored(folder: Path, level: float, calibration: str) -> dict[str, Any]:
    """The test scores of a training on a noisy week of 200 hours around a level."""
    folder.mkdir()
    rng = np.random.default_rng(3)
    values = 50 + 10 * np.sin(2 * np.pi * np.arange(200) / 7) + rng.normal(0, 3, 200)
    rows = zip(t.hours(200), (f"{v + level:.4f}" for v in np.round(values, 4).tolist()), strict=True)
    t.write_table(folder / "t.csv", "t,y", rows)
    config = t.write_config(
        folder,
        {"targets": ["y"]},
        model={"layers": [{"type": "gru", "units": 3}], "normalization": "last"},
        evaluation={
            "seasonality": 7,
            "calibration": calibration,
            "levels": [80, 95],
            "baselines": ["naive", "seasonal_naive", "drift", "window_average", "ridge"],
        },
    )
    t.done("train", config, "--run-dir", folder / "r", "-q")
    found: dict[str, Any] = json.loads((folder / "r" / "metrics.json").read_text())["splits"]["test"]
    return found


@pytest.mark.parametrize("calibration", ["conformal", "adaptive", "scaled"])
def test_a_level_changes_no_score_of_the_model_or_of_a_baseline(tmp_path: Path, calibration: str) -> None:
    plain = scored(tmp_path / "0", 0.0, calibration)
    for level in (1e9, 1e11):
        found = scored(tmp_path / f"{level:g}", level, calibration)
        for name in plain["scores"]:
            for metric in SCORES:
                assert found["scores"][name][metric] == pytest.approx(plain["scores"][name][metric], rel=1e-5)
            for metric in INTERVALS:
                before = plain["intervals"][name][metric]
                assert found["intervals"][name][metric] == pytest.approx(before, rel=1e-5), (name, metric)


def test_a_constant_series_of_any_level_is_forecast_exactly(tmp_path: Path) -> None:
    for level in ("123456789012", "5000", "3e-09", "1e+39"):
        folder = tmp_path / level
        folder.mkdir()
        t.write_table(folder / "t.csv", "t,y", ((hour, level) for hour in t.hours(60)))
        config = t.write_config(
            folder,
            {"targets": ["y"]},
            model={"layers": [{"type": "gru", "units": 3}], "normalization": "last"},
            evaluation={"seasonality": 2, "baselines": ["naive", "seasonal_naive", "ridge"]},
        )
        t.done("train", config, "--run-dir", folder / "r", "-q")
        scores = json.loads((folder / "r" / "metrics.json").read_text())["splits"]["test"]["scores"]
        assert scores["naive"]["mae"] == scores["seasonal_naive"]["mae"] == 0
        assert scores["ridge"]["mae"] == pytest.approx(0, abs=1e-12 * float(level))


def test_numbers_beyond_floating_point_are_refused_before_training(tmp_path: Path) -> None:
    config = t.line(tmp_path)
    text = (tmp_path / "t.csv").read_text().splitlines()
    text[7] = text[7].split(",")[0] + ",1e300"
    (tmp_path / "t.csv").write_text("\n".join(text) + "\n")
    for command in ("validate", "train"):
        assert t.refused(2, command, config) == (
            f"{tmp_path / 't.csv'}:8: y: '1e300' is beyond 1e150, where squares overflow; divide the column by a power of ten"
        )


def test_values_that_scaling_leaves_alike_are_said(tmp_path: Path) -> None:
    config = t.line(tmp_path, scaling={"method": "log"})
    rows = ((hour, 1_000_000_000 + i % 7) for i, hour in enumerate(t.hours(60)))
    t.write_table(tmp_path / "t.csv", "t,y", rows)
    result = t.call("validate", config)
    assert result.exit_code == 0
    assert (
        "the values of y differ by so little for their level that scaling.method: log leaves them nearly alike in single "
        "precision; set scaling.method: standard"
    ) in result.stderr


def test_a_value_that_single_precision_cannot_hold_once_scaled_is_named(tmp_path: Path) -> None:
    config = t.line(tmp_path)
    t.done("train", config, "--run-dir", tmp_path / "r", "-q")
    rows = [(hour, "1e140" if i == 4 else i) for i, hour in enumerate(t.hours(8, first=60))]
    table = t.write_table(tmp_path / "new.csv", "t,y", rows)
    assert t.refused(2, "predict", tmp_path / "r", "--data", table) == (
        f"{table}: y is 1e+140 at 2024-01-03 16:00:00, too far from the training rows for single precision; correct the "
        "value, or leave the row out"
    )


def test_a_forecast_that_is_no_number_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from forecaster.forecasting.fitted import Fitted

    config = t.line(tmp_path)
    t.done("train", config, "--run-dir", tmp_path / "r", "-q")
    forecast = Fitted.forecast

    def infinite(self: Fitted, *given: Any) -> Any:
        found = forecast(self, *given)
        found.point[0, 1, 0] = np.inf
        return found

    monkeypatch.setattr(Fitted, "forecast", infinite)
    assert t.refused(2, "predict", tmp_path / "r") == (
        "the forecast is not a finite number; look for values far from those of the training rows, or train again with a "
        "lower learning rate"
    )
