"""Options that several commands share, so that each has the same wording everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[
    Path, typer.Argument(metavar="CONFIG", help="The YAML file of the experiment.", show_default=False)
]
RunDirectory = Annotated[
    Path,
    typer.Argument(
        metavar="RUN",
        help="The directory of a complete run, or latest: the newest one in runs.",
        show_default=False,
    ),
]
RunsFolder = Annotated[Path, typer.Argument(metavar="[DIR]", help="The folder that holds the runs.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override a value of the config, such as seed=7. Can be repeated.",
    ),
]
NewRun = Annotated[
    Path | None,
    typer.Option(
        "--run-dir",
        metavar="DIR",
        help="Write the run to this directory. The default is a new directory in output.dir.",
        show_default=False,
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the run in --run-dir.")]
Smoke = Annotated[
    bool, typer.Option("--smoke", help="Train on a few windows for one epoch, as a quick check in CI.")
]
DataFile = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="FILE",
        help="Forecast from the rows of this table: newer rows, or other series. - is stdin.",
        show_default=False,
    ),
]
CutoffTime = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="TIME",
        help="Take this time as the last known one. The forecast begins one step later.",
        show_default=False,
    ),
]
Horizon = Annotated[
    int | None,
    typer.Option(
        "--horizon",
        min=1,
        metavar="STEPS",
        help="Forecast this many steps. Only the recursive head exceeds the trained horizon; fewer steps need all "
        "covariates of it.",
        show_default=False,
    ),
]
OutputFile = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write CSV, Parquet, JSON or Excel to this file or address, by its ending, instead of CSV to stdout.",
        show_default=False,
    ),
]
SpreadsheetSafe = Annotated[
    bool,
    typer.Option(
        "--spreadsheet-safe",
        help="Put an apostrophe before each text in the CSV that a spreadsheet would take for a formula.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print only results and errors.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Print more details.")]
NoColor = Annotated[
    bool,
    typer.Option("--no-color", help="Print without colors. The environment variable NO_COLOR does the same."),
]


def examples(*lines: str) -> str:
    """Return the end of a help text: example commands, each on a line of its own."""
    # Without the leading mark, Click would join the lines into one paragraph.
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
