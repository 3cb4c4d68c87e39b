# ruff: noqa: UP013  A key that is no name, or that the code has another word for, stands in a functional TypedDict.
"""The forms of model/spec.json and model/state.json, and of the header of the weights."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field, TypeAdapter

# On Python 3.11 pydantic takes no TypedDict of the standard library.
from typing_extensions import TypedDict

from forecaster.runs.schemas.base import Finite, FormatVersion, Number, Small, Stamp, Whole, closed


@closed
class CategoryEntry(TypedDict):
    """A column of categories that a network takes."""

    kind: Literal["one_hot", "embedding"]
    size: Small


@closed
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


@closed
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
closed(ScalerEntry)


@closed
class TimeAxisEntry(TypedDict):
    """A time axis."""

    freq: str | Annotated[int, Field(ge=1, lt=2**62)]
    timezone: str | None
    phase: Stamp
    skip: Stamp


EncoderEntry = TypedDict("EncoderEntry", {"as": Literal["one_hot", "embedding"], "categories": list[str]})
closed(EncoderEntry)


@closed
class ScalesEntry(TypedDict):
    """The in-sample scales of the series."""

    ids: list[str]
    train_std: list[list[Number]]
    naive_error: list[list[Number]]
    naive_sq_error: list[list[Number]]


@closed
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


@closed
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
        # Absent where it is the same, and in runs of 0.2.0 and before.
        "validation_calibration": NotRequired[CalibrationEntry],
        "blend": NotRequired[BlendEntry | None],
        "anchor_penalty": NotRequired[Annotated[float, Field(ge=0, allow_inf_nan=False)] | None],
    },
)
closed(StateFile)


@closed
class ArrayEntry(TypedDict):
    """An array in the header of a safetensors file."""

    dtype: Literal["F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8", "BOOL"]
    shape: Annotated[list[Whole], Field(max_length=8)]
    data_offsets: Annotated[list[Whole], Field(min_length=2, max_length=2)]


SPEC = TypeAdapter(SpecFile)
STATE = TypeAdapter(StateFile)
ARRAYS: TypeAdapter[dict[str, ArrayEntry | dict[str, str]]] = TypeAdapter(
    dict[str, ArrayEntry | dict[str, str]]
)
