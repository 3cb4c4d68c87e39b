import json
import math

import numpy as np
import pytest

from forecaster.evaluation.headline import headline_metric
from forecaster.evaluation.intervals import LEVEL_METRICS, QUANTILE_METRICS, interval_metrics
from forecaster.evaluation.metrics import METRICS
from forecaster.evaluation.scales import Scales
from forecaster.evaluation.scores import (
    Scoring,
    coverage_remarks,
    label,
    legend,
    metric_named,
    remarks,
    score_table,
)
from forecaster.forecasting.forecast import Forecast
from forecaster.forecasting.levels import probabilities

NAN = math.nan


def said(point, quantiles=None, probabilities=()):
    windows = np.arange(len(point))
    return Forecast(point, windows, windows, quantiles, probabilities)


def table(actual, metrics, *, scale=(1.0, 1.0), **forecasts):
    """One-step windows, the first of series 0, the others of series 1."""
    actual = np.array(actual, float)[:, None, None]
    return score_table(
        actual,
        {name: said(np.array(f, np.float32)[:, None, None]) for name, f in forecasts.items()},
        series=np.array([0] + [1] * (len(actual) - 1), np.int32),
        scales=Scales(*[np.array(scale, float)[:, None]] * 3),
        scoring=Scoring(metrics),
    )[0]


def test_the_table_is_plain_data_in_the_order_asked():
    found = table([1, 2], ["rmse", "mae"], model=[1, 4], naive=[0, 2])
    assert json.dumps(found) == (
        '{"windows": 2, "scores": {"model": {"rmse": 1.4142135623730951, "mae": 1.0}, '
        '"naive": {"rmse": 0.7071067811865476, "mae": 0.5}}, "intervals": {}, "left_out": {}}'
    )


def test_what_cannot_be_computed_is_null():
    found = table([0, 0], ["wape", "mae", "mse"], model=[1, NAN], naive=[1, 1e30])
    assert found["scores"]["model"] == {"wape": None, "mae": None, "mse": None}
    assert found["scores"]["naive"]["wape"] is None
    json.dumps(found, allow_nan=False)


def test_left_out_counts_what_each_metric_passes_over():
    found = table([0, 2, NAN, 0], ["mape", "mase", "mae"], scale=(0.0, 1.0), model=[1, 1, 1, 1])
    assert found["left_out"] == {
        "unobserved": {"count": 1, "of": 4},
        "mape": {"count": 2, "of": 3},
        "mase": {"count": 1, "of": 2},
    }
    assert remarks(found["left_out"]) == [
        "1 of 4 values were not observed and are not scored.",
        "MAPE leaves out 2 of 3 values, which are 0.",
        "MASE leaves out 1 of 2 series (each target counted): "
        "training rows repeat every season, or span only one.",
    ]


def test_series_without_a_window_are_not_counted_as_left_out():
    assert table([1], ["mase"], scale=(1.0, 0.0), model=[1])["left_out"] == {}


@pytest.mark.parametrize(
    ("metric", "written"),
    [
        ("mase", "MASE"),
        ("smape", "sMAPE"),
        ("scaled_mse", "scaled MSE"),
        ("bias", "bias"),
        ("rmsse", "RMSSE"),
    ],
)
def test_label(metric, written):
    assert label(metric) == written


def test_intervals_stand_beside_the_scores_of_those_that_have_them():
    """Of 1 and 5, an interval of 0 to 2 about 1 holds the first."""
    quantiles = np.tile([0.0, 1.0, 2.0], (2, 1, 1, 1))
    one = np.ones((2, 1, 1), np.float32)
    found, breakdown = score_table(
        np.array([[[1.0]], [[5.0]]]),
        {"model": said(one, quantiles, probabilities([80])), "naive": said(one)},
        series=np.array([0, 1]),
        scales=Scales(*[np.ones((2, 1))] * 3),
        scoring=Scoring(["mae"], [80]),
    )
    assert list(found["intervals"]) == ["model"]
    assert found["intervals"]["model"]["coverage_80"] == 50.0
    assert found["intervals"]["model"]["winkler_80"] == pytest.approx((2 + 2 + 30) / 2)
    assert breakdown["model"]["coverage_80"].by_series.tolist() == [100.0, 0.0]
    assert breakdown["naive"]["mae"].by_step.tolist() == [2.0]


def test_coverage_that_is_off_is_said_plainly():
    model = {"coverage_80": 74.9, "coverage_95": 99.1}
    assert coverage_remarks({"model": model}, levels=[80, 95], calibration="conformal") == [
        "The model's test intervals hold 74.9 % of the values at level 80. "
        "Errors have changed since validation; evaluation.calibration: adaptive follows them."
    ]
    assert coverage_remarks({"model": model}, levels=[95], calibration="conformal") == []
    assert coverage_remarks({}, levels=[80], calibration="conformal") == []


@pytest.mark.parametrize(
    ("name", "said"),
    [("coverage_80", "coverage 80"), ("msis_95", "MSIS 95"), ("wql", "WQL"), ("crps", "CRPS")],
)
def test_labels_of_interval_metrics(name, said):
    assert label(name) == said


def test_the_headline_is_mase_or_the_first_that_can_be_computed():
    assert headline_metric({"mae": 1.0, "mase": 0.5}) == "mase"
    assert headline_metric({"rmse": None, "mae": 1.0, "mase": None}) == "mae"
    assert headline_metric({"mae": None}) is None


def test_a_name_that_is_no_metric_is_an_error():
    with pytest.raises(KeyError):
        metric_named("r2_80")


def test_the_legend_has_a_short_line_for_each_metric_and_one_for_all_levels():
    assert legend(["mae", "coverage_80", "coverage_95", "wql"]) == {
        "MAE": "mean absolute error, target's unit",
        "coverage": "% of values inside; best: the level",
        "WQL": "quantile losses / all values",
    }


def test_every_line_of_the_legend_fits_fifty_columns():
    """The widest label that a table may have beside it is `scaled MAE`, and two spaces follow it."""
    named = legend([*METRICS, *interval_metrics([80])])
    assert len(named) == len(METRICS) + len(LEVEL_METRICS) + len(QUANTILE_METRICS)
    assert max(map(len, named)) == len("scaled MAE")
    assert max(map(len, named.values())) <= 50 - len("scaled MAE  ")
