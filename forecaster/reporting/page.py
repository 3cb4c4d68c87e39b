"""The report: one HTML file that opens offline and makes no network requests.

Every name from the data is escaped. A content security policy admits the styles and the
scripts of the page by their hashes, so that nothing else can run.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

import numpy as np

from forecaster.data.arrays import Floats
from forecaster.reporting.advice import advice
from forecaster.reporting.chart_data import chart_data
from forecaster.reporting.contents import Contents
from forecaster.reporting.diagnosis import (
    autocorrelation,
    by_cycle,
    by_line,
    by_step,
    coverage,
    histogram,
)
from forecaster.reporting.facts import Facts
from forecaster.reporting.lines import Lines, make_lines, next_lines
from forecaster.reporting.score_tables import SPLIT_NAMES, meanings, score_tables, verdict
from forecaster.text import steady, visible_values

# Targets whose errors are broken down; nobody would read a page of hundreds.
MAX_TARGETS = 12
# Rows of the table of ranges; splits.json has all of them.
MAX_RANGES = 12
STYLES = ("uPlot.min.css", "report.css")
SCRIPTS = ("uPlot.iife.min.js", "charts.js", "report.js")


def page(c: Contents) -> str:
    """Render the report of a run as the text of one HTML file."""
    import jinja2

    lines, score, unit = _lines(c)
    ahead = next_lines(c.ahead) if c.ahead is not None else []
    tables = score_tables(c)
    errors = _errors(c)
    found = advice([_facts(c, errors, score, t) for t in range(max(1, len(errors)))])
    styles = "\n".join(asset(name) for name in STYLES)
    script = "\n".join(asset(name) for name in SCRIPTS)
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, finalize=seen
    )
    environment.filters |= {"num": number, "label": lambda name: c.metric(name).label}
    template = environment.from_string(asset("report.html"))
    return template.render(
        c=c,
        policy=f"default-src 'none'; style-src {hash_of(styles)}; script-src {hash_of(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'",
        styles=raw(styles),
        script=raw(script),
        payload=raw(_json(chart_data(c, lines, ahead, errors, unit))),
        verdict=verdict(c),
        advice=found,
        ahead=ahead,
        n_ahead=len({line["name"] for line in ahead}),
        lines=lines,
        unit=unit,
        errors=errors,
        tables=tables,
        meanings=meanings(c, tables),
        ranges=c.ranges[:MAX_RANGES],
        facts=_header_facts(c),
        max_targets=MAX_TARGETS,
    )


def seen(value: Any) -> Any:
    """Make a text visible before it is escaped; what is markup already holds no names."""
    return steady(value) if type(value) is str else value


def raw(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)


def asset(name: str) -> str:
    return resources.files("forecaster.reporting").joinpath("assets", name).read_text(encoding="utf-8")


def hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _json(value: Any) -> str:
    """Write JSON that no name can end: "<" and "&" are escaped, so that "</script>" stays text. Odd characters show."""
    text = json.dumps(visible_values(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for mark in "<>&":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


def number(value: float | None, digits: int = 3) -> str:
    """Write a number with separators between thousands, or an en dash for None and NaN.

    Args:
        value: The number.
        digits: Significant digits.
    """
    if value is None or not np.isfinite(value):
        return "–"
    if value and not 1e-4 <= abs(value) < 1e9:
        return f"{value:.{digits - 1}e}"
    power = int(np.floor(np.log10(abs(value)))) if value else 0
    return f"{value:,.{max(0, digits - 1 - power)}f}"


def _lines(c: Contents) -> tuple[Lines | None, Floats, str]:
    """Return the series charts, the score of each (series, target), and the name of that score.

    The score is MASE, WAPE where the scale of MASE is not known, and MAE where the actual
    values are 0 too.
    """
    f = c.forecasts
    if f is None:
        return None, np.empty(0), ""
    error, size = by_line(f)
    unit = "MASE"
    scale = np.full_like(error, np.nan)
    if c.history is not None:
        where = np.array([c.history.place_of.get(name, -1) for name in f.ids])
        scale[where >= 0] = c.history.naive_error[where[where >= 0]]
    if not (np.isfinite(scale) & (scale > 0)).any():
        unit, scale = "WAPE", size
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.where(scale > 0, error / scale, np.nan)
    if not np.isfinite(score).any():
        unit, score = "MAE", error
    return make_lines(f, c.history, score), score, unit


def _errors(c: Contents) -> list[dict[str, Any]]:
    """Return the breakdowns of each target's errors."""
    f = c.forecasts
    if f is None:
        return []
    out = []
    for t, name in enumerate(f.targets[:MAX_TARGETS]):
        mae = by_step(f, t)
        counted = [(m, n) for m, n in zip(mae.mae, mae.count, strict=True) if m is not None]
        total = sum(n for _, n in counted)
        out.append(
            {
                "target": name,
                "steps": mae,
                "mae": sum(m * n for m, n in counted) / total if total else None,
                "cycles": by_cycle(f, t, c.time_axis, season=c.season),
                "histogram": histogram(f, t),
                "acf": autocorrelation(f, t, season=c.season),
                "coverage": coverage(f, t),
            }
        )
    return out


def _facts(c: Contents, errors: Sequence[Mapping[str, Any]], score: Floats, target: int) -> Facts:
    own = errors[target] if errors else {}
    return Facts(
        epochs=c.epochs,
        most_epochs=c.settings["most_epochs"],
        scores=c.splits,
        metric=c.headline,
        metric_label=c.metric(c.headline).label if c.headline else "",
        lookback=c.window.lookback,
        season=c.season,
        normalization=c.settings["normalization"],
        calendar=c.data.calendar,
        calibration=c.settings["calibration"],
        cycles=own.get("cycles", ()),
        histogram=own.get("histogram"),
        mae=own.get("mae"),
        autocorrelation=own.get("acf"),
        coverage=own.get("coverage", ()),
        line_scores=score.reshape(-1),
        history=c.history,
        smoke=bool(c.events.get("smoke")),
        target=target,
        name=own["target"] if len(c.data.targets) > 1 and errors else "",
        anchored=c.settings["anchored"],
        seasonal=c.settings["seasonal"],
        is_point=c.settings["is_point"],
        metrics={
            name: (c.metric(name).label, c.metric(name).loss)
            for table in c.splits.values()
            for name in table["scores"]["model"]
        },
    )


def _header_facts(c: Contents) -> list[tuple[str, str]]:
    n, n_targets = len(c.ranges), len(c.data.targets)
    facts = [
        ("Series", f"{n:,}" + (f" × {n_targets} targets" if n_targets > 1 else "")),
        ("Rows", f"{c.manifest['data']['rows']:,}"),
        ("Frequency", f"{c.data.freq}"),
        ("Lookback", f"{c.window.lookback:,} steps"),
        ("Horizon", f"{c.window.horizon:,} steps"),
    ]
    if c.judged:
        facts.append((f"{SPLIT_NAMES[c.judged]} windows", f"{c.splits[c.judged]['windows']:,}"))
    return facts
