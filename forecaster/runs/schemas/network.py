"""The form of model/network.json."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

# On Python 3.11 pydantic takes no TypedDict of the standard library.
from typing_extensions import TypedDict

from forecaster.runs.schemas.base import FormatVersion, Whole, closed


@closed
class GraphInputEntry(TypedDict):
    """An input of a graph."""

    name: str
    dtype: Literal["float32", "int32"]
    shape: list[int | str]
    columns: list[str]
    meaning: str


@closed
class GraphOutputEntry(TypedDict):
    """An output of a graph."""

    name: str
    shape: list[int | str]
    columns: list[str]
    meaning: str


@closed
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


@closed
class NetworkWindow(TypedDict):
    """The lengths of a window, in steps."""

    lookback: Whole
    horizon: Whole
    short: str


GraphName = Annotated[str, Field(pattern=r"^(network|first|step)-[0-9]{1,3}\.onnx$")]


@closed
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


NETWORK = TypeAdapter(NetworkFile)
