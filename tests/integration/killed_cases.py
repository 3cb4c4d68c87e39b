"""Small commands that write a run, for kills and faults: each makes its inputs and the run to compare with."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.integration.killed_commands import Kill, fake_command, kill_within
from tests.integration.killed_runs import Case
from tests.integration.tiny_runs import done, hours, line, write_table

QUIET: list[object] = ["--smoke", "-q"]


def _of_config(folder: Path, *verb: object, overwriting: bool = False, **training: object) -> Case:
    inner = folder / "in"
    config = line(inner, training={"epochs": 1, "ensemble": 2, "batch_size": 16, **training})
    run, whole, before = inner / "r", inner / "whole", None
    words: list[object] = [verb[0], config, *verb[1:], *QUIET]
    done(*words, "--run-dir", whole)
    if overwriting:
        before = inner / "old"
        done(*words, "--set", "seed=7", "--run-dir", before)
    more: list[object] = ["--overwrite"] if overwriting else []
    return Case([*words, "--run-dir", run, *more], run, whole, inner, folder / "said.txt", before)


def _of_a_run(folder: Path, verb: str, **training: object) -> Case:
    inner = folder / "in"
    config = line(inner, training={"epochs": 1, "batch_size": 16, **training})
    done("train", config, *QUIET, "--run-dir", inner / "old")
    newer = write_table(inner / "newer.csv", "t,y", zip(hours(70), range(70), strict=True))
    words: list[object] = [verb, inner / "old", "--data", newer, "-q", "--run-dir"]
    done(*words, inner / "whole")
    return Case([*words, inner / "r"], inner / "r", inner / "whole", inner, folder / "said.txt")


CASES: dict[str, Callable[[Path], Case]] = {
    "train": lambda folder: _of_config(folder, "train"),
    "train-refit-all": lambda folder: _of_config(folder, "train", refit="all"),
    "train-refit-continue": lambda folder: _of_config(folder, "train", refit="continue"),
    "train-overwrite": lambda folder: _of_config(folder, "train", overwriting=True),
    "backtest": lambda folder: _of_config(folder, "backtest", "--folds", 2),
    "refit": lambda folder: _of_a_run(folder, "refit"),
    "update": lambda folder: _of_a_run(folder, "update"),
    "update-refit-all": lambda folder: _of_a_run(folder, "update", refit="all"),
}


def on_a_disk(folder: Path, kib: int) -> int | None:
    """Train on a file system of this size; where it fills up, make room and take the run up.

    Returns:
        The exit status of the first start; None where this user may not mount a file system.
    """
    disk = folder / "in"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        return None
    try:
        case = CASES["train"](folder)
        # The inputs and the run to compare with take their part of it.
        used = sum(-(-p.stat().st_blocks * 512 // 1024) for p in disk.rglob("*"))
        subprocess.run([*mount[:4], f"remount,size={used + kib}k", *mount[5:]], check=True)
        status, _ = kill_within(fake_command(*case.words), disk, Kill(said=case.said))
        said = case.said.read_text()
        assert status in (0, 3), said
        if status:
            assert said.count("error: ") == 1, said
            assert "No space left on device; " in said, said
            assert not list(case.run.rglob("*.part"))
        subprocess.run([*mount[:4], "remount,size=8m", *mount[5:]], check=True)
        case.take_up()
        return status
    finally:
        subprocess.run(["umount", str(disk)], check=True)
