"""Texts that a spreadsheet would take for formulas."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

import forecaster as fc
from forecaster.errors import UsageError
from forecaster.runs.tables import check_spreadsheet_safe, csv_bytes, spreadsheet_safe


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\ta", "\ra", "\na", "＝1", "-"])
def test_a_formula_gets_an_apostrophe(text: str) -> None:
    safe = spreadsheet_safe(pa.table({text: [text, None, "a=1", ""]}))
    assert safe.to_pydict() == {f"'{text}": [f"'{text}", None, "a=1", ""]}


def test_numbers_and_other_texts_stay() -> None:
    table = pa.table({"id": ["a", "'=b", " =c"], "forecast": [-1.5, 2.0, None], "step": [-1, 2, 3]})
    assert spreadsheet_safe(table).equals(table)


def test_categories_count_as_texts() -> None:
    table = pa.table({"id": pa.array(["=a", "b"]).dictionary_encode()})
    assert csv_bytes(spreadsheet_safe(table)) == b"id\n'=a\nb\n"


def test_python_gets_a_table_of_its_library() -> None:
    safe = fc.spreadsheet_safe(pd.DataFrame({"id": ["=a", "b"], "forecast": [-1.0, 2.0]}))
    assert isinstance(safe, pd.DataFrame)
    assert safe.to_dict("list") == {"id": ["'=a", "b"], "forecast": [-1.0, 2.0]}


@pytest.mark.parametrize(
    ("output", "as_json"), [(Path("a.parquet"), False), (Path("a.json"), True), (None, True)]
)
def test_other_forms_than_csv_are_refused(output: Path | None, as_json: bool) -> None:
    with pytest.raises(UsageError, match="spreadsheet_safe is for CSV"):
        check_spreadsheet_safe(output, as_json=as_json)


@pytest.mark.parametrize(("output", "as_json"), [(Path("a.CSV"), True), (None, False)])
def test_csv_is_taken(output: Path | None, as_json: bool) -> None:
    check_spreadsheet_safe(output, as_json=as_json)
