"""The newest forecast of every series together with the rows before it, as pictures show them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecaster.data.arrays import Floats, Ints
from forecaster.data.panel import Panel
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.forecasting.forecast import Forecast
from forecaster.reporting.forecasts import StoredForecasts
from forecaster.reporting.history import TargetRows
from forecaster.reporting.plots import Stretch


@dataclass(frozen=True)
class NewestForecasts:
    """Forecasts and the rows before them.

    Attributes:
        forecasts: The forecasts. The last window of a series is the one that is shown.
        rows: The target values of the same series; None where they are not known. Then older windows say what the
            past was.
        time_axis: The time axis of both.
    """

    forecasts: StoredForecasts
    rows: TargetRows | None
    time_axis: TimeAxis

    @classmethod
    def of(cls, rows: Panel, known: Ints, forecast: Forecast, levels: tuple[float, ...]) -> NewestForecasts:
        """Return a forecast from the last known rows of a panel.

        Args:
            rows: The series, NaN where a value is missing. Rows after the cutoff are the actual values.
            known: (series,), the number of rows of each series up to its cutoff.
            forecast: A window of each series, in the same order.
            levels: The levels of the intervals, in percent.
        """
        past = TargetRows.of(rows)
        horizon = forecast.point.shape[1]
        bands = {
            i.level: (i.low.transpose(0, 2, 1), i.high.transpose(0, 2, 1)) for i in forecast.intervals(levels)
        }
        at = known[:, None] + np.arange(horizon)
        there = at < rows.lengths[:, None]
        actual = np.full(forecast.point.shape, np.nan)
        actual[there] = past.targets[(rows.offsets[:-1, None] + at)[there]]
        stored = StoredForecasts(
            rows.ids,
            rows.targets,
            np.arange(len(rows.ids)),
            rows.first + known,
            forecast.point.transpose(0, 2, 1),
            actual.transpose(0, 2, 1),
            bands,
        )
        return cls(stored, past, rows.time_axis)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the series, ("",) without an id column."""
        return self.forecasts.ids

    def before(self, rows: TargetRows | None) -> NewestForecasts:
        """Return the same forecasts after other rows; None changes nothing."""
        return self if rows is None else replace(self, rows=rows)

    def stretch(self, series: int, target: int, *, n_past: int) -> Stretch:
        """Return the panel of a picture with the last window of one series and target.

        Args:
            series: The index of the series.
            target: The index of the target.
            n_past: The most steps before the window.
        """
        f, time_axis = self.forecasts, self.time_axis
        first, past, newest = self.window(series, target, n_past=n_past)
        time = time_axis.local(first + np.arange(-len(past), f.horizon))
        return Stretch.of_window(
            f.ids[series],
            f.targets[target],
            time=time if time_axis.is_integer else time.view("M8[ns]"),
            past=past,
            actual=f.actual[newest, target],
            forecasts={"forecast": f.forecast[newest, target]},
            bands={
                level: (low[newest, target], high[newest, target]) for level, (low, high) in f.bands.items()
            },
        )

    def window(self, series: int, target: int, *, n_past: int) -> tuple[int, Floats, int]:
        """Return the last window of a series.

        Args:
            series: The index of the series.
            target: The index of the target.
            n_past: The most steps before the window.

        Returns:
            The position of its first target on the time axis; (steps,), the values before it, without the unknown
            ones at the beginning; and the index of the window.
        """
        f, past = self.forecasts, np.full(n_past, np.nan)
        newest = int(np.flatnonzero(f.series == series)[-1])
        first = int(f.first[newest])
        place = None if self.rows is None else self.rows.place_of.get(f.ids[series])
        if self.rows is not None and place is not None:
            end = first - int(self.rows.first[place])
            known = self.rows.values(place, target)[max(0, end - n_past) : max(0, end)]
            past[n_past - len(known) :] = known
        else:
            for w in np.flatnonzero(f.series == series).tolist():
                at = int(f.first[w]) - (first - n_past) + np.arange(f.horizon)
                there = (at >= 0) & (at < n_past)
                past[at[there]] = f.actual[w, target][there]
        finite = np.isfinite(past)
        return first, past[int(np.argmax(finite)) if finite.any() else n_past :], newest
