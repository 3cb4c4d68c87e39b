"""Batches reach TensorFlow whole, in order, in one shape, and untuned."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from forecaster.model.loops.dataset import as_dataset

pytestmark = pytest.mark.slow


class Counted(keras.utils.PyDataset):
    def __len__(self) -> int:
        return 5

    def __getitem__(self, index: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        return {"past": np.full((4, 3, 2), index, np.float32)}, np.full((4, 1), -index, np.float32)


def test_every_batch_once_in_order_and_again_in_the_next_epoch() -> None:
    data = as_dataset(Counted())
    for _ in range(2):
        assert [(int(x["past"][0, 0, 0]), int(y[0, 0])) for x, y in data] == [(i, -i) for i in range(5)]


def test_shapes_and_the_number_of_batches_are_known() -> None:
    data = as_dataset(Counted())
    assert len(data) == 5
    assert data.element_spec[0]["past"].shape == (4, 3, 2)


def test_the_tuner_whose_sleep_an_epoch_would_wait_for_is_off() -> None:
    assert as_dataset(Counted()).options().autotune.enabled is False
