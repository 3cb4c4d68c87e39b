"""Normalisation of each window by its own values, so that unseen series and levels can be forecast."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecaster.model.outputs import EPSILON, SEASON_EPSILON


class WindowNormalization(keras.Layer):
    """Removes the location and scale of each window's targets, and restores them in the forecast.

    Methods, in the units of the scaler's output, where a typical standard deviation is 1:

    - last: y - y_last.
    - mean: y / (mean |y| + EPSILON).
    - revin: (y - mean) / std, times a learned gain, plus a learned offset per channel (Kim et al., 2022,
      "Reversible Instance Normalization").
    - season: (y - mean of the last season) / (mean |y_t - y_(t - season)| + SEASON_EPSILON).
    - none: y.

    Args:
        method: One of these.
        season: Steps in a season, for method season.
        **kwargs: Of `keras.Layer`.
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
        """Return the location and the scale of each window, each (batch, 1, channels).

        Args:
            y: (batch, steps, channels).
            present: (batch, steps, 1), 0 for steps that do not exist, which the last one always does; None
                where all do.
        """
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
        """Normalise y, (batch, steps, channels), by a location and scale from `statistics`."""
        z = (y - loc) / scale
        return z * self.gain + self.offset if self.method == "revin" else z

    def invert(self, z: Any, loc: Any, scale: Any) -> Any:
        """Denormalise z, the inverse of `apply_to`."""
        if self.method == "none":
            return z
        if self.method == "revin":
            # Training may move the gain through zero; the guard keeps its sign and the result finite.
            gain = ops.where(self.gain < 0, ops.minimum(self.gain, -EPSILON), ops.maximum(self.gain, EPSILON))
            z = (z - self.offset) / gain
        return z * scale + loc

    def size(self, scale: Any) -> Any:
        """Return the factor from normalised distances to distances after `invert`. Never negative."""
        if self.method != "revin":
            return scale if self.method in ("mean", "season") else 1.0
        return scale / ops.maximum(ops.abs(self.gain), EPSILON)

    def call(self, y: Any) -> Any:
        return self.apply_to(y, *self.statistics(y))


def _mean(y: Any, present: Any | None) -> Any:
    """Mean over the steps that exist, (batch, 1, channels)."""
    if present is None:
        return ops.mean(y, axis=1, keepdims=True)
    total = ops.sum(y * present, axis=1, keepdims=True)
    return total / ops.maximum(ops.sum(present, axis=1, keepdims=True), 1.0)
