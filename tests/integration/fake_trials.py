"""Trials that take no time: stands for forecaster.search.trial in a worker process."""

import errno
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import yaml

from forecaster.runs.directory import RunDir
from tests.unit.runs.sealed_runs import DONE

STARTED: dict[str, Any] = {}


def start(setup: dict[str, Any]) -> None:
    """Like a backend, which has its threads from here on."""
    STARTED.update(setup["runtime"])


def run(task: dict[str, Any], say: Any) -> dict[str, Any]:
    if task["kind"] == "finish":
        run_dir = Path(task["run"])
        asked = (yaml.safe_load(Path(task["config"]).read_text()).get("runtime") or {}).get("threads")
        if asked not in (None, STARTED["threads"]):
            raise ValueError(f"{asked} threads asked for in a process of {STARTED['threads']}")
        (run_dir / "metrics.json").write_text('{"format_version": 1, "splits": {}}')
        RunDir(run_dir).seal(DONE)
        return {"notes": []}
    config = yaml.safe_load(task["config"])
    layer = config["model"]["layers"][0]
    mode = config["name"]
    folder = Path(task["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    # Every time that a trial begins is written down, outside of what the search keeps.
    with (folder.parents[2].parent / "begun.txt").open("a") as file:
        file.write(f"{folder.name}\n")
    said = {"epoch": 1, "epochs": 1, "val_loss": 1.0}
    say(said)
    units = layer["units"]
    if mode == "fails":
        raise ValueError(f"no network of {units} units")
    if mode == "fails-at-three" and units == 3:
        raise MemoryError
    if mode == "dies-at-three" and units == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    if mode == "dies-once" and not (folder / "died").exists():
        (folder / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if mode == "full-disk" and not (folder.parents[2].parent / "space").exists():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    again = (folder / "once").exists()
    if mode in ("table-changes", "table-goes"):
        (folder / "once").touch()
    if mode == "table-changes" and folder.name == "0001" and not again:
        with (folder.parents[2].parent / "t.csv").open("a") as file:
            file.write("2025-01-01 00:00:00,1\n")
    if mode == "table-goes" and folder.name == "0001" and not again:
        (folder.parents[2].parent / "t.csv").unlink()
        raise ValueError("there is no table")
    if mode == "nan":
        return {"score": float("nan"), "details": {}}
    if mode == "slow":
        time.sleep(0.05)
    if mode == "endless":
        time.sleep(600)
    until = task["until"] or 1
    score = (units - 5) ** 2 + layer.get("dropout", 0.0) + 1.0 / until
    details = {"epochs": until, "parameters": units, "pid": os.getpid(), "previous": task["previous"]}
    (folder / "fold0-seed0").mkdir(exist_ok=True)
    (folder / "fold0-seed0" / "state.json").write_text(json.dumps(details))
    return {"score": score, "details": details}
