"""The automatic statistical forecasters of statsforecast: AutoETS, AutoTheta and AutoARIMA.

Each series and target has a model of its own, chosen and estimated once on its newest
training rows. At every cutoff that model is run, with its parameters unchanged, over the
rows up to the cutoff and forecasts from there. Nothing is estimated again, and no row after
a cutoff is used. Reasons and cost: docs/decisions/0033. To add a forecaster, write the
function that makes its model and enter it in MODELS.

Hyndman et al., A state space framework for automatic forecasting (2002); Assimakopoulos &
Nikolopoulos, The theta model (2000), as automated by Fiorucci et al. (2016); Hyndman &
Khandakar, Automatic time series forecasting (2008).
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecaster.data.arrays import Floats, Ints
from forecaster.errors import DataError, EnvironmentError_, install_hint
from forecaster.forecasting.cutoffs import Cutoffs, PointForecast

PACKAGE = "statsforecast"
# With fewer training rows no model can be told from another, and the last value is forecast.
MIN_ROWS = 10


def auto_ets(season: int) -> Any:
    """Exponential smoothing (ETS), its form chosen by AICc."""
    from statsforecast.models import AutoETS

    return AutoETS(season_length=season)


def auto_theta(season: int) -> Any:
    """The best of four theta models."""
    from statsforecast.models import AutoTheta

    return AutoTheta(season_length=season)


def auto_arima(season: int) -> Any:
    """Seasonal ARIMA, its orders chosen by AICc."""
    from statsforecast.models import AutoARIMA

    # Orders as low as they are in most of Hyndman & Khandakar's choices, and the conditional sum
    # of squares during the search: with its own defaults one hourly series takes minutes.
    return AutoARIMA(season_length=season, max_p=3, max_q=3, max_P=1, max_Q=1, nmodels=20, approximation=True)


@dataclass(frozen=True)
class StatisticalModel:
    """A forecaster of statsforecast, with bounds that keep it to a few minutes on one core.

    Attributes:
        make: Makes an unfitted model from the steps of a season.
        fit_rows: Newest training rows that a model is chosen on.
        run_rows: Newest rows before a cutoff that the model is run over; None runs it over all
            rows from the first that it was chosen on, where its states begin.
        longest_season: Steps; a longer season is ignored.
        models: The most models, series times targets.
        forecasts: The most forecasts, windows times targets.
    """

    make: Callable[[int], Any]
    fit_rows: int
    run_rows: int | None
    longest_season: int
    models: int
    forecasts: int


MODELS: dict[str, StatisticalModel] = {
    "auto_ets": StatisticalModel(
        auto_ets, fit_rows=1_000, run_rows=None, longest_season=24, models=500, forecasts=500_000
    ),
    "auto_theta": StatisticalModel(
        auto_theta, fit_rows=1_000, run_rows=None, longest_season=366, models=2_000, forecasts=20_000
    ),
    "auto_arima": StatisticalModel(
        auto_arima, fit_rows=300, run_rows=300, longest_season=24, models=100, forecasts=10_000
    ),
}
"""Every statistical forecaster by its name as a baseline."""


def check_models(names: Collection[str], *, n_models: int, n_forecasts: int) -> None:
    """Refuse statistical baselines that cannot run here or would take hours.

    Args:
        names: The baselines of an experiment, also those of other kinds.
        n_models: Series times targets.
        n_forecasts: Windows to score times targets.

    Raises:
        EnvironmentError_: statsforecast is not installed.
        DataError: A baseline would have to fit too many models or make too many forecasts.
    """
    asked = [name for name in names if name in MODELS]
    if asked and importlib.util.find_spec(PACKAGE) is None:
        raise EnvironmentError_(
            f"{asked[0]} needs {PACKAGE}, which is not installed",
            hint=install_hint("stats"),
            path="evaluation.baselines",
        )
    for name in asked:
        model = MODELS[name]
        if n_models > model.models:
            raise DataError(
                f"{name} fits a model to every series and target, {n_models:,} here and {model.models:,} at most",
                hint=f"leave {name} out, or forecast fewer series",
                path="evaluation.baselines",
            )
        if n_forecasts > model.forecasts:
            raise DataError(
                f"{name} forecasts one window and target at a time, {n_forecasts:,} here and "
                f"{model.forecasts:,} at most",
                hint=f"leave {name} out, raise window.stride, or shorten split.val and split.test",
                path="evaluation.baselines",
            )


def forecast(name: str, cutoffs: Cutoffs, *, season: int, fit_end: Ints, remarks: list[str]) -> PointForecast:
    """Forecast every window with the model of its series and target.

    The last value is forecast where a model cannot be fitted, and where the training rows are
    constant or fewer than MIN_ROWS.

    Args:
        name: A key of MODELS.
        cutoffs: The windows to forecast.
        season: Steps in one season.
        fit_end: (series,), number of training rows of each series.
        remarks: Receives a sentence where models could not be fitted.

    Returns:
        (windows, horizon, targets), original units.
    """
    last = cutoffs.values[cutoffs.row - 1].astype(np.float64)
    out = np.repeat(last[:, None], cutoffs.horizon, axis=1)
    failed: list[str] = []
    for s in np.unique(cutoffs.series).tolist():
        of_series = np.flatnonzero(cutoffs.series == s)
        begin = int(cutoffs.offsets[s])
        end = begin + int(fit_end[s])
        first = max(begin, end - MODELS[name].fit_rows)
        for target in range(cutoffs.values.shape[1]):
            column = cutoffs.values[:, target]
            training = column[first:end]
            if len(training) < MIN_ROWS or np.ptp(training) == 0:
                continue
            found, reason = _one(
                name,
                training,
                [column[_run_from(name, first, row) : row] for row in cutoffs.row[of_series].tolist()],
                season=season,
                horizon=cutoffs.horizon,
            )
            if reason is not None:
                failed.append(reason)
            usable = np.isfinite(found).all(axis=1)
            out[of_series[usable], :, target] = found[usable]
    if failed:
        remarks.append(
            f"{name} could not be fitted to {len(failed):,} of the series and targets, which are forecast by "
            f"their last value ({failed[0]})"
        )
    return out


def _run_from(name: str, first: int, row: int) -> int:
    """Return the first row that a model is run over to forecast the window at `row`."""
    newest = MODELS[name].run_rows
    return first if newest is None else max(first, row - newest)


def _one(
    name: str, training: Floats, histories: list[Floats], *, season: int, horizon: int
) -> tuple[Floats, str | None]:
    """Forecast each history, (histories, horizon), NaN where that fails; and return the reason, or None."""
    found = np.full((len(histories), horizon), np.nan)
    # statsforecast raises whatever its numerics raise, bare Exception included; one series that it
    # cannot fit must not cost a trained network its scores. NumPy's warnings are about models it discards.
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            model = _model(name, season if len(training) > 2 * season else 1)
            model.fit(training)
            for i, history in enumerate(histories):
                found[i] = model.forward(history, horizon)["mean"]
        except Exception as error:
            found[:] = np.nan
            return found, f"{type(error).__name__}: {error}"
    return found, None


def _model(name: str, season: int) -> Any:
    model = MODELS[name]
    return model.make(season if season <= model.longest_season else 1)
