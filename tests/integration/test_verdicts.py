"""Verdicts of whole trainings: many series at one cutoff, few windows, no test range."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.integration.tiny_runs import call, done, hours, line, read, write_config, write_table

pytestmark = pytest.mark.slow


def test_many_series_at_one_cutoff_are_compared_over_the_series(tmp_path: Path) -> None:
    """Twelve series with a season of 2 steps and a horizon of 3: a test range of 3 steps holds one cutoff."""
    rng = np.random.default_rng(1)
    values = 10 + np.tile([0.0, 8.0], 20) + rng.normal(size=(12, 40))
    rows = [(t, f"s{k}", round(v, 3)) for k in range(12) for t, v in zip(hours(40), values[k], strict=True)]
    write_table(tmp_path / "t.csv", "t,s,y", rows)
    config = write_config(
        tmp_path,
        {"id": "s", "targets": ["y"]},
        split={"val": 6, "test": 3},
        evaluation={"seasonality": 2, "levels": [], "baselines": ["naive", "seasonal_naive_3"]},
        model={"layers": [{"type": "gru", "units": 4}], "anchor": {"type": "ridge"}},
    )
    result = call("train", config, "--run-dir", tmp_path / "r", "-q")
    assert result.exit_code == 0, result.stderr
    assert "too few" not in result.stderr
    verdicts = read(tmp_path / "r", "metrics.json")["splits"]["test"]["verdicts"]
    test = verdicts["naive"]["absolute"]
    assert (test["verdict"], test["cutoffs"], test["series"]) == ("better", 1, 12)
    assert result.stdout.startswith("The model is better than ")
    assert "; 12 series at 1 cutoff)." in result.stdout.splitlines()[0]


def test_few_windows_are_warned_of_and_tell_nothing_apart(tmp_path: Path) -> None:
    """60 rows: 4 windows of validation, 10 of test, and a test of horizon 3 needs 12."""
    config = line(tmp_path)
    warned = [one["summary"] for one in json.loads(done("validate", config, "--json"))["diagnostics"]]
    assert [text.split(" are too few ")[0] for text in warned] == [
        "4 windows of validation",
        "10 windows of test",
    ]
    result = call("train", config, "--run-dir", tmp_path / "r")
    assert all(text in result.stderr for text in warned)
    first, second = result.stdout.splitlines()[:2]
    assert "the best baseline, cannot be told apart (10 windows): test MASE " in first
    assert second == "A test needs 12 windows: lengthen split.test, or run forecaster backtest."
    assert "unclear" in result.stdout


def test_a_smoke_run_is_not_warned_of_few_windows(tmp_path: Path) -> None:
    result = call("train", line(tmp_path), "--run-dir", tmp_path / "r", "--smoke")
    assert "too few to" not in result.stderr


def test_without_a_test_range_the_verdict_is_on_validation(tmp_path: Path) -> None:
    config = line(tmp_path, split={"val": 16, "test": 0})
    said = json.loads(done("train", config, "--run-dir", tmp_path / "r", "--json"))
    assert " validation MASE " in said["verdict"][0]
    assert said["verdict"][-1] == (
        "There is no test range (split.test: 0). The verdict is on validation rows, which have chosen the network, "
        "so they flatter it."
    )
    assert done("show", tmp_path / "r").splitlines()[: len(said["verdict"])] == said["verdict"]
