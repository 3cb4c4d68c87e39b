"""What is refused before the first trial: spaces that cannot be searched, values that the table cannot follow."""

from __future__ import annotations

from dataclasses import replace

from forecaster.config.load import Loaded, check_ends, ends_of, with_tried
from forecaster.config.positions import KeyPath
from forecaster.config.searchable import search_faults
from forecaster.errors import ConfigError, DataError, Diagnostic
from forecaster.search.driver import reference_of
from forecaster.stages.prepared import check_windows, prepare, prepare_table, read_and_split
from forecaster.stages.scoring import check_baselines

# What the table has a say in.
OF_THE_DATA: tuple[KeyPath, ...] = (("data",), ("scaling",), ("model", "output", "family"))


def check_space(loaded: Loaded) -> None:
    """Raises ConfigError with every fault of the spaces, each with its place."""
    faults = search_faults(loaded) or check_ends(loaded)
    if faults:
        raise ConfigError.of(faults)


def check_folds(loaded: Loaded, *, n_folds: int) -> None:
    """Raises DataError when the earliest fold or the longest lookback leaves no window, or no defaults can be
    trained with."""
    table = read_and_split(loaded, fold=n_folds - 1)
    experiment = loaded.experiment
    window = experiment.window.model_copy(update=reference_of(loaded))
    longest = experiment.model_copy(update={"window": window})
    check_windows(longest, table.raw, table.split_bounds, fold=n_folds - 1)
    check_baselines(experiment, table.raw, table.split_bounds)
    prepare_table(experiment, table)


def check_data_ends(loaded: Loaded) -> None:
    """Prepare the data as every end of a range and every choice asks that they have a say in.

    Raises DataError with all that cannot be, such as a column that is not there, each with its place.
    """
    faults = []
    for dimension, value, where in ends_of(loaded):
        concerned = any(dimension.path[: len(part)] == part for part in OF_THE_DATA)
        # null leaves a column or a feature out, and what is left was prepared.
        if not concerned or value is None or value == dimension.default:
            continue
        try:
            prepare(replace(loaded, experiment=loaded.trial({dimension.name: value})))
        except (ConfigError, DataError) as wrong:
            for d in wrong.diagnostics:
                said = str(replace(d, hint=None, path="" if d.path == dimension.name else d.path))
                faults.append(Diagnostic(with_tried(value, said), d.hint, where, dimension.name))
    if faults:
        raise DataError(f"{len(faults)} problem(s)", diagnostics=faults)
