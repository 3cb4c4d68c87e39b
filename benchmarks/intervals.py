"""How often intervals hold what they say: `python benchmarks/intervals.py --data folder`.

Trains from the fixed files in configs/, calibrates, and prints observed coverage, overall and
per quarter of the horizon, beside the weighted quantile loss. DATA holds ETTh1.csv and the M4
Hourly files, as for benchmarks/accuracy.py; without it only the shipped departures are run.
`--only scoring` measures how long scoring 1,000 series x 100 origins x 48 steps takes.
"""

from __future__ import annotations

import argparse
import math
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.accuracy import m4_table, table
from forecaster.config.experiment import Experiment
from forecaster.evaluation.scales import Scales
from forecaster.evaluation.scores import Scoring, score_table
from forecaster.forecasting.forecast import Forecast
from forecaster.forecasting.levels import probabilities
from forecaster.runs.claim import claim
from forecaster.stages.fitting import fit_members, member_store
from forecaster.stages.prepared import prepare
from forecaster.stages.scoring import ScoredForecasts, forecast_splits, score

CONFIGS = Path(__file__).parents[1] / "configs"


class Run:
    """One training, scored under several calibrations."""

    def __init__(self, config: str, *settings: str) -> None:
        experiment = Experiment.from_yaml(CONFIGS / config, settings)
        self.spec = experiment.spec
        self.prepared = prepare(self.spec, experiment.data_path)
        start = time.monotonic()
        with tempfile.TemporaryDirectory() as folder, claim(Path(folder) / "run") as run:
            fitted, _ = fit_members(self.spec, self.prepared, member_store(run))
        print(f"{config} {' '.join(settings)}: {time.monotonic() - start:.0f} s", file=sys.stderr)
        self.found = forecast_splits(self.spec, fitted, self.prepared)

    def scored(self, calibration: str) -> ScoredForecasts:
        evaluation = self.spec.evaluation.model_copy(update={"calibration": calibration})
        spec = self.spec.model_copy(update={"evaluation": evaluation})
        return score(spec, self.prepared, self.found)


def rows_of(scores: ScoredForecasts, name: str, who: str, level: int) -> list[str]:
    broken = scores.breakdowns["test"][who]
    steps = np.array_split(broken[f"coverage_{level}"].by_step, 4)
    wql = scores.tables["test"]["intervals"][who]["wql"]
    return [
        name,
        str(level),
        f"{broken[f'coverage_{level}'].overall:.1f}",
        ", ".join(f"{part.mean():.1f}" for part in steps),
        f"{broken[f'width_{level}'].overall:.4g}",
        f"{broken[f'msis_{level}'].overall:.4g}",
        f"{wql:.4f}",
    ]


HEADER = ["", "level", "coverage, %", "by quarter of the horizon", "width", "MSIS", "WQL"]


def departures() -> None:
    run = Run("quickstart.yaml")
    rows = []
    for calibration in ("conformal", "adaptive"):
        scores = run.scored(calibration)
        for who in ("model", "seasonal_naive", "ridge"):
            rows += [rows_of(scores, f"{who}, {calibration}", who, level) for level in (80, 95)]
    quantiles = Run(
        "quickstart.yaml",
        "model.output={type: quantiles}",
        "training.loss=pinball",
    )
    for calibration in ("none", "conformal", "adaptive"):
        scores = quantiles.scored(calibration)
        rows += [rows_of(scores, f"quantiles, {calibration}", "model", level) for level in (80, 95)]
    table("Departures, 24 hours ahead, test windows", HEADER, rows)


def etth1(data: Path) -> None:
    settings = [
        f"data.path={data / 'ETTh1.csv'}",
        "evaluation.levels=[90]",
        "training.epochs=5",
        "evaluation.baselines=[seasonal_naive, ridge]",
    ]
    rows, mse = [], {}
    point = Run("benchmarks/etth1.yaml", *settings)
    quantiles = Run(
        "benchmarks/etth1.yaml",
        *settings,
        "model.output={type: quantiles, levels: [0.05, 0.5, 0.95]}",
        "training.loss=pinball",
    )
    for name, run, calibrations in (
        ("point", point, ("conformal", "adaptive")),
        ("quantiles", quantiles, ("none", "conformal", "adaptive")),
    ):
        scored = {calibration: run.scored(calibration) for calibration in calibrations}
        rows += [rows_of(scores, f"{name}, {c}", "model", 90) for c, scores in scored.items()]
        # Calibration changes intervals and no point forecast.
        tables = scored["adaptive"].tables
        mse[name] = {
            split: table["scores"]["model"]["scaled_mse"] or math.nan for split, table in tables.items()
        }
    for calibration in ("conformal", "adaptive"):
        rows.append(
            rows_of(point.scored(calibration), f"seasonal_naive, {calibration}", "seasonal_naive", 90)
        )
    table("ETTh1, 96 hours ahead, test windows", HEADER, rows)
    for split in ("val", "test"):
        a, b = mse["point"][split], mse["quantiles"][split]
        print(
            f"\n{split} MSE, scaled: point {a:.4f}, median of quantiles {b:.4f}, {100 * (b / a - 1):+.1f} %"
        )


def m4_hourly(data: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = Run(
            "benchmarks/m4_hourly.yaml",
            f"data.path={m4_table(data, Path(folder))}",
            "model.output={type: quantiles, levels: [0.025, 0.5, 0.975]}",
            "training.loss=pinball",
            "evaluation.levels=[95]",
            "evaluation.calibration=none",
        )
    scores = run.scored("none")
    table("M4 Hourly, 48 steps", HEADER, [rows_of(scores, "quantiles, three members", "model", 95)])
    print(scores.tables["test"]["scores"]["model"])


def scoring() -> None:
    """Scores and breakdowns of four forecasters with intervals at two levels."""
    n_series, n_origins, horizon, levels = 1000, 100, 48, (80, 95)
    chance = np.random.default_rng(0)
    n = n_series * n_origins
    actual = chance.normal(100.0, 10.0, (n, horizon, 1))
    known = probabilities(levels)
    spread = np.array([-20.0, -13.0, 0.0, 13.0, 20.0], np.float32)
    assert len(spread) == len(known)
    series = np.repeat(np.arange(n_series), n_origins)
    row = horizon * np.arange(n)
    forecasts = {}
    for name in ("model", "naive", "seasonal_naive", "ridge"):
        f = (actual + chance.normal(0.0, 10.0, actual.shape)).astype(np.float32)
        forecasts[name] = Forecast(f, series, row, f[..., None] + spread, known)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.monotonic()
    metrics = ("mae", "rmse", "mse", "smape", "mase", "scaled_mae", "scaled_mse")
    score_table(
        actual,
        forecasts,
        series=series,
        scales=Scales(*[np.ones((n_series, 1))] * 3),
        scoring=Scoring(metrics, levels),
    )
    seconds = time.monotonic() - start
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**20
    print(
        f"\nscoring {n_series:,} series x {n_origins} origins x {horizon} steps, 4 forecasters, 2 levels: ",
        end="",
    )
    print(f"{seconds:.1f} s, {more:.2f} GiB beyond the forecasts")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder of ETTh1.csv and the M4 files")
    parser.add_argument("--only", choices=["departures", "etth1", "m4_hourly", "scoring"])
    given = parser.parse_args()
    if given.data is None and given.only in ("etth1", "m4_hourly"):
        parser.error("--data names the folder of ETTh1.csv and the M4 files")
    if given.only in (None, "departures"):
        departures()
    if given.data is not None and given.only in (None, "etth1"):
        etth1(given.data.resolve())
    if given.data is not None and given.only in (None, "m4_hourly"):
        m4_hourly(given.data.resolve())
    if given.only in (None, "scoring"):
        scoring()


if __name__ == "__main__":
    main()
