import math

import numpy as np
import pytest

from forecaster.evaluation import scored as metrics
from forecaster.evaluation.intervals import interval_metrics
from forecaster.evaluation.metrics import METRICS
from forecaster.evaluation.scored import MetricPart, Scored


def column(*values):
    return np.array(values, float).reshape(-1, 1, 1)


def one_step(actual, forecast, *, series, scale):
    scale = np.array(scale, float).reshape(-1, 1)
    return Scored(actual, forecast, np.array(series), scale, scale, scale)


@pytest.mark.parametrize("unusable", [0.0, math.nan, math.inf])
@pytest.mark.parametrize("name", ["mase", "rmsse", "scaled_mae", "scaled_mse"])
def test_a_series_without_a_scale_is_left_out(name, unusable):
    s = one_step(column(1, 5), column(3, 1000), series=[0, 1], scale=[1.0, unusable])
    assert METRICS[name](s) == {"scaled_mse": 4.0}.get(name, 2.0)
    assert np.isnan(METRICS[name].broken_down(s).by_series).tolist() == [False, True]


def test_a_scaled_metric_without_any_scale_cannot_be_computed():
    assert math.isnan(METRICS["mase"](one_step(column(1), column(3), series=[0], scale=[0])))


def test_each_target_has_its_own_scale():
    scale = np.array([[1.0, 10.0]])
    s = Scored(np.zeros((1, 1, 2)), np.array([[[2.0, 30.0]]]), np.array([0]), scale, scale, scale)
    assert METRICS["mase"](s) == 2.5  # (2/1 + 30/10) / 2


def test_a_series_without_a_window_has_no_score():
    s = one_step(column(1), column(3), series=[1], scale=[1, 1, 1])
    assert np.isnan(METRICS["mae"].broken_down(s).by_series).tolist() == [True, False, True]
    assert METRICS["mae"].broken_down(s).by_series[1] == 2.0


def test_smape_of_opposite_signs_is_200():
    assert METRICS["smape"](one_step(column(5), column(-5), series=[0], scale=[1])) == 200.0


def test_wape_of_zeros_cannot_be_computed():
    assert math.isnan(METRICS["wape"](one_step(column(0), column(1), series=[0], scale=[1])))


def test_bias_is_positive_when_forecasts_are_too_high():
    assert METRICS["bias"](one_step(column(1, 1), column(2, 4), series=[0, 0], scale=[1])) == 2.0


def test_an_overflowing_error_is_infinite_and_warns_nobody():
    s = one_step(column(0), column(1e200), series=[0], scale=[1])
    assert METRICS["mse"](s) == math.inf


def test_a_step_that_was_never_observed_has_no_score():
    s = Scored(np.array([[[1.0], [math.nan]]]), np.ones((1, 2, 1)), np.array([0]), *[np.ones((1, 1))] * 3)
    assert METRICS["mae"].broken_down(s).by_step.tolist()[0] == 0.0
    assert math.isnan(METRICS["mae"].broken_down(s).by_step[1])


def test_shapes_that_differ_are_refused():
    scale = np.ones((1, 1))
    with pytest.raises(
        ValueError, match=r"^actual and forecast must both be .*, not \(2, 1, 1\) and \(1, 1, 1\)$"
    ):
        Scored(np.ones((2, 1, 1)), np.ones((1, 1, 1)), np.zeros(2, int), scale, scale, scale)
    with pytest.raises(ValueError, match=r"^series must be \(windows,\) = \(2,\), not \(3,\)$"):
        Scored(np.ones((2, 1, 1)), np.ones((2, 1, 1)), np.zeros(3, int), scale, scale, scale)


def test_arrays_of_two_axes_are_refused():
    scale = np.ones((1, 1))
    with pytest.raises(
        ValueError,
        match=r"^actual and forecast must both be \(windows, horizon, targets\), not \(2, 1\) and \(2, 1\)$",
    ):
        Scored(np.ones((2, 1)), np.ones((2, 1)), np.zeros(2, int), scale, scale, scale)


def with_quantiles(values, known):
    scale = np.ones((1, 1))
    zero = np.zeros((1, 1, 1))
    return Scored(zero, zero, np.array([0]), scale, scale, scale, quantiles=values, probabilities=known)


def test_quantiles_must_be_one_for_each_probability():
    with pytest.raises(ValueError, match=r"^quantiles must be \(1, 1, 1, 2\), not \(1, 1, 1, 3\)$"):
        with_quantiles(np.zeros((1, 1, 1, 3)), (0.1, 0.9))
    assert with_quantiles(np.zeros((1, 1, 1, 2)), (0.1, 0.9)).quantiles is not None


def part_of(scored):
    return MetricPart(scored, scored.actual, scored.forecast, scored.series, slice(0, 1))


def test_a_quantile_is_found_although_its_probability_was_rounded():
    """(100 - 80) / 200 is 0.1, and 1 - 0.9 is 0.09999999999999998."""
    p = part_of(with_quantiles(np.array([[[[7.0, 8, 9]]]], dtype=np.float32), (0.1, 0.5, 0.9)))
    assert p.quantile(1 - 0.9).item() == 7
    assert p.quantile(0.9).item() == 9
    assert p.quantile(0.9).dtype == np.float64
    with pytest.raises(ValueError, match=r"^this forecast has no quantile 0\.900001$"):
        p.quantile(0.900001)
    with pytest.raises(ValueError, match=r"^this forecast has no quantile 0\.1$"):
        p.quantile(0.1 + 2e-9)


def test_a_forecast_without_quantiles_has_none():
    with pytest.raises(ValueError, match=r"^this forecast has no quantile 0\.5$"):
        part_of(with_quantiles(None, (0.5,))).quantile(0.5)


def test_a_metric_changes_no_forecast():
    for name, metric in METRICS.items():
        s = one_step(column(1, -5), column(3, 1000), series=[0, 0], scale=[2])
        metric(s)
        assert (s.actual[:, 0, 0].tolist(), s.forecast[:, 0, 0].tolist()) == ([1, -5], [3, 1000]), name


def test_percentages_are_of_the_size_of_the_actual_value():
    s = one_step(column(-4), column(-5), series=[0], scale=[1])
    assert METRICS["mape"](s) == METRICS["wape"](s) == 25.0
    assert METRICS["smape"](s) == pytest.approx(200 / 9)


def test_percentages_of_small_values_count_and_those_of_zero_are_left_out():
    """Of 1/2 and 1 one half is missed, 100 percent and 50; a forecast of 1 for 0 has no percentage, and warns nobody."""
    s = one_step(column(0.5, 1, 0), column(1, 0.5, 1), series=[0, 0, 0], scale=[1])
    assert METRICS["mape"](s) == 75.0


def test_a_ratio_that_overflows_is_infinite_and_warns_nobody():
    s = one_step(column(1e-10), column(1e306), series=[0], scale=[1])
    assert METRICS["wape"](s) == math.inf


def test_series_and_steps_are_numbered_from_the_first():
    """Errors 1, 2 of the first series and 3, 4 and 5, 6 of the third, at two steps each."""
    scale = np.ones((3, 1))
    forecast = np.arange(1.0, 7).reshape(3, 2, 1)
    s = Scored(np.zeros((3, 2, 1)), forecast, np.array([0, 2, 2]), scale, scale, scale)
    assert METRICS["mae"].broken_down(s).by_series[[0, 2]].tolist() == [1.5, 4.5]
    assert METRICS["mae"].broken_down(s).by_step.tolist() == [3, 4]
    assert METRICS["mae"].broken_down(s).by_series.dtype == np.float64
    assert type(METRICS["mae"](s)) is float


def test_parts_hold_whole_windows_however_long(monkeypatch):
    """Windows of 6 elements: in parts of 4, 6, 11 and 12 elements there are 1, 1, 1 and 2 windows, and a rest."""
    scale = np.ones((1, 2))
    s = Scored(np.zeros((5, 3, 2)), np.ones((5, 3, 2), np.float32), np.arange(5) * 0, scale, scale, scale)
    for elements, sizes in ((4, [1] * 5), (6, [1] * 5), (11, [1] * 5), (12, [2, 2, 1]), (100, [5])):
        monkeypatch.setattr(metrics, "ELEMENTS_PER_PART", elements)
        assert [len(part.actual) for part in metrics._parts(s)] == sizes
        assert METRICS["mae"](s) == 1.0


def test_metrics_in_one_pass_are_those_of_a_pass_each():
    """None of them changes a quantile or a loss that the next one uses too."""
    chance = np.random.default_rng(3)
    quantiles = np.sort(chance.normal(size=(7, 4, 2, 3)), axis=3)
    scale = np.ones((2, 2))
    actual = chance.normal(size=(7, 4, 2))
    actual[2, 1, 0] = np.nan
    s = Scored(
        actual,
        quantiles[..., 1],
        np.arange(7) % 2,
        *[scale] * 3,
        quantiles=quantiles,
        probabilities=(0.1, 0.5, 0.9),
    )
    every = METRICS | interval_metrics([80])
    for name, found in metrics.broken_down(every, s).items():
        alone = every[name].broken_down(s)
        for one, other in zip(found, alone, strict=True):
            np.testing.assert_array_equal(one, other, err_msg=name)


def test_the_loss_of_a_quantile_weighs_what_it_misses():
    """At 0.9 a forecast that is 2 too low costs 1.8, one that is 2 too high 0.2."""
    known = np.array([[[[-2.0]], [[2.0]]]])
    scale, zero = np.ones((1, 1)), np.zeros((1, 2, 1))
    p = part_of(Scored(zero, zero, np.array([0]), scale, scale, scale, quantiles=known, probabilities=(0.9,)))
    assert p.quantile_loss(0.9)[0, :, 0].tolist() == pytest.approx([1.8, 0.2])


def test_parts_are_put_together(monkeypatch):
    """Errors 1, 2 and so on to 10 of five windows with two steps, two windows at a time; series 0, 1, 0, 1, 0."""
    scale = np.ones((2, 1))
    forecast = np.arange(1.0, 11).reshape(5, 2, 1)
    s = Scored(np.zeros((5, 2, 1)), forecast, np.array([0, 1, 0, 1, 0]), scale, scale, scale)
    monkeypatch.setattr(metrics, "ELEMENTS_PER_PART", 4)
    assert METRICS["mae"](s) == 5.5
    assert METRICS["mae"].broken_down(s).by_series.tolist() == [5.5, 5.5]
    assert METRICS["mae"].broken_down(s).by_step.tolist() == [5, 6]
    # 1, 4, 25, 36, 81, 100 and 9, 16, 49, 64.
    assert METRICS["mse"].broken_down(s).by_series == pytest.approx([247 / 6, 138 / 4])


def test_a_forecast_of_no_steps_has_no_score():
    s = Scored(np.zeros((2, 0, 1)), np.zeros((2, 0, 1)), np.array([0, 0]), *[np.ones((1, 1))] * 3)
    assert math.isnan(METRICS["mae"](s))
