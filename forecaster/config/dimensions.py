"""The search nodes of the YAML file, as specs: each describes the values that one hyperparameter may take."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from forecaster.spec import Fault, OneOf, Spec, raise_faults
from forecaster.text import listed

# A range of more steps than this is treated as an error: it is practically continuous.
MOST_VALUES = 1_000_000_000
Scalar = str | int | float | bool | None
Sampling = Annotated[
    Literal["linear", "log"],
    OneOf(
        {
            "linear": "All values are equally likely.",
            "log": "All orders of magnitude are equally likely: as many values from 0.001 to 0.01 as from 0.01 to "
            "0.1. For learning rates and penalties; `min` must be above 0.",
        }
    ),
]


class IntRange(Spec):
    """A whole number from min to max, both included."""

    kind: ClassVar[Literal["int"]] = "int"
    min: int = Field(examples=[32])
    """The smallest value."""
    max: int = Field(examples=[256])
    """The largest value, included where it lies on a step."""
    step: Annotated[int, Field(ge=1)] | None = Field(None, examples=[32])
    """The distance between two values, counted from `min`. null: every whole number. It cannot be used with
    `sampling: log`."""
    sampling: Sampling = Field("linear", examples=["log"])
    """How values are drawn from the range."""
    default: int = Field(examples=[64])
    """The value that `train` uses."""

    @model_validator(mode="after")
    def _fits(self) -> IntRange:
        raise_faults(_range_faults(self))
        return self

    def ends(self) -> dict[tuple[str | int, ...], int]:
        """Return the smallest and the largest value that a search can try, each by the key that sets it."""
        return {("min",): self.min, ("max",): self.at(self.n_values - 1)}

    @property
    def n_values(self) -> int:
        """The number of values."""
        return (self.max - self.min) // (self.step or 1) + 1

    def at(self, index: int) -> int:
        """Return the value at an index, counted from 0."""
        return self.min + index * (self.step or 1)

    def index(self, value: int) -> int:
        """Return the index of a value."""
        return (value - self.min) // (self.step or 1)


class FloatRange(Spec):
    """A number from min to max, both included."""

    kind: ClassVar[Literal["float"]] = "float"
    min: float = Field(examples=[1.0e-4])
    """The smallest value."""
    max: float = Field(examples=[1.0e-2])
    """The largest value, included where it lies on a step."""
    step: Annotated[float, Field(gt=0)] | None = Field(None, examples=[0.1])
    """The distance between two values, counted from `min`. null: any number. It cannot be used with `sampling: log`."""
    sampling: Sampling = Field("linear", examples=["log"])
    """How values are drawn from the range."""
    default: float = Field(examples=[1.0e-3])
    """The value that `train` uses."""

    @model_validator(mode="after")
    def _fits(self) -> FloatRange:
        raise_faults(_range_faults(self))
        return self

    def ends(self) -> dict[tuple[str | int, ...], float]:
        """Return the smallest and the largest value that a search can try, each by the key that sets it."""
        last = self.max if self.n_values is None else self.at(self.n_values - 1)
        return {("min",): self.min, ("max",): last}

    @property
    def n_values(self) -> int | None:
        """The number of values; None without a step."""
        if self.step is None:
            return None
        # In floating point 0.5 / 0.1 may come out just below 5.
        return math.floor((self.max - self.min) / self.step + 1e-9) + 1

    def at(self, index: int) -> float:
        """Return the value at an index, counted from 0, rounded to 12 digits: 0.3 and not 0.30000000000000004."""
        return min(self.max, float(_short12(self.min + index * (self.step or 0.0))))

    def index(self, value: float) -> int:
        """Return the index of a value."""
        return round((value - self.min) / (self.step or 1.0))


class Choice(Spec):
    """One of several values."""

    kind: ClassVar[Literal["choice"]] = "choice"
    values: Annotated[list[Scalar], Field(min_length=1)] = Field(examples=[["tanh", "relu"]])
    """The values to try: text, numbers, true, false or null, each once."""
    default: Scalar = Field(examples=["tanh"])
    """The value that `train` uses; one of `values`."""

    @model_validator(mode="after")
    def _fits(self) -> Choice:
        # In Python 1 == 1.0 == True, but in the file they are different values.
        typed = [(type(v), v) for v in self.values]
        first = {pair: i for i, pair in reversed(list(enumerate(typed)))}
        faults = [
            Fault(("values", i), f"{_yaml(v)} is listed twice", "keep one")
            for i, v in enumerate(self.values)
            if first[typed[i]] < i
        ]
        if (type(self.default), self.default) not in typed:
            names = listed([_yaml(v) for v in self.values], most=20)
            faults.append(Fault(("default",), f"is {_yaml(self.default)}, needs one of the values {names}"))
        raise_faults(faults)
        return self

    def ends(self) -> dict[tuple[str | int, ...], Scalar]:
        """Return every value by its index in the list."""
        return {("values", i): v for i, v in enumerate(self.values)}

    @property
    def n_values(self) -> int:
        """The number of values."""
        return len(self.values)

    def at(self, index: int) -> Scalar:
        """Return the value at an index, counted from 0."""
        return self.values[index]

    def index(self, value: Scalar) -> int:
        """Return the index of a value."""
        return [(type(v), v) for v in self.values].index((type(value), value))


class Boolean(Spec):
    """true or false."""

    kind: ClassVar[Literal["boolean"]] = "boolean"
    default: bool = Field(examples=[False])
    """The value that `train` uses; a search tries both values."""

    def ends(self) -> dict[tuple[str | int, ...], bool]:
        """Return the value that is not the default; the default is validated with the file."""
        return {("default",): not self.default}

    @property
    def n_values(self) -> int:
        """The number of values."""
        return 2

    def at(self, index: int) -> bool:
        """Return false for index 0 and true for index 1."""
        return bool(index)

    def index(self, value: bool) -> int:
        """Return the index of a value: 0 or 1."""
        return int(value)


Range = IntRange | FloatRange | Choice | Boolean
KINDS: dict[str, type[Range]] = {r.kind: r for r in (IntRange, FloatRange, Choice, Boolean)}


@dataclass(frozen=True)
class Dimension:
    """A hyperparameter: its path in the file, and the values that it may take.

    Attributes:
        name: The dotted path in the YAML file, such as model.layers.0.units. For the second and later copies
            of a repeated layer it ends in #2, #3, ….
        path: The same in parts; indices of lists are integers.
        range: The search node.
        copy: Which copy of a repeated layer it belongs to, counted from 1.
        repeat: The name of the dimension that sets the number of copies; None if the number is fixed.
    """

    name: str
    path: tuple[str | int, ...]
    range: Range
    copy: int = 1
    repeat: str | None = None

    @property
    def kind(self) -> str:
        """The kind of the search node: int, float, choice or boolean."""
        return self.range.kind

    @property
    def default(self) -> Scalar:
        """The value that `train` uses."""
        return self.range.default


def _range_faults(node: IntRange | FloatRange) -> list[Fault]:
    if node.min > node.max:
        return [Fault(("max",), f"is {_short(node.max)}, below min, {_short(node.min)}", "swap them")]
    faults = []
    if node.sampling == "log":
        if node.min <= 0:
            faults.append(
                Fault(("min",), f"is {_short(node.min)}, and log sampling needs more than 0", "raise min")
            )
        if node.step is not None:
            hint = "remove step, or list the values in a choice"
            faults.append(Fault(("step",), "cannot be used with log sampling", hint))
            return faults
    if node.step is not None and (node.max - node.min) / node.step > MOST_VALUES:
        summary = f"is {_short(node.step)}, which makes more than {MOST_VALUES:,} values"
        faults.append(Fault(("step",), summary, "raise it, or leave it out"))
        return faults
    if not node.min <= node.default <= node.max:
        summary = f"is {_short(node.default)}, needs a value from {_short(node.min)} to {_short(node.max)}"
        faults.append(Fault(("default",), summary))
    elif node.step is not None and not _on_step(node.default, node.min, node.step):
        below = node.min + math.floor((node.default - node.min) / node.step) * node.step
        above = below + node.step
        near = [_short(v) for v in (below, above) if v <= node.max]
        summary = f"{_short(node.default)} is not on a step of {_short(node.step)} from {_short(node.min)}"
        faults.append(Fault(("default",), summary, f"use {' or '.join(near)}"))
    return faults


def _on_step(value: float, start: float, step: float) -> bool:
    n_steps = (value - start) / step
    return abs(n_steps - round(n_steps)) < 1e-6


def _short(value: float) -> str:
    return f"{value:.15g}"


def _short12(value: float) -> str:
    return f"{value:.12g}"


def _yaml(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
