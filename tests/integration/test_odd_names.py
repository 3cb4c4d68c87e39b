"""Names that would steer a terminal, turn text around or hide: no command lets one through, and none is lost."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.integration.tiny_runs import call as run
from tests.integration.tiny_runs import hours, write_config

pytestmark = pytest.mark.slow

IDS = (
    "=1+1\x1b[2J",
    "\u202eb\u2066",
    "c\nerror: forged",
    "d\u200b<script>alert(1)</script>",
    "e\x9b31m\x85",
    "f\u061c\xad",
)
TARGETS = ("y\x1b[31m", "z\u202e")
KNOWN, TIME, ID = "k\u2028", "t\x07", "i\ufeffd"


def odd(text: str) -> list[str]:
    return [c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


def clean(result: Result, *, status: int = 0) -> Result:
    assert result.exit_code == status, result.output
    assert not odd(result.output)
    return result


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd")
    with (folder / "t.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([TIME, ID, *TARGETS, KNOWN])
        for name in IDS:
            writer.writerows([time, name, i % 5, (i + 1) % 7, i % 2] for i, time in enumerate(hours(90)))
    data = {"time": TIME, "id": ID, "targets": list(TARGETS), "past_covariates": [KNOWN]}
    evaluation: dict[str, Any] = {"seasonality": 2, "baselines": ["naive", "ridge"]}
    config = write_config(folder, data, evaluation=evaluation)
    clean(run("train", str(config), "--run-dir", str(folder / "r"), "--set", "training.epochs=1"))
    return folder


COMMANDS = {
    "validate": ["validate", "c.yaml"],
    "validate -v": ["validate", "c.yaml", "-v"],
    "validate --json": ["validate", "c.yaml", "--json"],
    "show -v": ["show", "r", "-v"],
    "show --json": ["show", "r", "--json"],
    "report": ["report", "r"],
    "plot": ["plot", "r", "--series", IDS[0], "--target", TARGETS[0], "--output", "p.svg"],
    "plot --future": ["plot", "r", "--future", "--json", "--output", "f.svg"],
    "predict --output": ["predict", "r", "--output", "f.csv", "--plot", "q.svg"],
    "predict --json": ["predict", "r", "--json"],
    "evaluate": ["evaluate", "r"],
    "evaluate two": ["evaluate", "r", "r", "--json"],
    "explain": ["explain", "r", "--windows", "10", "--repeats", "1"],
    "init": ["init", "t.csv", "--time", TIME, "--id", ID, "--target", TARGETS[0], "--output", "new.yaml"],
    "init to stdout": ["init", "t.csv", "--time", TIME, "--id", ID, "--target", TARGETS[0], "--output", "-"],
    "backtest": ["backtest", "c.yaml", "--folds", "2", "--run-dir", "b", "--set", "training.epochs=1"],
}


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS.keys())
def test_no_command_prints_a_character_that_cannot_be_seen(
    arguments: list[str], made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(made)
    clean(run(*arguments))


WRONG = {
    "unknown series": ["plot", "r", "--series", "\x1b[2J\u202e"],
    "unknown target": ["plot", "r", "--target", "\x9b"],
    "bytes that are no text": ["plot", "r", "--series", "\udcff"],
    "no such run": ["predict", "\x1b[2J"],
    "no such table": ["predict", "r", "--data", "\u202e.csv"],
    "odd cutoff": ["predict", "r", "--from", "\x1b"],
    "odd baseline": ["evaluate", "r", "--fail-if-worse-than", "\u2066"],
    "odd column": ["init", "t.csv", "--target", "\u200b\x1b"],
    "odd override": ["validate", "c.yaml", "--set", "data.id=\u202e"],
    "odd option": ["predict", "r", "--\x1b[2J"],
    "odd command": ["\x1b[2J"],
}


@pytest.mark.parametrize("arguments", WRONG.values(), ids=WRONG.keys())
def test_errors_show_odd_names_as_escapes(
    arguments: list[str], made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(made)
    clean(run(*arguments), status=2)


def test_forecasts_in_a_pipe_have_the_ids_of_the_table(made: Path) -> None:
    rows = [*csv.DictReader(io.StringIO(run("predict", str(made / "r")).stdout, newline=""))]
    assert {row[ID] for row in rows} == set(IDS)
    assert {row["target"] for row in rows} == set(TARGETS)


def test_json_has_the_ids_of_the_table(made: Path) -> None:
    found = json.loads(run("predict", str(made / "r"), "--json").stdout)
    assert {row[ID] for row in found["forecasts"]} == set(IDS)


def test_no_text_is_a_formula_if_asked(made: Path) -> None:
    text = run("predict", str(made / "r"), "--spreadsheet-safe").stdout
    rows = [*csv.DictReader(io.StringIO(text, newline=""))]
    assert {row[ID] for row in rows} == {f"'{name}" if name[0] == "=" else name for name in IDS}


@pytest.mark.parametrize("name", ["r/report.html", "p.svg", "f.svg", "q.svg"])
def test_pages_and_pictures_show_escapes(name: str, made: Path) -> None:
    text = (made / name).read_text(encoding="utf-8")
    assert not odd(text.replace("\t", ""))
    assert "<script>alert" not in text
