"""What every metric promises."""

import dataclasses
import math

import numpy as np
import pytest

from forecaster.config.evaluation import EvaluationSpec
from forecaster.evaluation import metrics
from forecaster.evaluation.metrics import METRICS, Scored, by_series, by_step
from forecaster.evaluation.scales import in_sample_scales

SCALED = ("mase", "rmsse", "scaled_mae", "scaled_mse")
PERCENT = ("mape", "smape", "wape")
OF_THE_UNIT = {"mae": 1, "rmse": 1, "bias": 1, "mse": 2}


def scored(*, factor=1.0, shift=0.0, dtype=np.float64):
    """Five windows of three series with two targets, part of them not observed."""
    chance = np.random.default_rng(7)
    rows = chance.normal(10.0, 3.0, (60, 2)) * factor + shift
    actual = chance.normal(10.0, 3.0, (5, 4, 2)) * factor + shift
    forecast = actual + chance.normal(0.0, 1.0, actual.shape) * factor
    actual[1, 2, 0] = actual[4, :, 1] = np.nan
    scales = in_sample_scales(rows, np.array([0, 20, 40, 60]), np.array([15, 20, 12]), seasonality=3)
    return Scored(actual.astype(dtype), forecast.astype(dtype), np.array([0, 0, 1, 2, 2]), *scales)


@pytest.fixture(params=METRICS)
def name(request):
    return request.param


def test_config_and_code_name_the_same_metrics():
    EvaluationSpec(metrics=list(METRICS))
    field = EvaluationSpec.model_json_schema()["properties"]["metrics"]["items"]
    assert field["enum"] == list(METRICS)


def test_a_perfect_forecast_scores_0(name):
    s = scored()
    assert METRICS[name](dataclasses.replace(s, forecast=s.actual)) == 0.0


def test_an_unobserved_element_never_counts(name):
    s = scored()
    forecast = np.where(np.isnan(s.actual), 1e9, s.forecast)
    assert METRICS[name](dataclasses.replace(s, forecast=forecast)) == METRICS[name](s)


def test_nothing_observed_cannot_be_scored(name):
    s = scored()
    assert math.isnan(METRICS[name](dataclasses.replace(s, actual=np.full_like(s.actual, np.nan))))


def test_no_window_cannot_be_scored(name):
    s = scored()
    none = dataclasses.replace(s, actual=s.actual[:0], forecast=s.forecast[:0], series=s.series[:0])
    assert math.isnan(METRICS[name](none))


def test_a_forecast_that_is_not_a_number_is_not_forgiven(name):
    s = scored()
    forecast = s.forecast.copy()
    forecast[0, 0, 0] = np.nan
    assert math.isnan(METRICS[name](dataclasses.replace(s, forecast=forecast)))


@pytest.mark.parametrize("name", SCALED)
def test_a_change_of_units_changes_no_scaled_metric(name):
    assert METRICS[name](scored(factor=1000.0, shift=50.0)) == pytest.approx(METRICS[name](scored()))


@pytest.mark.parametrize("name", PERCENT)
def test_a_change_of_scale_changes_no_percentage(name):
    assert METRICS[name](scored(factor=1000.0)) == pytest.approx(METRICS[name](scored()))


@pytest.mark.parametrize("name", OF_THE_UNIT)
def test_a_metric_in_units_grows_with_them(name):
    grown = METRICS[name](scored(factor=10.0))
    assert grown == pytest.approx(10.0 ** OF_THE_UNIT[name] * METRICS[name](scored()))


def test_order_of_windows_changes_nothing(name):
    s, order = scored(), [3, 1, 4, 0, 2]
    turned = dataclasses.replace(
        s, actual=s.actual[order], forecast=s.forecast[order], series=s.series[order]
    )
    assert METRICS[name](turned) == pytest.approx(METRICS[name](s), rel=1e-13)


def test_working_in_parts_changes_nothing(name, monkeypatch):
    s = scored()
    whole, series, steps = METRICS[name](s), by_series(s, name), by_step(s, name)
    monkeypatch.setattr(metrics, "ELEMENTS_PER_PART", 9)
    assert METRICS[name](s) == pytest.approx(whole, rel=1e-13)
    assert by_series(s, name) == pytest.approx(series, rel=1e-13)
    assert by_step(s, name) == pytest.approx(steps, rel=1e-13)


def test_by_series_is_the_metric_of_that_series_alone(name):
    s = scored()
    for series, value in enumerate(by_series(s, name)):
        of = s.series == series
        alone = dataclasses.replace(s, actual=s.actual[of], forecast=s.forecast[of], series=s.series[of])
        assert value == pytest.approx(METRICS[name](alone), rel=1e-13)


def test_by_step_is_the_metric_of_that_step_alone(name):
    s = scored()
    for step, value in enumerate(by_step(s, name)):
        alone = dataclasses.replace(s, actual=s.actual[:, [step]], forecast=s.forecast[:, [step]])
        assert value == pytest.approx(METRICS[name](alone), rel=1e-13)


def test_float32_forecasts_are_added_up_in_float64(name):
    few, many = scored(dtype=np.float32), 20_000
    tiled = dataclasses.replace(
        few,
        actual=np.tile(few.actual, (many, 1, 1)),
        forecast=np.tile(few.forecast, (many, 1, 1)),
        series=np.tile(few.series, many),
    )
    assert METRICS[name](tiled) == pytest.approx(METRICS[name](few), rel=1e-11)


def test_the_docstring_has_a_formula_and_a_unit(name):
    said = METRICS[name].terms.__doc__
    assert ": mean" in said or ": sqrt(mean" in said or ": 100 sum" in said
    assert any(unit in said for unit in ("Unit of", "Square of", "Percent", "Unitless"))
