"""The removal of a run: whole or not at all for everybody who looks, and never of what it should not touch."""

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from forecaster.errors import EnvironmentError_, RunTakenError
from forecaster.runs import removal
from forecaster.runs.claim import claim
from forecaster.runs.folder import FoundRun, runs_in
from forecaster.runs.removal import end_removals, holds_another, remove_run
from tests.unit.runs.small_runs import small_run, unfinished


def found(folder: Path) -> FoundRun:
    return runs_in(folder)[0]


def test_a_run_is_removed_with_everything_in_it(tmp_path: Path) -> None:
    small_run(tmp_path / "r")
    remove_run(found(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_kill_on_the_way_leaves_no_run_and_the_next_removal_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_run(tmp_path / "r")

    def killed(path: Path) -> None:
        (path / "resolved.yaml").unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(removal.shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            remove_run(found(tmp_path))
    assert [path.name[:20] for path in tmp_path.iterdir()] == [".forecaster-removed-"]
    assert runs_in(tmp_path) == []
    end_removals(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_a_process_works_on_stays(tmp_path: Path) -> None:
    small_run(tmp_path / "r")
    seen = found(tmp_path)
    with claim(tmp_path / "r", resume=True), pytest.raises(RunTakenError) as caught:
        remove_run(seen)
    assert str(caught.value) == f"{tmp_path / 'r'}: a process is working on it"
    assert runs_in(tmp_path)[0].state == "complete"


def test_a_run_that_took_the_place_of_the_one_that_was_found_stays(tmp_path: Path) -> None:
    small_run(tmp_path / "r", mase=0.9)
    seen = found(tmp_path)
    shutil.rmtree(tmp_path / "r")
    small_run(tmp_path / "r", mase=0.1)
    with pytest.raises(RunTakenError) as caught:
        remove_run(seen)
    assert str(caught.value) == f"{tmp_path / 'r'}: has changed since it was looked at"


def test_an_unfinished_run_that_was_completed_meanwhile_stays(tmp_path: Path) -> None:
    unfinished(tmp_path / "r")
    seen = found(tmp_path)
    shutil.rmtree(tmp_path / "r")
    small_run(tmp_path / "r")
    with pytest.raises(RunTakenError):
        remove_run(seen)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right of their own there")
def test_what_a_link_in_a_run_leads_to_stays(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept.txt").write_text("x")
    small_run(tmp_path / "runs" / "r")
    (tmp_path / "runs" / "r" / "more").symlink_to(outside)
    remove_run(found(tmp_path / "runs"))
    assert (outside / "kept.txt").is_file()
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_disk_that_refuses_is_an_error_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_run(tmp_path / "r")

    def refused(*args: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(EnvironmentError_, match="cannot be written: Permission denied"):
        remove_run(found(tmp_path))
    assert runs_in(tmp_path)[0].state == "complete"


def test_a_run_in_a_run_is_noticed(tmp_path: Path) -> None:
    small_run(tmp_path / "r")
    assert not holds_another(tmp_path / "r")
    (tmp_path / "r" / ".replaced").mkdir()
    (tmp_path / "r" / ".replaced" / "manifest.json").write_text("{}")
    assert not holds_another(tmp_path / "r")
    small_run(tmp_path / "r" / "more" / "again")
    assert holds_another(tmp_path / "r")
