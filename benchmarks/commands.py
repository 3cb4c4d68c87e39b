"""Commands of every verb that succeed and that fail, for the bench `exits` of `torture.py`.

Those that fail do so at every stage: in their options, at a file that is absent or damaged, in the middle of a table
that is read by threads of Arrow, in a run, and at output that cannot be written.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from benchmarks.forked import Zygote

# What trains; with arithmetic in place of the network but for the first few.
TRAINING = ("train", "tune", "refit", "update", "backtest")
TRAINED = 5
HOURS = 672
QUIET = ("--smoke", "-q")
# A number for each turn of a command takes the place of it.
TURN = "{i}"


@dataclass(frozen=True)
class Command:
    """A command and how it must end.

    Attributes:
        name: What it tries.
        status: The exit status.
        words: Its words; the first is the verb.
        signalled: Whether it runs until SIGTERM.
    """

    name: str
    status: int
    words: list[str]
    signalled: bool = False

    @property
    def verb(self) -> str:
        """The verb."""
        return self.words[0]

    @property
    def trains(self) -> bool:
        """Whether it trains where nothing is wrong."""
        return self.verb in TRAINING

    def turn(self, i: int) -> Command:
        """Return the command for the i-th time, with output of its own."""
        return Command(
            f"{self.name} {i}", self.status, [w.replace(TURN, str(i)) for w in self.words], self.signalled
        )


def settings(**change: object) -> dict[str, Any]:
    """Return the settings of a small training on t.csv in the same folder."""
    return {
        "name": "torture",
        "data": {"path": "t.csv", "time": "t", "freq": "h", "targets": ["y"]},
        "window": {"lookback": 12, "horizon": 3},
        "model": {"layers": [{"type": "gru", "units": 4, "dropout": 0.2}]},
        "training": {"epochs": 4, "batch_size": 64, "ensemble": 2, "refit": "all"},
        **change,
    }


def write_table(path: Path, hours: int) -> None:
    """Write a table of so many hours with a target y and a covariate x that is known ahead."""
    times = np.datetime64("2024-01-01T00") + np.arange(hours)
    rows = (f"{str(time).replace('T', ' ')}:00,{i % 24},{i % 7}\n" for i, time in enumerate(times))
    path.write_text("t,y,x\n" + "".join(rows), encoding="utf-8")


def write_config(path: Path, **change: object) -> Path:
    """Write the settings of `settings` as a config."""
    path.write_text(json.dumps(settings(**change)), encoding="utf-8")
    return path


class Inputs:
    """Tables, configs and runs, whole and broken, in a folder."""

    def __init__(self, folder: Path, zygote: Zygote) -> None:
        self.folder, self.out = folder, folder / "out"
        self.out.mkdir()
        write_table(folder / "t.csv", HOURS)
        write_table(folder / "newer.csv", HOURS + 96)
        whole = (folder / "t.csv").read_text(encoding="utf-8")
        self.broken = {
            "a cell that is no number": self._text("cell.csv", whole + "2024-01-29 00:00,oops,1\n"),
            "a row of more cells": self._text("row.csv", whole + "2024-01-29 00:00,1,2,3\n"),
            "a time twice": self._text("twice.csv", whole + "2024-01-28 23:00,1,2\n"),
            "an empty file": self._text("empty.csv", ""),
            "a Parquet file cut short": self._bytes("cut.parquet", b"PAR1" + bytes(200)),
        }
        known = settings()["data"] | {"future_covariates": ["x"]}
        self.config = write_config(folder / "c.yaml")
        configs = {
            "an unknown key": write_config(folder / "key.yaml", modle={}),
            "no YAML": self._text("no.yaml", "a: [1\nb: }"),
            "no table": write_config(folder / "table.yaml", data=settings()["data"] | {"path": "none.csv"}),
        }
        for name, table in self.broken.items():
            data = settings()["data"] | {"path": table.name}
            configs[name] = write_config(folder / f"{table.stem}.yaml", data=data)
        self.bad_configs = configs
        self.run, self.known = folder / "run", folder / "known"
        for config, run in (
            (self.config, self.run),
            (write_config(folder / "k.yaml", data=known), self.known),
        ):
            ended = zygote.run("train", config, "--run-dir", run, *QUIET)
            assert ended.status == 0, ended.said
        self.damaged = {
            "no run": folder / "none",
            "damaged weights": self._damaged("weights", "model/weights.safetensors"),
            "a damaged manifest": self._damaged("manifest", "manifest.json"),
        }

    def _text(self, name: str, text: str) -> Path:
        return self._bytes(name, text.encode())

    def _bytes(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    def _damaged(self, name: str, file: str) -> Path:
        copy = self.folder / name
        shutil.copytree(self.run, copy)
        content = bytearray((copy / file).read_bytes())
        content[len(content) // 2] ^= 8
        (copy / file).write_bytes(content)
        return copy


def good(inputs: Inputs) -> Iterator[Command]:
    """Yield a command of every verb that succeeds."""
    config, run, out, newer = inputs.config, inputs.run, inputs.out, inputs.folder / "newer.csv"
    words: dict[str, list[object]] = {
        "init": [inputs.folder / "t.csv", "--target", "y", "--output", out / f"{TURN}.yaml"],
        "validate": [config],
        "train": [config, "--run-dir", out / f"train-{TURN}", *QUIET],
        "tune": [config, "--run-dir", out / f"tune-{TURN}", "--set", "tune.max_trials=1", *QUIET],
        "refit": [run, "--run-dir", out / f"refit-{TURN}", "-q"],
        "update": [run, "--data", newer, "--run-dir", out / f"update-{TURN}", "-q"],
        "predict": [run, "--output", out / f"{TURN}.csv"],
        "future": [inputs.known, "--output", out / f"future-{TURN}.csv"],
        "evaluate": [run],
        "monitor": [run, "--data", newer],
        "backtest": [config, "--folds", 1, "--run-dir", out / f"backtest-{TURN}", *QUIET],
        "report": [run, "--output", out / f"{TURN}.html"],
        "explain": [run],
        "plot": [run, "--output", out / f"{TURN}.png"],
        "export": [run, "--output", out / f"export-{TURN}"],
        "show": [run],
        "list": [inputs.folder],
        "diff": [run, inputs.known],
        "clean": [inputs.folder, "--keep-best", 5, "--dry-run"],
        "doctor": [out],
        "schema": [],
        "serve": [run, "--port", 0],
    }
    for verb, rest in words.items():
        # A page of an alarm is an answer too; the newer rows are like those before.
        yield Command(verb, 0, [verb, *map(str, rest)], signalled=verb == "serve")


def bad(inputs: Inputs) -> Iterator[Command]:
    """Yield commands of every verb that fail, several of each."""
    run, out = inputs.run, inputs.out

    def refused(verb: str, name: str, *words: object) -> Command:
        return Command(f"{verb}: {name}", 2, [verb, *map(str, words)])

    verbs = [command.verb for command in good(inputs)]
    for verb in verbs:
        yield refused(verb, "an unknown option", "--no-such-option")
        yield refused(verb, "an argument too many", *["x"] * 5)
    for verb in ("validate", "train", "tune", "backtest"):
        for name, config in inputs.bad_configs.items():
            yield refused(verb, name, config)
        yield refused(verb, "an unknown setting", inputs.config, "--set", "training.epoch=1")
    for verb in (
        "refit",
        "predict",
        "future",
        "evaluate",
        "report",
        "explain",
        "plot",
        "show",
        "update",
        "export",
    ):
        more = ["--output", out / "no"] if verb in ("future", "export") else []
        for name, damaged in inputs.damaged.items():
            # The others read the exported network, or no network.
            if name != "damaged weights" or verb in ("predict", "update", "export"):
                yield refused(verb, name, damaged, *more)
    for name, table in inputs.broken.items():
        yield refused("init", name, table, "--target", "q", "--output", out / "no.yaml")
        for verb in ("predict", "evaluate", "monitor", "refit", "update"):
            yield refused(verb, name, run, "--data", table)
        yield refused("predict", f"known covariates: {name}", inputs.known, "--future", table)
    yield refused("predict", "a time that is none", run, "--from", "yesterday")
    yield refused("future", "a run without covariates", run, "--output", out / "no.csv")
    yield refused("evaluate", "an unknown baseline", run, "--fail-if-worse-than", "luck")
    yield refused("update", "no newer rows", run, "--data", inputs.folder / "t.csv")
    yield refused("monitor", "no table", run)
    yield refused("export", "a folder that holds something", run, "--output", inputs.folder)
    yield refused("export", "an unknown format", run, "--output", out / "no", "--format", "pickle")
    yield refused("list", "no folder", inputs.folder / "none")
    yield refused("clean", "an age that is none", inputs.folder, "--older-than", "old")
    yield refused("diff", "no run", run, inputs.folder / "none")
    yield refused("diff", "a damaged run", run, inputs.damaged["a damaged manifest"])
    yield refused("doctor", "a file", inputs.config)
    yield refused("serve", "no run", inputs.folder / "none")
    yield refused("serve", "a port that is none", run, "--port", 99_999)


def all_commands(inputs: Inputs, times: int, verbs: Sequence[str] = ()) -> Iterator[Command]:
    """Yield of each verb so many commands that succeed and so many that fail; the failing ones take turns.

    Args:
        inputs: What the commands read.
        times: How many of each verb.
        verbs: The verbs; all of them where none is named.
    """
    failing: dict[str, list[Command]] = {}
    for command in bad(inputs):
        failing.setdefault(command.verb, []).append(command)
    for command in good(inputs):
        if verbs and command.verb not in verbs:
            continue
        wrong = failing[command.verb]
        for i in range(times):
            yield command.turn(i)
            yield wrong[i % len(wrong)].turn(i)
