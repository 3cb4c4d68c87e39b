"""Inspect: the first experiment for a table whose settings nobody has written down."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from forecaster.config.experiment import Experiment
from forecaster.data.draft.infer import Guess, infer
from forecaster.data.draft.text import draft
from forecaster.data.reading.arrow_table import ArrowTable
from forecaster.data.reading.sources import TableSource
from forecaster.data.spec import IN_MEMORY
from forecaster.errors import RunTakenError, UsageError
from forecaster.examples import SHIPPED
from forecaster.runs.files import write_text, write_whole

DEFAULT_NAME = "experiment"


@dataclass(frozen=True)
class Draft:
    """A draft, and the guesses that a person should look at.

    Attributes:
        guess: What the table seems to be.
        text: The commented YAML file.
        base: The folder that it is relative to.
    """

    guess: Guess
    text: str
    base: Path

    @property
    def experiment(self) -> Experiment:
        """The draft, validated."""
        return Experiment.from_text(self.text, base=self.base)


def inspect(source: TableSource, *, folder: Path) -> Draft:
    """Draft an experiment for a table.

    Args:
        source: The table.
        folder: Where the file is to stand; data.path is relative to it.

    Raises:
        DataError: When the table cannot be guessed, with the next move.
    """
    guess = infer(source)
    if isinstance(source, ArrowTable):
        return Draft(guess, draft(guess, path=IN_MEMORY, name=DEFAULT_NAME), folder)
    text = draft(guess, path=_relative(source, folder), name=_name(source))
    return Draft(guess, text, folder)


def write_draft(data: Path, output: Path, *, force: bool = False) -> Draft:
    """Draft an experiment for a table, and write it to a file.

    Args:
        data: The table.
        output: The file; its folder is made where it is missing.
        force: Replace a file that exists.

    Raises:
        RunTakenError: When the file exists and force is not given.
        DataError: When the table cannot be guessed, with the next move.
        EnvironmentError_: When the file cannot be written.
    """
    if output.exists() and not force:
        raise RunTakenError(f"{output} exists", hint="name another --output, or give --force to replace it")
    draft = inspect(data, folder=output.parent)
    write_text(output, draft.text)
    return draft


@dataclass(frozen=True)
class WrittenExample:
    """The two files of an example.

    Attributes:
        config: The YAML file.
        table: The table, in the same folder.
        about: What is forecast.
    """

    config: Path
    table: Path
    about: str


def write_example(name: str, output: Path, *, force: bool = False) -> WrittenExample:
    """Write the config of a shipped example to a file, and its table beside it.

    Args:
        name: One of `examples.SHIPPED`.
        output: The YAML file; its folder is made where it is missing.
        force: Replace files that exist.

    Raises:
        UsageError: There is no such example.
        RunTakenError: One of the files exists and force is not given.
        EnvironmentError_: One of the files cannot be written; then neither is left there anew.
    """
    if name not in SHIPPED:
        raise UsageError(f"there is no example {name!r}", hint=f"choose from {', '.join(SHIPPED)}")
    example = SHIPPED[name]
    table = output.parent / example.table
    if output == table:
        raise UsageError(f"{output} is the name of the table", hint="give --output a name that ends in .yaml")
    existing = [path for path in (table, output) if path.exists()]
    if existing and not force:
        raise RunTakenError(
            f"{existing[0]} exists", hint="work in another folder, or give --force to replace the files"
        )
    write_whole(table, example.read_table())
    try:
        write_text(output, example.read_config())
    except BaseException:
        if table not in existing:
            table.unlink()
        raise
    return WrittenExample(output, table, example.about)


def _relative(data: Path, folder: Path) -> str:
    """The table's path as seen from the config's folder; absolute where there is none (another drive)."""
    table = data.parent.resolve() / data.name
    try:
        return Path(os.path.relpath(table, folder.resolve())).as_posix()
    except ValueError:
        return table.as_posix()


def _name(data: Path) -> str:
    stem = data.name.split(".")[0]
    return re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-_")[:100] or DEFAULT_NAME
