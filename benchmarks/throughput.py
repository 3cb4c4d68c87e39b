"""Windows per second of `forecaster train` beside plain Keras `fit` on the same network.

    python benchmarks/throughput.py [--rounds 4] [--epochs 2] [--cases NAME ...] [--json FILE]

Ours is the whole of `train`: windows gathered by index in the order of (seed, epoch), a
checkpoint written after every epoch, layers run as the program chooses. Theirs is the script
that people write: a keras.Sequential of the same layers, compiled with Keras' own defaults, and
`fit(x, y)` on windows laid out in memory beforehand. Both see the same windows of the shipped
departures, one after the other in one process, round after round, so that what else the machine
does hits both. The first epoch of every `fit` compiles; it is counted apart, as the seconds
beyond a usual epoch. Neither side validates.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from forecaster.artifacts.run_dir import claim
from forecaster.config.load import Loaded, load_experiment
from forecaster.pipeline.prepare import Prepared, prepare
from forecaster.pipeline.train import train
from forecaster.training.backend import start_backend

CONFIG = Path(__file__).parent.parent / "configs" / "quickstart.yaml"
HORIZON = 24


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
    Case("lstm 2x64, 96 steps, batch 32", 96, None, "lstm", (64, 64), 32, 4_000, 0.95),
    Case("lstm 2x64, 96 steps, batch 128", 96, None, "lstm", (64, 64), 128, 8_000, 0.95),
    Case("gru 128, 336 by 24, batch 128", 336, 24, "gru", (128,), 128, 20_000, 1.3),
]


class Stopwatch:
    """Hears of the end of every epoch."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def batch_done(self, member: int, epoch: int, step: int, n_steps: int, loss: float) -> None:
        pass

    def epoch_done(self, row: Any, epochs: int) -> None:
        self.ends.append(time.perf_counter())


def our_fit(loaded: Loaded, prepared: Prepared) -> Callable[[], list[float]]:
    """A training from new weights: seconds of each epoch, the first with all that goes before it."""

    def run() -> list[float]:
        watch = Stopwatch()
        with tempfile.TemporaryDirectory() as folder, claim(Path(folder) / "run") as run_dir:
            begin = time.perf_counter()
            train(loaded, prepared, run_dir, listener=watch)
        return np.diff([begin, *watch.ends]).tolist()

    return run


def keras_fit(case: Case, prepared: Prepared, epochs: int) -> Callable[[], list[float]]:
    import keras

    windows = prepared.windows["train"]
    every = np.arange(len(windows))
    x, y = windows.inputs(every)["past"], windows.targets(every)
    recurrent = {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}[case.cell]

    def run() -> list[float]:
        layers = [keras.Input(x.shape[1:])]
        if case.patch:
            layers.append(keras.layers.Reshape((case.lookback // case.patch, case.patch * x.shape[2])))
            layers.append(keras.layers.Dense(case.units[0], activation="relu"))
        for i, units in enumerate(case.units):
            layers.append(recurrent(units, return_sequences=i + 1 < len(case.units)))
        layers += [keras.layers.Dense(HORIZON * y.shape[2]), keras.layers.Reshape((HORIZON, y.shape[2]))]
        ends: list[float] = []
        clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter()))
        begin = time.perf_counter()
        model = keras.Sequential(layers)
        model.compile(keras.optimizers.Adam(1e-3, clipnorm=1.0), loss="mae")
        model.fit(x, y, batch_size=case.batch_size, epochs=epochs, shuffle=True, verbose=0, callbacks=[clock])
        return np.diff([begin, *ends]).tolist()

    return run


def measure(case: Case, *, rounds: int, epochs: int) -> dict[str, Any]:
    """Both in turn, `rounds` times, `epochs` timed epochs each time; medians over all of them."""
    loaded = load_experiment(CONFIG, case.overrides(epochs + 1))
    prepared = prepare(loaded)
    some = np.linspace(0, len(prepared.windows["train"]) - 1, case.n_windows).astype(np.int64)
    prepared = replace(prepared, windows=prepared.windows | {"train": prepared.windows["train"].take(some)})
    start_backend(loaded.experiment.runtime)
    sides = {"keras": keras_fit(case, prepared, epochs + 1), "ours": our_fit(loaded, prepared)}
    compiling: dict[str, list[float]] = {side: [] for side in sides}
    rates: dict[str, list[float]] = {side: [] for side in sides}
    ratios = []
    for _ in range(rounds):
        for side, run in sides.items():
            first, *usual = run()
            compiling[side].append(first - statistics.median(usual))
            rates[side].append(case.n_windows / statistics.median(usual))
        ratios.append(rates["ours"][-1] / rates["keras"][-1])
    return {
        "case": case.name,
        "windows": case.n_windows,
        "rounds": rounds,
        "windows_per_s": {side: round(statistics.median(found)) for side, found in rates.items()},
        "ratio": round(statistics.median(ratios), 3),
        "ratios": [round(ratio, 3) for ratio in ratios],
        "floor": case.floor,
        "compile_s": {side: round(statistics.median(found), 1) for side, found in compiling.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=2, help="timed epochs of each round")
    parser.add_argument("--cases", nargs="+", help="words that the names of the cases hold")
    parser.add_argument("--json", type=Path, help="add a JSON line per case to this file")
    args = parser.parse_args()
    print("windows per second; ratio: the median of the rounds' ratios")
    print(f"{'':32}  {'Keras':>7}  {'ours':>7}  {'ratio':>5}  {'at least':>8}  compiling s: Keras, ours")
    missed = []
    for case in CASES:
        if args.cases and not any(word in case.name for word in args.cases):
            continue
        result = measure(case, rounds=args.rounds, epochs=args.epochs)
        rate, compiling = result["windows_per_s"], result["compile_s"]
        print(
            f"{case.name:32}  {rate['keras']:>7,}  {rate['ours']:>7,}  {result['ratio']:>5.2f}  {case.floor:>8.2f}  "
            f"{compiling['keras']:.1f}, {compiling['ours']:.1f}    rounds: {result['ratios']}",
            flush=True,
        )
        if args.json is not None:
            with args.json.open("a") as lines:
                lines.write(json.dumps(result) + "\n")
        if result["ratio"] < case.floor:
            missed.append(case.name)
    if missed:
        raise SystemExit(f"below the floor: {'; '.join(missed)}")


if __name__ == "__main__":
    main()
