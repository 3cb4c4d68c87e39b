"""The life of a run: claimed, begun with its inputs, checkpointed, sealed.

Everything that writes a run goes through a session: `train`, `tune`, `backtest` and the Python API. A process
that is killed anywhere in between leaves a directory that a session with `resume=True` goes on with; one that
is killed before the run has begun leaves a directory that the next start takes as if it were empty.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from forecaster.errors import DataError, UsageError
from forecaster.runs.directory import MANIFEST, RESOLVED, FileCheckpoints, RunDir, claim
from forecaster.runs.files import read_whole, write_text

Command = Literal["train", "tune", "backtest"]
GIVEN = "config.yaml"
# What each command makes, for messages.
KINDS: dict[str, str] = {
    "train": "a run of `forecaster train`",
    "tune": "a search of `forecaster tune`",
    "backtest": "a backtest",
}


@dataclass(frozen=True)
class Inputs:
    """What a run is made from. A run that was stopped goes on with the same inputs only.

    Attributes:
        command: What makes it.
        resolved: The experiment with every default, as YAML; None where the command checks its inputs itself.
        given: The configuration as the user wrote it.
        data_sha256: The fingerprint of the table.
        smoke: Whether only a few windows are used.
        options: Options of the command line that change the result.
        config: The configuration file, where the command needs it to be resumed.
    """

    command: Command
    resolved: str | None
    given: str
    data_sha256: str
    smoke: bool = False
    options: tuple[str, ...] = ()
    config: str | None = None

    def facts(self) -> dict[str, Any]:
        """The event that a run begins with."""
        options = {"options": list(self.options)} if self.options else {}
        config = {} if self.config is None else {"config": self.config}
        return {
            "command": self.command,
            "data_sha256": self.data_sha256,
            "smoke": self.smoke,
            **config,
            **options,
        }


@dataclass(frozen=True)
class Session:
    """A run directory that this process holds."""

    run: RunDir
    inputs: Inputs
    started: dict[str, Any] | None
    """The event that the run began with, where it goes on; None where it begins."""

    @property
    def complete(self) -> bool:
        """Whether there is nothing left to do."""
        return self.started is not None and self.run.sealed

    def begin(self, write_more: Callable[[RunDir], None] | None = None) -> None:
        """Write what the run is made from, or note that it goes on.

        Args:
            write_more: Writes what else must be there before the first checkpoint.
        """
        if self.started is None:
            self.write_inputs(write_more)
        self.run.event("started" if self.started is None else "resumed", **self.inputs.facts())

    def write_inputs(self, write_more: Callable[[RunDir], None] | None = None) -> None:
        """Write the settings, as resolved and as given."""
        if self.inputs.resolved is not None:
            # First, because it is what tells a run that was stopped from a folder of somebody's own.
            write_text(self.run.file(RESOLVED), self.inputs.resolved)
            write_text(self.run.file(GIVEN), self.inputs.given)
        if write_more is not None:
            write_more(self.run)

    def checkpoints(self, member: int, part: str = "") -> FileCheckpoints:
        """Where one member of an ensemble keeps its checkpoint; see `RunDir.checkpoints`."""
        return self.run.checkpoints(member, part)

    def reopen(self) -> None:
        """Take the seal off: the run is made again from what is in it."""
        self.run.file(MANIFEST).unlink(missing_ok=True)

    def seal(self, facts: dict[str, Any], *, notes: list[str]) -> None:
        """Complete the run: from here on its files are checked, and it has no checkpoints."""
        self.run.event("done", notes=notes)
        self.run.seal(facts)


@contextlib.contextmanager
def open_session(
    path: Path, inputs: Inputs, *, resume: bool = False, overwrite: bool = False
) -> Iterator[Session]:
    """Claim a run directory, and hold it until the block ends.

    Args:
        path: The run directory.
        inputs: What the run is made from.
        resume: Go on with the run that is there.
        overwrite: Begin again in the directory of a run.

    Raises:
        RunTakenError: When the directory exists and neither was asked, or another process holds it.
        DataError: When there is nothing to resume, or the run was started with other inputs.
        UsageError: When the directory holds what another command made.
    """
    with claim(path, resume=resume, overwrite=overwrite) as run:
        started = run.started() if resume else None
        if started is not None:
            _check_command(run, started, inputs.command)
            if inputs.resolved is not None:
                check_same_inputs(run, started, inputs)
        session = Session(run, inputs, started)
        if session.complete:
            # A kill just after the manifest may have left them.
            run.drop_checkpoints()
        yield session


def _check_command(run: RunDir, started: dict[str, Any], command: str) -> None:
    made = started.get("command", "train")
    if made != command:
        raise UsageError(
            f"{run.path}: is {KINDS.get(made, made)}, not {KINDS[command]}", hint="choose another --run-dir"
        )


def check_same_inputs(run: RunDir, started: dict[str, Any], inputs: Inputs) -> None:
    """Raise DataError when the run that is to be resumed was started from something else."""
    now = inputs.facts()
    names = {"data_sha256": "the data", "smoke": "--smoke", "options": "--folds, --step, --refit or --window"}
    differ = [what for key, what in names.items() if key in now and started.get(key) != now[key]]
    if read_whole(run.file(RESOLVED)).decode(errors="replace") != inputs.resolved:
        differ.insert(0, "the config (resolved.yaml)")
    if differ:
        raise DataError(
            f"{run.path}: was started with other inputs; {' and '.join(differ)} changed since",
            hint="resume with the same inputs, or begin again with --overwrite",
        )
