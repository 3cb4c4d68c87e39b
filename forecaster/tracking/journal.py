"""The journal of a run: every point that was tracked, once each, in tracking/points.jsonl of the run directory.

A resumed run reads it, so that no tracker is told of an epoch twice. What a tracker could not send is still in it.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from forecaster.errors import DataError
from forecaster.runs import schemas
from forecaster.runs.files import disk_errors
from forecaster.runs.reading import MIB, damaged, read_file
from forecaster.tracking.tracker import Point

POINTS = "points.jsonl"
MOST = 64 * MIB


class Journal:
    """The points of a run on disk.

    Args:
        folder: The folder of the journal; it is made with the first point.

    Raises:
        DataError: When the journal is too large, or its folder is a link.

    Attributes:
        points: The points so far, in the order in which they came.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / POINTS
        self.points = _read(folder)
        self._seen = {(name, point.step) for point in self.points for name in point.values}

    def add(self, point: Point) -> Point | None:
        """Write a point, and return the part of it that is new; None if nothing is.

        Raises:
            EnvironmentError_: When it cannot be written.
        """
        new = {name: v for name, v in point.values.items() if (name, point.step) not in self._seen}
        if not new:
            return None
        point = Point(point.step, point.time, new)
        line = json.dumps({"step": point.step, "time": point.time, "values": new})
        with disk_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(self.path, _FLAGS, 0o666), "wb") as file:
                # A killed process may have left an incomplete line, which this one must not continue.
                file.write(b"\n" * bool(self.points or file.tell()) + line.encode())
        self._seen |= {(name, point.step) for name in new}
        self.points.append(point)
        return point


_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def _read(folder: Path) -> list[Point]:
    """Return the points of a journal. A line that is not as it was written is left out."""
    path = folder / POINTS
    if folder.is_symlink():
        raise damaged(folder, "is a link; what is tracked is written into the run directory")
    if path.is_symlink() or not path.exists():
        return []
    found = []
    for line in read_file(folder, POINTS, most=MOST).splitlines():
        with contextlib.suppress(ValueError, DataError):
            entry = schemas.POINT.validate_json(line)
            found.append(Point(entry["step"], entry["time"], entry["values"]))
    return found
