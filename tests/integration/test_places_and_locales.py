"""forecaster in folders and under locales of all kinds, in processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.tiny_runs import call, done, line

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


def program(
    *arguments: str, folder: Path, closed: bool = False, **variables: str
) -> subprocess.CompletedProcess[bytes]:
    """forecaster in a process of its own, in a folder, under these variables."""
    read, write = os.pipe()
    if closed:
        os.close(read)
    try:
        return subprocess.run(
            [sys.executable, "-m", "forecaster", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
            stdout=write if closed else subprocess.PIPE,
            stderr=subprocess.PIPE,
            check=False,
        )
    finally:
        os.close(write)
        if not closed:
            os.close(read)


@pytest.mark.skipif(sys.platform == "win32", reason="closes a pipe as POSIX does")
def test_a_pipe_that_is_closed_from_the_start(tmp_path: Path) -> None:
    ran = program("schema", folder=tmp_path, closed=True)
    assert (ran.returncode, ran.stderr) == (141, b"")


# The C locale without Python's help is as poor as a code page of Windows: ASCII alone.
POOR = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def table(folder: Path, name: str = "t.csv") -> Path:
    folder.mkdir()
    rows = "".join(f"2024-01-{day:02d},{shop},{day}\n" for shop in ("Zürich", "東京") for day in range(1, 31))
    (folder / name).write_text(f"Tag,Läden,verkauft\n{rows}", encoding="utf-8")
    return folder


def test_a_folder_with_spaces_and_letters_of_all_kinds(tmp_path: Path) -> None:
    folder = table(tmp_path / "Müller & Söhne 東京", "größe 1.csv")
    made = program("init", "größe 1.csv", folder=folder)
    assert made.returncode == 0, made.stderr
    valid = program("validate", str(folder / "config.yaml"), folder=tmp_path)
    assert valid.returncode == 0, valid.stderr
    assert f"{folder}/config.yaml is valid\n" in valid.stdout.decode()


@pytest.mark.parametrize("variables", [POOR, {"PYTHONUTF8": "0", "LC_ALL": "C.UTF-8"}, {"PYTHONUTF8": "1"}])
def test_output_is_utf8_whatever_the_locale_says(variables: dict[str, str], tmp_path: Path) -> None:
    folder = table(tmp_path / "Größe")
    made = program("init", "t.csv", folder=folder, **variables)
    assert made.returncode == 0, made.stderr
    text = (folder / "config.yaml").read_bytes().decode()
    assert "Läden" in text
    assert b"\r" not in made.stdout
    assert "2 series by Läden" in made.stdout.decode()
    shown = program("validate", str(folder / "config.yaml"), folder=tmp_path, **variables)
    assert shown.returncode == 0, shown.stderr
    assert f"{folder}/config.yaml is valid" in shown.stdout.decode()


def test_an_output_encoding_that_was_asked_for_never_ends_in_a_bug(tmp_path: Path) -> None:
    folder = table(tmp_path / "t")
    made = program("init", "t.csv", folder=folder, PYTHONIOENCODING="cp1252")
    assert made.returncode == 0, made.stderr
    assert "2 series by Läden".encode("cp1252") in made.stdout


def test_a_file_name_that_the_locale_lacks_is_an_error_of_the_environment(tmp_path: Path) -> None:
    folder = table(tmp_path / "t", "東京.csv")
    assert program("init", "東京.csv", folder=folder).returncode == 0
    ran = program("validate", "config.yaml", folder=folder, **POOR)
    assert b"Traceback" not in ran.stderr
    assert ran.returncode == 3, ran.stderr
    assert b"PYTHONUTF8" in ran.stderr


def test_a_whole_run_in_a_folder_with_spaces_and_letters_of_all_kinds(tmp_path: Path) -> None:
    folder = tmp_path / "Müller & Söhne 東京"
    config = line(folder)
    run = folder / "mein Lauf 1"
    said = done("train", config, "--run-dir", run, "--smoke", "-q")
    assert f"report: {run}/report.html" in said
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    assert "model/weights.safetensors" in manifest["files"]
    assert not any("\\" in name for name in manifest["files"])
    done("predict", run, "--output", folder / "Vorhersage ü.csv", "-q")
    assert (folder / "Vorhersage ü.csv").read_bytes().startswith(b"t,")
    done("plot", run, "--output", folder / "Bild ü.png", "-q")
    done("report", run, "--output", folder / "Bericht ü.html", "-q")
    assert call("train", config, "--run-dir", run, "--smoke", "--resume", "-q").exit_code == 0
