"""Complete runs of three small files, with a score and an age: any number of them in no time."""

import os
from pathlib import Path
from typing import Any

from forecaster.runs.claim import claim
from forecaster.runs.directory import RunDir
from forecaster.runs.files import write_json

DAY = 86_400.0
# 2026-11-26 12:00 in UTC.
NOON = 1_795_694_400.0


def small_run(
    path: Path,
    *,
    mase: float | None = 0.8,
    days: float = 0,
    name: str = "sales",
    table: str = "t.csv",
    smoke: bool = False,
    backtest: bool = False,
    now: float = NOON,
) -> Path:
    """A run that was completed so many days before now, with a naive forecast whose MASE is 1."""
    # The manifest has the path from the config, which may be anywhere, and resolved.yaml the one from the run.
    place = table if "://" in table else f"../../{table}"
    with claim(path) as run:
        run.event("started", command="backtest" if backtest else "train", smoke=smoke)
        run.file("resolved.yaml").write_text(
            f"name: {name}\nseed: 1\ndata:\n  path: {place}\n", encoding="utf-8"
        )
        if not backtest:
            write_json(run.file("model/spec.json"), {})
        write_json(run.file("metrics.json"), folds(mase) if backtest else splits(mase))
        data = {"path": table, "sha256": table.encode().hex().ljust(64, "0")[:64], "rows": 100}
        run.seal({"name": name, "seed": 1, "versions": {}, "data": data})
    aged(run, days, now=now)
    return path


def splits(mase: float | None) -> dict[str, Any]:
    verdict = "better" if (mase or 9) < 1 else "worse"
    test = {
        "verdict": verdict,
        "difference": -0.1,
        "statistic": 4.0,
        "p": 0.001,
        "cutoffs": 30,
        "series": None,
    }
    one = {"verdict": verdict, "absolute": test, "cutoffs_needed": 10, "series_needed": 10}
    return {
        "format_version": 1,
        "splits": {
            "test": {
                "windows": 30,
                "scores": {"model": {"mase": mase, "mae": 2.0}, "naive": {"mase": 1.0, "mae": 3.0}},
                "left_out": {},
                "verdicts": {"naive": one},
            }
        },
    }


def folds(mase: float | None) -> dict[str, Any]:
    spread = {"mean": mase, "std": None, "min": mase, "max": mase}
    table = {"windows": 10, "scores": {"model": {"mase": mase}}, "left_out": {}}
    return {
        "format_version": 1,
        "plan": {"folds": 1, "step": 1, "refit": False, "window": "expanding"},
        "folds": [{**table, "fold": 0, "first_cutoff": "a", "last_cutoff": "b"}],
        "summary": {"scores": {"model": {"mase": spread}}, "intervals": {}},
        "comparisons": {},
    }


def unfinished(path: Path, *, days: float = 0, now: float = NOON) -> Path:
    """A run that was stopped before its end."""
    with claim(path) as run:
        run.event("started", command="train", smoke=False)
        run.file("resolved.yaml").write_text("name: sales\n", encoding="utf-8")
    aged(run, days, now=now)
    return path


def aged(run: RunDir, days: float, *, now: float = NOON) -> None:
    for path in [*run.path.rglob("*"), run.path]:
        os.utime(path, (now - days * DAY, now - days * DAY))
