"""What every baseline promises."""

import dataclasses

import numpy as np
import pytest

from forecaster.config.evaluation import EvaluationSpec
from forecaster.forecasting.baselines import BASELINES, BaselineInputs, forecast
from forecaster.forecasting.cutoffs import Cutoffs
from forecaster.forecasting.stats import MODELS
from forecaster.model.classical import OF_A_SEASON

HORIZON, LOOKBACK, SEASON = 5, 12, 6


OF_STATSFORECAST = list(MODELS)


@pytest.fixture(params=[*BASELINES, "seasonal_naive_4"])
def name(request):
    if request.param in OF_STATSFORECAST:
        pytest.importorskip("statsforecast", reason="the extra stats is not installed")
    return request.param


def cutoffs(values, rows):
    """Three series of 60, 40 and 50 rows; rows: steps of history in each."""
    offsets = np.array([0, 60, 100, 150])
    series = np.repeat(np.arange(3, dtype=np.int32), len(rows))
    return Cutoffs(values, offsets, series, offsets[series] + np.tile(rows, 3), HORIZON)


def setting(*, factor=1.0, shift=0.0):
    """Two targets; cutoffs to forecast from, and what is known."""
    values = np.random.default_rng(11).normal(size=(150, 2)).cumsum(axis=0) * factor + shift
    train, val = cutoffs(values, np.arange(LOOKBACK, 21)), cutoffs(values, np.arange(25, 31))
    known = BaselineInputs(SEASON, LOOKBACK, train, val, np.full((3, 2), 2.0 * abs(factor)), np.full(3, 12))
    return cutoffs(values, np.array([12, 20, 31, 35])), known


def test_config_and_code_name_the_same_baselines():
    field = EvaluationSpec.model_json_schema()["properties"]["baselines"]["items"]
    named, of_a_season = field["anyOf"]
    assert named["enum"] == list(BASELINES)
    assert of_a_season["pattern"] == OF_A_SEASON


@pytest.mark.parametrize("name", BASELINES)
def test_the_docstring_describes_the_baseline_in_a_sentence(name):
    first, _, _ = (BASELINES[name].__doc__ or "").partition("\n\n")
    assert first.endswith(".")
    assert len(first) < 120


def test_shape_and_type(name):
    where, known = setting()
    found = forecast(name, where, known)
    assert found.shape == (12, HORIZON, 2)
    assert found.dtype == np.float64
    assert np.isfinite(found).all()


def test_the_same_input_gives_the_same_bytes(name):
    assert forecast(name, *setting()).tobytes() == forecast(name, *setting()).tobytes()


def test_rows_after_the_cutoff_change_nothing(name):
    where, known = setting()
    before = forecast(name, where, known)
    for i, row in enumerate(where.row):
        values = where.values.copy()
        values[row:] = 1e6
        one = dataclasses.replace(where.pick(slice(i, i + 1)), values=values)
        assert np.array_equal(forecast(name, one, known), before[i : i + 1])


def test_other_series_change_nothing(name):
    where, known = setting()
    values = where.values.copy()
    values[:60] = values[100:] = 1e6
    middle = where.pick(where.series == 1)
    changed = dataclasses.replace(middle, values=values)
    assert np.array_equal(forecast(name, changed, known), forecast(name, middle, known))


@pytest.mark.parametrize("name", [n for n in BASELINES if n not in OF_STATSFORECAST])
def test_a_change_of_units_changes_the_forecast_alike(name):
    plain, turned = forecast(name, *setting()), forecast(name, *setting(factor=-3.0, shift=40.0))
    assert turned == pytest.approx(-3.0 * plain + 40.0, rel=1e-5, abs=1e-4)


def test_order_of_cutoffs_changes_nothing(name):
    where, known = setting()
    order = np.random.default_rng(0).permutation(len(where.row))
    assert forecast(name, where.pick(order), known) == pytest.approx(
        forecast(name, where, known)[order], rel=1e-6
    )


def test_a_constant_series_is_forecast_exactly(name):
    where, known = setting()
    flat = dataclasses.replace(where, values=np.full_like(where.values, 7.0))
    assert (forecast(name, flat, known) == 7.0).all()


def test_one_row_of_history_is_enough(name):
    where, known = setting()
    first = dataclasses.replace(where, row=where.start + 1)
    expected = np.repeat(where.values[where.start].astype(np.float64)[:, None], HORIZON, axis=1)
    assert np.array_equal(forecast(name, first, known), expected)


def test_a_cutoff_at_the_end_of_the_data_is_forecast(name):
    where, known = setting()
    last = dataclasses.replace(where, row=where.offsets[where.series + 1])
    assert np.isfinite(forecast(name, last, known)).all()


def test_no_cutoff_gives_no_forecast(name):
    where, known = setting()
    assert forecast(name, where.pick(slice(0, 0)), known).shape == (0, HORIZON, 2)


def test_without_validation_windows_there_is_a_forecast(name):
    where, known = setting()
    blind = dataclasses.replace(known, val=known.val.pick(slice(0, 0)))
    assert np.isfinite(forecast(name, where, blind)).all()
