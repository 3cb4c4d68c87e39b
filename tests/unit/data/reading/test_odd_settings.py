"""Settings of odd tables: encodings, formats of times, and lists of columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from forecaster.data.reading.table import read_table
from forecaster.data.spec import DataSpec
from tests.unit.data.reading.odd_tables import text


def refusal(**data: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        DataSpec.model_validate({"path": "t.csv", "time": "time", "freq": "h", "targets": ["y"], **data})
    return "; ".join(
        part
        for fault in caught.value.errors()[0]["ctx"]["error"].faults
        for part in (fault.summary, fault.hint)
    )


@pytest.mark.parametrize(
    "name",
    ["rot13", "rot-13", "base64", "zlib", "bz2", "hex", "uu", "quopri", "idna", "punycode", "undefined", "unicode_escape",
     "raw_unicode_escape", "charmap"],
)  # fmt: skip
def test_codecs_that_are_no_text_encodings(name: str) -> None:
    assert refusal(csv={"encoding": name}) == f"{name!r} is no text encoding; try utf-8, cp1252 or latin-1"


@pytest.mark.parametrize("name", ["utf-9", "", "\0", "klingon"])
def test_encodings_that_nobody_has(name: str) -> None:
    assert refusal(csv={"encoding": name}) == f"no encoding is called {name!r}; try utf-8, cp1252 or latin-1"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("%F", "'%F' has the unknown code %F; write %Y-%m-%d in its place"),
        ("%D", "'%D' has the unknown code %D; write %m/%d/%y in its place"),
        ("%F %T", "'%F %T' has the unknown code %F; write %Y-%m-%d in its place"),
        ("%s", "'%s' has the unknown code %s; set data.csv.time_format: epoch-s"),
        ("%e.%m.%Y", "'%e.%m.%Y' has the unknown code %e; write %d in its place"),
        (
            "%-d.%m.%Y",
            "'%-d.%m.%Y' has the unknown code %-d; write %d: it reads numbers with and without a leading zero",
        ),
        (
            "%Y-%m-%d %Z",
            "'%Y-%m-%d %Z' has the name of a time zone, %Z; set data.timezone, and write times without a zone, or with an "
            "offset such as +01:00, which %z reads",
        ),
        ("%Y-%m-%d%", "'%Y-%m-%d%' ends with a % that begins no code; write %% for a percent sign"),
        ("%Y %", "'%Y %' ends with a % that begins no code; write %% for a percent sign"),
        ("%Y-%W", "'%Y-%W' names a week, not a day; write the first day of each week instead"),
        ("%G-W%W", "'%G-W%W' has no clear week; use %G with %V, the year and the week of ISO 8601"),
        ("%V", "'%V' has no clear week; use %G with %V, the year and the week of ISO 8601"),
        (
            "mixed",
            "no format is called 'mixed'; use strftime codes such as %Y-%m-%d. The names are quarter, half-year, iso-week, epoch-s, "
            "epoch-ms, epoch-us, epoch-ns, decimal-year, excel",
        ),
    ],
)
def test_formats_of_times_that_are_refused(form: str, expected: str) -> None:
    assert refusal(csv={"time_format": form}) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            {"time": ["date", "stunde"]},
            "is a list of columns; name the first, time: date, and the others by their part, such as time_parts: "
            "{hour: stunde}",
        ),
        (
            {"time": ["year", "mo", "day"], "time_parts": {"month": "mo"}},
            "is a list of columns; name the first, time: year, and the others by their part, such as time_parts: "
            "{month: mo, day: day}",
        ),
        (
            {"path": ["a.csv", "b.csv"]},
            "is a list of files; give their folder, or a pattern such as sales/*.csv",
        ),
    ],
)
def test_lists_where_one_name_belongs(data: dict[str, Any], expected: str) -> None:
    assert refusal(**data) == expected


@pytest.mark.parametrize(
    ("time", "column", "parts"),
    [
        (["t"], "t", {}),
        (["date", "hour"], "date", {"hour": "hour"}),
        (["date", "HR", "min"], "date", {"hour": "HR", "minute": "min"}),
        (["Date", "Time"], "Date", {"clock": "Time"}),
        (["year", "mo", "day"], "year", {"month": "mo", "day": "day"}),
        (["year", "quarter"], "year", {"quarter": "quarter"}),
    ],
)
def test_a_list_of_columns_names_the_parts_of_a_time(
    time: list[str], column: str, parts: dict[str, str]
) -> None:
    spec = DataSpec.model_validate({"path": "t.csv", "time": time, "freq": "h", "targets": ["y"]})
    assert spec.time == column
    assert spec.time_parts.model_dump(exclude_none=True) == parts


def test_categories_that_stand_for_no_value(tmp_path: Path) -> None:
    path = text("time,y,c\n2024-01-01,1,sun\n2024-01-02,2,?\n2024-01-03,3,-9\n")(tmp_path)
    spec = DataSpec.model_validate(
        {"path": "t.csv", "time": "time", "freq": "D", "targets": ["y"], "past_covariates": ["c"],
         "categorical": {"c": "one_hot"}, "missing_values": ["?", -9], "missing": "ffill"}
    )  # fmt: skip
    panel, _ = read_table(spec, path)
    assert panel.categories["c"] == ("sun",)
    assert np.isnan(panel.values[1:, 1]).all()
