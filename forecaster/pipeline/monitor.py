"""Monitor: whether a run still forecasts newer rows as it did, and whether they are still like the ones before."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from forecaster.data.arrays import Ints
from forecaster.data.panel import Panel
from forecaster.data.reading.sources import TableSource, source_name
from forecaster.errors import DataError, UsageError
from forecaster.evaluation.drift import MIN_STRETCHES, Look
from forecaster.forecasting.fitted import Fitted
from forecaster.reporting.forecasts import StoredForecasts, read_forecasts
from forecaster.reporting.watch_page import watch_page
from forecaster.runs.files import write_whole
from forecaster.stages.learned import check_ids, last_rows
from forecaster.stages.loaded import fitted_of
from forecaster.stages.new_rows import NewRows, forecast_new_rows
from forecaster.stages.opened import OpenedRun
from forecaster.stages.prepared import season_of
from forecaster.stages.renewed import read_on_axis
from forecaster.stages.watching import CHECKS, Quantities, looks, of_forecasts, of_rows, scales_of
from forecaster.text import listed, quoted

# The probability of an alarm, of any check, where nothing has changed: one look of two hundred.
RATE = 0.005
# The share of missing values, beyond the largest that was ever usual, that is an alarm.
MORE_MISSING = 0.1
# The most time before the newest rows that is looked at, in stretches and in seasons.
MOST_STRETCHES, MOST_SEASONS = 400, 60
NAMED = 5


@dataclass(frozen=True)
class Watched:
    """What newer rows say about a run.

    Attributes:
        run: The run directory.
        table: The name of the table.
        first: The time of the first row that was looked at.
        last: The time of the last one.
        steps: The number of steps between them, of each series.
        looks: The checks.
        missing: The share of missing values among these rows.
        usual_missing: The largest share in a stretch of this length before; None where it is not known.
        stale: The series that end more than a horizon earlier than they used to.
        absent: The series of the run that the table lacks.
        rate: The probability of any alarm of the checks where nothing has changed.
        notes: Remarks for the user.
        page: The HTML page, where one was written.
    """

    run: Path
    table: str
    first: str
    last: str
    steps: int
    looks: list[Look]
    missing: float
    usual_missing: float | None
    stale: list[str]
    absent: list[str]
    rate: float
    notes: list[str] = field(default_factory=list)
    page: Path | None = None

    @property
    def alarms(self) -> list[str]:
        """What is amiss, in sentences; empty where nothing is."""
        found = [_sentence(one) for one in self.looks if one.alarm]
        if self.missing > MORE_MISSING + (self.usual_missing or 0.0):
            found.append(f"missing: {self.missing:.0%} of the values are missing")
        for what, names in (("stale", self.stale), ("absent", self.absent)):
            if names:
                how = "end early" if what == "stale" else "are not in the table"
                found.append(f"{what}: {len(names):,} series {how}: {listed(quoted(names), most=NAMED)}")
        return found

    def as_json(self) -> dict[str, Any]:
        """Return plain values, as in the JSON of `monitor`."""
        return {
            "run": str(self.run),
            "table": self.table,
            "first": self.first,
            "last": self.last,
            "steps": self.steps,
            "alarm": bool(self.alarms),
            "alarms": self.alarms,
            "false_alarm_rate": self.rate,
            "checks": [one.as_json() for one in self.looks],
            "missing": {"share": self.missing, "usual": self.usual_missing},
            "stale": self.stale,
            "absent": self.absent,
            "notes": self.notes,
        }


def monitor(
    opened: OpenedRun,
    data: TableSource,
    *,
    last: int | None = None,
    rate: float = RATE,
    output: Path | None = None,
) -> Watched:
    """Look at the newest rows of a table beside the test windows and the rows of a run.

    Args:
        opened: The run.
        data: A table with rows that training did not see, and the rows before them.
        last: The number of newest steps of each series to look at; None is two horizons.
        rate: The probability of an alarm of the checks where nothing has changed.
        output: A file for the page; None writes none.

    Returns:
        The checks.

    Raises:
        DataError: When the table cannot be read, has no new window, or has ids of the run without their zeros.
        UsageError: When the stretch is shorter than the horizon, or the page would not be HTML.
    """
    spec, horizon = opened.spec, opened.spec.window.horizon
    length = 2 * horizon if last is None else last
    if length < horizon:
        raise UsageError(
            f"--last {length}: is less than the horizon of {horizon} steps, which no forecast fits into",
            hint=f"use {horizon} or more; two horizons are the default",
        )
    if output is not None and output.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"{output}: the page is HTML", hint="end the name in .html")
    fitted = fitted_of(opened)
    read = partial(read_on_axis, time_axis=fitted.time_axis)
    columns = spec.data.model_copy(update={"start": None, "end": None})
    whole, findings = read(columns, data)
    panel = whole.first_rows(whole.lengths - findings.future_rows)
    check_ids(opened.run, panel.ids, panel.source)
    seen = last_rows(opened.run, fitted.time_axis)
    stale, absent = _late(panel, seen, horizon=horizon)
    fresh = _rows_after(panel, seen)
    if int(fresh.max()) < horizon:
        raise DataError(
            f"{source_name(data)}: has {int(fresh.max()):,} rows after those of {opened.run.path}, and a horizon of "
            f"{horizon:,} is needed",
            hint="use a table with newer rows, and with the lookback before them",
        )
    length = min(length, int(fresh.max()))
    notes: list[str] = []
    forecasts = _forecasts(opened, fitted, data, panel, length=length, notes=notes)
    rows = _rows(opened, fitted, panel, seen, length=length, notes=notes)
    newest, before = (
        Quantities({**one.values, **two.values}, {**one.ages, **two.ages})
        for one, two in zip(forecasts, rows, strict=True)
    )
    found = looks(newest, before, length=length, rate=rate)
    untold = [one.name for one in found if one.p is None]
    if untold:
        notes.append(
            f"{listed(untold, most=len(CHECKS))}: not judged, because fewer than {MIN_STRETCHES} stretches of "
            f"{length:,} steps before tell what is usual"
        )
    ends = panel.first + panel.lengths - 1
    newest_end = int(ends.max())
    times = fitted.time_axis.text(np.array([newest_end - length + 1, newest_end]))
    usual = before.values["missing"]
    watched = Watched(
        opened.run.path,
        source_name(data),
        str(times[0]),
        str(times[1]),
        length,
        found,
        float(np.nan_to_num(newest.values["missing"][0])) if len(newest.values["missing"]) else 0.0,
        float(np.nanmax(usual)) if np.isfinite(usual).any() else None,
        stale,
        absent,
        rate,
        notes,
        output,
    )
    if output is not None:
        page = watch_page(watched.as_json(), watched.alarms, {n: c.meaning for n, c in CHECKS.items()})
        write_whole(output, page.encode())
    return watched


def _forecasts(
    opened: OpenedRun, fitted: Fitted, data: TableSource, panel: Panel, *, length: int, notes: list[str]
) -> tuple[Quantities, Quantities]:
    """Return the quantities of the forecasts of the newest rows, and of the test windows of the run."""
    spec = opened.spec
    stored = read_forecasts(opened.run, spec.data, time_axis=fitted.time_axis, horizon=spec.window.horizon)
    if stored is None:
        notes.append("the run has no test windows, so its forecasts of newer rows are not judged")
        nothing = Quantities({}, {})
        return nothing, nothing
    # No baseline is forecast, and none is to be checked.
    alone = spec.model_copy(update={"evaluation": spec.evaluation.model_copy(update={"baselines": []})})
    bare = replace(opened, experiment=replace(opened.experiment, spec=alone))
    level = min(spec.evaluation.levels, default=None)
    if spec.evaluation.calibration == "scaled" and fitted.validation_calibration is not None:
        # The stored forecasts have intervals that did not learn from them; so do those beside them.
        fitted = replace(fitted, calibration=fitted.validation_calibration)
    found = forecast_new_rows(bare, fitted, data)
    return _of_new(found, fitted, level, length=length), _of_stored(stored, fitted, level, length=length)


def _of_new(found: NewRows, fitted: Fitted, level: float | None, *, length: int) -> Quantities:
    prepared, forecast = found.prepared, found.forecast
    panel, windows = prepared.panel, prepared.windows["test"]
    series = windows.series.astype(np.int64)
    end = panel.offsets[series] + panel.lengths[series]
    age = end - (windows.target_row + windows.horizon)
    scale = scales_of(fitted.training, panel.ids, len(panel.targets))[series]
    interval = None
    if level is not None and forecast.quantiles is not None:
        one = forecast.intervals([level])[0]
        interval = (one.low, one.high)
    return of_forecasts(prepared.actual(windows), forecast.point, interval, scale, age, length=length)


def _of_stored(stored: StoredForecasts, fitted: Fitted, level: float | None, *, length: int) -> Quantities:
    ends = np.full(len(stored.ids), np.iinfo(np.int64).min)
    np.maximum.at(ends, stored.series, stored.first)
    age = ends[stored.series] - stored.first
    scale = scales_of(fitted.training, stored.ids, len(stored.targets))[stored.series]
    band = stored.bands.get(level) if level is not None else None
    actual, forecast = stored.actual.swapaxes(1, 2), stored.forecast.swapaxes(1, 2)
    interval = None if band is None else (band[0].swapaxes(1, 2), band[1].swapaxes(1, 2))
    return of_forecasts(actual, forecast, interval, scale, age, length=length)


def _rows(
    opened: OpenedRun,
    fitted: Fitted,
    panel: Panel,
    seen: dict[str, int | None],
    *,
    length: int,
    notes: list[str],
) -> tuple[Quantities, Quantities]:
    """Return the quantities of the newest rows, and of the rows that the run knows."""
    season = season_of(opened.spec)
    lag = season * -(-length // season)
    most = max(MOST_STRETCHES * length, MOST_SEASONS * season)
    measure = partial(of_rows, lag=lag, length=length)
    scale = scales_of(fitted.training, panel.ids, len(panel.targets))
    newest = measure(panel, panel.lengths, scale, most=length)
    before = measure(panel, _rows_until(panel, seen), scale, most=most)
    if before.ages["level"] < MIN_STRETCHES * length and opened.same_table and opened.source is not None:
        # The table has the newer rows alone.
        own, findings = read_on_axis(opened.spec.data, opened.source, time_axis=fitted.time_axis)
        own = own.first_rows(own.lengths - findings.future_rows)
        before = measure(own, own.lengths, scales_of(fitted.training, own.ids, len(own.targets)), most=most)
    elif before.ages["level"] < MIN_STRETCHES * length:
        notes.append("pass a table with the old rows too, by which level, spread and calendar are judged")
    return newest, before


def _rows_until(panel: Panel, seen: dict[str, int | None]) -> Ints:
    """Return (series,), the number of rows of each series up to the last one that the run has."""
    known = zip(panel.ids, panel.first.tolist(), panel.lengths.tolist(), strict=True)
    return np.array(
        [
            0 if (end := seen.get(name)) is None else min(max(0, end + 1 - first), n)
            for name, first, n in known
        ],
        dtype=np.int64,
    )


def _rows_after(panel: Panel, seen: dict[str, int | None]) -> Ints:
    """Return (series,), the number of rows of each series that the run does not have."""
    found: Ints = panel.lengths - _rows_until(panel, seen)
    return found


def _late(panel: Panel, seen: dict[str, int | None], *, horizon: int) -> tuple[list[str], list[str]]:
    """Return the series that end more than a horizon earlier than they used to, and those that are absent."""
    ends = dict(zip(panel.ids, (panel.first + panel.lengths - 1).tolist(), strict=True))
    before = {name: end for name, end in seen.items() if end is not None}
    both = [name for name in before if name in ends]
    absent = sorted(set(before) - set(ends))
    if not both:
        return [], absent
    newest, newest_before = max(ends[name] for name in both), max(before[name] for name in both)
    stale = [n for n in both if (newest - ends[n]) - (newest_before - before[n]) > horizon]
    return sorted(stale), absent


def _sentence(one: Look) -> str:
    """Return an alarm of a check as a sentence without its full stop."""
    p = f"p {one.p:.2g}" if one.p is not None and one.p >= 1e-4 else "p < 0.0001"
    above = one.value > one.high
    bound = f"{one.high:.3g} at most" if above else f"{one.low:.3g} at least"
    side = "above" if above else "below"
    return f"the {one.name} is {one.value:.3g}, {side} every stretch before ({bound}, usually {one.usual:.3g}; {p})"
