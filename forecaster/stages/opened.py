"""A complete run, opened again: its directory, its settings and its table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from forecaster.config.experiment import Experiment
from forecaster.config.spec import ExperimentSpec
from forecaster.data.reading.sources import TableSource, same_table, source_name
from forecaster.data.spec import IN_MEMORY
from forecaster.errors import DataError, UsageError
from forecaster.runs.directory import RESOLVED, RunDir


@dataclass(frozen=True)
class OpenedRun:
    """A run of `train` or `tune`.

    Attributes:
        run: The directory.
        experiment: What it was made from.
        table: The table, where it was handed over; None is the one that data.path names.
    """

    run: RunDir
    experiment: Experiment
    table: TableSource | None = None

    @property
    def spec(self) -> ExperimentSpec:
        return self.experiment.spec

    @property
    def smoke(self) -> bool:
        """Whether the run used a few windows only."""
        return bool((self.run.started() or {}).get("smoke"))

    @property
    def source(self) -> TableSource | None:
        """The run's own table as far as it can be named; None for one that was in memory."""
        if self.table is not None:
            return self.table
        return None if self.spec.data.path == IN_MEMORY else self.experiment.data_path

    @property
    def table_name(self) -> str:
        """What messages call the run's own table."""
        return IN_MEMORY if self.source is None else source_name(self.source)

    @property
    def table_is_gone(self) -> bool:
        """Whether there is no table at that place any more."""
        source = self.source
        return source is None or (isinstance(source, Path) and not source.exists())

    @property
    def same_table(self) -> bool:
        """Whether the table is there and is still the one that the run was trained on."""
        source = self.source
        return source is not None and same_table(source, self.run.manifest()["data"]["sha256"])

    def own_table(self, hint: str) -> TableSource:
        """The table that the run was trained on.

        Args:
            hint: What to do where it is not there.

        Raises:
            DataError: When it is gone, or was changed since.
        """
        source = self.source
        if source is None or not self.same_table:
            raise DataError(
                f"{self.table_name}: is not there, or was changed since the run was trained on it", hint=hint
            )
        return source

    def reaching(self, horizon: int | None) -> tuple[OpenedRun, int]:
        """The run with a horizon that holds this many steps, and how many are asked for.

        A recursive network is built again for as many steps as asked; others put out what they learned.

        Args:
            horizon: Steps; None is the trained horizon.

        Raises:
            UsageError: When the network puts out fewer steps.
        """
        steps = _steps(self.spec, horizon)
        window = self.spec.window.model_copy(update={"horizon": max(steps, self.spec.window.horizon)})
        spec = self.spec.model_copy(update={"window": window})
        return replace(self, experiment=replace(self.experiment, spec=spec)), steps


def open_run(run: RunDir, table: TableSource | None = None) -> OpenedRun:
    """Open a complete run, its settings checked against its manifest.

    Args:
        run: The directory.
        table: The table it was trained on, where it is at hand.

    Raises:
        DataError: When it is no complete run, or a file of it is damaged.
        UsageError: When it is a backtest, which has no network to go on with.
    """
    run.check(RESOLVED)
    if (run.started() or {}).get("command") == "backtest":
        raise UsageError(
            f"{run.path}: is a backtest, and keeps no network",
            hint=f"see its scores with: forecaster show {run.path}; or name a run of forecaster train",
        )
    return OpenedRun(run, Experiment.from_yaml(run.file(RESOLVED)), table)


def _steps(spec: ExperimentSpec, asked: int | None) -> int:
    trained = spec.window.horizon
    if asked is None or asked <= trained or spec.model.head.type == "recursive":
        return asked or trained
    raise UsageError(
        f"--horizon {asked}: this network was trained for {trained} steps and puts out no more",
        hint="train with a longer window.horizon, or with model.head.type: recursive",
    )
