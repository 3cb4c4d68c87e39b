"""forecaster validate: config and data checked, and what would be trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.config.load import Loaded, check_ends, load_experiment
from forecaster.errors import ConfigError, Diagnostic

if TYPE_CHECKING:
    from forecaster.data.check import TableReport
    from forecaster.pipeline.estimate import Estimate


@dataclass(frozen=True)
class Validated:
    loaded: Loaded
    report: TableReport
    cost: Estimate
    warnings: list[Diagnostic]


def run(config: Path, overrides: Sequence[str] = ()) -> Validated:
    """Raises ConfigError and DataError, as `train` would, and for a search range whose end does not fit."""
    from forecaster.data.calendar import features
    from forecaster.data.categories import fit_encoders
    from forecaster.data.check import check
    from forecaster.data.scalers import fit_scaler
    from forecaster.pipeline.estimate import estimate
    from forecaster.pipeline.prepare import read_and_split, refuse_without_windows, shape_of, too_short

    loaded = load_experiment(config, overrides)
    faults = check_ends(loaded)
    if faults:
        raise ConfigError.of(faults)
    table = read_and_split(loaded)
    experiment = loaded.experiment
    report = check(
        table.raw,
        table.findings,
        table.cuts,
        experiment.window,
        consecutive=experiment.model.stateful,
    )
    refuse_without_windows(experiment, table.raw, table.cuts)
    panel, _ = table.filled(experiment)
    if experiment.scaling.method == "log":
        scaler = fit_scaler(
            experiment.scaling,
            panel.numbers,
            panel.offsets,
            table.cuts.train_end,
            ids=panel.ids,
            n_targets=len(panel.targets),
        )
        scaler.apply(panel.numbers, panel.offsets, scaler.rows_for(panel.ids))
    if experiment.data.calendar:
        features(panel.grid, panel.first[:1], experiment.data.calendar)
    encoders = fit_encoders(experiment.data.categorical, panel, table.cuts.train_end)
    remarks = [Diagnostic(text, severity="warning") for text in encoders.unseen(panel)]
    cost = estimate(
        experiment,
        shape_of(experiment, panel, encoders),
        rows=int(panel.lengths.sum()),
        windows=report.summary["windows"],
    )
    named = too_short(experiment, table.raw, table.cuts)
    odd = [*_remarks(report), *([f"{named}; none of their windows is trained on"] if named else [])]
    remarks += [Diagnostic(text, severity="warning") for text in odd]
    return Validated(loaded, report, cost, [*loaded.warnings, *table.findings.warnings, *remarks])


def _remarks(report: TableReport) -> list[str]:
    """What is odd in a table that can be trained on."""
    asked, found = report.summary["freq"], report.summary["freq_found"]
    if found in (asked, None) or not report.summary["gaps"]["rows"]:
        return []
    return [f"the rows look like data.freq: {found}, and data.freq is {asked}: the rest are gaps"]
