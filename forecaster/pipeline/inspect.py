"""Inspect: draft an experiment for a table."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from forecaster.config.experiment import Experiment
from forecaster.data.draft.choices import check_settled
from forecaster.data.draft.infer import Guess, infer
from forecaster.data.draft.text import draft
from forecaster.data.draft.wishes import Wishes
from forecaster.data.reading.arrow_table import ArrowTable
from forecaster.data.reading.elsewhere import Elsewhere
from forecaster.data.reading.sources import TableSource, source_name, spoken_of
from forecaster.errors import RunTakenError, UsageError
from forecaster.examples import SHIPPED
from forecaster.remote.address import IN_MEMORY, secret_in
from forecaster.runs.files import write_text, write_whole
from forecaster.stages.settled import named_table
from forecaster.system import quoted

DEFAULT_NAME = "experiment"
_NOTHING = Wishes()


@dataclass(frozen=True)
class Draft:
    """The draft of an experiment.

    Attributes:
        guess: The roles of the columns, as inferred from the table.
        text: The YAML file, with a comment on every guess.
        base: The folder that data.path and output.dir are relative to.
    """

    guess: Guess
    text: str
    base: Path

    @property
    def experiment(self) -> Experiment:
        """The draft as a validated experiment."""
        return Experiment.from_text(self.text, base=self.base)


@named_table()
def inspect(source: TableSource, *, folder: Path, wishes: Wishes = _NOTHING, strict: bool = False) -> Draft:
    """Draft an experiment for a table.

    Args:
        source: The table.
        folder: The folder of the YAML file; data.path is relative to it.
        wishes: What is known about the table, and need not be guessed.
        strict: Whether to refuse a table that can be read in several ways, instead of taking the likeliest.

    Raises:
        DataError: When the roles of the columns cannot be inferred, or a wish does not fit the table. The hint says
            what to do.
    """
    if isinstance(source, Elsewhere):
        _recorded(source)
    with spoken_of(source):
        guess = infer(source, wishes)
    if strict:
        check_settled(guess.choices, source_name(source))
    if isinstance(source, ArrowTable):
        return Draft(guess, draft(guess, path=IN_MEMORY, name=DEFAULT_NAME), folder)
    if isinstance(source, Elsewhere):
        name = _name("" if source.address is None else source.address.base_name)
        return Draft(guess, draft(guess, path=_recorded(source), name=name), folder)
    text = draft(guess, path=_relative(source, folder), name=_name(source.name))
    return Draft(guess, text, folder)


def write_draft(
    data: TableSource, output: Path, *, force: bool = False, wishes: Wishes = _NOTHING, strict: bool = False
) -> Draft:
    """Draft an experiment for a table, and write it to a file.

    Args:
        data: The table.
        output: The file. Its folder is created if it is missing.
        force: Whether to replace an existing file.
        wishes: What is known about the table, and need not be guessed.
        strict: As for `inspect`.

    Raises:
        RunTakenError: When the file exists and force is False.
        DataError: As for `inspect`.
        EnvironmentError_: When the file cannot be written.
    """
    _check_no_folder(output)
    if output.exists() and not force:
        raise RunTakenError(f"{output} exists", hint="choose another --output, or use --force to replace it")
    draft = inspect(data, folder=output.parent, wishes=wishes, strict=strict)
    write_text(output, draft.text)
    return draft


@dataclass(frozen=True)
class WrittenExample:
    """The two files of a shipped example, as written.

    Attributes:
        config: The YAML file.
        table: The table, in the same folder.
        about: The target and the horizon of the example, in words.
    """

    config: Path
    table: Path
    about: str


def write_example(name: str, output: Path, *, force: bool = False) -> WrittenExample:
    """Write the config of a shipped example to a file, and its table beside it.

    Args:
        name: A key of `examples.SHIPPED`.
        output: The YAML file. Its folder is created if it is missing.
        force: Whether to replace existing files.

    Raises:
        UsageError: When there is no such example.
        RunTakenError: When one of the files exists and force is False.
        EnvironmentError_: When one of the files cannot be written. A table that did not exist before is removed.
    """
    if name not in SHIPPED:
        raise UsageError(f"there is no example {name!r}", hint=f"choose from {', '.join(SHIPPED)}")
    _check_no_folder(output)
    example = SHIPPED[name]
    table = output.parent / example.table
    if output == table:
        raise UsageError(f"{output} is the name of the table", hint="choose an --output that ends in .yaml")
    existing = [path for path in (table, output) if path.exists()]
    if existing and not force:
        raise RunTakenError(
            f"{existing[0]} exists", hint="work in another folder, or use --force to replace the files"
        )
    write_whole(table, example.read_table())
    try:
        write_text(output, example.read_config())
    except BaseException:
        if table not in existing:
            table.unlink()
        raise
    return WrittenExample(output, table, example.about)


def _check_no_folder(output: Path) -> None:
    if output.is_dir():
        hint = f"name a file in it, such as --output {quoted(str(output / 'config.yaml'))}"
        raise UsageError(f"{output} is a folder", hint=hint)


def _relative(data: Path, folder: Path) -> str:
    """Return the path of the table relative to a folder; absolute where there is no such path (another drive)."""
    table = data.parent.resolve() / data.name
    try:
        return Path(os.path.relpath(table, folder.resolve())).as_posix()
    except ValueError:
        return table.as_posix()


def _recorded(data: Elsewhere) -> str:
    """Return the address of a table as a config names it. Raises UsageError where no file should hold it."""
    if data.address is None:
        raise UsageError(
            "a config names its table, and stdin cannot be read again", hint="write it to a file"
        )
    found = secret_in(data.written)
    if found is not None:
        raise UsageError(
            f"{data.name}: the address holds {found}, and a config is copied into every run",
            hint="put it into an environment variable, and give env: and its name",
        )
    return data.written


def _name(file: str) -> str:
    stem = file.split(".")[0]
    return re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-_")[:100] or DEFAULT_NAME
