"""The forecasters of statsforecast: bounds and refusals without the extra, forecasts with it."""

import importlib.util

import numpy as np
import pytest

from forecaster.errors import DataError, EnvironmentError_
from forecaster.forecasting import stats
from forecaster.forecasting.cutoffs import Cutoffs

needs_extra = pytest.mark.skipif(
    importlib.util.find_spec("statsforecast") is None, reason="the extra stats is not installed"
)


def cutoffs(values: np.ndarray, rows: list[int], horizon: int = 4) -> Cutoffs:
    """One series of as many targets as there are columns."""
    n = len(values)
    return Cutoffs(values, np.array([0, n]), np.zeros(len(rows), np.int32), np.array(rows), horizon)


def seasonal(n: int) -> np.ndarray:
    """(n, 1): a season of 4 steps on a slope of 0.5, with a little noise."""
    noise = np.random.default_rng(3).normal(size=n) / 20
    return (20 + 0.5 * np.arange(n) + np.resize([0.0, 8.0, 2.0, -6.0], n) + noise)[:, None]


def test_a_missing_extra_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    stats.check_models(["naive", "ridge"], n_models=10**6, n_forecasts=10**9)
    with pytest.raises(EnvironmentError_) as caught:
        stats.check_models(["naive", "auto_theta"], n_models=1, n_forecasts=1)
    assert str(caught.value) == (
        "evaluation.baselines: auto_theta needs statsforecast, which is not installed; pip install 'keras-forecaster[stats]'"
    )
    assert caught.value.exit_code == 3


def test_what_would_take_hours_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    stats.check_models(["auto_arima"], n_models=100, n_forecasts=10_000)
    with pytest.raises(DataError) as models:
        stats.check_models(["auto_arima"], n_models=101, n_forecasts=1)
    assert str(models.value) == (
        "evaluation.baselines: auto_arima fits a model to every series and target, 101 here and 100 at most; leave "
        "auto_arima out, or forecast fewer series"
    )
    with pytest.raises(DataError) as windows:
        stats.check_models(["auto_arima"], n_models=1, n_forecasts=10_001)
    assert str(windows.value) == (
        "evaluation.baselines: auto_arima forecasts one window and target at a time, 10,001 here and 10,000 at most; "
        "leave auto_arima out, raise window.stride, or shorten split.val and split.test"
    )


@needs_extra
@pytest.mark.parametrize("name", stats.MODELS)
def test_season_and_slope_are_carried_on(name: str) -> None:
    values = seasonal(80)
    found = stats.forecast(name, cutoffs(values, [70, 75]), season=4, fit_end=np.array([60]), remarks=[])
    actual = np.stack([values[70:74], values[75:79]])
    assert np.abs(found - actual).max() < 6
    # Theta takes a season as factors, which this one is not; the last value is off by more than that.
    assert np.abs(values[[69, 74]][:, None] - actual).max() > 10


@needs_extra
@pytest.mark.parametrize("name", stats.MODELS)
def test_the_model_is_chosen_on_training_rows_and_run_up_to_the_cutoff(name: str) -> None:
    """What comes between training and the cutoff moves the forecast; the models and their fit it does not."""
    values, jumped = seasonal(80), seasonal(80)
    jumped[60:] += 100
    jumped[70:] = 1e6
    fit_end = np.array([60])
    plain = stats.forecast(name, cutoffs(values, [70]), season=4, fit_end=fit_end, remarks=[])
    moved = stats.forecast(name, cutoffs(jumped, [70]), season=4, fit_end=fit_end, remarks=[])
    # Little with exponential smoothing, which the slope taught to trust the past.
    assert moved.mean() - plain.mean() > 0.5
    at_the_border = [
        stats.forecast(name, cutoffs(v, [60]), season=4, fit_end=fit_end, remarks=[])
        for v in (values, jumped)
    ]
    assert at_the_border[0].tobytes() == at_the_border[1].tobytes()


@needs_extra
@pytest.mark.parametrize("name", stats.MODELS)
def test_constant_or_short_training_rows_give_the_last_value(name: str) -> None:
    values = np.column_stack([np.full(40, 7.0), seasonal(40)[:, 0]])
    values[30:, 0] = 9.0
    found = stats.forecast(name, cutoffs(values, [25, 35]), season=4, fit_end=np.array([20]), remarks=[])
    assert found[:, :, 0].tolist() == [[7.0] * 4, [9.0] * 4]
    assert np.ptp(found[0, :, 1]) > 5
    short = stats.forecast(name, cutoffs(values, [25]), season=4, fit_end=np.array([9]), remarks=[])
    assert short[0, :, 1] == pytest.approx(np.full(4, values[24, 1]), rel=1e-6)


@needs_extra
def test_a_series_that_cannot_be_fitted_is_named_and_gets_the_last_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken:
        def fit(self, y: np.ndarray) -> None:
            raise Exception("no model able to be fitted")

    monkeypatch.setattr(stats, "_model", lambda name, season: Broken())
    remarks: list[str] = []
    values = seasonal(40)
    found = stats.forecast(
        "auto_ets", cutoffs(values, [30]), season=4, fit_end=np.array([20]), remarks=remarks
    )
    assert found[0, :, 0] == pytest.approx(np.full(4, values[29, 0]))
    assert remarks == [
        "auto_ets could not be fitted to 1 of the series and targets, which are forecast by their last value "
        "(Exception: no model able to be fitted)"
    ]
