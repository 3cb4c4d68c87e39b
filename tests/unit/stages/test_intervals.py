"""Intervals of several forecasters, made one after the other."""

import numpy as np
import pytest

from forecaster.forecasting.forecast import Forecast
from forecaster.stages.intervals import OneAtATime


def test_a_forecast_is_made_at_every_look_and_never_kept():
    made = []

    def make(name: str) -> Forecast:
        made.append(name)
        return Forecast(np.zeros((1, 1, 1)), np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64))

    forecasts = OneAtATime(make, ("model", "naive"))
    assert list(forecasts) == ["model", "naive"]
    assert len(forecasts) == 2
    assert made == []
    assert forecasts["naive"] is not forecasts["naive"]
    assert made == ["naive", "naive"]
    with pytest.raises(KeyError):
        forecasts["ridge"]
