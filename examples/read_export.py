"""Forecast with what `forecaster export` wrote, without forecaster: NumPy, onnxruntime and the standard library.

python examples/read_export.py EXPORT ROWS.csv

ROWS.csv has the columns of the table that the run was trained on, without gaps: at least the last lookback of each
series and, with future covariates, rows for the horizon, whose targets are empty. The forecast is printed as CSV. It is
a reference for other languages: docs/export.md has the same in words. It knows the steps of days, hours, minutes, weeks
and month starts, clocks without a time zone, and of the classical forecasts of a blend the seasonal naive one.
"""

import csv
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from statistics import NormalDist

import numpy as np
import onnxruntime


class Export:
    """An exported run: what network.json and state.json say, and a session for each member."""

    def __init__(self, folder):
        self.network = json.loads((folder / "network.json").read_text(encoding="utf-8"))
        self.state = json.loads((folder / self.network["state"]).read_text(encoding="utf-8"))
        if self.network["refused"]:
            raise SystemExit(f"there is no ONNX network: {self.network['refused']}")
        files = [folder / member["network"] for member in self.network["members"]]
        self.sessions = [onnxruntime.InferenceSession(file) for file in files]
        self.columns, self.output = self.network["columns"], self.network["output"]
        self.lookback, self.horizon = (self.network["window"][key] for key in ("lookback", "horizon"))
        self.targets = self.columns["targets"]
        self.inputs = {one["name"]: one["columns"] for one in self.network["inputs"]}


# -- time ------------------------------------------------------------------------------


def moment(text):
    """Return a time in ISO 8601; a month, such as 2024-12, is its first day."""
    for form in (text, f"{text}-01"):
        try:
            return datetime.fromisoformat(form)
        except ValueError:
            pass
    raise SystemExit(f"{text!r} is no time in ISO 8601, which alone is read here")


def step(time, freq, n):
    """Return the timestamp n steps later."""
    if isinstance(freq, int):
        return time + freq * n
    number = "".join(c for c in freq if c.isdigit()) or "1"
    unit = freq[len(number) :] if freq[:1].isdigit() else freq
    many = int(number) * n
    if unit == "MS":
        month = time.year * 12 + time.month - 1 + many
        return time.replace(year=month // 12, month=month % 12 + 1)
    hours = {"D": 24, "W": 168, "h": 1, "min": 1 / 60}[unit.partition("-")[0]]
    return time + timedelta(hours=hours * many)


def calendar(times, names):
    """Return calendar features, (times, features), by the names of network.json, such as month_sin."""
    cycles = {
        "hour": lambda t: (t.hour + t.minute / 60 + t.second / 3600) / 24,
        "dayofweek": lambda t: t.weekday() / 7,
        "day": lambda t: (t.day - 1) / 31,
        "month": lambda t: (t.month - 1) / 12,
        "weekofyear": lambda t: (t.isocalendar().week - 1) / 53,
    }
    found = []
    for name in names:
        cycle, _, wave = name.rpartition("_")
        angle = 2 * np.pi * np.array([cycles[cycle](t) for t in times])
        found.append(np.sin(angle) if wave == "sin" else np.cos(angle))
    return np.array(found, dtype=np.float32).T.reshape(len(times), len(names))


# -- scaling ---------------------------------------------------------------------------


def group_of(scaler, series):
    """Return the row of center and spread that a series has."""
    return 0 if scaler["ids"] is None else scaler["ids"].index(series)


def scaled_targets(scaler, series, values):
    """Scale targets, (steps, targets)."""
    n, group = scaler["n_targets"], group_of(scaler, series)
    x = np.log1p(np.maximum(values, 0)) if scaler["method"] == "log" else values
    return (x - np.array(scaler["center"][group][:n])) / np.array(scaler["spread"][group][:n])


def in_original_units(scaler, series, values):
    """Invert `scaled_targets`, and keep to the bounds."""
    n, group = scaler["n_targets"], group_of(scaler, series)
    x = values * np.array(scaler["spread"][group][:n]) + np.array(scaler["center"][group][:n])
    if scaler["method"] == "log":
        x = np.expm1(np.clip(x, 0, 700))
    low, high = scaler.get("bounds", (None, None))
    return np.clip(x, -np.inf if low is None else low, np.inf if high is None else high)


# -- inputs ----------------------------------------------------------------------------


def inputs_of(export, series, rows):
    """Return the inputs of one series, a batch of one window, and the timestamp of its last target."""
    columns, scaler, encoders = export.columns, export.state["scaler"], export.state["encoders"]
    known = [row for row in rows if row[export.targets[0]] != ""][-export.lookback :]
    ahead = rows[rows.index(known[-1]) + 1 :][: export.horizon]
    absent = export.lookback - len(known)
    if absent and export.network["window"]["short"] != "pad":
        raise SystemExit(f"{series!r} has {len(known)} rows, and the lookback is {export.lookback}")
    past = [known[0]] * absent + known
    freq = columns["freq"]
    parsed = int if isinstance(freq, int) else moment
    last = parsed(known[-1][columns["time"]])
    times = [step(last, freq, n) for n in range(1 - export.lookback, export.horizon + 1)]

    numbers = [n for n in export.inputs["past"] if n in rows[0]]
    group = group_of(scaler, series)
    center, spread = (np.array(scaler[key][group]) for key in ("center", "spread"))

    def table(some, names):
        place = [numbers.index(name) for name in names]
        x = np.array([[float(row[name]) for name in names] for row in some]).reshape(len(some), len(names))
        if scaler["method"] == "log":
            x = np.where(np.array(place) < scaler["n_targets"], np.log1p(x), x)
        return ((x - center[place]) / spread[place]).astype(np.float32)

    def codes(some, names):
        places = {n: {c: i for i, c in enumerate(encoders[n]["categories"], start=1)} for n in names}
        return np.array([[places[n].get(row[n], 0) for n in names] for row in some], dtype=np.int32)

    def with_calendar(some, name, clock):
        own = [n for n in export.inputs[name] if n in rows[0]]
        return np.concatenate([table(some, own), calendar(clock, export.inputs[name][len(own) :])], axis=1)

    made = {
        "past": lambda: with_calendar(past, "past", times[: export.lookback]),
        "future": lambda: with_calendar(ahead or [{}] * export.horizon, "future", times[export.lookback :]),
        "mask": lambda: (np.arange(export.lookback) >= absent).astype(np.float32),
        "static": lambda: (
            (np.array([float(known[-1][n]) for n in export.inputs["static"]]) - scaler["static_center"])
            / scaler["static_spread"]
        ).astype(np.float32),
        "past_codes": lambda: codes(past, export.inputs["past_codes"]),
        "future_codes": lambda: codes(ahead, export.inputs["future_codes"]),
        "static_codes": lambda: codes(known[-1:], export.inputs["static_codes"])[0],
    }
    return {name: made[name]()[None] for name in export.inputs}, times[export.lookback :]


# -- forecasts -------------------------------------------------------------------------


def own_quantile(export, parts, probability):
    """Return a quantile of the network's output, scaled, (horizon, targets); None for a point forecast."""
    if export.output["type"] == "quantiles":
        levels = export.output["levels"]
        at = np.interp(probability, levels, np.arange(len(levels)))
        low = int(at)
        high = min(low + 1, len(levels) - 1)
        return parts[low] * (1 - (at - low)) + parts[high] * (at - low)
    if export.output["type"] == "distribution":
        if export.output["family"] != "normal":
            raise SystemExit("only the quantiles of the normal distribution are worked out here")
        return parts[0] + parts[1] * NormalDist().inv_cdf(probability)
    return None


def forecast(export, series, inputs, probabilities):
    """Return the point forecast, and the quantiles or None, in original units: (horizon, targets[, probabilities])."""
    scaler, n = export.state["scaler"], len(export.targets)
    points, quantiles = [], []
    for session in export.sessions:
        (scaled,) = session.run(["forecast"], inputs)
        parts = np.split(scaled[0].astype(np.float64), scaled.shape[-1] // n, axis=-1)
        levels = export.output.get("levels")
        points.append(in_original_units(scaler, series, parts[levels.index(0.5) if levels else 0]))
        own = [own_quantile(export, parts, p) for p in probabilities]
        if own[0] is not None:
            quantiles.append(np.stack([in_original_units(scaler, series, q) for q in own], axis=-1))
    point = np.mean(points, axis=0)
    spread = np.mean(quantiles, axis=0) if quantiles else None
    return blended(export, series, inputs, point, spread)


def blended(export, series, inputs, point, quantiles):
    """Average the forecast with classical ones; the quantiles move along in scaled units."""
    blend, scaler = export.state["blend"], export.state["scaler"]
    weights = {name: w for name, w in (blend["weights"] if blend else {}).items() if w > 0}
    if set(weights) <= {"network"}:
        return point, quantiles
    past, moved = inputs["past"][0][:, : len(export.targets)].astype(np.float64), 0.0
    for name, weight in weights.items():
        # seasonal_naive_168 names a season of its own.
        kind, _, own = name.partition("seasonal_naive")
        if name != "network" and (kind or (own and not own[1:].isdecimal())):
            raise SystemExit(f"of classical forecasts only seasonal_naive is worked out here, not {name}")
        season = int(own[1:] or blend["season"])
        naive = past[len(past) - season + np.arange(export.horizon) % season]
        moved += weight * (point if name == "network" else in_original_units(scaler, series, naive))
    if quantiles is None:
        return moved, None
    shift = scaled_targets(scaler, series, moved) - scaled_targets(scaler, series, point)
    columns = [scaled_targets(scaler, series, q) + shift for q in np.moveaxis(quantiles, -1, 0)]
    return moved, np.stack([in_original_units(scaler, series, q) for q in columns], axis=-1)


def calibrated(export, series, point, quantiles):
    """Return the quantiles of the calibration, (horizon, targets, probabilities)."""
    found = export.state["calibration"]
    if found is None:
        return quantiles
    if found["method"] != "split_conformal":
        raise SystemExit("evaluation.calibration scaled is not worked out here")
    scaler = found["scaler"] or export.state["scaler"]
    group = found["ids"].index(series) + 1 if series in found["ids"] else 0
    offsets, out = np.array(found["offsets"][group]), []
    for k, probability in enumerate(found["probabilities"]):
        base = point if quantiles is None else quantiles[..., k]
        if probability != 0.5:
            base = in_original_units(scaler, series, scaled_targets(scaler, series, base) + offsets[..., k])
        out.append(base)
    outer = [k for k, p in enumerate(found["probabilities"]) if p != 0.5]
    every = np.stack(out, axis=-1)
    every[..., outer] = np.sort(every[..., outer], axis=-1)
    return every


def held(quantiles, probabilities, point):
    """Return quantiles whose intervals reach to the point forecast."""
    if quantiles is None:
        return None
    kept = [
        np.minimum(q, point) if p < 0.5 else np.maximum(q, point) if p > 0.5 else q
        for p, q in zip(probabilities, np.moveaxis(quantiles, -1, 0), strict=True)
    ]
    return np.stack(kept, axis=-1)


def main(folder, table):
    """Print the forecast of every series of a table."""
    export = Export(Path(folder))
    columns = export.columns
    series = {}
    with Path(table).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            series.setdefault(row[columns["id"]] if columns["id"] else "", []).append(row)
    ends = {level: ((100 - level) / 200, 1 - (100 - level) / 200) for level in export.network["levels"]}
    probabilities = sorted({0.5, *(p for pair in ends.values() for p in pair)})
    out = csv.writer(sys.stdout, lineterminator="\n")
    names = [f"forecast-{end}-{level:g}" for level in ends for end in ("lo", "hi")]
    out.writerow(["id", "time", "target", "forecast", *names])
    for name, rows in series.items():
        inputs, times = inputs_of(export, name, rows)
        point, quantiles = forecast(export, name, inputs, probabilities)
        quantiles = held(calibrated(export, name, point, quantiles), probabilities, point)
        for t, target in enumerate(export.targets):
            for h, time in enumerate(times):
                bounds = (
                    []
                    if quantiles is None
                    else [quantiles[h, t, probabilities.index(p)] for pair in ends.values() for p in pair]
                )
                out.writerow([name, time, target, point[h, t], *bounds])


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1].startswith("-"):
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
