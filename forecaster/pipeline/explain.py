"""Explain: what the forecasts of a run rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from forecaster.errors import DataError, UsageError
from forecaster.forecasting.fitted import Fitted
from forecaster.runs.files import write_json
from forecaster.stages.importance import measure
from forecaster.stages.opened import OpenedRun
from forecaster.stages.prepared import prepare
from forecaster.stages.report import IMPORTANCE, Reported, write_report


@dataclass(frozen=True)
class Explained:
    """What was measured, and the report that shows it.

    Attributes:
        importance: importance.json.
        reported: The report.
    """

    importance: dict[str, Any]
    reported: Reported


def explain(opened: OpenedRun, *, windows: int = 256, repeats: int = 5, seed: int = 0) -> Explained:
    """Shuffle each input, forecast, compare; write importance.json and the report again.

    Args:
        opened: The run.
        windows: Validation windows at most.
        repeats: Shuffles of each input.
        seed: Of the shuffles.

    Raises:
        DataError: When the table is gone or was changed, or holds no validation windows.
        UsageError: For a network that carries its state, whose windows hang together.
    """
    from forecaster.training.backend import start_backend

    spec, run = opened.spec, opened.run
    if spec.model.stateful:
        raise UsageError(
            f"{run.path}: its network carries its state from window to window, so windows cannot be shuffled",
            hint="explain a run with model.stateful: false",
        )
    source = opened.own_table("bring back the table: explain needs its validation windows")
    fitted, prepared = Fitted.load(run), prepare(spec, source)
    if not len(prepared.windows["val"]):
        raise DataError(f"{run.path}: has no validation windows", hint="train with split.val above 0")
    start_backend(spec.runtime)
    measured = measure(spec, fitted, prepared, windows=windows, repeats=repeats, seed=seed)
    write_json(run.file(IMPORTANCE), measured)
    return Explained(measured, write_report(opened, prepared=prepared))
