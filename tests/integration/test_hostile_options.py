"""Every option and argument of every command with values that nobody should give: an answer, and no traceback."""

from __future__ import annotations

import os
import shutil
import sys
import unicodedata
from pathlib import Path

import pytest

from forecaster.cli import VERBS
from tests.integration.made_runs import make_run
from tests.integration.tiny_runs import COMMAND, call, hours, write_config, write_table

pytestmark = pytest.mark.slow

VALUES = {
    "empty": "",
    "dash": "-",
    "nul": "a\0.csv",
    "folder": "folder.csv",
    "no parent": "no/parent/x.csv",
    "pipe": "pipe.csv",
    "escape": "\x1b[2J",
    "direction": "\u202e.csv",
    "no text": "\udcff.csv",
    "huge": "1" + "0" * 29,
    "huge below 0": "-1" + "0" * 29,
    "many digits": "1" * 5_000,
    "nan": "nan",
    "word": "none",
    "brace": "{",
    "equals": "=",
    "alias": "a=*b",
    "many parts": "a" + ".a" * 3_000 + "=1",
    "format": "%s%n{0}",
    "line": "a\nb.csv",
    "impossible date": "2024-13-45",
    "far date": "99999-01-01",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("options")
    write_table(made / "t.csv", "t,y", zip(hours(60), range(60), strict=True))
    config = write_config(made, {"targets": ["y"]})
    (made / "gone.yaml").write_text(config.read_text(encoding="utf-8").replace("t.csv", "gone.csv"))
    (made / "folder.csv").mkdir()
    if sys.platform != "win32":
        os.mkfifo(made / "pipe.csv")
    (made / "made").mkdir()
    make_run(made / "made")
    return made


# What stands before the option: a table, a config or a run that let the command get as far as it can without training.
BEFORE = {
    "init": "t.csv",
    "validate": "c.yaml",
    "train": "gone.yaml",
    "tune": "gone.yaml",
    "backtest": "gone.yaml",
}


def commands(verb: str, value: str) -> list[list[str]]:
    """Return a command for each argument and each option that takes a value."""
    parameters = COMMAND.commands[verb].params  # type: ignore[attr-defined]
    has_argument = any(p.param_type_name == "argument" for p in parameters)
    first = [BEFORE.get(verb, "made/r")] if has_argument else []
    options = [p.opts[0] for p in parameters if p.param_type_name == "option" and not p.is_flag]
    return [*([[value]] if has_argument else []), *([*first, option, value] for option in options)]


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
@pytest.mark.parametrize("verb", VERBS)
def test_a_hostile_value_gets_an_answer(
    verb: str, value: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    there = set(folder.iterdir())
    for arguments in commands(verb, value):
        result = call(verb, *arguments)
        # A config that `init` wrote under an odd name would be a good config for the next command.
        for new in set(folder.iterdir()) - there:
            shutil.rmtree(new) if new.is_dir() else new.unlink()
        said = result.stdout + result.stderr
        odd = [c for c in said if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
        # 3: a name that is too long for the file system; 4: what would be written is there.
        assert result.exit_code in ((0, 2, 3, 4) if len(value) > 1_000 else (0, 2, 4)), (arguments, said)
        assert "Traceback" not in said, arguments
        assert not odd, (arguments, odd)
        assert len(result.stderr) < 6_000, arguments
