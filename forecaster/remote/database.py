"""Databases, through ADBC: the rows of a query as an Arrow table, and rows that replace others in a table."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from forecaster.errors import DataError, EnvironmentError_, ForecasterError, UsageError, install_hint
from forecaster.remote.address import TableAddress
from forecaster.text import quoted

if TYPE_CHECKING:
    import pyarrow as pa

EXTRA = "sql"
CONNECT_S = 10
# The module of each kind of database; it has connect(), as PEP 249 describes it.
_MODULES = {
    "postgresql": "adbc_driver_postgresql.dbapi",
    "postgres": "adbc_driver_postgresql.dbapi",
    "sqlite": "adbc_driver_sqlite.dbapi",
    "duckdb": "adbc_driver_duckdb.dbapi",
}
# What keeps a query from changing anything, once the connection is there. DuckDB is opened for reading.
_ONLY_READS = {
    "postgresql": ("SET TRANSACTION READ ONLY",),
    "postgres": ("SET TRANSACTION READ ONLY",),
    "sqlite": ("PRAGMA query_only = ON",),
    "duckdb": ("SET enable_external_access = false", "SET lock_configuration = true"),
}
_STAGE = "forecaster_rows"
# Classes of SQLSTATE that are no fault of the query: connection, resources, an operator's action, the system.
_OF_THE_SERVER = ("08", "53", "55", "57", "58", "40")
# What drivers say of a server that is there and refuses; it holds names, and never a password.
_REFUSED = re.compile(r"FATAL: +(?P<said>[^\n]*)")
_CONNECTING = re.compile(
    r"connection to server [^\n]* failed: (?P<said>[^\n]*)|(?P<host>could not translate host name)"
)


def query(address: TableAddress, sql: str) -> pa.Table:
    """Return the rows of a query, which changes nothing: the connection only reads.

    Raises:
        DataError: The database is not there, or refuses the query.
        EnvironmentError_: The driver is not installed, or the server is not reached.
    """
    opened = _connected(address, only_reads=True)
    with opened as connection, _explained(address, "the query"), connection.cursor() as cursor:
        for statement in _ONLY_READS[address.scheme]:
            cursor.execute(statement)
        cursor.execute(sql)
        found = cursor.fetch_arrow_table()
    return _with_plain_types(found)


def replace_rows(address: TableAddress, table: str, rows: pa.Table, key: Sequence[str]) -> None:
    """Write rows to a table of a database, in place of those with the same key, within one transaction.

    Args:
        address: The database.
        table: The table, also with its schema in front, as in public.forecasts. It is made where there is none.
        rows: The rows, whose columns the table has.
        key: The columns that name a row.

    Raises:
        UsageError: The name of the table is empty.
        DataError: The table lacks a column, or the database refuses the rows.
        EnvironmentError_: The driver is not installed, or the server is not reached.
    """
    name, stage = _quoted_table(table), _quoted(_STAGE)
    columns = ", ".join(map(_quoted, rows.column_names))
    same = " AND ".join(f"{stage}.{_quoted(k)} = {name}.{_quoted(k)}" for k in key)
    with _connected(address) as connection, _explained(address, f"writing to {table}"):
        with connection.cursor() as cursor:
            if address.scheme.startswith("postgres"):
                # Two jobs at once, also where each would make the table.
                text = name.replace("'", "''")
                cursor.execute(f"SELECT pg_advisory_xact_lock(hashtext('{text}'))")
                cursor.fetchall()
            cursor.adbc_ingest(_STAGE, _in_microseconds(rows), mode="create", temporary=True)
            cursor.execute(f"CREATE TABLE IF NOT EXISTS {name} AS SELECT {columns} FROM {stage} WHERE 1 = 0")
            cursor.execute(f"SELECT * FROM {name} WHERE 1 = 0")
            _check_columns(address, table, cursor.fetch_arrow_table().column_names, rows.column_names)
            cursor.execute(f"DELETE FROM {name} WHERE EXISTS (SELECT 1 FROM {stage} WHERE {same})")
            cursor.execute(f"INSERT INTO {name} ({columns}) SELECT {columns} FROM {stage}")
        connection.commit()


def check_driver(address: TableAddress) -> None:
    """Raise UsageError unless the driver of a database is installed."""
    _driver(address)


def _driver(address: TableAddress) -> Any:
    try:
        return importlib.import_module(_MODULES[address.scheme])
    except ImportError:
        package = "duckdb" if address.scheme == "duckdb" else address.scheme
        raise UsageError(
            f"{address.name}: a {package} database needs a driver that is not installed",
            hint=install_hint(EXTRA),
        ) from None


@contextmanager
def _connected(address: TableAddress, *, only_reads: bool = False) -> Iterator[Any]:
    """Yield a connection, which is closed behind the block; what is not committed is rolled back."""
    driver = _driver(address)
    if address.scheme == "sqlite":
        _check_file(address, only_reads=only_reads)
    try:
        connection = (
            _duckdb(address) if only_reads and address.scheme == "duckdb" else driver.connect(_uri(address))
        )
    except driver.Error as error:
        raise _not_connected(address, str(error)) from None
    with connection:
        yield connection


def _check_file(address: TableAddress, *, only_reads: bool) -> None:
    """Raise DataError for a file of SQLite that is not there, which opening it would make."""
    path = _uri(address)
    # Path.exists raises for a name that is too long.
    if only_reads and not os.path.exists(path):  # noqa: PTH110
        raise DataError(f"{address.name}: there is no such file", hint="check the path of the file")
    if not os.path.isdir(os.path.dirname(path) or "."):  # noqa: PTH112, PTH120
        raise DataError(
            f"{address.name}: there is no such folder", hint="make it, or check the path of the file"
        )


def _duckdb(address: TableAddress) -> Any:
    """Return a connection to a DuckDB file that only reads."""
    from adbc_driver_manager import dbapi

    driver = importlib.import_module("adbc_driver_duckdb").driver_path()
    options = {"path": _uri(address), "access_mode": "READ_ONLY"}
    return dbapi.connect(driver=driver, entrypoint="duckdb_adbc_init", db_kwargs=options)


def _uri(address: TableAddress) -> str:
    """Return the address as the driver takes it."""
    if address.scheme in ("sqlite", "duckdb"):
        # As in SQLAlchemy: three slashes before a relative path, four before an absolute one.
        path = unquote(address.text.split("://", 1)[1].partition("?")[0])
        return path.removeprefix("/") if path.startswith("/") else path
    uri = address.text
    if "connect_timeout" in uri:
        return uri
    return f"{uri}{'&' if urlsplit(uri).query else '?'}connect_timeout={CONNECT_S}"


def _not_connected(address: TableAddress, said: str) -> ForecasterError:
    refused = _REFUSED.search(said)
    if refused is not None:
        return DataError(
            f"{address.name}: the database refuses: {refused['said']}",
            hint="check the user, the password and the name of the database",
        )
    if address.scheme in ("sqlite", "duckdb"):
        reason = _first_line(said, address)
        if "locked" in reason.lower() or "lock on file" in reason.lower():
            return EnvironmentError_(f"{address.name}: {reason}", hint="try again later")
        return DataError(f"{address.name}: cannot be opened: {reason}", hint="check the path of the file")
    found = _CONNECTING.search(said)
    if found is None:
        # Such as a port that is no number. What is quoted then may be a part of the password.
        return DataError(
            f"{address.name}: is no address of a database",
            hint="write postgresql://USER:PASSWORD@HOST:PORT/NAME, with %40 for @ and the like in a password",
        )
    return EnvironmentError_(
        f"{address.name}: the database cannot be reached: {found['said'] or found['host']}",
        hint="check the host and the port, or try again later",
    )


@contextmanager
def _explained(address: TableAddress, what: str) -> Iterator[None]:
    """Turn what the database says of a statement into an error with a next move."""
    driver = _driver(address)
    try:
        yield
    except driver.Error as error:
        state = getattr(error, "sqlstate", None) or ""
        said = _first_line(str(error), address)
        busy = "locked" in said or "is busy" in said
        unclear = not state and "readonly" not in said and isinstance(error, driver.OperationalError)
        if state.startswith(_OF_THE_SERVER) or busy or unclear:
            raise EnvironmentError_(
                f"{address.name}: {what} failed: {said}", hint="try again later"
            ) from None
        hint = "check data.sql" if what == "the query" else "check the table, its columns and the permission"
        raise DataError(f"{address.name}: {what} is refused: {said}", hint=hint) from None


def _first_line(said: str, address: TableAddress) -> str:
    """Return what a driver says, without its own names, and without anything that is secret."""
    found = re.search(r"ERROR: +([^\n]*)", said)
    line = found[1] if found else said.split("\n", 1)[0]
    line = re.sub(r"^[A-Z_]+: (?:\[[^\]]*\] )?", "", line)
    user = address.text.split("://", 1)[-1].rpartition("@")[0]
    for secret in {user, unquote(user), user.partition(":")[2], unquote(user.partition(":")[2])} - {""}:
        line = line.replace(secret, "***")
    return line.replace(address.text, address.name).rstrip(". ")


def _check_columns(address: TableAddress, table: str, held: Sequence[str], wanted: Sequence[str]) -> None:
    absent = [name for name in wanted if name not in held]
    if absent:
        raise DataError(
            f"{address.name}: the table {table} has no column {', '.join(quoted(absent))}",
            hint="add it, or name another --table",
        )


def _with_plain_types(table: pa.Table) -> pa.Table:
    """Return a table in which types that only the database has are text or bytes, such as numeric of PostgreSQL."""
    import pyarrow as pa

    for i, field in enumerate(table.schema):
        if isinstance(field.type, pa.BaseExtensionType):
            chunks = [chunk.storage for chunk in table.column(i).chunks]
            plain = pa.chunked_array(chunks, field.type.storage_type)
            table = table.set_column(i, pa.field(field.name, field.type.storage_type), plain)
    return table


def _in_microseconds(table: pa.Table) -> pa.Table:
    """Return a table with timestamps as databases keep them."""
    import pyarrow as pa

    for i, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            kind = pa.timestamp("us", field.type.tz)
            table = table.set_column(i, field.name, table.column(i).cast(kind, safe=False))
    return table


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _quoted_table(table: str) -> str:
    parts = table.split(".")
    if not all(parts):
        raise UsageError(
            f"--table {table!r}: is no name of a table", hint="such as forecasts or public.forecasts"
        )
    return ".".join(map(_quoted, parts))
