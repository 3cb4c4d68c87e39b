"""The last lines of commands that make a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.system import quoted as as_typed

if TYPE_CHECKING:
    from forecaster.api.run import Run


def closing_lines(run: Run) -> list[str]:
    """Return where a run and its report are, and what to type next."""
    # A forecast needs future covariates that the table does not hold, so they are filled in first.
    following = f"forecaster {'future' if run.needs_future else 'predict'} {as_typed(str(run.path))}"
    return [f"run:    {run.path}", f"report: {run.path / 'report.html'}", f"next:   {following}"]
