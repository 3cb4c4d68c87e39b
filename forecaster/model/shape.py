"""The sizes of a window, which a network is built for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

_WIDEST = 64


@dataclass(frozen=True)
class Category:
    """A column of categories. kind: one_hot or embedding. size: how many training rows hold."""

    kind: str
    size: int

    @property
    def width(self) -> int:
        """Channels that it becomes. Of an embedding, the rule of thumb 1.6 n^0.56 of the library fastai."""
        if self.kind == "one_hot":
            return self.size
        width: float = 1.6 * self.size**0.56
        return max(1, min(_WIDEST, round(width)))


@dataclass(frozen=True)
class Shape:
    """All counts; steps are rows of the table's frequency. Categories are not among the channels."""

    lookback: int
    horizon: int
    n_targets: int
    n_past: int = 0
    """Covariate channels of the past: past covariates, then those known ahead."""
    n_future: int = 0
    """Covariate channels known over the horizon."""
    n_static: int = 0
    padded: bool = False
    """Whether windows may begin before their series, with a mask."""
    past_categories: tuple[Category, ...] = ()
    """Known up to the origin alone."""
    future_categories: tuple[Category, ...] = ()
    static_categories: tuple[Category, ...] = ()

    def encoded(self) -> Shape:
        """The channels once categories have become some."""
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
        roles = ("past_categories", "future_categories", "static_categories")
        return cls(**{**state, **{role: tuple(Category(**c) for c in state[role]) for role in roles}})
