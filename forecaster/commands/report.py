"""forecaster report: one page that shows a run."""

from __future__ import annotations

import webbrowser
from pathlib import Path

from forecaster.artifacts.run_dir import RunDir
from forecaster.errors import UsageError
from forecaster.pipeline.report import Reported, write_report


def run(run_dir: Path, *, output: Path | None = None, show: bool = False) -> Reported:
    """show: open it in the browser, too."""
    if output is not None and output.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"{output}: the report is HTML", hint="let the name end in .html")
    reported = write_report(RunDir(run_dir), output=output)
    if show and not webbrowser.open(reported.path.resolve().as_uri()):
        reported.notes.append(f"no browser could be opened; open {reported.path} yourself")
    return reported
