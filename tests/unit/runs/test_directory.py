import errno
import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from forecaster.errors import DataError, EnvironmentError_, RunTakenError
from forecaster.runs.directory import FileCheckpoints, RunDir, check_free, claim, new_name

DONE = {"name": "a", "seed": 1}


def sealed(path: Path) -> RunDir:
    """A complete run of a few files."""
    with claim(path) as run:
        run.event("started", smoke=False)
        (path / "model").mkdir()
        run.file("resolved.yaml").write_text("name: a\n")
        run.file("model/weights.safetensors").write_bytes(bytes(range(100)))
        run.file("metrics.json").write_text("{}\n")
        run.file("history.csv").write_text("epoch\n1\n")
        FileCheckpoints(run.file("checkpoints/member-0.safetensors")).save({}, {})
        run.seal(DONE)
    return run


def test_name_is_the_time_in_utc() -> None:
    noon = datetime(2026, 11, 21, 12, 30, 5, tzinfo=timezone(timedelta(hours=3)))
    assert new_name("nyc", noon) == "nyc-20261121T093005Z"
    assert new_name("nyc", noon.astimezone(UTC)) == "nyc-20261121T093005Z"


def test_manifest_lists_size_and_hash_of_every_file(tmp_path: Path) -> None:
    run = sealed(tmp_path / "r")
    manifest = json.loads(run.file("manifest.json").read_text())
    assert manifest["format_version"] == 1
    assert manifest["name"] == "a"
    assert sorted(manifest["files"]) == [
        "events.jsonl",
        "history.csv",
        "metrics.json",
        "model/weights.safetensors",
        "resolved.yaml",
    ]
    assert manifest["files"]["history.csv"]["bytes"] == 8
    assert not run.file("checkpoints").exists()


@pytest.mark.parametrize(
    "name", ["events.jsonl", "history.csv", "metrics.json", "model/weights.safetensors", "resolved.yaml"]
)
def test_changed_byte_is_found_in_any_file(tmp_path: Path, name: str) -> None:
    run = sealed(tmp_path / "r")
    run.check(name)
    content = bytearray(run.file(name).read_bytes())
    content[len(content) // 2] ^= 1
    run.file(name).write_bytes(bytes(content))
    with pytest.raises(DataError) as caught:
        run.check(name)
    assert str(caught.value) == (
        f"{run.file(name)}: was changed or cut short since the run was complete; restore the run directory from a "
        "copy, or train again"
    )


def test_file_cut_short_or_gone_is_found(tmp_path: Path) -> None:
    run = sealed(tmp_path / "r")
    weights = run.file("model/weights.safetensors")
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(DataError, match="was changed or cut short"):
        run.check("model/weights.safetensors")
    weights.unlink()
    with pytest.raises(DataError, match="the file is missing"):
        run.check("model/weights.safetensors")
    with pytest.raises(DataError, match="the file is missing"):
        run.check("model/never-there.json")


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "[]",
        "null",
        "{",
        '{"format_version": 1}',
        '{"format_version": 1, "files": []}',
        '{"format_version": 1, "files": {"metrics.json": 3}}',
    ],
)
def test_damaged_manifest_is_an_error_with_its_place(tmp_path: Path, manifest: str) -> None:
    run = sealed(tmp_path / "r")
    run.file("manifest.json").write_text(manifest)
    with pytest.raises(DataError) as caught:
        run.check("metrics.json")
    assert str(run.path) in str(caught.value)


def test_manifest_of_another_version_is_refused(tmp_path: Path) -> None:
    run = sealed(tmp_path / "r")
    run.file("manifest.json").write_text('{"format_version": 2, "files": {}}')
    with pytest.raises(DataError) as caught:
        run.manifest()
    assert str(caught.value) == (
        f"{run.path}: has format_version 2, this forecaster reads 1; train again, or use the version of forecaster "
        "that made it"
    )


def test_what_is_no_complete_run_is_named(tmp_path: Path) -> None:
    sealed(tmp_path / "good")
    with pytest.raises(DataError) as caught:
        RunDir(tmp_path / "goood").manifest()
    assert str(caught.value) == (
        f"{tmp_path}/goood: there is no such run directory; complete runs in {tmp_path}: good"
    )
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="is not a run directory"):
        RunDir(tmp_path / "empty").manifest()
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "resolved.yaml").write_text("")
    with pytest.raises(DataError) as caught:
        RunDir(tmp_path / "half").manifest()
    assert str(caught.value.diagnostics[0]) == (
        f"{tmp_path}/half: this run is not complete; repeat the command that was to make it, with --resume"
    )


def test_directory_that_exists_is_taken(tmp_path: Path) -> None:
    run = sealed(tmp_path / "r")
    with pytest.raises(RunTakenError) as caught, claim(run.path):
        pass
    assert caught.value.exit_code == 4
    assert str(caught.value) == (
        f"{run.path}: already exists; add resume=True to continue it, overwrite=True to replace it, or choose another "
        "run_dir"
    )


def test_empty_directory_is_free(tmp_path: Path) -> None:
    with claim(tmp_path) as run:
        run.event("started")
    with pytest.raises(RunTakenError):
        check_free(tmp_path)


def test_file_is_taken(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    with pytest.raises(RunTakenError, match="is a file"):
        check_free(tmp_path / "f", overwrite=True)


def test_nothing_to_resume(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no run to resume; leave out resume=True to start it"):
        check_free(tmp_path / "r", resume=True)
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("how", [{"overwrite": True}, {"resume": True}])
def test_folder_that_is_no_run_is_never_touched(tmp_path: Path, how: dict[str, bool]) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    (tmp_path / "model").mkdir()
    with (
        pytest.raises(RunTakenError, match="is not a run directory, so nothing in it is changed"),
        claim(tmp_path, **how),
    ):
        pass
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model", "thesis.txt"]


def test_overwriting_empties_a_run_and_follows_no_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "thesis.txt").write_text("years of work")
    run = sealed(tmp_path / "r")
    run.file("folder").symlink_to(outside)
    run.file("file").symlink_to(outside / "thesis.txt")
    with claim(run.path, overwrite=True):
        assert [p.name for p in run.path.iterdir()] == [".lock"]
    assert (outside / "thesis.txt").read_text() == "years of work"


def test_sealing_removes_the_checkpoints_and_follows_no_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "thesis.txt").write_text("years of work")
    with claim(tmp_path / "r") as run:
        run.file("checkpoints").symlink_to(outside)
        run.seal(DONE)
    assert (outside / "thesis.txt").read_text() == "years of work"


def _hold(path: Path, ready: multiprocessing.Queue, go: multiprocessing.Queue) -> None:  # type: ignore[type-arg]
    with claim(path) as run:
        run.event("started")
        ready.put(os.getpid())
        go.get(timeout=60)


def test_second_process_is_refused_and_may_come_after(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    ready, go = fork.Queue(), fork.Queue()
    holder = fork.Process(target=_hold, args=(tmp_path / "r", ready, go))
    holder.start()
    ready.get(timeout=60)
    for how in ({"resume": True}, {"overwrite": True}):
        with pytest.raises(RunTakenError) as caught, claim(tmp_path / "r", **how):
            pass
        assert caught.value.exit_code == 4
        assert str(caught.value) == (
            f"{tmp_path}/r: another process is working on it; wait for it, or choose another run_dir"
        )
    assert RunDir(tmp_path / "r").started() is not None
    go.put(None)
    holder.join(timeout=60)
    with claim(tmp_path / "r", resume=True) as run:
        assert run.started() is not None


HOLDER = """
import sys, time
from pathlib import Path
from forecaster.runs.directory import claim

with claim(Path(sys.argv[1])) as run:
    run.event("started")
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path / "r"], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with (
        pytest.raises(RunTakenError, match="another process is working on it"),
        claim(tmp_path / "r", resume=True),
    ):
        pass
    holder.kill()
    holder.communicate(timeout=60)
    with claim(tmp_path / "r", resume=True) as run:
        assert run.started() is not None
    assert (tmp_path / "r" / ".lock").is_file()


def test_one_process_claims_a_run_once(tmp_path: Path) -> None:
    with claim(tmp_path / "r") as run:
        run.event("started")
        with (
            pytest.raises(RunTakenError, match="another process is working on it"),
            claim(tmp_path / "r", resume=True),
        ):
            pass
    with claim(tmp_path / "r", resume=True):
        pass


def test_a_disk_that_cannot_lock_is_an_error_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock that only is a file would outlive a process that is killed."""
    fcntl = pytest.importorskip("fcntl")

    def refused(*given: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", refused)
    with (
        pytest.raises(EnvironmentError_, match="cannot be written: Function not implemented"),
        claim(tmp_path / "r"),
    ):
        pass


def test_a_name_that_windows_takes_for_a_device_is_changed(tmp_path: Path) -> None:
    noon = datetime(2026, 11, 21, 12, 30, 5, tzinfo=UTC)
    assert new_name("con.v2", noon) == "con_.v2-20261121T123005Z"
    assert new_name("Nul", noon) == "Nul_-20261121T123005Z"
    assert new_name("con-v2", noon) == "con-v2-20261121T123005Z"


def test_the_command_to_go_on_with_can_be_typed(tmp_path: Path) -> None:
    run = RunDir(tmp_path / "my runs" / "größe")
    run.path.mkdir(parents=True)
    run.event("started", config="my configs/c.yaml", options=["--set seed=1"])
    with pytest.raises(DataError) as caught:
        run.manifest()
    assert caught.value.diagnostics[0].hint == (
        "finish it with: forecaster train 'my configs/c.yaml' --set seed=1 "
        f"--run-dir '{tmp_path}/my runs/größe' --resume"
    )


def test_run_that_another_process_made_meanwhile_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one comes between the look at the folder and the lock."""
    import forecaster.runs.directory as module

    looked: list[Path] = []
    look: Callable[..., None] = module.check_free

    def look_then_lose(path: Path, **how: bool) -> None:
        look(path, **how)
        if not looked:
            looked.append(path)
            path.mkdir()
            (path / "events.jsonl").write_text('{"event": "started"}\n')

    monkeypatch.setattr(module, "check_free", look_then_lose)
    with pytest.raises(RunTakenError, match="already exists"), claim(tmp_path / "r"):
        pass


def test_events_are_lines_with_a_time(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    run.event("started", smoke=True)
    run.event("done", notes=["größer"])
    first, second = (json.loads(line) for line in run.file("events.jsonl").read_text().splitlines())
    assert (first["event"], first["smoke"]) == ("started", True)
    assert datetime.fromisoformat(first["time"]).utcoffset() == timedelta(0)
    assert second["notes"] == ["größer"]


def test_line_that_a_kill_cut_short_spoils_no_other(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    assert run.started() is None
    run.file("events.jsonl").write_text('{"time": "2026-11-21T09:30:00.000+00:00", "event": "sta')
    assert run.started() is None
    run.event("started", smoke=True)
    started = run.started()
    assert started is not None
    assert started["smoke"] is True


def test_checkpoint_is_none_until_one_is_saved_and_then_the_newest(tmp_path: Path) -> None:
    store = FileCheckpoints(tmp_path / "checkpoints" / "member-0.safetensors")
    assert store.load() is None
    store.save({"a": np.zeros(2)}, {"epoch": 1})
    store.save({"a": np.ones(2)}, {"epoch": 2})
    loaded = store.load()
    assert loaded is not None
    assert loaded[0]["a"].tolist() == [1, 1]
    assert loaded[1] == {"epoch": 2}
    assert [p.name for p in (tmp_path / "checkpoints").iterdir()] == ["member-0.safetensors"]
