"""forecaster export: write the networks of a run for other programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

import forecaster as fc
from forecaster.terminal.exits import command_context
from forecaster.terminal.named_run import named_run
from forecaster.terminal.options import Json, NoColor, Quiet, RunDirectory, Verbose, examples

EXAMPLES = examples(
    "forecaster export runs/mine --output mine-onnx",
    "forecaster export runs/mine --format saved_model --output mine-tf",
)


class ExportFormat(StrEnum):
    """What the networks are written as."""

    onnx = "onnx"
    saved_model = "saved_model"


def command(
    run_dir: RunDirectory,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FOLDER", help="Write this folder. It must not exist yet."),
    ],
    form: Annotated[
        ExportFormat, typer.Option("--format", help="onnx for any language, or saved_model for TensorFlow.")
    ] = ExportFormat.onnx,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Write the networks of a run for other programs, with everything that a forecast needs besides them."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        found = fc.load(named_run(run_dir, reporter)).export(output, format=form.value)
        for name in found.files:
            reporter.detail(name)
        text = f"{found.folder}: {len(found.files):,} files, {found.bytes:,} bytes, {found.format}"
        facts = {
            "output": str(found.folder),
            "format": found.format,
            "files": list(found.files),
            "bytes": found.bytes,
        }
        reporter.result(facts, text)
