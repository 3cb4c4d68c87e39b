"""Validate: an experiment and its table checked, and what would be trained on. Loads no TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass

from forecaster.config.experiment import Experiment
from forecaster.config.searchable import search_warnings
from forecaster.config.spec import ExperimentSpec
from forecaster.data.panel import Panel
from forecaster.data.profile.check import TableReport, check
from forecaster.data.reading.sources import TableSource
from forecaster.data.time_axis.calendar import features
from forecaster.data.transforms.categories import fit_encoders
from forecaster.data.transforms.scalers import check_not_negative
from forecaster.errors import Diagnostic
from forecaster.search.check import check_data_ends, check_space
from forecaster.stages.checks import check_baselines, check_windows, too_short
from forecaster.stages.estimate import Estimate, estimate
from forecaster.stages.prepared import SplitPanel, read_and_split, shape_of


@dataclass(frozen=True)
class Validated:
    """What `validate` found.

    Attributes:
        experiment: As given.
        report: The table, by series and in all.
        cost: What a training takes.
        warnings: What is valid and probably not intended.
    """

    experiment: Experiment
    report: TableReport
    cost: Estimate
    warnings: list[Diagnostic]


def validate(experiment: Experiment, source: TableSource) -> Validated:
    """Check an experiment against its table, as `train` would, and as `tune` would where there is something to search.

    Raises:
        ConfigError, DataError: With every problem found.
    """
    spec, searched = experiment.spec, bool(experiment.dimensions)
    if searched:
        check_space(experiment)
    table = read_and_split(spec, source)
    report = check(
        table.raw, table.findings, table.split_bounds, spec.window, consecutive=spec.model.stateful
    )
    check_windows(spec, table.raw, table.split_bounds)
    check_baselines(spec, table.raw, table.split_bounds)
    panel, _ = table.filled(spec.data)
    _check_transforms(spec, table, panel)
    encoders = fit_encoders(spec.data.categorical, panel, table.split_bounds.train_end)
    remarks = [Diagnostic(text, severity="warning") for text in encoders.unseen(panel)]
    if searched:
        check_data_ends(experiment, source)
        remarks += search_warnings(experiment)
    cost = estimate(
        spec,
        shape_of(spec, panel, encoders),
        rows=int(panel.lengths.sum()),
        windows=report.summary["windows"],
    )
    remarks += [Diagnostic(text, severity="warning") for text in _remarks(spec, table, report)]
    warnings = [*experiment.warnings, *table.findings.warnings, *remarks]
    return Validated(experiment, report, cost, warnings)


def _check_transforms(spec: ExperimentSpec, table: SplitPanel, panel: Panel) -> None:
    """Raise where values or times do not allow what the settings ask of them."""
    if spec.scaling.method == "log":
        check_not_negative(
            panel.numbers,
            panel.offsets,
            table.split_bounds.train_end,
            ids=panel.ids,
            n_targets=len(panel.targets),
        )
    if spec.data.calendar:
        features(panel.time_axis, panel.first[:1], spec.data.calendar)


def _remarks(spec: ExperimentSpec, table: SplitPanel, report: TableReport) -> list[str]:
    """What is odd in a table that can be trained on."""
    odd = []
    asked, found = report.summary["freq"], report.summary["freq_found"]
    if found not in (asked, None) and report.summary["gaps"]["rows"]:
        odd.append(f"the rows look like data.freq: {found}, and data.freq is {asked}: the rest are gaps")
    if named := too_short(spec, table.raw, table.split_bounds):
        odd.append(f"{named}; none of their windows is trained on")
    return odd
