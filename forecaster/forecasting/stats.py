"""The automatic statistical forecasters of statsforecast: AutoETS, AutoTheta and AutoARIMA.

Each series and target gets a model of its own, chosen and estimated once, on the newest
training rows. At every forecast origin that model, its parameters as they are, is run over
the rows up to the origin and forecasts on from there: nothing is estimated anew, and no row
at or after an origin is seen. Why, and what it costs: docs/decisions/0033.

Hyndman et al., A state space framework for automatic forecasting (2002); Assimakopoulos &
Nikolopoulos, The theta model (2000), as automated by Fiorucci et al. (2016); Hyndman &
Khandakar, Automatic time series forecasting (2008).
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecaster.errors import DataError, EnvironmentError_, install_hint
from forecaster.forecasting.cutoffs import Array, Cutoffs, Forecast

PACKAGE = "statsforecast"
# Fewer training rows than this tell no model from another: the last value is forecast.
MIN_ROWS = 10


@dataclass(frozen=True)
class Bounds:
    """fit_rows: newest training rows that a model is chosen on. run_rows: newest rows before an
    origin that it is run over; None = all from the first that it was chosen on, where its states
    begin. longest_season: steps; with a longer one a model has no season. models, forecasts: at
    most so many, a few minutes on one core."""

    fit_rows: int
    run_rows: int | None
    longest_season: int
    models: int
    forecasts: int


BOUNDS = {
    "auto_ets": Bounds(fit_rows=1_000, run_rows=None, longest_season=24, models=500, forecasts=500_000),
    "auto_theta": Bounds(fit_rows=1_000, run_rows=None, longest_season=366, models=2_000, forecasts=20_000),
    "auto_arima": Bounds(fit_rows=300, run_rows=300, longest_season=24, models=100, forecasts=10_000),
}


def check_models(names: Collection[str], *, n_models: int, n_forecasts: int) -> None:
    """Raises EnvironmentError_ where the package is missing, DataError where it would take hours.

    names: baselines, those of other kinds too. n_models: series x targets. n_forecasts: windows to
    be scored x targets.
    """
    asked = [name for name in names if name in BOUNDS]
    if asked and importlib.util.find_spec(PACKAGE) is None:
        raise EnvironmentError_(
            f"{asked[0]} needs {PACKAGE}, which is not installed",
            hint=install_hint("stats"),
            path="evaluation.baselines",
        )
    for name in asked:
        bounds = BOUNDS[name]
        if n_models > bounds.models:
            raise DataError(
                f"{name} fits a model to every series and target, {n_models:,} here and {bounds.models:,} at most",
                hint=f"leave {name} out, or forecast fewer series",
                path="evaluation.baselines",
            )
        if n_forecasts > bounds.forecasts:
            raise DataError(
                f"{name} forecasts one window and target at a time, {n_forecasts:,} here and "
                f"{bounds.forecasts:,} at most",
                hint=f"leave {name} out, raise window.stride, or shorten split.val and split.test",
                path="evaluation.baselines",
            )


def forecast(
    name: str, cutoffs: Cutoffs, *, season: int, fit_end: NDArray[np.int64], remarks: list[str]
) -> Forecast:
    """(windows, horizon, targets), original units.

    fit_end: (series,), training rows of each. remarks: takes a sentence where a model could not
    be fitted; the last value is then forecast, as where the training rows are constant or fewer
    than MIN_ROWS.
    """
    last = cutoffs.values[cutoffs.row - 1].astype(np.float32)
    out = np.repeat(last[:, None], cutoffs.horizon, axis=1)
    failed: list[str] = []
    for s in np.unique(cutoffs.series).tolist():
        of_series = np.flatnonzero(cutoffs.series == s)
        begin = int(cutoffs.offsets[s])
        end = begin + int(fit_end[s])
        first = max(begin, end - BOUNDS[name].fit_rows)
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
    """The first row that a model is run over to forecast from `row`."""
    newest = BOUNDS[name].run_rows
    return first if newest is None else max(first, row - newest)


def _one(
    name: str, training: Array, histories: list[Array], *, season: int, horizon: int
) -> tuple[Array, str | None]:
    """(histories, horizon), NaN where there is no forecast; and why a model could not be had."""
    found = np.full((len(histories), horizon), np.nan)
    # statsforecast raises whatever its numerics met, bare Exception among it; one series that it
    # cannot fit must not cost a trained network its scores. NumPy's warnings are of models it discards.
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
    from statsforecast.models import AutoARIMA, AutoETS, AutoTheta

    steps = season if season <= BOUNDS[name].longest_season else 1
    if name == "auto_ets":
        return AutoETS(season_length=steps)
    if name == "auto_theta":
        return AutoTheta(season_length=steps)
    # Orders as low as they are in most of Hyndman & Khandakar's choices, and the conditional sum
    # of squares while searching: with its own defaults one hourly series takes minutes.
    return AutoARIMA(season_length=steps, max_p=3, max_q=3, max_P=1, max_Q=1, nmodels=20, approximation=True)
