"""The runs of a folder: what each is, and which one `latest` means."""

import json
import os
import sys
from pathlib import Path

import pytest

from forecaster.errors import DataError
from forecaster.runs.claim import claim
from forecaster.runs.folder import located, newest, runs_in
from tests.unit.runs.small_runs import small_run, unfinished


def states(folder: Path) -> dict[str, str]:
    return {run.path.name: run.state for run in runs_in(folder)}


def reason(folder: Path, name: str) -> str:
    return next(run.why for run in runs_in(folder) if run.path.name == name) or ""


def test_only_runs_are_found_each_with_its_state(tmp_path: Path) -> None:
    small_run(tmp_path / "done")
    unfinished(tmp_path / "stopped")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "t.csv").write_text("t,y\n")
    (tmp_path / "notes.txt").write_text("x")
    small_run(tmp_path / ".hidden")
    assert states(tmp_path) == {"done": "complete", "stopped": "unfinished"}


def test_a_run_whose_lock_is_held_is_running(tmp_path: Path) -> None:
    with claim(tmp_path / "r") as run:
        assert states(tmp_path) == {"r": "running"}
        run.event("started", command="train", smoke=False)
        assert states(tmp_path) == {"r": "running"}
    assert states(tmp_path) == {"r": "unfinished"}


def test_looking_changes_nothing(tmp_path: Path) -> None:
    small_run(tmp_path / "done")
    unfinished(tmp_path / "stopped")
    (tmp_path / "stopped" / ".lock").unlink()
    before = sorted((path, path.lstat().st_mtime_ns) for path in tmp_path.rglob("*"))
    runs_in(tmp_path)
    assert sorted((path, path.lstat().st_mtime_ns) for path in tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "manifest.json: Invalid JSON: EOF while parsing an object at line 1 column 1"),
        ("[]", "manifest.json: Input should be an object"),
        ('{"format_version": 2}', "has format_version 2, this forecaster reads 1"),
        ('{"manifest_version": 3, "name": "x"}', "has no format_version, this forecaster reads 1"),
        ("[" * 100_000, "manifest.json: Invalid JSON: recursion limit exceeded at line 1 column 202"),
    ],
)
def test_a_manifest_of_another_form_is_damaged_with_a_reason(tmp_path: Path, content: str, why: str) -> None:
    small_run(tmp_path / "r")
    (tmp_path / "r" / "manifest.json").write_text(content)
    assert states(tmp_path) == {"r": "damaged"}
    assert reason(tmp_path, "r") == why


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right of their own there")
def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = small_run(tmp_path / "outside" / "r")
    runs = tmp_path / "runs"
    small_run(runs / "own")
    (runs / "away").symlink_to(outside)
    (runs / "current").symlink_to("own")
    small_run(runs / "inside")
    (runs / "inside" / "manifest.json").unlink()
    (runs / "inside" / "manifest.json").symlink_to(outside / "manifest.json")
    assert states(runs) == {"away": "damaged", "inside": "damaged", "own": "complete"}
    assert reason(runs, "away") == "is a link, which is not followed"
    assert reason(runs, "inside").startswith("manifest.json: is a link, or lies behind one")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes with names")
def test_a_pipe_and_a_huge_file_in_place_of_the_manifest_are_damaged_at_once(tmp_path: Path) -> None:
    for name in ("pipe", "huge"):
        small_run(tmp_path / name)
        (tmp_path / name / "manifest.json").unlink()
    os.mkfifo(tmp_path / "pipe" / "manifest.json")
    with (tmp_path / "huge" / "manifest.json").open("wb") as file:
        file.truncate(1 << 40)
    assert states(tmp_path) == {"pipe": "damaged", "huge": "damaged"}
    assert reason(tmp_path, "pipe") == "manifest.json: is not a plain file"
    assert (
        reason(tmp_path, "huge")
        == "manifest.json: has 1,099,511,627,776 bytes, and at most 67,108,864 are read"
    )


def test_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        runs_in(tmp_path / "none")
    assert str(caught.value) == f"{tmp_path / 'none'}: there is no such folder; name a folder that holds runs"


def test_the_newest_is_the_complete_run_whose_manifest_was_written_last(tmp_path: Path) -> None:
    small_run(tmp_path / "z", days=3)
    latest = small_run(tmp_path / "a", days=2)
    unfinished(tmp_path / "stopped", days=0)
    small_run(tmp_path / "b", days=1, backtest=True)
    assert newest(tmp_path) == latest
    assert located(tmp_path / "latest") == latest


def test_a_newest_run_that_is_damaged_is_an_error_and_not_the_one_before(tmp_path: Path) -> None:
    small_run(tmp_path / "old", days=2)
    small_run(tmp_path / "new", days=1)
    manifest = tmp_path / "new" / "manifest.json"
    written = manifest.stat().st_mtime
    manifest.write_text(json.dumps({"format_version": 1}))
    os.utime(manifest, (written, written))
    with pytest.raises(DataError) as caught:
        newest(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path / 'new'}: the newest run of {tmp_path} cannot be used: manifest.json: name: Field required; "
        "name another run, or restore this one from a copy"
    )


def test_without_a_complete_run_none_is_the_latest(tmp_path: Path) -> None:
    unfinished(tmp_path / "stopped")
    with pytest.raises(DataError) as caught:
        located(tmp_path / "latest")
    assert str(caught.value) == (
        f"{tmp_path}: holds no complete run, so none is the latest; `forecaster train` creates one"
    )


def test_latest_alone_is_that_of_runs_and_a_directory_of_that_name_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    small_run(Path("runs/a"))
    assert located(Path("latest")) == Path("runs/a")
    assert located(Path("runs/latest")) == Path("runs/a")
    assert located(Path("runs/a")) == Path("runs/a")
    Path("latest").mkdir()
    assert located(Path("latest")) == Path("latest")
