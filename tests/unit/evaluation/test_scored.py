import math

import numpy as np
import pytest

from forecaster.evaluation.metrics import METRICS
from forecaster.evaluation.scored import Scored


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
