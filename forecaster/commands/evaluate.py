"""forecaster evaluate: runs judged again, beside baselines and each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from forecaster.artifacts.run_dir import RunDir
from forecaster.errors import UsageError
from forecaster.evaluation.significance import Comparison
from forecaster.pipeline.evaluate import Evaluated

CHOSEN = ("mase", "mae")


@dataclass(frozen=True)
class Options:
    data: Path | None = None
    split: Literal["val", "test"] = "test"
    worse_than: str | None = None
    output: Path | None = None


@dataclass(frozen=True)
class EvaluateResult:
    """comparisons: the first of each pair against the second. worse: a sentence for every run that loses to
    the baseline asked for."""

    runs: list[tuple[str, Evaluated]]
    comparisons: list[tuple[str, str, Comparison]]
    worse: list[str]
    rows: int | None = None
    output: Path | None = None


def run(runs: Sequence[Path], options: Options) -> EvaluateResult:
    """Raises DataError and UsageError before anything is forecast; writes only options.output."""
    from forecaster.artifacts.tables import check_ending, write_table
    from forecaster.pipeline.evaluate import evaluate, forecasts_table

    if options.output is not None:
        check_ending(options.output)
        if len(runs) > 1:
            raise UsageError("--output takes the forecasts of one run", hint="evaluate one run at a time")
    also = _checked(options.worse_than)
    found = [
        (str(path), evaluate(RunDir(path), data=options.data, split=options.split, also=also))
        for path in runs
    ]
    worse = [_verdict(name, one, options.worse_than) for name, one in found] if options.worse_than else []
    rows = None
    if options.output is not None:
        table = forecasts_table(found[0][1])
        write_table(table, options.output)
        rows = table.num_rows
    return EvaluateResult(found, _compared(found), [w for w in worse if w], rows, options.output)


def _checked(name: str | None) -> tuple[str, ...]:
    from forecaster.forecasting.baselines import BASELINES

    if name is None:
        return ()
    if name not in BASELINES:
        raise UsageError(
            f"--fail-if-worse-than {name}: there is no such baseline",
            hint=f"use one of {', '.join(BASELINES)}",
        )
    return (name,)


def _verdict(run: str, found: Evaluated, rival: str | None) -> str | None:
    """A sentence where the model has a larger error than the rival; None where it has not."""
    from forecaster.evaluation.scores import label

    scores = found.judged
    for metric in CHOSEN:
        own, other = scores["model"].get(metric), scores.get(rival or "", {}).get(metric)
        if own is not None and other is not None:
            if own <= other:
                return None
            what = f"{found.split} {label(metric)}: {own:.4g} against {other:.4g}"
            return f"{run}: the model is worse than {rival} on {what}"
    return f"{run}: cannot be told from {rival}: neither MASE nor MAE can be computed for both"


def _compared(found: Sequence[tuple[str, Evaluated]]) -> list[tuple[str, str, Comparison]]:
    """One run against its baselines; of several, the best against the others."""
    from forecaster.pipeline.compare import Windowed, common, compare

    if len(found) == 1:
        one = found[0][1]
        rows = {k: Windowed.of(k, one.prepared, one.split, f.point) for k, f in one.forecasts.items()}
        model = rows.pop("model")
        return [("model", name, compare(model, other)) for name, other in rows.items()]
    runs = common([Windowed.of(name, e.prepared, e.split, e.forecasts["model"].point) for name, e in found])
    best = min(runs, key=lambda w: sum(compare(w, other).difference for other in runs))
    return [(best.name, w.name, compare(best, w)) for w in runs if w is not best]
