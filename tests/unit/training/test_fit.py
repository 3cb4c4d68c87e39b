import math
from typing import Any

import numpy as np
import pytest

from forecaster.errors import TrainingError
from forecaster.training.progress import EpochRow
from tests.unit.training.tiny import train, training, windows

pytestmark = pytest.mark.slow


class Listening:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.batches: list[tuple[int, int, int]] = []
        self.rows: list[EpochRow] = []

    def batch_done(self, member: int, epoch: int, step: int, n_steps: int, loss: float) -> None:
        self.batches.append((epoch, step, n_steps))

    def epoch_done(self, row: EpochRow, epochs: int) -> None:
        self.rows.append(row)


def script(*values: float) -> Any:
    """A validation that gives these losses, epoch by epoch."""
    left = list(values)
    return lambda forecast: {"loss": left.pop(0)}


def scripted(values: list[float], **spec: Any) -> list[EpochRow]:
    return train(training(epochs=len(values), **spec), score=script(*values))[1]


def test_every_window_is_seen_once_in_every_epoch_in_the_order_of_seed_and_epoch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Keras fetches batches ahead from a thread of its own; none may come from another epoch's order."""
    from forecaster.training.batches import TrainBatches

    seen: list[list[float]] = []
    gather = TrainBatches.__getitem__

    def watch(self: Any, index: int) -> Any:
        inputs, y = gather(self, index)
        kept = ~np.isnan(y[:, 0, 0])
        seen.append(inputs["past"][kept, 0, 0].tolist())
        return inputs, y

    monkeypatch.setattr(TrainBatches, "__getitem__", watch)
    train(training(epochs=3, early_stopping=None))
    monkeypatch.undo()
    expected = []
    for epoch in range(3):
        batches = TrainBatches(windows("train"), batch_size=5, seed=3)
        batches.start_epoch(epoch)
        for i in range(4):
            inputs, y = batches[i]
            expected.append(inputs["past"][~np.isnan(y[:, 0, 0]), 0, 0].tolist())
    # Before the first epoch Keras looks at a batch or two for their shape.
    assert all(batch in expected[:4] for batch in seen[:-12])
    assert seen[-12:] == expected


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not() -> None:
    one, rows = train(training())
    two, again = train(training())
    other, _ = train(training(), seed=4)
    assert one.keys() == two.keys()
    assert all((one[name] == two[name]).all() for name in one)
    assert [r.loss for r in rows] == [r.loss for r in again]
    assert any((one[name] != other[name]).any() for name in one)


def test_history_has_a_row_per_epoch_and_the_listener_hears_of_each_batch() -> None:
    listener = Listening()
    _, rows = train(training(epochs=3, early_stopping=None), listener=listener)
    assert [row.epoch for row in rows] == [1, 2, 3]
    assert listener.rows == rows
    assert listener.batches == [(e, s, 4) for e in (1, 2, 3) for s in (1, 2, 3, 4)]
    assert all(math.isfinite(row.loss) and math.isfinite(row.val["val_loss"]) for row in rows)
    assert rows[-1].loss < rows[0].loss


def test_steps_per_epoch_and_several_batches_per_call() -> None:
    from forecaster.model.execution import Execution

    listener = Listening()
    spec = training(epochs=2, steps_per_epoch=3, early_stopping=None)
    train(spec, listener=listener, execution=Execution(unroll=False, jit=False, steps_per_execution=2))
    assert listener.batches == [(1, 2, 3), (1, 3, 3), (2, 2, 3), (2, 3, 3)]


def test_early_stopping_waits_its_patience_and_the_best_epoch_is_noted() -> None:
    rows = scripted([5, 3, 4, 4, 9, 1], early_stopping={"patience": 2})
    assert [row.best for row in rows] == [True, True, False, False]


def test_improvement_smaller_than_min_delta_does_not_count() -> None:
    rows = scripted([5, 4.95, 4.91, 1], early_stopping={"patience": 2, "min_delta": 0.1})
    assert [row.best for row in rows] == [True, False, False]


def test_small_improvements_add_up_to_a_real_one() -> None:
    """Against the best, not against the epoch before: 4.8 is 0.2 below 5."""
    rows = scripted([5, 4.95, 4.8, 4.79, 4.78], early_stopping={"patience": 2, "min_delta": 0.1})
    assert [row.best for row in rows] == [True, False, True, False, False]


def test_weights_of_the_best_epoch_are_left_in_the_model() -> None:
    best, _ = train(training(epochs=2, early_stopping={"patience": 9}), score=script(3, 1))
    later, _ = train(training(epochs=4, early_stopping={"patience": 9}), score=script(3, 1, 2, 2))
    assert all((best[name] == later[name]).all() for name in best)


def test_without_early_stopping_the_last_weights_are_kept() -> None:
    kept, rows = train(training(epochs=3, early_stopping=None), score=script(1, 2, 3))
    last, _ = train(training(epochs=3, early_stopping=None), score=script(3, 2, 1))
    assert len(rows) == 3
    assert all((kept[name] == last[name]).all() for name in kept)


def test_training_loss_may_be_monitored_without_validation() -> None:
    _, rows = train(training(epochs=3, early_stopping={"monitor": "loss", "patience": 1}), score=None)
    assert rows[0].val == {}
    assert rows[0].best


def test_plateau_halves_the_rate_after_its_patience() -> None:
    """Best at epoch 1; two epochs without a better one, then half; two more, then a quarter, the floor."""
    rows = scripted(
        [1, 2, 2, 2, 2, 2, 2, 2],
        early_stopping=None,
        optimizer={"learning_rate": 0.1},
        schedule={"type": "plateau", "factor": 0.5, "patience": 2, "floor": 0.25},
    )
    assert [row.learning_rate for row in rows] == pytest.approx(
        [0.1, 0.1, 0.1, 0.05, 0.05, 0.025, 0.025, 0.025]
    )


def test_plateau_starts_counting_again_after_a_better_epoch() -> None:
    rows = scripted(
        [3, 4, 2, 4, 4, 4],
        early_stopping=None,
        optimizer={"learning_rate": 0.1},
        schedule={"type": "plateau", "patience": 2},
    )
    assert [row.learning_rate for row in rows] == pytest.approx([0.1, 0.1, 0.1, 0.1, 0.1, 0.05])


def test_schedule_sets_the_rate_of_each_epoch() -> None:
    rows = scripted(
        [1, 1, 1],
        early_stopping=None,
        optimizer={"learning_rate": 0.1},
        schedule={"type": "exponential", "factor": 0.5},
    )
    assert [row.learning_rate for row in rows] == pytest.approx([0.1, 0.05, 0.025])


@pytest.mark.parametrize("optimizer", [{"type": "sgd", "learning_rate": 1e10}])
def test_loss_that_becomes_nan_says_when_and_what_to_try(optimizer: dict[str, Any]) -> None:
    layers = [{"type": "simple_rnn", "units": 3, "activation": "relu"}]
    with pytest.raises(TrainingError) as caught:
        train(training(optimizer=optimizer), layers=layers)
    assert caught.value.exit_code == 1
    text = str(caught.value)
    assert text.startswith("training.optimizer: epoch 1: the loss became ")
    assert text.endswith(
        "; try training.optimizer.learning_rate=1e+09 or training.optimizer.clipnorm=1.0; relu layers in a recurrent "
        "stack often need both"
    )


def test_validation_loss_that_becomes_nan_is_noticed_in_its_epoch() -> None:
    with pytest.raises(
        TrainingError, match=r"epoch 2: the loss became nan; try training.optimizer.learning_rate=0\.0001"
    ):
        scripted([1.0, math.nan, 1.0], optimizer={"clipnorm": 1.0})


def test_moving_average_is_what_is_scored_and_kept() -> None:
    """With momentum 0 the average is the weights themselves; with 0.9 it lags behind them."""
    seen: list[np.ndarray] = []

    def score(forecast: np.ndarray) -> dict[str, float]:
        seen.append(forecast.copy())
        return {"loss": 1.0 / len(seen)}

    plain, _ = train(training(epochs=2), score=score)
    zero, _ = train(training(epochs=2, optimizer={"ema": 0.0}), score=score)
    slow, _ = train(training(epochs=2, optimizer={"ema": 0.9}), score=score)
    assert all(np.allclose(plain[name], zero[name], atol=1e-7) for name in plain)
    assert not all(np.allclose(plain[name], slow[name], atol=1e-5) for name in plain)
    np.testing.assert_allclose(seen[1], seen[3], atol=1e-6)
    assert not np.allclose(seen[1], seen[5], atol=1e-6)
