"""Windows per second of `forecaster train` beside plain Keras `fit` on the same network.

    python benchmarks/throughput.py [--rounds 30] [--cases WORD ...] [--json FILE]

Ours is the whole of `train`: windows gathered by index in the order of (seed, epoch), a
checkpoint written after every epoch, layers run as the program chooses. Theirs is the script
that people write: a keras.Sequential of the same layers, compiled with Keras' own defaults, and
`fit(x, y)` on windows laid out in memory beforehand. Both train on the same windows of the
shipped departures in one process and take turns: an epoch of one, an epoch of the other, so that
whatever else the machine does hits both: shared machines slow down by half for seconds on end,
so the epochs are short and the ratio is the median over many pairs. The first epoch compiles; it
is counted apart, as the seconds beyond a usual epoch. Neither side validates.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from forecaster.config.experiment import Experiment
from forecaster.config.spec import ExperimentSpec
from forecaster.runs.claim import claim
from forecaster.stages.fitting import fit_and_score, member_store
from forecaster.stages.prepared import Prepared, prepare
from forecaster.training.backend import start_backend

CONFIG = Path(__file__).parent.parent / "configs" / "quickstart.yaml"
HORIZON = 24
# One epoch may compile for long, and none may hang.
LONGEST_TURN_S = 600


@dataclass(frozen=True)
class Case:
    """A network, and how it is fed. floor: the least ratio of ours to theirs."""

    name: str
    lookback: int
    patch: int | None
    cell: str
    units: tuple[int, ...]
    batch_size: int
    n_windows: int
    floor: float

    def overrides(self, epochs: int) -> list[str]:
        layers = ", ".join(f"{{type: {self.cell}, units: {units}}}" for units in self.units)
        return [
            f"window={{lookback: {self.lookback}, horizon: {HORIZON}}}",
            f"model={{normalization: none, patch: {self.patch or 'null'}, layers: [{layers}]}}",
            "training={loss: mae, optimizer: {type: adam, learning_rate: 1.0e-3, clipnorm: 1.0}, "
            f"batch_size: {self.batch_size}, epochs: {epochs}, early_stopping: null}}",
            "split={val: 0, test: 0}",
        ]


CASES = [
    Case("lstm 2x64, 96 steps, batch 32", 96, None, "lstm", (64, 64), 32, 1_280, 0.95),
    Case("lstm 2x64, 96 steps, batch 128", 96, None, "lstm", (64, 64), 128, 2_560, 0.95),
    Case("gru 128, 336 by 24, batch 128", 336, 24, "gru", (128,), 128, 6_400, 1.3),
    Case("lstm 128, 336 by 24, batch 128", 336, 24, "lstm", (128,), 128, 6_400, 0.95),
]


class Side:
    """One of two trainings that take turns; it hears of the end of its own epochs."""

    def __init__(self) -> None:
        self.turn = threading.Semaphore(0)
        self.other: Side = self
        self.seconds: list[float] = []
        self.cpu_seconds: list[float] = []
        self._began = self._cpu_began = 0.0

    def begin(self) -> None:
        """Wait for the turn."""
        if not self.turn.acquire(timeout=LONGEST_TURN_S):
            raise TimeoutError("the other side took too long, or failed")
        self._began, self._cpu_began = time.perf_counter(), time.process_time()

    def pause(self) -> None:
        """Hand the turn over, and wait to get it back."""
        self.seconds.append(time.perf_counter() - self._began)
        self.cpu_seconds.append(time.process_time() - self._cpu_began)
        self.other.turn.release()
        self.begin()

    # What `train` tells its listener.

    def batch_done(self, member: int, epoch: int, step: int, n_steps: int, loss: float) -> None:
        pass

    def epoch_done(self, row: Any, epochs: int) -> None:
        self.pause()


def fit_ours(side: Side, spec: ExperimentSpec, prepared: Prepared) -> None:
    with tempfile.TemporaryDirectory() as folder, claim(Path(folder) / "run") as run_dir:
        side.begin()
        fit_and_score(spec, prepared, member_store(run_dir), listener=side)
        side.other.turn.release()


def fit_keras(side: Side, case: Case, prepared: Prepared, epochs: int) -> None:
    import keras

    windows = prepared.windows["train"]
    every = np.arange(len(windows))
    x, y = windows.inputs(every)["past"], windows.targets(every)
    recurrent = {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}[case.cell]
    side.begin()
    layers = [keras.Input(x.shape[1:])]
    if case.patch:
        layers.append(keras.layers.Reshape((case.lookback // case.patch, case.patch * x.shape[2])))
        layers.append(keras.layers.Dense(case.units[0], activation="relu"))
    for i, units in enumerate(case.units):
        layers.append(recurrent(units, return_sequences=i + 1 < len(case.units)))
    layers += [keras.layers.Dense(HORIZON * y.shape[2]), keras.layers.Reshape((HORIZON, y.shape[2]))]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.Adam(1e-3, clipnorm=1.0), loss="mae")
    turns = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: side.pause())
    model.fit(x, y, batch_size=case.batch_size, epochs=epochs, shuffle=True, verbose=0, callbacks=[turns])
    side.other.turn.release()


def measure(case: Case, *, rounds: int) -> dict[str, Any]:
    """An epoch of theirs, an epoch of ours, `rounds` times after one that compiles."""
    epochs = rounds + 1
    experiment = Experiment.from_yaml(CONFIG, case.overrides(epochs))
    prepared = prepare(experiment.spec, experiment.data_path)
    some = np.linspace(0, len(prepared.windows["train"]) - 1, case.n_windows).astype(np.int64)
    prepared = replace(prepared, windows=prepared.windows | {"train": prepared.windows["train"].take(some)})
    start_backend(experiment.spec.runtime)
    keras, ours = Side(), Side()
    keras.other, ours.other = ours, keras
    tasks: list[Callable[[], None]] = [
        lambda: fit_keras(keras, case, prepared, epochs),
        lambda: fit_ours(ours, experiment.spec, prepared),
    ]
    with ThreadPoolExecutor(max_workers=2) as pool:
        running = [pool.submit(task) for task in tasks]
        keras.turn.release()
        for future in running:
            future.result()
    times = {"keras": keras.seconds, "ours": ours.seconds}
    usual = {side: statistics.median(seconds[1:]) for side, seconds in times.items()}
    ratios = [theirs / our for theirs, our in zip(keras.seconds[1:], ours.seconds[1:], strict=True)]
    quartiles = statistics.quantiles(ratios, n=4)
    return {
        "case": case.name,
        "windows": case.n_windows,
        "rounds": rounds,
        "windows_per_s": {side: round(case.n_windows / seconds) for side, seconds in usual.items()},
        "ratio": round(statistics.median(ratios), 3),
        "ratio_quartiles": [round(quartiles[0], 3), round(quartiles[2], 3)],
        "floor": case.floor,
        "compile_s": {side: round(seconds[0] - usual[side], 1) for side, seconds in times.items()},
        "seconds": {side: [round(s, 3) for s in seconds] for side, seconds in times.items()},
        "cpu_seconds": {
            name: [round(s, 3) for s in side.cpu_seconds] for name, side in (("keras", keras), ("ours", ours))
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=30, help="timed epochs of each side")
    parser.add_argument("--cases", nargs="+", help="only cases whose name holds one of these words")
    parser.add_argument("--json", type=Path, help="add a JSON line per case to this file")
    args = parser.parse_args()
    print("windows per second; ratio: median of the rounds' (quartiles)")
    print(f"{'':30}  {'Keras':>6}  {'ours':>6}  {'ratio':>17}  {'at least':>8}  compiling, s: Keras, ours")
    missed = []
    for case in CASES:
        if args.cases and not any(word in case.name for word in args.cases):
            continue
        result = measure(case, rounds=args.rounds)
        rate, compiling = result["windows_per_s"], result["compile_s"]
        low, high = result["ratio_quartiles"]
        ratio = f"{result['ratio']:.2f} ({low:.2f}-{high:.2f})"
        print(
            f"{case.name:30}  {rate['keras']:>6,}  {rate['ours']:>6,}  {ratio:>17}  {case.floor:>8.2f}  "
            f"{compiling['keras']:.1f}, {compiling['ours']:.1f}",
            flush=True,
        )
        if args.json is not None:
            with args.json.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(result) + "\n")
        if result["ratio"] < case.floor:
            missed.append(case.name)
    if missed:
        raise SystemExit(f"below the floor: {'; '.join(missed)}")


if __name__ == "__main__":
    main()
