"""What a search may vary: the search nodes of the YAML file, as specs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from forecaster.spec import Fault, Spec, refuse

Scalar = str | int | float | bool | None
Sampling = Literal["linear", "log"]


class IntRange(Spec):
    """A whole number from min to max, both included."""

    kind: ClassVar[Literal["int"]] = "int"
    min: int
    max: int
    step: Annotated[int, Field(ge=1)] | None = None
    """Distance between two values, counted from min; null = every whole number."""
    sampling: Sampling = "linear"
    """log: as many small values as large ones."""
    default: int
    """What `train` uses."""

    @model_validator(mode="after")
    def _fits(self) -> IntRange:
        refuse(_range_faults(self))
        return self

    def ends(self) -> dict[tuple[str | int, ...], int]:
        """The smallest and the largest value that a search can try, by the key that sets it."""
        step = self.step or 1
        return {("min",): self.min, ("max",): self.min + (self.max - self.min) // step * step}


class FloatRange(Spec):
    """A number from min to max, both included."""

    kind: ClassVar[Literal["float"]] = "float"
    min: float
    max: float
    step: Annotated[float, Field(gt=0)] | None = None
    """Distance between two values, counted from min; null = any number."""
    sampling: Sampling = "linear"
    """log: as many small values as large ones."""
    default: float
    """What `train` uses."""

    @model_validator(mode="after")
    def _fits(self) -> FloatRange:
        refuse(_range_faults(self))
        return self

    def ends(self) -> dict[tuple[str | int, ...], float]:
        """The smallest and the largest value that a search can try, by the key that sets it."""
        if self.step is None:
            return {("min",): self.min, ("max",): self.max}
        # 0.5 / 0.1 is 5.000000000000001 or 4.999999999999999 as floats go.
        n_steps = math.floor((self.max - self.min) / self.step + 1e-9)
        return {("min",): self.min, ("max",): min(self.max, self.min + n_steps * self.step)}


class Choice(Spec):
    """One of several values."""

    kind: ClassVar[Literal["choice"]] = "choice"
    values: Annotated[list[Scalar], Field(min_length=1)]
    """Text, numbers, true, false or null."""
    default: Scalar
    """What `train` uses."""

    @model_validator(mode="after")
    def _fits(self) -> Choice:
        # 1, 1.0 and true are equal to Python and different to the reader of the file.
        typed = [(type(v), v) for v in self.values]
        faults = [
            Fault(("values", i), f"{_yaml(v)} is listed twice", "keep one")
            for i, v in enumerate(self.values)
            if typed.index(typed[i]) < i
        ]
        if (type(self.default), self.default) not in typed:
            listed = ", ".join(_yaml(v) for v in self.values)
            faults.append(Fault(("default",), f"is {_yaml(self.default)}, needs one of the values {listed}"))
        refuse(faults)
        return self

    def ends(self) -> dict[tuple[str | int, ...], Scalar]:
        """Every value, by its place in the list."""
        return {("values", i): v for i, v in enumerate(self.values)}


class Boolean(Spec):
    """true or false."""

    kind: ClassVar[Literal["boolean"]] = "boolean"
    default: bool
    """What `train` uses."""

    def ends(self) -> dict[tuple[str | int, ...], bool]:
        """The value that is not the default, which needs no second look."""
        return {("default",): not self.default}


Range = IntRange | FloatRange | Choice | Boolean
KINDS: dict[str, type[Range]] = {r.kind: r for r in (IntRange, FloatRange, Choice, Boolean)}


@dataclass(frozen=True)
class Dimension:
    """One hyperparameter: where its value belongs and what it may be.

    name: the dotted path in the YAML file, such as model.layers.0.units.
    path: the same in parts, indices of lists as integers.
    """

    name: str
    path: tuple[str | int, ...]
    range: Range

    @property
    def kind(self) -> str:
        return self.range.kind

    @property
    def default(self) -> Scalar:
        return self.range.default


def _range_faults(node: IntRange | FloatRange) -> list[Fault]:
    if node.min > node.max:
        return [Fault(("max",), f"is {_short(node.max)}, below min, {_short(node.min)}", "exchange them")]
    faults = []
    if node.sampling == "log":
        if node.min <= 0:
            faults.append(
                Fault(("min",), f"is {_short(node.min)}, and log sampling needs more than 0", "raise min")
            )
        if node.step is not None:
            hint = "remove step, or list the values in a choice"
            faults.append(Fault(("step",), "does not go with log sampling", hint))
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


def _yaml(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
