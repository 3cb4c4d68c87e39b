"""The evaluation section of the YAML file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from forecaster.spec import Spec

Metric = Literal[
    "mae", "mse", "rmse", "mape", "smape", "wape", "mase", "rmsse", "bias", "scaled_mae", "scaled_mse"
]
Baseline = Literal["naive", "seasonal_naive", "drift", "window_average", "ridge"]


class EvaluationSpec(Spec):
    baselines: list[Baseline] = ["naive", "seasonal_naive"]
    """Scored beside the model on the same windows."""
    seasonality: Annotated[int, Field(ge=1)] | None = None
    """Steps in one season; null = the usual one of the frequency (24 for h, 7 for D, 12 for ME)."""
    metrics: list[Metric] = ["mae", "rmse", "mse", "smape", "mase", "scaled_mae", "scaled_mse"]
    """Columns of the score table, in order."""
    levels: list[Annotated[int, Field(ge=1, le=99)]] = [80, 95]
    """Coverage of the prediction intervals, in percent. This version makes none yet, and ignores it."""
    calibration: Literal["conformal", "none"] = "none"
    """conformal: interval widths from the validation errors."""
