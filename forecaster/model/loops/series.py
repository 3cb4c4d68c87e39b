"""Series of arrays, one for each step, and a loop over them, for time loops with a written gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

# The derivative of each activation, as a function of the activation's value.
SLOPES: dict[str, Callable[[Any], Any]] = {
    "tanh": lambda a: 1 - a * a,
    "sigmoid": lambda a: a * (1 - a),
    "relu": lambda a: tf.cast(a > 0, a.dtype),
    "linear": tf.ones_like,
}
Step = Callable[[list[Any], list[Any]], tuple[list[Any], list[Any]]]
# What a loop reads and writes: (steps, batch, units), or a list of (batch, units) where the loop is
# unrolled, because XLA does not optimise through a stack that is unstacked again.
Series = Any


def run_loop(
    step: Step, state: list[Any], inputs: Sequence[Series], *, reverse: bool = False
) -> tuple[list[Any], list[Series]]:
    """Run `step` over all steps of `inputs`.

    Args:
        step: (state, inputs of one step) -> (next state, outputs of that step).
        state: The initial state.
        inputs: Series of one length, all stacked or all lists.
        reverse: Whether to run from the last step to the first; outputs keep the order of the steps.

    Returns:
        The last state, and the outputs as series.
    """
    if isinstance(inputs[0], list):
        rows: list[list[Any]] = [[] for _ in inputs[0]]
        for t in reversed(range(len(rows))) if reverse else range(len(rows)):
            state, rows[t] = step(state, [x[t] for x in inputs])
        return state, [list(column) for column in zip(*rows, strict=True)]
    n = inputs[0].shape[0]
    read = [tf.TensorArray(x.dtype, n).unstack(x) for x in inputs]
    _, example = step(state, [x[0] for x in inputs])
    write = [tf.TensorArray(y.dtype, n, element_shape=y.shape) for y in example]

    def body(i: Any, state: list[Any], write: list[Any]) -> tuple[Any, list[Any], list[Any]]:
        t = n - 1 - i if reverse else i
        state, outputs = step(state, [x.read(t) for x in read])
        return i + 1, state, [array.write(t, y) for array, y in zip(write, outputs, strict=True)]

    _, state, write = tf.while_loop(
        lambda i, *_: i < n, body, (0, state, write), maximum_iterations=n, parallel_iterations=1
    )
    return state, [array.stack() for array in write]


def each(function: Callable[..., Any], *series: Series) -> Series:
    """Apply an elementwise function to whole series."""
    if isinstance(series[0], list):
        return [function(*step) for step in zip(*series, strict=True)]
    return function(*series)


def before(first: Any, states: Series) -> Series:
    """Return the state that each step started from."""
    return (
        [first, *states[:-1]] if isinstance(states, list) else tf.concat([first[None], states[:-1]], axis=0)
    )


def beside(*parts: Any) -> Any:
    """Put the parts of all gates side by side in one array."""
    return tf.concat(parts, axis=-1)


def flat(series: Series) -> Any:
    """Reshape a series to (steps x batch, units)."""
    return (
        tf.concat(series, axis=0) if isinstance(series, list) else tf.reshape(series, (-1, series.shape[-1]))
    )


def whole(series: Series) -> Any:
    """Stack a series to (steps, batch, units)."""
    return tf.stack(series) if isinstance(series, list) else series


def kernel_gradient(x: Series, dz: Series) -> Any:
    """Gradient of W in z = x @ W, summed over all steps: (units of x, units of z)."""
    return tf.matmul(flat(x), flat(dz), transpose_a=True)


def as_series(x: Any, unroll: bool) -> Series:
    return tf.unstack(x) if unroll else x
