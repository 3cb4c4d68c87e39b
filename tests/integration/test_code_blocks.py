"""Every fenced block of README.md and docs/ is run, or is output.

The word after the fence says which: `sh` and `console` are commands (a console block also shows what they print), `python`
is run as it stands, `yaml` is a config or a part of one, `toml` is settings of the project, and `text` is output or a drawing. Another word, or none, fails.

A page is run from top to bottom in one folder that holds configs/, data/ and the reader's own tables. What a page takes for
granted is made by a line `<!-- run: COMMAND -->`, which a reader does not see. Trainings are smoke runs, and `make` says what
it would do.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import functools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from click.testing import CliRunner

import forecaster as fc
from forecaster.cli import app
from forecaster.config.experiment import Experiment
from forecaster.errors import ConfigError
from tests.integration.tiny_runs import COMMAND

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md"))]
NOTEBOOK = ROOT / "docs" / "sunspots.ipynb"
LANGUAGES = {"sh", "console", "python", "yaml", "toml", "text"}
BLOCK = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```$|^<!-- run: ([^\n]*) -->$", re.DOTALL | re.MULTILINE)
# Their output is a function of the command and the shipped files alone, and quick to have.
COMPARED = ("forecaster validate", "forecaster init")
# Not run, because it needs the network; the extras that it names must be there.
INSTALL = re.compile(r"pip install .*?(?:\[([\w,]+)\])?'? -c constraints.txt$")
# One side of `|`, `&&`, `||` or `;`.
SEPARATORS = {"|", "&&", "||", ";"}
# What only a shell can do.
SHELL = re.compile(r"[|&;<>$`*?]")

# Parts of a config are put into this one, each key where the file knows it.
BASE: dict[str, Any] = {
    "name": "page",
    "data": {"path": "sales.csv", "time": "day", "freq": "D", "targets": ["sold"]},
    "window": {"lookback": 28, "horizon": 7},
    "model": {"layers": [{"type": "lstm", "units": 8}]},
}
PLACES: list[tuple[str | int, ...]] = [
    ("data",), ("split",), ("window",), ("scaling",), ("model",), ("model", "layers", 0), ("training",),
    ("training", "optimizer"), ("evaluation",), ("tune",),
]  # fmt: skip


@dataclass(frozen=True)
class Block:
    page: str
    line: int
    language: str
    text: str
    hidden: bool = False

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(page: str) -> list[Block]:
    """The fenced blocks of a page and its hidden commands, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = []
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        if match[4]:
            found.append(Block(page, line, "sh", match[4], hidden=True))
        else:
            inside = "".join(part.removeprefix(match[1]) for part in match[3].splitlines(keepends=True))
            found.append(Block(page, line, match[2].strip(), inside))
    return found


BLOCKS = [block for page in PAGES for block in blocks_of(page)]
RUN = [page for page in PAGES if any(b.language in ("sh", "console", "python") for b in blocks_of(page))]


def in_language(*languages: str) -> pytest.MarkDecorator:
    chosen = [block for block in BLOCKS if block.language in languages]
    return pytest.mark.parametrize("block", chosen, ids=map(str, chosen))


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """(command, output shown) of a block of commands. A line that ends in a backslash goes on in the next."""
    if block.language == "console":
        for entry in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            command, _, shown = entry.partition("\n")
            yield command, shown
    else:
        for command in block.text.replace("\\\n", " ").splitlines():
            if command.strip() and not command.startswith("#"):
                yield command, ""


def simple_commands(command: str) -> Iterator[list[str]]:
    """The words of each program call in a line of shell."""
    # What a command prints becomes a part of a word.
    words = shlex.shlex(re.sub(r"\$\([^)]*\)", "NOW", command), posix=True, punctuation_chars=True)
    words.whitespace_split = True
    call: list[str] = []
    for word in words:
        if word in SEPARATORS:
            yield call
            call = []
        else:
            call.append(word)
    yield call


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_what_it_is(page: str) -> None:
    fences = re.findall(r"^ *```", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    fenced = [block for block in blocks_of(page) if not block.hidden]
    assert len(fences) == 2 * len(fenced), f"{page}: a block is not closed"
    for block in fenced:
        assert block.language in LANGUAGES, f"{block}: unknown language {block.language!r}"


@in_language("sh", "console")
def test_commands_are_those_of_the_program(block: Block) -> None:
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for line, _ in commands(block):
        for name, *arguments in filter(None, simple_commands(line)):
            if name != "forecaster" or arguments[0].startswith("-"):
                continue
            given = list(arguments[1 : arguments.index(">") if ">" in arguments else None])
            assert arguments[0] in known, f"{block}: forecaster has no command {arguments[0]}"
            known[arguments[0]].make_context(arguments[0], given)


@in_language("python")
def test_python_is_python(block: Block) -> None:
    ast.parse(block.text)


@in_language("toml")
def test_toml_is_toml(block: Block) -> None:
    assert tomllib.loads(block.text)


@in_language("yaml")
def test_yaml_is_a_config_or_a_part_of_one(block: Block, tmp_path: Path) -> None:
    values = yaml.safe_load(block.text)
    assert isinstance(values, dict), f"{block} is no mapping"
    if "data" in values and "window" in values:
        assert faults(values, tmp_path, text=block.text) == []
        return
    if not faults(_merged((), values), tmp_path):
        return
    inner = {key: value for key, value in values.items() if faults(_merged((), {key: value}), tmp_path)}
    assert faults(_merged((), {k: v for k, v in values.items() if k not in inner}), tmp_path) == []
    for key, value in inner.items():
        tried = {place: faults(_merged(place, {key: value}), tmp_path) for place in PLACES}
        assert [] in tried.values(), f"{block}: {key} goes nowhere: {tried}"


def faults(values: dict[str, Any], folder: Path, *, text: str | None = None) -> list[str]:
    """What the program says against a config."""
    (folder / "page.yaml").write_text(text or yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    try:
        Experiment.from_yaml(folder / "page.yaml")
    except ConfigError as error:
        return [found.summary for found in error.diagnostics]
    return []


def _merged(place: tuple[str | int, ...], part: dict[str, Any]) -> dict[str, Any]:
    """BASE with a part of a config at a place: mappings are joined, all else is replaced."""
    values = copy.deepcopy(BASE)
    at: Any = values
    for key in place:
        at = at[key] if isinstance(key, int) else at.setdefault(key, {})
    _join(at, part)
    if "sql" in values["data"]:
        # The rows of a query, in place of the file of BASE.
        del values["data"]["path"]
    return values


def _join(into: dict[str, Any], part: dict[str, Any]) -> None:
    for key, value in part.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _join(into[key], value)
        else:
            into[key] = value


def test_what_is_wrong_is_found(tmp_path: Path) -> None:
    assert faults(_merged(("training",), {"epochs": 3}), tmp_path) == []
    assert faults(_merged(("training",), {"epocs": 3}), tmp_path) != []
    assert matches("a\nx\ny\nb\n", "a\n...\nb\n")
    assert not matches("a\nb\n", "a\n")
    assert list(simple_commands("forecaster predict run | head -n 4")) == [
        ["forecaster", "predict", "run"],
        ["head", "-n", "4"],
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped configs and tables, and the tables that pages take for the reader's own."""
    for name in ("configs", "data"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "data" / "nyc_departures.csv", tmp_path / "newer.csv")
    days = [f"2024-{1 + i // 28:02}-{1 + i % 28:02},{20 + i % 7},{i % 14 // 13}" for i in range(336)]
    (tmp_path / "sales.csv").write_text("\n".join(["day,sold,promotion", *days]) + "\n", encoding="utf-8")
    return tmp_path


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("page", RUN)
def test_page_runs_from_top_to_bottom(page: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    for verb in ("train", "tune", "backtest"):
        monkeypatch.setattr(fc, verb, functools.partial(getattr(fc, verb), smoke=True))
    names: dict[str, Any] = {"__name__": "page"}
    for block in blocks_of(page):
        if block.language == "python":
            exec(compile(block.text, str(block), "exec"), names)
        elif block.language == "yaml":
            _keep_config(block, folder)
        elif block.language in ("sh", "console"):
            for command, shown in commands(block):
                said = said_by(command, shown, folder, block)
                if command.startswith(COMPARED) and shown:
                    assert matches(said, shown), f"{block}: $ {command}\n{said}"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_notebook_runs_from_top_to_bottom(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its code, in pandas and in polars, with a smoke run for the training."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(fc, "train", functools.partial(fc.train, smoke=True))
    names: dict[str, Any] = {"__name__": "notebook"}
    for number, source in enumerate(code_cells()):
        exec(compile(source, f"{NOTEBOOK.name}, cell {number}", "exec"), names)
    assert names["ahead"].equals(names["ahead_polars"].to_pandas().astype(names["ahead"].dtypes))


def test_notebook_shows_what_it_printed() -> None:
    """Cells were run in order, to the end, without a failure, and no path of a machine is in them."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not re.search(r"/(home|root|tmp|work|Users)/", json.dumps(outputs))


def code_cells() -> list[str]:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def said_by(command: str, shown: str, folder: Path, block: Block) -> str:
    """What a command prints on both streams; it must end as the page shows it to."""
    if found := INSTALL.search(command):
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
        assert set(found[1].split(",") if found[1] else ()) <= set(extras), f"{block}: {command}"
        return ""
    if command.startswith("git "):
        return ""  # a release, which other people see
    short = re.sub(r"\bforecaster (train|tune|backtest) [^|&;>#]*", r"\g<0> --smoke ", command)
    short = re.sub(r"\bforecaster backtest [^|&;>#]*", r"\g<0> --folds 2 ", short)
    short = re.sub(r"^make ", f"make --dry-run -C {shlex.quote(str(ROOT))} ", short)
    calls = list(simple_commands(short)) if not SHELL.search(short) else []
    if len(calls) == 1 and calls[0][0] == "forecaster":
        # In this process, which has loaded TensorFlow already.
        status, output = _called(calls[0][1:], folder)
    else:
        status, output = _in_a_shell(short, folder)
    allowed = {2} if shown.startswith("error:") else {0}
    # head may go before the rest is written: 141 is what a shell says then.
    allowed |= {141} if "| head" in command else set()
    # A network of one epoch may well lose; that the exit status says so is tested elsewhere.
    judging = ("--fail-if-worse-than", "forecaster update", "forecaster monitor")
    allowed |= {1} if any(one in command for one in judging) else set()
    assert status in allowed, f"{block}: $ {command}\n{output}"
    return output


def _called(arguments: list[str], folder: Path) -> tuple[int, str]:
    with contextlib.chdir(folder):
        result = CliRunner().invoke(COMMAND, arguments, env={"COLUMNS": "80"}, catch_exceptions=False)
    return result.exit_code, result.output


def _in_a_shell(command: str, folder: Path) -> tuple[int, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        # pipefail: a fault must not hide behind `| head`.
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env=os.environ | {"PATH": path, "COLUMNS": "80", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


def matches(said: str, shown: str) -> bool:
    """Whether the output is the one shown, in which a line `...` stands for any lines."""
    parts = [re.escape(part) for part in re.split(r"^\.\.\.\n", shown, flags=re.MULTILINE)]
    return re.fullmatch(r"(?:.*\n)*".join(parts), said) is not None


def _keep_config(block: Block, folder: Path) -> None:
    """A whole config is a file that later commands read, under its name."""
    values = yaml.safe_load(block.text)
    if "data" in values and "window" in values:
        (folder / f"{values['name']}.yaml").write_text(block.text, encoding="utf-8")
