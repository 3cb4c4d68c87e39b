"""Losses in scaled units; NaN targets were not observed and do not count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

from forecaster.model.spec import NetworkOutput
from forecaster.training.likelihood import probabilistic_loss

Elementwise = Callable[[Any, Any], Any]


def mse(y: Any, f: Any) -> Any:
    """(y - f)^2."""
    return ops.square(y - f)


def mae(y: Any, f: Any) -> Any:
    """|y - f|."""
    return ops.abs(y - f)


def huber(y: Any, f: Any) -> Any:
    """Half the square up to 1, linear beyond (Huber, 1964)."""
    size = ops.abs(y - f)
    return ops.where(size <= 1.0, 0.5 * ops.square(size), size - 0.5)


def log_cosh(y: Any, f: Any) -> Any:
    """log(cosh(y - f)), written so that large errors do not overflow."""
    e = y - f
    return e + ops.softplus(-2.0 * e) - 0.6931471805599453


def mase(y: Any, f: Any, weight: Any) -> Any:
    """|y - f| in units of the series' in-sample seasonal-naive error (Hyndman & Koehler, 2006).

    weight: scaled units to those units; 0 leaves a series out.
    """
    return ops.abs(y - f) * weight


def smape(y: Any, f: Any, zero: Any) -> Any:
    """2 |y - f| / (|y| + |f|) in original units, which are zero at -`zero` in scaled ones.

    M4's formula without its 100. The small term keeps the gradient finite where both are 0.
    """
    return 2.0 * ops.abs(y - f) / (ops.abs(y + zero) + ops.abs(f + zero) + 1e-6)


# A series that hardly varies must not decide alone.
OWA_LARGEST = 10.0


def owa(y: Any, f: Any, weight: Any) -> Any:
    """|y - f| (1 + weight e^y) on logarithms: sMAPE and MASE together, both to first order.

    weight: what a unit of MASE is worth in sMAPE over the series' in-sample error.
    """
    return ops.abs(y - f) * (1.0 + ops.minimum(weight * ops.exp(ops.minimum(y, 80.0)), OWA_LARGEST))


LOSSES: dict[str, Elementwise] = {f.__name__: f for f in (mse, mae, huber, log_cosh)}
# These need a number of the series beside each target; see Feeding.series_constant.
SERIES_LOSSES: dict[str, Callable[[Any, Any, Any], Any]] = {f.__name__: f for f in (mase, smape, owa)}


# These are of what the network puts out: quantiles or a distribution.
OUTPUT_LOSSES = ("pinball", "nll")


def make_loss(name: str, output: NetworkOutput | None = None) -> Callable[[Any, Any], Any]:
    """The mean of a loss over observed targets, as a scalar. y: NaN where not observed; with
    a series loss the last axis holds the targets, then the series' numbers.

    output: of the network; pinball and nll need it.
    """

    def mean(y: Any, f: Any) -> Any:
        constant = None
        if name in SERIES_LOSSES:
            y, constant = ops.split(y, 2, axis=-1)
            # The windows that fill up a last batch are NaN throughout.
            constant = ops.where(ops.isnan(constant), 0.0, constant)
        observed = ops.logical_not(ops.isnan(y))
        # Replaced before the difference: a NaN inside `where` still poisons the gradient.
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
