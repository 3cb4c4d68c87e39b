"""A training small enough to check in full: one wave, a dozen windows, three units."""

from typing import Any

import numpy as np

from forecaster.data.spec import WindowSpec
from forecaster.data.transforms.split import SplitBounds
from forecaster.data.transforms.windows import Windows, WindowSource, cut_windows
from forecaster.model.execution import Execution
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec
from forecaster.training.fit import MemberTask, fit
from forecaster.training.progress import EpochRow, Listener, Silent
from forecaster.training.spec import TrainingSpec
from forecaster.training.state import Arrays, CheckpointStore, weights_of

PLAIN = Execution(unroll=False, jit=False, steps_per_execution=1)
LAYERS = [{"type": "simple_rnn", "units": 3}]


def wave(n: int = 30) -> WindowSource:
    """sin(i / 3), one series of n rows; the last eight validate."""
    values = np.sin(np.arange(n) / 3).astype(np.float32)[:, None]
    return WindowSource(values, np.array([0, n]), n_targets=1)


def windows(split: str, *, n: int = 30, n_val: int = 8) -> Windows:
    split_bounds = SplitBounds(np.array([n - n_val]), np.array([n]), np.array([n]))
    return cut_windows(wave(n), split_bounds, split, WindowSpec(lookback=4, horizon=2))  # type: ignore[arg-type]


def squared_error(forecast: np.ndarray) -> dict[str, float]:
    val = windows("val")
    return {"loss": float(np.mean((forecast - val.targets(np.arange(len(val)))) ** 2))}


def model_spec(layers: list[dict[str, Any]] | None = None) -> ModelSpec:
    return ModelSpec.model_validate({"layers": layers or LAYERS})


def training(**values: Any) -> TrainingSpec:
    return TrainingSpec.model_validate({"loss": "mse", "batch_size": 5, "epochs": 4, **values})


def train(
    spec: TrainingSpec,
    *,
    layers: list[dict[str, Any]] | None = None,
    execution: Execution = PLAIN,
    listener: Listener | None = None,
    checkpoints: CheckpointStore | None = None,
    score: Any = squared_error,
    seed: int = 3,
) -> tuple[Arrays, list[EpochRow]]:
    """Return the weights and the history of a training that starts, or resumes from its checkpoints."""
    from forecaster.model.build import build

    shape = Shape(lookback=4, horizon=2, n_targets=1)
    network = build(model_spec(layers), shape, seed=seed, unroll=execution.unroll)
    task = MemberTask(windows("train"), windows("val") if score else None, score, seed)
    rows = fit(
        network, task, spec, execution=execution, listener=listener or Silent(), checkpoints=checkpoints
    )
    return weights_of(network), rows
