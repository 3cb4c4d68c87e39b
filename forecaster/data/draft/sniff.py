"""How a table of unknown make is written: the dialect of a CSV file, and the kind of each column's values."""

from __future__ import annotations

import gzip
import io
import re
from csv import reader
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from forecaster.data.reading.csv_file import CsvFile, width_faults
from forecaster.data.reading.numbers import MISSING, read_numbers
from forecaster.data.reading.parquet_file import ENDINGS as PARQUET_ENDINGS
from forecaster.data.reading.problems import Problems
from forecaster.data.reading.sources import table_files
from forecaster.data.spec import CsvSpec
from forecaster.errors import DataError, Location

if TYPE_CHECKING:
    import pandas as pd

SAMPLE_ROWS = 5_000
SEPARATORS = (",", ";", "\t", "|")
# Tried in this order, so the plainest writing that makes the most columns numeric wins.
MARKS: tuple[tuple[str, str | None], ...] = ((".", None), (",", None), (",", "."), (".", ","))
INTEGER = re.compile(r"[+-]?\d+")
ISO = re.compile(r"\d{4}-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?( ?(Z|[+-]\d{2}(:?\d{2})?))?)?)?")

Kind = Literal["time", "integer", "number", "text", "empty"]


@dataclass(frozen=True)
class Sample:
    """The first rows of a table. csv is None for Parquet.

    table: at most SAMPLE_ROWS rows; every CSV column as text, Parquet columns in their own types.
    """

    path: Path
    csv: CsvSpec | None
    table: pd.DataFrame
    kinds: dict[str, Kind] = field(default_factory=dict)

    def of_kind(self, *kinds: Kind) -> list[str]:
        """Columns of these kinds, in the table's order."""
        return [name for name, kind in self.kinds.items() if kind in kinds]


def sniff(path: Path) -> Sample:
    """The first rows of a CSV (also .gz) or Parquet file or folder.

    Raises DataError when there is no such table, or it has no rows or fewer than two columns.
    """
    table_files(path)  # raises when there is nothing to read
    sample = _parquet_sample(path) if is_parquet(path) else _csv_sample(path)
    here = Location(str(path))
    names = list(sample.table.columns)
    if len(names) < 2:
        raise DataError(
            f"found one column only, {names[0]!r}" if names else "found no columns",
            hint="a table needs a time column and a column of numbers, with a header line",
            location=here,
        )
    if sample.table.empty:
        raise DataError("the table has a header and no rows", hint="add rows", location=here)
    csv = sample.csv or CsvSpec()
    kinds = {name: kind_of(sample.table[name], csv) for name in names}
    return Sample(sample.path, sample.csv, sample.table, kinds)


def is_parquet(path: Path) -> bool:
    return path.is_dir() or path.suffix.lower() in PARQUET_ENDINGS


def kind_of(column: pd.Series[Any], csv: CsvSpec) -> Kind:
    """What a column's values are, empty cells aside. Text that reads as ISO 8601 is time."""
    import pandas as pd

    if pd.api.types.is_bool_dtype(column.dtype):
        return "text"
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return "time"
    if pd.api.types.is_integer_dtype(column.dtype):
        return "integer"
    if pd.api.types.is_float_dtype(column.dtype):
        return "number"
    cells = filled(column)
    if not cells:
        return "empty"
    if all(ISO.fullmatch(cell) for cell in cells):
        return "time"
    if not _are_numbers(cells, csv):
        return "text"
    return "integer" if all(INTEGER.fullmatch(cell) for cell in cells) else "number"


def _are_numbers(cells: list[str], csv: CsvSpec) -> bool:
    """Whether the reader would take every cell: integers that a float would round are text (ids)."""
    import pyarrow as pa

    problems = Problems()
    rows = np.arange(len(cells), dtype=np.int64)
    read_numbers(pa.array(cells, pa.string()), csv, problems, name="", file=0, rows=rows)
    return problems.count == 0


def filled(column: pd.Series[Any]) -> list[str]:
    """The cells that hold something, as text."""
    texts = (str(cell).strip() for cell in column.dropna().tolist())
    return [text for text in texts if text not in MISSING]


def read_columns(sample: Sample, names: list[str]) -> pd.DataFrame:
    """These columns of the whole table, read as training reads them; CSV columns as text."""
    import pyarrow as pa
    import pyarrow.dataset

    if sample.csv is None:
        table = pyarrow.dataset.dataset(sample.path, format="parquet").to_table(columns=names)
    else:
        file = CsvFile(sample.path, sample.csv)
        batches = list(file.batches(names))
        if file.wrong_width:
            [(place, _)] = file.places([file.wrong_width[0][0]])
            raise DataError(
                "a row of another width", diagnostics=[replace(width_faults(file)[0], location=place)]
            )
        columns = [pa.chunked_array(parts, pa.string()) for parts in zip(*batches, strict=True)]
        table = pa.table(columns, names=names)
    frame: pd.DataFrame = table.to_pandas(date_as_object=False)
    return frame


def _parquet_sample(path: Path) -> Sample:
    import pyarrow
    import pyarrow.dataset

    try:
        head = pyarrow.dataset.dataset(path, format="parquet").head(SAMPLE_ROWS)
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise DataError(
            f"{path}: this is not a Parquet table ({str(error).splitlines()[0]})",
            hint="give a .parquet file, a folder of them, or a CSV file",
        ) from None
    _check_no_repeats(head.column_names, path)
    return Sample(path, None, head.to_pandas(date_as_object=False))


def _csv_sample(path: Path) -> Sample:
    import pandas as pd

    encoding, text = _head(path)
    if not text.strip():
        raise DataError(f"{path}: the file is empty", hint="give a table with a header line")
    separator = _separator(text)
    lines = list(reader(io.StringIO(text), delimiter=separator))
    if text.count("\n") > SAMPLE_ROWS:
        # The sample may end inside a quoted cell of several lines.
        lines.pop()
    header, body = lines[0], [line for line in lines[1:] if line]
    ragged = next((i for i, line in enumerate(body, start=2) if len(line) != len(header)), None)
    if ragged is not None:
        raise DataError(
            f"the line has {len(body[ragged - 2])} fields, the header has {len(header)}",
            hint="write as many fields in every line as in the first",
            location=Location(str(path), ragged),
        )
    _check_no_repeats(header, path)
    table = pd.DataFrame(body, columns=pd.Index(header), dtype="str")
    return Sample(path, _numbers_as_written(table, separator, encoding), table)


def _check_no_repeats(names: list[str], path: Path) -> None:
    twice = [name for i, name in enumerate(names) if name in names[:i]]
    if twice:
        raise DataError(
            f"the column {twice[0]!r} stands twice",
            hint="rename one of the two",
            location=Location(str(path)),
        )


def _head(path: Path) -> tuple[str, str]:
    """The file's encoding and its first lines."""
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opened(path, "rb") as file:
            head = b"".join(islice(file, SAMPLE_ROWS + 1))
    except (gzip.BadGzipFile, EOFError) as error:
        raise DataError(f"{path}: not a whole gzip file ({error})", hint="pack it again") from None
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", head.decode("utf-16", errors="ignore")
    if b"\0" in head:
        raise DataError(f"{path}: this is not text", hint="give a CSV or Parquet table")
    for encoding in ("utf-8", "cp1252"):
        try:
            # The reader takes a byte order mark of utf-8 for what it is.
            return encoding, head.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
    # Every byte has a meaning in latin-1, so this one cannot fail.
    return "latin-1", head.decode("latin-1")


def _separator(text: str) -> str:
    """The mark that gives every line as many fields as the header, and the most of them."""

    def fields(mark: str) -> int:
        counts = {len(line) for line in reader(io.StringIO(text), delimiter=mark) if line}
        return counts.pop() if len(counts) == 1 else 0

    best = max(SEPARATORS, key=fields)
    if fields(best) > 1:
        return best
    # No mark fits every line: the one the header uses most, so that the message names the line that differs.
    header = text.splitlines()[0]
    return max(SEPARATORS, key=header.count)


def _numbers_as_written(table: pd.DataFrame, separator: str, encoding: str) -> CsvSpec:
    """The marks of numbers that make the most columns numeric."""
    written = [
        CsvSpec(separator=separator, decimal=decimal, thousands=thousands, encoding=encoding)
        for decimal, thousands in MARKS
        if separator not in (decimal, thousands)
    ]
    return max(
        written, key=lambda csv: sum(kind_of(table[name], csv) in ("integer", "number") for name in table)
    )
