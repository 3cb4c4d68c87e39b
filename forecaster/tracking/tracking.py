"""The tracking of a run: passes epochs, trials and scores on to trackers, none of which can cost the run anything."""

from __future__ import annotations

import importlib.util
import math
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from forecaster.errors import EnvironmentError_, install_hint
from forecaster.system import quoted
from forecaster.text import one_line, without_secrets
from forecaster.tracking.journal import Journal
from forecaster.tracking.plain_files import FilesTracker
from forecaster.tracking.spec import FROM_ENVIRONMENT, TrackingSpec
from forecaster.tracking.tensorboard import TensorBoardTracker
from forecaster.tracking.tracker import Point, RunEnd, TrackedRun, TrackedTrial, Tracker
from forecaster.training.progress import EpochRow, Listener

_Result = TypeVar("_Result")
SHOWN = 300
Note = Callable[[str], None]
"""Takes a remark for the user."""


def _mlflow(spec: TrackingSpec, name: str) -> Tracker | None:
    """Return the tracker of an MLflow server."""
    if spec.mlflow is None:
        return None
    from forecaster.tracking.mlflow_server import MlflowServer, address_of
    from forecaster.tracking.mlflow_tracker import MlflowTracker

    address = address_of(spec.mlflow)
    assert address is not None
    experiment = spec.experiment or os.environ.get("MLFLOW_EXPERIMENT_NAME") or name
    return MlflowTracker(MlflowServer(address, experiment))


# Each key of the tracking section that asks for a tracker, with what makes it from the section and the name.
TRACKERS: dict[str, Callable[[TrackingSpec, str], Tracker | None]] = {
    "mlflow": _mlflow,
    "tensorboard": lambda spec, name: TensorBoardTracker() if spec.tensorboard else None,
    "files": lambda spec, name: FilesTracker() if spec.files else None,
}


def check_tracking(spec: TrackingSpec) -> None:
    """Check that what is asked for can be tracked, before anything is written. Contacts no server.

    Raises:
        EnvironmentError_: When MLflow is not installed, or the environment does not name the server.
    """
    if spec.mlflow is None:
        return
    if importlib.util.find_spec("mlflow") is None:
        raise EnvironmentError_(
            "needs MLflow, which is not installed", hint=install_hint("mlflow"), path="tracking.mlflow"
        )
    if spec.mlflow == FROM_ENVIRONMENT and not os.environ.get("MLFLOW_TRACKING_URI"):
        raise EnvironmentError_(
            f"is {FROM_ENVIRONMENT}, and the environment variable MLFLOW_TRACKING_URI is not set",
            hint="set it to the address of the server, or write the address into the config",
            path="tracking.mlflow",
        )


class Tracking:
    """A listener of a training that passes everything on to trackers. Without a tracker it does nothing.

    Args:
        spec: The tracking section.
        run: The run.
        note: Takes remarks, such as that a server is away.

    Attributes:
        part: What the epochs belong to, such as "fold-1"; empty for the run itself.
    """

    def __init__(self, spec: TrackingSpec, run: TrackedRun, note: Note) -> None:
        self.run, self.note, self.part = run, note, ""
        self._noted: set[str] = set()
        self._away: set[str] = set()
        self._notes: list[str] = []
        self._lock = threading.RLock()
        self._trackers: list[Tracker] = []
        self._journal: Journal | None = None
        if not spec.wanted:
            return
        journal = self.safely("tracking", lambda: Journal(run.folder))
        if journal is None:
            self.deliver()
            return
        self._journal = journal
        for make in TRACKERS.values():
            tracker = self.safely("tracking", lambda make=make: make(spec, run.experiment))  # type: ignore[misc]
            if tracker is not None:
                self._trackers.append(tracker)
                self._each(lambda one: one.begin(run, journal.points), [tracker])

    @property
    def silent(self) -> bool:
        """Whether nothing is tracked."""
        return self._journal is None

    def epoch_done(self, row: EpochRow) -> None:
        """Take an epoch that has ended."""
        member = f"member-{row.member + 1}" if row.member else ""
        values = {"loss": row.loss, "learning_rate": row.learning_rate, "seconds": row.seconds, **row.val}
        self.point(row.epoch, values, "/".join(part for part in (self.part, member) if part))

    def point(self, step: int, values: Mapping[str, float | None], place: str = "") -> None:
        """Take the values of some metrics at a step, each once: those that were taken before stay as they are.

        Args:
            step: The step, from 1.
            values: The values by name; those that cannot be computed are left out.
            place: What the names begin with.
        """
        if self._journal is None:
            return
        point = Point(step, _now(), finite({f"{place}/{k}" if place else k: v for k, v in values.items()}))
        journal = self._journal
        with self._lock:
            new = self.safely("the journal of tracking", lambda: journal.add(point))
            if new is not None:
                self._each(lambda tracker: tracker.point(new))

    def trial(self, trial: TrackedTrial) -> None:
        """Take a trial that begins or has ended."""
        self._each(lambda tracker: tracker.trial(trial))

    def end(self, end_of_run: RunEnd) -> None:
        """Take the end of the run, and say what could not be tracked."""
        self._each(lambda tracker: tracker.end(end_of_run))
        for tracker in self._trackers:
            if tracker.label in self._away and tracker.fault() is None:
                self._notes.append(f"{tracker.label}: has everything now")
        self.deliver()

    def deliver(self) -> None:
        """Pass on the remarks that have come up. To be called in the thread that shows them."""
        with self._lock:
            notes, self._notes = self._notes, []
        for text in notes:
            self.note(text)

    def _each(self, tell: Callable[[Tracker], None], trackers: Iterable[Tracker] | None = None) -> None:
        # Trials end in threads of their own.
        with self._lock:
            for tracker in self._trackers if trackers is None else trackers:
                self.safely(tracker.label, lambda tracker=tracker: tell(tracker))  # type: ignore[misc]
                fault = tracker.fault()
                if fault is not None:
                    self._away.add(tracker.label)
                    self._note_once(tracker.label, fault)

    def safely(self, label: str, step: Callable[[], _Result]) -> _Result | None:
        """Do something that may fail in any way, and note the first time that it does.

        Args:
            label: What it is about, in messages.
            step: Does it.

        Returns:
            Its result; None if it failed.
        """
        try:
            return step()
        except Exception as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            self._note_once(label, one_line(without_secrets(lines[0]), SHOWN))
            return None

    def _note_once(self, label: str, why: str) -> None:
        if label not in self._noted:
            self._noted.add(label)
            again = f"--run-dir {quoted(str(self.run.path))} --resume"
            self._notes.append(
                f"{label}: {why}. The run goes on without it; what it should have been told is kept in "
                f"{self.run.folder}, and is sent by the same command with {again}."
            )


class Followed:
    """A listener of a training that passes everything on to another, and the epochs to the tracking too.

    Attributes:
        listener: The other listener.
        tracking: The tracking.
    """

    def __init__(self, listener: Listener, tracking: Tracking) -> None:
        self.listener, self.tracking = listener, tracking

    def batch_done(self, member: int, epoch: int, step: int, n_steps: int, loss: float) -> None:
        """Pass the batch on."""
        self.listener.batch_done(member, epoch, step, n_steps, loss)

    def epoch_done(self, row: EpochRow, epochs: int) -> None:
        """Track the epoch, then pass it on: the other listener may end the training."""
        self.tracking.epoch_done(row)
        self.tracking.deliver()
        self.listener.epoch_done(row, epochs)


def finite(values: Mapping[str, float | None]) -> dict[str, float]:
    """Return the values that are numbers: trackers take neither NaN nor infinity nor nothing."""
    return {name: float(v) for name, v in values.items() if v is not None and math.isfinite(v)}


def _now() -> int:
    return int(time.time() * 1000)
