"""The report: one HTML file that opens offline, asks no server for anything, and escapes every name.

Styles and scripts are admitted by their hashes in a content security policy, so that
nothing else can run, whatever a table's columns are called.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any

import numpy as np

from forecaster.data.spec import DataSpec, WindowSpec
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.reporting.advice import Advice, Facts, advice
from forecaster.reporting.diagnosis import (
    Array,
    autocorrelation,
    by_cycle,
    by_line,
    by_step,
    coverage,
    histogram,
)
from forecaster.reporting.forecasts import StoredForecasts
from forecaster.reporting.history import History
from forecaster.reporting.lines import Lines, make_lines

# Targets whose errors are broken down; a page of hundreds would be read by nobody.
MAX_TARGETS = 12
# Rows of the table of ranges; splits.json has all.
MAX_RANGES = 12
STYLES = ("uPlot.min.css", "report.css")
SCRIPTS = ("uPlot.iife.min.js", "charts.js", "report.js")


@dataclass(frozen=True)
class Contents:
    """What a run directory and its table have to say. See docs/run-directory.md for the files.

    splits: of metrics.json. epochs: rows of history.csv. ranges: of splits.json. events:
    the one the run began with. forecasts, history, importance: None where there are none.
    by_step: of every baseline, the mean absolute error at each step. settings: most_epochs,
    loss, normalization, calibration. notes: why something is left out.
    """

    experiment_name: str
    run_name: str
    manifest: Mapping[str, Any]
    data: DataSpec
    window: WindowSpec
    settings: Mapping[str, Any]
    config: str
    season: int
    splits: Mapping[str, Mapping[str, Any]]
    metric_label: Callable[[str], str]
    verdicts: Sequence[str]
    remarks: Sequence[str]
    epochs: Sequence[Mapping[str, Any]]
    ranges: Sequence[Mapping[str, Any]]
    time_axis: TimeAxis
    forecasts: StoredForecasts | None
    history: History | None
    events: Mapping[str, Any]
    by_step: Mapping[str, Sequence[float | None]]
    importance: Mapping[str, Any] | None
    notes: Sequence[str]


def page(c: Contents) -> str:
    """The whole file as text."""
    import jinja2

    lines, score, unit = _lines(c)
    errors = _errors(c)
    found = advice(_facts(c, errors, score))
    styles = "\n".join(_asset(name) for name in STYLES)
    script = "\n".join(_asset(name) for name in SCRIPTS)
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.filters |= {"num": number, "label": c.metric_label}
    template = environment.from_string(_asset("report.html"))
    return template.render(
        c=c,
        policy=f"default-src 'none'; style-src {_hash(styles)}; script-src {_hash(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'",
        styles=_raw(styles),
        script=_raw(script),
        payload=_raw(_json(_payload(c, lines, errors, unit))),
        verdict=_verdict(c),
        advice=found,
        lines=lines,
        unit=unit,
        errors=errors,
        tables=_score_tables(c),
        ranges=_ranges(c),
        facts=_header_facts(c),
        max_targets=MAX_TARGETS,
    )


def _short(value: Any) -> Any:
    """Numbers with as many digits as a chart can show."""
    if isinstance(value, dict):
        return {key: _short(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_short(v) for v in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _raw(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)


def _asset(name: str) -> str:
    return resources.files("forecaster.reporting").joinpath("assets", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _json(value: Any) -> str:
    """JSON that no name can end: "<" and "&" are written as escapes, so that "</script>" stays text."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


def number(value: float | None, digits: int = 3) -> str:
    """So many significant digits, thousands marked; an en dash for what could not be computed."""
    if value is None or not np.isfinite(value):
        return "–"
    if value and not 1e-4 <= abs(value) < 1e9:
        return f"{value:.{digits - 1}e}"
    power = int(np.floor(np.log10(abs(value)))) if value else 0
    return f"{value:,.{max(0, digits - 1 - power)}f}"


def _lines(c: Contents) -> tuple[Lines | None, Array, str]:
    """The series charts, the score of each (series, target), and what that score is."""
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
    """The breakdowns of each target, as plain values and as the rules see them."""
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


def _facts(c: Contents, errors: Sequence[Mapping[str, Any]], score: Array) -> Facts:
    first = errors[0] if errors else {}
    return Facts(
        epochs=c.epochs,
        most_epochs=c.settings["most_epochs"],
        scores=c.splits,
        metric=_metric(c),
        lookback=c.window.lookback,
        season=c.season,
        normalization=c.settings["normalization"],
        calendar=c.data.calendar,
        calibration=c.settings["calibration"],
        cycles=first.get("cycles", ()),
        histogram=first.get("histogram"),
        mae=first.get("mae"),
        autocorrelation=first.get("acf"),
        coverage=first.get("coverage", ()),
        line_scores=score.reshape(-1),
        history=c.history,
        smoke=bool(c.events.get("smoke")),
    )


def _judged(c: Contents) -> str | None:
    return next((name for name in ("test", "val") if name in c.splits), None)


def _metric(c: Contents) -> str | None:
    """The metric that the verdict is about: MASE, or the first that could be computed."""
    judged = _judged(c)
    if judged is None:
        return None
    model = c.splits[judged]["scores"]["model"]
    return next((m for m in ("mase", *model) if model.get(m) is not None), None)


def _verdict(c: Contents) -> dict[str, Any]:
    """tone: good, bad or none; own and rival: the numbers it rests on."""
    judged, metric = _judged(c), _metric(c)
    if judged is None or metric is None:
        return {"tone": "none", "title": "No verdict", "own": None}
    rows = c.splits[judged]["scores"]
    own = rows["model"][metric]
    rivals = {n: r[metric] for n, r in rows.items() if n != "model" and r.get(metric) is not None}
    if not rivals:
        return {"tone": "none", "title": "Nothing to compare with", "own": own, "metric": metric}
    best = min(rivals, key=lambda n: abs(rivals[n]))
    gain = abs(rivals[best]) - abs(own)
    tone = "good" if gain > 0 else "bad" if gain < 0 else "none"
    words = {"good": "Beats every baseline", "bad": f"Loses to {best}", "none": f"No better than {best}"}[
        tone
    ]
    share = 100 * gain / abs(rivals[best]) if rivals[best] else None
    return {
        "tone": tone,
        "title": words,
        "own": own,
        "rival": rivals[best],
        "best": best,
        "metric": metric,
        "split": judged,
        "share": share,
    }


def _score_tables(c: Contents) -> list[dict[str, Any]]:
    """Test first, points before intervals. best: by column, who is closest to nothing (to the level, for coverage)."""
    out = []
    for split, name in (("test", "Test"), ("val", "Validation")):
        table = c.splits.get(split, {})
        for key, title in (("scores", name), ("intervals", f"{name}, intervals")):
            rows = table.get(key) or {}
            columns = list(dict.fromkeys(m for row in rows.values() for m in row))
            if columns:
                best = {metric: _best(rows, metric) for metric in columns}
                whole = {"title": title, "windows": table["windows"], "columns": columns}
                out.append(whole | {"rows": rows, "best": best})
    return out


def _best(rows: Mapping[str, Mapping[str, float | None]], metric: str) -> set[str]:
    """The names of the best rows; none where there is nothing to compare, or narrow alone is no merit."""
    aim = float(metric.removeprefix("coverage_")) if metric.startswith("coverage_") else 0.0
    far = {name: abs(value - aim) for name, row in rows.items() if (value := row.get(metric)) is not None}
    if len(far) < 2 or metric.startswith("width_"):
        return set()
    return {name for name, distance in far.items() if distance == min(far.values())}


def _ranges(c: Contents) -> list[Mapping[str, Any]]:
    return list(c.ranges[:MAX_RANGES])


def _header_facts(c: Contents) -> list[tuple[str, str]]:
    n, judged = len(c.ranges), _judged(c)
    facts = [
        ("Series", f"{n:,}" + (f" × {len(c.data.targets)} targets" if len(c.data.targets) > 1 else "")),
        ("Rows", f"{c.manifest['data']['rows']:,}, every {c.data.freq}"),
        ("Window", f"{c.window.lookback:,} steps seen, {c.window.horizon:,} forecast"),
    ]
    if judged:
        facts.append((f"{judged.title()} windows", f"{c.splits[judged]['windows']:,}"))
    return facts


def _payload(
    c: Contents, lines: Lines | None, errors: Sequence[Mapping[str, Any]], unit: str
) -> dict[str, Any]:
    """What the page's script draws."""
    charts = [
        {"target": one["target"]}
        | {key: _short(asdict(one[key])) if one[key] else None for key in ("steps", "histogram", "acf")}
        | {key: [_short(asdict(part)) for part in one[key]] for key in ("cycles", "coverage")}
        for one in errors
    ]
    return {
        "axis": _axis(c, lines),
        "levels": list(c.forecasts.bands) if c.forecasts else [],
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


def _axis(c: Contents, lines: Lines | None) -> dict[str, Any]:
    """How a grid position becomes a time: start + step × position, or a list where steps differ in length.

    Seconds since 1970 (UTC, or as written where there is no zone), or plain integers.
    """
    time_axis = c.time_axis
    axis: dict[str, Any] = {
        "time": not time_axis.is_integer,
        "zone": time_axis.timezone or "Etc/UTC",
        "days": time_axis.is_calendar and time_axis.phase == 0,
    }
    if lines is None or not lines.lines:
        return axis | {"phase": 0, "step": 1}
    low = min(min(x["f"]["from"] - x["f"]["past"], x.get("d", x["f"])["from"]) for x in lines.lines)
    high = max(
        max(
            x["f"]["from"] - x["f"]["past"] + len(x["f"]["y"]),
            x["d"]["from"] + x["d"]["n"] if "d" in x else 0,
        )
        for x in lines.lines
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


__all__ = ["Advice", "Contents", "page"]
