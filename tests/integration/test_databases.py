"""Tables of PostgreSQL, SQLite and DuckDB: read by a query, written back in one transaction, and no password anywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import adbc_driver_duckdb.dbapi
import adbc_driver_postgresql.dbapi
import adbc_driver_sqlite.dbapi
import pyarrow as pa
import pytest
from pyarrow import csv as arrow_csv

import forecaster as fc
from tests.integration.servers import PASSWORD, postgres
from tests.integration.tiny_runs import done, hours, refused, write_config, write_table

pytestmark = pytest.mark.slow

DRIVERS = {
    "postgresql": adbc_driver_postgresql.dbapi,
    "sqlite": adbc_driver_sqlite.dbapi,
    "duckdb": adbc_driver_duckdb.dbapi,
}
QUERY = "SELECT t, id, y FROM sales ORDER BY y DESC"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres(tmp_path_factory.mktemp("pg")) as address:
        yield address


class Database:
    """One database, and the run that was trained on its table."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self.address = folder, address
        self.kind, rest = address.split("://", 1)
        self.uri = address if self.kind == "postgresql" else rest.removeprefix("/")
        self.run = folder / "r"
        write_table(
            folder / "t.csv",
            "t,id,y",
            [(t, name, i + k) for k, name in enumerate("ab") for i, t in enumerate(hours(60))],
        )
        self.ingest("sales", arrow_csv.read_csv(folder / "t.csv"))

    def ingest(self, name: str, table: pa.Table, mode: str = "replace") -> None:
        with DRIVERS[self.kind].connect(self.uri) as connection, connection.cursor() as cursor:
            for i, field in enumerate(table.schema):
                if pa.types.is_timestamp(field.type):
                    table = table.set_column(i, field.name, table.column(i).cast(pa.timestamp("us")))
            cursor.adbc_ingest(name, table, mode=mode)
            connection.commit()

    def rows(self, sql: str) -> list[Any]:
        with DRIVERS[self.kind].connect(self.uri) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def do(self, sql: str) -> None:
        with DRIVERS[self.kind].connect(self.uri) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            connection.commit()


@pytest.fixture(scope="module", params=["postgresql", "sqlite", "duckdb"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder = tmp_path_factory.mktemp(request.param)
    kind = request.param
    address = request.getfixturevalue("server") if kind == "postgresql" else f"{kind}:///{folder}/sales.db"
    found = Database(folder, address)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SALES_DB", address)
        config = write_config(
            folder, {"path": None, "sql": QUERY, "connection": "env:SALES_DB", "id": "id", "targets": ["y"]}
        )
        done("train", config, "--run-dir", found.run, "-q")
        yield found


def test_a_run_of_a_query_is_that_of_its_table(database: Database, tmp_path: Path) -> None:
    data = json.loads((database.run / "manifest.json").read_text())["data"]
    assert (data["path"], data["rows"]) == ("env:SALES_DB", 120)
    newest = done("predict", database.run)
    assert newest == done("predict", database.run, "--data", "env:SALES_DB")
    assert newest == done("predict", database.run, "--data", database.folder / "t.csv")
    assert len(fc.load(database.run).predict("env:SALES_DB")) == 6
    # The table is there and unchanged, whatever order its rows come in.
    done("evaluate", database.run, "--split", "val")
    done("validate", database.folder / "c.yaml")


def test_forecasts_are_written_once(database: Database) -> None:
    command = ("predict", database.run, "--output", "env:SALES_DB", "--table", "forecasts")
    assert done(*command) == "env:SALES_DB, table forecasts: 6 rows\n"
    first = database.rows("SELECT * FROM forecasts ORDER BY id, t")
    assert len(first) == 6
    assert done(*command, "-q").endswith("6 rows\n")
    assert database.rows("SELECT * FROM forecasts ORDER BY id, t") == first
    # Another night is another cutoff: its rows stand beside the others.
    done(*command, "--from", hours(60)[58])
    counts = database.rows("SELECT cutoff, count(*) FROM forecasts GROUP BY cutoff ORDER BY cutoff")
    assert [n for _, n in counts] == [6, 6]
    assert str(counts[1][0]).replace("T", " ")[:19] == hours(60)[59]
    expected = [float(line.split(",")[2]) for line in done("predict", database.run).splitlines()[1:]]
    latest = database.rows(
        "SELECT forecast FROM forecasts WHERE cutoff = (SELECT max(cutoff) FROM forecasts) ORDER BY id, t"
    )
    assert [value for (value,) in latest] == pytest.approx(expected)


def test_times_are_written_as_the_table_has_them(database: Database) -> None:
    done("predict", database.run, "--output", "env:SALES_DB", "--table", "timed")
    [(when, cutoff)] = database.rows("SELECT t, cutoff FROM timed WHERE id = 'a' ORDER BY t LIMIT 1")
    assert (str(when), str(cutoff)) == (hours(61)[60], hours(60)[59])
    # As text in SQLite, which has no type of times: what the source has can be joined with it.
    assert isinstance(when, str) == (database.kind == "sqlite")


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = write_config(
        tmp_path, {"path": None, "sql": QUERY, "connection": "env:SALES_DB", "targets": ["y"]}
    )
    for kind in ("sqlite", "duckdb"):
        monkeypatch.setenv("SALES_DB", f"{kind}:///{tmp_path}/none.db")
        assert "check the path" in refused(2, "validate", config)
        assert not (tmp_path / "none.db").exists()
    monkeypatch.setenv("SALES_DB", f"sqlite:///{tmp_path}/nowhere/none.db")
    assert refused(2, "validate", config) == (
        "env:SALES_DB: there is no such file; check the path of the file"
    )


def test_python_writes_the_same_rows(database: Database) -> None:
    table = fc.load(database.run).predict(output="env:SALES_DB", table="by_python")
    assert database.rows("SELECT count(*) FROM by_python")[0][0] == len(table) == 6


def test_a_table_without_the_columns_stays_as_it_is(database: Database) -> None:
    database.do("CREATE TABLE narrow (id TEXT, t TEXT)")
    said = refused(2, "predict", database.run, "--output", "env:SALES_DB", "--table", "narrow")
    assert said == (
        "env:SALES_DB: the table narrow has no column 'cutoff', 'forecast', 'forecast-lo-80', 'forecast-hi-80', "
        "'forecast-lo-95', 'forecast-hi-95'; add it, or name another --table"
    )
    assert database.rows("SELECT count(*) FROM narrow") == [(0,)]


def test_a_failure_leaves_the_rows_of_before(database: Database) -> None:
    command = ("predict", database.run, "--output", "env:SALES_DB", "--table", "kept")
    done(*command)
    before = database.rows("SELECT count(*) FROM kept")
    database.do("DROP TABLE kept")
    columns = [f'"{name}" TEXT' for name in done("predict", database.run).splitlines()[0].split(",")]
    columns = [f"{c} CHECK (id = 'x')" if c == '"forecast" TEXT' else c for c in [*columns, "cutoff TEXT"]]
    database.do(f"CREATE TABLE kept ({', '.join(columns)})")
    database.do("INSERT INTO kept (id, forecast) VALUES ('x', '1')")
    assert "writing to kept is refused" in refused(2, *command)
    assert database.rows("SELECT count(*) FROM kept") == [(1,)]
    database.do("DROP TABLE kept")
    assert before == [(6,)]


def test_a_wrong_query_is_refused(database: Database, tmp_path: Path) -> None:
    config = write_config(
        tmp_path,
        {"path": None, "sql": "SELECT * FROM nothing_here", "connection": "env:SALES_DB", "targets": ["y"]},
    )
    said = refused(2, "validate", config)
    assert said.startswith("env:SALES_DB: the query is refused: ")
    assert "nothing_here" in said
    config = write_config(
        tmp_path,
        {
            "path": None,
            "sql": "SELECT t, y FROM sales WHERE y < 0",
            "connection": "env:SALES_DB",
            "targets": ["y"],
        },
    )
    assert "has a header and no rows" in refused(2, "validate", config)
    config = write_config(
        tmp_path,
        {"path": None, "sql": "SELECT t, y AS z FROM sales", "connection": "env:SALES_DB", "targets": ["y"]},
    )
    assert refused(2, "validate", config).startswith("env:SALES_DB: data.targets: no column is called 'y'")


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM sales",
        "DROP TABLE sales",
        "CREATE TABLE made AS SELECT 1 AS x",
        "SELECT 1; DROP TABLE sales",
    ],
)
def test_a_query_changes_nothing(database: Database, sql: str, tmp_path: Path) -> None:
    """A run may come from anybody, and with it the query that `evaluate` sends again."""
    config = write_config(
        tmp_path, {"path": None, "sql": sql, "connection": "env:SALES_DB", "targets": ["y"]}
    )
    refused(2, "validate", config)
    assert database.rows("SELECT count(*) FROM sales") == [(120,)]


def test_a_report_sends_no_query(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SALES_DB")
    done("predict", database.run, "--plot", database.folder / "p.svg")
    done("report", database.run, "--output", database.folder / "r.html")
    done("show", database.run)
    assert "the environment variable SALES_DB is not set" in refused(2, "explain", database.run)


def test_a_search_keeps_a_copy_of_the_rows(database: Database, tmp_path: Path) -> None:
    run = tmp_path / "s"
    done("tune", database.folder / "c.yaml", "--run-dir", run, "--smoke", "-q")
    assert (run / "table.parquet").is_file()
    done("predict", run)


def test_newer_rows_are_learned_by_refit(database: Database, tmp_path: Path) -> None:
    done("refit", database.run, "--run-dir", tmp_path / "n", "-q")
    data = json.loads((tmp_path / "n" / "manifest.json").read_text())["data"]
    assert data["path"] == "env:SALES_DB"


def test_a_database_without_a_query(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALES_DB", "sqlite:///x.db")
    config = write_config(tmp_path, {"path": "env:SALES_DB", "targets": ["y"]})
    assert refused(2, "validate", config) == (
        "env:SALES_DB: is a database, and there is no query of it; train with data.sql and data.connection, or name a file"
    )


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        (
            ("me:" + PASSWORD, "me:wrong-" + PASSWORD),
            2,
            "the database refuses: password authentication failed for user",
        ),
        (("/postgres", "/other"), 2, 'the database refuses: database "other" does not exist'),
        (("127.0.0.1:", "127.0.0.1:1"), 2, "is no address of a database"),
        (
            ("127.0.0.1", "nowhere.invalid"),
            3,
            "the database cannot be reached: could not translate host name",
        ),
    ],
)
def test_databases_that_are_not_reached(
    server: str,
    change: tuple[str, str],
    status: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SALES_DB", server.replace(*change))
    config = write_config(
        tmp_path, {"path": None, "sql": QUERY, "connection": "env:SALES_DB", "targets": ["y"]}
    )
    found = refused(status, "validate", config)
    assert said in found
    assert PASSWORD not in found
    monkeypatch.setenv("SALES_DB", "postgresql://me:x@127.0.0.1:1/y")
    assert "cannot be reached: Connection refused" in refused(3, "validate", config)


def test_the_password_is_in_no_file_and_no_output(server: str, tmp_path: Path) -> None:
    """Commands of their own, as a user runs them, and everything that they wrote: the run, the cache and what they said."""
    write_table(tmp_path / "t.csv", "t,y", [(t, i) for i, t in enumerate(hours(60))])
    Database(tmp_path, server)
    config = write_config(
        tmp_path, {"path": None, "sql": QUERY, "connection": "env:SALES_DB", "id": "id", "targets": ["y"]}
    )
    run = tmp_path / "run"
    for command in (
        ["validate", config, "--json", "-v"],
        ["train", config, "--run-dir", run, "-v"],
        [
            "predict",
            run,
            "--data",
            "env:SALES_DB",
            "--output",
            "env:SALES_DB",
            "--table",
            "secret",
            "--json",
            "-v",
        ],
        ["predict", run, "--output", "env:SALES_DB", "--table", "a.b.c.d"],
        ["predict", run, "--output", server, "--table", "secret"],
        ["predict", run, "--data", server],
        ["evaluate", run, "--data", "env:SALES_DB"],
        ["report", run],
        ["show", run, "-v", "--json"],
        ["validate", config, "--set", f"data.connection={server}"],
        ["validate", config, "--set", "data.sql=SELECT nothing"],
    ):
        result = subprocess.run(
            [sys.executable, "-m", "forecaster", *map(str, command)],
            env={**os.environ, "SALES_DB": server, "FORECASTER_CACHE": str(tmp_path / "cache")},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert "Traceback" not in result.stderr, command
        assert PASSWORD not in result.stdout + result.stderr, command
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 20
    assert not [path for path in files if PASSWORD.encode() in path.read_bytes()]
