"""The base of every spec: frozen, strict and closed."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

# No count of a config comes near it, and sums and products of such counts stay whole numbers of 64 bits.
MOST_COUNT = 1_000_000_000
# The same of the distance between two whole numbers of a time axis, which may count nanoseconds.
MOST_DISTANCE = 10**15
Count = Annotated[int, Field(ge=1, le=MOST_COUNT)]
"""A number of steps, epochs, windows or trials: at least 1, and no more than a machine could ever take."""


class Spec(BaseModel):
    """A validated part of the YAML file.

    Frozen: no code changes a spec after validation. Strict: "3" is not 3. Closed: an unknown key is an error. The
    docstring of each field is its text in the config reference and in the JSON Schema, so it says what the key does,
    in which unit, and what null means.
    """

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )


class OneOf:
    """Annotation of a field that accepts a few names, each with a meaning.

    On a `Literal` it adds the meanings. On `str` it also restricts the field to the names, so that a dict of functions
    is the only list of accepted names:

        method: Annotated[str, OneOf(meanings_of(METHODS))] = "standard"

    In the JSON Schema the names are the `enum`, and the meanings are the `enumDescriptions`, which editors show beside
    each completion.

    Args:
        meanings: Each accepted name with its meaning in one or two sentences, in the order of the reference.
    """

    def __init__(self, meanings: Mapping[str, str]) -> None:
        self.meanings = dict(meanings)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        if source is str:
            return core_schema.literal_schema(list(self.meanings))
        if get_args(source) != tuple(self.meanings):
            raise TypeError(f"the meanings of {tuple(self.meanings)} do not fit the values of {source}")
        return handler(source)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        node = handler(schema)
        node["enumDescriptions"] = list(self.meanings.values())
        return node


def meanings_of(registry: Mapping[str, object]) -> dict[str, str]:
    """Return the names of a registry, each with the first paragraph of its function's docstring."""
    return {name: first_paragraph(function) for name, function in registry.items()}


def first_paragraph(documented: object) -> str:
    """Return the first paragraph of a docstring on one line; empty if Python runs without docstrings (-OO)."""
    return " ".join((inspect.getdoc(documented) or "").partition("\n\n")[0].split())


@dataclass(frozen=True)
class Fault:
    """A field that does not fit the others of its spec.

    Attributes:
        path: The field, relative to the spec whose validator finds the fault, such as ("window", "lookback").
        summary: What is wrong, worded to follow the path.
        hint: How to correct it.
    """

    path: tuple[str | int, ...]
    summary: str
    hint: str | None = None


class FaultsError(ValueError):
    """Raised by the validator of a spec, with every fault, so that each is shown at its own field.

    Attributes:
        faults: The faults, at least one.
    """

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__("; ".join(f.summary for f in faults))


def raise_faults(faults: list[Fault]) -> None:
    """Raise FaultsError unless the list is empty."""
    if faults:
        raise FaultsError(faults)
