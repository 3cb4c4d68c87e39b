"""Exit statuses: the only place that catches every exception of a command."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import typer

from forecaster.errors import NO_PATH, EnvironmentError_, ForecasterError, UsageError
from forecaster.system import reader_is_gone
from forecaster.terminal.console import Reporter
from forecaster.text import steady
from forecaster.version import __version__

# 128 plus the number of the signal, as shells report it; also on Windows, which has no SIGPIPE.
READER_GONE, INTERRUPTED, TERMINATED = 141, 130, 143


@contextlib.contextmanager
def command_context(as_json: bool, quiet: bool, verbose: bool, no_color: bool) -> Iterator[Reporter]:
    """Yield the reporter of a command, and turn an exception of the block into an exit status.

    Args:
        as_json: The option --json.
        quiet: The option --quiet.
        verbose: The option --verbose.
        no_color: The option --no-color.

    Raises:
        typer.Exit: With the status that docs/cli.md lists.
    """
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
        if cause.errno in NO_PATH:
            wrong = UsageError(f"{where}{cause.strerror}", hint="choose another path")
            reporter.fail(wrong)
            raise typer.Exit(wrong.exit_code) from None
        lack = EnvironmentError_(
            f"{where}{cause.strerror or cause}", hint="check the free space and the permissions there"
        )
        reporter.fail(lack)
        raise typer.Exit(lack.exit_code) from None
    except UnicodeEncodeError as cause:
        refused: ForecasterError = EnvironmentError_(
            f"{cause.object!r} cannot be written in {cause.encoding}, the encoding of this environment",
            hint="set the variable PYTHONUTF8 to 1",
        )
        if not cause.object.isascii() and any(0xD800 <= ord(c) <= 0xDFFF for c in cause.object):
            # Bytes of the command line that are no UTF-8, which no other environment could write either.
            refused = UsageError(f"{cause.object!r} is not text in UTF-8", hint="check what was typed")
        reporter.fail(refused)
        raise typer.Exit(refused.exit_code) from None
    except KeyboardInterrupt:
        print("interrupted; continue an unfinished run with --resume", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    except Exception as bug:
        if type(bug).__name__ == "ResourceExhaustedError":
            # TensorFlow raises this class, which cannot be imported here, when memory runs out.
            lack = EnvironmentError_("memory ran out", hint="lower training.batch_size or window.lookback")
            reporter.fail(lack)
            raise typer.Exit(lack.exit_code) from None
        print(steady(traceback.format_exc()), file=sys.stderr)
        print(
            f"This is a bug in forecaster {__version__}. Please report it with the lines above, the "
            "command and the config.",
            file=sys.stderr,
        )
        raise typer.Exit(1) from None


def run_to_the_end(command: Callable[[], object]) -> NoReturn:
    """Run the command line, and end the process with its status once everything it printed is written.

    The process ends without the interpreter being taken apart: a thread of Arrow that still holds a Python object then,
    such as one that reads ahead in a table, would abort it after the last message.

    Args:
        command: Parses the arguments and runs the command; ends in SystemExit.
    """
    status = 0
    try:
        try:
            command()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError as cause:
        # Help is written by the library that parses arguments, and what is buffered by the flush.
        status = _unwritten(cause, status)
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BaseException:
        traceback.print_exc()
        status = 1
    # What programs leave to the end of the interpreter: threads to wait for, temporary folders, worker processes.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(status)


def _unwritten(cause: OSError, status: int) -> int:
    """Return the exit status where the output could not be written, and say why where that can be written."""
    if reader_is_gone(cause):
        return READER_GONE
    lack = EnvironmentError_(
        f"the output cannot be written: {cause.strerror or cause}", hint="check the free space there"
    )
    with contextlib.suppress(OSError, ValueError):
        print(f"error: {lack}", file=sys.stderr, flush=True)
    return lack.exit_code


def end_on_signals() -> None:
    """Let the signals that end a process raise SystemExit, so that files are closed. Ctrl-C raises by itself."""
    signal.signal(signal.SIGTERM, terminated)
    if sys.platform == "win32":
        # Windows sends it for Ctrl-Break, a closed window and a logoff.
        signal.signal(signal.SIGBREAK, terminated)


def terminated(signum: int, frame: Any) -> NoReturn:
    """End the process with the status of a termination. A handler of `signal.signal`."""
    print("terminated; continue an unfinished run with --resume", file=sys.stderr)
    sys.exit(TERMINATED)


def _write_nowhere() -> None:
    """Send stdout to the null device, because Python would report the closed pipe once more at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
