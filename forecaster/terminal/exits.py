"""How a command ends: what it raises, as an exit status. The one place that catches everything."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from typing import Any, NoReturn

import typer

from forecaster.errors import EnvironmentError_, ForecasterError
from forecaster.system import reader_is_gone
from forecaster.terminal.console import Reporter
from forecaster.version import __version__

# As a shell reports them: 128 and the signal's number. Windows has no SIGPIPE, and the status is the same.
READER_GONE, INTERRUPTED, TERMINATED = 141, 130, 143


@contextlib.contextmanager
def command_context(as_json: bool, quiet: bool, verbose: bool, no_color: bool) -> Iterator[Reporter]:
    """Gives a command its Screen and turns what it raises into an exit status."""
    reporter = Reporter(json=as_json, verbosity=int(verbose) - int(quiet), color=False if no_color else None)
    try:
        yield reporter
    except ForecasterError as error:
        reporter.fail(error)
        raise typer.Exit(error.exit_code) from None
    except MemoryError:
        lack = EnvironmentError_("memory ran out", hint="lower training.batch_size or window.lookback")
        reporter.fail(lack)
        raise typer.Exit(lack.exit_code) from None
    except OSError as cause:
        if reader_is_gone(cause):
            _write_nowhere()
            raise typer.Exit(READER_GONE) from None
        where = f"{cause.filename}: " if cause.filename else ""
        lack = EnvironmentError_(f"{where}{cause.strerror or cause}", hint="check space and rights there")
        reporter.fail(lack)
        raise typer.Exit(lack.exit_code) from None
    except UnicodeEncodeError as cause:
        lack = EnvironmentError_(
            f"{cause.object!r} cannot be written in {cause.encoding}, the encoding of this environment",
            hint="set the variable PYTHONUTF8 to 1",
        )
        reporter.fail(lack)
        raise typer.Exit(lack.exit_code) from None
    except KeyboardInterrupt:
        print("interrupted; a run that was under way can go on with --resume", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    except Exception as bug:
        if type(bug).__name__ == "ResourceExhaustedError":
            # TensorFlow's own word for a lack of memory.
            lack = EnvironmentError_("memory ran out", hint="lower training.batch_size or window.lookback")
            reporter.fail(lack)
            raise typer.Exit(lack.exit_code) from None
        traceback.print_exc()
        print(
            f"\nThis is a bug in forecaster {__version__}. Please report it with the lines above, the "
            "command and the config.",
            file=sys.stderr,
        )
        raise typer.Exit(1) from None


def end_on_signals() -> None:
    """End in good order where the system asks this process to end. Ctrl-C raises by itself."""
    signal.signal(signal.SIGTERM, terminated)
    if sys.platform == "win32":
        # Ctrl-Break, a window that is closed, a user who logs off.
        signal.signal(signal.SIGBREAK, terminated)


def terminated(signum: int, frame: Any) -> NoReturn:
    print("terminated; a run that was under way can go on with --resume", file=sys.stderr)
    sys.exit(TERMINATED)


def _write_nowhere() -> None:
    """Whoever read our output has gone; Python would complain once more at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
