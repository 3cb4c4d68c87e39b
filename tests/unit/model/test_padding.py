"""A window that begins before its series is the shorter window."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from forecaster.data.spec import WindowSpec
from forecaster.data.transforms.split import SplitBounds
from forecaster.data.transforms.windows import WindowSource, cut_windows
from forecaster.model.build import build
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec

pytestmark = pytest.mark.slow


def source(*lengths: int) -> WindowSource:
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    values = np.random.default_rng(0).normal(5.0, 1.0, size=(offsets[-1], 1)).astype(np.float32)
    return WindowSource(values, offsets, 1)


def test_only_a_series_without_a_whole_window_is_padded() -> None:
    length = np.array([20, 6])
    window = WindowSpec(lookback=8, horizon=2, short="pad")
    w = cut_windows(source(20, 6), SplitBounds(length, length, length), "train", window)
    # 20 rows hold 11 whole windows; 6 rows hold first targets 1 to 4.
    assert w.series.tolist() == [0] * 11 + [1] * 4
    assert (w.target_row[11:] - 20).tolist() == [1, 2, 3, 4]
    first = w.inputs(np.array([11]))
    assert first["mask"][0].tolist() == [0, 0, 0, 0, 0, 0, 0, 1]
    assert (first["past"][0] == w.source.values[20]).all()
    assert w.inputs(np.array([0]))["mask"].all()


@pytest.mark.parametrize("normalization", ["last", "mean", "revin", "season", "none"])
@pytest.mark.parametrize(
    "model",
    [
        {},
        {"patch": 3, "head": {"type": "segments"}},
        {"head": {"type": "encoder_decoder"}},
        {"head": {"type": "recursive"}},
    ],
)
def test_padded_window_gives_the_forecast_of_the_shorter_one(
    normalization: str, model: dict[str, object]
) -> None:
    layers = [{"type": "lstm", "units": 4}, {"type": "gru", "units": 4, "layer_norm": True}]
    spec = ModelSpec.model_validate({"normalization": normalization, "season": 2, "layers": layers} | model)
    padded, short = build(spec, Shape(12, 3, 1)), build(spec, Shape(6, 3, 1))
    for to, of in zip(short.weights, padded.weights, strict=True):
        to.assign(of)
    values = np.random.default_rng(1).normal(size=(2, 12, 1)).astype(np.float32)
    values[:, :6] = 99.0
    mask = np.repeat([[0.0] * 6 + [1.0] * 6], 2, axis=0).astype(np.float32)
    got = keras.ops.convert_to_numpy(padded({"past": values, "mask": mask}))
    expected = keras.ops.convert_to_numpy(short({"past": values[:, 6:]}))
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("patch", [None, 3])
@pytest.mark.parametrize("horizon", [1, 3])
def test_a_sequence_learns_nothing_before_its_series(patch: int | None, horizon: int) -> None:
    """Each step that is there is forecast as by the shorter window; after the others there is no target."""
    layers = [{"type": "lstm", "units": 4}, {"type": "gru", "units": 4}]
    head = {"head": {"type": "sequence"}, "normalization": "none", "patch": patch}
    spec = ModelSpec.model_validate({"layers": layers, **head})
    padded, short = build(spec, Shape(12, horizon, 1)), build(spec, Shape(6, horizon, 1))
    short.set_weights(padded.get_weights())
    length = np.array([20, 5 + horizon])
    window = WindowSpec(lookback=12, horizon=horizon, short="pad")
    w = cut_windows(source(*length), SplitBounds(length, length, length), "train", window)
    index = np.array([len(w) - 1])
    batch = w.inputs(index)
    steps = 6 // (patch or 1)
    there = 5 // (patch or 1) if patch is None else 2
    assert batch["mask"].sum() == 5
    y = w.targets_of_every_step(index, patch or 1)
    assert np.isnan(y[0, :-there]).all()
    assert np.isfinite(y[0, -there:]).all()
    assert (y[0, -1] == w.targets(index)[0]).all()
    batch["mask"][0, 6] = 1.0
    got = keras.ops.convert_to_numpy(padded(batch, training=True))[0, -steps:]
    expected = keras.ops.convert_to_numpy(short({"past": batch["past"][:, 6:]}, training=True))[0]
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("horizon", [1, 3])
def test_a_fed_back_network_is_taught_as_by_the_shorter_window(horizon: int) -> None:
    spec = ModelSpec.model_validate({"layers": [{"type": "lstm", "units": 4}], "head": {"type": "recursive"}})
    padded, short = build(spec, Shape(12, horizon, 1)), build(spec, Shape(6, horizon, 1))
    short.set_weights(padded.get_weights())
    rng = np.random.default_rng(1)
    past, teacher = (rng.normal(size=(2, n, 1)).astype(np.float32) for n in (12, horizon))
    mask = np.repeat([[0.0] * 6 + [1.0] * 6], 2, axis=0).astype(np.float32)
    got = padded({"past": past, "mask": mask, "teacher": teacher}, training=True)
    expected = short({"past": past[:, 6:], "teacher": teacher}, training=True)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)
