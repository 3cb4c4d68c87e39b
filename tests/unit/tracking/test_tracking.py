"""What a tracker that fails, hangs or is told twice costs: nothing but one remark."""

import json
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from forecaster.tracking import mlflow_tracker
from forecaster.tracking import tracking as module
from forecaster.tracking.mlflow_tracker import MlflowTracker
from forecaster.tracking.spec import TrackingSpec
from forecaster.tracking.tracker import Point, RunEnd, TrackedRun, TrackedTrial
from forecaster.tracking.tracking import Tracking
from forecaster.training.progress import EpochRow


def about(path: Path) -> TrackedRun:
    return TrackedRun(path, "r", "sales", {"seed": 1, "data.path": "t.csv"}, {"a": "b"}, 1000)


def epoch(n: int, **val: float) -> EpochRow:
    return EpochRow(member=0, epoch=n, loss=1 / n, learning_rate=0.1, seconds=1.0, best=True, val=val)


class Failing:
    """A tracker that raises whatever it is told."""

    label = "the other one"

    def begin(self, run: TrackedRun, points: Sequence[Point]) -> None:
        raise RuntimeError("no such https://me:secret@host\nmore")

    point = trial = end = begin  # type: ignore[assignment]

    def fault(self) -> str | None:
        return None


def test_a_tracker_that_raises_is_said_once_and_hinders_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes: list[str] = []
    monkeypatch.setitem(module.TRACKERS, "mlflow", lambda spec, name: Failing())
    tracking = Tracking(TrackingSpec(files=True), about(tmp_path), notes.append)
    tracking.epoch_done(epoch(1, val_loss=0.5))
    tracking.trial(TrackedTrial(1, {}))
    tracking.end(RunEnd("finished", 5, {"test/mase": 0.8}))
    assert notes == [
        "the other one: no such https://***@host. The run goes on without it; what it should have been told is kept "
        f"in {tmp_path / 'tracking'}, and is sent by the same command with --run-dir {tmp_path} --resume."
    ]
    metrics = json.loads((tmp_path / "tracking" / "files" / "metrics.json").read_text())
    assert metrics == {
        "loss": 1.0,
        "learning_rate": 0.1,
        "seconds": 1.0,
        "val_loss": 0.5,
        "test": {"mase": 0.8},
        "step": 1,
    }


def test_a_tracker_that_recovers_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server, notes = Server(), []  # type: ignore[var-annotated]
    server.fails = 1
    monkeypatch.setitem(module.TRACKERS, "mlflow", lambda spec, name: MlflowTracker(server))  # type: ignore[arg-type]
    tracking = Tracking(TrackingSpec(files=True), about(tmp_path), notes.append)
    while not notes:
        tracking.trial(TrackedTrial(1, {}))
        tracking.deliver()
        time.sleep(0.01)
    tracking.end(RunEnd("finished", 5))
    assert [note.partition(": ")[2][:20] for note in notes] == ["[Errno 111] Connecti", "has everything now"]


def test_a_link_in_place_of_the_folder_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "tracking").symlink_to(tmp_path / "outside")
    notes: list[str] = []
    tracking = Tracking(TrackingSpec(tensorboard=True, files=True), about(tmp_path / "r"), notes.append)
    tracking.epoch_done(epoch(1))
    tracking.end(RunEnd("finished", 5))
    assert list((tmp_path / "outside").iterdir()) == []
    assert len(notes) == 1
    assert "is a link; what is tracked is written into the run directory" in notes[0]


def test_without_a_section_nothing_is_written(tmp_path: Path) -> None:
    tracking = Tracking(TrackingSpec(), about(tmp_path), lambda note: None)
    tracking.epoch_done(epoch(1))
    tracking.end(RunEnd("finished", 5))
    assert tracking.silent
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_computed_is_left_out_and_members_are_told_apart(tmp_path: Path) -> None:
    tracking = Tracking(TrackingSpec(files=True), about(tmp_path), lambda note: None)
    tracking.part = "fold-2"
    tracking.epoch_done(EpochRow(2, 1, 0.5, 0.1, 1.0, True, {"val_mase": float("nan")}))
    lines = (tmp_path / "tracking" / "points.jsonl").read_text().splitlines()
    assert list(json.loads(lines[-1])["values"]) == [
        "fold-2/member-3/loss",
        "fold-2/member-3/learning_rate",
        "fold-2/member-3/seconds",
    ]


class Server:
    """A server that remembers, and may hang or fail."""

    uri = "http://me:secret@host"

    def __init__(self) -> None:
        self.hangs = threading.Event()
        self.fails = 0
        self.points: list[Point] = []
        self.ended: list[str] = []
        self.opened: list[tuple[str, str | None]] = []

    def knock(self) -> None:
        if self.fails:
            self.fails -= 1
            raise ConnectionRefusedError(111, "Connection refused")

    def open(self, run: TrackedRun, key: str, run_id: str | None) -> str:
        while self.hangs.is_set():
            time.sleep(0.01)
        self.opened.append((key, run_id))
        return run_id or "abc"

    def log(self, points: Sequence[Point]) -> None:
        self.points = list(points)

    def log_trial(self, trial: TrackedTrial, key: str, began: int) -> None:
        pass

    def end(self, run: TrackedRun, end_of_run: RunEnd) -> None:
        self.ended.append(end_of_run.status)


def tracker(server: Any) -> MlflowTracker:
    return MlflowTracker(server)


def state(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((path / "tracking" / "mlflow.json").read_text())
    return found


def test_the_server_has_everything_at_the_end_and_once(tmp_path: Path) -> None:
    server = Server()
    one = tracker(server)
    one.begin(about(tmp_path), [Point(1, 5, {"loss": 0.5})])
    one.point(Point(2, 6, {"loss": 0.4}))
    one.end(RunEnd("finished", 7))
    assert ([point.step for point in server.points], server.ended, one.fault()) == (
        [1, 2],
        ["finished"],
        None,
    )
    assert (state(tmp_path)["run_id"], state(tmp_path)["sent"]) == ("abc", "finished 7")
    assert state(tmp_path)["uri"] == "http://***@host"
    key = state(tmp_path)["key"]
    again = tracker(server)
    again.begin(about(tmp_path), [])
    again.end(RunEnd("finished", 7))
    assert server.ended == ["finished"]
    assert {opened[0] for opened in server.opened} == {key}
    assert again.fault() is None


def test_a_server_that_hangs_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlflow_tracker, "PATIENCE_S", 0.2)
    server = Server()
    server.hangs.set()
    one = tracker(server)
    one.begin(about(tmp_path), [])
    one.point(Point(1, 5, {"loss": 0.5}))
    assert one.fault() is None
    one.end(RunEnd("finished", 7))
    assert one.fault() == "does not answer"
    server.hangs.clear()


def test_a_server_that_fails_is_tried_again_at_the_end(tmp_path: Path) -> None:
    server = Server()
    server.fails = 1
    one = tracker(server)
    one.begin(about(tmp_path), [])
    while one.fault() is None:
        time.sleep(0.01)
    assert one.fault() == "[Errno 111] Connection refused"
    one.point(Point(1, 5, {"loss": 0.5}))
    one.end(RunEnd("finished", 7))
    assert (one.fault(), server.ended, [point.step for point in server.points]) == (None, ["finished"], [1])


@pytest.mark.parametrize("content", ["{", "[]", '{"format_version": 1, "uri": "http://other", "key": "x"}'])
def test_a_state_that_is_damaged_or_of_another_server_is_begun_anew(tmp_path: Path, content: str) -> None:
    (tmp_path / "tracking").mkdir()
    (tmp_path / "tracking" / "mlflow.json").write_text(content)
    server = Server()
    one = tracker(server)
    one.begin(about(tmp_path), [])
    one.end(RunEnd("failed", 7))
    assert server.opened[0][1] is None
    assert server.ended == ["failed"]


@pytest.mark.parametrize(
    "address",
    ["https://me:secret@host", "http://token@host:5000", "postgresql://u:p@db/x", "http://host?password=x"],
)
def test_an_address_with_credentials_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="holds a name, a password or a token") as caught:
        TrackingSpec(mlflow=address)
    assert "secret@" not in str(caught.value.errors(include_input=False))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "address", ["http://localhost:5000", "env", "sqlite:///m.db", "databricks", "file:///a@b"]
)
def test_other_addresses_are_taken(address: str) -> None:
    assert TrackingSpec(mlflow=address).wanted
