"""Point metrics: the formula, unit and source of each. Metrics of intervals are in `intervals`.

y is the actual value, f the forecast; means and sums run over all observed elements of a
split. To add a metric, write its function and enter it in METRICS.
"""

from __future__ import annotations

import numpy as np

from forecaster.evaluation.scored import Metric, MetricPart, Terms


def mae(p: MetricPart) -> Terms:
    """Mean absolute error: mean |y - f|. Unit of the target.

    Hyndman & Athanasopoulos, Forecasting: Principles and Practice (3rd ed.), 5.8.
    """
    return Terms(p.absolute_error())


def mse(p: MetricPart) -> Terms:
    """Mean squared error: mean (y - f)^2. Square of the target's unit.

    Hyndman & Athanasopoulos, 5.8.
    """
    error = p.error()
    return Terms(np.square(error, out=error))


def rmse(p: MetricPart) -> Terms:
    """Root mean squared error: sqrt(mean (y - f)^2). Unit of the target.

    One root over all elements pooled, not a mean of roots. Hyndman & Athanasopoulos, 5.8.
    """
    return mse(p)


def bias(p: MetricPart) -> Terms:
    """Mean error: mean (f - y). Unit of the target; above 0 the forecasts are too high.

    Hyndman & Athanasopoulos, 5.8, with the opposite sign.
    """
    return Terms(p.error())


def mape(p: MetricPart) -> Terms:
    """Mean absolute percentage error: mean 100 |y - f| / |y|. Percent.

    Undefined where y = 0; those elements are left out. Hyndman & Koehler (2006), 2.2.
    """
    actual = np.abs(p.actual)
    return Terms(100.0 * p.absolute_error() / actual, counted=actual > 0)


def smape(p: MetricPart) -> Terms:
    """Symmetric MAPE as in M4: mean 200 |y - f| / (|y| + |f|), 0 where both are 0. Percent, 0 to 200.

    Makridakis, Spiliotis & Assimakopoulos, The M4 Competition (2020). Some libraries call
    half of this value sMAPE.
    """
    both = np.abs(p.actual) + np.abs(p.forecast)
    # Where both are 0, so is the error, and 0 / 1 is the 0 that is meant.
    return Terms(200.0 * p.absolute_error() / np.where(both == 0, 1.0, both))


def wape(p: MetricPart) -> Terms:
    """Weighted absolute percentage error: 100 sum |y - f| / sum |y|. Percent.

    Undefined where every y is 0. Kolassa & Schütz (2007), as the MAD/mean ratio.
    """
    return Terms(100.0 * p.absolute_error(), bottom=np.abs(p.actual))


def mase(p: MetricPart) -> Terms:
    """Mean absolute scaled error: mean |y - f| / q. Unitless; below 1 the error is smaller than q.

    q is the mean absolute error of the seasonal naive forecast, one season ahead, on the
    training rows of the element's series and target. Hyndman & Koehler (2006), 3.
    """
    q = p.scale("naive_error")
    return Terms(p.absolute_error() / q, counted=np.isfinite(q))


def rmsse(p: MetricPart) -> Terms:
    """Root mean squared scaled error: sqrt(mean (y - f)^2 / q2). Unitless.

    q2 is the mean squared error of the seasonal naive forecast on the training rows of the
    element's series and target. Makridakis et al., The M5 Competition (2022), where the
    season is 1 and one root per series is averaged; here squares are pooled before the root.
    """
    q2 = p.scale("naive_sq_error")
    return Terms(np.square(p.error()) / q2, counted=np.isfinite(q2))


def scaled_mae(p: MetricPart) -> Terms:
    """MAE in training standard deviations: mean |y - f| / s. Unitless.

    s is the population standard deviation of the training rows of the element's series and
    target. Used by the long-horizon benchmarks: Zhou et al., Informer (2021).
    """
    s = p.scale("train_std")
    return Terms(p.absolute_error() / s, counted=np.isfinite(s))


def scaled_mse(p: MetricPart) -> Terms:
    """MSE in squared training standard deviations: mean ((y - f) / s)^2. Unitless.

    s as in scaled_mae. Zhou et al., Informer (2021).
    """
    s = p.scale("train_std")
    return Terms(np.square(p.error() / s), counted=np.isfinite(s))


METRICS: dict[str, Metric] = {
    "mae": Metric(
        mae,
        "MAE",
        "mean absolute error, in the unit of the target",
        "mean absolute error, target's unit",
        loss="absolute",
    ),
    "mse": Metric(
        mse,
        "MSE",
        "mean squared error, in the squared unit of the target",
        "mean squared error",
        loss="squared",
    ),
    "rmse": Metric(
        rmse,
        "RMSE",
        "root of the mean squared error, in the unit of the target",
        "root of MSE, target's unit",
        loss="squared",
        root=True,
    ),
    "mape": Metric(
        mape,
        "MAPE",
        "mean absolute error in percent of the actual value, zeros left out",
        "mean error in % of the actual value",
        omits_zeros=True,
    ),
    "smape": Metric(
        smape,
        "sMAPE",
        "mean absolute error in percent of the mean of forecast and actual value, 0 to 200",
        "mean error in %, symmetric, 0 to 200",
    ),
    "wape": Metric(
        wape,
        "WAPE",
        "sum of the absolute errors in percent of the sum of the actual values",
        "all errors in % of all values",
        loss="absolute",
    ),
    "mase": Metric(
        mase,
        "MASE",
        "mean absolute error divided by that of the seasonal naive forecast on the training rows",
        "MAE / MAE of repeating last season",
        loss="absolute",
        scale="naive_error",
    ),
    "rmsse": Metric(
        rmsse,
        "RMSSE",
        "RMSE divided by that of the seasonal naive forecast on the training rows",
        "RMSE / RMSE of repeating last season",
        loss="squared",
        root=True,
        scale="naive_sq_error",
    ),
    "bias": Metric(
        bias,
        "bias",
        "mean error, in the unit of the target; above 0 the forecasts are too high",
        "mean error; above 0: too high",
    ),
    "scaled_mae": Metric(
        scaled_mae,
        "scaled MAE",
        "mean absolute error in standard deviations of the training rows",
        "MAE in training std. deviations",
        loss="absolute",
        scale="train_std",
    ),
    "scaled_mse": Metric(
        scaled_mse,
        "scaled MSE",
        "mean squared error in squared standard deviations of the training rows",
        "MSE in training variances",
        loss="squared",
        scale="train_std",
    ),
}
"""Every point metric by the name it has in the YAML file."""
