"""Which way of running the layers is chosen for which shapes, and that it changes no result."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from forecaster.model.cells import CELLS
from forecaster.model.execution import Execution, choose_execution, predict_batch
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec


def spec(**changes: Any) -> ModelSpec:
    return ModelSpec.model_validate({"layers": [{"type": "lstm", "units": 64}] * 2} | changes)


def chosen(
    model: ModelSpec,
    lookback: int,
    *,
    batch_size: int,
    n_batches: int = 100,
    n_epochs: int = 60,
    times: int = 1,
    threads: int | None = None,
    gpu: bool = False,
) -> Execution:
    shape = Shape(lookback=lookback, horizon=24, n_targets=1)
    return choose_execution(
        model,
        shape,
        batch_size=batch_size,
        n_batches=n_batches,
        n_epochs=n_epochs,
        times=times,
        threads=threads,
        gpu=gpu,
    )


def test_long_window_in_small_batches_runs_by_its_own_loop_under_xla() -> None:
    assert chosen(spec(), 96, batch_size=32) == Execution(
        unroll=False, jit=True, steps_per_execution=10, own_loop=True, split=False
    )


def test_long_window_in_large_batches_stays_with_the_loop_of_keras_in_two_halves() -> None:
    assert chosen(spec(), 96, batch_size=128) == Execution(
        unroll=False, jit=False, steps_per_execution=10, own_loop=False, split=True
    )


def test_segments_are_unrolled_under_xla_in_two_halves() -> None:
    patched = spec(patch=24, layers=[{"type": "gru", "units": 128}])
    assert chosen(patched, 336, batch_size=128) == Execution(
        unroll=True, jit=True, steps_per_execution=10, own_loop=True, split=True
    )


OWN_LOOP = Execution(unroll=False, jit=True, steps_per_execution=10, own_loop=True)


@pytest.mark.parametrize(("lookback", "patch"), [(336, 24), (96, None)])
def test_one_thread_gains_nothing_from_halves_and_so_nothing_from_unrolling(
    lookback: int, patch: int | None
) -> None:
    model = spec(patch=patch, layers=[{"type": "gru", "units": 128}])
    assert chosen(model, lookback, batch_size=128, threads=1) == OWN_LOOP
    assert chosen(model, lookback, batch_size=128, threads=2).split


def test_stack_that_is_long_when_both_ways_are_counted_is_not_unrolled() -> None:
    layers = [{"type": "gru", "units": 128, "bidirectional": True}] * 3
    assert chosen(spec(layers=layers[:1]), 28, batch_size=128).unroll
    assert not chosen(spec(layers=layers), 28, batch_size=128).unroll


def test_segments_of_a_small_state_are_not_worth_two_halves() -> None:
    assert chosen(spec(patch=24, layers=[{"type": "gru", "units": 32}]), 336, batch_size=128) == OWN_LOOP


@pytest.mark.parametrize(
    ("n_epochs", "expected"),
    [
        (1, Execution(unroll=False, jit=False, steps_per_execution=10)),
        (5, Execution(unroll=False, jit=False, steps_per_execution=10, split=True)),
        (60, Execution(unroll=True, jit=True, steps_per_execution=10, own_loop=True, split=True)),
    ],
)
def test_longer_training_is_worth_more_compiling(n_epochs: int, expected: Execution) -> None:
    patched = spec(patch=24, layers=[{"type": "gru", "units": 128}])
    assert chosen(patched, 336, batch_size=128, n_epochs=n_epochs) == expected


def test_networks_that_share_what_is_compiled_count_together() -> None:
    patched = spec(patch=24, layers=[{"type": "gru", "units": 128}])
    found = [chosen(patched, 336, batch_size=128, n_epochs=10, times=times) for times in (1, 6)]
    assert found[1] == chosen(patched, 336, batch_size=128, n_epochs=60)
    assert [one.unroll for one in found] == [False, True]


@pytest.mark.parametrize(
    "layer",
    [
        {"type": "gru", "units": 8, "reset_after": False},
        {"type": "lstm", "units": 8, "recurrent_dropout": 0.1},
        {"type": "simple_rnn", "units": 8, "activation": "gelu"},
        {"type": "slstm", "units": 8, "recurrent_dropout": 0.1},
    ],
)
def test_layer_that_the_loops_do_not_know_is_left_to_keras(layer: dict[str, Any]) -> None:
    found = chosen(spec(layers=[layer]), 96, batch_size=32)
    assert (found.own_loop, found.jit) == (False, False)


def test_cell_without_a_loop_leaves_the_loops_to_the_others() -> None:
    both = spec(
        layers=[{"type": "min_gru", "units": 64, "activation": "gelu"}, {"type": "lstm", "units": 64}]
    )
    assert chosen(both, 96, batch_size=32) == OWN_LOOP


def test_handful_of_batches_is_not_worth_compiling() -> None:
    found = chosen(spec(), 12, batch_size=32, n_batches=3)
    assert (found.jit, found.own_loop, found.split, found.steps_per_execution) == (False, False, False, 3)


def test_gpu_keeps_its_fused_kernels() -> None:
    assert chosen(spec(), 12, batch_size=128, gpu=True) == Execution(
        unroll=False, jit=False, steps_per_execution=10
    )


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("way", [{"own_loop": True}, {"split": True}, {"own_loop": True, "split": True}])
def test_loss_and_gradients_are_the_same_in_every_way(cell: str, way: dict[str, bool]) -> None:
    import tensorflow as tf

    from forecaster.model.build import build

    model = spec(layers=[{"type": cell, "units": 4}, {"type": cell, "units": 3, "bidirectional": True}])
    network = build(model, Shape(lookback=6, horizon=2, n_targets=1), seed=3)
    past = np.random.default_rng(5).normal(size=(5, 6, 1)).astype(np.float32)

    def gradients() -> list[Any]:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(network({"past": past}, training=True)))
        return [loss, *tape.gradient(loss, [w.value for w in network.trainable_variables])]

    expected = gradients()
    network.run_as(Execution(unroll=False, jit=False, steps_per_execution=1, **way), batch_size=5)
    for found, known in zip(gradients(), expected, strict=True):
        np.testing.assert_allclose(found, known, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("channels", "targets", "windows"),
    [
        ("joint", 900, 256),
        ("independent", 1, 256),
        ("independent", 32, 256),
        ("independent", 900, 9),
        ("independent", 20_000, 1),
    ],
)
def test_batch_of_a_forecast_has_at_most_8192_rows(channels: str, targets: int, windows: int) -> None:
    shape = Shape(lookback=24, horizon=24, n_targets=targets)
    assert predict_batch(spec(channels=channels), shape) == windows
