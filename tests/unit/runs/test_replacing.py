"""A complete run that --overwrite replaces: it is kept until the new one is complete."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from forecaster.errors import DataError, EnvironmentError_
from forecaster.runs.claim import check_free, claim
from forecaster.runs.directory import OVERWRITING, REPLACED, RunDir
from tests.unit.runs.sealed_runs import DONE, sealed


def contents(path: Path) -> dict[str, bytes]:
    return {
        p.relative_to(path).as_posix(): p.read_bytes()
        for p in path.rglob("*")
        if p.is_file() and p.name != ".lock"
    }


@pytest.fixture
def old(tmp_path: Path) -> RunDir:
    return sealed(tmp_path / "r")


def test_run_that_is_replaced_is_kept_whole(old: RunDir) -> None:
    before = contents(old.path)
    with claim(old.path, overwrite=True) as run:
        assert contents(run.file(REPLACED)) == before
        RunDir(run.file(REPLACED)).check(*RunDir(run.file(REPLACED)).manifest()["files"])
        run.event("started", config="c.yaml")
    with pytest.raises(DataError) as caught:
        old.manifest()
    assert str(caught.value) == (
        f"{old.path}: this run is not complete; the run that it replaces is kept in {old.path}/.replaced; finish it "
        f"with: forecaster train c.yaml --run-dir {old.path} --resume"
    )


def test_new_run_that_is_complete_has_nothing_of_the_old_one(old: RunDir) -> None:
    with claim(old.path, overwrite=True) as run:
        run.file("new.csv").write_text("a\n")
        run.seal(DONE)
        assert sorted(p.name for p in run.path.iterdir()) == [".lock", "manifest.json", "new.csv"]
        assert list(run.manifest()["files"]) == ["new.csv"]


@pytest.mark.parametrize("how", [{}, {"resume": True}, {"overwrite": True}])
def test_directory_with_nothing_but_a_kept_run_is_free(old: RunDir, how: dict[str, bool]) -> None:
    with claim(old.path, overwrite=True):
        pass
    check_free(old.path, **how)
    with claim(old.path, **how) as run:
        assert run.started() is None
        assert run.file(REPLACED).is_dir()
    with pytest.raises(DataError) as caught:
        old.manifest()
    assert str(caught.value.diagnostics[0]) == (
        f"{old.path}: this run is not complete; the run that it replaces is kept in {old.path}/.replaced; repeat the "
        "command that was to make it, with --resume"
    )


def test_overwriting_twice_keeps_the_complete_run(old: RunDir) -> None:
    """Not the one between, which never was complete."""
    before = contents(old.path)
    for _ in range(2):
        with claim(old.path, overwrite=True) as run:
            run.event("started")
            run.file("model").mkdir()
    with claim(old.path, overwrite=True) as run:
        assert contents(run.path) == {f"{REPLACED}/{name}": content for name, content in before.items()}


@pytest.mark.parametrize("how", ["resume", "overwrite"])
@pytest.mark.parametrize("moved", range(5))
def test_move_that_stopped_anywhere_goes_on(
    old: RunDir, moved: int, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, replace, done = contents(old.path), Path.replace, []

    def fail(self: Path, target: Any) -> Path:
        if len(done) == moved:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        done.append(target)
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(EnvironmentError_), claim(old.path, overwrite=True):
            pass
    if moved == 0:
        assert contents(old.path) == before
        return
    assert sorted(contents(old.path).values()) == sorted(before.values())
    with claim(old.path, **{how: True}) as run:
        assert contents(run.file(REPLACED)) == before
        assert sorted(p.name for p in run.path.iterdir()) == [".lock", REPLACED]


@pytest.mark.parametrize("kept", ["empty", "old"])
def test_what_is_kept_beside_a_complete_run_is_replaced(old: RunDir, kept: str) -> None:
    """As a kill leaves it: just before the move, or between the manifest and the removal."""
    old.file(REPLACED).mkdir()
    if kept == "old":
        old.file(f"{REPLACED}/manifest.json").write_text("{}")
    with claim(old.path, overwrite=True) as run:
        assert "model/weights.safetensors" in contents(run.file(REPLACED))


def test_folder_without_a_manifest_beside_an_unfinished_run_is_removed(old: RunDir) -> None:
    old.file(REPLACED).mkdir()
    old.file("manifest.json").unlink()
    with claim(old.path, overwrite=True) as run:
        assert [p.name for p in run.path.iterdir()] == [".lock"]


def test_unfinished_run_is_removed_and_the_kept_one_is_not(old: RunDir) -> None:
    """Also where the removal itself stops: a mark in its place says so."""
    with claim(old.path, overwrite=True) as run:
        run.event("started")
        run.file("a.csv").write_text("")
    run.file("events.jsonl").rename(run.file(OVERWRITING))
    with claim(old.path, resume=True) as run:
        assert sorted(p.name for p in run.path.iterdir()) == [".lock", REPLACED]
        assert run.file(f"{REPLACED}/manifest.json").is_file()
