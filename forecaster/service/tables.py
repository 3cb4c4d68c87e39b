"""Bodies to tables and tables to bodies: JSON, CSV, Parquet and Arrow IPC."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecaster.data.reading.arrow_table import ArrowTable
from forecaster.data.reading.sources import TableSource
from forecaster.data.spec import IN_MEMORY
from forecaster.errors import Diagnostic, EnvironmentError_
from forecaster.runs.tables import csv_bytes
from forecaster.service.arrow_messages import as_stream, rows_of_stream
from forecaster.service.problems import RequestError
from forecaster.text import listed, quoted, shortened

if TYPE_CHECKING:
    import pyarrow as pa

JSON, CSV = "application/json", "text/csv"
PARQUET = "application/vnd.apache.parquet"
ARROW_STREAM, ARROW_FILE = "application/vnd.apache.arrow.stream", "application/vnd.apache.arrow.file"
# Other names of the same forms.
SAME = {
    "application/parquet": PARQUET,
    "application/x-parquet": PARQUET,
    "application/csv": CSV,
    "application/octet-stream": "",
}
_ENDINGS = {CSV: ".csv", PARQUET: ".parquet", ARROW_STREAM: ".arrow", ARROW_FILE: ".arrow"}
# The most bytes that the texts of a column may take, if each row had the longest.
MOST_TEXT = 256 << 20
# What messages call the table of a request.
THE_TABLE = "the table"


@contextlib.contextmanager
def table_of_body(body: bytes, media_type: str, *, most_rows: int) -> Iterator[tuple[Path, dict[str, str]]]:
    """Put the body of a request into a file that the readers of tables open, and remove it at the end.

    So a table is read as `predict --data` reads it, by the settings of the run.

    Args:
        body: The body.
        media_type: CSV, Parquet or Arrow.
        most_rows: The most rows.

    Yields:
        The file, and what to call it in messages.

    Raises:
        RequestError: When the table has too many rows.
        EnvironmentError_: When the file cannot be written.
    """
    body = as_stream(body) if media_type in (ARROW_FILE, ARROW_STREAM) else body
    check_rows(_rows(body, media_type), most_rows)
    try:
        folder = tempfile.TemporaryDirectory(prefix="forecaster-serve-", ignore_cleanup_errors=True)
    except OSError as error:
        raise EnvironmentError_(f"a file for a request cannot be made: {error.strerror}") from error
    with folder as name:
        file = Path(name) / f"table{_ENDINGS[media_type]}"
        try:
            file.write_bytes(body)
        except OSError as error:
            raise EnvironmentError_(f"a file for a request cannot be written: {error.strerror}") from error
        if media_type != CSV:
            check_texts(file)
        yield file, {str(file): THE_TABLE}


def _rows(body: bytes, media_type: str) -> int:
    """Return the number of rows of a table, or for CSV at least as many; 0 where only reading it tells."""
    if media_type == CSV:
        return max(body.count(b"\n"), body.count(b"\r")) - 1
    if media_type == PARQUET:
        import pyarrow as pa
        import pyarrow.parquet as parquet

        try:
            return int(parquet.read_metadata(pa.BufferReader(body)).num_rows)
        except (pa.ArrowException, OSError):
            # The reader says what is wrong with it.
            return 0
    return rows_of_stream(body)


def check_texts(file: Path) -> None:
    """Raise RequestError for a Parquet or Arrow file whose texts would fill the memory once each row has its own.

    Such files hold a text once and a number in each row. A file that cannot be read is explained by its reader.
    """
    import pyarrow as pa

    try:
        most = max(_longest_texts(file), default=0)
    except (pa.ArrowException, OSError, MemoryError, OverflowError):
        return
    if most > MOST_TEXT:
        raise RequestError(
            422,
            "table",
            f"the texts of a column take up to {most >> 20:,} MiB, and {MOST_TEXT >> 20} are taken",
            hint="send shorter texts, or fewer rows",
        )


def _longest_texts(file: Path) -> Iterator[int]:
    """Yield the most bytes that the texts of each column of each batch take."""
    import pyarrow as pa
    import pyarrow.types as types
    from pyarrow import compute, parquet

    if file.suffix == _ENDINGS[PARQUET]:
        names = [field.name for field in parquet.read_schema(file) if _holds_text(field.type)]
        batches = (
            parquet.ParquetFile(file, read_dictionary=names).iter_batches(columns=names) if names else ()
        )
    else:
        batches = pa.ipc.open_stream(file.read_bytes())
    for batch in batches:
        for column in batch.columns:
            if types.is_dictionary(column.type) and _holds_text(column.type):
                longest = compute.max(compute.binary_length(column.dictionary)).as_py() or 0
                yield longest * len(column)


def _holds_text(kind: pa.DataType) -> bool:
    import pyarrow.types as types

    held = kind.value_type if types.is_dictionary(kind) else kind
    return bool(types.is_string(held) or types.is_large_string(held))


def check_rows(rows: int, most: int) -> None:
    """Raise RequestError where a table has too many rows."""
    if rows > most:
        raise RequestError(
            422,
            "too-many-rows",
            f"the table has {rows:,} rows, and {most:,} are taken",
            hint="send the last rows of each series, or fewer series",
        )


def table_of_json(value: Any, *, path: str, most_rows: int) -> TableSource:
    """Return a table of JSON values: a list of records, columns and data, or a list for each column.

    Args:
        value: The JSON values.
        path: The key of the body that holds them, for messages.
        most_rows: The most rows.

    Raises:
        RequestError: When they are no table.
    """
    import pyarrow as pa

    columns = _columns(value, path)
    check_rows(max((len(cells) for cells in columns.values()), default=0), most_rows)
    arrays = {}
    for name, cells in columns.items():
        try:
            arrays[name] = pa.array(cells)
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, OverflowError, UnicodeEncodeError):
            arrays[name] = _as_written(name, cells, path)
        if not _is_plain(arrays[name].type):
            raise _no_table(f"the column {name!r} holds lists or objects", path)
    return ArrowTable.of(pa.table(arrays))


def _as_written(name: str, cells: list[Any], path: str) -> pa.Array:
    """Return cells of mixed types as text, which the reader explains by row where it is none it can read."""
    import pyarrow as pa

    if any(isinstance(cell, list | dict) for cell in cells):
        raise _no_table(f"the column {shortened(name, 60)!r} holds lists or objects", path)
    words = [cell if cell is None or isinstance(cell, str) else json.dumps(cell) for cell in cells]
    try:
        return pa.array(words, pa.string())
    except (pa.ArrowInvalid, UnicodeEncodeError):
        raise _no_table(f"the column {shortened(name, 60)!r} holds text that is no Unicode", path) from None


def _is_plain(kind: pa.DataType) -> bool:
    import pyarrow.types as types

    return not (types.is_nested(kind))


def _columns(value: Any, path: str) -> dict[str, list[Any]]:
    if isinstance(value, list):
        return _of_records(value, path)
    if isinstance(value, dict):
        if "columns" in value and "data" in value and set(value) <= {"columns", "data", "index"}:
            return _of_split(value["columns"], value["data"], path)
        return _of_columns(value, path)
    raise _no_table("is no table", path)


def _of_records(records: list[Any], path: str) -> dict[str, list[Any]]:
    names: dict[str, None] = {}
    for i, record in enumerate(records):
        if not isinstance(record, dict):
            raise _no_table(f"row {i + 1:,}: is no object", path)
        names.update(dict.fromkeys(record))
    return {name: [record.get(name) for record in records] for name in names}


def _of_split(names: Any, rows: Any, path: str) -> dict[str, list[Any]]:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _no_table("columns is no list of names", path)
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise _no_table(f"columns has {listed(quoted(twice), most=3)} twice", path)
    if not isinstance(rows, list):
        raise _no_table("data is no list of rows", path)
    for i, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(names):
            raise _no_table(f"row {i + 1:,}: is no list of {len(names)} cells", path)
    return {name: [row[c] for row in rows] for c, name in enumerate(names)}


def _of_columns(columns: Mapping[str, Any], path: str) -> dict[str, list[Any]]:
    for name, cells in columns.items():
        if not isinstance(cells, list):
            raise _no_table(f"the column {shortened(name, 60)!r} is no list of cells", path)
    lengths = {len(cells) for cells in columns.values()}
    if len(lengths) > 1:
        raise _no_table(f"its columns have from {min(lengths):,} to {max(lengths):,} cells", path)
    return dict(columns)


def _no_table(text: str, path: str) -> RequestError:
    hint = "send a list of objects, one for each row, or columns and data"
    return RequestError(422, "table", f"{path}: {text}", [Diagnostic(text, hint=hint, path=path)])


# What messages call tables that came as JSON.
NAMES_OF_JSON = {IN_MEMORY: THE_TABLE}


def _parquet(table: pa.Table) -> bytes:
    from pyarrow import parquet

    out = io.BytesIO()
    parquet.write_table(table, out)
    return out.getvalue()


def _stream(table: pa.Table) -> bytes:
    import pyarrow as pa

    out = io.BytesIO()
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue()


def _file(table: pa.Table) -> bytes:
    import pyarrow as pa

    out = io.BytesIO()
    with pa.ipc.new_file(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue()


# Tables as bodies.
WRITERS: dict[str, Callable[[Any], bytes]] = {
    CSV: csv_bytes,
    PARQUET: _parquet,
    ARROW_STREAM: _stream,
    ARROW_FILE: _file,
}


def media_type_of(header: str | None) -> str:
    """Return the form of a body by its Content-Type; "" without one.

    Raises:
        RequestError: When the form is not known.
    """
    named = (header or "").partition(";")[0].strip().lower()
    found = SAME.get(named, named)
    if found and found not in (JSON, *WRITERS):
        raise RequestError(
            415,
            "media-type",
            f"the body is {shortened(named, 60)!r}",
            hint=f"send {', '.join((JSON, *WRITERS))}",
            headers={"accept": ", ".join((JSON, *WRITERS))},
        )
    return found


def answer_type(accept: str | None, default: str) -> str:
    """Return the form of the answer: the one of those asked for that is wanted most.

    Args:
        accept: The Accept header; None takes the default.
        default: The form for whoever takes any.

    Raises:
        RequestError: When none of them can be given.
    """
    wanted: list[tuple[float, int, str]] = []
    parts = [part for part in (accept or "*/*").lower().split(",") if part.strip()]
    for place, part in enumerate(parts):
        name, _, rest = part.partition(";")
        name = SAME.get(name.strip(), name.strip())
        wanted.append((-_quality(rest), place, name))
    for quality, _, name in sorted(wanted):
        if quality == 0:
            continue
        if name in ("*/*", "") or name == default.partition("/")[0] + "/*":
            return default
        known = [form for form in (JSON, *WRITERS) if form == name or name == form.partition("/")[0] + "/*"]
        if known:
            return known[0]
    raise RequestError(
        406,
        "accept",
        f"the answer cannot be given as {shortened(accept or '', 100)!r}",
        hint=f"accept {', '.join((JSON, *WRITERS))}",
    )


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            with contextlib.suppress(ValueError):
                return min(max(float(value), 0.0), 1.0)
            return 0.0
    return 1.0
