"""A run that the command line names, where `latest` stands for the newest one."""

from __future__ import annotations

from pathlib import Path

from forecaster.terminal.console import Reporter


def named_run(run: Path, reporter: Reporter) -> Path:
    """Return the run directory that is meant, and say which one `latest` is.

    Args:
        run: The argument RUN.
        reporter: Prints the remark.

    Raises:
        DataError: When there is no newest run, or it is damaged.
    """
    from forecaster.runs.folder import located

    found = located(run)
    if found != run:
        reporter.note(f"{run}: {found}")
    return found
