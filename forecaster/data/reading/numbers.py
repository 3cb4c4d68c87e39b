"""Cells to float64, strictly: what is not clearly a number is an error, never a guess."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

from forecaster.data.arrays import Floats
from forecaster.data.reading.columns import Bools, ColumnBatch, cast_text, mask, to_flags, to_floats
from forecaster.data.reading.dressed import dress_of
from forecaster.data.reading.missing_cells import NOTHING, MissingCells
from forecaster.data.reading.problems import CellFault
from forecaster.data.reading.stand_ins import stands_for_none
from forecaster.data.spec import CsvSpec
from forecaster.text import in_yaml

if TYPE_CHECKING:
    import pyarrow as pa

# The only texts that mean "no value" in a column of numbers.
MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "None")
# From 2^53 on float64 skips integers: such a number may be the rounding of another.
_LARGEST_EXACT = 2.0**53
# The square of a larger number, in a variance or a score, may be beyond floating point.
LARGEST = 1e150
_MOST_DIGITS = 300
_LEAVE_EMPTY = "correct it, or leave the field empty to mark it missing"


def read_numbers(column: ColumnBatch, csv: CsvSpec, missing: MissingCells = NOTHING) -> Floats:
    """Return the numbers of a column, (rows,), float64, NaN where missing or faulty.

    Faulty cells are added to the problems of the column, and so is a type that holds no numbers.

    Args:
        column: Text, or a column of any type of number.
        csv: The decimal mark and the mark between thousands of text.
        missing: What stands for no value, besides MISSING.
    """
    import pyarrow as pa
    import pyarrow.types as types

    kind = column.cells.type
    if types.is_string(kind):
        values, bad = _parse(missing.without_texts(column.cells.fill_null("")), csv)
    elif any(is_kind(kind) for is_kind in (
        types.is_integer, types.is_floating, types.is_boolean, types.is_decimal, types.is_null,
    )):  # fmt: skip
        values = to_floats(column.cells.cast(pa.float64(), safe=False))
        bad = np.isinf(values)
    else:
        column.report_type((f"the column holds {kind}, not numbers", "store it as a number type"))
        return np.full(len(column.rows), np.nan)
    if types.is_string(kind) or types.is_integer(kind) or types.is_decimal(kind):
        large = np.abs(values) >= _LARGEST_EXACT
        if large.any():
            bad[large] |= [is_rounded(text, csv) for text in column.texts(large)]
    bad |= np.abs(values) > LARGEST
    if missing.numbers:
        left_out = missing.among(values)
        bad &= ~left_out
        values[left_out] = np.nan
    column.report(bad, lambda text: describe(text, csv))
    values[bad] = np.nan
    return values


def _parse(cells: pa.Array, csv: CsvSpec) -> tuple[Floats, Bools]:
    """Return the numbers of texts, and which texts are no number."""
    import pyarrow as pa

    if csv.decimal == "." and csv.thousands is None:
        try:
            return _cast(cells)
        except pa.ArrowInvalid:
            pass
    return _parse_each(cells, csv)


def _cast(cells: pa.Array) -> tuple[Floats, Bools]:
    """Read texts by Arrow's own strict cast, the fast way. Raises ArrowInvalid where it refuses one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        values = to_floats(cast_text(cells, pa.float64()))
    except pa.ArrowInvalid:
        values = to_floats(cast_text(pc.if_else(_is_missing(cells), None, cells), pa.float64()))
    unknown = np.isnan(values)
    if unknown.any():
        # The cast takes "-nan" too, which is not among the texts that mean missing.
        unknown[unknown] = ~to_flags(_is_missing(cells.filter(mask(unknown))))
    return values, unknown | np.isinf(values)


def _parse_each(cells: pa.Array, csv: CsvSpec) -> tuple[Floats, Bools]:
    """Hold each text to the grammar of numbers, which allows the marks of `csv`, and blanks around it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    text = pc.utf8_trim_whitespace(cells)
    missing = to_flags(_is_missing(text))
    good = to_flags(pc.match_substring_regex(text, _grammar(csv)))
    if csv.thousands is not None:
        text = pc.replace_substring(text, csv.thousands, "")
    if csv.decimal != ".":
        text = pc.replace_substring(text, csv.decimal, ".")
    values = to_floats(pc.if_else(mask(good), text, None).cast(pa.float64()))
    return values, ~(good | missing) | np.isinf(values)


def _is_missing(text: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.is_in(text, value_set=pa.array(MISSING))


def _grammar(csv: CsvSpec) -> str:
    """Return the regular expression of a number that is written with the marks of `csv`."""
    mark = re.escape(csv.decimal)
    whole = r"\d+"
    if csv.thousands is not None:
        group = re.escape(csv.thousands)
        whole = rf"(\d{{1,3}}({group}\d{{3}})+|\d+)"
    return rf"^[+-]?({whole}({mark}\d*)?|{mark}\d+)([eE][+-]?\d+)?$"


def is_rounded(text: str, csv: CsvSpec) -> bool:
    """Return whether the text is an integer that float64 cannot hold."""
    plain = _without_zeros(text.strip().replace(csv.thousands or "\0", ""), csv)
    if re.fullmatch(r"[+-]?\d+", plain) is None:
        return False
    # Python turns no text of thousands of digits into an integer; float64 holds none of more than 309.
    return len(plain) > _MOST_DIGITS or int(plain) != int(float(plain))


def _without_zeros(text: str, csv: CsvSpec) -> str:
    """Return a number without a decimal mark that only zeros follow."""
    return re.sub(rf"{re.escape(csv.decimal)}0*$", "", text)


def _plain(text: str, csv: CsvSpec) -> str:
    """Return a number that fits `_grammar` as Python writes it."""
    return text.replace(csv.thousands or "\0", "").replace(csv.decimal, ".")


def describe(text: str, csv: CsvSpec) -> CellFault:
    """Return what is wrong with a text that should be a number, and the next move."""
    shown = repr(text if len(text) <= 40 else text[:37] + "...")
    plain = text.strip()
    whole = _without_zeros(plain, csv)
    if re.fullmatch(r"[+-]?\d{17,}", whole) or (
        re.fullmatch(r"[+-]?\d{16}", whole) and is_rounded(plain, csv)
    ):
        hint = "divide the column, or make it an id: ids are text"
        return f"{shown} is an integer above 2^53, which floating point would round", hint
    if re.fullmatch(r"[+-]?(inf|infinity)", plain.lower()) or re.fullmatch(_grammar(csv), plain):
        if re.search(r"\d", plain) and math.isfinite(float(_plain(plain, csv))):
            return f"{shown} is beyond 1e150, where squares overflow", "divide the column by a power of ten"
        return f"{shown} is not a finite number", _LEAVE_EMPTY
    if csv.thousands is None and csv.decimal == "." and re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+", plain):
        hint = f"set data.csv.thousands: ',' for {plain.replace(',', '')}"
        if plain.count(",") == 1 and csv.separator != ",":
            hint += f", or data.csv.decimal: ',' for {plain.replace(',', '.')}"
        return f"{shown} is not a number", hint
    if csv.thousands is None and re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+\.\d+", plain):
        return f"{shown} is not a number", "set data.csv.thousands: ','"
    if csv.decimal == "." and re.fullmatch(r"[+-]?\d*,\d+", plain):
        # The separator is no decimal mark, not even in quotes.
        point = f"write it with a point, as in {plain.replace(',', '.')}"
        return f"{shown} is not a number", point if csv.separator == "," else "set data.csv.decimal: ','"
    if csv.decimal != "." and re.fullmatch(r"[+-]?\d*\.\d+", plain):
        return f"{shown} is not a number", f"set data.csv.decimal: '.', in place of {csv.decimal!r}"
    if plain.lower() in ("true", "false", "yes", "no"):
        return f"{shown} is not a number", "write 1 and 0"
    if stands_for_none(plain):
        hint = f"correct it, or where it stands for no value set data.missing_values: [{in_yaml(plain)}]"
        return f"{shown} is not a number", hint
    dress = dress_of(plain, among_numbers=True)
    if dress is not None:
        return f"{shown} is a number {dress[0]}", dress[1]
    return f"{shown} is not a number", _LEAVE_EMPTY
