"""Permutation importance: how much the error grows when an input is shuffled between validation windows.

The method is that of Breiman (Random Forests, 2001, section 10) and Fisher, Rudin and Dominici (2019). The inputs are
the past of each target, each covariate (its past and its horizon together), each calendar feature and each static
covariate. Ranges of lags are shuffled in the pasts of all targets together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from forecaster.config.spec import ExperimentSpec
from forecaster.data.arrays import Ints
from forecaster.data.panel import Panel
from forecaster.data.time_axis.calendar import feature_names
from forecaster.data.transforms.windows import Batch, Windows
from forecaster.errors import FORMAT_VERSION
from forecaster.forecasting.fitted import Fitted
from forecaster.stages.prepared import Prepared

MAX_STRETCHES = 8
# Windows come from at most this many series, so that each series has several to shuffle among.
MAX_SERIES = 64


@dataclass(frozen=True)
class ShuffledInput:
    """An input whose values are shuffled together.

    Attributes:
        name: The name of the input in importance.json.
        channels: The channels of the input, by key of a batch.
        steps: The range of steps of the lookback, first to one past the last; None is all steps.
    """

    name: str
    channels: dict[str, list[int]]
    steps: tuple[int, int] | None = None


@dataclass(frozen=True)
class Shuffled(Windows):
    """Windows in which some inputs are replaced by those of other windows.

    Attributes:
        partner: (windows,), the index of the window whose inputs are used.
        part: (windows,), the index into parts of the input that is replaced; -1 replaces none.
        parts: The inputs that can be replaced.
    """

    partner: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    part: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    parts: tuple[ShuffledInput, ...] = ()

    def inputs(self, indices: Ints) -> Batch:
        """Return the inputs of a batch, with the replaced ones taken from the partners.

        Args:
            indices: (batch,), the indices of the windows.
        """
        batch = super().inputs(indices)
        borrowed = super().inputs(self.partner[indices])
        part = self.part[indices]
        for p in np.unique(part[part >= 0]).tolist():
            rows = np.flatnonzero(part == p)
            low, high = self.parts[p].steps or (0, self.lookback)
            for key, channels in self.parts[p].channels.items():
                if batch[key].ndim == 2:
                    at = np.ix_(rows, np.array(channels))
                else:
                    steps = np.arange(low, high) if key.startswith("past") else np.arange(self.horizon)
                    at = np.ix_(rows, steps, np.array(channels))
                batch[key][at] = borrowed[key][at]
        return batch


def measure(
    spec: ExperimentSpec, fitted: Fitted, prepared: Prepared, *, windows: int, repeats: int, seed: int
) -> dict[str, Any]:
    """Measure the permutation importance of every input and of every range of lags.

    All shuffles are forecast in one call, so that the network is compiled once.

    Args:
        spec: The settings of the experiment.
        fitted: The fitted network.
        prepared: The data.
        windows: The largest number of validation windows to use.
        repeats: How often each input is shuffled.
        seed: The seed of the shuffles.

    Returns:
        The content of importance.json. Importance is the growth of the scaled mean absolute error in percent, as
        mean and standard deviation over the repeats.
    """
    chosen = _sample(prepared.windows["val"], windows)
    inputs, lags = _inputs(spec, prepared), _lags(spec, prepared)
    parts = (*inputs, *lags)
    rng = np.random.default_rng(seed)
    n, copies = len(chosen), 1 + repeats * len(parts)
    shuffles = [_others(_groups(p, chosen), rng) for p in parts for _ in range(repeats)]
    partner = np.concatenate([np.arange(n), *shuffles])
    part = np.repeat(np.append(-1, np.repeat(np.arange(len(parts)), repeats)), n)
    shuffled = Shuffled(
        chosen.source,
        chosen.lookback,
        chosen.horizon,
        np.tile(chosen.series, copies),
        np.tile(chosen.start, copies),
        chosen.padded,
        partner=partner,
        part=part,
        parts=parts,
    )
    groups = fitted.scaler.rows_for(prepared.panel.ids)[shuffled.series]
    forecast = fitted.forecast(shuffled, groups).point.reshape(copies, n, chosen.horizon, -1)
    unit = prepared.scales.train_std[chosen.series][:, None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.abs(forecast - prepared.actual(chosen)) / unit
    mae = np.nanmean(np.where(np.isfinite(error), error, np.nan), axis=(1, 2, 3))
    growth = 100 * (mae[1:] / mae[0] - 1).reshape(len(parts), repeats)
    rows = [
        {"name": p.name, "mean": float(growth[i].mean()), "std": float(growth[i].std())}
        for i, p in enumerate(parts)
    ]
    return {
        "format_version": FORMAT_VERSION,
        "split": "val",
        "windows": n,
        "repeats": repeats,
        "seed": seed,
        "scaled_mae": float(mae[0]),
        "inputs": sorted(rows[: len(inputs)], key=lambda row: -row["mean"]),
        "lags": rows[len(inputs) :],
    }


def _sample(windows: Windows, most: int) -> Windows:
    """Return evenly spaced windows, from evenly spaced series if there are more than MAX_SERIES."""
    series = np.unique(windows.series)
    if len(series) > MAX_SERIES:
        kept = series[np.linspace(0, len(series) - 1, MAX_SERIES).astype(np.int64)]
        windows = windows.take(np.flatnonzero(np.isin(windows.series, kept)))
    if len(windows) <= most:
        return windows
    return windows.take(np.linspace(0, len(windows) - 1, most).astype(np.int64))


def _groups(part: ShuffledInput, windows: Windows) -> npt.NDArray[np.int32]:
    """Return (windows,), the group of each window: its series, or one group for all if the input is static."""
    static = any(key.startswith("static") for key in part.channels)
    return np.zeros_like(windows.series) if static else windows.series


def _others(group: npt.NDArray[np.int32], rng: np.random.Generator) -> Ints:
    """Return (windows,), a random partner for each window, from the same group if the group has several."""
    out = np.arange(len(group))
    groups = [np.flatnonzero(group == g) for g in np.unique(group)]
    alone = np.concatenate([g for g in groups if len(g) == 1] or [np.empty(0, dtype=np.int64)])
    for members in [*(g for g in groups if len(g) > 1), alone.astype(np.int64)]:
        # The partner is the next window on a random circle, so no window is its own partner.
        circle = rng.permutation(members)
        out[circle] = np.roll(circle, 1)
    return out


def _inputs(spec: ExperimentSpec, prepared: Prepared) -> list[ShuffledInput]:
    """Return every input: targets, covariates, calendar features and static covariates."""
    panel, source = prepared.panel, prepared.windows["val"].source
    numbers = [name for name in panel.columns if name not in panel.categories]
    codes = [name for name in panel.columns if name in panel.categories]
    n_known = source.n_targets + source.n_past
    parts = [
        ShuffledInput(f"past of {name}", {"past": [i]}) for i, name in enumerate(numbers[: source.n_targets])
    ]
    for i, name in enumerate(numbers[source.n_targets :], source.n_targets):
        ahead = {"future": [i - n_known]} if i >= n_known else {}
        parts.append(ShuffledInput(name, {"past": [i], **ahead}))
    for i, name in enumerate(codes):
        ahead = {"future_codes": [i - source.n_past_codes]} if i >= source.n_past_codes else {}
        parts.append(ShuffledInput(name, {"past_codes": [i], **ahead}))
    at = len(numbers)
    for feature in spec.data.calendar:
        width = len(feature_names([feature]))
        channels = list(range(at, at + width))
        parts.append(
            ShuffledInput(
                f"calendar: {feature}", {"past": channels, "future": [c - n_known for c in channels]}
            )
        )
        at += width
    return parts + _statics(panel)


def _statics(panel: Panel) -> list[ShuffledInput]:
    """Return the static covariates, numbers before categories."""
    numbers = [name for name in panel.statics if name not in panel.categories]
    codes = [name for name in panel.statics if name in panel.categories]
    return [
        *(ShuffledInput(name, {"static": [i]}) for i, name in enumerate(numbers)),
        *(ShuffledInput(name, {"static_codes": [i]}) for i, name in enumerate(codes)),
    ]


def _lags(spec: ExperimentSpec, prepared: Prepared) -> list[ShuffledInput]:
    """Return ranges of lags, the newest first: seasons, patches, or else MAX_STRETCHES equal parts of the lookback."""
    lookback, patch = spec.window.lookback, spec.model.patch or 1
    length = next(
        (unit for unit in (prepared.season, patch) if unit > 1 and 2 <= lookback / unit <= MAX_STRETCHES),
        -(-lookback // MAX_STRETCHES),
    )
    channels: Sequence[int] = range(len(prepared.panel.targets))
    parts = []
    for first in range(1, lookback + 1, length):
        last = min(first + length - 1, lookback)
        name = f"{first}" if first == last else f"{first}–{last}"
        parts.append(ShuffledInput(name, {"past": list(channels)}, (lookback - last, lookback - first + 1)))
    return parts
