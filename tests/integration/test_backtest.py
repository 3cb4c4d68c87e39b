"""backtest through the command line: cutoffs by hand, what each fold may know, spread, refusals."""

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecaster.config.experiment import Experiment
from forecaster.stages.folds import BacktestPlan, fold_tables
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
from tests.preparing import read_and_split

TRAINING = {"epochs": 1, "batch_size": 32}


def split_bounds(config: Path, plan: BacktestPlan) -> list[tuple[int, ...]]:
    """First row, end of training, cutoff and end of the test range of every fold, of the first series."""
    loaded = Experiment.from_yaml(config)
    tables = fold_tables(read_and_split(loaded), plan, loaded.spec.window.horizon)
    first = tables[0].raw.first[0]
    return [
        tuple(
            int(t.raw.first[0] - first + n)
            for n in (0, t.split_bounds.train_end[0], t.split_bounds.val_end[0], t.split_bounds.length[0])
        )
        for t in tables
    ]


def test_cutoffs_by_hand(tmp_path: Path) -> None:
    """60 rows, of which 6 validate: three folds of a horizon of 3."""
    config = line(tmp_path, training=TRAINING)
    assert split_bounds(config, BacktestPlan(folds=3)) == [(0, 45, 51, 54), (0, 48, 54, 57), (0, 51, 57, 60)]
    assert split_bounds(config, BacktestPlan(folds=3, window="sliding")) == [
        (0, 45, 51, 54),
        (3, 48, 54, 57),
        (6, 51, 57, 60),
    ]
    # Steps beyond the horizon are all scored; shorter ones overlap.
    assert split_bounds(config, BacktestPlan(folds=2, step=5)) == [(0, 44, 50, 55), (0, 49, 55, 60)]
    assert split_bounds(config, BacktestPlan(folds=2, step=1)) == [(0, 50, 56, 59), (0, 51, 57, 60)]


@pytest.mark.slow
@pytest.mark.parametrize("options", [[], ["--refit"], ["--refit", "--window", "sliding"]], ids=str)
def test_forecasts_of_every_fold(tmp_path: Path, options: list[str]) -> None:
    """The naive forecast of a line is 1, 2 and 3 off in every fold: no spread."""
    config = line(tmp_path, training=TRAINING)
    said = done("backtest", config, "--folds", 3, "--run-dir", tmp_path / "r", "-q", *options)
    header, *rows = csv_rows((tmp_path / "r/forecasts.csv").read_text())
    assert header[:3] == ["t", "cutoff", "forecast"]
    assert header[-1] == "y"
    assert [(row[0], row[1], row[-1]) for row in rows] == [
        (hours(60)[c + i], hours(60)[c - 1], str(c + i)) for c in (51, 54, 57) for i in range(3)
    ]
    metrics = read(tmp_path / "r", "metrics.json")
    assert [f["first_cutoff"] for f in metrics["folds"]] == [hours(60)[c - 1] for c in (51, 54, 57)]
    naive = metrics["summary"]["scores"]["naive"]["mae"]
    assert (naive["mean"], naive["min"], naive["max"]) == pytest.approx((2, 2, 2))
    assert naive["std"] == pytest.approx(0, abs=1e-6)
    assert metrics["plan"]["refit"] == ("--refit" in options)
    assert "mean and standard deviation over the folds" in said
    assert len(list((tmp_path / "r/folds").iterdir())) == (3 if "--refit" in options else 1)
    assert not list(tmp_path.rglob("checkpoints"))


@pytest.mark.slow
@pytest.mark.parametrize("options", [["--no-refit"], ["--refit"]], ids=str)
def test_rows_after_a_cutoff_change_nothing_before_it(tmp_path: Path, options: list[str]) -> None:
    """Another world after the second cutoff: forecasts of the first two folds, with their intervals, stay."""
    found = []
    for name, after in (("a", 1.0), ("b", 1000.0)):
        folder = tmp_path / name
        folder.mkdir()
        chance = np.random.default_rng(5)
        y = np.round(chance.normal(size=120), 4)
        y[117:] *= after
        write_table(folder / "t.csv", "t,y", zip(hours(120), y, strict=True))
        sections = {"split": {"val": 30, "test": 10}, "training": TRAINING}
        config = write_config(
            folder, {"targets": ["y"]}, evaluation={"seasonality": 2, "levels": [80]}, **sections
        )
        done("backtest", config, "--folds", 3, "--run-dir", folder / "r", "-q", *options)
        rows = csv_rows((folder / "r/forecasts.csv").read_text())[1:]
        found.append([row[:5] for row in rows[:6]])
    assert found[0] == found[1]


@pytest.mark.slow
def test_adaptive_intervals_in_long_folds(tmp_path: Path) -> None:
    """Noise that becomes three times as wide: within a fold of 60 steps, adaptive intervals follow."""
    chance = np.random.default_rng(6)
    y = np.round(chance.normal(size=420) * np.where(np.arange(420) < 300, 1, 3), 4)
    write_table(tmp_path / "t.csv", "t,y", zip(hours(420), y, strict=True))
    coverage = {}
    for calibration in ("conformal", "adaptive"):
        config = write_config(
            tmp_path,
            {"targets": ["y"]},
            split={"val": 40, "test": 10},
            training=TRAINING,
            evaluation={"seasonality": 2, "levels": [80], "calibration": calibration},
        )
        done("backtest", config, "--folds", 1, "--step", 120, "--run-dir", tmp_path / calibration, "-q")
        summary = read(tmp_path / calibration, "metrics.json")["summary"]
        coverage[calibration] = summary["intervals"]["model"]["coverage_80"]["mean"]
    assert coverage["conformal"] < 55
    assert coverage["adaptive"] > coverage["conformal"] + 10


@pytest.mark.slow
def test_json_smoke_and_a_taken_directory(tmp_path: Path) -> None:
    config = line(tmp_path, n=120)
    out = json.loads(
        done("backtest", config, "--folds", 2, "--smoke", "--json", "-q", "--run-dir", tmp_path / "r")
    )
    assert len(out["folds"]) == 2
    assert set(out["comparisons"]) == {"naive", "seasonal_naive"}
    assert "already exists" in refused(4, "backtest", config, "--run-dir", tmp_path / "r")
    done("backtest", config, "--folds", 1, "--smoke", "-q", "--run-dir", tmp_path / "r", "--overwrite")


def test_too_many_folds_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    config = line(tmp_path)
    assert refused(2, "backtest", config, "--folds", 30, "--run-dir", tmp_path / "r") == (
        f"{tmp_path}/t.csv: 30 folds of 3 steps, 3 scored steps and the validation range leave no training rows; "
        "the longest series has 60 rows; use fewer --folds or a smaller --step"
    )
    assert "no train window fits" in refused(
        2, "backtest", config, "--folds", 16, "--run-dir", tmp_path / "r"
    )
    assert not (tmp_path / "r").exists()


@pytest.mark.slow
@pytest.mark.parametrize("options", [["--refit"], ["--no-refit"]], ids=str)
def test_stopped_between_folds_and_within_one_it_ends_in_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    pipeline = importlib.import_module("forecaster.pipeline.backtest")

    training = {"epochs": 3, "batch_size": 8}
    config = line(tmp_path, n=90, training=training)
    arguments = ("backtest", config, "--folds", 3, "-q", *options)
    done(*arguments, "--run-dir", tmp_path / "whole")

    real, begun = pipeline.fit_and_score, []

    def stopping(*given: Any, **named: Any) -> Any:
        begun.append(given)
        if options == ["--refit"] and len(begun) == 2:
            raise KeyboardInterrupt
        return real(*given, **named)

    scored = pipeline.score

    def stopped_in_score(*given: Any) -> Any:
        if options == ["--no-refit"]:
            raise KeyboardInterrupt
        return scored(*given)

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "fit_and_score", stopping)
        patch.setattr(pipeline, "score", stopped_in_score)
        assert call(*arguments, "--run-dir", tmp_path / "r").exit_code == 130
    assert (tmp_path / "r/checkpoints/fold-0/member-0.safetensors").is_file()
    assert refused(2, "show", tmp_path / "r") == (
        f"{tmp_path}/r: this run is not complete; finish it with: forecaster backtest {tmp_path}/r/resolved.yaml "
        f"--folds 3 {options[0]} --window expanding --run-dir {tmp_path}/r --resume"
    )
    other = ("backtest", config, "--folds", 2, *options, "--run-dir", tmp_path / "r", "--resume")
    assert refused(2, *other) == (
        f"{tmp_path}/r: was started with other inputs; --folds, --step, --refit or --window changed since; resume with "
        "the same inputs, or start over with --overwrite"
    )
    result = call("backtest", config, "--folds", 3, *options, "--run-dir", tmp_path / "r", "--resume")
    assert result.exit_code == 0
    # What was trained is not trained again.
    epochs = [text for text in result.stderr.splitlines() if text.startswith("epoch ")]
    assert len(epochs) == (6 if options == ["--refit"] else 0)
    for name in ("forecasts.csv", "metrics.json"):
        assert (tmp_path / "r" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert not (tmp_path / "r/checkpoints").exists()
    (tmp_path / "r/checkpoints").mkdir()
    said = done(*arguments, "--run-dir", tmp_path / "r", "--resume")
    assert "The backtest was already complete; nothing was trained.\n" in said
    assert not (tmp_path / "r/checkpoints").exists()


def test_a_run_of_another_kind_is_no_backtest_to_resume(tmp_path: Path) -> None:
    config = line(tmp_path)
    (tmp_path / "r").mkdir()
    (tmp_path / "r/events.jsonl").write_text('{"event": "started"}\n')
    assert refused(2, "backtest", config, "--folds", 1, "--run-dir", tmp_path / "r", "--resume") == (
        f"{tmp_path}/r: is a run of `forecaster train`, not a backtest; choose another --run-dir"
    )


@pytest.mark.slow
def test_a_backtest_is_shown_and_not_taken_for_a_run(tmp_path: Path) -> None:
    config, run = line(tmp_path, n=90, training=TRAINING), tmp_path / "r"
    said = done("backtest", config, "--folds", 2, "-q", "--run-dir", run)
    shown = done("show", run)
    assert said.partition("\nrun: ")[0].strip() in shown
    assert json.loads(done("show", run, "--json"))["backtest"]["plan"]["folds"] == 2
    for verb in ("predict", "report", "plot", "evaluate", "explain", "future"):
        assert refused(2, verb, run) == (
            f"{run}: is a backtest, which stores no network; show its scores with forecaster show {run}, or use a run of "
            "forecaster train"
        )
