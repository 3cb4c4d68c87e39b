"""A complete run that is open for use: its directory, its settings and its table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from forecaster.config.experiment import Experiment
from forecaster.config.spec import ExperimentSpec
from forecaster.data.reading.sources import TableSource, fetched, same_table, source_name
from forecaster.errors import DataError, UsageError
from forecaster.remote.address import IN_MEMORY
from forecaster.runs.directory import RESOLVED, RunDir
from forecaster.runs.reading import MIB, damaged
from forecaster.system import quoted as as_typed

# The most lines, list items and keys of resolved.yaml together.
MOST_SETTINGS = 20_000


@dataclass(frozen=True)
class OpenedRun:
    """A complete run of `train`, `tune` or `refit`.

    Attributes:
        run: The run directory.
        experiment: The experiment of the run, with every default.
        table: The table that the caller passed in; None is the table that data.path names.
    """

    run: RunDir
    experiment: Experiment
    table: TableSource | None = None

    @property
    def spec(self) -> ExperimentSpec:
        """The settings of the experiment."""
        return self.experiment.spec

    @property
    def smoke(self) -> bool:
        """Whether the run was made with smoke, from a few windows only."""
        return bool((self.run.started() or {}).get("smoke"))

    @cached_property
    def source(self) -> TableSource | None:
        """The table that the run was trained on; None if it was in memory and the caller did not pass it in."""
        if self.table is not None:
            return self.table
        return None if self.spec.data.path == IN_MEMORY else self.experiment.table

    @property
    def table_name(self) -> str:
        """The name of the run's own table in messages."""
        return IN_MEMORY if self.source is None else source_name(self.source)

    @property
    def table_is_gone(self) -> bool:
        """Whether the run's own table no longer exists."""
        source = self.source
        return source is None or (isinstance(source, Path) and not source.exists())

    @property
    def same_table(self) -> bool:
        """Whether the run's own table exists and has not changed since the training."""
        source = self.source
        return source is not None and same_table(source, self.run.manifest()["data"]["sha256"])

    def own_table(self, hint: str, *, instead: str = "") -> TableSource:
        """Return the table that the run was trained and scored on.

        Args:
            hint: The hint of the error, which says what to do if the table is missing.
            instead: What else there is to do if the run was scored on another table, after ", or".

        Raises:
            DataError: When the table is missing, has changed since the training, or is not the one that was scored.
        """
        before = self.scored_before
        if before is not None:
            raise DataError(
                f"{self.run.path}: its scores are those of {before['run']}, and its networks were trained again on "
                "another table",
                hint=f"use {before['run']}" + (f", or {instead}" if instead else ""),
            )
        source = self.source
        if source is not None:
            # What keeps it from being fetched says more than that it is missing.
            fetched(source)
        if source is None or not self.same_table:
            raise DataError(
                f"{self.table_name}: is missing or has changed since the run was trained on it", hint=hint
            )
        return source

    def present_table(self) -> TableSource:
        """Return the run's own table as it is now, whether or not it has changed since the training.

        Raises:
            DataError: When it is missing.
        """
        source = self.source
        if source is None or self.table_is_gone:
            raise DataError(
                f"{self.table_name}: the table of this run is missing", hint="pass a table with --data"
            )
        return source

    @property
    def scored_before(self) -> dict[str, Any] | None:
        """The run that was scored, and its table, where the networks were trained once more on another table."""
        manifest = self.run.manifest()
        scored: dict[str, Any] | None = manifest.get("scored")
        if scored is None or scored["data"]["sha256"] == manifest["data"]["sha256"]:
            return None
        return scored

    def reaching(self, horizon: int | None) -> tuple[OpenedRun, int]:
        """Return the run with a horizon of at least this many steps, and the number of steps to forecast.

        A recursive network is built again for a longer horizon; the horizon of any other network is fixed.

        Args:
            horizon: The number of steps; None is the trained horizon.

        Raises:
            UsageError: When the network cannot forecast that many steps.
        """
        steps = _steps(self.spec, horizon)
        window = self.spec.window.model_copy(update={"horizon": max(steps, self.spec.window.horizon)})
        spec = self.spec.model_copy(update={"window": window})
        return replace(self, experiment=replace(self.experiment, spec=spec)), steps


def open_run(run: RunDir, table: TableSource | None = None) -> OpenedRun:
    """Open a complete run, and check its settings against its manifest.

    Args:
        run: The run directory.
        table: The table that the run was trained on, if the caller has it.

    Raises:
        DataError: When the directory is not a complete run, or one of its files is damaged.
        UsageError: When the directory is that of a backtest, which stores no network.
    """
    run = run if run.seal_read is not None else run.opened()
    resolved = run.read(RESOLVED, most=MIB)
    # A second of reading; a config of a thousand columns has a tenth of it.
    if sum(resolved.count(mark) for mark in (b"\n", b",", b":")) > MOST_SETTINGS:
        raise damaged(run.file(RESOLVED), f"has more than {MOST_SETTINGS:,} values")
    if (run.started() or {}).get("command") == "backtest":
        raise UsageError(
            f"{run.path}: is a backtest, which stores no network",
            hint=f"show its scores with forecaster show {as_typed(str(run.path))}, or use a run of forecaster train",
        )
    return OpenedRun(run, Experiment.from_content(resolved, run.file(RESOLVED)), table)


def _steps(spec: ExperimentSpec, asked: int | None) -> int:
    """Return the number of steps to forecast. Raises UsageError when the network cannot forecast that many."""
    trained = spec.window.horizon
    if asked is None or asked <= trained or spec.model.head.type == "recursive":
        return asked or trained
    raise UsageError(
        f"--horizon {asked}: this network was trained for {trained} steps and cannot forecast more",
        hint="train with a longer window.horizon, or with model.head.type: recursive",
    )
