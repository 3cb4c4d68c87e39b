"""Per-window normalisation, so that a series which training never saw can be forecast."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

# Below this spread a window counts as constant; dividing by less would blow up rounding errors.
EPSILON = 1e-3
# A seasonal difference is small where the season repeats well, so its floor is higher.
SEASON_EPSILON = 2e-2


class WindowNormalization(keras.Layer):
    """Removes level (and spread) from each window's targets and puts them back on the forecast.

    method "last": y - y_last. "mean": y / (mean |y| + eps). "revin": (y - mean) / std with a
    learned gain and offset per channel (Kim et al., 2022, "Reversible Instance Normalization").
    "season": (y - mean of the last season) / mean |y_t - y_(t - season)|. "none": y.
    All in the units that the scaler left, where eps is small beside a usual spread of 1.
    """

    def __init__(self, method: str, season: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.method = method
        self.season = season

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if self.method == "revin":
            channels = input_shape[-1]
            self.gain = self.add_weight(name="gain", shape=(channels,), initializer="ones", autocast=False)
            self.offset = self.add_weight(
                name="offset", shape=(channels,), initializer="zeros", autocast=False
            )

    def statistics(self, y: Any, present: Any | None = None) -> tuple[Any, Any]:
        """y: (batch, steps, channels). present: (batch, steps, 1), 0 for steps that are not
        there (never the last one); None where all are. Returns level and spread, each
        (batch, 1, channels)."""
        last = y[:, -1:, :]
        if self.method == "last":
            return last, ops.ones_like(last)
        if self.method == "mean":
            return ops.zeros_like(last), _mean(ops.abs(y), present) + EPSILON
        if self.method == "revin":
            loc = _mean(y, present)
            return loc, ops.sqrt(_mean(ops.square(y - loc), present) + EPSILON**2)
        if self.method == "season" and self.season is not None:
            n = self.season
            change = ops.abs(y[:, n:, :] - y[:, :-n, :])
            if present is None:
                return _mean(y[:, -n:, :], None), _mean(change, None) + SEASON_EPSILON
            pairs = present[:, :-n]
            # A series shorter than a season has no change to divide by.
            known = ops.any(pairs > 0, axis=1, keepdims=True)
            scale = ops.where(known, _mean(change, pairs) + SEASON_EPSILON, 1.0)
            return _mean(y[:, -n:, :], present[:, -n:]), scale
        return ops.zeros_like(last), ops.ones_like(last)

    def apply_to(self, y: Any, loc: Any, scale: Any) -> Any:
        z = (y - loc) / scale
        return z * self.gain + self.offset if self.method == "revin" else z

    def invert(self, z: Any, loc: Any, scale: Any) -> Any:
        if self.method == "none":
            return z
        if self.method == "revin":
            # The gain is free to pass zero in training; the guard keeps its sign and the result finite.
            gain = ops.where(self.gain < 0, ops.minimum(self.gain, -EPSILON), ops.maximum(self.gain, EPSILON))
            z = (z - self.offset) / gain
        return z * scale + loc

    def size(self, scale: Any) -> Any:
        """What a normalised distance is worth: `invert` moves by as much. Never negative."""
        if self.method != "revin":
            return scale if self.method in ("mean", "season") else 1.0
        return scale / ops.maximum(ops.abs(self.gain), EPSILON)

    def call(self, y: Any) -> Any:
        return self.apply_to(y, *self.statistics(y))


def _mean(y: Any, present: Any | None) -> Any:
    """(batch, 1, channels): over the steps that are there."""
    if present is None:
        return ops.mean(y, axis=1, keepdims=True)
    total = ops.sum(y * present, axis=1, keepdims=True)
    return total / ops.maximum(ops.sum(present, axis=1, keepdims=True), 1.0)
