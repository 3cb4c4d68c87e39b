"""What the commands share that make a new run from the networks of a run before: `refit` and `update`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from forecaster.config.experiment import Experiment
from forecaster.config.spec import ExperimentSpec
from forecaster.data.panel import Findings, Panel
from forecaster.data.reading.arrow_table import ArrowTable
from forecaster.data.reading.cache import load_table
from forecaster.data.reading.sources import TableSource, fingerprint
from forecaster.data.spec import DataSpec
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.errors import UsageError
from forecaster.runs.directory import RunDir
from forecaster.runs.session import Command, Inputs
from forecaster.stages.checks import odd_values, too_short
from forecaster.stages.learned import last_rows, learned_splits
from forecaster.stages.opened import OpenedRun
from forecaster.stages.prepared import Prepared
from forecaster.stages.refitting import epochs_of
from forecaster.stages.report import read_epochs
from forecaster.system import quoted as as_typed
from forecaster.text import listed, quoted

# The largest number of series that a remark names.
NAMED = 5


@dataclass(frozen=True)
class NewRunOptions:
    """Where a new run is made from a run before.

    Attributes:
        run_dir: The new run directory; None is a new directory in output.dir.
        resume: Continue what was interrupted in run_dir.
        overwrite: Replace the run in run_dir.
    """

    run_dir: Path | None = None
    resume: bool = False
    overwrite: bool = False


def output_dir(experiment: Experiment) -> Path:
    """Return output.dir as a path from the working directory: the config of a run names it from that run."""
    folder, here = experiment.output_dir.resolve(), Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def check_apart(before: Path, path: Path, what: str) -> None:
    """Raise UsageError when one of two run directories is the other, or lies in it.

    Args:
        before: The run before.
        path: The new run directory.
        what: What is done with the run before, such as "that is trained again".
    """
    old, new = before.resolve(), path.resolve()
    if old == new or old in new.parents or new in old.parents:
        raise UsageError(
            f"--run-dir {path}: is not apart from {before}, the run {what} and stays as it is",
            hint="choose another --run-dir",
        )


def read_on_axis(data: DataSpec, source: TableSource, *, time_axis: TimeAxis) -> tuple[Panel, Findings]:
    """Read a table on the time axis of a run, as `prepared.read` does."""
    return load_table(data, source, keep_future=bool(data.future_covariates), time_axis=time_axis)


def inputs_of(
    command: Command,
    opened: OpenedRun,
    experiment: Experiment,
    source: TableSource,
    path: Path,
    *,
    data: TableSource | None,
) -> Inputs:
    """Return the inputs of a run that is made from a run before.

    Args:
        command: The command that makes it.
        opened: The run before.
        experiment: The settings of the new run.
        source: The table.
        path: The directory of the new run.
        data: The table as it was given; None where it is the one of the run before.
    """
    resolved = experiment.resolved_yaml(relative_to=path)
    before = opened.run
    return Inputs(
        command,
        resolved,
        resolved,
        fingerprint(source),
        opened.smoke,
        _data_option(data),
        str(before.path.resolve()),
        before.sha256,
    )


def _data_option(data: TableSource | None) -> tuple[str, ...]:
    """Return the option that names a table, to be typed again, without what is secret in an address.

    Nothing for the run's own table, which needs no option, and for one in memory, which has no name.
    """
    if data is None or isinstance(data, ArrowTable):
        return ()
    return (f"--data {as_typed(str(data.resolve()) if isinstance(data, Path) else data.name)}",)


def epochs_needed(run: RunDir, spec: ExperimentSpec) -> tuple[int, ...]:
    """Return the epochs that each member took when it was last trained anew.

    Args:
        run: A complete run.
        spec: Its settings.

    Raises:
        DataError: When a file of the run is damaged.
    """
    updated = run.manifest().get("updated")
    if updated is not None:
        return tuple(updated["epochs"])
    return epochs_of(
        ((int(row["member"]), int(row["epoch"]), bool(row["best"])) for row in read_epochs(run)),
        stopped_early=spec.training.early_stopping is not None,
    )


def remarks(before: RunDir, experiment: Experiment, prepared: Prepared, table_name: str) -> list[str]:
    """Return remarks on how a table differs from what the run before has learned, and on unusual rows.

    Args:
        before: The run before.
        experiment: The settings of the new run.
        prepared: The data of the new run.
        table_name: The name of its table.
    """
    panel, spec = prepared.panel, experiment.spec
    ends = last_rows(before, panel.time_axis, learned_splits(before))
    found = _on_series(
        f"series of {before.path} that {table_name} lacks, not learned again", set(ends) - set(panel.ids)
    )
    found += _on_series(f"series that {before.path} never saw, learned now", set(panel.ids) - set(ends))
    last = dict(zip(panel.ids, (panel.first + panel.lengths - 1).tolist(), strict=True))
    early = [name for name, end in ends.items() if name in last and end is not None and last[name] < end]
    if early:
        who = "the series ends" if early == [""] else f"{len(early):,} series end"
        named = "" if early == [""] else f": {listed(quoted(sorted(early)), most=NAMED)}"
        found.append(f"in {table_name} {who} before the rows that {before.path} has learned{named}")
    found += odd_values(spec, prepared.table.raw)
    if short := too_short(spec, panel, prepared.table.split_bounds):
        found.append(f"{short}; none of their windows is trained on")
    return found


def _on_series(what: str, names: set[str]) -> list[str]:
    if not names:
        return []
    return [f"{len(names):,} {what}: {listed(quoted(sorted(names)), most=NAMED)}"]
