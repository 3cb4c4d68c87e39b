"""What every metric promises."""

import dataclasses
import math
from typing import get_args

import numpy as np
import pytest

from forecaster.config.evaluation import EvaluationSpec
from forecaster.evaluation import scored as module
from forecaster.evaluation.metrics import METRICS
from forecaster.evaluation.scales import in_sample_scales
from forecaster.evaluation.scored import ScaleName, Scored

SCALED = [name for name, metric in METRICS.items() if metric.scale is not None]
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
    whole = METRICS[name].broken_down(s)
    monkeypatch.setattr(module, "ELEMENTS_PER_PART", 9)
    in_parts = METRICS[name].broken_down(s)
    assert in_parts.overall == pytest.approx(whole.overall, rel=1e-13)
    assert in_parts.by_series == pytest.approx(whole.by_series, rel=1e-13)
    assert in_parts.by_step == pytest.approx(whole.by_step, rel=1e-13)


def test_by_series_is_the_metric_of_that_series_alone(name):
    s = scored()
    for series, value in enumerate(METRICS[name].broken_down(s).by_series):
        of = s.series == series
        alone = dataclasses.replace(s, actual=s.actual[of], forecast=s.forecast[of], series=s.series[of])
        assert value == pytest.approx(METRICS[name](alone), rel=1e-13)


def test_by_step_is_the_metric_of_that_step_alone(name):
    s = scored()
    for step, value in enumerate(METRICS[name].broken_down(s).by_step):
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
    said = METRICS[name].terms.__doc__ or ""
    assert said, f"the function of {name} has no docstring"
    assert ": mean" in said or ": sqrt(mean" in said or ": 100 sum" in said
    assert any(unit in said for unit in ("Unit of", "Square of", "Percent", "Unitless"))


@pytest.mark.parametrize("scale", get_args(ScaleName))
def test_a_metric_divides_by_the_scale_that_it_declares_and_by_no_other(name, scale):
    s = scored()
    without = dataclasses.replace(s, **{scale: np.zeros_like(getattr(s, scale))})
    if METRICS[name].scale == scale:
        assert math.isnan(METRICS[name](without))
    else:
        assert METRICS[name](without) == METRICS[name](s)


def test_a_metric_omits_zeros_only_where_it_declares_so(name):
    """A forecast that is wrong only where the actual value is 0 is not counted by a metric that omits zeros."""
    s = scored()
    actual = s.actual.copy()
    actual[0, 0] = 0.0
    forecast = actual.copy()
    forecast[0, 0] = 5.0
    found = METRICS[name](dataclasses.replace(s, actual=actual, forecast=forecast))
    assert (found == 0.0) == METRICS[name].omits_zeros
