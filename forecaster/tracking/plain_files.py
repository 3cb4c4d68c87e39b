"""Plain files in the layout of DVCLive: metrics.json, params.yaml, and a table for each metric."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from forecaster.runs.files import write_json, write_text
from forecaster.tracking.tracker import Point, RunEnd, TrackedRun, TrackedTrial


class FilesTracker:
    """Writes the files anew after each point, each as a whole: they are small.

    Attributes:
        label: The name in messages.
        folder: Where the files are, once a run has begun.
    """

    label = "tracking.files"

    def __init__(self) -> None:
        self.folder: Path | None = None
        self._tables: dict[str, dict[int, float]] = defaultdict(dict)
        self._scores: dict[str, float] = {}
        self._step = 0

    def begin(self, run: TrackedRun, points: Sequence[Point]) -> None:
        """Write the settings, and the tables of the points so far."""
        import yaml

        self.folder = run.folder / "files"
        # As DVCLive and `dvc exp show` have them: nested, and readable for a person.
        write_text(self.folder / "params.yaml", yaml.safe_dump(_nested(run.params), sort_keys=False))
        for point in points:
            self._take(point)
        self._write(self._tables)

    def point(self, point: Point) -> None:
        """Write the tables that the point is in."""
        self._take(point)
        self._write(point.values)

    def trial(self, trial: TrackedTrial) -> None:
        """Ignore the trial, whose score comes as a point."""

    def end(self, end_of_run: RunEnd) -> None:
        """Write the scores into metrics.json."""
        self._scores = dict(end_of_run.scores)
        self._write(())

    def fault(self) -> str | None:
        """Return None: what cannot be written raises an error."""
        return None

    def _take(self, point: Point) -> None:
        for name, value in point.values.items():
            self._tables[name][point.step] = value
        self._step = max(self._step, point.step)

    def _write(self, names: Any) -> None:
        if self.folder is None:
            return
        for name in names:
            rows = (f"{step}\t{value!r}\n" for step, value in sorted(self._tables[name].items()))
            head = f"step\t{name.rpartition('/')[2]}\n"
            write_text(self.folder / "plots" / "metrics" / f"{name}.tsv", head + "".join(rows))
        latest = {name: table[max(table)] for name, table in self._tables.items()}
        write_json(
            self.folder / "metrics.json", {**_nested({**latest, **self._scores}, "/"), "step": self._step}
        )


def _nested(flat: Any, mark: str = ".") -> dict[str, Any]:
    """Return values by dotted key as nested mappings. A key that is also the beginning of another stays whole."""
    out: dict[str, Any] = {}
    for key, value in flat.items():
        at, parts = out, key.split(mark)
        for part in parts[:-1]:
            inner = at.setdefault(part, {})
            if not isinstance(inner, dict):
                at, parts = out, [key]
                break
            at = inner
        at[parts[-1]] = value
    return out
