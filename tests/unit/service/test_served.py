"""A run that another one has taken the place of is loaded again; a broken one is not."""

import asyncio
from pathlib import Path

import pytest

from forecaster.errors import DataError
from forecaster.service import served
from forecaster.service.served import ServedRun, Version
from forecaster.service.work_thread import MOST_WAITING, BusyError, WorkThread
from tests.integration.made_runs import make_run
from tests.unit.service.stub import Stub, version


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Runs are loaded without a network; the SHA-256 of those that were."""
    from forecaster.runs.directory import RunDir

    loaded: list[str] = []

    def load(name: str, path: Path) -> Version:
        found = RunDir(path).opened()
        if found.manifest()["name"] == "broken":
            raise DataError("model/weights.safetensors: was changed or cut short since the run was complete")
        loaded.append(found.sha256)
        return version(name, found.sha256)

    monkeypatch.setattr(served, "load_version", load)
    monkeypatch.setattr(served, "AGAIN_S", 0.0)
    return loaded


def reseal(run: Path, name: str) -> None:
    """Give a run another manifest, as another training would."""
    from forecaster.runs.directory import RunDir

    manifest = RunDir(run).opened().manifest()
    facts = {key: manifest[key] for key in ("versions", "data", "seed")}
    RunDir(run).seal({"name": name, **facts})


def test_another_run_in_its_place_is_loaded_once(tmp_path: Path, loads: list[str]) -> None:
    run = make_run(tmp_path)
    one = ServedRun.load("r", run)
    assert one.look() is None
    reseal(run, "second")
    fresh = one.look()
    assert fresh is not None
    assert one.version.sha256 == loads[0]
    one.put(fresh)
    assert one.version.sha256 == loads[1] != loads[0]
    assert one.look() is None
    assert (one.reloads, one.failures, len(loads)) == (1, 0, 2)


def test_a_link_that_points_elsewhere_is_another_run(tmp_path: Path, loads: list[str]) -> None:
    first, second = make_run(tmp_path / "1"), make_run(tmp_path / "2", ids=("x",))
    link = tmp_path / "current"
    link.symlink_to(first)
    one = ServedRun.load("current", link)
    link.unlink()
    link.symlink_to(second)
    assert one.look() is not None
    assert len(loads) == 2


@pytest.mark.parametrize("how", ["broken", "incomplete", "gone"])
def test_a_broken_run_leaves_the_one_before_it(tmp_path: Path, loads: list[str], how: str) -> None:
    run = make_run(tmp_path)
    stub = Stub("r")
    one = stub.runs[0] = stub.service.runs["r"] = ServedRun.load("r", run)
    manifest = (run / "manifest.json").read_bytes()
    if how == "broken":
        reseal(run, "broken")
    elif how == "incomplete":
        (run / "manifest.json").unlink()
    else:
        run.rename(tmp_path / "away")
    asyncio.run(stub.service.look(one))
    asyncio.run(stub.service.look(one))
    assert one.version.sha256 == loads[0]
    assert stub.client.get("/readyz").json() == {
        "status": "stale", "runs": {"r": {"sha256": loads[0], "stale": True}},
    }  # fmt: skip
    assert stub.client.post("/v1/forecast").status_code == 200
    [warned] = [line for line in stub.log if line["event"] == "not-reloaded"]
    assert warned["serving"] == loads[0]
    if how == "gone":
        (tmp_path / "away").rename(run)
    (run / "manifest.json").write_bytes(manifest)
    asyncio.run(stub.service.look(one))
    assert one.problem is None
    assert stub.client.get("/readyz").json()["status"] == "ok"
    assert [line["event"] for line in stub.log if line["event"] != "request"] == ["not-reloaded", "as-before"]


def test_a_lane_does_one_thing_after_the_other_and_ends() -> None:
    thread, done = WorkThread("test"), []
    futures = [thread.submit(lambda i=i: done.append(i)) for i in range(50)]
    thread.close()
    for future in futures:
        future.result(timeout=5)
    assert done == list(range(50))


def test_a_lane_leaves_out_what_nobody_waits_for_and_takes_no_more_than_it_can() -> None:
    import threading

    thread, gate, done = WorkThread("test"), threading.Event(), []
    thread.submit(gate.wait)
    late = [thread.submit(lambda i=i: done.append(i)) for i in range(3)]
    assert late[1].cancel()
    for _ in range(MOST_WAITING - thread.waiting):
        thread.submit(lambda: None)
    with pytest.raises(BusyError):
        thread.submit(lambda: None)
    gate.set()
    late[2].result(timeout=5)
    assert done == [0, 2]


def test_an_error_is_raised_where_the_result_is_asked_for() -> None:
    with pytest.raises(ZeroDivisionError):
        WorkThread("test").submit(lambda: 1 / 0).result(timeout=5)
