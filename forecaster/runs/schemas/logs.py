"""The forms of what grows line by line: the log of a search, the progress of a training, what trackers are told."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from pydantic import Field, TypeAdapter

# On Python 3.11 pydantic takes no TypedDict of the standard library.
from typing_extensions import TypedDict

from forecaster.runs.schemas.base import Finite, FormatVersion, Number, Small, Whole, closed, open_

TrialName = Annotated[str, Field(pattern=r"^[0-9]{1,9}$")]


@open_
class SearchEvent(TypedDict):
    """The first line of the log of a search."""

    n: Whole
    time: str
    space: dict[str, Any]
    values: dict[str, Any]
    data_sha256: str
    smoke: bool


@open_
class ProposedEvent(TypedDict):
    """A new trial in the log of a search."""

    time: str
    trial: TrialName
    values: dict[str, Any]
    epochs: Small | None
    previous: TrialName | None
    point: dict[str, Any]


@open_
class CompletedEvent(TypedDict):
    """A trial that has ended with a score."""

    time: str
    trial: TrialName
    score: Finite
    metrics: NotRequired[dict[str, Number]]
    epochs: NotRequired[Small]


@open_
class FailedEvent(TypedDict):
    """A trial that has failed."""

    time: str
    trial: TrialName
    reason: str


@closed
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


@closed
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


@closed
class PointEntry(TypedDict):
    """A line of tracking/points.jsonl."""

    step: Small
    time: Whole
    values: Annotated[dict[str, Finite], Field(max_length=1000)]


@closed
class MlflowFile(TypedDict):
    """tracking/mlflow.json: the run on the server that this run is tracked as."""

    format_version: FormatVersion
    uri: str
    key: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    run_id: Annotated[str, Field(max_length=100)] | None
    sent: Annotated[str, Field(max_length=100)] | None


LOGGED: dict[str, TypeAdapter[Any]] = {
    "search": TypeAdapter(SearchEvent),
    "proposed": TypeAdapter(ProposedEvent),
    "completed": TypeAdapter(CompletedEvent),
    "failed": TypeAdapter(FailedEvent),
}
PROGRESS = TypeAdapter(ProgressEntry)
POINT = TypeAdapter(PointEntry)
MLFLOW = TypeAdapter(MlflowFile)
