"""Sampled paths of heads that feed back: each step is fed a value drawn from the distribution of the last."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from forecaster.model.layers.parameters import assemble
from forecaster.model.outputs import draw, parameters
from forecaster.model.predict import WindowInputs
from forecaster.model.spec import DistributionOutput

# Rows of a batch: windows x paths x targets.
ROWS = 8192


def path_quantiles(
    model: Any, windows: WindowInputs, probabilities: tuple[float, ...], *, seed: int
) -> NDArray[np.float64]:
    """Return quantiles over sampled paths, (windows, horizon, targets, probabilities), in the scaler's units.

    Args:
        model: A network whose head feeds back and whose output is a distribution.
        windows: The windows to forecast.
        probabilities: Between 0 and 1.
        seed: The same windows and seed give the same paths.
    """
    output = model.spec.output
    per_batch = max(1, ROWS // (output.samples * model.shape.n_targets))
    parts = []
    for nth, first in enumerate(range(0, len(windows), per_batch)):
        indices = np.arange(first, min(first + per_batch, len(windows)), dtype=np.int64)
        paths = sample_paths(model, windows.inputs(indices), np.random.default_rng((seed, nth)))
        # inverted_cdf returns values that were drawn, so counts stay whole numbers.
        found = np.quantile(paths, probabilities, axis=1, method="inverted_cdf")
        parts.append(np.moveaxis(found, 0, -1))
    return np.concatenate(parts)


def sample_paths(model: Any, inputs: dict[str, Any], rng: np.random.Generator) -> NDArray[np.float64]:
    """Sample paths of one batch, (windows, paths, horizon, targets), in the scaler's units.

    Args:
        model: A network whose head feeds back and whose output is a distribution.
        inputs: The input of the network.
        rng: Where the draws come from.
    """
    output: DistributionOutput = model.spec.output
    n_windows, n_paths, horizon = len(inputs["past"]), output.samples, model.shape.horizon
    window, loc, scale = model.normalised({k: ops.convert_to_tensor(v) for k, v in inputs.items()}, False)
    raw, states, known = model.first_step(window)

    def repeated(x: Any) -> Any:
        # The paths of one window are consecutive rows.
        return ops.repeat(x, n_paths, axis=0)

    loc, scale = repeated(loc), repeated(scale)
    raw, states = repeated(raw), [[repeated(s) for s in state] for state in states]
    flat = [s for state in states for s in state]
    values = []
    for step in range(horizon):
        parts = assemble(output, model.numbers(raw[:, None]), model.normalization, loc, scale)
        joined = np.concatenate([ops.convert_to_numpy(p) for p in parts], axis=-1)
        drawn = draw(output.family, parameters(output, joined), rng)
        values.append(drawn)
        if step + 1 < horizon:
            fed = model.normalization.apply_to(ops.convert_to_tensor(drawn.astype(np.float32)), loc, scale)
            here = repeated(known[:, step]) if known is not None else fed[:, 0, :0]
            raw, (_, *flat) = model.cell.call(here, [ops.cast(fed[:, 0], raw.dtype), *flat])
    # (windows x targets x paths or windows x paths, horizon, channels)
    found = np.concatenate(values, axis=1)
    n = model.shape.n_targets // model.channels
    apart = found.reshape(n_windows, n, n_paths, horizon, model.channels)
    return np.moveaxis(apart, 1, 3).reshape(n_windows, n_paths, horizon, model.shape.n_targets)
