"""A table on disk to a panel: opening, reading column by column, assembling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from forecaster.data.arrays import IN_MEMORY, GrowingArray, Ints, Scratch, row_blocks
from forecaster.data.cells import Cells
from forecaster.data.panel import Findings, Panel
from forecaster.data.reading.assemble import assemble, in_order
from forecaster.data.reading.category_cells import read_categories
from forecaster.data.reading.columns import ColumnBatch, mask
from forecaster.data.reading.csv_file import CsvFile
from forecaster.data.reading.files import table_files
from forecaster.data.reading.formats import format_of
from forecaster.data.reading.ids import NameIndex, read_ids
from forecaster.data.reading.missing_cells import MissingCells
from forecaster.data.reading.numbers import read_numbers
from forecaster.data.reading.offsets import zone_of
from forecaster.data.reading.problems import Problems, TableFile
from forecaster.data.reading.rows import Rows
from forecaster.data.reading.sources import (
    TableSource,
    fetched,
    open_files,
    open_table,
    source_name,
    spoken_of,
)
from forecaster.data.reading.times import LEFT_OUT, TimeReader, typed_time
from forecaster.data.spec import DataSpec, TimePartsSpec, with_plain_times
from forecaster.data.time_axis.axis import TimeAxis, end_of, parse_stamp
from forecaster.errors import ConfigError, DataError, Location

if TYPE_CHECKING:
    import pyarrow as pa


def read_table(
    spec: DataSpec,
    source: TableSource,
    *,
    keep_future: bool = False,
    time_axis: TimeAxis | None = None,
    scratch: Scratch = IN_MEMORY,
) -> tuple[Panel, Findings]:
    """Read a table, check it, and make its series regular. `cache.load_table` does so for large tables.

    Args:
        spec: The data section of the config.
        source: A file of any format, a folder of files (see `sources.table_files`), or a table in memory.
        keep_future: Whether rows after a series' last target value stay where a future covariate has a value.
        time_axis: The axis that every row must lie on: that of the rows a network was trained on. None takes
            the axis of data.freq that most rows lie on.
        scratch: Where the rows are held.

    Returns:
        The panel, and what reading found and corrected.

    Raises:
        DataError: The table has problems; the first few are named, each with file, row, column and next move.
        ConfigError: data.start or data.end is no time.
    """
    files = open_table(spec, source)
    rows = _read_rows(spec, files, source_name(source), scratch)
    return assemble(spec, rows, files, keep_future=keep_future, time_axis=time_axis, scratch=scratch)


def read_ahead(spec: DataSpec, source: TableSource, time_axis: TimeAxis) -> Cells:
    """Read a table of ids, times and future covariates, on the time axis of the training rows.

    A CSV file with commas between its columns is read as `forecaster future` writes it, any other as data.csv
    says.

    Raises:
        DataError: As for `read_table`; two rows of one series and time are refused.
    """
    with spoken_of(source):
        return _read_ahead(spec, source, time_axis)


def _read_ahead(spec: DataSpec, source: TableSource, time_axis: TimeAxis) -> Cells:
    local = fetched(source)
    none: dict[str, object] = {"targets": [], "past_covariates": [], "static_covariates": []}
    none |= {"start": None, "end": None, "duplicates": "error", "sheet": None}
    spec = spec.model_copy(update=none)
    plain = with_plain_times(spec)
    if isinstance(local, Path):
        [first, *_] = table_files(local)
        if format_of(first) is CsvFile:
            columns = CsvFile(first, plain.csv).columns
            if spec.time in columns and not set(spec.time_parts.columns.values()) & set(columns):
                spec = plain
    if not set(spec.time_parts.columns.values()) & set(
        open_files(source, spec.csv, sheet=spec.sheet)[0].columns
    ):
        # `forecaster future` writes each time in one column, also to Parquet.
        spec = spec.model_copy(update={"time_parts": TimePartsSpec()})
    files = open_table(spec, source)
    rows = _read_rows(spec, files, source_name(source), IN_MEMORY)
    ordered = in_order(spec, time_axis, rows, files)
    low = int(ordered.positions.min())
    span = int(ordered.positions.max()) - low + 1
    key = ordered.series.astype(np.int64) * span + (ordered.positions - low)
    place = {name: s for s, name in enumerate(rows.ids)}
    return Cells(place, low, span, key, ordered.values, rows.categories)


@dataclass
class _Batches:
    """The rows that are read so far.

    Attributes:
        stamps: (rows,).
        codes: (rows,), provisional places of ids; see NameIndex.
        values: (rows, columns), with provisional places of categories.
        ids: The ids so far.
        categories: The names so far of each column of categories, by its place in `values`.
        segments: As in Rows.
    """

    stamps: GrowingArray
    codes: GrowingArray
    values: GrowingArray
    ids: NameIndex = field(default_factory=NameIndex)
    categories: dict[int, NameIndex] = field(default_factory=dict)
    segments: list[tuple[int, Ints | int, int]] = field(default_factory=list)


def _read_rows(spec: DataSpec, files: Sequence[TableFile], source: str, scratch: Scratch) -> Rows:
    problems = Problems()
    times = TimeReader(spec)
    numbers = [*spec.targets, *spec.past_covariates, *spec.future_covariates, *spec.static_covariates]
    names = [spec.time, *([spec.id] if spec.id else []), *spec.time_parts.columns.values(), *numbers]
    batches = _Batches(
        scratch.growing(np.int64), scratch.growing(np.int32), scratch.growing(np.float64, len(numbers))
    )
    low, high = _bounds(spec, spec.timezone)
    n_read, n_left_out, seen = 0, 0, (np.iinfo(np.int64).max, np.iinfo(np.int64).min)
    for f, file in enumerate(files):
        start = 0
        for columns in file.batches(names):
            rows = np.arange(start, start + len(columns[0]), dtype=np.int64)
            start += len(rows)
            parts = _parts(spec, columns, f, rows, problems)
            stamps, good = times.read(ColumnBatch(spec.time, columns[0], f, rows, problems), parts)
            if times.zones and spec.timezone is None:
                low, high = _bounds(spec, times.zones[0])
            timed = good & (stamps != LEFT_OUT)
            n_left_out += int((good & ~timed).sum())
            if timed.any():
                seen = (min(seen[0], int(stamps[timed].min())), max(seen[1], int(stamps[timed].max())))
            if low is not None or high is not None or not timed.all():
                # A row whose time is at fault is reported, whatever data.start and data.end are.
                wanted = (_within(stamps, low, high) & timed) | ~good
                stamps, rows = stamps[wanted], rows[wanted]
                columns = [column.filter(mask(wanted)) for column in columns]
            if len(rows):
                _add(spec, batches, problems, columns, numbers, stamps, rows, f)
        n_read += start
        file.report_rows(problems, f)
    problems.raise_any(files)
    if not batches.stamps.rows:
        raise _no_rows(spec, source, n_read, seen, spec.timezone or zone_of(times.zones))
    joined = _join(batches, source, numbers)
    joined.zones = tuple(times.zones) if spec.timezone is None else ()
    joined.naive, joined.left_out = times.kind == "naive", n_left_out
    return joined


def _parts(
    spec: DataSpec, columns: list[pa.Array], file: int, rows: Ints, problems: Problems
) -> dict[str, ColumnBatch]:
    """Return the columns of data.time_parts, which follow those of times and ids."""
    first = 1 if spec.id is None else 2
    return {
        part: ColumnBatch(name, cells, file, rows, problems)
        for (part, name), cells in zip(spec.time_parts.columns.items(), columns[first:], strict=False)
    }


def _add(
    spec: DataSpec,
    batches: _Batches,
    problems: Problems,
    columns: list[pa.Array],
    numbers: list[str],
    stamps: Ints,
    rows: Ints,
    file: int,
) -> None:
    batches.stamps.append(stamps)
    if spec.id is not None:
        ids = read_ids(ColumnBatch(spec.id, columns[1], file, rows, problems))
        batches.codes.append(batches.ids.add(ids))
    values = np.empty((len(rows), len(numbers)))
    missing = MissingCells.of(spec.missing_values)
    for c, (name, cells) in enumerate(zip(numbers, columns[len(columns) - len(numbers) :], strict=True)):
        column = ColumnBatch(name, cells, file, rows, problems)
        if name in spec.categorical:
            texts = read_categories(column, missing)
            values[:, c] = batches.categories.setdefault(c, NameIndex()).add(texts)
        else:
            values[:, c] = read_numbers(column, spec.csv, missing)
    batches.values.append(values)
    consecutive = int(rows[-1]) - int(rows[0]) + 1 == len(rows)
    batches.segments.append((file, int(rows[0]) if consecutive else rows, len(rows)))


def _join(batches: _Batches, source: str, names: list[str]) -> Rows:
    stamps, values = batches.stamps.finish(), batches.values.finish()
    categories = {}
    for c, naming in batches.categories.items():
        rank, categories[names[c]] = naming.finish()
        for rows in row_blocks(len(values)):
            place = rank[values[rows, c].astype(np.int64)]
            values[rows, c] = np.where(place < 0, np.nan, place)
    ids: tuple[str, ...] = ("",)
    codes = np.broadcast_to(np.int32(0), len(stamps))
    if batches.codes.rows:
        codes = batches.codes.finish()
        rank, ids = batches.ids.finish()
        for rows in row_blocks(len(codes)):
            codes[rows] = rank[codes[rows]]
    return Rows(stamps, codes, ids, values, batches.segments, source, categories)


def _bounds(spec: DataSpec, zone: str | None) -> tuple[int | None, int | None]:
    """Return data.start and data.end on a zone's clock, as stamps; an end that is a day or a month includes it all."""
    bounds: list[int | None] = []
    for name, text in (("start", spec.start), ("end", spec.end)):
        if text is None:
            bounds.append(None)
            continue
        integer = isinstance(spec.freq, int)
        if not integer:
            text = typed_time(str(text), spec)
            text = end_of(text) if name == "end" else text
        try:
            bounds.append(parse_stamp(text, zone, integer=integer))
        except ValueError as error:
            raise ConfigError(
                str(error), hint="write it like the table's times", path=f"data.{name}"
            ) from None
    return bounds[0], bounds[1]


def _within(stamps: Ints, low: int | None, high: int | None) -> NDArray[np.bool_]:
    wanted = np.ones(len(stamps), dtype=bool)
    if low is not None:
        wanted &= stamps >= low
    if high is not None:
        wanted &= stamps <= high
    return wanted


def _no_rows(spec: DataSpec, source: str, n_read: int, seen: tuple[int, int], zone: str | None) -> DataError:
    place = Location(source)
    if n_read == 0:
        return DataError(
            "the table has a header and no rows",
            hint="give it rows, or point data.path elsewhere",
            location=place,
        )
    time_axis = TimeAxis(spec.freq, None if isinstance(spec.freq, int) else zone)
    first, last = time_axis.stamp_text(np.array(seen))
    bounds = [f"data.{n} {v}" for n, v in (("start", spec.start), ("end", spec.end)) if v is not None]
    what = f"none of its {n_read:,} rows, from {first} to {last}, lies within {' and '.join(bounds)}"
    return DataError(what, hint="widen data.start and data.end", location=place)
