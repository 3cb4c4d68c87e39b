"""A run that is killed at each of its file operations; `test_processes` and `benchmarks/kills.py` send signals."""

import shutil
import sys
from functools import partial
from pathlib import Path

import pytest

from forecaster.runs.claim import claim
from forecaster.runs.directory import OVERWRITING, RunDir
from tests.integration import fake_training
from tests.integration.killed_commands import KILLED, Kill, Operation, command, fake_command, kill_within
from tests.integration.killed_runs import assert_same_run, contents, kills, shown, to_resume
from tests.integration.tiny_runs import call, done, hours, line, refused, write_table

pytestmark = [pytest.mark.slow, pytest.mark.faults]

if sys.platform != "linux":
    pytest.skip("asks Linux what a folder is called", allow_module_level=True)

TRAIN: list[object] = ["train"]
BACKTEST: list[object] = ["backtest", "--folds", 2, "--refit"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A config and a table beside a run directory that is not there yet."""
    line(tmp_path, training={"epochs": 1, "ensemble": 2, "batch_size": 16})
    return tmp_path


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks, pictures and pages that take no time."""
    fake_training.install(monkeypatch)


def words_of(verb: list[object], folder: Path, run: str, *more: object) -> list[object]:
    return [verb[0], folder / "c.yaml", *verb[1:], *more, "--smoke", "-q", "--run-dir", folder / run]


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("fakes")
@pytest.mark.parametrize("verb", [TRAIN, BACKTEST], ids=["train", "backtest"])
def test_run_that_is_killed_anywhere_is_taken_up(folder: Path, verb: list[object]) -> None:
    """By a plain second start, or by --resume as `show` says; it ends in the bytes of one that was not killed."""
    words, run, whole = words_of(verb, folder, "r"), folder / "r", folder / "whole"
    done(*words_of(verb, folder, "whole"))
    for _ in kills(fake_command(*words), run):
        said = shown(run)
        if not run.exists():
            assert refused(2, *words, "--resume").startswith(f"{run}: there is no run to resume; ")
            done(*words)
            assert_same_run(run, whole)
            continue
        copy = shutil.copytree(run, folder / "copy")
        second = call(*words_of(verb, folder, "copy"))
        if second.exit_code == 0:
            assert_same_run(copy, whole)
        else:
            assert second.exit_code == 4
            assert "add --resume to " in second.stderr
        shutil.rmtree(copy)
        done(*to_resume(said, words))
        assert_same_run(run, whole)


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("fakes")
def test_refit_that_is_killed_anywhere_is_taken_up(folder: Path) -> None:
    """The same, beside a run that stays as it is; `show` names that run and the table."""
    old, run, whole = folder / "old", folder / "r", folder / "whole"
    done("train", folder / "c.yaml", "--smoke", "-q", "--run-dir", old)
    newer = write_table(folder / "newer.csv", "t,y", zip(hours(70), range(70), strict=True))
    before = contents(old)
    words = ["refit", old, "--data", newer, "-q", "--run-dir"]
    done(*words, whole)
    for _ in kills(fake_command(*words, run), run):
        said = shown(run)
        if run.exists():
            copy = shutil.copytree(run, folder / "copy")
            second = call(*words, copy)
            if second.exit_code == 0:
                assert_same_run(copy, whole)
            else:
                assert second.exit_code == 4
                assert "add --resume to " in second.stderr
            shutil.rmtree(copy)
            done(*to_resume(said, [*words, run]))
        else:
            done(*words, run)
        assert_same_run(run, whole)
    assert contents(old) == before


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("fakes")
@pytest.mark.parametrize("complete", [True, False], ids=["complete", "under_way"])
def test_overwriting_that_is_killed_anywhere_is_taken_up(folder: Path, complete: bool) -> None:
    """Either the old run is untouched, or nothing of it comes into the new one."""
    old, run, whole = folder / "old", folder / "r", folder / "whole"
    words = words_of(TRAIN, folder, "r")
    done(*words)
    if complete:
        RunDir(run).file("plots/a.png").write_bytes(b"of `forecaster plot`")
        shutil.move(run, old)
    else:
        shutil.rmtree(run)
        put_in_place = Operation("rename", "model/state.json")
        assert kill_within(fake_command(*words), run, Kill(before=put_in_place))[0] == KILLED
        shutil.move(run, old)
    new = words_of(TRAIN, folder, "r", "--set", "seed=7")
    done(*words_of(TRAIN, folder, "whole", "--set", "seed=7"))

    # From there on nothing is left of the old run, and the new one is as any other.
    emptied = Operation("open", ".resolved.yaml.part")
    for _ in kills(fake_command(*new, "--overwrite"), run, before=old, until=emptied):
        said = shown(run)
        copy = shutil.copytree(run, folder / "copy")
        done(*words_of(TRAIN, folder, "copy", "--set", "seed=7"), "--overwrite")
        assert_same_run(copy, whole)
        shutil.rmtree(copy)
        if (run / "resolved.yaml").exists() and not (run / OVERWRITING).exists():
            assert contents(run) == contents(old)
            assert "the config (resolved.yaml) changed since" in refused(2, *new, "--resume")
        else:
            assert said is not None
            assert "finish it with" not in said
            done(*new, "--resume")
            assert_same_run(run, whole)


def overwrite(path: Path) -> None:
    with claim(path, overwrite=True):
        pass


def test_search_that_is_being_overwritten_leaves_no_trial(tmp_path: Path) -> None:
    """Of a search that was stopped the directory has no resolved.yaml, and checkpoints of trials."""
    old, run = tmp_path / "old", tmp_path / "r"
    with claim(old) as begun:
        begun.event("started", command="tune", config="c.yaml")
        for name in ("tune/trials.jsonl", "tune/trials.csv", "tune/trials/0001/config.yaml", ".lock"):
            begun.file(name).parent.mkdir(parents=True, exist_ok=True)
            begun.file(name).touch()
        begun.checkpoints(0).save({}, {})
    for _ in kills(partial(overwrite, run), run, before=old):
        untouched = contents(run) == contents(old)
        with claim(run, resume=True) as left:
            assert (left.started() is None) != untouched
            assert untouched or [p.name for p in run.iterdir()] == [".lock"]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("verb", "before", "trained_again"),
    [
        (TRAIN, Operation("rename", "checkpoints/member-1.safetensors"), 1),
        (BACKTEST, Operation("rename", "manifest.json"), 0),
    ],
    ids=["train", "backtest"],
)
def test_networks_of_a_killed_run_are_those_of_one_that_is_not(
    folder: Path, verb: list[object], before: Operation, trained_again: int
) -> None:
    words, run, whole = words_of(verb, folder, "r"), folder / "r", folder / "whole"
    status, _ = kill_within(command(*words), run, Kill(before=before))
    assert status == KILLED
    loud = [word for word in to_resume(shown(run), words) if word != "-q"]
    said = call(*loud)
    assert said.exit_code == 0, said.stderr
    assert said.stderr.count("epoch 1/1") == trained_again
    done(*words_of(verb, folder, "whole"))
    assert not list(run.rglob("*.part"))
    names = {"metrics.json", "forecasts.csv", *(["model/weights.safetensors"] if verb is TRAIN else [])}
    assert {name: (run / name).read_bytes() for name in names} == {
        name: (whole / name).read_bytes() for name in names
    }
