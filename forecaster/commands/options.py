"""Options that several verbs take, each in one wording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from forecaster.errors import UsageError

Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="The YAML file.", show_default=False)]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="A run directory.", show_default=False)]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Override one value, such as model.layers.0.units=64. Repeatable."
    ),
]
Where = Annotated[
    Path | None,
    typer.Option("--run-dir", metavar="DIR", help="Where the run goes. Default: output.dir/name-time."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Begin again in --run-dir.")]
Smoke = Annotated[bool, typer.Option("--smoke", help="A few windows, one epoch: for CI.")]
Data = Annotated[Path | None, typer.Option("--data", metavar="FILE", help="Newer rows, or other series.")]
Cutoff = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="TIME", help="Last timestamp taken as known; the forecast begins one step later."
    ),
]
Horizon = Annotated[
    int | None,
    typer.Option(
        "--horizon",
        min=1,
        metavar="STEPS",
        help="Steps to forecast; beyond the trained ones with head recursive.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="CSV, Parquet or JSON, by its ending."),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Only results and errors.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="More detail.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colours; NO_COLOR does the same.")]


def check_resume(*, resume: bool, overwrite: bool, run_dir: Path | None, what: str) -> None:
    """Raises UsageError for what --resume cannot go with. what: the run, or the search."""
    if resume and overwrite:
        raise UsageError("--resume and --overwrite exclude each other", hint="give one of them")
    if resume and run_dir is None:
        raise UsageError("--resume needs --run-dir", hint=f"name the {what} that is to go on")
