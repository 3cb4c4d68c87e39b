"""Sampled paths of heads that feed back: each step is fed a value drawn from the distribution of the last."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from forecaster.model.layers.parameters import assemble
from forecaster.model.outputs import draw, parameters
from forecaster.model.predict import WindowInputs
from forecaster.model.sampling import by_window, quantiles_of_paths
from forecaster.model.spec import DistributionOutput


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
    return quantiles_of_paths(
        partial(sample_paths, model),
        model.spec.output,
        windows,
        probabilities,
        n_targets=model.shape.n_targets,
        seed=seed,
    )


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
    return by_window(values, n_windows=n_windows, n_paths=n_paths, n_targets=model.shape.n_targets)
