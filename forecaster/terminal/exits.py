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
from forecaster.terminal.console import Reporter
from forecaster.version import __version__


@contextlib.contextmanager
def command_context(as_json: bool, quiet: bool, verbose: bool, no_color: bool) -> Iterator[Reporter]:
    """Gives a command its Screen and turns what it raises into an exit status."""
    reporter = Reporter(json=as_json, verbosity=int(verbose) - int(quiet), color=False if no_color else None)
    try:
        yield reporter
    except ForecasterError as error:
        reporter.fail(error)
        raise typer.Exit(error.exit_code) from None
    except BrokenPipeError:
        # Whoever read our output has gone; Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(128 + signal.SIGPIPE) from None
    except MemoryError:
        lack = EnvironmentError_("memory ran out", hint="lower training.batch_size or window.lookback")
        reporter.fail(lack)
        raise typer.Exit(lack.exit_code) from None
    except OSError as cause:
        where = f"{cause.filename}: " if cause.filename else ""
        lack = EnvironmentError_(f"{where}{cause.strerror or cause}", hint="check space and rights there")
        reporter.fail(lack)
        raise typer.Exit(lack.exit_code) from None
    except KeyboardInterrupt:
        print("interrupted; a run that was under way can go on with --resume", file=sys.stderr)
        raise typer.Exit(128 + signal.SIGINT) from None
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


def terminated(signum: int, frame: Any) -> NoReturn:
    print("terminated; a run that was under way can go on with --resume", file=sys.stderr)
    sys.exit(128 + signum)
