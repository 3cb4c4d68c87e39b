"""Run directories as `train` would write them, without a network: any number of series in a second."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from forecaster.data.time_axis.axis import TimeAxis
from forecaster.runs.directory import RunDir
from forecaster.runs.files import sha256_of, write_json, write_text, write_whole
from forecaster.runs.tables import csv_bytes, rows_csv
from tests.unit.runs.sealed_runs import state_of

EPOCHS = 12
START = int(np.datetime64("2024-01-01", "h").astype(int))


def make_run(
    folder: Path,
    *,
    ids: Sequence[str] = ("a", "b", "c"),
    targets: Sequence[str] = ("y",),
    time: str = "t",
    past: int = 240,
    origins: int = 30,
    every: int = 1,
    horizon: int = 24,
    levels: Sequence[int] = (80, 95),
    history: Sequence[dict[str, Any]] | None = None,
    lost: bool = False,
    ahead: bool = True,
) -> Path:
    """An hourly panel of sines with noise of standard deviation 1, forecast by the sine itself, from `origins`
    origins `every` steps apart; intervals are those of the noise. Returns the run directory."""
    rng = np.random.default_rng(7)
    rows = past + (origins - 1) * every + horizon
    steps = np.arange(rows)
    sine = 20 + 10 * np.sin(2 * np.pi * steps / 24)
    values = sine[:, None] + rng.normal(size=(len(ids), rows, len(targets)))
    stamps = pa.array(np.datetime_as_string((START + steps).astype("M8[h]").astype("M8[s]"))).to_pylist()
    stamps = [stamp.replace("T", " ") for stamp in stamps]
    name = pa.array(np.repeat(np.array(ids, dtype=object), rows), pa.string())
    table = {"id": name, time: pa.array(stamps * len(ids))}
    for t, target in enumerate(targets):
        table[target] = pa.array(values[:, :, t].reshape(-1))
    write_whole(folder / "t.csv", csv_bytes(pa.table(table)))

    run = RunDir(folder / "r")
    config = {
        "name": "made",
        "data": {"path": "../t.csv", "time": time, "freq": "h", "id": "id", "targets": list(targets)},
        "split": {"val": past // 5, "test": rows - past},
        "window": {"lookback": 24, "horizon": horizon},
        "model": {"layers": [{"type": "gru", "units": 4}]},
        "evaluation": {"levels": list(levels)},
    }
    write_text(run.file("resolved.yaml"), json.dumps(config, indent=1))
    time_axis = TimeAxis.fit("h", None, (START + steps) * 3_600_000_000_000)
    write_json(run.file("model/state.json"), state_of(time_axis))
    ends = {
        "train": (0, past - past // 5 - 1),
        "val": (past - past // 5, past - 1),
        "test": (past, rows - 1),
    }
    one = {
        split: {"windows": origins, "first": stamps[a], "last": stamps[b]} for split, (a, b) in ends.items()
    }
    write_json(run.file("splits.json"), {"format_version": 1, "series": [{"id": i, **one} for i in ids]})
    epochs = history or [
        {"member": 0, "epoch": e, "loss": 1 / e + 0.2, "learning_rate": 1e-3, "seconds": 1.0}
        | {"best": e <= EPOCHS - 2, "val_loss": 1 / e + (0.3 if e <= EPOCHS - 2 else 0.35)}
        for e in range(1, EPOCHS + 1)
    ]
    write_text(run.file("history.csv"), rows_csv(epochs))
    scores = {"mae": 0.8, "rmse": 1.0, "mase": 0.7}
    other = {"mae": 0.6, "rmse": 0.9, "mase": 0.5} if lost else {"mae": 1.2, "rmse": 1.5, "mase": 1.0}
    test = {"verdict": "worse" if lost else "better", "difference": 0.2 if lost else -0.3, "statistic": 4.0}
    test |= {"p": 0.001, "cutoffs": origins, "series": None}
    verdict = {"verdict": test["verdict"], "absolute": test, "squared": test}
    split = {
        "windows": origins * len(ids),
        "scores": {"model": scores, "seasonal_naive": other},
        "intervals": {},
        "left_out": {},
        "verdicts": {"seasonal_naive": {**verdict, "cutoffs_needed": 96, "series_needed": 10}},
    }
    write_json(run.file("metrics.json"), {"format_version": 1, "splits": {"val": split, "test": split}})
    by_step = [
        {"split": split, "forecaster": who, "step": step, "mae": mae}
        for split in ("val", "test")
        for who, mae in (("model", 0.8), ("seasonal_naive", 1.2))
        for step in range(1, horizon + 1)
    ]
    write_text(run.file("scores/by_step.csv"), rows_csv(by_step))
    _forecasts(
        run,
        sine,
        values,
        stamps,
        ids=ids,
        targets=targets,
        time=time,
        past=past,
        every=every,
        origins=origins,
        horizon=horizon,
        levels=levels,
    )
    if ahead:
        _next(run, rows, ids=ids, targets=targets, time=time, horizon=horizon, levels=levels)
    run.event("started", smoke=False)
    versions = {"forecaster": "0.0.0", "python": "3"}
    data = {"path": "../t.csv", "sha256": sha256_of(folder / "t.csv"), "rows": rows * len(ids)}
    run.seal({"name": "made", "versions": versions, "data": data, "seed": 1})
    return run.path


def _next(run, rows, *, ids, targets, time, horizon, levels) -> None:  # type: ignore[no-untyped-def]
    """The next horizon, forecast by the sine, and the context that it starts from: the sine too."""
    for name, steps in (
        ("next.csv", rows + np.arange(horizon)),
        ("model/context.csv", rows - 24 + np.arange(24)),
    ):
        sine = 20 + 10 * np.sin(2 * np.pi * steps / 24)
        stamps = np.datetime_as_string((START + steps).astype("M8[h]").astype("M8[s]"))
        words = [stamp.replace("T", " ") for stamp in stamps.tolist()]
        ahead, n = name == "next.csv", len(ids) * (len(targets) if name == "next.csv" else 1)
        each = len(steps) * (n // len(ids))
        columns = {"id": pa.array(np.repeat(np.array(ids, dtype=object), each), pa.string())}
        columns[time] = pa.array(words * n)
        if ahead and len(targets) > 1:
            target = np.repeat(np.array(targets, dtype=object), len(steps))
            columns["target"] = pa.array(np.tile(target, len(ids)), pa.string())
        for column in ["forecast"] if ahead else targets:
            columns[column] = pa.array(np.tile(sine, n))
        for level in levels if ahead else ():
            columns[f"forecast-lo-{level}"] = pa.array(np.tile(sine - level / 50, n))
            columns[f"forecast-hi-{level}"] = pa.array(np.tile(sine + level / 50, n))
        write_whole(run.file(name), csv_bytes(pa.table(columns)))


def _forecasts(
    run, sine, values, stamps, *, ids, targets, time, past, every, origins, horizon, levels
) -> None:  # type: ignore[no-untyped-def]
    n, n_targets = len(ids), len(targets)
    first = past + every * np.arange(origins)
    step = (first[:, None, None] + np.zeros((1, n_targets, 1), dtype=int) + np.arange(horizon)).reshape(-1)
    words = np.array(stamps, dtype=object)
    size = origins * n_targets * horizon
    names = np.array(ids, dtype=object)
    target = np.tile(np.repeat(np.array(targets, dtype=object), horizon), origins)
    place = np.tile(np.repeat(np.arange(n_targets), horizon), origins)
    columns = {
        "id": pa.array(np.repeat(names, size), pa.string()),
        time: pa.array(np.tile(words[step], n), pa.string()),
        "cutoff": pa.array(np.tile(np.repeat(words[first - 1], n_targets * horizon), n), pa.string()),
    }
    if n_targets > 1:
        columns["target"] = pa.array(np.tile(target, n), pa.string())
    columns["forecast"] = pa.array(np.tile(sine[step], n))
    for level in levels:
        # Quantiles of the normal distribution.
        reach = {50: 0.6745, 80: 1.2816, 90: 1.6449, 95: 1.96}[level]
        columns[f"forecast-lo-{level}"] = pa.array(np.tile(sine[step] - reach, n))
        columns[f"forecast-hi-{level}"] = pa.array(np.tile(sine[step] + reach, n))
    own = n_targets == 1 and targets[0] not in columns
    columns[targets[0] if own else "actual"] = pa.array(values[:, step, place].reshape(-1))
    write_whole(run.file("forecasts.csv"), csv_bytes(pa.table(columns)))
