"""Every cell with every normalisation, channel mode, patch and head: what all of them promise."""

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.transforms.scalers import Scaler
from forecaster.data.transforms.windows import Windows, WindowSource
from forecaster.errors import DataError
from forecaster.model.cells import CELLS
from forecaster.model.cost import least_weights, most_weights
from forecaster.model.shape import Shape
from forecaster.model.spec import HEADS, ModelSpec
from forecaster.runs.arrays import load_arrays, save_arrays
from forecaster.runs.claim import claim
from tests.heads import BOTH_WAYS_HEADS, with_head
from tests.integration.tiny_runs import csv_rows, done, hours, read, write_config, write_table
from tests.unit.runs.sealed_runs import DONE

pytestmark = pytest.mark.slow

NORMALIZATIONS = ("last", "mean", "revin", "none")
CHANNELS = ("joint", "independent")
PLAIN = Shape(lookback=6, horizon=2, n_targets=2)
RICH = Shape(lookback=6, horizon=2, n_targets=2, n_past=2, n_future=1, n_static=1)
BATCH = 3


def spec(cell: str = "gru", **values: Any) -> ModelSpec:
    layers = [{"type": cell, "units": 3}, {"type": cell, "units": 2}]
    return ModelSpec.model_validate({"layers": layers, **values})


def inputs(shape: Shape, *, seed: int = 1) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    sizes = {
        "past": (BATCH, shape.lookback, shape.n_targets + shape.n_past),
        "future": (BATCH, shape.horizon, shape.n_future),
        "static": (BATCH, shape.n_static),
    }
    return {name: rng.normal(size=size).astype(np.float32) for name, size in sizes.items() if size[-1]}


def built(model: ModelSpec, shape: Shape) -> Any:
    from forecaster.model.build import build

    return build(model, shape)


def trained_one_step(model: ModelSpec, shape: Shape) -> Any:
    """A network after one step of descent on random targets."""
    import keras

    from forecaster.training.losses import make_loss

    network = built(model, shape)
    y = np.random.default_rng(2).normal(size=(BATCH, shape.horizon, shape.n_targets)).astype(np.float32)
    network.compile(optimizer=keras.optimizers.SGD(0.1), loss=make_loss("mse"), run_eagerly=True)
    extra = {"teacher": y} if network.wants_teacher else {}
    if model.head.forecasts_every_step:
        y = np.repeat(y[:, None], shape.lookback // (model.patch or 1), axis=1)
    before = [np.copy(w) for w in network.get_weights()]
    network.train_on_batch(inputs(shape) | extra, y)
    assert any((a != b).any() for a, b in zip(before, network.get_weights(), strict=True))
    return network


def forecast(network: Any, batch: dict[str, np.ndarray]) -> np.ndarray:
    out: np.ndarray = network(batch, training=False).numpy()
    return out


def check_promises(model: ModelSpec, shape: Shape, folder: Path) -> None:
    from forecaster.forecasting.engine import fill_weights
    from forecaster.training.state import weights_of

    network = trained_one_step(model, shape)
    out = forecast(network, inputs(shape))
    assert out.shape == (BATCH, shape.horizon, shape.n_targets)
    assert np.isfinite(out).all()
    weights = weights_of(network)
    # A run whose network is larger than its weights, or smaller by far, is refused.
    n_weights = sum(array.size for array in weights.values())
    assert 0 < least_weights(model, shape) <= n_weights < most_weights(model, shape) - 2**24
    save_arrays(folder / "w", weights)
    again = built(model, shape)
    fill_weights(again, load_arrays(folder / "w")[0])
    assert (forecast(again, inputs(shape)) == out).all()
    # Each window is forecast by itself, whatever is beside it in the batch.
    swapped = forecast(network, {name: part[::-1] for name, part in inputs(shape).items()})
    np.testing.assert_allclose(swapped[::-1], out, atol=1e-5)


@pytest.mark.parametrize(
    ("cell", "normalization", "channels", "patch"), list(product(CELLS, NORMALIZATIONS, CHANNELS, (None, 3)))
)
def test_trains_saves_and_loads(
    tmp_path: Path, cell: str, normalization: str, channels: str, patch: int | None
) -> None:
    shape = RICH if (normalization in ("last", "revin")) == (channels == "joint") else PLAIN
    model = spec(cell, normalization=normalization, channels=channels, patch=patch)
    check_promises(model, shape, tmp_path)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("cell", CELLS)
def test_every_head_trains_saves_and_loads(tmp_path: Path, cell: str, channels: str, head: str) -> None:
    """With sequence nothing may be known of the later steps, so it goes without normalisation."""
    # A recursive forecast would need its past covariates ahead.
    shape = PLAIN if head in ("recursive", "sequence") else RICH
    model = spec(cell, **with_head(head, patch=2, normalization="none", channels=channels))
    check_promises(model, shape, tmp_path)


@pytest.mark.parametrize("head", BOTH_WAYS_HEADS)
@pytest.mark.parametrize("cell", CELLS)
def test_both_ways_with_every_head_that_allows_it(tmp_path: Path, cell: str, head: str) -> None:
    layers = [{"type": cell, "units": 3, "bidirectional": True}, {"type": cell, "units": 2}]
    check_promises(ModelSpec.model_validate(with_head(head, patch=2, layers=layers)), RICH, tmp_path)


@pytest.mark.parametrize("cell", CELLS)
def test_seasonal_normalisation_and_segments_train_save_and_load(tmp_path: Path, cell: str) -> None:
    """A season of 3 steps; segments of 2, of which the horizon has one."""
    model = spec(cell, normalization="season", season=3, patch=2, head={"type": "segments"}, differences=[1])
    check_promises(model, RICH, tmp_path)


@pytest.mark.parametrize(
    "options",
    [
        {"bidirectional": True},
        {"residual": True},
        {"layer_norm": True},
        {"residual": True, "bidirectional": True},
        {"dropout": 0.5, "recurrent_dropout": 0.5},
        {"kernel_regularizer": {"l2": 0.1}},
        {"repeat": 3},
    ],
    ids=str,
)
def test_every_option_of_a_layer(tmp_path: Path, options: dict[str, Any]) -> None:
    layers = [
        {"type": "gru", "units": 3, **options},
        {"type": "dense", "units": 2},
        {"type": "lstm", "units": 4},
    ]
    check_promises(ModelSpec.model_validate({"layers": [*layers, layers[0]]}), RICH, tmp_path)


@pytest.mark.parametrize("channels", CHANNELS)
def test_forecast_moves_with_the_level_of_the_window(channels: str) -> None:
    """Normalised by its last value, a window that lies 100 higher is forecast 100 higher."""
    network = trained_one_step(spec(normalization="last", channels=channels), PLAIN)
    x = inputs(PLAIN)
    higher = {"past": x["past"] + np.float32(128)}
    np.testing.assert_allclose(forecast(network, higher), forecast(network, x) + 128, atol=1e-3)


@pytest.mark.parametrize("channels", CHANNELS)
def test_forecast_grows_with_the_size_of_the_window(channels: str) -> None:
    """Divided by its mean size, a window of values 8 times as large is forecast 8 times as large."""
    network = trained_one_step(spec(normalization="mean", channels=channels), PLAIN)
    x = {"past": np.abs(inputs(PLAIN)["past"]) + 10}
    larger = {"past": x["past"] * 8}
    np.testing.assert_allclose(forecast(network, larger), forecast(network, x) * 8, rtol=1e-3)


def test_revin_takes_level_and_spread() -> None:
    network = trained_one_step(spec(normalization="revin"), PLAIN)
    x = inputs(PLAIN)
    other = {"past": x["past"] * 4 + 16}
    np.testing.assert_allclose(forecast(network, other), forecast(network, x) * 4 + 16, atol=1e-3)


def test_independent_channels_do_not_see_each_other() -> None:
    network = trained_one_step(spec(channels="independent"), PLAIN)
    x = inputs(PLAIN)
    other = {"past": x["past"].copy()}
    other["past"][:, :, 1] *= 5
    one, two = forecast(network, x), forecast(network, other)
    np.testing.assert_allclose(one[:, :, 0], two[:, :, 0], atol=1e-6)
    assert not np.allclose(one[:, :, 1], two[:, :, 1])
    # One shared network: exchanging the targets exchanges the forecasts.
    np.testing.assert_allclose(forecast(network, {"past": x["past"][:, :, ::-1]}), one[:, :, ::-1], atol=1e-6)


def test_constant_window_is_forecast_by_a_number() -> None:
    for normalization in NORMALIZATIONS:
        network = trained_one_step(spec(normalization=normalization), PLAIN)
        for level in (0.0, 1e4):
            assert np.isfinite(forecast(network, {"past": np.full((1, 6, 2), level, np.float32)})).all()


def windows(shape: Shape) -> tuple[Windows, np.ndarray]:
    """Two series of 10 rows, three windows, and the group of each."""
    values = np.random.default_rng(3).normal(size=(20, shape.n_targets + 1)).astype(np.float32)
    source = WindowSource(values, np.array([0, 10, 20]), n_targets=shape.n_targets, n_past=1)
    series = np.array([0, 0, 1], dtype=np.int32)
    return Windows(source, shape.lookback, shape.horizon, series, np.array([0, 2, 10])), series.astype(
        np.int64
    )


def test_fitted_comes_back_from_its_run_directory_and_its_members_are_averaged(tmp_path: Path) -> None:
    from forecaster.forecasting.fitted import Fitted
    from forecaster.training.state import weights_of

    shape = Shape(lookback=6, horizon=2, n_targets=2, n_past=1)
    scaler = Scaler(
        "standard", np.array([[1.0, 2, 0], [5, 6, 0]]), np.array([[2.0, 2, 1], [3, 3, 1]]), ("a", "b"), 2
    )
    members = [weights_of(trained_one_step(spec("lstm"), shape)), weights_of(built(spec("lstm"), shape))]
    both, groups = Fitted(spec("lstm"), shape, scaler, members, TimeAxis(1)), windows(shape)[1]
    expected = both.forecast(windows(shape)[0], groups).point
    alone = [
        Fitted(spec("lstm"), shape, scaler, [m], TimeAxis(1)).forecast(windows(shape)[0], groups).point
        for m in members
    ]
    np.testing.assert_allclose(expected, (alone[0] + alone[1]) / 2, rtol=1e-6)
    with claim(tmp_path / "r") as run:
        both.save(run)
        run.seal(DONE)
    loaded = Fitted.load(run)
    assert loaded.spec == both.spec
    assert loaded.shape == shape
    assert (loaded.forecast(windows(shape)[0], groups).point == expected).all()


def test_weights_of_another_network_are_refused() -> None:
    from forecaster.forecasting.engine import fill_weights
    from forecaster.training.state import weights_of

    gru, lstm = built(spec("gru"), PLAIN), built(spec("lstm"), PLAIN)
    with pytest.raises(DataError, match=r"has other weights than model/spec.json describes: "):
        fill_weights(gru, weights_of(lstm))
    longer = built(spec("gru"), Shape(lookback=6, horizon=5, n_targets=2))
    with pytest.raises(DataError, match=r"has shape \(2, 10\), the network needs \(2, 4\)"):
        fill_weights(gru, weights_of(longer))


def test_units_of_the_table_change_nothing_but_the_units_of_the_forecast(tmp_path: Path) -> None:
    """y and 4 y + 1000: the same training, the same scaled scores, forecasts that follow."""
    rng = np.random.default_rng(8)
    y = [float(v) for v in np.round(10 + rng.normal(size=60), 2)]
    found = []
    for name, a, b in (("y", 1, 0), ("z", 4, 1000)):
        folder = tmp_path / name
        folder.mkdir()
        write_table(folder / "t.csv", "t,y", zip(hours(60), [a * v + b for v in y], strict=True))
        done("train", write_config(folder, {"targets": ["y"]}), "--run-dir", folder / "r", "-q")
        values = [float(row[1]) for row in csv_rows(done("predict", folder / "r"))[1:]]
        found.append((values, read(folder / "r", "metrics.json")["splits"]["test"]["scores"]["model"]))
    (one, score), (two, other) = found
    assert two == pytest.approx([4 * v + 1000 for v in one], rel=1e-5)
    assert other["mae"] == pytest.approx(4 * score["mae"], rel=1e-3)
    for metric in ("mase", "scaled_mae", "scaled_mse"):
        assert other[metric] == pytest.approx(score[metric], rel=1e-3)
