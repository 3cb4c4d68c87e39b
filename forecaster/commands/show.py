"""forecaster show: print what a run directory holds."""

from __future__ import annotations

from typing import Any

from forecaster.terminal.console import Reporter, Result, table, without_version, wrapped
from forecaster.terminal.exits import command_context
from forecaster.terminal.named_run import named_run
from forecaster.terminal.options import Json, NoColor, Quiet, RunDirectory, Verbose, examples
from forecaster.terminal.score_text import folds_text, scores_text

EXAMPLES = examples("forecaster show runs/mine", "forecaster show runs/mine -v")


def command(
    run_dir: RunDirectory,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Show a run or a backtest: its data, scores, versions and files, and with -v its config."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        # `fc.load` opens runs only, and a backtest can be shown too.
        from forecaster.pipeline.show import show
        from forecaster.runs.directory import RunDir
        from forecaster.terminal.again import again_if_replaced

        path = named_run(run_dir, reporter)
        reporter.result(*_result(again_if_replaced(lambda: show(RunDir(path))), reporter))


def _result(facts: dict[str, Any], reporter: Reporter) -> Result:
    from forecaster.evaluation.headline import judged_split

    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    splits = facts.get("splits", {})
    lines = wrapped(facts.get("verdict", []))
    learned = []
    if "learned" in facts:
        learned.append(facts["learned"]["sentence"])
    if "scored" in facts:
        learned.append(f"scores and intervals are those of {facts['scored']['run']}")
    lines += [
        *([""] if lines else []),
        f"{facts['run']}: {facts['name']}, seed {facts['seed']}",
        f"sha256 {facts['sha256']}",
        *wrapped(
            [
                f"data: {facts['data']['path']}, {facts['data']['rows']:,} rows, sha256 {facts['data']['sha256'][:12]}",
                f"made with: {versions}",
            ]
        ),
        *wrapped(learned),
        "",
    ]
    if "backtest" in facts:
        lines += [*folds_text(facts["backtest"]), ""]
    for block in scores_text(splits, judged=judged_split(splits)):
        lines += [block, ""]
    lines += [table(["file", "bytes"], [[name, f"{size:,}"] for name, size in facts["files"].items()])]
    if reporter.verbosity > 0:
        lines += ["", facts["config"]]
    return without_version(facts), "\n".join(lines)
