"""This project, plain Keras and PyTorch on the same networks: speed, and time to a given loss.

    python benchmarks/engines.py --torch PYTHON [--epochs 12] [--cases WORD ...] [--json FILE]

PYTHON is an interpreter with torch and numpy (`pip install torch==2.13.0` in an environment of its
own); without it two sides run. Each side is a process of its own, as its users have it, all on the
same scaled windows of the shipped departures, with the same loss (mae), optimizer (Adam, 1e-3)
and batches; initial weights are each engine's own. They take turns, an epoch each, so that
whatever else the machine does hits all, and wait without computing. An epoch of ours is one of
`forecaster train`: windows gathered by index, validation, a checkpoint. Keras is a Sequential under
`fit(x, y, validation_data)`; PyTorch is the loop that its users write, over tensors in memory.

Windows per second: training alone, median over all epochs but the first, which compiles. Ratio:
median over the turns. Seconds to the loss: everything up to the first epoch whose validation loss is
at most the given one, compiling and validation included.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from forecaster.config.spec import ExperimentSpec
    from forecaster.data.transforms.split import SplitName
    from forecaster.stages.prepared import Prepared

CONFIG = Path(__file__).parent.parent / "configs" / "quickstart.yaml"
HORIZON = 24
RATE = 1e-3
VAL_BATCH = 256


@dataclass(frozen=True)
class Case:
    """goal: validation loss (mae, scaled) that all are to reach; None where it is not asked."""

    name: str
    lookback: int
    patch: int | None
    cell: str
    units: list[int]
    batch_size: int
    n_windows: int
    goal: float


CASES = [
    Case("lstm 2x64, 96 steps, batch 32", 96, None, "lstm", [64, 64], 32, 6_400, 0.33),
    Case("gru 2x64, 96 steps, batch 32", 96, None, "gru", [64, 64], 32, 6_400, 0.33),
    Case("lstm 2x64, 96 steps, batch 128", 96, None, "lstm", [64, 64], 128, 6_400, 0.33),
    Case("gru 2x64, 96 steps, batch 128", 96, None, "gru", [64, 64], 128, 6_400, 0.33),
    Case("lstm 128, 336 by 24, batch 128", 336, 24, "lstm", [128], 128, 12_800, 0.28),
    Case("gru 128, 336 by 24, batch 128", 336, 24, "gru", [128], 128, 12_800, 0.28),
]


class Turns:
    """A child's side of the taking of turns: a line in begins an epoch, a line out ends it."""

    def __init__(self) -> None:
        self._began = self._trained = 0.0
        self._out = sys.stdout
        # What engines print is not ours to read.
        sys.stdout = sys.stderr

    def begin(self) -> None:
        if not sys.stdin.readline():
            raise SystemExit("the other side is gone")
        self._began = time.perf_counter()

    def trained(self) -> None:
        """The last training step of the epoch is done."""
        self._trained = time.perf_counter()

    def end(self, val_loss: float) -> None:
        now = time.perf_counter()
        row = {"train_s": self._trained - self._began, "whole_s": now - self._began, "val_loss": val_loss}
        self._out.write(json.dumps(row) + "\n")
        self._out.flush()
        self.begin()

    # What `train` tells its listener.

    def batch_done(self, member: int, epoch: int, step: int, n_steps: int, loss: float) -> None:
        if step == n_steps:
            self.trained()

    def epoch_done(self, row: Any, epochs: int) -> None:
        self.end(row.val["val_loss"])


# -- the sides -------------------------------------------------------------------------


def spec_and_prepared(case: Case, epochs: int) -> tuple[ExperimentSpec, Prepared]:
    from forecaster.config.experiment import Experiment
    from forecaster.stages.prepared import prepare

    layers = ", ".join(f"{{type: {case.cell}, units: {units}}}" for units in case.units)
    experiment = Experiment.from_yaml(
        CONFIG,
        [
            f"window={{lookback: {case.lookback}, horizon: {HORIZON}}}",
            f"model={{normalization: none, patch: {case.patch or 'null'}, layers: [{layers}]}}",
            f"training={{loss: mae, optimizer: {{type: adam, learning_rate: {RATE}}}, "
            f"batch_size: {case.batch_size}, epochs: {epochs}, early_stopping: null}}",
            "split={val: 0.1, test: 0}",
            "evaluation.calibration=none",
        ],
    )
    prepared = prepare(experiment.spec, experiment.data_path)
    train = prepared.windows["train"]
    some = np.linspace(0, len(train) - 1, case.n_windows).astype(np.int64)
    return experiment.spec, replace(prepared, windows=prepared.windows | {"train": train.take(some)})


def run_ours(case: Case, epochs: int, turns: Turns) -> None:
    from forecaster.runs.claim import claim
    from forecaster.stages.fitting import fit_and_score, member_store
    from forecaster.training.backend import start_backend

    spec, prepared = spec_and_prepared(case, epochs)
    start_backend(spec.runtime)
    with tempfile.TemporaryDirectory() as folder, claim(Path(folder) / "run") as run_dir:
        turns.begin()
        fit_and_score(spec, prepared, member_store(run_dir), listener=turns)


def run_keras(case: Case, epochs: int, turns: Turns, data: Any) -> None:
    import keras

    recurrent = {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}[case.cell]
    turns.begin()
    layers = [keras.Input(data["x"].shape[1:])]
    if case.patch:
        layers.append(keras.layers.Reshape((case.lookback // case.patch, case.patch)))
        layers.append(keras.layers.Dense(case.units[0], activation="relu"))
    for i, units in enumerate(case.units):
        layers.append(recurrent(units, return_sequences=i + 1 < len(case.units)))
    layers += [keras.layers.Dense(HORIZON), keras.layers.Reshape((HORIZON, 1))]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.Adam(RATE), loss="mae")
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: turns.end(logs["val_loss"]))
    callback.on_test_begin = lambda logs=None: turns.trained()
    model.fit(
        data["x"],
        data["y"],
        validation_data=(data["x_val"], data["y_val"]),
        validation_batch_size=VAL_BATCH,
        batch_size=case.batch_size,
        epochs=epochs,
        verbose=0,
        callbacks=[callback],
    )


def run_torch(case: Case, epochs: int, turns: Turns, data: Any) -> None:
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            features = case.patch or 1
            self.embed = nn.Sequential(nn.Linear(features, case.units[0]), nn.ReLU()) if case.patch else None
            recurrent = {"gru": nn.GRU, "lstm": nn.LSTM}[case.cell]
            width = case.units[0]
            self.recurrent = recurrent(
                width if case.patch else 1, width, num_layers=len(case.units), batch_first=True
            )
            self.head = nn.Linear(width, HORIZON)

        def forward(self, x: Any) -> Any:
            if self.embed is not None:
                x = self.embed(x.reshape(len(x), -1, case.patch))
            return self.head(self.recurrent(x)[0][:, -1])[..., None]

    turns.begin()
    x, y, x_val, y_val = (torch.from_numpy(data[name]) for name in ("x", "y", "x_val", "y_val"))
    torch.manual_seed(0)
    model = Net()
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    for _ in range(epochs):
        model.train()
        for chosen in torch.randperm(len(x)).split(case.batch_size):
            optimizer.zero_grad()
            nn.functional.l1_loss(model(x[chosen]), y[chosen]).backward()
            optimizer.step()
        turns.trained()
        model.eval()
        with torch.no_grad():
            error = sum(
                (model(xs) - ys).abs().sum()
                for xs, ys in zip(x_val.split(VAL_BATCH), y_val.split(VAL_BATCH), strict=True)
            )
        turns.end(float(error) / y_val.numel())


# -- taking turns ----------------------------------------------------------------------


def windows_as_arrays(case: Case, path: Path) -> int:
    """Write the windows for those who take arrays; how many validation windows there are."""
    _, prepared = spec_and_prepared(case, 1)
    arrays: dict[str, Any] = {}
    endings: dict[SplitName, str] = {"train": "", "val": "_val"}
    for split, ending in endings.items():
        windows = prepared.windows[split]
        every = np.arange(len(windows))
        arrays["x" + ending], arrays["y" + ending] = windows.inputs(every)["past"], windows.targets(every)
    np.savez(path, **arrays)
    return len(prepared.windows["val"])


def measure(case: Case, epochs: int, torch_python: str | None) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "windows.npz"
        windows_as_arrays(case, path)
        sides = {"ours": sys.executable, "keras": sys.executable}
        if torch_python:
            sides["torch"] = torch_python
        children = {
            side: subprocess.Popen(
                [python, __file__, "--child", side, json.dumps(asdict(case)), str(path), str(epochs)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                bufsize=1,
            )
            for side, python in sides.items()
        }
        rows: dict[str, list[dict[str, float]]] = {side: [] for side in children}
        for _ in range(epochs):
            for side, child in children.items():
                assert child.stdin is not None
                assert child.stdout is not None
                child.stdin.write("go\n")
                line = child.stdout.readline()
                if not line:
                    raise SystemExit(f"{side} failed")
                rows[side].append(json.loads(line))
        for child in children.values():
            child.kill()
            child.wait()
    return {"case": case.name, "windows": case.n_windows, "goal": case.goal, "rows": rows}


def seconds_to(goal: float, rows: list[dict[str, float]]) -> float | None:
    spent = 0.0
    for row in rows:
        spent += row["whole_s"]
        if row["val_loss"] <= goal:
            return spent
    return None


def summary(result: dict[str, Any]) -> list[list[str]]:
    """A row of the table per side."""
    rows = result["rows"]
    table = []
    for side, epochs in rows.items():
        usual = statistics.median(row["train_s"] for row in epochs[1:])
        ratios = [
            own["train_s"] / ours["train_s"] for own, ours in zip(epochs[1:], rows["ours"][1:], strict=True)
        ]
        reached = seconds_to(result["goal"], epochs)
        table.append(
            [
                result["case"],
                side,
                f"{result['windows'] / usual:,.0f}",
                f"{statistics.median(ratios):.2f}",
                f"{min(row['train_s'] for row in epochs) / min(row['train_s'] for row in rows['ours']):.2f}",
                f"{epochs[0]['train_s'] - usual:.1f}",
                "not reached" if reached is None else f"{reached:.1f}",
                f"{min(row['val_loss'] for row in epochs):.4f}",
            ]
        )
    return table


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        side, case, path, epochs = sys.argv[2], Case(**json.loads(sys.argv[3])), sys.argv[4], int(sys.argv[5])
        turns = Turns()
        if side == "ours":
            run_ours(case, epochs, turns)
        else:
            run: Callable[..., None] = {"keras": run_keras, "torch": run_torch}[side]
            with np.load(path) as data:
                run(case, epochs, turns, dict(data))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--torch", metavar="PYTHON", help="an interpreter that has torch")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--cases", nargs="+", help="only cases whose name holds one of these words")
    parser.add_argument("--json", type=Path, help="add a JSON line per case to this file")
    args = parser.parse_args()
    print(
        "| case | engine | windows/s | time to ours | of best epochs | compiling, s | s to the loss | best loss |"
    )
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for case in CASES:
        if args.cases and not any(word in case.name for word in args.cases):
            continue
        result = measure(case, args.epochs, args.torch)
        for row in summary(result):
            print("| " + " | ".join(row) + " |", flush=True)
        if args.json is not None:
            with args.json.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
