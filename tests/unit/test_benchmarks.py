"""What the scripts of benchmarks/ and tools/ import from the project is there, also what their functions import."""

import ast
import gzip
import importlib
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(path for folder in ("benchmarks", "tools") for path in (ROOT / folder).glob("*.py"))
OURS = ("forecaster", "benchmarks", "tests", "tools")


def imported(text: str) -> Iterator[tuple[str, str]]:
    """Each name that a script takes from a module of ours, anywhere in it; "" for the module itself."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in OURS:
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((a.name, "") for a in node.names if a.name.partition(".")[0] in OURS)


def is_there(module: str, name: str) -> bool:
    return is_module(f"{module}.{name}" if name else module) or name in names_of(module)


def is_module(module: str) -> bool:
    path = ROOT.joinpath(*module.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


@cache
def names_of(module: str) -> set[str]:
    """What a module defines or imports at its top level. It is read and not run: some load TensorFlow."""
    path = ROOT.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if not file.is_file():
        return set()
    names: set[str] = set()
    statements = list(ast.parse(file.read_text(encoding="utf-8")).body)
    while statements:
        statement = statements.pop()
        if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            names.add(statement.name)
        elif isinstance(statement, ast.If | ast.Try | ast.With):
            statements += statement.body + getattr(statement, "orelse", [])
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in statement.names}
        else:
            names |= {
                n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
            }
    return names


def absent(text: str) -> list[str]:
    return [f"{module} {name}".strip() for module, name in imported(text) if not is_there(module, name)]


@pytest.mark.parametrize("script", SCRIPTS, ids=[str(path.relative_to(ROOT)) for path in SCRIPTS])
def test_every_name_that_a_script_imports_is_defined(script: Path) -> None:
    assert absent(script.read_text(encoding="utf-8")) == []


def test_names_that_are_gone_are_found() -> None:
    text = """
import forecaster.gone
from forecaster.stages import fitting, lost

def run():
    from forecaster import Experiment, Renamed
    from forecaster.stages.fitting import Trained, fit_members, train
"""
    assert absent(text) == [
        "forecaster.gone",
        "forecaster.stages lost",
        "forecaster Renamed",
        "forecaster.stages.fitting train",
    ]


@pytest.mark.skipif(
    sys.platform == "win32", reason="they look at processes as Linux and macOS account for them"
)
@pytest.mark.parametrize(
    "script", [s for s in SCRIPTS if s.parent.name == "benchmarks"], ids=lambda s: s.stem
)
def test_every_benchmark_can_be_imported(script: Path) -> None:
    importlib.import_module(f"benchmarks.{script.stem}")


@pytest.mark.parametrize("name", ["some.csv", "some.csv.gz"])
def test_the_template_of_long_horizons_takes_columns_from_the_header(tmp_path: Path, name: str) -> None:
    from benchmarks.accuracy import CONFIGS, LongTable, long_settings
    from forecaster.config.experiment import Experiment

    table = tmp_path / name
    content = "when,W/m\u00b2,a b\n2020-01-01 00:00:00,1,2\n".encode("latin-1")
    table.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    settings = long_settings(table, LongTable("10min", 144, 300, 600, encoding="latin-1"))
    spec = Experiment.from_yaml(CONFIGS / "long_horizon.yaml", settings).spec
    assert spec.data.time == "when"
    assert spec.data.targets == ["W/m\u00b2", "a b"]
    assert (spec.data.freq, spec.data.end, spec.data.csv.encoding) == ("10min", None, "latin-1")
    assert (spec.split.val, spec.split.test, spec.evaluation.seasonality) == (300, 600, 144)
