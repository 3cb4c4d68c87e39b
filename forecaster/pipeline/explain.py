"""Explain: measure how much each input contributes to the forecasts of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from forecaster.data.transforms.fitted import FittedTransforms
from forecaster.errors import DataError, UsageError
from forecaster.runs.files import write_json
from forecaster.stages.graphs import EngineUsed, engine_used, with_engine
from forecaster.stages.importance import measure
from forecaster.stages.loaded import fitted_of
from forecaster.stages.opened import OpenedRun
from forecaster.stages.prepared import prepare
from forecaster.stages.report import IMPORTANCE, Reported, write_report


@dataclass(frozen=True)
class Explained:
    """The importance of the inputs of a run, and the report that shows it.

    Attributes:
        importance: The content of importance.json.
        reported: The report.
        engine: What ran the networks.
    """

    importance: dict[str, Any]
    reported: Reported
    engine: EngineUsed


def explain(opened: OpenedRun, *, windows: int = 256, repeats: int = 5, seed: int = 0) -> Explained:
    """Measure permutation importance, and write importance.json and the report.

    Args:
        opened: The run.
        windows: The largest number of validation windows to use.
        repeats: How often each input is shuffled.
        seed: The seed of the shuffles.

    Returns:
        The importance of each input and of each range of lags, and the report.

    Raises:
        DataError: When the table is missing or has changed, or holds no validation windows.
        UsageError: When the network is stateful, so that its windows depend on each other.
    """
    spec, run = opened.spec, opened.run
    if spec.model.stateful:
        raise UsageError(
            f"{run.path}: its network carries its state from window to window, so windows cannot be shuffled",
            hint="explain a run with model.stateful: false",
        )
    source = opened.own_table("restore it: explain needs its validation windows")
    fitted = fitted_of(opened, scored=True)
    prepared = prepare(spec, source, transforms=FittedTransforms(fitted.scaler, fitted.encoders))
    if not len(prepared.windows["val"]):
        raise DataError(f"{run.path}: has no validation windows", hint="train with split.val above 0")
    fitted = with_engine(fitted, spec.runtime)
    measured = measure(spec, fitted, prepared, windows=windows, repeats=repeats, seed=seed)
    write_json(run.file(IMPORTANCE), measured)
    return Explained(measured, write_report(opened, prepared=prepared), engine_used(fitted))
