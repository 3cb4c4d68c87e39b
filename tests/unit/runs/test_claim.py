"""The claim of a run directory: what may be taken, by whom, and what is never touched."""

import errno
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from forecaster.errors import DataError, EnvironmentError_, RunTakenError
from forecaster.runs.claim import check_free, claim
from forecaster.runs.directory import RunDir
from tests.unit.runs.sealed_runs import sealed


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


def test_overwriting_moves_a_run_aside_and_follows_no_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "thesis.txt").write_text("years of work")
    run = sealed(tmp_path / "r")
    run.file("folder").symlink_to(outside)
    run.file("file").symlink_to(outside / "thesis.txt")
    with claim(run.path, overwrite=True):
        assert sorted(p.name for p in run.path.iterdir()) == [".lock", ".replaced"]
    sealed(run.path)
    assert not run.file(".replaced").exists()
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
from forecaster.runs.claim import claim

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


def test_run_that_another_process_made_meanwhile_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one comes between the look at the folder and the lock."""
    import forecaster.runs.claim as module

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
