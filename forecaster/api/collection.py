"""The functions of the Python API for the runs of a folder, and for the machine that they are made on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.arguments import checked
from forecaster.runs.directory import RunDir
from forecaster.runs.folder import DEFAULT_FOLDER, located

if TYPE_CHECKING:
    from forecaster.pipeline.clean import Cleaning
    from forecaster.pipeline.diff import RunDiff
    from forecaster.pipeline.doctor import Checkup
    from forecaster.stages.summaries import RunSummary


@checked
def list_runs(
    folder: str | Path = DEFAULT_FOLDER,
    *,
    name: str | None = None,
    state: str | Sequence[str] = (),
    data: str | None = None,
    sort: str = "age",
    limit: int | None = None,
) -> list[RunSummary]:
    """List the runs of a folder, as `forecaster list` does. Loads no network and no table.

    Runs that are not complete are in the list too, with their `state`: "running", "unfinished" or "damaged".

    Args:
        folder: The folder.
        name: A pattern such as "sales*" for the name of the directory or of the experiment.
        state: A state or several; none takes all.
        data: A part of the path of the table, or the beginning of its SHA-256.
        sort: "age" (newest first), "name", "score" (best first) or "size" (largest first).
        limit: The most runs; None is all.

    Raises:
        DataError: When there is no such folder.
        UsageError: When a state or an order is unknown.
        EnvironmentError_: When the folder cannot be read.
    """
    from forecaster.pipeline.listing import RunFilter
    from forecaster.pipeline.listing import list_runs as runs_listed

    states = (state,) if isinstance(state, str) else tuple(state)
    return runs_listed(Path(folder), RunFilter(name, states, data, sort, limit))


@checked
def diff(one: str | Path, other: str | Path) -> RunDiff:
    """Compare two runs, or two backtests, by config, data and scores. Loads no network and no table.

    Args:
        one: The first run directory.
        other: The second run directory.

    Raises:
        DataError: When one of them is not a complete run, or a file of it is damaged.
    """
    from forecaster.pipeline.diff import diff as diff_runs

    return diff_runs(RunDir(located(Path(one))), RunDir(located(Path(other))))


@checked
def clean(
    folder: str | Path = DEFAULT_FOLDER,
    *,
    older_than: str | None = None,
    keep_best: int | None = None,
    unfinished: bool = False,
    latest: bool = False,
    dry_run: bool = False,
    confirm: Callable[[Cleaning], bool] | None = None,
) -> Cleaning:
    """Remove the runs of a folder that are old and not among the best, as `forecaster clean` does.

    A run that a process is working on, a damaged one, one that holds another run and whatever is no run stay.

    Args:
        folder: The folder.
        older_than: The least age, such as "30d", "12h" or "8w"; None is any.
        keep_best: How many runs of each experiment are kept, those with the best scores.
        unfinished: Whether runs that were stopped before their end are removed too.
        latest: Whether the newest run may be removed too.
        dry_run: Whether to remove nothing.
        confirm: A function that takes what would be removed, and returns whether to do it; None does it.

    Returns:
        What was removed and what stays, each with the reason.

    Raises:
        DataError: When there is no such folder.
        UsageError: When neither older_than nor keep_best is given, or one of them is not valid.
        EnvironmentError_: When the folder cannot be read. Runs that cannot be removed are in `failed`.
    """
    from forecaster.api.new_run import check_count
    from forecaster.pipeline.clean import CleanOptions
    from forecaster.pipeline.clean import clean as clean_runs

    check_count("keep-best", keep_best, most=1_000_000)
    options = CleanOptions(older_than, keep_best, unfinished, latest)
    return clean_runs(Path(folder), options, confirm=confirm, dry_run=dry_run)


@checked
def doctor(folder: str | Path = DEFAULT_FOLDER, *, smoke: bool = False) -> Checkup:
    """Look whether this machine is fit for training: versions, processors, memory, disks and environment.

    Args:
        folder: The folder in which runs are to be written.
        smoke: Whether to train for some seconds too, in a process of its own.

    Returns:
        A line for each thing that was looked at.
    """
    from forecaster.pipeline.doctor import doctor as look

    return look(Path(folder), smoke=smoke)
