import pytest

from forecaster.model.cost import cost
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec


def of(*layers: dict[str, object], shape: Shape, **model: object):
    return cost(ModelSpec.model_validate({"layers": list(layers), **model}), shape)


def test_lstm_by_hand() -> None:
    """4 gates of 8 units on 1 input and 8 states: 288 weights; 8 outputs of 3 steps: 24."""
    found = of({"type": "lstm", "units": 8}, shape=Shape(lookback=40, horizon=3, n_targets=1))
    assert found.weights == 288 + 24
    assert found.flops == 40 * 2 * 288 + 2 * 24
    assert found.loops == 40


def test_patches_shorten_the_loop() -> None:
    shape = Shape(lookback=40, horizon=3, n_targets=1)
    found = of({"type": "gru", "units": 8}, shape=shape, patch=10)
    assert found.weights == 10 * 8 + 3 * 8 * (8 + 8) + 24
    assert found.loops == 4


def test_a_scan_waits_for_its_rounds_and_has_no_weights_on_the_state() -> None:
    """40 steps: distances of 1, 2, 4, 8, 16 and 32. 2 gates of 8 units on 1 input."""
    found = of({"type": "min_gru", "units": 8}, shape=Shape(lookback=40, horizon=3, n_targets=1))
    assert (found.loops, found.weights) == (6, 16 + 24)


def test_blocks_save_weights_on_the_state() -> None:
    """4 gates of 8 units on 1 input and the 2 states of their block."""
    layer = {"type": "slstm", "units": 8, "blocks": 4}
    assert of(layer, shape=Shape(lookback=40, horizon=3, n_targets=1)).weights == 4 * 8 * (1 + 2) + 24


@pytest.mark.slow
def test_weights_are_near_those_of_the_network() -> None:
    from forecaster.model.build import build

    spec = ModelSpec.model_validate(
        {"layers": [{"type": "gru", "units": 32, "bidirectional": True}, {"type": "lstm", "units": 16}]}
    )
    shape = Shape(lookback=12, horizon=4, n_targets=2, n_past=3, n_static=1)
    true = build(spec, shape).count_params()
    assert abs(cost(spec, shape).weights / true - 1) < 0.1
