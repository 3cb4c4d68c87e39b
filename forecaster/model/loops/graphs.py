"""Functions of tensors as compiled graphs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def as_graph(function: Callable[[Any], Any], *, jit: bool) -> Callable[[Any], Any]:
    """Return a function of one argument as a graph, made at its first call and used again for the same shapes.

    Args:
        function: Takes and returns tensors.
        jit: Whether XLA compiles it.
    """
    import tensorflow as tf

    # Our own code and that of Keras needs no translation of its Python statements.
    graph: Callable[[Any], Any] = tf.function(function, jit_compile=jit or None, autograph=False)
    return graph
