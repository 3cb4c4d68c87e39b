"""Extra inputs of head and loss, and the scores of validation forecasts during training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from forecaster.config.spec import ExperimentSpec
from forecaster.data.transforms.windows import Windows
from forecaster.errors import DataError
from forecaster.evaluation.metrics import METRICS
from forecaster.evaluation.scored import Scored
from forecaster.stages.prepared import Prepared

if TYPE_CHECKING:
    from forecaster.training.batches import BatchExtras

# Forecasts of the validation windows (windows, horizon, targets; scaled units) -> metrics by name.
ValidationScore = Callable[[npt.NDArray[np.float32]], dict[str, float]]


def batch_extras(spec: ExperimentSpec, prepared: Prepared) -> BatchExtras:
    """Return what the head and the loss need apart from the inputs and targets of a window.

    Args:
        spec: The settings of the experiment.
        prepared: The data.

    Raises:
        DataError: When the loss divides by the seasonal-naive error and no series has one.
    """
    from forecaster.training.batches import BatchExtras

    model, loss, scaler = spec.model, spec.training.loss, prepared.transforms.scaler
    groups, n = scaler.rows_for(prepared.panel.ids), len(prepared.panel.targets)
    scale, loc = scaler.scale[groups, :n], scaler.loc[groups, :n]
    constant = None
    if loss == "mase":
        with np.errstate(divide="ignore", invalid="ignore"):
            weight = scale / prepared.scales.naive_error
        constant = np.where(np.isfinite(weight), weight, 0.0).astype(np.float32)
    elif loss == "smape":
        constant = (loc / scale).astype(np.float32)
    elif loss == "owa":
        constant = _owa_weight(prepared).astype(np.float32)
    if constant is not None and loss in ("mase", "owa") and not constant.any():
        raise DataError(
            f"no series has an in-sample seasonal-naive error to divide by, which loss {loss} needs",
            hint="lower evaluation.seasonality, or use mae",
            path="training.loss",
        )
    return BatchExtras(
        teacher=model.head.feeds_back,
        every_step=(model.patch or 1) if model.head.forecasts_every_step else None,
        series_constant=constant,
        streams=min(spec.training.batch_size, len(prepared.panel.ids)) if model.stateful else None,
    )


def _owa_weight(prepared: Prepared) -> npt.NDArray[np.float64]:
    """Return (series, targets), the weight of an absolute error beside sMAPE in the loss `owa`.

    The overall weighted average of M4 (Makridakis et al., 2020) divides sMAPE and MASE by those of a simple
    method, here the seasonal naive on the training rows, whose MASE is 1. The weight is the sMAPE of that method
    divided by its mean absolute error.
    """
    panel, n, season = prepared.panel, len(prepared.panel.targets), prepared.season
    rows = np.arange(season, len(panel.values))
    series = panel.series_of_rows(rows)
    place = rows - panel.offsets[series]
    pairs = rows[(place >= season) & (place < prepared.table.split_bounds.train_end[series])]
    now, before = panel.values[pairs, :n], panel.values[pairs - season, :n]
    size = np.abs(now) + np.abs(before)
    smape = np.divide(2 * np.abs(now - before), size, out=np.zeros_like(size), where=size > 0).mean()
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = smape / prepared.scales.naive_error
    return np.where(np.isfinite(weight), weight, 0.0)


def val_score_of(
    spec: ExperimentSpec, prepared: Prepared, extras: BatchExtras, windows: Windows
) -> ValidationScore:
    """Return a function that scores validation forecasts: the loss in scaled units, the metrics in original units.

    Args:
        spec: The settings of the experiment, which name the metrics of early stopping and of the search.
        prepared: The data.
        extras: The extra inputs of the loss.
        windows: The windows that are forecast.
    """
    from forecaster.model.outputs import point
    from forecaster.training.batches import loss_targets
    from forecaster.training.losses import make_loss

    stopping = spec.training.early_stopping
    names = {"mae", spec.tune.objective.metric.removeprefix("val_")}
    if stopping is not None:
        names.add(stopping.monitor.removeprefix("val_"))
    metrics = sorted(name for name in names if name in METRICS)
    output = spec.model.output
    loss = make_loss(spec.training.loss, output)
    scaled = loss_targets(windows, np.arange(len(windows)), replace(extras, every_step=None))
    actual, groups = prepared.actual(windows), windows.series.astype(np.int64)

    def score(forecast: npt.NDArray[np.float32]) -> dict[str, float]:
        original = prepared.transforms.scaler.invert(point(output, forecast), groups)
        scored = Scored(actual, original, windows.series, *prepared.scales)
        return {"loss": float(loss(scaled, forecast)), **{m: METRICS[m](scored) for m in metrics}}

    return score
