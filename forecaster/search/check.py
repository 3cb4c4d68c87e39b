"""Checks before the first trial: of the search spaces, and of their ends against the table."""

from __future__ import annotations

from dataclasses import replace

from forecaster.config.experiment import Experiment
from forecaster.config.positions import KeyPath
from forecaster.config.searchable import check_ends, ends_of, search_faults, with_tried
from forecaster.data.reading.sources import TableSource
from forecaster.errors import ConfigError, DataError, Diagnostic
from forecaster.search.trial_runner import reference_of
from forecaster.stages.checks import check_baselines, check_windows
from forecaster.stages.prepared import prepare, prepare_table, read_and_split

# The sections and keys whose values depend on the table.
OF_THE_DATA: tuple[KeyPath, ...] = (("data",), ("scaling",), ("model", "output", "family"))


def check_space(experiment: Experiment) -> None:
    """Raise ConfigError with every fault of the search spaces, each at its line."""
    faults = search_faults(experiment) or check_ends(experiment)
    if faults:
        raise ConfigError.of(faults)


def check_search_folds(experiment: Experiment, source: TableSource, *, n_folds: int) -> None:
    """Check that the earliest fold and the longest lookback leave windows, and that the defaults can be trained.

    Args:
        experiment: The experiment with its search spaces.
        source: The table.
        n_folds: The number of folds of each trial.

    Raises:
        DataError: When they leave no window, or the table does not fit the defaults.
        EnvironmentError_: When the extra that a baseline needs is not installed.
    """
    spec = experiment.spec
    table = read_and_split(spec, source, fold=n_folds - 1)
    window = spec.window.model_copy(update=reference_of(experiment))
    longest = spec.model_copy(update={"window": window})
    check_windows(longest, table.raw, table.split_bounds, fold=n_folds - 1)
    check_baselines(spec, table.raw, table.split_bounds)
    prepare_table(spec, table)


def check_data_ends(experiment: Experiment, source: TableSource) -> None:
    """Prepare the table with every end of a range and every choice that depends on it.

    Args:
        experiment: The experiment with its search spaces.
        source: The table.

    Raises:
        DataError: With every value that the table does not fit, such as a missing column, each at its line.
    """
    faults = []
    for dimension, value, where in ends_of(experiment):
        concerned = any(dimension.path[: len(part)] == part for part in OF_THE_DATA)
        # null leaves a column or a feature out, and the rest has been prepared with the defaults.
        if not concerned or value is None or value == dimension.default:
            continue
        try:
            prepare(experiment.trial({dimension.name: value}), source)
        except (ConfigError, DataError) as wrong:
            for d in wrong.diagnostics:
                text = str(replace(d, hint=None, path="" if d.path == dimension.name else d.path))
                faults.append(Diagnostic(with_tried(value, text), d.hint, where, dimension.name))
    if faults:
        raise DataError(f"{len(faults)} problem(s)", diagnostics=faults)
