"""Every metric of quantiles on one small table, worked by hand, and against scikit-learn.

One series, one target, two windows of two steps. The interval of 80 percent and the median:

    window 0:  y 10 20    lo  8 21    median 10 24    hi 12 26
    window 1:  y  4  ?    lo  5  0    median  6  1    hi  9  2      (? not observed)

The in-sample error of the seasonal naive is 2.
"""

import dataclasses
import math

import numpy as np
import pytest
from sklearn.metrics import mean_pinball_loss

from forecaster.evaluation import scored as metrics
from forecaster.evaluation.intervals import interval_metrics
from forecaster.evaluation.metrics import METRICS
from forecaster.evaluation.scored import Scored
from forecaster.forecasting.levels import ends, probabilities

NAN = math.nan
ONE = np.array([[2.0]])

SCORED = Scored(
    actual=np.array([[[10.0], [20.0]], [[4.0], [NAN]]]),
    forecast=np.array([[[10.0], [24.0]], [[6.0], [1.0]]]),
    series=np.array([0, 0]),
    train_std=ONE,
    naive_error=ONE,
    naive_sq_error=ONE,
    quantiles=np.array([[[[8.0, 10, 12]], [[21.0, 24, 26]]], [[[5.0, 6, 9]], [[0.0, 1, 2]]]]),
    probabilities=(0.1, 0.5, 0.9),
)
METRIC = interval_metrics([80])

# By hand, per quantile: 0.1: 0.2, 0.9, 0.9; 0.5: 0, 2, 1; 0.9: 0.2, 0.6, 0.5.
PINBALL = (0.2 + 0.9 + 0.9 + 0 + 2 + 1 + 0.2 + 0.6 + 0.5) / 9
OVERALL = {
    "coverage_80": 100 / 3,  # 10 alone lies inside
    "width_80": (4 + 5 + 4) / 3,
    "winkler_80": (4 + (5 + 10) + (4 + 10)) / 3,  # 20 and 4 are 1 outside, which costs 2 / 0.2
    "msis_80": (4 + 15 + 14) / 3 / 2,
    "pinball": PINBALL,
    "wql": 2 * PINBALL * 3 / 34,  # of the sum of |y|
    # Borders between the probabilities at 0.3 and 0.7: weights 0.3, 0.4, 0.3.
    "crps": 2 * (0.3 * 2.0 + 0.4 * 3.0 + 0.3 * 1.3) / 3,
}


def test_every_metric_has_its_worked_number():
    assert set(OVERALL) == set(METRIC)


@pytest.mark.parametrize("name", OVERALL)
def test_overall(name):
    assert METRIC[name](SCORED) == pytest.approx(OVERALL[name], rel=1e-14)


@pytest.mark.parametrize("name", OVERALL)
def test_overall_from_parts_of_one_window(monkeypatch, name):
    monkeypatch.setattr(metrics, "ELEMENTS_PER_PART", 2)
    assert METRIC[name](SCORED) == pytest.approx(OVERALL[name], rel=1e-14)


def test_by_step_and_by_series():
    found = METRIC["winkler_80"].broken_down(SCORED)
    assert found.by_step == pytest.approx([(4 + 14) / 2, 15])
    assert found.by_series == pytest.approx([11])
    assert METRIC["wql"].broken_down(SCORED).by_step == pytest.approx([2 * 2.8 / 3 / 14, 2 * 3.5 / 3 / 20])


def test_pinball_is_that_of_scikit_learn():
    chance = np.random.default_rng(5)
    y, q = chance.normal(size=(50, 4, 2)), np.sort(chance.normal(size=(50, 4, 2, 5)), axis=-1)
    levels = [50, 95]
    one = np.ones((1, 2))
    known = probabilities(levels)
    s = Scored(y, q[..., 2], np.zeros(50, int), one, one, one, quantiles=q, probabilities=known)
    expected = [
        mean_pinball_loss(y.ravel(), q[..., k].ravel(), alpha=p) for k, p in enumerate(probabilities(levels))
    ]
    assert interval_metrics(levels)["pinball"](s) == pytest.approx(np.mean(expected), rel=1e-12)


def test_the_median_alone_is_wape_and_half_of_mae():
    s = dataclasses.replace(SCORED, quantiles=SCORED.forecast[..., None], probabilities=(0.5,))
    found = interval_metrics([])
    assert found["wql"](s) == pytest.approx(METRICS["wape"](s) / 100)
    assert found["pinball"](s) == pytest.approx(METRICS["mae"](s) / 2)
    assert found["crps"](s) == pytest.approx(METRICS["mae"](s))


def test_crps_of_many_quantiles_comes_near_that_of_the_normal_distribution():
    """At y = 0 a standard normal forecast has (sqrt 2 - 1) / sqrt pi (Gneiting & Raftery, 2007)."""
    from scipy.stats import norm

    known = tuple(np.arange(1, 200) / 200)
    zero = np.zeros((1, 1, 1))
    q = norm.ppf(known)[None, None, None]
    s = Scored(zero, zero, np.array([0]), ONE, ONE, ONE, quantiles=q, probabilities=known)
    assert interval_metrics([])["crps"](s) == pytest.approx((math.sqrt(2) - 1) / math.sqrt(math.pi), rel=2e-3)


def test_a_change_of_units_changes_scores_alike():
    factor = 7.0
    other = dataclasses.replace(
        SCORED,
        **{k: getattr(SCORED, k) * factor for k in ("actual", "forecast", "quantiles", "naive_error")},
    )
    for name, metric in METRIC.items():
        times = factor if name.startswith(("width", "winkler", "pinball", "crps")) else 1.0
        assert metric(other) == pytest.approx(times * metric(SCORED))


def test_probabilities_of_levels():
    assert ends(95) == pytest.approx((0.025, 0.975))
    assert probabilities([80, 95]) == pytest.approx((0.025, 0.1, 0.5, 0.9, 0.975))
    assert probabilities([]) == (0.5,)


def test_an_end_that_is_not_there_is_no_score():
    q = SCORED.quantiles.copy()
    q[0, 0, 0, 0] = NAN
    assert math.isnan(METRIC["coverage_80"](dataclasses.replace(SCORED, quantiles=q)))


def test_a_quantile_that_was_not_forecast_is_refused():
    with pytest.raises(ValueError, match=r"this forecast has no quantile 0\.025"):
        interval_metrics([95])["width_95"](SCORED)


@pytest.mark.parametrize(("y", "inside"), [(7.9, 0), (8, 100), (9, 100), (12, 100), (12.1, 0)])
def test_an_actual_value_on_an_end_lies_inside(y, inside):
    """The interval of the first step is 8 to 12."""
    actual = np.array([[[y], [NAN]], [[NAN], [NAN]]])
    assert METRIC["coverage_80"](dataclasses.replace(SCORED, actual=actual)) == inside


@pytest.mark.parametrize("end", [0, 2])
def test_either_end_that_is_not_there_is_no_score(end):
    q = SCORED.quantiles.copy()
    q[0, 0, 0, end] = NAN
    for name in ("coverage_80", "width_80", "winkler_80", "msis_80"):
        assert math.isnan(METRIC[name](dataclasses.replace(SCORED, quantiles=q))), name


def test_metrics_are_named_by_their_level():
    assert list(interval_metrics([80, 97.5])) == [
        *("coverage_80", "width_80", "winkler_80", "msis_80"),
        *("coverage_97.5", "width_97.5", "winkler_97.5", "msis_97.5"),
        *("pinball", "wql", "crps"),
    ]


def test_each_level_has_the_interval_between_its_own_ends():
    """50 percent from 9 to 11, 80 percent from 8 to 12, of an actual value of 13: 2 / 0.5 and 2 / 0.2 for each unit."""
    q = np.array([[[[8.0, 9, 10, 11, 12]]]])
    s = Scored(
        *(np.full((1, 1, 1), v) for v in (13.0, 10.0)),
        np.array([0]),
        ONE,
        ONE,
        ONE,
        q,
        probabilities([50, 80]),
    )
    found = interval_metrics([50, 80])
    assert [found[f"width_{level}"](s) for level in (50, 80)] == [2, 4]
    assert [found[f"winkler_{level}"](s) for level in (50, 80)] == pytest.approx([2 + 4 * 2, 4 + 10 * 1])


def test_a_series_without_a_scale_is_left_out_of_msis():
    s = dataclasses.replace(
        SCORED,
        series=np.array([0, 1]),
        **dict.fromkeys(("train_std", "naive_error"), np.array([[2.0], [0.0]])),
    )
    assert METRIC["msis_80"](s) == pytest.approx((4 + 15) / 2 / 2)  # the windows of the first alone


def test_metrics_of_an_interval_say_their_level_and_the_best_value():
    """Coverage is best at the level itself, the penalties at 0, and no width is best by itself."""
    found = interval_metrics([80, 97.5])
    assert found["coverage_97.5"].label == "coverage 97.5"
    assert found["msis_80"].label == "MSIS 80"
    assert found["coverage_80"].meaning == "share of values inside the 80 % interval, in percent; best at 80"
    assert found["coverage_80"].brief == "% of values inside; best: the level"
    names = ("coverage_97.5", "width_80", "winkler_80", "msis_80", "pinball")
    assert [found[name].ideal for name in names] == [97.5, None, 0.0, 0.0, 0.0]
