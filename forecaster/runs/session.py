"""The session of a run: the directory is claimed, begun with its inputs, filled and sealed.

`train`, `tune`, `backtest`, `refit`, `update` and the Python API all write runs through a session. If the process is
killed after the run has begun, a session with `resume=True` continues the run. If it is killed before, the next session
treats the directory as empty.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from forecaster.errors import DataError, UsageError
from forecaster.runs.checkpoints import FileCheckpoints
from forecaster.runs.claim import claim, give_up
from forecaster.runs.directory import MANIFEST, RESOLVED, RunDir
from forecaster.runs.files import disk_errors, write_text
from forecaster.runs.reading import MIB, read_file

Command = Literal["train", "tune", "backtest", "refit", "update"]
GIVEN = "config.yaml"
# The result of each command, in words for messages.
KINDS: dict[str, str] = {
    "train": "a run of `forecaster train`",
    "tune": "a search of `forecaster tune`",
    "backtest": "a backtest",
    "refit": "a run of `forecaster refit`",
    "update": "a run of `forecaster update`",
}


@dataclass(frozen=True)
class Inputs:
    """The inputs of a run. An interrupted run continues with the same inputs only.

    Attributes:
        command: The command that makes the run.
        resolved: The experiment with every default, as YAML; None if the command compares its inputs itself.
        given: The config as the user wrote it.
        data_sha256: The fingerprint of the table.
        smoke: Whether only a few windows are used.
        options: The options of the command line that change the result.
        config: The config file, or the run, if the command that resumes the run must name it.
        run_sha256: The fingerprint of the run that it is made from; None if it is made from a config.
    """

    command: Command
    resolved: str | None
    given: str
    data_sha256: str
    smoke: bool = False
    options: tuple[str, ...] = ()
    config: str | None = None
    run_sha256: str | None = None

    def facts(self) -> dict[str, Any]:
        """Return the details of the event that a run begins with."""
        options = {"options": list(self.options)} if self.options else {}
        config = {} if self.config is None else {"config": self.config}
        run = {} if self.run_sha256 is None else {"run_sha256": self.run_sha256}
        return {
            "command": self.command,
            "data_sha256": self.data_sha256,
            "smoke": self.smoke,
            **config,
            **run,
            **options,
        }


@dataclass(frozen=True)
class Session:
    """A run directory that this process has claimed.

    Attributes:
        run: The run directory.
        inputs: The inputs of the run.
        started: The event that the run began with, if it is resumed; None if it is new.
    """

    run: RunDir
    inputs: Inputs
    started: dict[str, Any] | None

    @property
    def complete(self) -> bool:
        """Whether the resumed run is already complete."""
        return self.started is not None and self.run.sealed

    def begin(self, write_more: Callable[[RunDir], None] | None = None) -> None:
        """Write the inputs of a new run, and record that the run is started or resumed.

        Args:
            write_more: Writes further files of a new run that must exist before its first checkpoint.
        """
        if self.started is None:
            self.write_inputs(write_more)
        self.run.event("started" if self.started is None else "resumed", **self.inputs.facts())

    def write_inputs(self, write_more: Callable[[RunDir], None] | None = None) -> None:
        """Write the config, as resolved and as given.

        Args:
            write_more: Writes further files.
        """
        if self.inputs.resolved is not None:
            # resolved.yaml comes first, because an interrupted run is recognised by it.
            write_text(self.run.file(RESOLVED), self.inputs.resolved)
            write_text(self.run.file(GIVEN), self.inputs.given)
        if write_more is not None:
            write_more(self.run)

    def checkpoints(self, member: int, part: str = "") -> FileCheckpoints:
        """Return the checkpoint store of one member of an ensemble; see `RunDir.checkpoints`."""
        return self.run.checkpoints(member, part)

    def reopen(self) -> None:
        """Remove the manifest, so that the run is made again from the files in its directory."""
        path = self.run.file(MANIFEST)
        with disk_errors(path):
            path.unlink(missing_ok=True)

    def give_up(self) -> None:
        """Take the run out of its directory, because it is not wanted, and put back the one that it would replace."""
        give_up(self.run.path)

    def seal(self, facts: dict[str, Any], *, notes: list[str]) -> None:
        """Complete the run: write its manifest and remove its checkpoints.

        Args:
            facts: What the manifest holds besides the sizes and checksums of the files.
            notes: Remarks for the event "done".
        """
        self.run.event("done", notes=notes)
        self.run.seal(facts)


@contextlib.contextmanager
def open_session(
    path: Path, inputs: Inputs, *, resume: bool = False, overwrite: bool = False
) -> Iterator[Session]:
    """Claim a run directory until the block ends.

    Args:
        path: The run directory.
        inputs: The inputs of the run.
        resume: Whether to continue the run in the directory.
        overwrite: Whether to replace the run in the directory.

    Yields:
        The session, not yet begun.

    Raises:
        RunTakenError: When the directory has content and neither resume nor overwrite is set, or when another
            process has claimed it.
        DataError: When there is nothing to resume, or the run was started with other inputs.
        UsageError: When the directory holds the result of another command.
        EnvironmentError_: When the directory cannot be written.
    """
    with claim(path, resume=resume, overwrite=overwrite) as run:
        started = run.started() if resume else None
        if started is not None:
            _check_command(run, started, inputs.command)
            if inputs.resolved is not None:
                check_same_inputs(run, started, inputs)
        session = Session(run, inputs, started)
        if session.complete:
            # A process that was killed after the manifest leaves checkpoints, the run before, or a part of its report.
            run.drop_checkpoints()
            run.drop_replaced()
            run.drop_parts()
        yield session


def _check_command(run: RunDir, started: dict[str, Any], command: str) -> None:
    """Raise UsageError when another command made the run."""
    made = started.get("command", "train")
    if made != command:
        raise UsageError(
            f"{run.path}: is {KINDS.get(made, made)}, not {KINDS[command]}", hint="choose another --run-dir"
        )


def check_same_inputs(run: RunDir, started: dict[str, Any], inputs: Inputs) -> None:
    """Check that a run is resumed with the inputs that it was started with.

    Args:
        run: The run directory.
        started: The event that the run began with.
        inputs: The inputs now.

    Raises:
        DataError: When they differ; names what differs.
    """
    now = inputs.facts()
    names = {
        "data_sha256": "the data",
        "run_sha256": f"the run that is {'updated' if inputs.command == 'update' else 'trained again'}",
        "smoke": "--smoke",
        "options": "--folds, --step, --refit or --window" if inputs.command == "backtest" else "--data",
    }
    differ = [what for key, what in names.items() if key in now and started.get(key) != now[key]]
    if read_file(run.path, RESOLVED, most=MIB).decode(errors="replace") != inputs.resolved:
        differ.insert(0, "the config (resolved.yaml)")
    if differ:
        raise DataError(
            f"{run.path}: was started with other inputs; {' and '.join(differ)} changed since",
            hint="resume with the same inputs, or start over with --overwrite",
        )
