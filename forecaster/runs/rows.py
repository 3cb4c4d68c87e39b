"""Strict reads of the small tables of a run: history.csv and the scores by step."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from typing import Any

from forecaster.runs.directory import RunDir
from forecaster.runs.reading import MIB, damaged

# The largest of these tables. history.csv has about 100 bytes for each epoch.
MOST_TABLE = 64 * MIB
_LONGEST_NUMBER = 40
_BOOLEANS = {"True": True, "False": False}


def read_rows(
    run: RunDir, name: str, columns: Mapping[str, type], *, or_empty: bool = False
) -> list[dict[str, Any]]:
    """Return the rows of a CSV file of a complete run.

    Args:
        run: The run directory.
        name: The file, relative to the directory.
        columns: The type of the columns that must be there; every other one holds numbers, None in an empty cell.
        or_empty: Whether the file may have no content at all.

    Raises:
        DataError: When the file is damaged: a column is missing, or a cell is not of its type.
    """
    path = run.file(name)
    try:
        text = run.read(name, most=MOST_TABLE).decode("utf-8")
        if or_empty and not text.strip():
            return []
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        head = next(reader, [])
        if not columns.keys() <= set(head) or len(set(head)) != len(head):
            raise ValueError(f"line 1: the columns {', '.join(columns)} are needed, each once")
        rows = []
        for cells in reader:
            if len(cells) != len(head):
                raise ValueError(
                    f"line {reader.line_num}: has {len(cells)} cells, and there are {len(head)} columns"
                )
            row = {}
            for key, cell in zip(head, cells, strict=True):
                try:
                    row[key] = _value(cell, columns.get(key, float))
                except (ValueError, KeyError):
                    shown = cell[:_LONGEST_NUMBER]
                    raise ValueError(
                        f"line {reader.line_num}: {shown!a} is no value of {key[:40]!a}"
                    ) from None
            rows.append(row)
    except (ValueError, csv.Error) as error:
        raise damaged(path, str(error)) from error
    return rows


def _value(cell: str, kind: type) -> Any:
    if kind is str:
        return cell
    if kind is bool:
        return _BOOLEANS[cell]
    if kind is float and not cell:
        return None
    if len(cell) > _LONGEST_NUMBER:
        raise ValueError("too long for a number")
    value = kind(cell)
    if not math.isfinite(value) or (kind is int and not 0 <= value < 2**53):
        raise ValueError("not a number that a run has")
    return value
