"""Validate: check an experiment and its table without training. Does not load TensorFlow."""

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
from forecaster.stages.checks import check_baselines, check_windows, odd_values, too_short
from forecaster.stages.estimate import Estimate, check_memory, estimate
from forecaster.stages.few_windows import few_windows
from forecaster.stages.filled_rows import dead_series, filled_rows
from forecaster.stages.learned import Learned, learned_by
from forecaster.stages.prepared import SplitPanel, read_and_split, shape_of
from forecaster.system import memory
from forecaster.tracking.tracking import check_tracking


@dataclass(frozen=True)
class Validated:
    """The facts about an experiment and its table.

    Attributes:
        experiment: The experiment.
        report: Facts about the table, by series and as a whole.
        cost: The estimated time and memory of a training.
        learned: Up to where the networks behind `predict` will learn.
        warnings: Settings and rows that are valid but probably not intended.
    """

    experiment: Experiment
    report: TableReport
    cost: Estimate
    learned: Learned
    warnings: list[Diagnostic]


def validate(experiment: Experiment, source: TableSource) -> Validated:
    """Check an experiment and its table as `train` does and, if it has search nodes, as `tune` does.

    Args:
        experiment: The experiment.
        source: The table.

    Raises:
        ConfigError: When a search space is not valid; lists every problem.
        DataError: When the table cannot be used; lists every problem.
    """
    spec, searched = experiment.spec, bool(experiment.dimensions)
    if searched:
        check_space(experiment)
    check_tracking(spec.tracking)
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
    shape, windows = shape_of(spec, encoders), report.summary["windows"]
    check_memory(spec, shape, windows=windows["train"], memory=memory())
    cost = estimate(
        spec,
        shape,
        rows=int(panel.lengths.sum()),
        windows=windows,
    )
    remarks += [Diagnostic(text, severity="warning") for text in _remarks(spec, table, report)]
    remarks += [*filled_rows(spec, table), *dead_series(spec, table), *few_windows(spec, table.split_bounds)]
    warnings = [*experiment.warnings, *table.findings.warnings, *remarks]
    learned = learned_by(spec, table.raw, table.split_bounds)
    return Validated(experiment, report, cost, learned, warnings)


def _check_transforms(spec: ExperimentSpec, table: SplitPanel, panel: Panel) -> None:
    """Raise DataError when the values do not fit the scaling, ConfigError when the times do not fit the calendar."""
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
    """Return remarks about a table that is valid but looks unusual."""
    odd = []
    asked, found = report.summary["freq"], report.summary["freq_found"]
    if found not in (asked, None) and report.summary["gaps"]["rows"]:
        odd.append(f"the rows look like data.freq: {found}, and data.freq is {asked}: the rest are gaps")
    if named := too_short(spec, table.raw, table.split_bounds):
        odd.append(f"{named}; none of their windows is trained on")
    return odd + odd_values(spec, table.raw)
