"""Addresses: what they name, and what may be shown of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecaster.config.experiment import Experiment
from forecaster.data.reading.elsewhere import is_elsewhere
from forecaster.data.reading.sources import as_source
from forecaster.errors import ConfigError, UsageError
from forecaster.remote.address import TableAddress, masked, secret_in
from forecaster.runs.outputs import Output

SECRET = "pa55-wörd"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://example.com/a.csv", "https://example.com/a.csv"),
        ("https://me:pw@example.com/a.csv", "https://***@example.com/a.csv"),
        ("https://me:p@w@example.com/a.csv", "https://***@example.com/a.csv"),
        ("https://token@example.com/a.csv?X-Amz-Signature=1", "https://***@example.com/a.csv?***"),
        ("s3://key:secret@bucket/a/b.parquet", "s3://***@bucket/a/b.parquet"),
        ("postgresql://me:pw@host:5432/db", "postgresql://***@host:5432/db"),
        ("a/b?c@d", "a/b?c@d"),
    ],
)
def test_nothing_secret_is_shown(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_secrets_are_found() -> None:
    assert secret_in("https://example.com/a.csv?page=2") is None
    assert secret_in("https://me:pw@example.com/a.csv") == "a user or a password"
    assert secret_in("https://x/a.csv?page=2&X-Amz-Signature=1") == "the parameter 'X-Amz-Signature'"
    assert secret_in("t.csv?key=1") is None


def test_paths_are_no_addresses() -> None:
    assert not any(map(is_elsewhere, ["t.csv", "C:/t.csv", "C:\\t.csv", "/a/b.csv", "a:b.csv", "", "env"]))
    assert all(map(is_elsewhere, ["-", "env:A", "s3://b/k", "HTTPS://x/y", "ftp://x/y"]))


def test_a_variable_stands_for_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALES", f"https://me:{SECRET}@example.com/sold.csv")
    found = TableAddress.of("env:SALES")
    assert (found.name, found.scheme, found.base_name) == ("env:SALES", "https", "sold.csv")
    assert SECRET not in repr(found) + str(as_source("env:SALES"))
    monkeypatch.setenv("SALES", "sales/sold.csv")
    assert as_source("env:SALES") == Path("sales/sold.csv")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("env:NOT_SET", "env:NOT_SET: the environment variable NOT_SET is not set; set it to the address"),
        ("env:a b", "env:a b: names no environment variable; write env: and the name"),
        ("ftp://me:pw@x/t.csv", "ftp://***@x/t.csv: no table can be reached by ftp://; use http://"),
    ],
)
def test_what_is_no_address_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        as_source(text)
    assert str(caught.value).startswith(said)


def data(**keys: object) -> dict[str, object]:
    return {
        "data": {"time": "t", "freq": "h", "targets": ["y"], **keys},
        "name": "x",
        "model": {"layers": [{"type": "gru", "units": 2}]},
        "window": {"lookback": 2, "horizon": 1},
    }


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"path": "https://me:pw@x/t.csv"}, "data.path: holds a user or a password, and this file is copied"),
        (
            {"path": "https://x/t.csv?token=1"},
            "data.path: holds the parameter 'token', and this file is copied",
        ),
        ({"path": "-"}, "data.path: is stdin, which cannot be read again"),
        ({"sql": "SELECT 1"}, "data.connection: is missing; name the environment variable"),
        ({"connection": "env:A"}, "data.sql: is missing; give the query"),
        ({"path": "t.csv", "sql": "SELECT 1"}, "data.sql: stands beside path; keep one of them"),
        ({"sql": "SELECT 1", "connection": "postgresql://me:pw@x/y"}, "data.connection: "),
    ],
)
def test_a_config_names_one_table_and_no_password(keys: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Experiment.from_dict(data(**keys))
    assert said in str(caught.value)
    assert "pw@" not in str(caught.value)


def test_a_config_keeps_an_address_wherever_it_is_written(tmp_path: Path) -> None:
    found = Experiment.from_dict(data(path="s3://sales/2026.parquet"), base=tmp_path)
    assert "path: s3://sales/2026.parquet" in found.resolved_yaml(relative_to=tmp_path / "runs" / "r")
    assert str(found.table) == "s3://sales/2026.parquet"
    query = Experiment.from_dict(data(sql="SELECT 1", connection="env:SALES_DB"), base=tmp_path)
    assert Experiment.from_text(query.resolved_yaml(relative_to=tmp_path)).spec.data == query.spec.data


@pytest.mark.parametrize(
    ("output", "table", "said"),
    [
        ("https://me:pw@x/f.csv", None, "output https://***@x/f.csv: nothing is written to https://"),
        ("s3://bucket/f.ods", None, "f.ods: the ending names no known format"),
        ("f.csv", "forecasts", "table forecasts: f.csv is no database"),
        (None, "forecasts", "table forecasts: needs a database"),
        (
            "postgresql://me:pw@x/y",
            "f",
            "output postgresql://***@x/y: an address of a database may hold a password",
        ),
        ("env:DB", None, "output env:DB: is a database; name its table with table"),
    ],
)
def test_outputs_that_cannot_be(
    output: str | None, table: str | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB", "sqlite:///x.db")
    with pytest.raises(UsageError) as caught:
        Output.of(output, table)
    assert str(caught.value).startswith(said)
