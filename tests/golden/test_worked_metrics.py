"""Every metric on one small table, worked by hand.

Two series, two steps, one target; actual above, forecast below:

    window of series 0:  y 10 20    f 12 16    |e| 2 4    e +2 -4
    window of series 1:  y  4  0    f  5  0    |e| 1 0    e +1  0
    window of series 1:  y  8  ?    f  4  9    |e| 4      e -4        (? not observed)

Training standard deviations 4 and 2, seasonal-naive errors 2 and 0.5, their squares' means 8 and 1.
"""

import math

import numpy as np
import pytest

from forecaster.evaluation.metrics import METRICS
from forecaster.evaluation.scored import Scored

NAN = math.nan

SCORED = Scored(
    actual=np.array([[[10.0], [20.0]], [[4.0], [0.0]], [[8.0], [NAN]]]),
    forecast=np.array([[[12.0], [16.0]], [[5.0], [0.0]], [[4.0], [9.0]]]),
    series=np.array([0, 1, 1]),
    train_std=np.array([[4.0], [2.0]]),
    naive_error=np.array([[2.0], [0.5]]),
    naive_sq_error=np.array([[8.0], [1.0]]),
)

OVERALL = {
    "mae": 11 / 5,  # (2 + 4 + 1 + 0 + 4) / 5
    "mse": 37 / 5,  # (4 + 16 + 1 + 0 + 16) / 5
    "rmse": math.sqrt(37 / 5),
    "bias": -1.0,  # (2 - 4 + 1 + 0 - 4) / 5
    "mape": 28.75,  # (20 + 20 + 25 + 50) / 4; the actual 0 is left out
    # 200 x 2/22, 200 x 4/36, 200 x 1/9, 0/0 = 0, 200 x 4/12
    "smape": (400 / 22 + 800 / 36 + 200 / 9 + 0 + 800 / 12) / 5,
    "wape": 1100 / 42,  # 100 x 11 / (10 + 20 + 4 + 0 + 8)
    "mase": 13 / 5,  # (2/2 + 4/2 + 1/0.5 + 0 + 4/0.5) / 5
    "rmsse": math.sqrt(19.5 / 5),  # 4/8 + 16/8 + 1/1 + 0 + 16/1
    "scaled_mae": 4 / 5,  # (2/4 + 4/4 + 1/2 + 0 + 4/2) / 5
    "scaled_mse": 5.5 / 5,  # 1/4 + 1 + 1/4 + 0 + 4
}

BY_SERIES = {
    "mae": [3.0, 5 / 3],
    "rmse": [math.sqrt(10), math.sqrt(17 / 3)],
    "mape": [20.0, 37.5],
    "wape": [20.0, 500 / 12],
    "mase": [1.5, 10 / 3],
    "bias": [-1.0, -1.0],
}

BY_STEP = {
    "mae": [7 / 3, 2.0],
    "mse": [7.0, 8.0],
    "mape": [(20 + 25 + 50) / 3, 20.0],
    "wape": [700 / 22, 20.0],
    "mase": [11 / 3, 1.0],
}


def test_every_metric_has_its_worked_number():
    assert set(OVERALL) == set(METRICS)


@pytest.mark.parametrize("name", OVERALL)
def test_overall(name):
    assert METRICS[name](SCORED) == pytest.approx(OVERALL[name], rel=1e-14)


@pytest.mark.parametrize("name", BY_SERIES)
def test_by_series(name):
    assert METRICS[name].broken_down(SCORED).by_series == pytest.approx(BY_SERIES[name], rel=1e-14)


@pytest.mark.parametrize("name", BY_STEP)
def test_by_step(name):
    assert METRICS[name].broken_down(SCORED).by_step == pytest.approx(BY_STEP[name], rel=1e-14)
