"""Forecasts whose intervals hold them, whatever the calibration and the output."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.data.transforms.scalers import Scaler
from forecaster.forecasting.calibration import GroupedQuantiles, calibrate
from forecaster.forecasting.forecast import Forecast
from forecaster.forecasting.levels import probabilities

KNOWN = probabilities((50, 80, 95))
SERIES, ROWS = np.zeros(40, np.int64), np.arange(40)


@pytest.mark.parametrize("stretch", [False, True])
@pytest.mark.parametrize("method", ["standard", "log"])
@pytest.mark.parametrize("above", [False, True])
def test_errors_of_one_sign(method: str, stretch: bool, above: bool) -> None:
    rng = np.random.default_rng(5)
    point, actual = rng.uniform(5, 9, (40, 3, 1)), rng.uniform(1, 4, (40, 3, 1)) + 20 * above
    scaler = Scaler(method, np.zeros((1, 1)), np.full((1, 1), 0.7), ("a",), 1)
    base = GroupedQuantiles(point[..., None], SERIES)
    found = calibrate(base, actual, probabilities=KNOWN, scaler=scaler, ids=["a"], stretch=stretch)
    quantiles = Forecast(point, SERIES, ROWS).calibrated(found, ["a"]).quantiles
    assert quantiles is not None
    assert (quantiles[..., KNOWN.index(0.5)] == point).all()
    assert (np.diff(quantiles, axis=-1) >= 0).all()
    # Conformal intervals end at the forecast where every actual value lies beyond it.
    assert stretch or (quantiles[..., 0 if above else -1] == point).all()


def test_the_mean_of_a_skewed_distribution_beyond_its_own_quantiles() -> None:
    """A count that is 0 in four of five cases has the mean 0.7 and the 50 % interval 0 to 0; its median stays 0."""
    quantiles = np.broadcast_to(np.array([0, 0, 0, 0, 0, 1.0, 6.0]), (40, 1, 1, 7))
    point = np.full((40, 1, 1), 0.7)
    found = Forecast(point, SERIES, ROWS, quantiles, KNOWN).calibrated(None, ["a"])
    assert found.quantiles is not None
    assert found.quantiles[0, 0, 0].tolist() == [0, 0, 0, 0, 0.7, 1.0, 6.0]
    low, high = next((one.low, one.high) for one in found.intervals([50]))
    assert (low <= point).all()
    assert (point <= high).all()


def test_steps_without_a_calibration_stay_unknown_and_points_have_no_intervals() -> None:
    quantiles = np.full((40, 1, 1, 7), np.nan)
    found = Forecast(np.ones((40, 1, 1)), SERIES, ROWS, quantiles, KNOWN).held()
    assert found.quantiles is not None
    assert np.isnan(found.quantiles).all()
    plain = Forecast(np.ones((40, 1, 1)), SERIES, ROWS)
    assert plain.held() is plain
