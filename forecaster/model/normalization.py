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
            self.gain = self.add_weight(name="gain", shape=(channels,), initializer="ones")
            self.offset = self.add_weight(name="offset", shape=(channels,), initializer="zeros")

    def statistics(self, y: Any) -> tuple[Any, Any]:
        """y: (batch, steps, channels). Returns level and spread, each (batch, 1, channels)."""
        if self.method == "last":
            return y[:, -1:, :], ops.ones_like(y[:, -1:, :])
        if self.method == "mean":
            return ops.zeros_like(y[:, -1:, :]), ops.mean(ops.abs(y), axis=1, keepdims=True) + EPSILON
        if self.method == "revin":
            spread = ops.sqrt(ops.var(y, axis=1, keepdims=True) + EPSILON**2)
            return ops.mean(y, axis=1, keepdims=True), spread
        if self.method == "season" and self.season is not None:
            level = ops.mean(y[:, -self.season :, :], axis=1, keepdims=True)
            change = ops.abs(y[:, self.season :, :] - y[:, : -self.season, :])
            return level, ops.mean(change, axis=1, keepdims=True) + SEASON_EPSILON
        return ops.zeros_like(y[:, -1:, :]), ops.ones_like(y[:, -1:, :])

    def apply_to(self, y: Any, level: Any, spread: Any) -> Any:
        z = (y - level) / spread
        return z * self.gain + self.offset if self.method == "revin" else z

    def invert(self, z: Any, level: Any, spread: Any) -> Any:
        if self.method == "none":
            return z
        if self.method == "revin":
            # The gain is free to pass zero in training; the guard keeps its sign and the result finite.
            gain = ops.where(self.gain < 0, ops.minimum(self.gain, -EPSILON), ops.maximum(self.gain, EPSILON))
            z = (z - self.offset) / gain
        return z * spread + level

    def call(self, y: Any) -> Any:
        return self.apply_to(y, *self.statistics(y))
