"""The evaluation section of the YAML file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from forecaster.spec import Fault, FaultsError, Spec

MetricName = Literal[
    "mae", "mse", "rmse", "mape", "smape", "wape", "mase", "rmsse", "bias", "scaled_mae", "scaled_mse"
]
BaselineName = Literal[
    "naive", "seasonal_naive", "drift", "window_average", "ridge", "auto_ets", "auto_theta", "auto_arima"
]


def _increasing(levels: list[int]) -> list[int]:
    if sorted(set(levels)) != levels:
        raise FaultsError([Fault((), "must rise, each once", f"write {sorted(set(levels))}")])
    return levels


class EvaluationSpec(Spec):
    baselines: list[BaselineName] = ["naive", "seasonal_naive"]
    """Scored beside the model on the same windows. auto_ets, auto_theta and auto_arima need the extra `stats`."""
    seasonality: Annotated[int, Field(ge=1)] | None = None
    """Steps in one season; null = the usual one of the frequency (24 for h, 7 for D, 12 for ME)."""
    metrics: list[MetricName] = ["mae", "rmse", "mse", "smape", "mase", "scaled_mae", "scaled_mse"]
    """Columns of the score table, in order."""
    levels: Annotated[list[Annotated[int, Field(ge=1, le=99)]], AfterValidator(_increasing)] = [80, 95]
    """Coverage of the prediction intervals, in percent, rising; [] = none."""
    calibration: Literal["conformal", "adaptive", "none"] = "conformal"
    """conformal: interval ends from the errors on the validation windows, at each step ahead. adaptive: from the
    newest errors known at each forecast origin, as many steps back as validation has. none: as the network puts
    them out; a point forecast then has none."""
