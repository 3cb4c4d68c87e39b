"""Tables from stdin and forecasts to stdout, and the extras that may be missing."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import forecaster as fc
from tests.integration.tiny_runs import COMMAND, done, hours, refused, write_config, write_table

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stdin")
    rows = [(t, name, i + k) for k, name in enumerate("ab") for i, t in enumerate(hours(60))]
    write_table(folder / "t.csv", "t,id,y", rows)
    done("train", write_config(folder, {"id": "id", "targets": ["y"]}), "--run-dir", folder / "r", "-q")
    return folder


def piped(content: bytes, *arguments: object) -> Result:
    return CliRunner().invoke(COMMAND, [str(a) for a in arguments], input=content, catch_exceptions=False)


def forms(folder: Path) -> dict[str, bytes]:
    import pandas as pd

    table = pd.read_csv(folder / "t.csv")
    table.to_parquet(folder / "t.parquet")
    table.to_feather(folder / "t.feather")
    table.to_excel(folder / "t.xlsx", index=False)
    text = (folder / "t.csv").read_bytes()
    return {
        "csv": text,
        "csv.gz": gzip.compress(text),
        "parquet": (folder / "t.parquet").read_bytes(),
        "arrow": (folder / "t.feather").read_bytes(),
        "xlsx": (folder / "t.xlsx").read_bytes(),
        "json lines": table.to_json(orient="records", lines=True).encode(),
        "json": table.to_json(orient="records").encode(),
    }


def test_every_form_of_a_table_comes_through_stdin(folder: Path) -> None:
    newest = done("predict", folder / "r")
    for form, content in forms(folder).items():
        result = piped(content, "predict", folder / "r", "--data", "-", "--output", "-")
        assert (result.exit_code, result.stdout) == (0, newest), form


def test_a_pipe_of_the_shell(folder: Path) -> None:
    command = f"cat t.csv | {sys.executable} -m forecaster predict r --data - -q | head -n 1"
    result = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
    )
    assert result.stdout.startswith(b"id,t,forecast,")


def test_stdin_that_is_no_table(folder: Path) -> None:
    for content, said in (
        (b"", "error: <stdin>: the file is empty; give it a header and rows"),
        (b"PAR1", "error: <stdin>: the file is not a whole Parquet file"),
        (
            (folder / "t.csv").read_bytes() + b"2024-01-03 12:00:00,a,closed\n",
            "error: <stdin>:122: y: 'closed' is not a number",
        ),
    ):
        result = piped(content, "predict", folder / "r", "--data", "-")
        assert result.exit_code == 2
        assert said in result.stderr
    result = piped(b"", "predict", folder / "r", "--data", "-", "--future", "-")
    assert "--data - and --future - would both read stdin" in result.stderr
    assert "which cannot be read again" in piped(b"", "refit", folder / "r", "--data", "-").stderr
    assert "stdin cannot be read again" in piped(b"", "init", "-", "-o", folder / "new.yaml").stderr


def test_several_runs_read_stdin_once(folder: Path) -> None:
    rows = [(t, name, i + k) for k, name in enumerate("ab") for i, t in enumerate(hours(90))]
    newer = write_table(folder / "newer.csv", "t,id,y", rows).read_bytes()
    result = piped(newer, "evaluate", folder / "r", folder / "r", "--data", "-")
    assert result.exit_code == 0, result.stderr


def test_extras_that_are_not_installed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    monkeypatch.setitem(sys.modules, "adbc_driver_sqlite.dbapi", None)
    monkeypatch.setenv("DB", "sqlite:///x.db")
    run = folder / "r"
    assert refused(2, "predict", run, "--output", "f.xlsx") == (
        "writing Excel files needs openpyxl, which is not installed; pip install 'keras-forecaster[excel]'"
    )
    (folder / "u.xlsx").write_bytes(forms_of_a_workbook())
    assert refused(2, "predict", run, "--data", folder / "u.xlsx") == (
        f"{folder / 'u.xlsx'}: reading Excel files needs openpyxl, which is not installed; pip install "
        "'keras-forecaster[excel]'"
    )
    assert refused(2, "predict", run, "--output", "env:DB", "--table", "f") == (
        "env:DB: a sqlite database needs a driver that is not installed; pip install 'keras-forecaster[sql]'"
    )


def forms_of_a_workbook() -> bytes:
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "")
    return out.getvalue()


def test_python_writes_where_the_command_does(folder: Path, tmp_path: Path) -> None:
    run = fc.load(folder / "r")
    for ending in ("csv", "parquet", "json", "xlsx"):
        run.predict(output=tmp_path / f"p.{ending}")
        done("predict", folder / "r", "--output", tmp_path / f"c.{ending}")
        assert (tmp_path / f"p.{ending}").read_bytes() == (tmp_path / f"c.{ending}").read_bytes()
    with pytest.raises(fc.UsageError, match=r"table f: .* is no database"):
        run.predict(output=tmp_path / "p.csv", table="f")
