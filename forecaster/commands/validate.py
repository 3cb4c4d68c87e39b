"""forecaster validate: check a config and its table before training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import forecaster as fc
from forecaster.terminal.console import Reporter, Result, fitted_table, line_width, wrapped
from forecaster.terminal.exits import command_context
from forecaster.terminal.options import ConfigFile, Json, NoColor, Overrides, Quiet, Verbose, examples
from forecaster.text import listed

if TYPE_CHECKING:
    from forecaster.data.profile.check import TableReport
    from forecaster.pipeline.validate import Validated

EXAMPLES = examples(
    "forecaster validate config.yaml",
    "forecaster validate config.yaml --set window.lookback=336 --json",
)


def command(
    config: ConfigFile,
    overrides: Overrides = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Check a config and its table, and show what would be trained on. Does not load TensorFlow."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        validated = fc.validate(fc.Experiment.from_yaml(config, overrides or ()))
        reporter.warn(validated.warnings)
        reporter.result(*_result(validated, config, reporter))


# The tables show this many series; --verbose and --json show all.
SHOWN_SERIES = 20
# As many columns stand in the sentence about outliers.
SHOWN_COLUMNS = 8


def _result(validated: Validated, config: Path, reporter: Reporter) -> Result:
    from forecaster.data.transforms.split import SPLITS

    report, spec, cost = validated.report, validated.experiment.spec, validated.cost
    n = report.summary["series"]
    shown = n if reporter.verbosity > 0 else min(n, SHOWN_SERIES)
    facts, windows = [], []
    for one in report.each(0, shown):
        name = one["id"] or "(one series)"
        far = sum(column["count"] for column in one["outliers"].values())
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
        windows.append([name, *(f"{one[split]['windows']:,}" for split in SPLITS)])
    width = line_width()
    header = ["series", "first", "last", "rows", "gaps", "repeated", "missing", "flat", "outliers"]
    lines = [
        fitted_table(header, facts, width=width),
        "",
        fitted_table(["windows", *SPLITS], windows, width=width),
    ]
    one = report.series(0)
    lines += ["", _edges(one, one["id"])]
    if shown < n:
        lines += wrapped([f"and {n - shown:,} more series; -v shows all, --json has all"])
    total, window = report.summary["windows"], spec.window
    sentences = [
        f"{n:,} series, {report.summary['rows']:,} rows, every {report.summary['freq']}",
        *_gaps_text(report),
        *_outliers_text(report),
        f"windows of {window.lookback:,} + {window.horizon:,} steps: {total['train']:,} train, "
        f"{total['val']:,} val, {total['test']:,} test",
        validated.learned.sentence_ahead(),
        f"training: about {_duration(cost.seconds)} on two cores without early stopping, "
        f"{cost.memory_bytes / 1e9:.1f} GB of memory, {_rounded(cost.weights)} weights",
        f"{config} is valid",
    ]
    if validated.experiment.dimensions:
        names = ", ".join(d.name for d in validated.experiment.dimensions)
        sentences.append(f"search space: {names}")
    lines += ["", *wrapped(sentences)]
    series = list(report.each()) if reporter.json else []
    facts_json = {
        "valid": True,
        "config": str(config),
        "summary": report.summary,
        "estimate": cost.as_json(),
        "learned": {**validated.learned.as_json(), "sentence": validated.learned.sentence_ahead()},
        "series": series,
    }
    return facts_json, "\n".join(lines)


def _edges(one: Mapping[str, Any], name: str) -> str:
    """Return a table of when the first and the last window of each split begin and end, for one series."""
    from forecaster.data.transforms.split import SPLITS

    rows = []
    for split in SPLITS:
        first, last = one[split]["first_window"], one[split]["last_window"]
        if first is not None:
            rows.append([split, first["lookback_first"], first["target_first"], last["target_last"]])
    of = f" of {name}" if name else ""
    header = [f"windows{of}", "first lookback from", "first target", "last target"]
    return fitted_table(header, rows, width=line_width())


def _gaps_text(report: TableReport) -> list[str]:
    """Return a line about the gaps and one about the future covariates, each only if there are any."""
    gaps, ahead = report.summary["gaps"], report.summary["known_ahead"]
    lines = []
    if gaps["count"]:
        lines.append(_about_gaps(report, gaps))
    if ahead["series"]:
        rows = ahead["rows"]
        lines.append(
            f"future covariates: known for {rows['min']:,} to {rows['max']:,} rows after the last target"
        )
    return lines


def _about_gaps(report: TableReport, gaps: Mapping[str, int]) -> str:
    rows = "1 row" if gaps["rows"] == 1 else f"{gaps['rows']:,} rows"
    many = len(report.panel.ids) > 1
    among = f" in {gaps['series']:,} series" if many else ""
    _, first = report.gap_at(0)
    name, longest = report.gap_at(report.longest_gap)
    whose = f" in {name!r}" if many else ""
    if gaps["count"] == 1:
        return f"1 gap of {rows}{whose}, at {longest}"
    said = f"{gaps['count']:,} gaps of {rows}{among}"
    if many:
        return f"{said}; the longest, of {gaps['longest']:,}, is at {longest}{whose}"
    if gaps["rows"] == gaps["count"] * gaps["longest"]:
        return f"{said}, each of {gaps['longest']:,}; the first is at {first}"
    if report.longest_gap == 0:
        return f"{said}; the first, at {first}, is the longest, of {gaps['longest']:,}"
    return f"{said}; the first is at {first}, and the longest, of {gaps['longest']:,}, at {longest}"


def _outliers_text(report: TableReport) -> list[str]:
    """Return a line about the columns with outliers, where there are several columns and some have any."""
    total = report.summary["outliers"]
    found = [f"{count:,} in {name}" for name, count in total.items() if count]
    if len(total) < 2 or not found:
        return []
    return [f"outliers, far from the other values of their series: {listed(found, most=SHOWN_COLUMNS)}"]


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{_rounded(seconds)} s"
    minutes = seconds / 60
    return f"{_rounded(minutes)} min" if minutes < 120 else f"{_rounded(minutes / 60)} h"


def _rounded(value: float) -> str:
    """Return a number with at most two significant digits, as befits an estimate."""
    if value < 9.5:
        return f"{value:.1g}"
    digits = len(str(int(value))) - 2
    return f"{round(value / 10**digits) * 10**digits:,.0f}"
