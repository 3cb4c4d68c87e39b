"""What a service is told when it starts: its runs, its limits, and who may ask."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from forecaster.api.new_run import check_count
from forecaster.api.run import Run
from forecaster.arguments import wrong_type
from forecaster.errors import UsageError
from forecaster.runs.folder import located
from forecaster.text import listed, quoted, shortened

MIB = 1 << 20
# What a machine of today answers in seconds; more is the work of a job, not of a request.
DEFAULT_BODY_MIB, DEFAULT_ROWS, DEFAULT_TIMEOUT_S = 16, 1_000_000, 30
MOST_BODY_MIB, MOST_ROWS, MOST_TIMEOUT_S = 4_096, 100_000_000, 3_600
# Fewer characters are guessed, as by a program that tries them all.
LEAST_TOKEN = 16
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

# A run directory, a loaded run, or several of them by name.
Served = str | Path | Run
Runs = Served | Sequence[Served] | Mapping[str, Served]


@dataclass(frozen=True)
class Limits:
    """The most that one request may ask for.

    Attributes:
        body_bytes: The bytes of a body.
        rows: The rows of a table.
        timeout_s: The seconds for a request to arrive, and again for its answer.
    """

    body_bytes: int = DEFAULT_BODY_MIB * MIB
    rows: int = DEFAULT_ROWS
    timeout_s: float = DEFAULT_TIMEOUT_S

    @classmethod
    def checked(cls, *, body_mib: int, rows: int, timeout_s: int) -> Limits:
        """Return the limits. Raises UsageError when one is no number that makes sense."""
        check_count("max-body", body_mib, most=MOST_BODY_MIB)
        check_count("max-rows", rows, most=MOST_ROWS)
        check_count("timeout", timeout_s, most=MOST_TIMEOUT_S)
        return cls(body_mib * MIB, rows, timeout_s)


@dataclass(frozen=True)
class Settings:
    """What a service is told when it starts.

    Attributes:
        runs: The run directories by name. The first is the one that a request without a name gets.
        limits: The most that one request may ask for.
        token: The token that requests must carry; None asks for none.
        hosts: The names that requests may call this machine by; None takes any. A page from elsewhere that a browser
            shows can be given the address of this machine, but not its name.
        quiet: Whether the log leaves out requests that went well.
    """

    runs: Mapping[str, Path]
    limits: Limits = Limits()
    token: str | None = None
    hosts: frozenset[str] | None = None
    quiet: bool = False


def named_runs(runs: Runs) -> dict[str, Path]:
    """Return run directories by name: the name that is given as NAME=DIR, or that of the directory.

    Args:
        runs: A run directory or a run, several, or several by name.

    Raises:
        UsageError: When there is none, one is no run, a name stands for two runs, or is not fit for an address.
    """
    if isinstance(runs, Mapping):
        pairs = [(name, _path(run)) for name, run in runs.items()]
    else:
        several = [runs] if isinstance(runs, str | Path | Run) or not isinstance(runs, Iterable) else [*runs]
        pairs = [_named(run) for run in several]
    if not pairs:
        raise UsageError("there is no run to serve", hint="name a run directory")
    names = [name for name, _ in pairs]
    for name in names:
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"{shortened(name, 60)!r} is no name for a served run: it needs letters, digits, '.', '_' and '-'",
                hint="give the run another name, as in NAME=DIR",
            )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(
            f"several runs are called {listed(quoted(twice), most=3)}", hint="give them names, as in NAME=DIR"
        )
    return dict(pairs)


def _named(run: Served) -> tuple[str, Path]:
    name, mark, path = str(run).partition("=") if isinstance(run, str | Path) else ("", "", "")
    if mark and name and path and not Path(str(run)).exists():
        return name, _path(path)
    found, typed = _path(run), run.path if isinstance(run, Run) else Path(run)
    # The name that was typed, such as that of a link to the newest run; of ".", that of the folder.
    return typed.name or found.resolve().name, found


def _path(run: Served) -> Path:
    """Return the directory of a run; `latest` is the newest one, now."""
    if not isinstance(run, str | Path | Run):
        raise wrong_type("runs", run, "a run directory or a Run, several, or several by name")
    return run.path if isinstance(run, Run) else located(Path(run))


def token_from(variable: str | None) -> str | None:
    """Return the token that an environment variable holds; None without a variable.

    Raises:
        UsageError: When the variable is not set, or holds fewer than 16 characters or others than visible ASCII.
    """
    if variable is None:
        return None
    token = os.environ.get(variable, "").strip()
    shown = shortened(variable, 60)
    if not token:
        raise UsageError(
            f"--token-env {shown}: this environment variable is not set", hint="set it to the token"
        )
    if len(token) < LEAST_TOKEN or not all("!" <= c <= "~" for c in token):
        raise UsageError(
            f"--token-env {shown}: a token needs {LEAST_TOKEN} characters or more, all of them visible ASCII",
            hint="make one with: openssl rand -hex 32",
        )
    return token


def is_loopback(host: str) -> bool:
    """Return whether only programs of this machine reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_reach(host: str, *, token: str | None, without_token: bool) -> None:
    """Raise UsageError for an address that others reach, where neither a token nor the flag is given."""
    if token is None and not without_token and not is_loopback(host):
        raise UsageError(
            f"--host {shortened(host, 60)}: everyone who reaches this address could ask for forecasts",
            hint="ask for a token with --token-env, or add --without-token where the network keeps others out",
        )


def allowed_hosts(host: str, *, token: str | None, without_token: bool) -> frozenset[str] | None:
    """Return the names that requests may call this machine by; None takes any."""
    if token is not None or without_token or not is_loopback(host):
        return None
    return frozenset({"localhost", "127.0.0.1", "::1", host})
