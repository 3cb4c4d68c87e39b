"""Report: write the report of a run."""

from __future__ import annotations

from pathlib import Path

from forecaster.errors import UsageError
from forecaster.stages.opened import OpenedRun
from forecaster.stages.report import Reported, write_report

ENDINGS = (".html", ".htm")


def report(opened: OpenedRun, *, output: Path | None = None) -> Reported:
    """Write the report of a run: one HTML file that opens offline.

    Args:
        opened: The run.
        output: The file; None is report.html in the run directory.

    Raises:
        UsageError: When output does not end in .html or .htm.
        DataError: When a file of the run is damaged.
    """
    if output is not None and output.suffix.lower() not in ENDINGS:
        raise UsageError(f"{output}: the report is HTML", hint="use a name that ends in .html")
    return write_report(opened, output=output)
