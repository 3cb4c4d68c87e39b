"""Up to where the networks behind `predict` have learned: as values, and as a sentence."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from forecaster.config.spec import ExperimentSpec
from forecaster.data.arrays import Ints
from forecaster.data.panel import Panel
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.transforms.cutoff import NAMED
from forecaster.data.transforms.near_ids import without_zeros
from forecaster.data.transforms.split import SPLITS, SplitBounds, SplitName
from forecaster.errors import DataError, Diagnostic, Location
from forecaster.forecasting.fitted import time_axis_of, was_refitted
from forecaster.runs import schemas
from forecaster.runs.directory import RunDir
from forecaster.runs.reading import damaged
from forecaster.text import listed, quoted

RANGES = "splits.json"


@dataclass(frozen=True)
class Learned:
    """Up to where the networks behind `predict` have learned.

    Attributes:
        until: The newest time that they have learned.
        steps_after: The number of steps after their training rows, of the series with the most.
        again: Whether they were trained once more, after those that were scored.
    """

    until: str
    steps_after: int
    again: bool

    def as_json(self) -> dict[str, Any]:
        """Return plain values, as in the JSON of `validate` and `show`."""
        return {"until": self.until, "steps_after": self.steps_after, "refit": self.again}

    def sentence(self) -> str:
        """Return a sentence about a complete run."""
        return f"predict uses networks that have learned {self._rows()}"

    def sentence_ahead(self) -> str:
        """Return a sentence about a training to come."""
        return f"predict will use networks that learn {self._rows()}"

    def _rows(self) -> str:
        if self.again:
            return f"all rows, up to {self.until}; the scores are of those before"
        if not self.steps_after:
            return f"all rows, up to {self.until}"
        return (
            f"up to {self.until}, and not the {self.steps_after:,} steps after it; "
            "training.refit: continue teaches them these too"
        )


def learned_by(spec: ExperimentSpec, panel: Panel, split_bounds: SplitBounds) -> Learned:
    """Return up to where a training learns.

    Args:
        spec: The settings of the experiment.
        panel: The series.
        split_bounds: The bounds of the training, validation and test ranges.
    """
    again = spec.training.refit != "none"
    end = split_bounds.length if again else split_bounds.train_end
    learned = np.flatnonzero(end > 0)
    newest = int((panel.first[learned] + end[learned] - 1).max())
    left = int((split_bounds.length - end).max())
    return Learned(panel.time_axis.text(np.array([newest]))[0], left, again)


def learned_of(run: RunDir) -> Learned:
    """Return up to where the networks behind `predict` of a complete run have learned, from its files.

    Args:
        run: The run directory.

    Raises:
        DataError: When a file of the run is damaged.
    """
    time_axis = time_axis_of(run)
    again, positions, learned = was_refitted(run), PositionsOfText(time_axis), learned_splits(run)
    ends, left = [], 0
    for one in learned_series(series_of(run)):
        end = last_of(one, learned, positions)
        if end is not None:
            ends.append(end)
        if not again:
            left = max(left, sum(_rows_of(one[name], positions) for name in ("val", "test")))
    if not ends:
        raise damaged(run.file(RANGES), "has no training rows")
    return Learned(time_axis.text(np.array([max(ends)]))[0], left, again)


def series_of(run: RunDir) -> list[dict[str, Any]]:
    """Return the entries of splits.json of a complete run. Raises DataError when the file is damaged."""
    ranges: Any = run.json(RANGES, schemas.SPLITS)
    series: list[dict[str, Any]] = ranges["series"]
    return series


def learned_series(series: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the entries of splits.json whose series the table of the run holds.

    A run that was refitted on another table also has those that only the scored networks learned.
    """
    return [one for one in series if one.get("learned", "all") is not None]


class PositionsOfText:
    """Positions on a time axis by the text of splits.json, in which many series share their times.

    Attributes:
        time_axis: The time axis.
    """

    def __init__(self, time_axis: TimeAxis) -> None:
        self.time_axis = time_axis
        self._found: dict[str, int] = {}

    def __getitem__(self, text: str) -> int:
        if text not in self._found:
            try:
                self._found[text] = self.time_axis.ceil_position(text)
            except (ValueError, OverflowError) as error:
                raise damaged(Path(RANGES), f"has a time that is none, {text[:40]!a}") from error
        return self._found[text]


def learned_splits(run: RunDir) -> tuple[SplitName, ...]:
    """Return the splits whose rows the networks behind `predict` have learned."""
    return SPLITS if was_refitted(run) else ("train",)


def last_of(one: Mapping[str, Any], splits: Sequence[SplitName], positions: PositionsOfText) -> int | None:
    """Return the position of the last row of some splits and of what was learned later; None if there is none.

    Args:
        one: An entry of splits.json.
        splits: The splits.
        positions: The positions of its times.
    """
    ranges = [one[name] for name in splits]
    if one.get("learned") is not None:
        ranges.append(one["learned"])
    ends = [positions[ranged["last"]] for ranged in ranges if ranged["last"] is not None]
    return max(ends) if ends else None


def last_rows(
    run: RunDir, time_axis: TimeAxis, splits: Sequence[SplitName] = SPLITS
) -> dict[str, int | None]:
    """Return the position of the last row of each series of a run's table.

    Args:
        run: The run directory.
        time_axis: The time axis of the run.
        splits: The splits to look at; what was learned later counts too.
    """
    positions = PositionsOfText(time_axis)
    return {one["id"]: last_of(one, splits, positions) for one in learned_series(series_of(run))}


def absent_series(trained: Collection[str], names: Collection[str], table: str) -> Diagnostic | None:
    """Return a remark on series of the training that a table lacks; None where it has other series altogether.

    Ids that differ in zeros only are no other series.

    Args:
        trained: The ids of the training.
        names: The ids of the table.
        table: Its name.
    """
    absent = sorted(set(trained) - set(names))
    lost = without_zeros(names, trained, "training knows") if absent else None
    if not absent or (len(absent) == len(trained) and lost is None):
        return None
    named = listed(quoted(absent), most=NAMED)
    return Diagnostic(
        f"{len(absent):,} of {len(trained):,} series of the training are not in {table}: {named}",
        hint=None if lost is None else f"{lost.hint}: {lost.summary}",
        severity="warning",
    )


def check_ids(run: RunDir, names: Collection[str], table: str) -> None:
    """Refuse a table whose ids are those of a run but for leading zeros: its rows would be those of new series.

    Args:
        run: The run directory.
        names: The ids of the table.
        table: Its name.

    Raises:
        DataError: There is such an id; the first is named, with the one that is meant.
    """
    lost = without_zeros(names, {one["id"] for one in series_of(run)}, f"{run.path} has")
    if lost is not None:
        raise DataError(lost.summary, hint=lost.hint, location=Location(table))


def rows_seen(run: RunDir, panel: Panel, *, scored: bool = False) -> Ints:
    """Return (series,), the number of first rows of each series that a run was trained or chosen on.

    Args:
        run: The run directory.
        panel: Series on the time axis of the run, its own or others.
        scored: Whether to count the rows of the networks that were scored, before any training on all rows.
    """
    learned: tuple[SplitName, ...] = SPLITS if was_refitted(run) and not scored else ("train", "val")
    positions, ends = PositionsOfText(panel.time_axis), {}
    for one in series_of(run):
        end = last_of({**one, "learned": None} if scored else one, learned, positions)
        if end is not None:
            ends[one["id"]] = end + 1
    return np.array(
        [
            max(0, ends.get(name, begin) - begin)
            for name, begin in zip(panel.ids, panel.first.tolist(), strict=True)
        ],
        dtype=np.int64,
    )


def scored_bounds(run: RunDir, panel: Panel) -> SplitBounds:
    """Return the ranges that a run was scored on, as bounds of the rows of its own table.

    They end at the last row that was scored. A series without such ranges has training rows alone.

    Args:
        run: The run directory.
        panel: The table of the run.
    """
    run_ranges = {one["id"]: one for one in series_of(run)}
    positions = PositionsOfText(panel.time_axis)
    ends = np.repeat(panel.lengths[:, None], len(SPLITS), axis=1)
    for s, name in enumerate(panel.ids):
        one = run_ranges.get(name)
        if one is None or last_of({**one, "learned": None}, SPLITS, positions) is None:
            continue
        ends[s] = 0
        for k, split in enumerate(SPLITS):
            if one[split]["last"] is not None:
                ends[s, k:] = positions[one[split]["last"]] + 1 - int(panel.first[s])
    bounds: Ints = np.clip(ends, 0, panel.lengths[:, None])
    return SplitBounds(bounds[:, 0], bounds[:, 1], bounds[:, 2])


def _rows_of(ranged: Mapping[str, Any], positions: PositionsOfText) -> int:
    if ranged["last"] is None or ranged["first"] is None:
        return 0
    return positions[ranged["last"]] - positions[ranged["first"]] + 1
