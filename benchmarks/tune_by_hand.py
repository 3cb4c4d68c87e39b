"""A search beside the script that one would write for KerasTuner by hand: time per trial, best score, memory.

python benchmarks/tune_by_hand.py [--trials 30] [--epochs 5] [--only ours|by-hand]

The same space, the same number of trials, the same table and windows: hourly departures, a week in, a day out,
a GRU of 32 to 160 units behind segments of --patch steps, with a searched dropout and learning rate. By hand:
`keras_tuner.RandomSearch` in one process over arrays, as its guide shows, but for tensorboard, which is not
installed. Draws differ, so best scores agree only roughly.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
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
      units: {{int: {{min: 32, max: 160, step: 32, default: 64}}}}
      dropout: {{float: {{min: 0.0, max: 0.4, step: 0.1, default: 0.0}}}}
training:
  optimizer: {{learning_rate: {{float: {{min: 1.0e-3, max: 1.0e-2, sampling: log, default: 3.0e-3}}}}}}
  batch_size: 128
  epochs: {epochs}
  early_stopping: {{monitor: val_loss, patience: 100}}
evaluation: {{seasonality: 168, baselines: []}}
tune: {{algorithm: random, max_trials: {trials}, objective: {{metric: val_loss}}}}
"""


def write_config(folder: Path, *, trials: int, epochs: int, patch: int) -> Path:
    path = folder / "c.yaml"
    data = ROOT / "data" / "nyc_departures.csv"
    path.write_text(CONFIG.format(data=data, trials=trials, epochs=epochs, patch=patch))
    return path


def ours(
    folder: Path, *, trials: int, epochs: int, patch: int, workers: int = 1, threads: int | None = None
) -> dict[str, Any]:
    """`forecaster tune` as a user calls it. Memory: of all its processes together, the most at any time."""
    config = write_config(folder, trials=trials, epochs=epochs, patch=patch)
    began = time.perf_counter()
    command = [sys.executable, "-m", "forecaster.cli", "tune", str(config), "--run-dir", str(folder / "run")]
    how = ["-q", "--json", "--workers", str(workers), "--set", f"runtime.threads={threads or 'null'}"]
    process = subprocess.Popen([*command, *how], cwd=ROOT, stdout=subprocess.PIPE)
    peak = _watch(process)
    out, _ = process.communicate()
    wall = time.perf_counter() - began
    entries = [json.loads(x) for x in (folder / "run/tune/trials.jsonl").read_text().splitlines()]
    done = [e for e in entries if e["event"] == "completed"]
    return {
        "wall_s": round(wall, 1),
        "search_s": round(_clock(done[-1]) - _clock(next(e for e in entries if e["event"] == "proposed")), 1),
        "per_trial_s": [e["seconds"] for e in done],
        "best_val_loss": json.loads(out)["best"]["score"],
        "memory_mib": [e["peak_mib"] for e in done],
        "all_processes_peak_mib": max(peak),
    }


def _clock(entry: dict[str, Any]) -> float:
    return datetime.fromisoformat(entry["time"]).timestamp()


def _watch(process: subprocess.Popen[bytes]) -> list[int]:
    """Resident memory of a process and its children, in MiB, twice a second until it ends."""
    seen = [0]

    def look() -> None:
        while process.poll() is None:
            seen.append(sum(_resident_mib(pid) for pid in [process.pid, *_children(process.pid)]))
            time.sleep(0.5)

    threading.Thread(target=look, daemon=True).start()
    return seen


def _children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def _resident_mib(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 // 2**20
    except (FileNotFoundError, ProcessLookupError):
        return 0


def by_hand(folder: Path, *, trials: int, epochs: int, patch: int) -> dict[str, Any]:
    """The script, in this process."""
    import keras
    import keras_tuner
    import numpy as np

    from forecaster.config.load import load_experiment
    from forecaster.pipeline.prepare import prepare

    prepared = prepare(load_experiment(write_config(folder, trials=trials, epochs=epochs, patch=patch)))
    arrays = {}
    for name in ("train", "val"):
        windows = prepared.windows[name]
        every = np.arange(len(windows))
        x = windows.inputs(every)["past"].reshape(len(windows), 168 // patch, -1)
        arrays[name] = (x, windows.targets(every)[:, :, 0])
    seconds, memory, last = [], [], [time.perf_counter()]

    def build(hp: Any) -> Any:
        inputs = keras.Input(arrays["train"][0].shape[1:])
        units, dropout = hp.Int("units", 32, 160, step=32), hp.Float("dropout", 0.0, 0.4, step=0.1)
        hidden = keras.layers.GRU(units, dropout=dropout)(inputs)
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
            now = time.perf_counter()
            seconds.append(round(now - last[0], 3))
            last[0] = now
            memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)

    tuner = Tuner(
        build, objective="val_loss", max_trials=trials, seed=42, directory=folder / "kt", overwrite=True
    )
    began = last[0] = time.perf_counter()
    tuner.search(*arrays["train"], validation_data=arrays["val"], epochs=epochs, batch_size=128, verbose=0)
    return {
        "wall_s": round(time.perf_counter() - began, 1),
        "per_trial_s": seconds,
        "best_val_loss": tuner.oracle.get_best_trials(1)[0].score,
        "memory_mib": memory,
    }


def main() -> None:
    sys.path.insert(0, str(ROOT))
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--patch", type=int, default=24, help="of 168 steps; smaller trains for longer")
    parser.add_argument("--workers", type=int, default=1, help="of ours")
    parser.add_argument("--threads", type=int, help="of all of ours together; the machine's by default")
    parser.add_argument("--only", choices=["ours", "by-hand"])
    given = parser.parse_args()
    for name, function in (("by-hand", by_hand), ("ours", ours)):
        if given.only not in (None, name):
            continue
        more = {"workers": given.workers, "threads": given.threads} if name == "ours" else {}
        with tempfile.TemporaryDirectory() as folder:
            found = function(  # type: ignore[operator]
                Path(folder), trials=given.trials, epochs=given.epochs, patch=given.patch, **more
            )
        times, memory = found.pop("per_trial_s"), found.pop("memory_mib")
        found["median_trial_s"] = round(statistics.median(times), 2)
        found["mean_trial_s"] = round(statistics.mean(times), 2)
        found["memory_mib_first_middle_last"] = [memory[0], memory[len(memory) // 2], memory[-1]]
        print(json.dumps({"which": name, "trials": len(times), **found}), flush=True)


if __name__ == "__main__":
    main()
