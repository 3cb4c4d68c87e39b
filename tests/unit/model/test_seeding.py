"""What a network's randomness depends on, and what building one leaves as it was."""

from __future__ import annotations

import random
import threading
from typing import Any

import numpy as np
import pytest

from forecaster.model.build import build
from forecaster.model.seeding import seeded
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec
from forecaster.training.state import array_of

SPEC = ModelSpec.model_validate(
    {"layers": [{"type": "gru", "units": 3, "dropout": 0.1}, {"type": "dropout", "rate": 0.2}]}
)
SHAPE = Shape(lookback=4, horizon=2, n_targets=1)


def variables(seed: int) -> list[bytes]:
    """First weights and the state of every dropout, in Keras' order."""
    return [array_of(variable).tobytes() for variable in build(SPEC, SHAPE, seed=seed).variables]


def test_weights_and_dropout_follow_from_the_seed_alone() -> None:
    """Three weights of the GRU and its dropout's seed, the other dropout's, two weights of the head."""
    first = variables(7)
    random.seed(99)
    np.random.seed(99)  # noqa: NPY002
    assert variables(7) == first
    moved = [a != b for a, b in zip(first, variables(8), strict=True)]
    # The biases are zeros for every seed.
    assert moved.count(True) == 5
    assert len(moved) == 7


def test_building_leaves_the_random_state_of_the_process_as_it_was() -> None:
    before = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]  # noqa: NPY002
    build(SPEC, SHAPE, seed=7)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # type: ignore[index]  # noqa: NPY002


def test_a_failure_inside_the_block_gives_the_random_state_back() -> None:
    before = random.getstate()
    with pytest.raises(ValueError, match="no such layer"), seeded(3):
        raise ValueError("no such layer", random.random())
    assert random.getstate() == before


def test_blocks_in_two_threads_do_not_draw_from_each_other() -> None:
    """The second thread reaches its block while the first is inside one, and has to wait."""
    numbers: dict[int, list[float]] = {}

    def draw(seed: int, then: Any) -> None:
        with seeded(seed):
            one = random.random()
            then()
            numbers[seed] = [one, random.random()]

    other = threading.Thread(target=draw, args=(2, lambda: None))

    def let_the_other_try() -> None:
        other.start()
        other.join(timeout=0.2)
        assert other.is_alive()

    draw(1, let_the_other_try)
    other.join()
    expected = {seed: random.Random(seed) for seed in (1, 2)}
    assert numbers == {seed: [r.random(), r.random()] for seed, r in expected.items()}
