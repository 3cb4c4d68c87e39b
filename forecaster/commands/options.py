"""Options that several verbs take, each in one wording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[
    Path, typer.Argument(metavar="CONFIG", help="The YAML file of the experiment.", show_default=False)
]
RunDirectory = Annotated[
    Path, typer.Argument(metavar="RUN", help="The directory of a complete run.", show_default=False)
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override one value, such as model.layers.0.units=64. May be given several times.",
    ),
]
NewRun = Annotated[
    Path | None,
    typer.Option(
        "--run-dir",
        metavar="DIR",
        help="Write the run to this directory. The default is a new one in output.dir.",
        show_default=False,
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Start again in a --run-dir that holds a run.")]
Smoke = Annotated[
    bool, typer.Option("--smoke", help="Train on a few windows for one epoch: a quick check for CI.")
]
DataFile = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="FILE",
        help="Read newer rows, or other series, from this table.",
        show_default=False,
    ),
]
CutoffTime = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="TIME",
        help="Take this timestamp as the last known one; the forecast begins one step later.",
        show_default=False,
    ),
]
Horizon = Annotated[
    int | None,
    typer.Option(
        "--horizon",
        min=1,
        metavar="STEPS",
        help="Forecast this many steps. More than were trained need the recursive head.",
        show_default=False,
    ),
]
OutputFile = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write CSV, Parquet or JSON, by the ending, in place of stdout.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print only results and errors.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Print more detail.")]
NoColor = Annotated[
    bool, typer.Option("--no-color", help="Print no colors. The variable NO_COLOR does the same.")
]


def examples(*lines: str) -> str:
    """The end of a verb's help: commands to copy, each on a line of its own."""
    # The mark keeps Click from filling the lines into a paragraph.
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
