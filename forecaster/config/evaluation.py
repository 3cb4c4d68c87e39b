"""The evaluation section of the YAML file.

It accepts the names of the metrics in evaluation/ and of the baselines in forecasting/, so it stands above both.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from forecaster.evaluation.metrics import METRICS
from forecaster.forecasting.baselines import BASELINES
from forecaster.model.spec import of_a_season
from forecaster.spec import Count, Fault, FaultsError, OneOf, Spec, meanings_of

MetricName = Annotated[str, OneOf(meanings_of({name: metric.terms for name, metric in METRICS.items()}))]
BaselineName = (
    Annotated[str, OneOf(meanings_of(BASELINES))] | Annotated[str, of_a_season("evaluation.seasonality")]
)


def _increasing(levels: list[int]) -> list[int]:
    if sorted(set(levels)) != levels:
        raise FaultsError(
            [Fault((), "must be in ascending order, each once", f"write {sorted(set(levels))}")]
        )
    return levels


class EvaluationSpec(Spec):
    """How forecasts are scored, and how their intervals are made."""

    baselines: list[BaselineName] = Field(
        ["naive", "seasonal_naive"], examples=[["seasonal_naive_24", "seasonal_naive_168", "ridge"]]
    )
    """Simple forecasts that are scored beside the model on the same windows. []: none. `seasonal_naive` repeats the
    season of `seasonality`, and `seasonal_naive_N`, such as `seasonal_naive_168`, a season of N steps; several may
    stand side by side. `auto_ets`, `auto_theta` and `auto_arima` need the extra `stats`."""
    seasonality: Count | None = Field(None, examples=[168])
    """Steps in one season, for the seasonal naive forecast, the statistical baselines, and `mase` and `rmsse`. null:
    the usual number for the frequency, such as 24 for `h`, 7 for `D` and 12 for `ME`."""
    metrics: list[MetricName] = Field(
        ["mae", "rmse", "mse", "smape", "mase", "scaled_mae", "scaled_mse"], examples=[["mase", "smape"]]
    )
    """The columns of the score table, in this order. In the formulas y is the actual value and f the forecast; q and
    q2 are the mean absolute and the mean squared error of the seasonal naive forecast on the training rows of the
    series and target, and s is their standard deviation. Means run over all windows, steps and targets."""
    levels: Annotated[list[Annotated[int, Field(ge=1, le=99)]], AfterValidator(_increasing)] = Field(
        [80, 95], examples=[[50, 90]]
    )
    """The prediction intervals, each by the share of actual values that it should contain, in percent and in
    ascending order. []: no intervals."""
    calibration: Annotated[
        Literal["scaled", "conformal", "adaptive", "none"],
        OneOf(
            {
                "scaled": "From the errors on the validation windows, in units of the spread that the network itself "
                "forecasts (locally scaled conformal prediction): wide in busy hours and narrow in quiet ones. With "
                "`model.output: {type: point}`, in units of the spread of the series. Few errors are pooled over "
                "steps.",
                "conformal": "From the errors on the validation windows, for each step ahead (conformal prediction). "
                "It also corrects the quantiles that a network forecasts itself.",
                "adaptive": "The same from the newest errors known at each cutoff, over as many steps as "
                "validation has. For errors that grow or shrink with time.",
                "none": "From the quantiles of the network; with `model.output: {type: point}` there are none.",
            }
        ),
    ] = Field("conformal", examples=["adaptive"])
    """Where the prediction intervals come from."""
