"""forecaster list: the runs of a folder in a table."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import forecaster as fc
from forecaster.terminal.console import fitted_table, line_width, number
from forecaster.terminal.exits import command_context
from forecaster.terminal.options import Json, NoColor, Quiet, RunsFolder, Verbose, examples
from forecaster.text import amount, one_line

if TYPE_CHECKING:
    from forecaster.stages.summaries import RunSummary

EXAMPLES = examples(
    "forecaster list",
    "forecaster list runs --sort score --name 'sales*'",
    "forecaster list --state unfinished --state damaged",
)
# The most characters of a name and of a reason in the table; --json has them whole.
NAME, DATA, REASON = 40, 24, 200


def command(
    folder: RunsFolder = Path("runs"),
    sort: Annotated[
        str,
        typer.Option(
            "--sort",
            metavar="ORDER",
            help="Sort by age (newest first), name, score (best first) or size (largest first).",
        ),
    ] = "age",
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            metavar="PATTERN",
            help="List runs whose directory or experiment has such a name, as in 'sales*'.",
            show_default=False,
        ),
    ] = None,
    state: Annotated[
        list[str] | None,
        typer.Option(
            "--state",
            metavar="STATE",
            help="List runs that are complete, running, unfinished or damaged. Can be repeated.",
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="TEXT",
            help="List runs on a table whose path contains this, or whose SHA-256 begins with it.",
            show_default=False,
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, metavar="N", help="List this many at most.", show_default=False),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """List the runs of a folder: age, score, verdict, data and size, and what is wrong with those not complete."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        found = fc.list_runs(folder, name=name, state=state or (), data=data, sort=sort, limit=limit)
        facts = {"folder": str(folder), "runs": [run.as_json() for run in found]}
        filtered = bool(state) or name is not None or data is not None
        reporter.result(facts, _text(found, folder, filtered=filtered))


def _text(found: list[RunSummary], folder: Path, *, filtered: bool) -> str:
    if not found:
        return f"no {'such ' if filtered else ''}runs in {folder}"
    now = datetime.now(UTC)
    header = ["run", "age", "state", "score", "metric", "verdict", "size", "data"]
    rows = [
        [
            one_line(run.path.name, NAME),
            age_text((now - run.modified).total_seconds()),
            run.state,
            number(run.score.value),
            run.score.metric or "-",
            run.score.verdict or "-",
            "-" if run.size is None else amount(run.size),
            one_line(Path(run.data["path"]).name, DATA) if run.data else "-",
        ]
        for run in found
    ]
    lines = [fitted_table(header, rows, width=line_width())]
    reasons = [f"{one_line(run.path.name, NAME)}: {one_line(run.why, REASON)}" for run in found if run.why]
    return "\n".join([*lines, *([""] if reasons else []), *reasons])


def age_text(seconds: float) -> str:
    """Return an age in its largest unit, such as 3 d; "now" below a minute, and for a time that is yet to come."""
    for unit, name in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{int(seconds // unit):,} {name}"
    return "now"
