"""The error tree: every failure that a user can cause or meet.

ForecasterError            exit status
├── UsageError             2   bad command line
├── ConfigError            2   bad YAML file, with all its problems
├── DataError              2   bad table
├── TrainingError          1   the run failed, as with a NaN loss
├── EnvironmentError_      3   disk, permission, a missing extra
└── RunTakenError          4   the run directory is in use or exists
"""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from forecaster.text import shortened, visible, without_secrets

FORMAT_VERSION = 1
# The name on PyPI, where forecaster is another project. The command and the import are called forecaster.
DISTRIBUTION = "keras-forecaster"


# A reader mends the first faults first, and none reads more than a screen or two of them.
MOST_FAULTS, MOST_CHARACTERS = 30, 4_000
# The most characters of each part of one message: a value or a path of a megabyte says no more than its ends.
_OF_PLACE, _OF_PATH, _OF_SUMMARY, _OF_HINT = 400, 200, 1_200, 800


def install_hint(extra: str) -> str:
    """Return the command that installs the packages of an extra of pyproject.toml, such as "stats"."""
    return f"pip install '{DISTRIBUTION}[{extra}]'"


@dataclass(frozen=True)
class Location:
    """A place in a file.

    Attributes:
        file: The file.
        line: The line, from 1; None if it is not known.
        column: The column, from 1; None if it is not known.
    """

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        file = visible(shortened(without_secrets(self.file), _OF_PLACE))
        return ":".join(str(p) for p in (file, self.line, self.column) if p is not None)


@dataclass(frozen=True)
class Diagnostic:
    """One problem: what is wrong, where, and what to do about it.

    Attributes:
        summary: What is wrong.
        hint: What to do about it; None if there is nothing to suggest.
        location: The place in a file; None if there is none.
        path: The dotted key of the YAML file, such as model.layers.0.units, or a column of a table; empty if the
            problem concerns the whole file.
        severity: Whether it is an error or a warning.
    """

    summary: str
    hint: str | None = None
    location: Location | None = None
    path: str = ""
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        where = f"{self.location}: " if self.location else ""
        key = f"{shortened(self.path, _OF_PATH)}: " if self.path else ""
        tail = f"; {shortened(without_secrets(self.hint), _OF_HINT)}" if self.hint else ""
        return visible(f"{where}{key}{shortened(without_secrets(self.summary), _OF_SUMMARY)}{tail}")

    def as_json(self) -> dict[str, Any]:
        """Return the attributes as plain values, as in the `diagnostics` of `--json`."""
        out: dict[str, Any] = {
            "severity": self.severity,
            "summary": shortened(without_secrets(self.summary), _OF_SUMMARY),
            "hint": self.hint and shortened(without_secrets(self.hint), _OF_HINT),
            "path": shortened(self.path, _OF_PATH),
            "file": without_secrets(self.location.file) if self.location else None,
            "range": None,
        }
        if self.location and self.location.line is not None:
            out["range"] = {"start": {"line": self.location.line, "column": self.location.column or 1}}
        return out


def first_few(diagnostics: Sequence[Diagnostic]) -> tuple[list[Diagnostic], str | None]:
    """Return the first problems, as many as a person reads, and how many more there are, such as "and 70 more".

    Args:
        diagnostics: The problems; the first one is always among those that are returned.
    """
    shown: list[Diagnostic] = []
    left = MOST_CHARACTERS
    for diagnostic in diagnostics[:MOST_FAULTS]:
        left -= len(str(diagnostic)) + 1
        if left < 0 and shown:
            break
        shown.append(diagnostic)
    rest = len(diagnostics) - len(shown)
    return shown, f"and {rest:,} more" if rest else None


# Where a parameter of the Python API has another name than the option of the command line.
_PARAMETERS = {
    "from": "cutoff",
    # Overrides keep their name: they are text in both, as in `Experiment.from_yaml(path, ["seed=7"])`.
    "set": "--set",
    "resume": "resume=True",
    "overwrite": "overwrite=True",
    "force": "force=True",
    "no-id": "no_id=True",
    "strict": "strict=True",
}
# An option, or a whole command to type, which is the same for everyone.
_OPTION = re.compile(r"forecaster [a-z]+ [^;\n]*|(?<![^\s'\"(])--(?P<name>[a-z]+(?:-[a-z]+)*)")


def in_python(text: str) -> str:
    """Return a message with the parameters of the Python API in place of the options of the command line.

    Messages are written for the command line, which shows them as they are: "add --resume to go on with it" is
    "add resume=True to go on with it" in Python.
    """

    def parameter(found: re.Match[str]) -> str:
        name = found["name"]
        return found[0] if name is None else _PARAMETERS.get(name, name.replace("-", "_"))

    return _OPTION.sub(parameter, text)


Notify = Callable[[Sequence[Diagnostic], Sequence[str]], None]
"""Takes warnings and remarks as they arise."""


class ForecasterWarning(UserWarning):
    """A warning about something that was left out or filled in, or that is probably not intended."""


class ForecasterError(Exception):
    """The base of every expected failure.

    Attributes:
        diagnostics: The problems, at least one.
        exit_code: The exit status of the command line.
    """

    exit_code = 1

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        location: Location | None = None,
        path: str = "",
        diagnostics: list[Diagnostic] | None = None,
    ) -> None:
        self.diagnostics = diagnostics or [
            Diagnostic(summary=message, hint=hint, location=location, path=path)
        ]
        super().__init__(message)

    def __str__(self) -> str:
        # The command line shows the diagnostics; the text of the exception itself is for Python programs.
        shown, more = first_few(self.diagnostics)
        return "\n".join([*(in_python(str(d)) for d in shown), *([more] if more else [])])


class UsageError(ForecasterError):
    """A combination of options or arguments that is not valid."""

    exit_code = 2


class ConfigError(ForecasterError):
    """A YAML file that is not valid, with every problem of it."""

    exit_code = 2

    @classmethod
    def of(cls, diagnostics: list[Diagnostic]) -> ConfigError:
        """Return an error with these diagnostics."""
        return cls(f"{len(diagnostics)} problem(s)", diagnostics=diagnostics)


class DataError(ForecasterError):
    """A table or a run directory that cannot be used."""

    exit_code = 2


class TrainingError(ForecasterError):
    """A training or a search that failed, as with a NaN loss."""

    exit_code = 1


# What the system says of a path that no disk and no permission makes good.
NO_PATH = frozenset({errno.ENAMETOOLONG, errno.ELOOP})


class EnvironmentError_(ForecasterError):
    """A fault of the machine: a full disk, a missing permission, or an extra that is not installed."""

    exit_code = 3


def unreadable(path: object, error: OSError) -> EnvironmentError_:
    """Return the error of a file that the system fails to read, such as that of a disk that fails.

    Args:
        path: The file.
        error: What the system says.
    """
    return EnvironmentError_(
        f"{path}: cannot be read: {error.strerror or error}", hint="check its permissions and the disk"
    )


class RunTakenError(ForecasterError):
    """A run directory that exists, or that another process is using."""

    exit_code = 4
