"""forecaster evaluate: runs judged again, beside baselines and each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from forecaster.commands.options import Json, NoColor, Quiet, Verbose
from forecaster.errors import UsageError
from forecaster.terminal.console import Result, comparison_text, number, score_text, table
from forecaster.terminal.exits import command_context

if TYPE_CHECKING:
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
    from forecaster.pipeline.evaluate import evaluate, forecasts_table
    from forecaster.runs.directory import RunDir
    from forecaster.runs.tables import check_ending, write_table

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
    from forecaster.stages.comparison import ComparedForecasts, common, compare

    if len(found) == 1:
        one = found[0][1]
        rows = {
            k: ComparedForecasts.of(k, one.prepared, one.split, f.point) for k, f in one.forecasts.items()
        }
        model = rows.pop("model")
        return [("model", name, compare(model, other)) for name, other in rows.items()]
    runs = common(
        [ComparedForecasts.of(name, e.prepared, e.split, e.forecasts["model"].point) for name, e in found]
    )
    best = min(runs, key=lambda w: sum(compare(w, other).difference for other in runs))
    return [(best.name, w.name, compare(best, w)) for w in runs if w is not best]


def command(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Run directories, compared where several.", show_default=False),
    ],
    data: Annotated[
        Path | None, typer.Option("--data", metavar="FILE", help="Rows that training did not see.")
    ] = None,
    split: Annotated[
        Literal["test", "val"], typer.Option("--split", help="The windows of the run's own table.")
    ] = "test",
    worse_than: Annotated[
        str | None,
        typer.Option(
            "--fail-if-worse-than",
            metavar="BASELINE",
            help="Exit with 1 where the model's MASE is above the baseline's: for CI.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The forecasts beside what happened."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Score a run again beside its baselines, on its own or new rows; compare several."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        options = Options(data=data, split=split, worse_than=worse_than, output=output)
        result = run(runs, options)
        reporter.result(*_result(result))
        for sentence in result.worse:
            reporter.error(sentence)
    if result.worse:
        raise typer.Exit(1)


def _result(result: EvaluateResult) -> Result:
    from forecaster.evaluation.scores import remarks, verdicts

    lines: list[str] = []
    if len(result.runs) == 1:
        found = result.runs[0][1]
        lines += [score_text(found.split, found.table), ""]
        lines += [*verdicts(found.table["scores"], split=found.split), *remarks(found.table["left_out"])]
    else:
        lines += [_side_by_side(result), ""]
    lines += [comparison_text(*pair) for pair in result.comparisons]
    lines += dict.fromkeys(note for _, found in result.runs for note in found.notes)
    if result.output is not None:
        lines.append(f"{result.output}: {result.rows or 0:,} rows")
    facts = {
        "runs": [
            {"run": name, "split": found.split, "notes": found.notes, **found.table}
            for name, found in result.runs
        ],
        "comparisons": [
            {"first": first, "second": second, **test._asdict()} for first, second, test in result.comparisons
        ],
        "worse": result.worse,
    }
    return facts, "\n".join(lines)


def _side_by_side(result: EvaluateResult) -> str:
    """A row per run, then the baselines of the first."""
    from forecaster.evaluation.scores import label

    first = result.runs[0][1].table["scores"]
    metrics = [m for m in first["model"] if all(m in e.table["scores"]["model"] for _, e in result.runs)]
    rows = [(name, e.table["scores"]["model"], e.table["windows"]) for name, e in result.runs]
    windows = result.runs[0][1].table["windows"]
    rows += [(name, row, windows) for name, row in first.items() if name != "model"]
    body = [[name, f"{n:,}", *(number(row[m]) for m in metrics)] for name, row, n in rows]
    return table(["", "windows", *(label(m) for m in metrics)], body)
