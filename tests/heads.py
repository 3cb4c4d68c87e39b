"""The model section of every head, so that a test can go through all of them."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from forecaster.model.spec import HEADS, HeadSpec, ModelSpec

_LAYERS = [{"type": "gru", "units": 3}]
_BOTH_WAYS = [{"type": "gru", "units": 3, "bidirectional": True}]


def head_spec(head: str) -> HeadSpec:
    """The head with its default options."""
    return HeadSpec.model_validate({"type": head})


def with_head(head: str, *, patch: int, **values: Any) -> dict[str, Any]:
    """The model section with a head, and with what that head needs: a patch, no normalisation, or both."""
    model = _fitting(head, patch, values)
    assert model is not None, (
        f"head {head} cannot be used with {values}, whatever the patch and normalisation"
    )
    return model


def _fitting(head: str, patch: int, values: dict[str, Any]) -> dict[str, Any] | None:
    patched, raw = {"patch": patch}, {"normalization": "none"}
    for needed in ({}, patched, raw, patched | raw):
        model = {**values, **needed, "head": {"type": head}}
        try:
            ModelSpec.model_validate({"layers": _LAYERS, **model})
        except ValidationError:
            continue
        return model
    return None


BOTH_WAYS_HEADS = [head for head in HEADS if _fitting(head, 2, {"layers": _BOTH_WAYS})]
"""The heads whose stack may read the window from both ends. docs/networks.md lists them, which a test compares."""
