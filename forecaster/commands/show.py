"""forecaster show: what a run is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from forecaster.commands.backtest import folds_text
from forecaster.commands.options import Json, NoColor, Quiet, Run, Verbose
from forecaster.errors import FORMAT_VERSION
from forecaster.terminal.console import Reporter, Result, score_text, table, without_version
from forecaster.terminal.exits import command_context


def run(run_dir: Path) -> dict[str, Any]:
    """Plain values: manifest, resolved config as text, scores. Raises DataError for what is no complete run."""
    from forecaster.runs.directory import RunDir
    from forecaster.runs.files import read_json, read_whole

    taken = RunDir(run_dir)
    manifest = taken.manifest()
    taken.check("resolved.yaml", "metrics.json")
    return {
        "format_version": FORMAT_VERSION,
        "run": str(run_dir),
        "name": manifest["name"],
        "seed": manifest["seed"],
        "data": manifest["data"],
        "versions": manifest["versions"],
        "files": {name: entry["bytes"] for name, entry in manifest["files"].items()},
        **_scores(without_version(read_json(taken.file("metrics.json")))),
        "config": read_whole(taken.file("resolved.yaml")).decode(),
    }


def _scores(metrics: dict[str, Any]) -> dict[str, Any]:
    """Of a run, its splits; of a backtest, everything."""
    return {"splits": metrics["splits"]} if "splits" in metrics else {"backtest": metrics}


def command(
    run_dir: Run,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Show what a run is: data, scores, versions. With -v its config too."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        reporter.result(*_result(run(run_dir), reporter))


def _result(facts: dict[str, Any], reporter: Reporter) -> Result:
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    lines = [
        f"{facts['run']}: {facts['name']}, seed {facts['seed']}",
        f"data: {facts['data']['path']}, {facts['data']['rows']:,} rows, sha256 {facts['data']['sha256'][:12]}",
        f"made with: {versions}",
        "",
    ]
    if "backtest" in facts:
        lines += [*folds_text(facts["backtest"]), ""]
    for split, scores in facts.get("splits", {}).items():
        lines += [score_text(split, scores), ""]
    lines += [table(["file", "bytes"], [[name, f"{size:,}"] for name, size in facts["files"].items()])]
    if reporter.verbosity > 0:
        lines += ["", facts["config"]]
    return without_version(facts), "\n".join(lines)
