"""forecaster clean: remove old runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import forecaster as fc
from forecaster.errors import UsageError
from forecaster.terminal.console import Reporter, Result
from forecaster.terminal.exits import command_context
from forecaster.terminal.options import Json, NoColor, Quiet, RunsFolder, Verbose, examples
from forecaster.text import amount

if TYPE_CHECKING:
    from forecaster.pipeline.clean import Cleaning

EXAMPLES = examples(
    "forecaster clean --older-than 30d --keep-best 3 --dry-run",
    "forecaster clean runs --keep-best 5 --yes",
)


def command(
    folder: RunsFolder = Path("runs"),
    older_than: Annotated[
        str | None,
        typer.Option(
            "--older-than",
            metavar="AGE",
            help="Remove runs that are at least as old, such as 12h, 30d or 8w.",
            show_default=False,
        ),
    ] = None,
    keep_best: Annotated[
        int | None,
        typer.Option(
            "--keep-best",
            min=1,
            metavar="N",
            help="Keep the N runs of each experiment that have the best scores.",
            show_default=False,
        ),
    ] = None,
    unfinished: Annotated[
        bool, typer.Option("--unfinished", help="Remove runs that were stopped before their end too.")
    ] = False,
    latest: Annotated[bool, typer.Option("--latest", help="Remove the newest run too.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be removed, and remove nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Remove without asking.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Remove runs that are old or not among the best. Asks first; never removes a run that a process works on."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        from forecaster.pipeline.clean import failure_of

        found = fc.clean(
            folder,
            older_than=older_than,
            keep_best=keep_best,
            unfinished=unfinished,
            latest=latest,
            dry_run=dry_run,
            confirm=None if yes else lambda plan: _confirmed(plan, reporter),
        )
        failure = failure_of(found)
        if failure is None:
            declined = found.dry_run and not dry_run
            reporter.result(*_result(found, verbose=verbose, declined=declined))
        else:
            if not as_json:
                reporter.result(*_result(found, verbose=verbose))
            raise failure


def _confirmed(plan: Cleaning, reporter: Reporter) -> bool:
    """Ask on the terminal whether to remove these runs. Raises UsageError where nobody could answer."""
    if reporter.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            f"{_counted(plan)} would be removed, and nobody can be asked",
            hint="add --yes to remove them, or --dry-run to see which",
        )
    for line in _names(plan):
        reporter.note(line)
    return typer.confirm(f"Remove {_counted(plan)}?", err=True)


def _counted(plan: Cleaning) -> str:
    n = len(plan.removed)
    return f"{n:,} run{'' if n == 1 else 's'} ({amount(plan.bytes)})"


def _names(plan: Cleaning) -> list[str]:
    return [str(run.path) for run in plan.removed]


def _result(found: Cleaning, *, verbose: bool, declined: bool = False) -> Result:
    if declined and found.removed:
        return found.as_json(), "nothing was removed"
    verb = "would be removed" if found.dry_run else "removed"
    lines = [f"{verb}: {name}" for name in _names(found)]
    # Reasons that name a condition of the user's own are said when asked; the others are about single runs.
    kept = [
        k for k in found.kept if verbose or not k.why.startswith(("is younger", "is among", "is unfinished"))
    ]
    lines += [f"kept: {k.path} {k.why}" for k in kept]
    stay = f"{len(found.kept):,} kept" + ("" if verbose or len(kept) == len(found.kept) else " (-v says why)")
    return found.as_json(), "\n".join([*lines, f"{_counted(found)} {verb}, {stay}"])
