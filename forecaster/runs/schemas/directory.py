"""The forms of manifest.json, of the first event of events.jsonl and of splits.json."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from pydantic import Field, TypeAdapter

# On Python 3.11 pydantic takes no TypedDict of the standard library.
from typing_extensions import TypedDict

from forecaster.runs.schemas.base import FormatVersion, Number, Sha256, Stamp, Whole, closed, open_


@closed
class FileEntry(TypedDict):
    """A file of a complete run."""

    bytes: Whole
    sha256: Sha256


@closed
class TableEntry(TypedDict):
    """The table of a run."""

    path: str
    sha256: str
    rows: Whole


@closed
class ScoredRun(TypedDict):
    """The run that was scored, where its networks were trained once more."""

    run: str
    data: TableEntry


@closed
class GateEntry(TypedDict):
    """The comparison by which an updated run was published: MASE of both, and the test of the difference."""

    challenger: Number
    champion: Number
    windows: Whole
    difference: Number
    statistic: Number
    p: Number
    cutoffs: Whole
    series: Whole | None


@closed
class UpdatedRun(TypedDict):
    """The run whose networks were trained on by `update`."""

    run: str
    sha256: Sha256
    # The number of updates since the last training anew, and the epochs that each member took then.
    updates: Whole
    epochs: list[Whole]
    gate: GateEntry


@closed
class ManifestFile(TypedDict):
    """manifest.json."""

    format_version: FormatVersion
    name: str
    versions: dict[str, str]
    data: TableEntry
    seed: Stamp
    files: dict[str, FileEntry]
    scored: NotRequired[ScoredRun]
    updated: NotRequired[UpdatedRun]


@open_
class VersionedFile(TypedDict):
    """Any JSON object; its format_version is compared before the rest is read."""

    format_version: NotRequired[Any]


@open_
class StartedEvent(TypedDict, total=False):
    """The event of events.jsonl that a run begins with."""

    time: str
    event: str
    command: Annotated[str, Field(max_length=40)]
    data_sha256: str
    run_sha256: str
    smoke: bool
    config: str
    options: list[str]


@closed
class WindowEdges(TypedDict):
    """The edges of a window."""

    lookback_first: str
    cutoff: str
    target_first: str
    target_last: str


@closed
class RangeEntry(TypedDict):
    """The rows and windows of a split of a series."""

    windows: Whole
    first: str | None
    last: str | None
    first_window: NotRequired[WindowEdges | None]
    last_window: NotRequired[WindowEdges | None]


@closed
class LearnedEntry(TypedDict):
    """The rows that the networks of a refitted run learned."""

    first: str | None
    last: str | None


@closed
class SeriesEntry(TypedDict):
    """A series of splits.json."""

    id: str
    train: RangeEntry
    val: RangeEntry
    test: RangeEntry
    learned: NotRequired[LearnedEntry | None]


@closed
class SplitsFile(TypedDict):
    """splits.json."""

    format_version: FormatVersion
    windows: NotRequired[dict[str, Whole]]
    series: list[SeriesEntry]


VERSIONED = TypeAdapter(VersionedFile)
MANIFEST = TypeAdapter(ManifestFile)
STARTED = TypeAdapter(StartedEvent)
SPLITS = TypeAdapter(SplitsFile)
