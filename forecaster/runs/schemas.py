# ruff: noqa: UP013  A key that is no name, or that the code has another word for, stands in a functional TypedDict.
"""The form of every JSON file of a run directory, by which it is read: types, keys and bounds.

A key that an earlier version did not write is `NotRequired`. An unknown key is an error, because a reader that ignored
it would take a run for something else than it is; an incompatible form has another `format_version`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, with_config

# On Python 3.11 pydantic takes no TypedDict of the standard library.
from typing_extensions import TypedDict

_closed = with_config(
    ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, str_max_length=65_536, defer_build=True)
)
_open = with_config(
    ConfigDict(strict=True, extra="allow", allow_inf_nan=False, str_max_length=65_536, defer_build=True)
)

Whole = Annotated[int, Field(ge=0, le=2**53)]
Small = Annotated[int, Field(ge=0, le=2**24)]
Stamp = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Number = Finite | None
FormatVersion = Literal[1]


@_closed
class FileEntry(TypedDict):
    """A file of a complete run."""

    bytes: Whole
    sha256: Sha256


@_closed
class TableEntry(TypedDict):
    """The table of a run."""

    path: str
    sha256: str
    rows: Whole


@_closed
class ScoredRun(TypedDict):
    """The run that was scored, where its networks were trained once more."""

    run: str
    data: TableEntry


@_closed
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


@_closed
class UpdatedRun(TypedDict):
    """The run whose networks were trained on by `update`."""

    run: str
    sha256: Sha256
    # The number of updates since the last training anew, and the epochs that each member took then.
    updates: Whole
    epochs: list[Whole]
    gate: GateEntry


@_closed
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


@_open
class VersionedFile(TypedDict):
    """Any JSON object; its format_version is compared before the rest is read."""

    format_version: NotRequired[Any]


@_open
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


@_closed
class CategoryEntry(TypedDict):
    """A column of categories that a network takes."""

    kind: Literal["one_hot", "embedding"]
    size: Small


@_closed
class ShapeEntry(TypedDict):
    """The sizes of the windows that a network is built for."""

    lookback: Annotated[int, Field(ge=1, le=2**24)]
    horizon: Annotated[int, Field(ge=1, le=2**24)]
    n_targets: Annotated[int, Field(ge=1, le=2**20)]
    n_past: Small
    n_future: Small
    n_static: Small
    padded: NotRequired[bool]
    past_categories: list[CategoryEntry]
    future_categories: list[CategoryEntry]
    static_categories: list[CategoryEntry]


@_closed
class SpecFile(TypedDict):
    """model/spec.json."""

    format_version: FormatVersion
    # `ModelSpec` has the form of this part.
    model: dict[str, Any]
    shape: ShapeEntry
    members: Annotated[int, Field(ge=1, le=100)]


Spread = Annotated[float, Field(gt=0, allow_inf_nan=False)]
# A fitted scaler. Loc and scale are called center and spread in the file.
ScalerEntry = TypedDict(
    "ScalerEntry",
    {
        "method": str,
        "ids": list[str] | None,
        "n_targets": Small,
        "center": list[list[Finite]],
        "spread": list[list[Spread]],
        "static_center": list[Finite],
        "static_spread": list[Spread],
        "bounds": NotRequired[Annotated[list[Number], Field(min_length=2, max_length=2)]],
    },
)
_closed(ScalerEntry)


@_closed
class TimeAxisEntry(TypedDict):
    """A time axis."""

    freq: str | Annotated[int, Field(ge=1, lt=2**62)]
    timezone: str | None
    phase: Stamp
    skip: Stamp


EncoderEntry = TypedDict("EncoderEntry", {"as": Literal["one_hot", "embedding"], "categories": list[str]})
_closed(EncoderEntry)


@_closed
class ScalesEntry(TypedDict):
    """The in-sample scales of the series."""

    ids: list[str]
    train_std: list[list[Number]]
    naive_error: list[list[Number]]
    naive_sq_error: list[list[Number]]


@_closed
class CalibrationEntry(TypedDict):
    """A calibration."""

    method: Literal["split_conformal", "scaled_conformal"]
    probabilities: Annotated[list[Annotated[float, Field(gt=0, lt=1)]], Field(min_length=1, max_length=200)]
    windows: Whole
    ids: list[str]
    offsets: list[list[list[list[Finite]]]]
    # Absent in runs of 0.2.0 and before.
    added: NotRequired[list[Finite]]
    scaler: ScalerEntry | None


@_closed
class BlendEntry(TypedDict):
    """The weights of a mean of forecasts."""

    season: Annotated[int, Field(ge=1, le=2**24)]
    weights: dict[str, Annotated[float, Field(ge=0, le=1)]]


# model/state.json. The time axis is called grid in the file.
StateFile = TypedDict(
    "StateFile",
    {
        "format_version": FormatVersion,
        "scaler": ScalerEntry,
        "grid": TimeAxisEntry,
        "encoders": dict[str, EncoderEntry],
        "training": NotRequired[ScalesEntry | None],
        "calibration": NotRequired[CalibrationEntry | None],
        "blend": NotRequired[BlendEntry | None],
        "anchor_penalty": NotRequired[Annotated[float, Field(ge=0, allow_inf_nan=False)] | None],
    },
)
_closed(StateFile)


@_closed
class GraphInputEntry(TypedDict):
    """An input of a graph."""

    name: str
    dtype: Literal["float32", "int32"]
    shape: list[int | str]
    columns: list[str]
    meaning: str


@_closed
class GraphOutputEntry(TypedDict):
    """An output of a graph."""

    name: str
    shape: list[int | str]
    columns: list[str]
    meaning: str


@_closed
class NetworkColumns(TypedDict):
    """The columns of the table, as the network sees them."""

    time: str
    freq: str | int | None
    timezone: str | None
    id: str | None
    targets: list[str]
    past_covariates: list[str]
    future_covariates: list[str]
    static_covariates: list[str]
    calendar: list[str]
    categorical: dict[str, Literal["one_hot", "embedding"]]
    missing: str


@_closed
class NetworkWindow(TypedDict):
    """The lengths of a window, in steps."""

    lookback: Whole
    horizon: Whole
    short: str


GraphName = Annotated[str, Field(pattern=r"^(network|first|step)-[0-9]{1,3}\.onnx$")]


@_closed
class NetworkFile(TypedDict):
    """model/network.json."""

    format_version: FormatVersion
    opset: Annotated[int, Field(ge=1, le=1000)]
    refused: str | None
    members: Annotated[list[dict[Literal["network", "first", "step"], GraphName]], Field(max_length=100)]
    inputs: list[GraphInputEntry]
    outputs: list[GraphOutputEntry]
    # `ModelSpec.output` has the form of this part.
    output: dict[str, Any]
    columns: NetworkColumns
    window: NetworkWindow
    levels: list[Annotated[float, Field(gt=0, lt=100)]]
    state: Literal["state.json"]


@_closed
class WindowEdges(TypedDict):
    """The edges of a window."""

    lookback_first: str
    cutoff: str
    target_first: str
    target_last: str


@_closed
class RangeEntry(TypedDict):
    """The rows and windows of a split of a series."""

    windows: Whole
    first: str | None
    last: str | None
    first_window: NotRequired[WindowEdges | None]
    last_window: NotRequired[WindowEdges | None]


@_closed
class LearnedEntry(TypedDict):
    """The rows that the networks of a refitted run learned."""

    first: str | None
    last: str | None


@_closed
class SeriesEntry(TypedDict):
    """A series of splits.json."""

    id: str
    train: RangeEntry
    val: RangeEntry
    test: RangeEntry
    learned: NotRequired[LearnedEntry | None]


@_closed
class SplitsFile(TypedDict):
    """splits.json."""

    format_version: FormatVersion
    windows: NotRequired[dict[str, Whole]]
    series: list[SeriesEntry]


ScoresEntry = dict[str, dict[str, Number]]


@_closed
class LeftOutEntry(TypedDict):
    """How much a metric leaves out."""

    count: Whole
    of: Whole


@_closed
class LossTestEntry(TypedDict):
    """The test of one loss."""

    verdict: Literal["better", "worse", "undecided"]
    difference: Number
    statistic: Number
    p: Number
    cutoffs: Whole
    series: Whole | None


@_closed
class VerdictEntry(TypedDict):
    """The verdict on the model against one baseline."""

    verdict: Literal["better", "worse", "undecided", "mixed"]
    absolute: NotRequired[LossTestEntry]
    squared: NotRequired[LossTestEntry]
    cutoffs_needed: Whole
    series_needed: Whole


@_closed
class SplitScores(TypedDict):
    """The scores of a split."""

    windows: Whole
    scores: ScoresEntry
    intervals: NotRequired[ScoresEntry]
    left_out: dict[str, LeftOutEntry]
    verdicts: NotRequired[dict[str, VerdictEntry]]
    relative: NotRequired[ScoresEntry]


@_closed
class MetricsFile(TypedDict):
    """metrics.json of a run."""

    format_version: FormatVersion
    splits: dict[Literal["val", "test"], SplitScores]


@_closed
class PlanEntry(TypedDict):
    """The plan of a backtest."""

    folds: Whole
    step: Whole
    refit: bool
    window: str


@_closed
class FoldScores(SplitScores):
    """The scores of a fold."""

    fold: Whole
    first_cutoff: str
    last_cutoff: str


@_closed
class SpreadEntry(TypedDict):
    """A metric over the folds."""

    mean: Number
    std: Number
    min: Number
    max: Number


# The test of a difference between two forecasts. Cutoffs are called origins in the file.
ComparisonEntry = TypedDict(
    "ComparisonEntry",
    {
        "difference": Number,
        "statistic": Number,
        "p": Number,
        "origins": Whole,
        "series": NotRequired[Whole | None],
    },
)
_closed(ComparisonEntry)


Spreads = dict[str, dict[str, SpreadEntry | None]]


@_closed
class SummaryEntry(TypedDict):
    """The scores over the folds."""

    scores: Spreads
    intervals: Spreads


@_closed
class BacktestFile(TypedDict):
    """metrics.json of a backtest."""

    format_version: FormatVersion
    plan: PlanEntry
    folds: list[FoldScores]
    summary: SummaryEntry
    comparisons: dict[str, ComparisonEntry]


@_closed
class PartImportance(TypedDict):
    """The importance of an input or of a range of lags."""

    name: str
    mean: Finite
    std: Finite


@_closed
class ImportanceFile(TypedDict):
    """importance.json."""

    format_version: FormatVersion
    split: str
    windows: Whole
    repeats: Whole
    seed: Stamp
    scaled_mae: Finite
    inputs: list[PartImportance]
    lags: list[PartImportance]


TrialName = Annotated[str, Field(pattern=r"^[0-9]{1,9}$")]


@_open
class SearchEvent(TypedDict):
    """The first line of the log of a search."""

    n: Whole
    time: str
    space: dict[str, Any]
    values: dict[str, Any]
    data_sha256: str
    smoke: bool


@_open
class ProposedEvent(TypedDict):
    """A new trial in the log of a search."""

    time: str
    trial: TrialName
    values: dict[str, Any]
    epochs: Small | None
    previous: TrialName | None
    point: dict[str, Any]


@_open
class CompletedEvent(TypedDict):
    """A trial that has ended with a score."""

    time: str
    trial: TrialName
    score: Finite
    metrics: NotRequired[dict[str, Number]]
    epochs: NotRequired[Small]


@_open
class FailedEvent(TypedDict):
    """A trial that has failed."""

    time: str
    trial: TrialName
    reason: str


@_closed
class EpochEntry(TypedDict):
    """An epoch in a checkpoint. A metric of the validation windows may be NaN."""

    member: Small
    epoch: Small
    loss: Finite
    learning_rate: Finite
    seconds: Finite
    best: bool
    val: dict[str, Annotated[float, Field(allow_inf_nan=True)]]
    members: Small


@_closed
class ProgressEntry(TypedDict):
    """How far the training is that a checkpoint holds."""

    epoch: Small
    step: Small
    best: Number
    best_epoch: Small
    waited: Small
    plateau_waited: Small
    plateau_share: Annotated[float, Field(ge=0, le=1)]
    stopped: bool
    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    history: list[EpochEntry]


@_closed
class PointEntry(TypedDict):
    """A line of tracking/points.jsonl."""

    step: Small
    time: Whole
    values: Annotated[dict[str, Finite], Field(max_length=1000)]


@_closed
class MlflowFile(TypedDict):
    """tracking/mlflow.json: the run on the server that this run is tracked as."""

    format_version: FormatVersion
    uri: str
    key: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    run_id: Annotated[str, Field(max_length=100)] | None
    sent: Annotated[str, Field(max_length=100)] | None


@_closed
class ArrayEntry(TypedDict):
    """An array in the header of a safetensors file."""

    dtype: Literal["F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8", "BOOL"]
    shape: Annotated[list[Whole], Field(max_length=8)]
    data_offsets: Annotated[list[Whole], Field(min_length=2, max_length=2)]


VERSIONED = TypeAdapter(VersionedFile)
MANIFEST = TypeAdapter(ManifestFile)
STARTED = TypeAdapter(StartedEvent)
SPEC = TypeAdapter(SpecFile)
STATE = TypeAdapter(StateFile)
NETWORK = TypeAdapter(NetworkFile)
SPLITS = TypeAdapter(SplitsFile)
METRICS = TypeAdapter(MetricsFile)
BACKTEST = TypeAdapter(BacktestFile)
IMPORTANCE = TypeAdapter(ImportanceFile)
LOGGED: dict[str, TypeAdapter[Any]] = {
    "search": TypeAdapter(SearchEvent),
    "proposed": TypeAdapter(ProposedEvent),
    "completed": TypeAdapter(CompletedEvent),
    "failed": TypeAdapter(FailedEvent),
}
PROGRESS = TypeAdapter(ProgressEntry)
POINT = TypeAdapter(PointEntry)
MLFLOW = TypeAdapter(MlflowFile)
ARRAYS: TypeAdapter[dict[str, ArrayEntry | dict[str, str]]] = TypeAdapter(
    dict[str, ArrayEntry | dict[str, str]]
)
