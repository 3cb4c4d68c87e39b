"""Cells to float64, strictly: whatever is not plainly a number is an error, never a guess."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecaster.data.arrays import Floats, Ints
from forecaster.data.reading.problems import CellFault, Problems
from forecaster.data.spec import CsvSpec

if TYPE_CHECKING:
    import pyarrow as pa

# The only texts that mean "no value" in a column of numbers.
MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "None")
# From here on float64 skips integers; a text may have been rounded onto it.
_LARGEST_EXACT = 2.0**53
_LEAVE_EMPTY = "correct it, or leave the field empty to mark it missing"


def read_numbers(
    column: pa.Array, csv: CsvSpec, problems: Problems, *, name: str, file: int, rows: Ints
) -> Floats:
    """(rows,), float64, NaN where missing. rows: the data row of each cell, for messages.

    Faulty cells are added to `problems` and come back as NaN.
    """
    import pyarrow as pa
    import pyarrow.types as types

    if types.is_string(column.type):
        return _read_text(column, csv, problems, name=name, file=file, rows=rows)
    kind = column.type
    plain = (
        types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind) or types.is_decimal(kind)
    )
    if not (plain or types.is_null(kind)):
        problems.add(
            file,
            rows[:1],
            name,
            lambda _: (f"the column holds {kind}, not numbers", "store it as a number type"),
        )
        return np.full(len(rows), np.nan)
    values = _to_floats(column.cast(pa.float64(), safe=False))
    large = np.abs(values) >= _LARGEST_EXACT if types.is_integer(kind) else np.zeros(len(values), dtype=bool)
    bad = np.isinf(values)
    if large.any():
        bad[large] = [int(v) != int(f) for v, f in zip(_texts(column, large), values[large], strict=True)]
    _report(column, bad, problems, csv, name=name, file=file, rows=rows)
    values[bad] = np.nan
    return values


def _read_text(
    column: pa.Array, csv: CsvSpec, problems: Problems, *, name: str, file: int, rows: Ints
) -> Floats:
    import pyarrow as pa

    if csv.decimal == "." and csv.thousands is None:
        try:
            values, bad = _read_plain(column)
        except pa.ArrowInvalid:
            values, bad = _read_odd(column, csv)
    else:
        values, bad = _read_odd(column, csv)
    large = np.abs(values) >= _LARGEST_EXACT
    if large.any():
        bad[large] |= [_is_rounded(text, csv) for text in _texts(column, large)]
    _report(column, bad, problems, csv, name=name, file=file, rows=rows)
    values[bad] = np.nan
    return values


def _read_plain(column: pa.Array) -> tuple[Floats, NDArray[np.bool_]]:
    """Values, and which cells are no number. Raises ArrowInvalid where a text cannot be parsed at all."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        values = _to_floats(column.cast(pa.float64()))
    except pa.ArrowInvalid:
        missing = pc.is_in(column, value_set=pa.array(MISSING, type=column.type))
        values = _to_floats(pc.if_else(missing, None, column).cast(pa.float64()))
    bad = np.isinf(values)
    empty = np.isnan(values)
    if empty.any():
        # The parser takes "-nan" too, which is not among the texts that mean missing.
        texts = column.filter(pa.array(empty))
        bad[empty] = ~_flags(pc.is_in(texts, value_set=pa.array(MISSING, type=column.type)))
    return values, bad


def _read_odd(column: pa.Array, csv: CsvSpec) -> tuple[Floats, NDArray[np.bool_]]:
    """Cell by cell against the grammar of numbers: values, and which cells break it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    text = pc.utf8_trim_whitespace(column)
    missing = _flags(pc.is_in(text, value_set=pa.array(MISSING, type=text.type)))
    good = _flags(pc.match_substring_regex(text, _grammar(csv)))
    if csv.thousands is not None:
        text = pc.replace_substring(text, csv.thousands, "")
    if csv.decimal != ".":
        text = pc.replace_substring(text, csv.decimal, ".")
    values = _to_floats(pc.if_else(pa.array(good), text, None).cast(pa.float64()))
    return values, ~(good | missing) | np.isinf(values)


def _grammar(csv: CsvSpec) -> str:
    mark = re.escape(csv.decimal)
    whole = r"\d+"
    if csv.thousands is not None:
        group = re.escape(csv.thousands)
        whole = rf"(\d{{1,3}}({group}\d{{3}})+|\d+)"
    return rf"^[+-]?({whole}({mark}\d*)?|{mark}\d+)([eE][+-]?\d+)?$"


def _is_rounded(text: str, csv: CsvSpec) -> bool:
    """Whether the text is an integer that float64 cannot hold."""
    plain = text.strip().replace(csv.thousands or "\0", "")
    return re.fullmatch(r"[+-]?\d+", plain) is not None and int(plain) != int(float(plain))


def _report(
    column: pa.Array,
    bad: NDArray[np.bool_],
    problems: Problems,
    csv: CsvSpec,
    *,
    name: str,
    file: int,
    rows: Ints,
) -> None:
    where = np.flatnonzero(bad)
    if len(where):
        problems.add(file, rows[where], name, lambda i: describe(str(column[int(where[i])].as_py()), csv))


def describe(text: str, csv: CsvSpec) -> CellFault:
    """What is wrong with the text of a cell that should be a number, and the next move."""
    shown = repr(text if len(text) <= 40 else text[:37] + "...")
    plain = text.strip()
    if re.fullmatch(r"[+-]?\d{17,}", plain) or (
        re.fullmatch(r"[+-]?\d{16}", plain) and _is_rounded(plain, csv)
    ):
        hint = "divide the column, or make it an id: ids are text"
        return f"{shown} is an integer above 2^53, which floating point would round", hint
    if re.fullmatch(r"[+-]?(inf|infinity)", plain.lower()) or re.fullmatch(_grammar(csv), plain):
        return f"{shown} is not a finite number", _LEAVE_EMPTY
    if csv.thousands is None and csv.decimal == "." and re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+", plain):
        hint = f"set data.csv.thousands: ',' for {plain.replace(',', '')}"
        if plain.count(",") == 1:
            hint += f", or data.csv.decimal: ',' for {plain.replace(',', '.')}"
        return f"{shown} is not a number", hint
    if csv.thousands is None and re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+\.\d+", plain):
        return f"{shown} is not a number", "set data.csv.thousands: ','"
    if csv.decimal == "." and re.fullmatch(r"[+-]?\d*,\d+", plain):
        return f"{shown} is not a number", "set data.csv.decimal: ','"
    if csv.decimal != "." and re.fullmatch(r"[+-]?\d*\.\d+", plain):
        return f"{shown} is not a number", f"data.csv.decimal is {csv.decimal!r}; make it '.'"
    if plain.lower() in ("true", "false", "yes", "no"):
        return f"{shown} is not a number", "write 1 and 0"
    return f"{shown} is not a number", _LEAVE_EMPTY


def _texts(column: pa.Array, mask: NDArray[np.bool_]) -> list[Any]:
    import pyarrow as pa

    texts: list[Any] = column.filter(pa.array(mask)).to_pylist()
    return texts


def _to_floats(column: pa.Array) -> Floats:
    """Writable float64; null becomes NaN."""
    return np.array(column.to_numpy(zero_copy_only=False), dtype=np.float64)


def _flags(column: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=bool)
