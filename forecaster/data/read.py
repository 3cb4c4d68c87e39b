"""A table on disk to a panel: the one way in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from forecaster.data.assemble import assemble
from forecaster.data.categories import number, read_categories
from forecaster.data.grid import Grid, parse_stamp
from forecaster.data.ids import read_ids, unify
from forecaster.data.numbers import read_numbers
from forecaster.data.panel import Findings, Floats, Ints, Panel
from forecaster.data.problems import Problems
from forecaster.data.read_csv import CsvFile, width_faults
from forecaster.data.read_parquet import ParquetFile
from forecaster.data.rows import Rows
from forecaster.data.sources import fingerprint, open_table
from forecaster.data.spec import DataSpec
from forecaster.data.times import TimeReader
from forecaster.errors import ConfigError, DataError, Location

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Findings", "fingerprint", "read_table"]


def read_table(
    spec: DataSpec, path: Path, *, keep_future: bool = False, grid: Grid | None = None
) -> tuple[Panel, Findings]:
    """Read, check and regularise a CSV or Parquet file, or a folder of Parquet files.

    keep_future: keep the rows after each series' last target value where a future
    covariate has a value. grid: the time axis that every row must lie on; None takes the
    one of data.freq that most rows lie on.
    Raises DataError with the first few problems of the table, each with file, row,
    column and the next move, and ConfigError where data.start or data.end is no time.
    """
    files = open_table(spec, path)
    rows = _read_rows(spec, files, str(path))
    return assemble(spec, rows, files, keep_future=keep_future, grid=grid)


@dataclass
class _Batches:
    """The table as it grows, batch by batch."""

    stamps: list[Ints] = field(default_factory=list)
    ids: list[pa.Array] = field(default_factory=list)
    values: list[Floats] = field(default_factory=list)
    texts: dict[int, list[pa.Array]] = field(default_factory=dict)
    """Of the columns of categories, by their place in values."""
    segments: list[tuple[int, Ints | int, int]] = field(default_factory=list)


def _read_rows(spec: DataSpec, files: Sequence[CsvFile | ParquetFile], source: str) -> Rows:
    problems = Problems()
    times = TimeReader(spec, problems)
    batches = _Batches()
    numbers = [*spec.targets, *spec.past_covariates, *spec.future_covariates, *spec.static_covariates]
    names = [spec.time, *([spec.id] if spec.id else []), *numbers]
    low, high = _bounds(spec)
    n_read, seen = 0, (np.iinfo(np.int64).max, np.iinfo(np.int64).min)
    for f, file in enumerate(files):
        start = 0
        for columns in file.batches(names):
            rows = np.arange(start, start + len(columns[0]), dtype=np.int64)
            start += len(rows)
            stamps, good = times.read(columns[0], file=f, rows=rows)
            if good.any():
                seen = (min(seen[0], int(stamps[good].min())), max(seen[1], int(stamps[good].max())))
            if low is not None or high is not None:
                # A row whose time is at fault is reported whatever its place.
                wanted = _within(stamps, low, high) | ~good
                stamps, rows = stamps[wanted], rows[wanted]
                columns = [column.filter(_mask(wanted)) for column in columns]
            if len(rows):
                _add(spec, batches, problems, columns, numbers, stamps, rows, f)
        n_read += start
        if isinstance(file, CsvFile):
            _report_widths(file, problems, f)
    problems.raise_any(files)
    if not batches.stamps:
        raise _no_rows(spec, source, n_read, seen)
    return _join(batches, source, numbers)


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
        batches.ids.append(read_ids(columns[1], problems, name=spec.id, file=file, rows=rows))
    values = np.empty((len(rows), len(numbers)))
    for c, (name, column) in enumerate(zip(numbers, columns[-len(numbers) :], strict=True)):
        if name in spec.categorical:
            texts = read_categories(column, problems, name=name, file=file, rows=rows)
            batches.texts.setdefault(c, []).append(texts)
        else:
            values[:, c] = read_numbers(column, spec.csv, problems, name=name, file=file, rows=rows)
    batches.values.append(values)
    consecutive = int(rows[-1]) - int(rows[0]) + 1 == len(rows)
    batches.segments.append((file, int(rows[0]) if consecutive else rows, len(rows)))


def _join(batches: _Batches, source: str, names: list[str]) -> Rows:
    stamps = np.concatenate(batches.stamps)
    batches.stamps.clear()
    values = np.empty((len(stamps), batches.values[0].shape[1]))
    at = len(stamps)
    while batches.values:  # from the end, giving each batch's memory back as it is copied
        block = batches.values.pop()
        values[at - len(block) : at] = block
        at -= len(block)
    categories = {}
    for c, texts in batches.texts.items():
        values[:, c], categories[names[c]] = number(texts)
    if not batches.ids:
        series = np.zeros(len(stamps), dtype=np.int8)
        return Rows(stamps, series, ("",), values, batches.segments, source, categories)
    codes, ids = unify(batches.ids)
    return Rows(stamps, codes, ids, values, batches.segments, source, categories)


def _report_widths(file: CsvFile, problems: Problems, f: int) -> None:
    """Rows with too few or too many fields; and the numbers of the rows after them."""
    problems.renumber(f, file.record_of_row)
    faults = width_faults(file)
    records = np.array([record for record, _, _ in file.wrong_width], dtype=np.int64)
    problems.add(f, records, "", lambda i: (faults[i].summary, faults[i].hint))


def _bounds(spec: DataSpec) -> tuple[int | None, int | None]:
    """data.start and data.end as stamps; an end that is a date means its whole day."""
    bounds: list[int | None] = []
    for name, text in (("start", spec.start), ("end", spec.end)):
        if text is None:
            bounds.append(None)
            continue
        integer = isinstance(spec.freq, int)
        whole_day = name == "end" and not integer and isinstance(text, str) and len(text.strip()) == 10
        try:
            bounds.append(
                parse_stamp(f"{text} 23:59:59.999999" if whole_day else text, spec.timezone, integer=integer)
            )
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


def _mask(wanted: NDArray[np.bool_]) -> pa.Array:
    import pyarrow as pa

    return pa.array(wanted)


def _no_rows(spec: DataSpec, source: str, n_read: int, seen: tuple[int, int]) -> DataError:
    place = Location(source)
    if n_read == 0:
        return DataError(
            "the table has a header and no rows",
            hint="give it rows, or point data.path elsewhere",
            location=place,
        )
    grid = Grid(spec.freq, None if isinstance(spec.freq, int) else spec.timezone)
    first, last = grid.stamp_text(np.array(seen))
    bounds = [f"data.{n} {v}" for n, v in (("start", spec.start), ("end", spec.end)) if v is not None]
    what = f"none of its {n_read:,} rows, from {first} to {last}, lies within {' and '.join(bounds)}"
    return DataError(what, hint="widen data.start and data.end", location=place)
