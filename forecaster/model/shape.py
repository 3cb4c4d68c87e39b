"""The sizes of the windows that a network is built for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

_MAX_WIDTH = 64


@dataclass(frozen=True)
class Category:
    """A column of categories."""

    kind: str
    """one_hot or embedding."""
    size: int
    """Categories that occur in training rows."""

    @property
    def width(self) -> int:
        """Channels of the encoded column; for an embedding fastai's rule of thumb 1.6 n^0.56, at most 64."""
        if self.kind == "one_hot":
            return self.size
        width: float = 1.6 * self.size**0.56
        return max(1, min(_MAX_WIDTH, round(width)))


@dataclass(frozen=True)
class Shape:
    """Counts of steps, targets and channels. Steps are rows at the table's frequency."""

    lookback: int
    horizon: int
    n_targets: int
    n_past: int = 0
    """Numeric covariates of the lookback: past covariates, then those known ahead."""
    n_future: int = 0
    """Numeric covariates of the horizon, which are known ahead."""
    n_static: int = 0
    padded: bool = False
    """Whether windows may start before their series; a mask then tells which steps exist."""
    past_categories: tuple[Category, ...] = ()
    """Categories known up to the cutoff only."""
    future_categories: tuple[Category, ...] = ()
    static_categories: tuple[Category, ...] = ()

    def encoded(self) -> Shape:
        """Return the sizes after categories have been encoded as channels."""
        ahead = sum(c.width for c in self.future_categories)
        return replace(
            self,
            n_past=self.n_past + sum(c.width for c in self.past_categories) + ahead,
            n_future=self.n_future + ahead,
            n_static=self.n_static + sum(c.width for c in self.static_categories),
            past_categories=(),
            future_categories=(),
            static_categories=(),
        )

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> Shape:
        """Return the shape whose `dataclasses.asdict` was saved."""
        roles = ("past_categories", "future_categories", "static_categories")
        return cls(**{**state, **{role: tuple(Category(**c) for c in state[role]) for role in roles}})
