"""The data that the scripts of the page draw, as plain values for JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from forecaster.data.time_axis.frequency import DAY_NS
from forecaster.reporting.contents import Contents
from forecaster.reporting.lines import Lines


def chart_data(
    c: Contents,
    lines: Lines | None,
    ahead: Sequence[Mapping[str, Any]],
    errors: Sequence[Mapping[str, Any]],
    unit: str,
) -> dict[str, Any]:
    """Gather everything that report.js reads.

    Args:
        c: The run.
        lines: The series charts, where there are any.
        ahead: The lines of the next horizon.
        errors: The breakdowns of each target.
        unit: The name of the score that lines are ranked by.
    """
    charts = [
        {"target": one["target"]}
        | {key: _short(asdict(one[key])) if one[key] else None for key in ("steps", "histogram", "acf")}
        | {key: [_short(asdict(part)) for part in one[key]] for key in ("cycles", "coverage")}
        for one in errors
    ]
    return {
        "axis": _axis(c, [*(lines.lines if lines else []), *ahead]),
        "levels": list(c.forecasts.bands) if c.forecasts else [],
        "ahead": {"levels": list(c.ahead.forecasts.bands) if c.ahead else [], "lines": list(ahead)},
        "targets": list(c.data.targets),
        "time": c.data.time,
        "unit": unit,
        "lines": lines.lines if lines else [],
        "shown": lines.shown if lines else [],
        "errors": charts,
        "epochs": [
            {key: row.get(key) for key in ("member", "epoch", "loss", "val_loss", "learning_rate", "best")}
            for row in c.epochs
        ],
        "loss": c.settings["loss"],
        "baselines": _short(c.by_step),
        "importance": c.importance,
    }


def _short(value: Any) -> Any:
    """Round numbers to the six digits that a chart can show."""
    if isinstance(value, dict):
        return {key: _short(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_short(v) for v in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _browser_zone(zone: str | None) -> str:
    """Return the name that browsers know a zone by: older ones know no offsets, and whole hours by other names."""
    if zone is None:
        return "Etc/UTC"
    whole = re.fullmatch(r"([+-])(0\d|1[0-2]):00", zone)
    # The sign of these names is that of UTC seen from the zone.
    return zone if whole is None else f"Etc/GMT{'-' if whole[1] == '+' else '+'}{int(whole[2])}"


def _axis(c: Contents, lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return how a position becomes a time: phase + step × position, or a list where steps differ in length.

    Times are seconds since 1970 (in UTC, or as written where there is no time zone), or plain
    integers.
    """
    time_axis = c.time_axis
    axis: dict[str, Any] = {
        "time": not time_axis.is_integer,
        "zone": _browser_zone(time_axis.timezone),
        "days": time_axis.is_calendar and time_axis.phase % DAY_NS == 0,
    }
    if not lines:
        return axis | {"phase": 0, "step": 1}
    low = min(min(x["f"]["from"] - x["f"]["past"], x.get("d", x["f"])["from"]) for x in lines)
    high = max(
        max(
            x["f"]["from"] - x["f"]["past"] + len(x["f"]["y"]),
            x["d"]["from"] + x["d"]["n"] if "d" in x else 0,
        )
        for x in lines
    )
    per = 1 if time_axis.is_integer else 10**9
    if time_axis.is_calendar:
        stamps = time_axis.stamps(np.arange(low, high + 1)) // per
        if len(np.unique(np.diff(stamps))) > 1:
            return axis | {"first": int(low), "at": stamps.tolist()}
        step = int(stamps[1] - stamps[0])
        return axis | {"step": step, "phase": int(stamps[0]) - int(low) * step}
    one, two = time_axis.stamps(np.array([0, 1])).tolist()
    return axis | {"step": (two - one) / per, "phase": one / per}
