"""forecaster validate: config and data checked, and what would be trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecaster.commands.options import Config, Json, NoColor, Quiet, Set, Verbose
from forecaster.errors import Diagnostic
from forecaster.terminal.console import Reporter, Result, table
from forecaster.terminal.exits import command_context

if TYPE_CHECKING:
    from forecaster.config.load import Loaded
    from forecaster.data.profile.check import TableReport
    from forecaster.stages.estimate import Estimate


@dataclass(frozen=True)
class Validated:
    loaded: Loaded
    report: TableReport
    cost: Estimate
    warnings: list[Diagnostic]


def run(config: Path, overrides: Sequence[str] = ()) -> Validated:
    """Raises ConfigError and DataError, as `train` would, and `tune` where there is something to search."""
    from forecaster.config.load import load_experiment
    from forecaster.config.searchable import search_warnings
    from forecaster.data.profile.check import check
    from forecaster.data.time_axis.calendar import features
    from forecaster.data.transforms.categories import fit_encoders
    from forecaster.data.transforms.scalers import check_not_negative
    from forecaster.search.check import check_data_ends, check_space
    from forecaster.stages.estimate import estimate
    from forecaster.stages.prepared import check_windows, read_and_split, shape_of, too_short
    from forecaster.stages.scoring import check_baselines

    loaded = load_experiment(config, overrides)
    searched = bool(loaded.dimensions)
    if searched:
        check_space(loaded)
    table = read_and_split(loaded)
    experiment = loaded.experiment
    report = check(
        table.raw,
        table.findings,
        table.split_bounds,
        experiment.window,
        consecutive=experiment.model.stateful,
    )
    check_windows(experiment, table.raw, table.split_bounds)
    check_baselines(experiment, table.raw, table.split_bounds)
    panel, _ = table.filled(experiment)
    if experiment.scaling.method == "log":
        check_not_negative(
            panel.numbers,
            panel.offsets,
            table.split_bounds.train_end,
            ids=panel.ids,
            n_targets=len(panel.targets),
        )
    if experiment.data.calendar:
        features(panel.time_axis, panel.first[:1], experiment.data.calendar)
    encoders = fit_encoders(experiment.data.categorical, panel, table.split_bounds.train_end)
    remarks = [Diagnostic(text, severity="warning") for text in encoders.unseen(panel)]
    if searched:
        check_data_ends(loaded)
        remarks += search_warnings(loaded)
    cost = estimate(
        experiment,
        shape_of(experiment, panel, encoders),
        rows=int(panel.lengths.sum()),
        windows=report.summary["windows"],
    )
    named = too_short(experiment, table.raw, table.split_bounds)
    odd = [*_remarks(report), *([f"{named}; none of their windows is trained on"] if named else [])]
    remarks += [Diagnostic(text, severity="warning") for text in odd]
    return Validated(loaded, report, cost, [*loaded.warnings, *table.findings.warnings, *remarks])


def _remarks(report: TableReport) -> list[str]:
    """What is odd in a table that can be trained on."""
    asked, found = report.summary["freq"], report.summary["freq_found"]
    if found in (asked, None) or not report.summary["gaps"]["rows"]:
        return []
    return [f"the rows look like data.freq: {found}, and data.freq is {asked}: the rest are gaps"]


def command(
    config: Config,
    overrides: Set = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Check config and data, and show what would be trained on. Loads no TensorFlow."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        validated = run(config, overrides or ())
        reporter.warn(validated.warnings)
        reporter.result(*_result(validated, reporter))


# Series shown in the table of `validate`; the rest are summed up, and --json has them all.
SHOWN_SERIES = 20


def _result(validated: Validated, reporter: Reporter) -> Result:
    report, experiment, cost = validated.report, validated.loaded.experiment, validated.cost
    n = report.summary["series"]
    shown = n if reporter.verbosity > 0 else min(n, SHOWN_SERIES)
    facts, windows = [], []
    for one in report.each(0, shown):
        name = one["id"] or "(one series)"
        far = sum(target["count"] for target in one["outliers"].values())
        still = max(target["rows"] for target in one["constant"].values())
        counts = [
            one["rows"],
            one["gaps"]["rows"],
            one["duplicates"],
            sum(one["missing"].values()),
            still,
            far,
        ]
        facts.append([name, one["first"], one["last"], *(f"{value:,}" for value in counts)])
        windows.append([name, *(f"{one[split]['windows']:,}" for split in ("train", "val", "test"))])
    lines = [
        table(["series", "first", "last", "rows", "gaps", "twice", "missing", "same", "far"], facts),
        "",
        table(["windows", "train", "val", "test"], windows),
    ]
    one = report.series(0)
    lines += ["", _edges(one, one["id"])]
    if shown < n:
        lines.append(f"and {n - shown:,} more series; -v shows all, --json has all")
    total, window = report.summary["windows"], experiment.window
    lines += [
        "",
        f"{n:,} series, {report.summary['rows']:,} rows, every {report.summary['freq']}",
        *_gaps_text(report),
        f"windows of {window.lookback:,} + {window.horizon:,} steps: {total['train']:,} train, "
        f"{total['val']:,} val, {total['test']:,} test",
        f"training: about {_duration(cost.seconds)} on two cores, early stopping aside, "
        f"{cost.memory_bytes / 1e9:.1f} GB of memory, {_rounded(cost.weights)} weights",
        f"{validated.loaded.path} is valid",
    ]
    if validated.loaded.dimensions:
        names = ", ".join(d.name for d in validated.loaded.dimensions)
        lines.append(f"search space: {names}")
    series = list(report.each()) if reporter.json else []
    facts_json = {
        "valid": True,
        "config": str(validated.loaded.path),
        "summary": report.summary,
        "estimate": cost.as_json(),
        "series": series,
    }
    return facts_json, "\n".join(lines)


def _edges(one: Mapping[str, Any], name: str) -> str:
    """When the first and the last window of each split begin and end, of one series."""
    rows = []
    for split in ("train", "val", "test"):
        first, last = one[split]["first_window"], one[split]["last_window"]
        if first is not None:
            rows.append([split, first["lookback_first"], first["target_first"], last["target_last"]])
    of = f" of {name}" if name else ""
    return table([f"windows{of}", "first lookback from", "first target", "last target"], rows)


def _gaps_text(report: TableReport) -> list[str]:
    """Where the holes are and how far the covariates are known ahead, where there are any."""
    gaps, ahead = report.summary["gaps"], report.summary["known_ahead"]
    lines = []
    if gaps["count"]:
        longest = report.series(report.with_longest_gap)["gaps"]
        lines.append(
            f"{gaps['count']:,} gaps of {gaps['rows']:,} rows in {gaps['series']:,} series; the longest has "
            f"{gaps['longest']:,}, in a series whose first gap is at {longest['first']}"
        )
    if ahead["series"]:
        rows = ahead["rows"]
        lines.append(f"known ahead: {rows['min']:,} to {rows['max']:,} rows behind the last target")
    return lines


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{_rounded(seconds)} s"
    minutes = seconds / 60
    return f"{_rounded(minutes)} min" if minutes < 120 else f"{_rounded(minutes / 60)} h"


def _rounded(value: float) -> str:
    """Two digits: an estimate says no more."""
    if value < 10:
        return f"{value:.1g}"
    digits = len(str(int(value))) - 2
    return f"{round(value / 10**digits) * 10**digits:,.0f}"
