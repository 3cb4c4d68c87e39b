"""Quantiles over sampled paths, whatever runs the network that they are drawn from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecaster.model.spec import DistributionOutput

if TYPE_CHECKING:
    from forecaster.model.predict import WindowInputs

# Rows of a batch: windows x paths x targets.
ROWS = 8192
Floats = NDArray[np.float64]
Sampler = Callable[[dict[str, Any], np.random.Generator], Floats]
"""The input of the network and where the draws come from give paths, (windows, paths, horizon, targets)."""


def quantiles_of_paths(
    sample: Sampler,
    output: DistributionOutput,
    windows: WindowInputs,
    probabilities: tuple[float, ...],
    *,
    n_targets: int,
    seed: int,
) -> Floats:
    """Return quantiles over sampled paths, (windows, horizon, targets, probabilities), in the scaler's units.

    Args:
        sample: Samples the paths of a batch.
        output: The `output` section of the model.
        windows: The windows to forecast.
        probabilities: Between 0 and 1.
        n_targets: Targets of a window.
        seed: The same windows and seed give the same paths.
    """
    per_batch = max(1, ROWS // (output.samples * n_targets))
    parts = []
    for nth, first in enumerate(range(0, len(windows), per_batch)):
        indices = np.arange(first, min(first + per_batch, len(windows)), dtype=np.int64)
        paths = sample(windows.inputs(indices), np.random.default_rng((seed, nth)))
        # inverted_cdf returns values that were drawn, so counts stay whole numbers.
        found = np.quantile(paths, probabilities, axis=1, method="inverted_cdf")
        parts.append(np.moveaxis(found, 0, -1))
    return np.concatenate(parts)


def by_window(steps: list[Floats], *, n_windows: int, n_paths: int, n_targets: int) -> Floats:
    """Return the paths of each window, (windows, paths, horizon, targets).

    Args:
        steps: The values of each step, each (rows, 1, channels). A row is a path of a window or, with independent
            channels, of a window and target; the paths of one are consecutive rows.
        n_windows: How many windows.
        n_paths: Paths per window.
        n_targets: Targets per window.
    """
    found = np.concatenate(steps, axis=1)
    horizon, channels = found.shape[1:]
    apart = found.reshape(n_windows, n_targets // channels, n_paths, horizon, channels)
    return np.moveaxis(apart, 1, 3).reshape(n_windows, n_paths, horizon, n_targets)
