"""Losses in scaled units; NaN targets were not observed and do not count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

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


LOSSES: dict[str, Elementwise] = {f.__name__: f for f in (mse, mae, huber, log_cosh)}


def masked_mean(loss: Elementwise) -> Callable[[Any, Any], Any]:
    """The mean of a loss over observed targets, as a scalar. y: NaN where not observed."""

    def mean(y: Any, f: Any) -> Any:
        observed = ops.logical_not(ops.isnan(y))
        # Replaced before the difference: a NaN inside `where` still poisons the gradient.
        error = loss(ops.where(observed, y, 0.0), f)
        error = ops.where(observed, error, 0.0)
        count = ops.sum(ops.cast(observed, error.dtype))
        return ops.sum(error) / ops.maximum(count, 1.0)

    return mean
