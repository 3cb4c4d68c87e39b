"""What a refitted run takes over from the run before it, byte for byte: scores, forecasts and the scored network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forecaster.data.panel import Panel
from forecaster.data.profile.split_facts import texts_of
from forecaster.data.transforms.split import SPLITS
from forecaster.forecasting.fitted import SCORED, SPEC, STATE, was_refitted
from forecaster.forecasting.graphs import MODEL, SCORED_MODEL, WEIGHTS, graph_files
from forecaster.runs import schemas
from forecaster.runs.directory import RunDir
from forecaster.runs.files import write_long_json, write_whole
from forecaster.runs.reading import MOST_BYTES
from forecaster.stages.learned import RANGES

# Those of them that a run has; one without windows outside training has no forecasts.
_FILES = (
    "history.csv",
    "metrics.json",
    "forecasts.csv",
    "scores/by_step.csv",
    "scores/by_series.csv",
    "plots/forecast.png",
    "plots/loss.png",
)
_NO_RANGE = {"windows": 0, "first": None, "last": None, "first_window": None, "last_window": None}


def check_whole(before: RunDir) -> None:
    """Check every file that is taken over. Raises DataError when one was changed or cut short."""
    before.check(RANGES, *_names(before))


def take_over(before: RunDir, run: RunDir, panel: Panel) -> None:
    """Write the files of the scores, and splits.json with the rows that the new networks learn.

    Args:
        before: The run before, which is not changed.
        run: The new run directory.
        panel: The table whose rows are all learned.
    """
    for name, to in _names(before).items():
        write_whole(run.file(to), before.read(name, most=MOST_BYTES))
    ranges: Any = before.json(RANGES, schemas.SPLITS)
    head = {key: value for key, value in ranges.items() if key != "series"}
    write_long_json(run.file(RANGES), head, "series", _series(ranges["series"], panel))


def _names(before: RunDir) -> dict[str, str]:
    """Return the files that are taken over, and where to."""
    files = before.manifest()["files"]
    refitted = was_refitted(before)
    network = SCORED if refitted else (SPEC, STATE, WEIGHTS)
    folder = SCORED_MODEL if refitted else MODEL
    # A run of an earlier version has none.
    graphs = {name: f"{SCORED_MODEL}/{name.rpartition('/')[2]}" for name in graph_files(files, folder)}
    kept = {name: name for name in _FILES if name in files}
    return kept | dict(zip(network, SCORED, strict=True)) | graphs


def _series(scored: list[dict[str, Any]], panel: Panel) -> Iterator[dict[str, Any]]:
    """Yield the scored ranges and the learned rows of every series of the table, then of those that it lacks."""
    ranges: dict[str, dict[str, Any]] = {one["id"]: {name: one[name] for name in SPLITS} for one in scored}
    every = slice(0, len(panel.ids))
    first, last = (
        texts_of(panel, rows, panel.lengths > 0, every) for rows in (panel.lengths * 0, panel.lengths - 1)
    )
    for name, begin, end in zip(panel.ids, first, last, strict=True):
        one = ranges.pop(name, dict.fromkeys(map(str, SPLITS), _NO_RANGE))
        yield {"id": name, **one, "learned": {"first": begin, "last": end}}
    for name, one in ranges.items():
        if any(one[split]["last"] is not None for split in SPLITS):
            yield {"id": name, **one, "learned": None}
