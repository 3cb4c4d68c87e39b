"""Values of two series, and scalers that are fitted on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from forecaster.data.transforms.scalers import Scaler, ScalingSpec, fit_scaler

DATA = Path(__file__).parents[4] / "data"
# Two series, a target and a covariate: rows 0..5 and 6..9; the first 4 and 3 rows train.
VALUES = np.array(
    [[1, 10], [2, 20], [3, 30], [6, 40], [90, 900], [80, 800], [5, 7], [5, 7], [5, 7], [70, 700]], dtype=float
)
OFFSETS, TRAIN_END = np.array([0, 6, 10]), np.array([4, 3])
GROUPS = np.array([0, 1])


def fit(method: str, *, per_series: bool = True, values: np.ndarray = VALUES, n_targets: int = 1) -> Scaler:
    spec = ScalingSpec(method=method, per_series=per_series)  # type: ignore[arg-type]
    return fit_scaler(spec, values, OFFSETS, TRAIN_END, ids=("a", "b"), n_targets=n_targets)
