import numpy as np
import pytest

from forecaster.training.batches import TrainBatches
from tests.unit.training.tiny import windows

pytestmark = pytest.mark.slow


def starts(batches: TrainBatches) -> list[list[float]]:
    """The first input value of each window of each batch; it tells the windows apart."""
    out = []
    for i in range(len(batches)):
        inputs, y = batches[i]
        kept = ~np.isnan(y[:, 0, 0])
        out.append(inputs["past"][kept, 0, 0].tolist())
    return out


def flat(batches: TrainBatches) -> list[float]:
    return [value for batch in starts(batches) for value in batch]


def test_every_window_once_per_epoch() -> None:
    """22 training rows, lookback 4, horizon 2: 17 windows in batches of 5."""
    train = windows("train")
    batches = TrainBatches(train, batch_size=5, seed=1)
    assert len(train) == 17
    everything = sorted(train.inputs(np.arange(17))["past"][:, 0, 0].tolist())
    for epoch in range(3):
        batches.start_epoch(epoch)
        assert [len(b) for b in starts(batches)] == [5, 5, 5, 2]
        assert sorted(flat(batches)) == everything


def test_order_follows_from_seed_and_epoch_alone() -> None:
    def order(seed: int, epoch: int) -> list[float]:
        batches = TrainBatches(windows("train"), batch_size=5, seed=seed)
        batches.start_epoch(epoch)
        return flat(batches)

    np.random.default_rng().random()
    assert order(1, 2) == order(1, 2)
    assert order(1, 2) != order(1, 3)
    assert order(1, 2) != order(2, 2)
    wandering = TrainBatches(windows("train"), batch_size=5, seed=1)
    wandering.start_epoch(9)
    wandering.start_epoch(2)
    assert flat(wandering) == order(1, 2)


def test_last_batch_is_filled_with_windows_that_do_not_count() -> None:
    batches = TrainBatches(windows("train"), batch_size=5, seed=1)
    inputs, y = batches[3]
    assert inputs["past"].shape == (5, 4, 1)
    assert y.shape == (5, 2, 1)
    assert np.isnan(y[2:]).all()
    assert not np.isnan(y[:2]).any()
    assert np.isfinite(inputs["past"]).all()


def test_batch_larger_than_the_training_set_is_the_training_set() -> None:
    batches = TrainBatches(windows("train"), batch_size=64, seed=1)
    assert len(batches) == 1
    assert batches[0][1].shape == (17, 2, 1)


def test_fewer_steps_are_the_first_of_the_epoch() -> None:
    whole = TrainBatches(windows("train"), batch_size=5, seed=1)
    short = TrainBatches(windows("train"), batch_size=5, seed=1, steps=2)
    assert starts(short) == starts(whole)[:2]


def test_more_steps_begin_the_order_again() -> None:
    long = TrainBatches(windows("train"), batch_size=5, seed=1, steps=6)
    assert starts(long)[4:] == starts(long)[:2]


def test_resumed_epoch_goes_on_where_it_was() -> None:
    whole = TrainBatches(windows("train"), batch_size=5, seed=1)
    whole.start_epoch(3)
    rest = TrainBatches(windows("train"), batch_size=5, seed=1)
    rest.start_epoch(3, 1)
    assert len(rest) == 3
    assert starts(rest) == starts(whole)[1:]
