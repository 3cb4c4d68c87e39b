"""The base of every spec: frozen, strict and closed."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict


class Spec(BaseModel):
    """A validated part of the YAML file.

    Frozen: no code changes a spec after validation. Strict: "3" is not 3.
    Closed: an unknown key is an error. Field descriptions become the config
    reference and the JSON Schema, so they state units and defaults' meaning.
    """

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )


@dataclass(frozen=True)
class Fault:
    """One field that does not fit the others of its spec.

    path: of the field inside the spec that finds the fault, such as ("window", "lookback").
    """

    path: tuple[str | int, ...]
    summary: str
    hint: str | None = None


class FaultsError(ValueError):
    """Raised by a validator of a whole spec, so that every fault is shown at its own field."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__("; ".join(f.summary for f in faults))


def raise_faults(faults: list[Fault]) -> None:
    """Raises FaultsError unless the list is empty."""
    if faults:
        raise FaultsError(faults)
