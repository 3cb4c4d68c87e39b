"""Build the wheel and the sdist, look into the wheel, install it, and use it as somebody who has nothing else.

    python tools/check_wheel.py        # needs the package `build`, and an index or pip's cache

Fails when the sdist builds another wheel than the checkout does, when the wheel lacks a file or has one too many,
when what it declares does not suffice, when a command ends with another status, or when something is imported
from the checkout. All of it happens in a temporary folder.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS = ROOT / "constraints.txt"
EXAMPLES = {
    "configs/quickstart.yaml",
    "configs/search.yaml",
    "configs/sunspots.yaml",
    "configs/tuned.yaml",
    "data/README.md",
    "data/nyc_departures.csv",
    "data/sunspots.csv",
}
# Prints what an import finds, so that nothing of the checkout helps unseen.
PROBE = """
import sys, forecaster, forecaster.examples
print(forecaster.__file__)
print(forecaster.__version__)
print(*filter(None, sys.path), sep="\\n")
"""
BEGUN = time.monotonic()


def say(what: str) -> None:
    print(f"wheel: {time.monotonic() - BEGUN:5.1f} s  {what}", flush=True)


def check(true: bool, otherwise: str) -> None:
    if not true:
        raise SystemExit(f"wheel: {otherwise}")


def clean_environment() -> dict[str, str]:
    """Without what would lead Python to another package than the installed one."""
    dropped = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "FORECASTER_CACHE"}
    return {name: value for name, value in os.environ.items() if name not in dropped}


def call(*words: object, folder: Path, status: int = 0) -> str:
    """Run a program. Returns what it writes to stdout; exits when it ends with another status."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env=clean_environment() | {"PIP_CONSTRAINT": str(CONSTRAINTS), "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    command = " ".join([Path(str(words[0])).name, *map(str, words[1:])])
    check(
        done.returncode == status,
        f"{command} exits {done.returncode}, expected {status}\n{done.stdout}{done.stderr}",
    )
    return done.stdout


def build(folder: Path) -> Path:
    """The wheel, after comparing the one of the checkout with the one that the sdist builds."""
    call(sys.executable, "-m", "build", "--wheel", "--outdir", folder / "direct", ROOT, folder=folder)
    call(sys.executable, "-m", "build", "--outdir", folder / "dist", ROOT, folder=folder)
    [direct], [wheel] = (list((folder / name).glob("*.whl")) for name in ("direct", "dist"))
    check(direct.name == wheel.name, f"the sdist builds {wheel.name}, the checkout {direct.name}")
    check(direct.read_bytes() == wheel.read_bytes(), f"{wheel.name} of the sdist differs from the checkout's")
    return wheel


def check_contents(wheel: Path) -> None:
    """Every file of the package and of the examples is there, the licences are, and nothing else."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    info = {name for name in names if name.partition("/")[0].endswith(".dist-info")}
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "forecaster").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    wanted = package | {f"forecaster/examples/{name}" for name in EXAMPLES}
    check(
        names - info == wanted,
        f"lacks {sorted(wanted - names)}, has too many {sorted(names - info - wanted)}",
    )
    for name in ("forecaster/py.typed", "forecaster/reporting/assets/uPlot.LICENSE"):
        check(name in names, f"lacks {name}")
    check(any(name.endswith("/licenses/LICENSE") for name in info), "lacks its licence")


def install(wheel: Path, folder: Path) -> Path:
    """A virtual environment with the wheel and what its metadata asks for. Returns the folder of its programs."""
    venv = folder / "venv"
    call(sys.executable, "-m", "venv", venv, folder=folder)
    programs = venv / ("Scripts" if os.name == "nt" else "bin")
    # Compiling every module of every package takes longer than the rest; an import compiles what it needs.
    call(programs / "python", "-m", "pip", "install", "--quiet", "--no-compile", wheel, folder=folder)
    call(programs / "python", "-m", "pip", "check", folder=folder)
    return programs


def use(programs: Path, folder: Path, version: str) -> None:
    """The first steps of a user, in an empty folder."""
    python, forecaster = programs / "python", programs / "forecaster"
    place, installed, *path = call(python, "-c", PROBE, folder=folder).splitlines()
    check(installed == version, f"the wheel is {version}, and what is installed says {installed}")
    seen = [p for p in (place, *path) if Path(p).resolve().is_relative_to(ROOT)]
    check(not seen, f"Python looks into the checkout: {seen}")
    check(call(forecaster, "--version", folder=folder) == f"{version}\n", "--version says something else")
    check("Usage:" in call(python, "-m", "forecaster", "--help", folder=folder), "--help shows no usage")

    said = call(forecaster, "init", "--example", "sunspots", folder=folder)
    check(
        said.endswith("next: forecaster validate config.yaml\n"), f"init does not say what is next:\n{said}"
    )
    call(forecaster, "init", "--example", "sunspots", folder=folder, status=4)
    call(forecaster, "init", "--example", "tides", folder=folder, status=2)
    said = call(forecaster, "validate", "config.yaml", folder=folder)
    check(said.endswith("config.yaml is valid\n"), f"validate does not find the config valid:\n{said}")
    call(forecaster, "train", "config.yaml", "--smoke", "--run-dir", "run", folder=folder)
    rows = call(forecaster, "predict", "run", folder=folder).splitlines()
    check(len(rows) == 25, f"predict writes {len(rows) - 1} rows, expected 24 months")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="wheel-") as name:
        folder = Path(name).resolve()
        wheel = build(folder)
        version = wheel.name.split("-")[1]
        say(f"{wheel.name}: the sdist builds it too")
        check_contents(wheel)
        say("holds the package, the examples and the licences, and nothing else")
        programs = install(wheel, folder)
        say("installed into an empty environment")
        empty = folder / "empty"
        empty.mkdir()
        use(programs, empty, version)
        say("init, validate, train and predict work there")


if __name__ == "__main__":
    main()
