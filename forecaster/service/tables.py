"""Bodies that are tables by themselves: CSV, Parquet and Arrow IPC, within the bounds of a request."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.data.reading.compressed import MOST_GROWTH
from forecaster.data.reading.damaged import damage
from forecaster.data.reading.parquet_file import unpacks_to_much
from forecaster.errors import EnvironmentError_
from forecaster.remote.address import IN_MEMORY
from forecaster.service.arrow_messages import as_stream, rows_of_stream
from forecaster.service.forms import ARROW_FILE, ARROW_STREAM, CSV, PARQUET
from forecaster.service.problems import RequestError

if TYPE_CHECKING:
    import pyarrow as pa

_ENDINGS = {CSV: ".csv", PARQUET: ".parquet", ARROW_STREAM: ".arrow", ARROW_FILE: ".arrow"}
# The most bytes that the texts of a column may take, if each row had the longest.
MOST_TEXT = 256 << 20
# What messages call the table of a request.
THE_TABLE = "the table"
# What messages call tables that came as JSON.
NAMES_OF_JSON = {IN_MEMORY: THE_TABLE}


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
        RequestError: When the table has too many rows, or unpacks to far more than its size.
        EnvironmentError_: When the file cannot be written.
    """
    body = as_stream(body) if media_type in (ARROW_FILE, ARROW_STREAM) else body
    check_rows(_rows(body, media_type), most_rows)
    try:
        handle, name = tempfile.mkstemp(prefix="forecaster-serve-", suffix=_ENDINGS[media_type])
    except OSError as error:
        raise EnvironmentError_(f"a file for a request cannot be made: {error.strerror}") from error
    file = Path(name)
    try:
        try:
            with os.fdopen(handle, "wb") as opened:
                opened.write(body)
        except OSError as error:
            raise EnvironmentError_(f"a file for a request cannot be written: {error.strerror}") from error
        if media_type != CSV:
            check_texts(file)
        yield file, {name: THE_TABLE}
    finally:
        file.unlink(missing_ok=True)


def _rows(body: bytes, media_type: str) -> int:
    """Return the number of rows of a table, or for CSV at least as many; 0 where only reading it tells."""
    if media_type == CSV:
        return max(body.count(b"\n"), body.count(b"\r")) - 1
    if media_type == PARQUET:
        import pyarrow as pa
        import pyarrow.parquet as parquet

        try:
            metadata = parquet.read_metadata(pa.BufferReader(body))
            grows = unpacks_to_much(metadata, len(body))
        except damage():
            # The reader says what is wrong with it.
            return 0
        if grows:
            raise RequestError(
                422,
                "table",
                f"the table unpacks to more than {MOST_GROWTH} times its size",
                hint="send the columns that the run needs, without compression",
            )
        return int(metadata.num_rows)
    return rows_of_stream(body)


def check_texts(file: Path) -> None:
    """Raise RequestError for a Parquet or Arrow file whose texts would fill the memory once each row has its own.

    Such files hold a text once and a number in each row. A file that cannot be read is explained by its reader.
    """
    try:
        most = max(_longest_texts(file), default=0)
    except damage():
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
