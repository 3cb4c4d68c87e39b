"""The linear anchor: what it is fitted on, and what it does to the forecast."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from forecaster.data.spec import WindowSpec
from forecaster.data.transforms.split import SplitBounds
from forecaster.data.transforms.windows import Windows, WindowSource, cut_windows
from forecaster.model import linear
from forecaster.model.anchor import BLEND_WEIGHTS, JUDGES, choose_blend_weight, fit_anchor
from forecaster.model.build import build
from forecaster.model.shape import Shape
from forecaster.model.spec import AnchorSpec, ModelSpec

pytestmark = pytest.mark.slow

SHAPE = Shape(lookback=6, horizon=3, n_targets=1)


def windows(values: np.ndarray, observed: np.ndarray | None = None) -> Windows:
    n = np.array([len(values)])
    source = WindowSource(
        values.astype(np.float32)[:, None], np.array([0, len(values)]), 1, observed=observed
    )
    return cut_windows(source, SplitBounds(n, n, n), "train", WindowSpec(lookback=6, horizon=3))


def network(anchor: dict[str, object] | None, **other: object) -> keras.Model:
    model = {"normalization": "last", "layers": [{"type": "gru", "units": 4}], "anchor": anchor} | other
    return build(ModelSpec.model_validate(model), SHAPE)


def seasonal(n: int = 120) -> np.ndarray:
    return np.tile([0.0, 1.0, 4.0], n // 3)


def test_anchor_learns_a_season_exactly() -> None:
    train = windows(seasonal())
    net = network({"type": "ridge"})
    spec = AnchorSpec(type="ridge", penalty=0.0)
    net.set_anchor(fit_anchor(spec, net.normalization, SHAPE, train=train, val=None)[0])
    everything = np.arange(len(train))
    # The network begins at nothing, so the first forecast is the anchor's.
    forecast = keras.ops.convert_to_numpy(net(train.inputs(everything)))
    np.testing.assert_allclose(forecast, train.targets(everything), atol=1e-3)


def test_anchor_sees_its_last_steps_only() -> None:
    spec = AnchorSpec(type="ridge", lookback=2)
    weights, _ = fit_anchor(
        spec, network({"type": "ridge"}).normalization, SHAPE, train=windows(seasonal()), val=None
    )
    assert weights.shape == (6, 3)
    assert (weights[:4] == 0).all()
    assert (weights[4] != 0).any()


def test_an_unobserved_target_teaches_nothing() -> None:
    """The windows with that target teach their other steps; each step learns from those that have it."""
    values = np.random.default_rng(2).normal(size=120).cumsum()
    observed = np.ones((120, 1), dtype=bool)
    broken = values.copy()
    broken[60], observed[60] = 1e6, False
    spec, norm = AnchorSpec(type="ridge", penalty=0.01), network({"type": "ridge"}).normalization
    kept = windows(broken, observed)
    # Those that have the broken row in their lookback learn from it; the rest must not.
    kept = kept.take(np.flatnonzero((kept.start > 60) | (kept.start + 6 <= 60)))
    ours, _ = fit_anchor(spec, norm, SHAPE, train=kept, val=None)
    every = np.arange(len(kept))
    x = kept.past_targets(every)[0][:, :, 0].astype(np.float64)
    y = kept.targets(every)[:, :, 0].astype(np.float64) - x[:, -1:]
    x = x - x[:, -1:]
    penalty = 0.01 * np.trace(x.T @ x) / 6
    for step in range(3):
        has = ~np.isnan(y[:, step])
        assert not has.all()
        alone = np.linalg.solve(x[has].T @ x[has] + penalty * np.eye(6), x[has].T @ y[has, step])
        np.testing.assert_allclose(ours[:, step], alone, atol=1e-4)


def test_a_step_that_is_missing_in_every_window_leaves_the_others_as_they_are() -> None:
    """Every seventh value is missing, as on Sundays: each window of seven steps has one, and the anchor learns."""
    shape = Shape(lookback=14, horizon=7, n_targets=1)
    values = 10 + 5 * np.sin(np.arange(280) * 2 * np.pi / 7)
    observed = (np.arange(280) % 7 != 3)[:, None]
    n = np.array([280])
    # As data.missing fills it in, with the value before.
    filled = np.where(observed[:, 0], values, np.roll(values, 1)).astype(np.float32)
    source = WindowSource(filled[:, None], np.array([0, 280]), 1, observed=observed)
    kept = cut_windows(source, SplitBounds(n, n, n), "train", WindowSpec(lookback=14, horizon=7))
    spec, norm = AnchorSpec(type="ridge", penalty=1e-6), network({"type": "ridge"}).normalization
    weights, _ = fit_anchor(spec, norm, shape, train=kept, val=None)
    every = np.arange(len(kept))
    x, y = kept.past_targets(every)[0][:, :, 0], kept.targets(every)[:, :, 0]
    forecast = x[:, -1:] + (x - x[:, -1:]) @ weights
    seen = ~np.isnan(y)
    assert seen.mean() == pytest.approx(6 / 7, abs=0.01)
    assert np.abs(forecast - y)[seen].max() < 0.2


def test_an_averaged_network_learns_alone_and_then_gets_its_share() -> None:
    train = windows(seasonal())
    net = network({"type": "ridge", "mode": "average"})
    alone = network(None)
    for to, of in zip(alone.trainable_weights, net.trainable_weights, strict=True):
        to.assign(of)
    net.set_anchor(
        fit_anchor(AnchorSpec(type="ridge", penalty=0.0), net.normalization, SHAPE, train=train, val=None)[0]
    )
    some = train.inputs(np.arange(5))
    before = keras.ops.convert_to_numpy(net(some))
    np.testing.assert_allclose(before, keras.ops.convert_to_numpy(alone(some)), atol=1e-6)
    # The anchor is exact and the network knows nothing, so it gets the least share there is.
    assert choose_blend_weight(net, train, batch_size=32) == BLEND_WEIGHTS[0] == 0.25
    mixed = 0.25 * before + 0.75 * train.targets(np.arange(5))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(net(some)), mixed, atol=2e-3)


@pytest.mark.parametrize("head", ["direct", "segments"])
def test_anchor_stays_as_it_is_in_training(head: str) -> None:
    net = network({"type": "ridge"}, head={"type": head}, patch=3)
    names = {w.path.split("/")[-1] for w in net.trainable_weights}
    assert not names & {"anchor", "share"}
    assert {"anchor", "share"} <= {w.path.split("/")[-1] for w in net.kept_weights()}


def ar(seed: int) -> np.ndarray:
    """A series whose values follow the one four steps before."""
    noise, values = np.random.default_rng(seed).normal(size=240), np.zeros(240)
    for t in range(4, len(values)):
        values[t] = 0.9 * values[t - 4] + noise[t]
    return values


def test_lookback_auto_is_the_one_of_least_error_on_validation() -> None:
    net = network({"type": "ridge"})
    train, val = windows(ar(1)), windows(ar(2))
    y = val.targets(np.arange(len(val)))

    def fitted(lookback: object) -> tuple[np.ndarray, float]:
        spec = AnchorSpec(type="ridge", lookback=lookback)
        weights, _ = fit_anchor(spec, net.normalization, SHAPE, train=train, val=val)
        net.set_anchor(weights)
        forecast = keras.ops.convert_to_numpy(net(val.inputs(np.arange(len(val)))))
        return weights, float(np.square(forecast - y).mean())

    # The whole window and half of it; a quarter would be one step.
    best = min((fitted(steps) for steps in (6, 3)), key=lambda found: found[1])
    weights, error = fitted("auto")
    np.testing.assert_allclose(weights, best[0], atol=1e-5)
    assert error == pytest.approx(best[1])


def test_lookback_auto_is_the_whole_window_without_validation() -> None:
    net, train = network({"type": "ridge"}), windows(ar(1))
    found = [
        fit_anchor(AnchorSpec(type="ridge", lookback=n), net.normalization, SHAPE, train=train, val=None)[0]
        for n in (None, "auto")
    ]
    np.testing.assert_array_equal(*found)


def test_moments_are_the_same_in_smaller_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    net, train = network({"type": "ridge"}), windows(ar(1))
    spec = AnchorSpec(type="ridge")
    whole, _ = fit_anchor(spec, net.normalization, SHAPE, train=train, val=None)
    monkeypatch.setattr("forecaster.model.anchor._PART", 7)
    np.testing.assert_allclose(
        fit_anchor(spec, net.normalization, SHAPE, train=train, val=None)[0], whole, atol=1e-5
    )


def test_penalty_is_chosen_on_validation_windows_whose_targets_are_all_there() -> None:
    norm, spec = network({"type": "ridge"}).normalization, AnchorSpec(type="ridge")
    observed = np.ones((240, 1), dtype=bool)
    observed[[60, 61, 130]] = False
    val = windows(ar(4), observed)
    whole = val.take(np.flatnonzero(~np.isnan(val.targets(np.arange(len(val)))).any(axis=(1, 2))))
    assert JUDGES < len(whole) < len(val)
    for ours, theirs in zip(
        fit_anchor(spec, norm, SHAPE, train=windows(ar(3)), val=val),
        fit_anchor(spec, norm, SHAPE, train=windows(ar(3)), val=whole),
        strict=True,
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_with_few_whole_validation_windows_all_of_them_choose() -> None:
    norm, spec = network({"type": "ridge"}).normalization, AnchorSpec(type="ridge")
    observed = (np.arange(240) % 4 != 1)[:, None]
    val = windows(ar(4), observed)
    weights, penalty = fit_anchor(spec, norm, SHAPE, train=windows(ar(3), observed), val=val)
    assert np.isfinite(weights).all()
    assert penalty in linear.PENALTIES
