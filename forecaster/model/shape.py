"""The sizes of a window, which a network is built for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """All counts; steps are rows of the table's frequency."""

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
