"""Several trainings in one process: each gives what it would give in a process of its own."""

from __future__ import annotations

import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from threading import Barrier
from typing import Any

import numpy as np
import pytest

from forecaster.training.progress import EpochRow
from forecaster.training.spec import RuntimeSpec
from forecaster.training.state import Arrays
from tests.unit.training.tiny import train, training

pytestmark = pytest.mark.slow

LAYERS = [{"type": "gru", "units": 3, "dropout": 0.3}, {"type": "dropout", "rate": 0.2}]
SEEDS = (3, 4)
ALONE = """
from tests.unit.training.test_side_by_side import digest, trained
print(digest(trained(4)))
"""


def trained(seed: int) -> tuple[Arrays, list[EpochRow]]:
    return train(training(epochs=2), layers=LAYERS, seed=seed)


def digest(result: tuple[Arrays, list[EpochRow]]) -> str:
    """Of the weights, by path, and of the losses."""
    weights, rows = result
    parts = [name.encode() + weights[name].tobytes() for name in sorted(weights)]
    return sha256(b"".join([*parts, repr([row.loss for row in rows]).encode()])).hexdigest()


@pytest.mark.timeout(600)
def test_in_threads_after_one_another_and_in_a_process_of_its_own_the_bytes_are_the_same() -> None:
    command = [sys.executable, "-W", "ignore", "-c", ALONE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as alone:
        one_after_the_other = [digest(trained(seed)) for seed in SEEDS]
        assert one_after_the_other[0] != one_after_the_other[1]
        together = Barrier(len(SEEDS))

        def beside_the_other(seed: int) -> str:
            together.wait()
            return digest(trained(seed))

        with ThreadPoolExecutor(len(SEEDS)) as pool:
            assert list(pool.map(beside_the_other, SEEDS)) == one_after_the_other
        # The second training of this process is the first of the other one.
        printed, _ = alone.communicate()
    assert printed.split() == [one_after_the_other[1]]


def test_training_leaves_the_random_state_of_the_process_as_it_was() -> None:
    def state() -> Any:
        kind, keys, *rest = np.random.get_state()  # noqa: NPY002
        return random.getstate(), kind, keys.tolist(), rest  # type: ignore[union-attr]

    before = state()
    trained(3)
    assert state() == before


def test_each_thread_computes_in_the_precision_that_it_started_with() -> None:
    """Keras keeps its dtype policy per thread: half precision in one does not reach another."""
    import keras

    from forecaster.training.backend import start_backend

    started = Barrier(2)

    def policy(precision: str) -> str:
        start_backend(RuntimeSpec.model_validate({"precision": precision}))
        started.wait()
        name: str = keras.config.dtype_policy().name
        return name

    precisions = ["float32", "mixed_bfloat16"]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(policy, precisions)) == precisions
    assert keras.config.dtype_policy().name == "float32"
