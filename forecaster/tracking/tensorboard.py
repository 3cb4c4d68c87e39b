"""TensorBoard: an event file in the run directory, which `tensorboard --logdir runs` finds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from forecaster.runs.files import disk_errors, write_whole
from forecaster.tracking.event_file import record, scalars_event, text_event, version_event
from forecaster.tracking.tracker import Point, RunEnd, TrackedRun, TrackedTrial

# TensorBoard reads every file whose name holds "tfevents".
NAME = "events.out.tfevents.forecaster"


class TensorBoardTracker:
    """Writes an event file. A resumed run writes it again from its points, so that none is there twice.

    Attributes:
        label: The name in messages.
        path: The event file, once a run has begun.
    """

    label = "TensorBoard"

    def __init__(self) -> None:
        self.path: Path | None = None
        self._head: list[bytes] = []
        self._points: list[Point] = []

    def begin(self, run: TrackedRun, points: Sequence[Point]) -> None:
        """Write the file anew, with the settings and the points so far."""
        began = points[0].time / 1000 if points else run.began / 1000
        rows = "\n".join(f"| {key} | {_cell(value)} |" for key, value in run.params.items())
        settings = f"| setting | value |\n|---|---|\n{rows}"
        self._head = [version_event(began), text_event(began, "settings", settings)]
        self._points = list(points)
        self.path = run.folder / "tensorboard" / NAME
        self._write()

    def point(self, point: Point) -> None:
        """Append a point."""
        self._points.append(point)
        if self.path is not None:
            with disk_errors(self.path), self.path.open("ab") as file:
                file.write(record(_of(point)))

    def trial(self, trial: TrackedTrial) -> None:
        """Ignore the trial, whose score comes as a point."""

    def end(self, end_of_run: RunEnd) -> None:
        """Write the file once more with the scores, its points in the order of their steps."""
        scores = [Point(0, end_of_run.time, end_of_run.scores)] if end_of_run.scores else []
        if self.path is not None:
            self._write(*scores)

    def fault(self) -> str | None:
        """Return None: what cannot be written raises an error."""
        return None

    def _write(self, *more: Point) -> None:
        assert self.path is not None
        # A point that a killed process could not tell of comes late, and would draw a line back.
        points = sorted(self._points, key=lambda point: point.step)
        events = [*self._head, *(_of(point) for point in [*points, *more])]
        write_whole(self.path, b"".join(record(event) for event in events))


def _of(point: Point) -> bytes:
    return scalars_event(point.time / 1000, point.step, point.values)


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
