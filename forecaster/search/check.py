"""What is refused before the first trial: spaces that cannot be searched, values that the table cannot follow."""

from __future__ import annotations

from dataclasses import replace

from forecaster.config.experiment import Experiment, check_ends, ends_of, with_tried
from forecaster.config.positions import KeyPath
from forecaster.config.searchable import search_faults
from forecaster.data.reading.sources import TableSource
from forecaster.errors import ConfigError, DataError, Diagnostic
from forecaster.search.driver import reference_of
from forecaster.stages.checks import check_baselines, check_windows
from forecaster.stages.prepared import prepare, prepare_table, read_and_split

# What the table has a say in.
OF_THE_DATA: tuple[KeyPath, ...] = (("data",), ("scaling",), ("model", "output", "family"))


def check_space(experiment: Experiment) -> None:
    """Raise ConfigError with every fault of the search spaces, each with its place."""
    faults = search_faults(experiment) or check_ends(experiment)
    if faults:
        raise ConfigError.of(faults)


def check_search_folds(experiment: Experiment, source: TableSource, *, n_folds: int) -> None:
    """Raise DataError when the earliest fold or the longest lookback leaves no window, or the defaults cannot
    be trained with."""
    spec = experiment.spec
    table = read_and_split(spec, source, fold=n_folds - 1)
    window = spec.window.model_copy(update=reference_of(experiment))
    longest = spec.model_copy(update={"window": window})
    check_windows(longest, table.raw, table.split_bounds, fold=n_folds - 1)
    check_baselines(spec, table.raw, table.split_bounds)
    prepare_table(spec, table)


def check_data_ends(experiment: Experiment, source: TableSource) -> None:
    """Prepare the table with every end of a range and every choice that bears on it.

    Raises:
        DataError: With all that cannot be, such as a column that is not there, each with its place.
    """
    faults = []
    for dimension, value, where in ends_of(experiment):
        concerned = any(dimension.path[: len(part)] == part for part in OF_THE_DATA)
        # null leaves a column or a feature out, and what is left was prepared.
        if not concerned or value is None or value == dimension.default:
            continue
        try:
            prepare(experiment.trial({dimension.name: value}), source)
        except (ConfigError, DataError) as wrong:
            for d in wrong.diagnostics:
                said = str(replace(d, hint=None, path="" if d.path == dimension.name else d.path))
                faults.append(Diagnostic(with_tried(value, said), d.hint, where, dimension.name))
    if faults:
        raise DataError(f"{len(faults)} problem(s)", diagnostics=faults)
