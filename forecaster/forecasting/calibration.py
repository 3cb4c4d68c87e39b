"""Intervals from past errors: split-conformal calibration for each step ahead.

Every quantile of a forecast is moved by a quantile of its own errors on calibration
windows. For a point forecast, which stands for all its quantiles, this is split conformal
prediction with each tail on its own (Vovk et al., 2005; Lei et al., 2018). For a forecast
that has quantiles it is conformalised quantile regression in its asymmetric form (Romano,
Patterson & Candès, 2019). Errors are scaled by the spread of their series, so that series
of different magnitude can be pooled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from forecaster.data.arrays import AnyFloats, Floats, Ints
from forecaster.data.transforms.scalers import Scaler
from forecaster.forecasting.stretch import distances, learn_added, learn_factors, stretched
from forecaster.model.linear import spread_out

MEDIAN = 0.5
# A series is calibrated by itself where at least this many of its errors are expected beyond each end.
BEYOND_EACH_END = 10
# The most windows that are pooled; more are thinned out evenly.
MAX_POOLED_WINDOWS = 100_000
# The most windows that what is added to the distances is chosen on.
WINDOWS_TO_CHOOSE = 5_000
# The most offsets that are stored; a table that needs more is calibrated as a whole.
MAX_OFFSETS = 1_000_000
# The most numbers that are calibrated at a time, 32 MiB of them.
NUMBERS_AT_A_TIME = 2**22


@dataclass(frozen=True)
class GroupedQuantiles:
    """Quantile forecasts of windows, in original units, with the group of each window.

    Attributes:
        quantiles: (windows, horizon, targets, probabilities), or (windows, horizon, targets, 1)
            where a point forecast stands for all quantiles.
        group: (windows,), the scaler's group of each window's series.
    """

    quantiles: AnyFloats
    group: Ints


@dataclass(frozen=True)
class Calibration:
    """Offsets that are added to each quantile, in the units of the scaler, or factors of their distances.

    Attributes:
        probabilities: Probabilities of the quantiles, increasing.
        scaler: Scaler with a group per series.
        ids: Names of the series that are calibrated by themselves.
        offsets: (1 + ids, horizon, targets, probabilities); the first row is for all other
            series. Offsets of the median are 0, which leaves the forecast itself in place.
        n_windows: Number of windows that the pooled offsets are learned from.
        stretch: Whether offsets holds factors of the distances of the quantiles from the forecast (see `stretch`).
        added: (targets,), what is added to the distances first, in units of the scaler; empty for none.
    """

    probabilities: tuple[float, ...]
    scaler: Scaler
    ids: tuple[str, ...]
    offsets: Floats
    n_windows: int
    stretch: bool = False
    added: Floats = field(default_factory=lambda: np.zeros(0))

    def apply(self, forecast: GroupedQuantiles, ids: Sequence[str]) -> Floats:
        """Calibrate quantiles.

        Args:
            forecast: The forecasts to calibrate.
            ids: Name of each group of the scaler.

        Returns:
            (windows, horizon, targets, probabilities), non-decreasing in the probability; NaN
            at steps beyond those that were calibrated.
        """
        place = {name: i + 1 for i, name in enumerate(self.ids)}
        row = np.array([place.get(name, 0) for name in ids], dtype=np.int64)[forecast.group]
        out = np.full((*forecast.quantiles.shape[:-1], len(self.probabilities)), np.nan)
        windows = max(1, NUMBERS_AT_A_TIME // max(1, out[:1].size))
        for first in range(0, len(out), windows):
            run = slice(first, first + windows)
            part = GroupedQuantiles(forecast.quantiles[run], forecast.group[run])
            self._apply_to(part, row[run], out=out[run])
        return out

    def _apply_to(self, forecast: GroupedQuantiles, row: Ints, *, out: Floats) -> None:
        """Calibrate some windows.

        Args:
            forecast: The forecasts to calibrate.
            row: (windows,), the row of the offsets of each window.
            out: (windows, horizon, targets, probabilities), where the quantiles go.
        """
        horizon = self.offsets.shape[1]
        if self.stretch:
            scaled = _scaled(self.scaler, forecast, horizon)
            moved = stretched(scaled, self.offsets[row, : scaled.shape[1]], self.probabilities, self._added)
            for k, probability in enumerate(self.probabilities):
                out[:, :horizon, :, k] = self.scaler.invert(moved[..., k], forecast.group)
                if probability == MEDIAN:
                    out[..., k] = _of_probability(forecast.quantiles, k)
            return
        for k, probability in enumerate(self.probabilities):
            base = _of_probability(forecast.quantiles, k)
            if probability == MEDIAN:
                out[..., k] = base
                continue
            scaled = self.scaler.scale_targets(base[:, :horizon], forecast.group)
            scaled += self.offsets[row, : base.shape[1], :, k]
            out[:, :horizon, :, k] = self.scaler.invert(scaled, forecast.group)
        # Offsets are learned one by one, so quantiles can cross; sorting puts them in order
        # (Chernozhukov et al., 2010). The median is the forecast and stays as it is.
        bounds = [k for k, p in enumerate(self.probabilities) if p != MEDIAN]
        out[..., bounds] = np.sort(out[..., bounds], axis=-1)

    @property
    def _added(self) -> Floats | float:
        return self.added if len(self.added) else 0.0

    def as_json(self, *, network: Scaler) -> dict[str, Any]:
        """Return the calibration as plain data.

        Args:
            network: The scaler that is saved beside the calibration. The calibration's own is
                included only where it is a different one.
        """
        return {
            "method": "scaled_conformal" if self.stretch else "split_conformal",
            "probabilities": list(self.probabilities),
            "windows": self.n_windows,
            "ids": list(self.ids),
            "offsets": self.offsets.tolist(),
            **({"added": self.added.tolist()} if len(self.added) else {}),
            "scaler": None if self.scaler is network else self.scaler.as_json(),
        }

    def check(self, *, horizon: int, n_targets: int) -> None:
        """Check that the parts fit each other and a network.

        Args:
            horizon: The steps of the network.
            n_targets: Its targets.

        Raises:
            ValueError: When they do not.
        """
        if self.offsets.shape[1:] != (horizon, n_targets, len(self.probabilities)):
            raise ValueError("offsets do not fit the steps, targets and probabilities of the calibration")
        if len(self.added) not in (0, n_targets) or not (self.added >= 0).all():
            raise ValueError("what is added to the distances does not fit the targets of the calibration")
        if sorted(set(self.probabilities)) != list(self.probabilities) or MEDIAN not in self.probabilities:
            raise ValueError("the probabilities of the calibration do not rise, or lack the median")
        self.scaler.check(n_static=len(self.scaler.static_loc))

    @classmethod
    def from_json(cls, state: dict[str, Any], *, network: Scaler) -> Calibration:
        """Read what `as_json` returns.

        Args:
            state: The plain data.
            network: The scaler that was saved beside the calibration.

        Raises:
            KeyError: A field is missing.
            ValueError: The shape of the offsets does not match the series.
        """
        offsets = np.asarray(state["offsets"], dtype=np.float64)
        if offsets.ndim != 4 or len(offsets) != 1 + len(state["ids"]):
            raise ValueError("offsets do not fit the ids of the calibration")
        return cls(
            tuple(state["probabilities"]),
            network if state["scaler"] is None else Scaler.from_json(state["scaler"]),
            tuple(state["ids"]),
            offsets,
            state["windows"],
            state["method"] == "scaled_conformal",
            np.asarray(state.get("added", []), dtype=np.float64),
        )


def calibrate(
    forecast: GroupedQuantiles,
    actual: AnyFloats,
    *,
    probabilities: tuple[float, ...],
    scaler: Scaler,
    ids: Sequence[str],
    stretch: bool = False,
    new_series: bool = True,
) -> Calibration:
    """Learn the offsets from windows whose actual values are known.

    Where there are too few windows for a probability the largest error is taken, and
    `shortfall` returns a warning.

    Args:
        forecast: The forecasts of the windows.
        actual: (windows, horizon, targets), original units, NaN where not observed.
        probabilities: Probabilities of the quantiles, increasing, the median among them.
        scaler: Scaler with a group per series, in whose units errors are pooled.
        ids: Name of each group of the scaler.
        stretch: Whether to learn factors of the distances instead of offsets.
        new_series: Whether other series than these may be calibrated, for which all are pooled.

    Raises:
        ValueError: There is no window.
    """
    if not len(actual):
        raise ValueError("calibration needs at least one window")
    shown = scaler.scale_targets(actual, forecast.group)
    pooled = spread_out(len(actual), MAX_POOLED_WINDOWS)

    def errors(windows: Ints) -> tuple[Floats, Floats, dict[str, float]]:
        """Return the errors of windows, their scaled quantiles, and how the windows lie in time."""
        part = GroupedQuantiles(forecast.quantiles[windows], forecast.group[windows])
        scaled = _scaled(scaler, part, actual.shape[1])
        middle = probabilities.index(MEDIAN) if scaled.shape[-1] > 1 else 0
        return shown[windows] - scaled[..., middle], scaled, _spread_in_time(part.group, actual.shape[1])

    def learned_added() -> Floats:
        error, scaled, spread = errors(spread_out(len(actual), WINDOWS_TO_CHOOSE))
        return learn_added(error, scaled, probabilities, **spread)

    added = learned_added() if stretch else np.zeros(0)

    def offsets(windows: Ints, *, of_one: bool = False) -> Floats:
        if stretch:
            error, scaled, spread = errors(windows)
            away = distances(scaled, probabilities, added)
            # A series that is calibrated by itself has windows enough.
            return learn_factors(error, away, probabilities, **spread, hang_together=not of_one)
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
    apart = [offsets(windows, of_one=True) for _, windows in alone]
    pooling = new_series or len(alone) < len(ids)
    every = np.stack([offsets(pooled) if pooling else np.zeros_like(apart[0]), *apart])
    names = tuple(name for name, _ in alone)
    return Calibration(probabilities, scaler, names, _rounded(every), len(actual), stretch, _rounded(added))


def _scaled(scaler: Scaler, forecast: GroupedQuantiles, horizon: int) -> Floats:
    """Return the quantiles of the first steps in units of the scaler."""
    quantiles = forecast.quantiles[:, :horizon]
    parts = [scaler.scale_targets(quantiles[..., k], forecast.group) for k in range(quantiles.shape[-1])]
    return np.stack(parts, axis=-1)


def _spread_in_time(group: Ints, horizon: int) -> dict[str, float]:
    """Return how many windows of a series overlap at one step, and how many horizons they cover; both as means.

    The windows of a series follow one another.
    """
    _, count = np.unique(group, return_counts=True)
    covered = (count - 1) / horizon + 1.0
    return {"overlap": len(group) / float(covered.sum()), "horizons": float(covered.mean())}


def needed(probabilities: Sequence[float]) -> int:
    """Return how many windows the outermost quantile needs.

    With fewer, the rank of the conformal quantile lies beyond the largest error.
    """
    tail = min(min(p, 1.0 - p) for p in probabilities)
    # The small term undoes rounding: 1 / (1 - 0.9) is slightly more than 10.
    return int(np.ceil(1.0 / tail - 1e-9)) - 1


def shortfall(calibration: Calibration) -> str | None:
    """Return a warning where there are too few windows for the outermost quantile, or None."""
    least = needed(calibration.probabilities)
    if calibration.n_windows >= least:
        return None
    return (
        f"the widest intervals need {least:,} validation windows, and there are {calibration.n_windows:,}: they "
        "reach only as far as the largest error, and hold fewer values than their level"
    )


def conformal_quantiles(error: AnyFloats, probabilities: Sequence[float]) -> Floats:
    """Return the finite-sample quantiles over the first axis.

    Of n errors in increasing order, take the one of rank ceil((n + 1) p) for p above one half
    and of rank floor((n + 1) p) below it. The next error then lies beyond it with probability
    at most 1 - p or p (Vovk et al., 2005).

    Args:
        error: (n, …), NaN left out.
        probabilities: The probabilities p.

    Returns:
        (probabilities, …); the largest or the smallest error where n is too small for p, and
        0 where n is 0.
    """
    n = np.count_nonzero(~np.isnan(error), axis=0)
    ranks = [_rank(n, probability) for probability in probabilities]
    places = np.unique(ranks)
    # NaN comes after all numbers. To put a few ranks in their places takes half as long as to sort.
    ordered = np.partition(error, places, axis=0) if len(places) <= len(ranks) else np.sort(error, axis=0)
    found = []
    for place in ranks:
        one = np.take_along_axis(ordered, place[None], axis=0)[0]
        found.append(np.where(n > 0, one, 0.0))
    return np.stack(found)


def _rank(n: Ints, probability: float) -> Ints:
    """Return the place, from 0, of the conformal quantile among n errors in increasing order."""
    rank = (n + 1) * probability
    # The small term undoes rounding: 50 * (1 - 0.42) is 29.000000000000004, 100 * 0.29 is 28.999999999999996.
    rank = np.ceil(rank - 1e-9) if probability > MEDIAN else np.floor(rank + 1e-9)
    place: Ints = np.clip(rank.astype(np.int64), 1, np.maximum(n, 1)) - 1
    return place


def _of_probability(quantiles: AnyFloats, k: int) -> AnyFloats:
    return quantiles[..., min(k, quantiles.shape[-1] - 1)]


def _rounded(offsets: Floats) -> Floats:
    """Return scaled offsets with nine digits, more than a network has, so that a file holds them exactly."""
    return np.array([float(f"{x:.9g}") for x in offsets.ravel()]).reshape(offsets.shape)
