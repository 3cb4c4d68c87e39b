"""Losses in scaled units. Targets that are NaN were not observed and do not count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

from forecaster.model.spec import NetworkOutput
from forecaster.training.likelihood import probabilistic_loss

Elementwise = Callable[[Any, Any], Any]


def mse(y: Any, f: Any) -> Any:
    """Squared error: (y - f)^2."""
    return ops.square(y - f)


def mae(y: Any, f: Any) -> Any:
    """Absolute error: |y - f|."""
    return ops.abs(y - f)


def huber(y: Any, f: Any) -> Any:
    """Half the squared error where |y - f| <= 1, else |y - f| - 1/2 (Huber, 1964)."""
    size = ops.abs(y - f)
    return ops.where(size <= 1.0, 0.5 * ops.square(size), size - 0.5)


def log_cosh(y: Any, f: Any) -> Any:
    """Logarithm of cosh(y - f), in a form that does not overflow for large errors."""
    e = y - f
    return e + ops.softplus(-2.0 * e) - 0.6931471805599453


def mase(y: Any, f: Any, weight: Any) -> Any:
    """Absolute error over the series' in-sample seasonal-naive error (Hyndman & Koehler, 2006).

    Args:
        y: Targets.
        f: Forecasts.
        weight: One over that error, in scaled units; 0 leaves a series out.
    """
    return ops.abs(y - f) * weight


def smape(y: Any, f: Any, zero: Any) -> Any:
    """Symmetric relative error in original units: 2 |y - f| / (|y| + |f|).

    This is the formula of M4 (Makridakis et al., 2020) without the factor 100. A small term in the
    denominator keeps the gradient finite where both are 0.

    Args:
        y: Targets.
        f: Forecasts.
        zero: Location over scale of the series: the original value 0 is -zero in scaled units.
    """
    return 2.0 * ops.abs(y - f) / (ops.abs(y + zero) + ops.abs(f + zero) + 1e-6)


# Bounds the weight of a series that hardly varies, which would otherwise dominate the loss.
OWA_MAX_WEIGHT = 10.0


def owa(y: Any, f: Any, weight: Any) -> Any:
    """Weighted error on logarithms, |y - f| (1 + weight e^y): sMAPE plus MASE, both to first order.

    Args:
        y: Logarithms of the targets.
        f: Logarithms of the forecasts.
        weight: The sMAPE of a simple forecast over the series' in-sample seasonal-naive error.
    """
    return ops.abs(y - f) * (1.0 + ops.minimum(weight * ops.exp(ops.minimum(y, 80.0)), OWA_MAX_WEIGHT))


LOSSES: dict[str, Elementwise] = {f.__name__: f for f in (mse, mae, huber, log_cosh)}
# These need a number of the series for each target; see BatchExtras.series_constant.
SERIES_LOSSES: dict[str, Callable[[Any, Any, Any], Any]] = {f.__name__: f for f in (mase, smape, owa)}


# These need quantiles or a distribution as output.
OUTPUT_LOSSES = ("pinball", "nll")


def make_loss(name: str, output: NetworkOutput | None = None) -> Callable[[Any, Any], Any]:
    """Return a loss as Keras takes it: the mean over observed targets, a scalar.

    Args:
        name: A key of LOSSES or SERIES_LOSSES, or one of OUTPUT_LOSSES.
        output: The `output` section of the model; pinball and nll need it.

    Returns:
        A function of y, the targets as `batches.loss_targets` returns them, NaN where not observed, and of
        f, the output of the network.
    """

    def mean(y: Any, f: Any) -> Any:
        constant = None
        if name in SERIES_LOSSES:
            y, constant = ops.split(y, 2, axis=-1)
            # The windows that fill up the last batch are NaN throughout.
            constant = ops.where(ops.isnan(constant), 0.0, constant)
        observed = ops.logical_not(ops.isnan(y))
        # Replaced before the difference, because a NaN in a branch of `where` still reaches the gradient.
        known = ops.where(observed, y, 0.0)
        if name in OUTPUT_LOSSES and output is not None:
            error = probabilistic_loss(output, known, f)
        elif constant is not None:
            error = SERIES_LOSSES[name](known, f, constant)
        else:
            error = LOSSES[name](known, f)
        error = ops.where(observed, error, 0.0)
        count = ops.sum(ops.cast(observed, error.dtype))
        return ops.sum(error) / ops.maximum(count, 1.0)

    return mean
