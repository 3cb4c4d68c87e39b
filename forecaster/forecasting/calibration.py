"""Intervals from past errors: split-conformal calibration per step ahead.

Every quantile of a forecast is moved by a quantile of its own errors on calibration
windows. For a point forecast, whose every quantile is the forecast itself, that is split
conformal prediction with each tail on its own (Vovk et al., 2005; Lei et al., 2018); for a
forecast that has quantiles it is conformalised quantile regression in its asymmetric form
(Romano, Patterson & Candès, 2019). Errors are taken in units of each series' own spread,
so that series of different size can be pooled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecaster.data.transforms.scalers import Scaler
from forecaster.model.linear import spread_out

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]

MEDIAN = 0.5
# A series is calibrated by itself where about so many of its errors are expected beyond each end.
BEYOND_EACH_END = 10
# Windows that are pooled; more are thinned out evenly.
MAX_POOLED_WINDOWS = 100_000
# Numbers kept in all; a table of more series than that is calibrated together.
MAX_OFFSETS = 1_000_000


@dataclass(frozen=True)
class GroupedQuantiles:
    """Forecasts of windows, in original units, with where they belong.

    quantiles: (windows, horizon, targets, probabilities), or (…, 1) where a point stands
    for all of them. group: (windows,), the scaler's group of each window's series.
    """

    quantiles: Floats
    group: Ints


@dataclass(frozen=True)
class Calibration:
    """How far each quantile is moved, in the scaler's units.

    probabilities: of the last axis, rising. scaler: gives the units. ids: series
    calibrated by themselves. offsets: (1 + ids, horizon, targets, probabilities), first
    that of all series together; 0 at the median, which stays where the forecast put it.
    n_windows: that the pooled offsets are learned from.
    """

    probabilities: tuple[float, ...]
    scaler: Scaler
    ids: tuple[str, ...]
    offsets: NDArray[np.float64]
    n_windows: int

    def apply(self, forecast: GroupedQuantiles, ids: Sequence[str]) -> NDArray[np.float32]:
        """The calibrated quantiles, (windows, horizon, targets, probabilities), never crossing.

        ids: of the scaler's groups, which tells the series calibrated by themselves. Steps
        beyond those that were calibrated get NaN.
        """
        horizon, n = self.offsets.shape[1], len(self.probabilities)
        place = {name: i + 1 for i, name in enumerate(self.ids)}
        row = np.array([place.get(name, 0) for name in ids], dtype=np.int64)[forecast.group]
        out = np.full((*forecast.quantiles.shape[:-1], n), np.nan, dtype=np.float32)
        for k, probability in enumerate(self.probabilities):
            base = _of_probability(forecast.quantiles, k)
            if probability == MEDIAN:
                out[..., k] = base
                continue
            scaled = self.scaler.scale_targets(base[:, :horizon], forecast.group)
            scaled += self.offsets[row, : base.shape[1], :, k]
            out[:, :horizon, :, k] = self.scaler.invert(scaled, forecast.group)
        # Offsets are learned apart; where they cross, the ends are put in order (Chernozhukov
        # et al., 2010), and the median, which is the forecast, is left alone.
        bounds = [k for k, p in enumerate(self.probabilities) if p != MEDIAN]
        out[..., bounds] = np.sort(out[..., bounds], axis=-1)
        return out

    def as_json(self, *, network: Scaler) -> dict[str, Any]:
        """network: the scaler that is saved beside it, and named here only where it is another."""
        return {
            "method": "split_conformal",
            "probabilities": list(self.probabilities),
            "windows": self.n_windows,
            "ids": list(self.ids),
            "offsets": [[_rounded(step) for step in one] for one in self.offsets],
            "scaler": None if self.scaler is network else self.scaler.as_json(),
        }

    @classmethod
    def from_json(cls, state: dict[str, Any], *, network: Scaler) -> Calibration:
        offsets = np.asarray(state["offsets"], dtype=np.float64)
        if offsets.ndim != 4 or len(offsets) != 1 + len(state["ids"]):
            raise ValueError("offsets do not fit the ids of the calibration")
        return cls(
            tuple(state["probabilities"]),
            network if state["scaler"] is None else Scaler.from_json(state["scaler"]),
            tuple(state["ids"]),
            offsets,
            state["windows"],
        )


def calibrate(
    forecast: GroupedQuantiles,
    actual: Floats,
    *,
    probabilities: tuple[float, ...],
    scaler: Scaler,
    ids: Sequence[str],
) -> Calibration:
    """Learn the offsets from windows whose outcome is known.

    actual: (windows, horizon, targets), original units, NaN where not observed. scaler:
    with a group per series. ids: of those groups.
    With too few windows for a probability the largest error seen stands in; `shortfall` says so.
    Raises ValueError without a window.
    """
    if not len(actual):
        raise ValueError("calibration needs at least one window")
    shown = scaler.scale_targets(actual, forecast.group)

    def offsets(windows: Ints) -> NDArray[np.float64]:
        out = np.zeros((*actual.shape[1:], len(probabilities)))
        of_base: dict[int, list[int]] = {}
        for k, probability in enumerate(probabilities):
            if probability != MEDIAN:
                of_base.setdefault(min(k, forecast.quantiles.shape[-1] - 1), []).append(k)
        for base, ks in of_base.items():
            scaled = scaler.scale_targets(forecast.quantiles[windows, ..., base], forecast.group[windows])
            found = conformal_quantiles(shown[windows] - scaled, [probabilities[k] for k in ks])
            out[..., ks] = np.moveaxis(found, 0, -1)
        return out

    order = np.argsort(forecast.group, kind="stable")
    found, first, count = np.unique(forecast.group[order], return_index=True, return_counts=True)
    enough = count >= needed(probabilities) * BEYOND_EACH_END
    per_series = actual[0].size * len(probabilities)
    if len(found) < 2 or enough.sum() * per_series > MAX_OFFSETS:
        enough[:] = False
    alone = [
        (ids[group], order[begin : begin + n])
        for group, begin, n in zip(found[enough], first[enough], count[enough], strict=True)
    ]
    pooled = spread_out(len(actual), MAX_POOLED_WINDOWS)
    every = np.stack([offsets(pooled), *(offsets(windows) for _, windows in alone)])
    return Calibration(probabilities, scaler, tuple(name for name, _ in alone), every, len(actual))


def needed(probabilities: Sequence[float]) -> int:
    """Windows without which no error lies beyond the outermost quantile."""
    tail = min(min(p, 1.0 - p) for p in probabilities)
    # The small term undoes rounding: 1 / (1 - 0.9) is more than 10.
    return int(np.ceil(1.0 / tail - 1e-9)) - 1


def shortfall(calibration: Calibration) -> str | None:
    """What to say where there were too few windows for the outermost quantile."""
    least = needed(calibration.probabilities)
    if calibration.n_windows >= least:
        return None
    return (
        f"the widest intervals need {least:,} validation windows, and there are {calibration.n_windows:,}: they "
        "reach as far as the largest error seen, and hold fewer values than they say"
    )


def conformal_quantiles(error: Floats, probabilities: Sequence[float]) -> NDArray[np.float64]:
    """The finite-sample quantiles over the first axis, (probabilities, …), NaN left out.

    Of n errors, the one of rank ceil((n + 1) p) from below for p above one half, and of
    rank floor((n + 1) p) below it, so that the next error falls beyond it with a chance of at
    most 1 - p, or p. Where n is too small for p: the largest, or the smallest. 0 where n is 0.
    """
    # NaN goes behind all numbers.
    ordered = np.sort(error, axis=0)
    n = np.count_nonzero(~np.isnan(error), axis=0)
    found = []
    for probability in probabilities:
        rank = (n + 1) * probability
        # The small term undoes rounding: 50 * (1 - 0.42) is 29.000000000000004, 100 * 0.29 is 28.999999999999996.
        rank = np.ceil(rank - 1e-9) if probability > MEDIAN else np.floor(rank + 1e-9)
        place = np.clip(rank.astype(np.int64), 1, np.maximum(n, 1)) - 1
        one = np.take_along_axis(ordered, place[None], axis=0)[0]
        found.append(np.where(n > 0, one, 0.0))
    return np.stack(found)


def _of_probability(quantiles: Floats, k: int) -> Floats:
    return quantiles[..., min(k, quantiles.shape[-1] - 1)]


def _rounded(step: NDArray[np.float64]) -> list[list[float]]:
    """(targets, probabilities), with the digits that a forecast can mean."""
    return [[float(f"{x:.9g}") for x in target] for target in step]
