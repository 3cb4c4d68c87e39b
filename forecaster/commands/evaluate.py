"""forecaster evaluate: score runs again, and compare them with baselines and with each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

import forecaster as fc
from forecaster.errors import UsageError
from forecaster.remote.address import STDIO
from forecaster.terminal.console import Reporter, Result, fitted_table, line_width, number, wrapped
from forecaster.terminal.exits import command_context
from forecaster.terminal.named_run import named_run
from forecaster.terminal.options import Json, NoColor, Quiet, SpreadsheetSafe, Verbose, examples
from forecaster.terminal.score_text import legend_of, scores_text

if TYPE_CHECKING:
    from forecaster.api.evaluation import Evaluation
    from forecaster.api.run import Run
    from forecaster.evaluation.significance import Comparison

EXAMPLES = examples(
    "forecaster evaluate runs/mine --fail-if-worse-than seasonal_naive",
    "forecaster evaluate runs/new --data newer.csv --fail-if-worse-than runs/current",
    "forecaster evaluate runs/one runs/other",
)


def command(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN", help="One run directory, or several to compare.", show_default=False),
    ],
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="FILE",
            help="Score the rows of this table that training did not see.",
            show_default=False,
        ),
    ] = None,
    split: Annotated[
        Literal["test", "val"] | None,
        typer.Option(
            "--split",
            help="Score these windows of the run's own table. The default is test.",
            show_default=False,
        ),
    ] = None,
    worse_than: Annotated[
        str | None,
        typer.Option(
            "--fail-if-worse-than",
            metavar="BASELINE|RUN",
            help="Exit with status 1 if the model is worse than this baseline, or than the run in this directory, as "
            "a check in CI.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write forecasts and actual values to this file or address, as CSV, Parquet, JSON or Excel; - is "
            "stdout.",
            show_default=False,
        ),
    ] = None,
    spreadsheet: SpreadsheetSafe = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Score a run again beside its baselines, on its own table or on new rows, or compare several runs."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        from forecaster.data.reading.sources import read_once
        from forecaster.runs.outputs import Output
        from forecaster.runs.tables import check_spreadsheet_safe, csv_bytes, spreadsheet_safe

        place = Output.of(output)
        if place is not None:
            place.only_a_file("evaluate")
        if output is not None and len(runs) > 1:
            raise UsageError("--output takes the forecasts of one run", hint="evaluate one run at a time")
        if output == STDIO and as_json:
            raise UsageError(
                "--output - and --json would both write to stdout", hint="name a file with --output"
            )
        if spreadsheet:
            # Without --output there is no table that it could apply to.
            check_spreadsheet_safe(None if place is None else place.path, as_json=output is None)
        other = _run_named(worse_than, reporter)
        also = [worse_than] if worse_than and other is None else []
        # The result shows the notes, so they are not printed while the runs are scored.
        rows = read_once(data)
        found = [
            fc.load(named_run(run, reporter)).evaluate(
                rows, split=split, also=also, on_note=lambda note: None
            )
            for run in runs
        ]
        rival: str | Evaluation | None = worse_than
        if other is not None:
            rival = other.evaluate(rows, split=split, on_note=lambda note: None)
        worse = [s for one in found if rival and (s := one.worse_than(rival))]
        written, on_stdout = None, None
        if output is not None:
            forecasts = found[0].evaluated.table()
            forecasts = spreadsheet_safe(forecasts) if spreadsheet else forecasts
            if place is None:
                on_stdout = csv_bytes(forecasts).decode()
            else:
                place.write(forecasts)
                written = f"{place}: {forecasts.num_rows:,} rows"
        for one in found:
            reporter.detail(f"{one.name}: {one.evaluated.engine.sentence}")
        facts, text = _result(found, worse, written)
        if on_stdout is not None:
            reporter.note(text.rstrip("\n"))
            reporter.result(facts, on_stdout, is_table=True)
        else:
            reporter.result(facts, text)
        for sentence in worse:
            reporter.error(sentence)
    if worse:
        raise typer.Exit(1)


def _run_named(worse_than: str | None, reporter: Reporter) -> Run | None:
    """Return the run that --fail-if-worse-than names; None where it names a baseline, or nothing at all."""
    from forecaster.forecasting.baselines import is_baseline

    if not worse_than or is_baseline(worse_than):
        return None
    run = named_run(Path(worse_than), reporter)
    return fc.load(run) if run.is_dir() else None


def _result(found: Sequence[Evaluation], worse: list[str], written: str | None) -> Result:
    comparisons = fc.compare(found)
    lines = _of_one(found[0]) if len(found) == 1 else _of_several(found, comparisons)
    lines += wrapped(list(dict.fromkeys(note for one in found for note in one.notes)))
    if written is not None:
        lines.append(written)
    facts = {
        "runs": [
            {
                "run": one.name,
                "split": one.split,
                "engine": one.evaluated.engine.name,
                "verdict": one.verdict,
                "notes": one.notes,
                **one.scores,
            }
            for one in found
        ],
        "comparisons": [
            {"first": first, "second": second, **test._asdict()} for first, second, test in comparisons
        ],
        "worse": worse,
    }
    return facts, "\n".join(lines)


def _of_one(one: Evaluation) -> list[str]:
    """Return the verdict on a run, its scores, and the test against each baseline."""
    from forecaster.evaluation.scores import remarks
    from forecaster.evaluation.verdict_sentences import baseline_sentence

    tables = {one.split: one.scores}
    lines = [*wrapped(one.verdict), ""]
    for block in scores_text(tables, judged=one.split):
        lines += [block, ""]
    tests = [baseline_sentence(name, verdict) for name, verdict in one.scores["verdicts"].items()]
    return [*lines, *wrapped([*tests, *remarks(one.scores["left_out"])])]


def _of_several(found: Sequence[Evaluation], comparisons: Sequence[tuple[str, str, Comparison]]) -> list[str]:
    """Return the tests of the best run against the others, and all runs in one table."""
    from forecaster.evaluation.verdict_sentences import comparison_sentence

    sentences = [comparison_sentence(*pair) for pair in comparisons]
    first, *others = (one.evaluated for one in found)
    if not all(map(first.same_windows, others)):
        sentences.append(
            "Each row of the table is about the run's own windows; the tests are about those that both have."
        )
    return [*wrapped(sentences), "", *_side_by_side(found), ""]


def _side_by_side(found: Sequence[Evaluation]) -> list[str]:
    """Return a table with a row per run, then a row per baseline of the first run; and what its columns mean."""
    from forecaster.evaluation.scores import label

    first = found[0].scores
    metrics = [m for m in first["scores"]["model"] if all(m in e.scores["scores"]["model"] for e in found)]
    rows = [(e.name, e.scores["scores"]["model"], e.scores["windows"]) for e in found]
    rows += [(name, row, first["windows"]) for name, row in first["scores"].items() if name != "model"]
    body = [[name, f"{n:,}", *(number(row[m]) for m in metrics)] for name, row, n in rows]
    header = ["", "windows", *(label(m) for m in metrics)]
    return [fitted_table(header, body, width=line_width()), "", legend_of(metrics)]
