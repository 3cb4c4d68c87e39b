"""The command line, put together from the commands of commands/."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from forecaster.commands import (
    backtest,
    clean,
    diff,
    doctor,
    evaluate,
    explain,
    export,
    future,
    init,
    monitor,
    plot,
    predict,
    refit,
    report,
    schema,
    serve,
    show,
    train,
    tune,
    update,
    validate,
)
from forecaster.commands import list as list_
from forecaster.data.pandas_later import OwnProcess
from forecaster.system import write_utf8
from forecaster.terminal.exits import end_on_signals, run_to_the_end
from forecaster.text import shortened, visible
from forecaster.version import __version__

# The most characters of a message about what was typed.
MOST_TYPED = 600


class WholeLines(TyperGroup):
    """The group of all commands. Its help shows the summary of each command uncut, on several lines if necessary."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands with the help text of each.

        Args:
            ctx: The Click context of the group.
            formatter: The Click formatter that collects the help text.
        """
        rows = [(name, " ".join((command.help or "").split())) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Read the arguments before the command. Raises Click's errors with what was typed made visible and short."""
        with _short_errors():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        """Read the arguments of the command and run it. Raises Click's errors as `make_context` does."""
        with _short_errors():
            return super().invoke(ctx)


@contextlib.contextmanager
def _short_errors() -> Iterator[None]:
    """Shorten the messages of Click, which repeat an option or a value as it was typed, and escape odd characters."""
    try:
        yield
    except Exception as error:
        # Typer brings a copy of Click, whose classes cannot be imported from a public place.
        message = vars(error).get("message")
        # Without any argument the message is the help of the command.
        is_help = type(error).__name__ == "NoArgsIsHelpError"
        if hasattr(error, "format_message") and isinstance(message, str) and not is_help:
            vars(error)["message"] = visible(shortened(message, MOST_TYPED))
        raise


VERBS: dict[str, ModuleType] = {
    "init": init,
    "validate": validate,
    "train": train,
    "tune": tune,
    "refit": refit,
    "update": update,
    "predict": predict,
    "future": future,
    "evaluate": evaluate,
    "monitor": monitor,
    "backtest": backtest,
    "report": report,
    "explain": explain,
    "export": export,
    "plot": plot,
    "serve": serve,
    "show": show,
    "list": list_,
    "diff": diff,
    "clean": clean,
    "doctor": doctor,
    "schema": schema,
}

app = typer.Typer(
    name="forecaster",
    cls=WholeLines,
    help="Recurrent networks for time series, from one YAML file.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for name, verb in VERBS.items():
    app.command(name, epilog=verb.EXAMPLES)(verb.command)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        print(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line. docs/cli.md lists the exit statuses."""
    end_on_signals()
    OwnProcess.here = True
    write_utf8(sys.stdout)
    write_utf8(sys.stderr)
    run_to_the_end(app)


if __name__ == "__main__":
    main()
