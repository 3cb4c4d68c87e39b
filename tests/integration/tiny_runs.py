"""Tables of a few rows, configs of a few lines and the command line: whole runs in a second each."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import typer
from click.testing import CliRunner, Result

from forecaster.cli import app

START = datetime(2024, 1, 1)
# Typer puts its commands together anew at every call of its own runner, for some hundredths of a second each.
COMMAND = typer.main.get_command(app)


def write_table(path: Path, header: str, rows: Iterable[Iterable[object]]) -> Path:
    path.write_text(header + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows), encoding="utf-8")
    return path


def hours(n: int, *, first: int = 0) -> list[str]:
    return [str(START + timedelta(hours=i)) for i in range(first, first + n)]


def write_config(folder: Path, data: dict[str, Any], **sections: Any) -> Path:
    """A config beside its table; sections replace those of the smallest useful one. JSON is YAML."""
    config = {
        "name": "tiny",
        "data": {"path": "t.csv", "time": "t", "freq": "h", **data},
        "window": {"lookback": 6, "horizon": 3},
        "model": {"layers": [{"type": "simple_rnn", "units": 3}]},
        "training": {"epochs": 2, "batch_size": 16},
        "evaluation": {"seasonality": 2},
        "output": {"dir": "runs"},
        **sections,
    }
    (folder / "c.yaml").write_text(json.dumps(config, indent=2), encoding="utf-8")
    return folder / "c.yaml"


def line(folder: Path, n: int = 60, **sections: Any) -> Path:
    """y counts the hours: every number about it can be worked by hand."""
    folder.mkdir(parents=True, exist_ok=True)
    write_table(folder / "t.csv", "t,y", zip(hours(n), range(n), strict=True))
    return write_config(folder, {"targets": ["y"]}, **sections)


def call(*arguments: object) -> Result:
    """One command in this process."""
    return CliRunner().invoke(COMMAND, [str(a) for a in arguments], catch_exceptions=False)


def done(*arguments: object) -> str:
    """What a command that succeeds says on stdout."""
    result = call(*arguments)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def refused(code: int, *arguments: object) -> str:
    """The error lines of a command that fails with this status, and with no traceback."""
    result = call(*arguments)
    assert result.exit_code == code, result.stderr
    assert "Traceback" not in result.stderr
    return "\n".join(
        text.removeprefix("error: ") for text in result.stderr.splitlines() if text.startswith("error: ")
    )


def csv_rows(text: str) -> list[list[str]]:
    return [row.split(",") for row in text.splitlines()]


def read(run: Path, name: str) -> Any:
    return json.loads((run / name).read_text(encoding="utf-8"))
