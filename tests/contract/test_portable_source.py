"""What the source may not do if it is to run on Linux, macOS and Windows alike."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    p for room in ("forecaster", "benchmarks", "data", "tools") for p in (ROOT / room).rglob("*.py")
)
PACKAGE = sorted((ROOT / "forecaster").rglob("*.py"))
# Of one family of systems only. `forecaster.system` asks which one it is on before it imports one.
ONE_FAMILY = {"fcntl", "grp", "msvcrt", "pty", "pwd", "resource", "syslog", "termios", "tty", "winreg"}
# Their open() is another.
NO_FILES = {"os", "webbrowser", "gzip", "Image", "ipc", "csv", "arrow_csv", "zipfile"}


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def text_without_encoding(call: ast.Call) -> bool:
    """Whether a call reads or writes text in the encoding of the system's settings."""
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    named = {keyword.arg for keyword in call.keywords}
    if name == "read_text":
        return "encoding" not in named and not call.args
    if name == "write_text":
        return "encoding" not in named and len(call.args) < 2
    if name != "open":
        return False
    if isinstance(function, ast.Attribute):
        if isinstance(function.value, ast.Name) and function.value.id in NO_FILES:
            return False
        given = call.args[:1]
    else:
        given = call.args[1:2]
    modes = [*given, *(k.value for k in call.keywords if k.arg == "mode")]
    mode = modes[0].value if modes and isinstance(modes[0], ast.Constant) else "r"
    return "b" not in str(mode) and "encoding" not in named


# Modules whose `open` asks a server, and opens no file.
ASK_A_SERVER = {"http.py", "mlflow_tracker.py"}


def test_every_text_file_names_its_encoding() -> None:
    places = [
        f"{path.relative_to(ROOT).as_posix()}:{call.lineno}"
        for path in SOURCES
        for call in calls(ast.parse(path.read_text(encoding="utf-8")))
        if text_without_encoding(call) and path.name not in ASK_A_SERVER
    ]
    assert places == []


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("p.read_text()", True),
        ("p.read_text(encoding='utf-8')", False),
        ("p.read_text('utf-8')", False),
        ("p.write_text(t)", True),
        ("p.write_text(t, encoding='utf-8')", False),
        ("p.open()", True),
        ("p.open('w')", True),
        ("p.open(mode='a')", True),
        ("p.open('w', encoding='utf-8')", False),
        ("p.open('rb')", False),
        ("open(p)", True),
        ("open(p, 'w')", True),
        ("open(p, 'xb')", False),
        ("os.open(p, flags)", False),
    ],
)
def test_the_test_of_encodings_sees(line: str, wrong: bool) -> None:
    [call] = calls(ast.parse(line))
    assert text_without_encoding(call) == wrong


def imported(path: Path) -> set[str]:
    """The packages and modules of the standard library that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        found |= {name.split(".")[0] for name in names}
    return found


def test_modules_of_one_family_of_systems_are_imported_in_one_place() -> None:
    found = {path.relative_to(ROOT).as_posix() for path in PACKAGE if imported(path) & ONE_FAMILY}
    assert found == {"forecaster/system.py"}


# What only some systems have is taken away before anything is imported.
ELSEWHERE = """
import importlib, os, pkgutil, signal, sys

for name in ("fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "keras", "keras_tuner", "tensorflow"):
    sys.modules[name] = None
for module, names in (
    (os, "posix_fallocate sched_getaffinity fork getuid fchmod O_NOFOLLOW"), (signal, "SIGPIPE SIGKILL SIGHUP")
):
    for name in names.split():
        delattr(module, name)

import forecaster

imported, heavy = [], []
for module in pkgutil.walk_packages(forecaster.__path__, "forecaster."):
    if module.name == "forecaster.__main__":
        continue
    try:
        importlib.import_module(module.name)
        imported.append(module.name)
    except ModuleNotFoundError as error:
        assert error.name.split(".")[0] in ("keras", "keras_tuner", "tensorflow"), (module.name, error)
        heavy.append(module.name)
print(len(imported), len(heavy))
"""


def test_the_package_imports_without_what_only_some_systems_have() -> None:
    """Keras is left out, for it takes long: what imports it at once is counted, and is the smaller part."""
    ran = subprocess.run(
        [sys.executable, "-c", ELSEWHERE], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    imported, heavy = map(int, ran.stdout.split())
    assert imported > 3 * heavy > 0
