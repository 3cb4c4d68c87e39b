"""A training that is stopped anywhere and resumed ends in the same bytes as one that is not."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from forecaster.model.cells import CELLS
from forecaster.model.execution import Execution
from forecaster.runs.checkpoints import FileCheckpoints
from forecaster.training.progress import EpochRow
from forecaster.training.state import Arrays
from tests.unit.training.tiny import train, training

pytestmark = pytest.mark.slow

LAYERS = [
    {"type": "simple_rnn", "units": 3, "dropout": 0.3, "recurrent_dropout": 0.2},
    {"type": "dropout", "rate": 0.2},
]
EVERYTHING: dict[str, Any] = {
    "epochs": 6,
    "optimizer": {"learning_rate": 0.02, "clipnorm": 1.0, "ema": 0.8},
    "schedule": {"type": "plateau", "patience": 1, "factor": 0.5},
    "early_stopping": {"patience": 4},
}


class Killed(BaseException):
    """As sudden as a signal: nothing in the program catches it."""


class Killer:
    """Listens, and stops everything at a batch (counted from 1) or as an epoch's row is told."""

    def __init__(self, epoch: int, step: int | None = None) -> None:
        self.epoch, self.step = epoch, step

    def batch_done(self, member: int, epoch: int, step: int, n_steps: int, loss: float) -> None:
        if (epoch, step) == (self.epoch, self.step):
            raise Killed

    def epoch_done(self, row: EpochRow, epochs: int) -> None:
        if self.step is None and row.epoch == self.epoch:
            raise Killed


def at_every_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint after every batch, whatever the clock says."""
    import forecaster.training.fit as module

    class Clock:
        now = 0.0

        @classmethod
        def monotonic(cls) -> float:
            cls.now += 1000.0
            return cls.now

    monkeypatch.setattr(module, "time", Clock)


def outcome(result: tuple[Arrays, list[EpochRow]]) -> tuple[dict[str, bytes], list[dict[str, Any]]]:
    weights, rows = result
    plain = [{k: v for k, v in asdict(row).items() if k != "seconds"} for row in rows]
    return {name: array.tobytes() for name, array in weights.items()}, plain


def stopped_and_resumed(path: Path, *killers: Killer, **how: Any) -> Any:
    store = FileCheckpoints(path / "c.safetensors")
    for killer in killers:
        with pytest.raises(Killed):
            train(listener=killer, checkpoints=store, **how)
    return outcome(train(checkpoints=store, **how))


@pytest.fixture(scope="module")
def whole() -> Any:
    """A training of everything at once that nothing stopped."""
    return outcome(train(training(**EVERYTHING), layers=LAYERS))


@pytest.mark.parametrize(
    "killers",
    [[Killer(1, 2)], [Killer(6)], [Killer(2, 1), Killer(3), Killer(5, 4)]],
    ids=["before any checkpoint", "after the last epoch", "three times"],
)
def test_stopped_between_checkpoints_at_the_end_of_epochs(
    tmp_path: Path, whole: Any, killers: list[Killer]
) -> None:
    assert stopped_and_resumed(tmp_path, *killers, spec=training(**EVERYTHING), layers=LAYERS) == whole


@pytest.mark.parametrize("step", [1, 4])
def test_stopped_within_an_epoch_after_a_checkpoint_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: Any, step: int
) -> None:
    """The batch at which it stops is not in the checkpoint; the one before it is."""
    at_every_batch(monkeypatch)
    spec = training(**EVERYTHING, checkpoint_every="1s")
    assert stopped_and_resumed(tmp_path, Killer(3, step), spec=spec, layers=LAYERS) == whole


def test_stopped_within_the_first_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: Any) -> None:
    at_every_batch(monkeypatch)
    spec = training(**EVERYTHING, checkpoint_every="1s")
    killers = Killer(1, 3), Killer(1, 4)
    assert stopped_and_resumed(tmp_path, *killers, spec=spec, layers=LAYERS) == whole


def test_stopped_between_calls_of_several_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """17 windows by 3 are 6 batches, two per call; the first call of epoch 2 is in the checkpoint."""
    execution = Execution(unroll=True, jit=False, steps_per_execution=2)
    spec = training(**EVERYTHING | {"batch_size": 3}, checkpoint_every="1s")
    how: dict[str, Any] = {"spec": spec, "layers": LAYERS, "execution": execution}
    whole = outcome(train(**how))
    at_every_batch(monkeypatch)
    assert stopped_and_resumed(tmp_path, Killer(2, 4), **how) == whole


@pytest.mark.parametrize("killer", [Killer(2), Killer(3)], ids=["under way", "done"])
def test_without_early_stopping(tmp_path: Path, killer: Killer) -> None:
    """A member that was done when the run was stopped gives its last weights once more."""
    how: dict[str, Any] = {"spec": training(epochs=3, early_stopping=None), "layers": LAYERS}
    assert stopped_and_resumed(tmp_path, killer, **how) == outcome(train(**how))


@pytest.mark.parametrize("killer", [Killer(2), Killer(3)], ids=["under way", "done"])
def test_moving_average_without_early_stopping(tmp_path: Path, killer: Killer) -> None:
    how: dict[str, Any] = {"spec": training(epochs=3, early_stopping=None, optimizer={"ema": 0.9})}
    assert stopped_and_resumed(tmp_path, killer, **how) == outcome(train(**how))


@pytest.mark.parametrize("kind", ["nadam", "sgd"])
def test_state_of_every_optimizer(tmp_path: Path, kind: str) -> None:
    momentum = {"momentum": 0.9} if kind == "sgd" else {}
    how: dict[str, Any] = {"spec": training(epochs=3, optimizer={"type": kind, **momentum})}
    assert stopped_and_resumed(tmp_path, Killer(2), **how) == outcome(train(**how))


def test_resuming_what_had_stopped_early_trains_no_more(tmp_path: Path) -> None:
    def worse(calls: list[int]) -> Callable[[Any], dict[str, float]]:
        def score(forecast: Any) -> dict[str, float]:
            calls.append(1)
            return {"loss": float(len(calls))}

        return score

    store, calls = FileCheckpoints(tmp_path / "c.safetensors"), list[int]()
    spec = training(epochs=9, early_stopping={"patience": 2})
    first = outcome(train(spec, checkpoints=store, score=worse(calls)))
    again = outcome(train(spec, checkpoints=store, score=worse(calls)))
    assert first == again
    assert len(calls) == 3


def test_stopped_in_validation_after_the_last_batch_of_an_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: Any
) -> None:
    import forecaster.training.fit as module

    at_every_batch(monkeypatch)
    predict, calls = module.predict_windows, []

    def once(*args: Any, **how: Any) -> Any:
        calls.append(None)
        if len(calls) == 2:
            raise Killed
        return predict(*args, **how)

    monkeypatch.setattr(module, "predict_windows", once)
    store, spec = FileCheckpoints(tmp_path / "c.safetensors"), training(**EVERYTHING, checkpoint_every="1s")
    with pytest.raises(Killed):
        train(spec, layers=LAYERS, checkpoints=store)
    assert outcome(train(spec, layers=LAYERS, checkpoints=store)) == whole


def test_a_monitor_that_cannot_be_computed_is_an_error_at_once() -> None:
    from forecaster.errors import TrainingError

    spec = training(early_stopping={"monitor": "val_mase", "patience": 2})
    with pytest.raises(TrainingError) as caught:
        train(spec, score=lambda forecast: {"loss": 1.0, "mase": float("nan")})
    assert str(caught.value) == (
        "training.early_stopping.monitor: val_mase cannot be computed on these validation windows, and early "
        "stopping watches it; watch val_loss or val_mae, or see why in the score table of the validation split"
    )


@pytest.mark.parametrize("cell", [name for name in CELLS if name != "simple_rnn"])
def test_every_cell_resumes(tmp_path: Path, cell: str) -> None:
    how: dict[str, Any] = {
        "spec": training(epochs=3, early_stopping=None),
        "layers": [{"type": cell, "units": 3, "dropout": 0.3}],
    }
    assert stopped_and_resumed(tmp_path, Killer(2), **how) == outcome(train(**how))
