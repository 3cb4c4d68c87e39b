"""Scoring and reporting a large run: seconds and memory, beyond the forecasts themselves. `make bench-report`.

1,000 series x 100 origins x 48 steps, with intervals of two levels: 4.8 million forecasts are scored with the shipped
metrics, and a run directory of as many series, whose forecasts.csv holds the million rows that `train` keeps, becomes
a report. Each step runs in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
SERIES, ORIGINS, HORIZON, LEVELS = 1_000, 100, 48, (80, 95)
# What `train` keeps of them: a million rows.
KEPT = 1_000_000 // (SERIES * HORIZON)


def score() -> dict[str, float]:
    from forecaster.config.evaluation import EvaluationSpec
    from forecaster.evaluation.scales import Scales
    from forecaster.evaluation.scores import Scoring, score_table
    from forecaster.forecasting.forecast import Forecast
    from forecaster.forecasting.levels import probabilities

    rng = np.random.default_rng(0)
    shape = (SERIES * ORIGINS, HORIZON, 1)
    actual = rng.normal(size=shape).astype(np.float32)
    reach = np.array([-1.96, -1.28, 0.0, 1.28, 1.96], np.float32)
    known = probabilities(LEVELS)
    quantiles = np.broadcast_to(np.resize(reach, len(known)), (*shape, len(known)))
    series, row = np.repeat(np.arange(SERIES), ORIGINS), HORIZON * np.arange(SERIES * ORIGINS)
    forecasts = {"model": Forecast(np.zeros(shape, np.float32), series, row, quantiles, known)}
    ones = np.ones((SERIES, 1))
    began = time.perf_counter()
    score_table(
        actual,
        forecasts,
        series=series,
        scales=Scales(ones, ones, ones),
        scoring=Scoring(EvaluationSpec().metrics, LEVELS),
    )
    return {"seconds": time.perf_counter() - began, "peak_mib": peak_mib()}


def report(run: Path) -> dict[str, float]:
    began = time.perf_counter()
    from forecaster.pipeline.report import report as write_report
    from forecaster.runs.directory import RunDir
    from forecaster.stages.opened import open_run

    reported = write_report(open_run(RunDir(run)))
    took = time.perf_counter() - began
    table = (RunDir(run).file("forecasts.csv")).stat().st_size / 2**20
    return {"seconds": took, "peak_mib": peak_mib(), "page_mib": reported.n_bytes / 2**20, "table_mib": table}


def peak_mib() -> float:
    """Of this program alone: ru_maxrss would begin at the size of the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def in_a_process(*arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.report", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--step", choices=["score", "report"], help="one step, in this process")
    parser.add_argument("--run", type=Path)
    given = parser.parse_args()
    if given.step:
        print(json.dumps(score() if given.step == "score" else report(given.run)))
        return
    from tests.integration.made_runs import make_run

    print(f"{SERIES:,} series x {ORIGINS} origins x {HORIZON} steps, levels {LEVELS}")
    found = in_a_process("--step", "score")
    print(f"score:  {found['seconds']:.1f} s, peak {found['peak_mib']:,.0f} MiB, the forecasts among them")
    with tempfile.TemporaryDirectory() as name:
        for cutoffs, every in ((KEPT, ORIGINS // KEPT), (ORIGINS, 1)):
            ids = [f"series {i:04d}" for i in range(SERIES)]
            folder = Path(name) / str(cutoffs)
            run = make_run(folder, ids=ids, origins=cutoffs, every=every, horizon=HORIZON, levels=LEVELS)
            found = in_a_process("--step", "report", "--run", str(run))
            rows = SERIES * cutoffs * HORIZON
            # As they are held: forecast and interval ends as float32, what happened as float64.
            held = rows * (4 * (1 + 2 * len(LEVELS)) + 8) / 2**20
            print(
                f"report: {found['seconds']:.1f} s, peak {found['peak_mib']:,.0f} MiB, "
                f"{found['peak_mib'] - held:,.0f} MiB beyond the forecasts' own {held:,.0f} MiB "
                f"({found['table_mib']:,.0f} MiB of CSV), "
                f"page {found['page_mib']:.2f} MiB, "
                f"from {rows:,} rows"
            )


if __name__ == "__main__":
    main()
