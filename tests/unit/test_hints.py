"""Hints can be followed: every option that a message names is one of the commands that show it."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import typer

from forecaster.cli import VERBS, app

ROOT = Path(__file__).parents[2] / "forecaster"
GROUP: Any = typer.main.get_command(app)
OPTIONS = {
    name: {o for p in GROUP.commands[name].params for o in (*p.opts, *p.secondary_opts)} for name in VERBS
}
NEW_RUN = ("train", "tune", "refit", "update", "backtest")
# The commands that can show the messages of a module. A new module with such a message needs its line here.
SHOWN_BY: dict[str, tuple[str, ...]] = {
    "api/new_run.py": NEW_RUN,
    "api/run.py": ("monitor",),
    "commands/clean.py": ("clean",),
    "commands/evaluate.py": ("evaluate",),
    "commands/future.py": ("predict",),
    "commands/init.py": ("init",),
    "commands/predict.py": ("predict",),
    "commands/validate.py": ("validate",),
    "config/overrides.py": ("validate", "train", "tune", "backtest"),
    "data/draft/choices.py": ("init",),
    "data/draft/codes.py": ("init",),
    "data/draft/column_formats.py": ("init",),
    "data/draft/csv_table.py": ("init",),
    "data/draft/day_parts.py": ("init",),
    "data/draft/dialect.py": ("init",),
    "data/draft/ids.py": ("init",),
    "data/draft/infer.py": ("init",),
    "data/draft/no_time.py": ("init",),
    "data/draft/remarks.py": ("init",),
    "data/draft/roles.py": ("init",),
    "data/draft/sniff.py": ("init",),
    "data/draft/steps.py": ("init",),
    "data/draft/times.py": ("init",),
    "data/draft/unread_times.py": ("init",),
    "data/draft/wide.py": ("init",),
    "data/draft/zone_names.py": ("init",),
    "data/draft/wishes.py": ("init",),
    "data/draft/zones.py": ("init",),
    "data/reading/elsewhere.py": ("predict",),
    "data/spec.py": ("predict",),
    "data/time_axis/expected.py": ("predict",),
    "data/time_axis/infer.py": ("init",),
    "data/transforms/cutoff.py": ("predict", "future"),
    "data/transforms/future.py": ("predict",),
    "evaluation/comparison.py": ("evaluate",),
    "parts/engine.py": ("predict",),
    "parts/predict.py": ("predict",),
    "pipeline/backtest.py": ("backtest",),
    "pipeline/clean.py": ("clean",),
    "pipeline/evaluate.py": ("evaluate",),
    "pipeline/export.py": ("export",),
    "pipeline/inspect.py": ("init",),
    "pipeline/listing.py": ("list",),
    "pipeline/monitor.py": ("monitor",),
    "pipeline/plot.py": ("plot",),
    "pipeline/predict.py": ("predict",),
    "pipeline/refit.py": ("refit",),
    "pipeline/tune.py": ("tune",),
    "pipeline/update.py": ("update",),
    "remote/database.py": ("predict",),
    "reporting/advice.py": ("train",),
    "runs/claim.py": NEW_RUN,
    "runs/directory.py": NEW_RUN,
    "runs/forecast_parts.py": ("predict",),
    "runs/outputs.py": ("predict",),
    "runs/session.py": NEW_RUN,
    "runs/tables.py": ("predict", "evaluate"),
    "search/driver.py": ("tune",),
    "search/inputs.py": ("tune",),
    "search/log.py": ("tune",),
    "search/logged_oracle.py": ("tune",),
    "search/worker.py": ("tune",),
    "service/guard.py": ("serve",),
    "service/run.py": ("serve",),
    "service/server.py": ("serve",),
    "service/settings.py": ("serve",),
    "stages/drawing.py": ("predict", "plot"),
    # Warnings of validate and train, which name the other command.
    "stages/few_windows.py": ("backtest",),
    "stages/filled_rows.py": ("predict",),
    "stages/folds.py": ("backtest",),
    "stages/next_horizon.py": ("predict",),
    "stages/opened.py": ("predict",),
    "stages/renewed.py": ("refit", "update"),
    "stages/start.py": ("predict",),
    "terminal/exits.py": NEW_RUN,
    "tracking/tracking.py": ("train", "tune", "backtest"),
}
# Options in these messages are shown by some of the commands only, in cases that the others cannot be in.
ONLY_OF: dict[tuple[str, str], tuple[str, ...]] = {
    ("runs/session.py", "--smoke"): ("train", "tune", "backtest"),
    ("runs/session.py", "--folds"): ("backtest",),
    ("runs/session.py", "--step"): ("backtest",),
    ("runs/session.py", "--refit"): ("backtest",),
    ("runs/session.py", "--window"): ("backtest",),
    ("runs/session.py", "--data"): ("refit",),
    ("runs/directory.py", "--smoke"): ("train", "tune", "backtest"),
    ("stages/drawing.py", "--plot"): ("predict",),
    ("stages/drawing.py", "--target"): ("plot",),
}
# No message: the options of a command line that is put together.
NO_MESSAGES = {"errors.py", "cli.py", "search/ray_engine.py"}


def texts(tree: ast.AST) -> list[str]:
    """Return the constants of a module without its docstrings and the help of options."""
    dropped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            dropped.add(id(node.value))
        if isinstance(node, ast.Call) and "Option" in ast.unparse(node.func):
            dropped |= {id(inner) for inner in ast.walk(node)}
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("examples", "OneOf"):
            dropped |= {id(inner) for inner in ast.walk(node)}
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return [n.value for n in found if id(n) not in dropped]


def named() -> list[tuple[str, str]]:
    """Return every module with every option that a text of it names."""
    pairs = set()
    for path in sorted(ROOT.rglob("*.py")):
        module = path.relative_to(ROOT).as_posix()
        if module in NO_MESSAGES:
            continue
        for text in texts(ast.parse(path.read_text(encoding="utf-8"))):
            for option in re.findall(r"(?<![\w`-])--[a-z]+(?:-[a-z]+)*", text):
                pairs.add((module, option))
    return sorted(pairs)


@pytest.mark.parametrize(("module", "option"), named())
def test_a_message_names_options_of_the_commands_that_show_it(module: str, option: str) -> None:
    assert module in SHOWN_BY, "which commands show the messages of this module?"
    for verb in ONLY_OF.get((module, option), SHOWN_BY[module]):
        assert option in OPTIONS[verb]


def test_all_modules_are_there() -> None:
    assert {module for module, _ in named()} >= {"runs/claim.py", "data/draft/times.py", "stages/drawing.py"}
