"""Every head with every output it goes with: what all of them promise."""

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecaster.model.outputs import order, point, quantiles
from forecaster.model.shape import Shape
from forecaster.model.spec import HEADS, ModelSpec
from forecaster.runs.arrays import load_arrays, save_arrays
from tests.contract.test_networks import BATCH, PLAIN, RICH, built, forecast, inputs
from tests.heads import head_spec, with_head

pytestmark = pytest.mark.slow

QUANTILES = {"type": "quantiles", "levels": [0.05, 0.25, 0.5, 0.9]}
OUTPUTS = {
    "quantiles": QUANTILES,
    **{
        f: {"type": "distribution", "family": f, "samples": 10}
        for f in ("normal", "student_t", "negative_binomial")
    },
}
KNOWN = [0.025, 0.05, 0.1, 0.5, 0.9, 0.99]


def spec(output: str, head: str = "direct", **values: Any) -> ModelSpec:
    made = with_head(head, patch=2, output=OUTPUTS[output], **{"normalization": "mean", **values})
    return ModelSpec.model_validate({"layers": [{"type": "gru", "units": 3}], **made})


def trained(model: ModelSpec, shape: Shape) -> Any:
    import keras

    from forecaster.training.losses import make_loss

    network = built(model, shape)
    chance = np.random.default_rng(2)
    y = chance.poisson(3.0, size=(BATCH, shape.horizon, shape.n_targets)).astype(np.float32)
    name = "pinball" if model.output.type == "quantiles" else "nll"
    network.compile(
        optimizer=keras.optimizers.Adam(0.1), loss=make_loss(name, model.output), run_eagerly=True
    )
    extra = {"teacher": y} if network.wants_teacher else {}
    if model.head.forecasts_every_step:
        y = np.repeat(y[:, None], shape.lookback // (model.patch or 1), axis=1)
    before = [np.copy(w) for w in network.trainable_weights]
    losses = [float(network.train_on_batch(inputs(shape) | extra, y)) for _ in range(15)]
    assert losses[-1] < losses[0]
    assert all((a != b).any() for a, b in zip(before, map(np.copy, network.trainable_weights), strict=True))
    return network


# A median that is fed back would hide how uncertain the earlier steps are.
PAIRS = [
    (head, output)
    for head, output in product(HEADS, OUTPUTS)
    if output != "quantiles" or not head_spec(head).feeds_back
]


@pytest.mark.parametrize("channels", ["joint", "independent"])
@pytest.mark.parametrize(("head", "output"), PAIRS)
def test_trains_saves_loads_and_never_crosses(tmp_path: Path, head: str, output: str, channels: str) -> None:
    from forecaster.forecasting.engine import fill_weights
    from forecaster.training.state import weights_of

    model = spec(output, head, channels=channels)
    shape = PLAIN if head in ("recursive", "sequence") else RICH
    network = trained(model, shape)
    out = forecast(network, inputs(shape))
    assert out.shape == (BATCH, shape.horizon, shape.n_targets * len(order(model.output)))
    found = quantiles(model.output, out, KNOWN)
    assert np.isfinite(found).all()
    assert (np.diff(found, axis=-1) >= 0).all()
    if output == "quantiles":
        np.testing.assert_array_equal(
            point(model.output, out), found[..., KNOWN.index(0.5)].astype(np.float32)
        )
    save_arrays(tmp_path / "w", weights_of(network))
    again = built(model, shape)
    fill_weights(again, load_arrays(tmp_path / "w")[0])
    assert (forecast(again, inputs(shape)) == out).all()


@pytest.mark.parametrize("output", ["quantiles", "normal", "student_t"])
def test_quantiles_move_with_level_and_size_of_the_window(output: str) -> None:
    """revin takes level and spread: a window 4 times as wide and 16 higher has such quantiles, in the same order,
    whatever the sign of its learned gain."""
    network = trained(spec(output, normalization="revin"), PLAIN)
    x = inputs(PLAIN)
    for gain in (1.0, -0.5):
        network.normalization.gain.assign([gain, gain])
        one = quantiles(network.spec.output, forecast(network, x), KNOWN)
        other = quantiles(network.spec.output, forecast(network, {"past": x["past"] * 4 + 16}), KNOWN)
        np.testing.assert_allclose(other, one * 4 + 16, atol=2e-2)
        assert (np.diff(one, axis=-1) >= 0).all()


def test_an_anchor_moves_all_quantiles_alike() -> None:
    """The ridge's weights: every step repeats the last value, here 0 after normalisation, plus 2 of the first."""
    network = trained(spec("quantiles", normalization="last", anchor={"type": "ridge"}), PLAIN)
    x = inputs(PLAIN)
    before = forecast(network, x)
    weights = np.zeros((PLAIN.lookback, PLAIN.horizon), np.float32)
    weights[0] = 2.0
    network.set_anchor(weights)
    moved = 2.0 * (x["past"][:, :1] - x["past"][:, -1:])
    np.testing.assert_allclose(
        forecast(network, x) - before, np.tile(moved, (1, PLAIN.horizon, 4)), atol=1e-4
    )


class OneByOne:
    """As many windows as the inputs hold."""

    def __init__(self, batch: dict[str, np.ndarray]) -> None:
        self.batch = batch

    def __len__(self) -> int:
        return BATCH

    def inputs(self, indices: np.ndarray) -> dict[str, np.ndarray]:
        return {name: part[indices] for name, part in self.batch.items()}


@pytest.mark.parametrize("channels", ["joint", "independent"])
@pytest.mark.parametrize("head", ["recursive", "encoder_decoder"])
def test_paths_begin_with_the_distribution_of_the_first_step(head: str, channels: str) -> None:
    from forecaster.model.paths import path_quantiles, sample_paths

    model = spec("normal", head, channels=channels)
    model = model.model_copy(update={"output": model.output.model_copy(update={"samples": 4000})})
    shape = PLAIN if head == "recursive" else RICH
    network = trained(model, shape)
    paths = sample_paths(network, inputs(shape), np.random.default_rng(0))
    assert paths.shape == (BATCH, 4000, shape.horizon, shape.n_targets)
    exact = quantiles(model.output, forecast(network, inputs(shape)), [0.1, 0.5, 0.9])
    found = np.moveaxis(np.quantile(paths, [0.1, 0.5, 0.9], axis=1), 0, -1)
    width = (exact[:, 0, :, 2] - exact[:, 0, :, 0])[..., None]
    np.testing.assert_allclose(found[:, 0] / width, exact[:, 0] / width, atol=0.06)
    windows = OneByOne(inputs(shape))
    one = path_quantiles(network, windows, (0.1, 0.9), seed=1)  # type: ignore[arg-type]
    assert one.shape == (BATCH, shape.horizon, shape.n_targets, 2)
    assert (one == path_quantiles(network, windows, (0.1, 0.9), seed=1)).all()  # type: ignore[arg-type]
    assert (one != path_quantiles(network, windows, (0.1, 0.9), seed=2)).any()  # type: ignore[arg-type]
