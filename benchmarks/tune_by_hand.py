"""A search beside the script that one would write for KerasTuner by hand: time per trial, best score, memory.

python benchmarks/tune_by_hand.py [--trials 30] [--epochs 22] [--side ours|script] [--out runs/by_hand]
python benchmarks/tune_by_hand.py --scaling [--trials 8] [--epochs 10]

The same space, the same draws from it, the same table, windows, epochs, batches and threads: hourly departures, a week
in, a day out, a GRU of 32 to 160 units behind segments of a day, with a searched dropout and learning rate. The script
is `keras_tuner.RandomSearch` in one process over arrays, as its guide shows, but for tensorboard, which is not
installed. Each side runs in processes of its own, whose memory is looked at from outside twice a second. A side that
is done is not run again: its figures are in --out. --scaling: two workers of one thread each beside one.

Prints the tables of docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CONFIG = """name: side-by-side
data: {{path: {data}, time: time_hour, freq: h, id: origin, targets: [departures]}}
split: {{val: 0.1, test: 0.2}}
window: {{lookback: 168, horizon: 24}}
model:
  normalization: none
  patch: {patch}
  layers:
    - type: gru
      units: {{int: {{min: {units[0]}, max: {units[1]}, step: 32, default: {units[0]}}}}}
      dropout: {{float: {{min: 0.0, max: 0.4, step: 0.1, default: 0.0}}}}
training:
  loss: mae
  optimizer: {{learning_rate: {{float: {{min: 1.0e-3, max: 1.0e-2, sampling: log, default: 3.0e-3}}}}}}
  batch_size: 128
  epochs: {epochs}
  early_stopping: {{monitor: val_loss, patience: 100}}
evaluation: {{seasonality: 168, baselines: []}}
tune: {{algorithm: random, max_trials: {trials}, objective: {{metric: val_loss}}}}
"""
UNITS = (32, 160)
# Trials of one size, so that the last ones end together.
SAME_UNITS = (96, 96)
SEED = 42
Samples = list[tuple[float, int]]


def write_config(folder: Path, given: argparse.Namespace, units: tuple[int, int]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    text = CONFIG.format(
        data=ROOT / "data/nyc_departures.csv",
        trials=given.trials,
        epochs=given.epochs,
        patch=given.patch,
        units=units,
    )
    (folder / "c.yaml").write_text(text, encoding="utf-8")
    return folder / "c.yaml"


def ours(
    folder: Path, given: argparse.Namespace, *, workers: int, threads: int | None, units: tuple[int, int]
) -> dict[str, Any]:
    """`forecaster tune` as a user calls it. threads: of all workers together."""
    config, run = write_config(folder, given, units), folder / "run"
    command = [sys.executable, "-m", "forecaster", "tune", str(config), "--run-dir", str(run), "--overwrite"]
    command += [
        "-q",
        "--json",
        "--workers",
        str(workers),
        "--set",
        f"seed={SEED}",
        "--set",
        f"runtime.threads={threads or 'null'}",
    ]
    out, samples, spent = watched(command)
    entries = [json.loads(x) for x in (run / "tune/trials.jsonl").read_text(encoding="utf-8").splitlines()]
    ends = [clock(e) for e in entries if e["event"] == "completed"]
    begin = next(clock(e) for e in entries if e["event"] == "proposed")
    drawn = {e["trial"]: e["values"] for e in entries if e["event"] == "proposed"}
    return {
        **spent,
        "search_s": ends[-1] - begin,
        "values": list(drawn.values()),
        "best": json.loads(out)["best"]["score"],
        "trials_s": [b - a for a, b in zip([begin, *ends], ends, strict=False)],
        "memory_mib": by_trial(samples, begin, ends),
        "trains_mib": [e["peak_mib"] for e in entries if e["event"] == "completed"],
    }


def script(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """The script, in a process of its own: this file with --inside."""
    config = write_config(folder, given, UNITS)
    command = [sys.executable, __file__, "--inside", str(config), "--trials", str(given.trials)]
    command += ["--epochs", str(given.epochs), "--patch", str(given.patch)]
    command += ["--threads", str(given.threads)] if given.threads else []
    out, samples, spent = watched(command)
    found = json.loads(out.splitlines()[-1])
    begin, *ends = found.pop("times")
    return {
        **spent,
        "search_s": ends[-1] - begin,
        "trials_s": [b - a for a, b in zip([begin, *ends], ends, strict=False)],
        "memory_mib": by_trial(samples, begin, ends),
        **found,
    }


def inside(given: argparse.Namespace) -> None:
    """What the script does. Prints one JSON line: times, scores, memory."""
    import keras
    import keras_tuner
    import numpy as np
    import tensorflow as tf

    from forecaster.config.experiment import Experiment
    from forecaster.search.oracles import oracle_seed
    from forecaster.stages.prepared import prepare

    if given.threads:
        tf.config.threading.set_intra_op_parallelism_threads(given.threads)
        tf.config.threading.set_inter_op_parallelism_threads(given.threads)
    experiment = Experiment.from_yaml(given.inside)
    prepared = prepare(experiment.spec, experiment.data_path)
    arrays = {}
    for name in ("train", "val"):
        windows = prepared.windows[name]
        every = np.arange(len(windows))
        x = windows.inputs(every)["past"].reshape(len(windows), 168 // given.patch, -1)
        arrays[name] = (x, windows.targets(every)[:, :, 0])
    times, memory, values = [time.time()], [], []

    def build(hp: Any) -> Any:
        inputs = keras.Input(arrays["train"][0].shape[1:])
        units, dropout = hp.Int("units", *UNITS, step=32), hp.Float("dropout", 0.0, 0.4, step=0.1)
        hidden = keras.layers.Dense(units, activation="relu")(inputs)
        hidden = keras.layers.GRU(units, dropout=dropout)(hidden)
        model = keras.Model(inputs, keras.layers.Dense(24)(hidden))
        rate = hp.Float("rate", 1e-3, 1e-2, sampling="log")
        model.compile(keras.optimizers.Adam(rate), "mae")
        return model

    class Tuner(keras_tuner.RandomSearch):
        # Its own needs tensorboard, which it imports in every trial.
        def _configure_tensorboard_dir(self, callbacks: Any, trial: Any, execution: int = 0) -> None:
            pass

        def on_trial_end(self, trial: Any) -> None:
            super().on_trial_end(trial)
            times.append(time.time())
            values.append(trial.hyperparameters.values)
            memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)

    folder = given.inside.parent / "kt"
    tuner = Tuner(
        build,
        objective="val_loss",
        max_trials=given.trials,
        seed=oracle_seed(SEED),
        directory=folder,
        overwrite=True,
    )
    times[0] = time.time()
    tuner.search(
        *arrays["train"], validation_data=arrays["val"], epochs=given.epochs, batch_size=128, verbose=0
    )
    best = tuner.oracle.get_best_trials(1)[0].score
    print(json.dumps({"times": times, "values": values, "best": best, "trains_mib": memory}))


def watched(command: list[str]) -> tuple[str, Samples, dict[str, float]]:
    """Run a command. Returns its stdout, the memory of its processes over time, and the seconds that it took
    and computed for, all of it: start, trials and end."""
    began, samples = time.time(), []
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)

    def look() -> None:
        while process.poll() is None:
            samples.append(
                (time.time(), sum(resident_mib(pid) for pid in [process.pid, *children(process.pid)]))
            )
            time.sleep(0.5)

    threading.Thread(target=look, daemon=True).start()
    out, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: ended with {process.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return out, samples, {"wall_s": time.time() - began, "cpu_s": cpu}


def children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text(encoding="utf-8").rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def resident_mib(pid: int) -> int:
    """What processes share counts in parts (PSS)."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) // 1024


def by_trial(samples: Samples, begin: float, ends: list[float]) -> list[int]:
    """The most of each trial."""
    peaks: list[int] = []
    for low, high in zip([begin, *ends], ends, strict=False):
        inside_it = [mib for at, mib in samples if low <= at <= high]
        peaks.append(max(inside_it, default=peaks[-1] if peaks else 0))
    return peaks


def clock(entry: dict[str, Any]) -> float:
    return datetime.fromisoformat(entry["time"]).timestamp()


def once(path: Path, run: Any) -> dict[str, Any]:
    """The figures in a file, measured first where it is not there."""
    if not path.exists():
        found = run()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(found), encoding="utf-8")
    figures: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return figures


def markdown(header: list[str], rows: list[list[str]]) -> None:
    print()
    for row in [header, ["---"] * len(header), *rows]:
        print("| " + " | ".join(row) + " |", flush=True)


def side_by_side(given: argparse.Namespace) -> None:
    name = f"{given.trials}x{given.epochs}"
    sides = {
        "script": lambda: script(given.out / f"script-{name}", given),
        "ours": lambda: ours(
            given.out / f"ours-{name}", given, workers=1, threads=given.threads, units=UNITS
        ),
    }
    found = {
        side: once(given.out / f"{side}-{name}.json", run)
        for side, run in sides.items()
        if given.side in (None, side)
    }
    titles = {"script": "KerasTuner by hand", "ours": "`forecaster tune`"}
    rows = []
    for side, f in found.items():
        places = sorted({0, len(f["trials_s"]) // 4, len(f["trials_s"]) // 2, len(f["trials_s"]) - 1})
        rows.append(
            [
                titles[side],
                str(len(f["trials_s"])),
                f"{statistics.mean(f['trials_s']):.1f}",
                f"{statistics.median(f['trials_s']):.1f}",
                f"{f['cpu_s']:.0f}",
                f"{f['best']:.4f}",
                f"{max(f['memory_mib']):,}",
                ", ".join(f"{f['trains_mib'][i]:,}" for i in places),
            ]
        )
    places_text = "peak of the process that trains, after the first trial, a quarter, half, all (MiB)"
    markdown(
        [
            "",
            "trials",
            "mean s",
            "median s",
            "CPU s in all",
            "best val_loss",
            "all processes, peak (MiB)",
            places_text,
        ],
        rows,
    )
    for side, f in found.items():
        print(f"\n{titles[side]}, most of all its processes in each trial, MiB: {f['memory_mib']}")
    if len(found) == 2:
        drawn = [[sorted(map(str, v.values())) for v in found[side]["values"]] for side in ("script", "ours")]
        same = sum(short(a) == short(b) for a, b in zip(*drawn, strict=True))
        ratio = statistics.mean(found["ours"]["trials_s"]) / statistics.mean(found["script"]["trials_s"])
        print(
            f"\nTrials with the same values: {same} of {len(drawn[0])}. Ours takes {ratio:.2f} of the time."
        )


def short(values: list[str]) -> list[str]:
    """Ours rounds a learning rate to six digits."""
    return sorted(f"{float(v):.5g}" for v in values)


def scaling(given: argparse.Namespace) -> None:
    rows, pace = [], {}
    for workers in (1, 2):
        path = given.out / f"workers{workers}-{given.trials}x{given.epochs}"
        f = once(
            path.with_suffix(".json"),
            lambda w=workers, p=path: ours(p, given, workers=w, threads=w, units=SAME_UNITS),
        )
        pace[workers] = 60 * len(f["trials_s"]) / f["search_s"]
        rows.append([str(workers), str(len(f["trials_s"])), f"{f['search_s']:.1f}", f"{pace[workers]:.2f}"])
    markdown(["workers of one thread", "trials", "seconds of the search", "trials a minute"], rows)
    print(f"\nTwo workers make {pace[2] / pace[1]:.2f} x the trials of one.")


def main() -> None:
    sys.path.insert(0, str(ROOT))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, help="30; with --scaling 8")
    parser.add_argument("--epochs", type=int, help="22; with --scaling 10")
    parser.add_argument("--patch", type=int, default=24, help="of 168 steps; smaller trains for longer")
    parser.add_argument("--threads", type=int, help="of either side; the machine's by default")
    parser.add_argument("--side", choices=["ours", "script"])
    parser.add_argument("--out", type=Path, default=ROOT / "runs/by_hand")
    parser.add_argument("--scaling", action="store_true", help="two workers beside one")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.trials = given.trials or (8 if given.scaling else 30)
    given.epochs = given.epochs or (10 if given.scaling else 22)
    given.out = given.out.resolve()
    (inside if given.inside else scaling if given.scaling else side_by_side)(given)


if __name__ == "__main__":
    main()
