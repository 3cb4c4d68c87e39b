"""Randomness of a network: fixed by one seed as it is built, and by nothing else in the process."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Iterator

# Shared by every thread, because the generator that Keras draws from is.
_building = threading.RLock()


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Make the Keras layers that are created inside the block depend on `seed` alone.

    Keras draws a seed for every initializer and every dropout layer when it creates them, from the
    generator of Python's `random` module (`keras.random.SeedGenerator`, `make_default_seed`). The
    block seeds that generator and then puts back the state it found, so the caller's own random numbers
    go on as if nothing had happened. NumPy's and TensorFlow's global generators are neither read nor
    set: Keras' operations take their seeds as arguments.

    Blocks in different threads run one after the other. Only code outside this package that draws from
    `random` in another thread at the same moment could still interfere; a block takes well under a second.

    Args:
        seed: The same number gives the same first weights and the same dropout, in every thread and
            every process.
    """
    with _building:
        before = random.getstate()
        random.seed(seed)
        try:
            yield
        finally:
            random.setstate(before)
