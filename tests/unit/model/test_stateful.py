"""A carried state is one long pass, reset where a series ends."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from forecaster.data.spec import WindowSpec
from forecaster.data.transforms.split import SplitBounds
from forecaster.data.transforms.windows import Windows, WindowSource, cut_windows
from forecaster.model.build import build
from forecaster.model.loops.batch_streams import arrange_streams
from forecaster.model.predict import predict_windows
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec

pytestmark = pytest.mark.slow

LOOKBACK, HORIZON, ROWS = 4, 2, 18


def spec(**other: object) -> ModelSpec:
    layers = [{"type": "gru", "units": 5}, {"type": "lstm", "units": 3, "residual": True}]
    layers += [{"type": "dropout", "rate": 0.5}, {"type": "simple_rnn", "units": 3}]
    layers += [
        {"type": "slstm", "units": 4},
        {"type": "min_gru", "units": 3},
        {"type": "min_lstm", "units": 3},
    ]
    return ModelSpec.model_validate({"normalization": "none", "layers": layers} | other)


def source() -> WindowSource:
    values = np.random.default_rng(0).normal(size=(2 * ROWS, 1)).astype(np.float32)
    return WindowSource(values, np.array([0, ROWS, 2 * ROWS]), 1)


def windows() -> Windows:
    length = np.array([ROWS, ROWS])
    window = WindowSpec(lookback=LOOKBACK, horizon=HORIZON)
    return cut_windows(source(), SplitBounds(length, length, length), "train", window, consecutive=True)


def test_windows_follow_one_another_a_lookback_apart() -> None:
    w = windows()
    assert w.start.tolist() == [0, 4, 8, 12, 18, 22, 26, 30]


def test_streams_keep_a_series_whole_and_start_it_with_no_state() -> None:
    streams = arrange_streams(np.array([0, 0, 0, 1, 2, 2], dtype=np.int32), 2)
    assert streams.order.tolist() == [[0, 3], [1, 4], [2, 5]]
    assert streams.carry.tolist() == [[0, 0], [1, 0], [1, 1]]


@pytest.mark.parametrize("streams", [1, 2])
def test_stateful_equals_one_long_pass_of_each_series(streams: int) -> None:
    carrying = build(spec(stateful=True), Shape(LOOKBACK, HORIZON, 1), streams=streams)
    carried = predict_windows(carrying, windows(), batch_size=8)
    for nth, index in enumerate([0, 1, 2, 3]):
        whole = LOOKBACK * (nth + 1)
        long = build(spec(), Shape(whole, HORIZON, 1))
        for to, of in zip(long.weights, carrying.kept_weights(), strict=True):
            to.assign(of)
        for series in (0, 1):
            past = source().values[None, series * ROWS : series * ROWS + whole]
            expected = keras.ops.convert_to_numpy(long({"past": past}))[0]
            np.testing.assert_allclose(carried[4 * series + index], expected, rtol=1e-5, atol=1e-6)


def test_stateful_differs_from_stateless_but_for_the_first_window_of_a_series() -> None:
    carrying = build(spec(stateful=True), Shape(LOOKBACK, HORIZON, 1), streams=2)
    forgetting = build(spec(), Shape(LOOKBACK, HORIZON, 1))
    for to, of in zip(forgetting.weights, carrying.kept_weights(), strict=True):
        to.assign(of)
    carried = predict_windows(carrying, windows(), batch_size=8)
    alone = predict_windows(forgetting, windows(), batch_size=8)
    same = np.isclose(carried, alone, rtol=1e-5, atol=1e-6).all(axis=(1, 2))
    assert same.tolist() == [True, False, False, False, True, False, False, False]
