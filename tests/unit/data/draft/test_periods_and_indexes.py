"""Quarters, weeks and months in the forms of many programs, periods of pandas, and indexes without a name."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather

from forecaster.data.draft.infer import infer
from forecaster.data.draft.wishes import Wishes
from forecaster.data.reading.arrow_table import ArrowTable
from forecaster.data.reading.sources import TableSource, as_source
from forecaster.data.reading.table import read_table
from forecaster.data.spec import DataSpec
from forecaster.errors import DataError
from tests.unit.data.draft.readings import draft_of, guess_of, level, lines, problem_of, table

Y = [level(i) for i in range(60)]
DATES = pd.date_range("2020-01-01", periods=60)

FORMS: dict[str, tuple[Callable[[int], str], str, str]] = {
    "1Q2000": (lambda k: f"{k % 4 + 1}Q{2000 + k // 4}", "quarter", "QS-JAN"),
    "1Q 2000": (lambda k: f"{k % 4 + 1}Q {2000 + k // 4}", "quarter", "QS-JAN"),
    "1q-2000": (lambda k: f"{k % 4 + 1}q-{2000 + k // 4}", "quarter", "QS-JAN"),
    "Q1 2000": (lambda k: f"Q{k % 4 + 1} {2000 + k // 4}", "quarter", "QS-JAN"),
    "Q1/2000": (lambda k: f"Q{k % 4 + 1}/{2000 + k // 4}", "quarter", "QS-JAN"),
    "2000/Q1": (lambda k: f"{2000 + k // 4}/Q{k % 4 + 1}", "quarter", "QS-JAN"),
    "2000:Q1": (lambda k: f"{2000 + k // 4}:Q{k % 4 + 1}", "quarter", "QS-JAN"),
    "2000-Q01": (lambda k: f"{2000 + k // 4}-Q0{k % 4 + 1}", "quarter", "QS-JAN"),
    "2000Q1": (lambda k: f"{2000 + k // 4}Q{k % 4 + 1}", "quarter", "QS-JAN"),
    "W01 2018": (lambda k: f"W{k % 52 + 1:02d} {2018 + k // 52}", "iso-week", "W-MON"),
    "Week 1 2018": (lambda k: f"Week {k % 52 + 1} {2018 + k // 52}", "iso-week", "W-MON"),
    "2018 week 1": (lambda k: f"{2018 + k // 52} week {k % 52 + 1}", "iso-week", "W-MON"),
    "KW01/2018": (lambda k: f"KW{k % 52 + 1:02d}/{2018 + k // 52}", "iso-week", "W-MON"),
    "2018-KW01": (lambda k: f"{2018 + k // 52}-KW{k % 52 + 1:02d}", "iso-week", "W-MON"),
    "2019.01": (lambda k: f"{2019 + k // 12}.{k % 12 + 1:02d}", "%Y.%m", "MS"),
    "2019.1": (lambda k: f"{2019 + k // 12}.{k % 12 + 1}", "%Y.%m", "MS"),
    "01.2019": (lambda k: f"{k % 12 + 1:02d}.{2019 + k // 12}", "%m.%Y", "MS"),
    "2019_01": (lambda k: f"{2019 + k // 12}_{k % 12 + 1:02d}", "%Y_%m", "MS"),
    "2019:01": (lambda k: f"{2019 + k // 12}:{k % 12 + 1:02d}", "%Y:%m", "MS"),
}


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("form", FORMS)
def test_a_form_of_periods(form: str, separator: str, tmp_path: Path) -> None:
    written, time_format, freq = FORMS[form]
    path = table(tmp_path, f"t{separator}y", lines([written(k) for k in range(60)], separator=separator))
    draft = draft_of(path)
    assert (draft.guess.time.format, draft.guess.freq) == (time_format, freq)
    panel, _ = read_table(draft.experiment.spec.data, path)
    assert panel.lengths.tolist() == [60]


@pytest.mark.parametrize("separator", [",", ";"])
def test_months_that_were_numbers_are_asked_for(separator: str, tmp_path: Path) -> None:
    cells = [str(float(f"{2019 + k // 12}.{k % 12 + 1:02d}")) for k in range(60)]
    path = table(tmp_path, f"t{separator}y", lines(cells, separator=separator))
    assert problem_of(path) == (
        "TABLE: column 't' holds 2019.1, which may be January, or October without its zero; write the months as 2019-01, "
        "or export the column as text, which keeps 2019.10"
    )
    settings = {"path": "t.csv", "time": "t", "freq": "MS", "targets": ["y"]}
    csv = {"separator": separator, "time_format": "%Y.%m"}
    with pytest.raises(DataError) as caught:
        read_table(DataSpec.model_validate(settings | {"csv": csv}), path)
    assert str(caught.value.diagnostics[0]) == (
        f"{path}:11: t: '2019.1' does not match data.csv.time_format '%Y.%m'; it may be January, or October without its "
        "zero: write 2019-01 or 2019-10"
    )


def test_fractions_of_a_year_are_no_months(tmp_path: Path) -> None:
    path = table(tmp_path, "t,y", lines([f"{1990 + k // 12 + round(k % 12 / 12, 2):.2f}" for k in range(60)]))
    assert guess_of(path).time.format == "decimal-year"


def feather_of(frame: pd.DataFrame, path: Path) -> Path:
    feather.write_feather(pa.Table.from_pandas(frame), str(path))
    return path


def forms_of(frame: pd.DataFrame, folder: Path) -> dict[str, TableSource]:
    """A DataFrame in memory and in files, its index included."""
    frame.to_parquet(folder / "t.parquet")
    frame.to_csv(folder / "t.csv")
    frame.reset_index().to_csv(folder / "reset.csv", index=False)
    found = {name: folder / name for name in ("t.parquet", "t.csv", "reset.csv")}
    return {"frame": as_source(frame), **found, "feather": feather_of(frame, folder / "t.feather")}


@pytest.mark.parametrize(
    ("freq", "step", "first"),
    [
        ("Q", "QS-JAN", "2000-01-01"),
        ("M", "MS", "2000-01-01"),
        ("D", "D", "2000-01-01"),
        ("h", "h", "2000-01-01 00:00:00"),
    ],
)
@pytest.mark.parametrize("as_index", [False, True])
def test_periods_of_pandas_begin_at_their_first_moment(
    freq: str, step: str, first: str, as_index: bool, tmp_path: Path
) -> None:
    frame = pd.DataFrame({"t": pd.period_range("2000-01-01", periods=60, freq=freq), "y": Y})
    frame = frame.set_index("t") if as_index else frame
    for name, source in forms_of(frame, tmp_path).items():
        guess = infer(source)
        assert (guess.time.name, guess.freq) == ("t", step), name
        settings = {
            "path": "x",
            "time": "t",
            "freq": step,
            "targets": ["y"],
            "csv": {"time_format": guess.time.format},
        }
        panel, _ = read_table(DataSpec.model_validate(settings), source)
        assert (panel.time_axis.text(panel.first), panel.lengths.tolist()) == ([first], [60]), name


def test_a_period_that_is_absent_is_an_empty_time(tmp_path: Path) -> None:
    frame = pd.DataFrame({"t": pd.period_range("2000-01", periods=60, freq="M"), "y": Y})
    frame.loc[3, "t"] = pd.NaT
    spec = DataSpec.model_validate({"path": "x", "time": "t", "freq": "MS", "targets": ["y"]})
    with pytest.raises(DataError) as caught:
        read_table(spec, as_source(frame))
    assert (
        str(caught.value) == "<in memory>: t: row 4: the time is empty; give the row its time, or delete it"
    )


@pytest.mark.parametrize("kind", ["times", "text", "periods"])
@pytest.mark.parametrize("name", ["index", "__index_level_0__", "Unnamed: 0"])
def test_an_index_without_a_name_is_found_under_each_of_its_names(
    kind: str, name: str, tmp_path: Path
) -> None:
    indexes: dict[str, Any] = {
        "times": DATES,
        "text": [str(d.date()) for d in DATES],
        "periods": DATES.to_period("D"),
    }
    frame = pd.DataFrame({"y": Y}, index=indexes[kind])
    spec = DataSpec.model_validate({"path": "x", "time": name, "freq": "D", "targets": ["y"]})
    for form, source in forms_of(frame, tmp_path).items():
        panel, _ = read_table(spec, source)
        assert (panel.time_axis.text(panel.first), panel.lengths.tolist()) == (["2020-01-01"], [60]), form


@pytest.mark.parametrize(("series", "time"), [("level_0", "level_1"), ("Unnamed: 0", "Unnamed: 1")])
def test_an_index_of_two_levels_without_names(series: str, time: str, tmp_path: Path) -> None:
    index = pd.MultiIndex.from_product([["a", "b"], DATES[:30]])
    spec = DataSpec.model_validate({"path": "x", "time": time, "id": series, "freq": "D", "targets": ["y"]})
    for form, source in forms_of(pd.DataFrame({"y": Y}, index=index), tmp_path).items():
        panel, _ = read_table(spec, source)
        assert (panel.ids, panel.lengths.tolist()) == (("a", "b"), [30, 30]), form


def test_row_numbers_without_a_name_are_left_out_of_a_frame() -> None:
    frame = pd.DataFrame({"t": DATES, "y": Y}).iloc[::2]
    assert ArrowTable.of(frame).columns == ["t", "y"]


def read_numbers(column: Any) -> Any:
    spec = DataSpec.model_validate({"path": "x", "time": "t", "freq": 1, "targets": ["y"], "missing": "mask"})
    return read_table(spec, as_source(pa.table({"t": list(range(len(column))), "y": column})))[0].values[:, 0]


def test_absent_texts_in_a_column_of_numbers_are_missing() -> None:
    for kind in (pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())):
        found = read_numbers(pa.array(["1", None, "2.5", "", "3"], pa.string()).cast(kind))
        assert np.array_equal(found, [1, np.nan, 2.5, np.nan, 3], equal_nan=True), kind


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([Decimal(9007199254740993), Decimal(1)]),
        pa.array([Decimal("9007199254740993.000"), Decimal(1)]),
        pa.array(["9007199254740993.0", "1"]),
        pa.array(["9007199254740993.", "1"]),
        pa.array(["9007199254740993", "1"]),
        pa.array([9007199254740993, 1]),
    ],
)
def test_integers_that_floating_point_would_round_are_refused(cells: Any) -> None:
    with pytest.raises(DataError) as caught:
        read_numbers(cells)
    assert str(caught.value).endswith(
        "is an integer above 2^53, which floating point would round; divide the column, or make it an id: ids are text"
    )


@pytest.mark.parametrize(
    "cells", [["9007199254740992.0"], [Decimal("9007199254740992.0")], ["9007199254740994"]]
)
def test_large_integers_that_are_exact_are_taken(cells: list[Any]) -> None:
    assert read_numbers(pa.array(cells))[0] >= 2**53


@pytest.mark.parametrize(
    ("header", "row", "settings", "fault"),
    [
        ("d,h,m,y", "2020-01-01,24,30,1", {"time_parts": {"hour": "h", "minute": "m"}},
         "'2020-01-01' and 'h' and 'm' make no time that exists; correct them, or data.time_parts"),
        ("d,h,y", "2020-01-01,24:30,1", {"time_parts": {"clock": "h"}},
         "h: '24:30' is not the time of a day; write it as 17:24 or 17:24:00"),
        ("d,y", "01.01.2020 24.30,1", {"csv": {"time_format": "%d.%m.%Y %H.%M"}},
         "d: '01.01.2020 24.30' does not match data.csv.time_format '%d.%m.%Y %H.%M'; correct the time, or the format"),
        ("d,y", "01.01.2020 24h30,1", {"csv": {"time_format": "%d.%m.%Y %Hh%M"}},
         "d: '01.01.2020 24h30' does not match data.csv.time_format '%d.%m.%Y %Hh%M'; correct the time, or the format"),
        ("d,y", "2020-01-01 24:30,1", {}, "d: '2020-01-01 24:30' is not a date and time that exists; write it as ISO"),
        ("d,y", "2020-01-01T24:00:01,1", {}, "d: '2020-01-01T24:00:01' is not a date and time that exists; write it"),
    ],
)  # fmt: skip
def test_no_minute_follows_the_hour_24(
    header: str, row: str, settings: dict[str, Any], fault: str, tmp_path: Path
) -> None:
    path = table(tmp_path, header, [row])
    spec = DataSpec.model_validate(
        {"path": "t.csv", "time": "d", "freq": "30min", "targets": ["y"]} | settings
    )
    with pytest.raises(DataError) as caught:
        read_table(spec, path)
    assert fault in str(caught.value)


@pytest.mark.parametrize(
    ("header", "row", "settings"),
    [
        ("d,h,m,y", "2020-01-01,24,0,1", {"time_parts": {"hour": "h", "minute": "m"}}),
        ("d,y", "01.01.2020 24.00,1", {"csv": {"time_format": "%d.%m.%Y %H.%M"}}),
        ("d,y", "2020-01-01 24:00,1", {}),
    ],
)
def test_the_hour_24_is_the_end_of_the_day(
    header: str, row: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    path = table(tmp_path, header, [row])
    spec = DataSpec.model_validate(
        {"path": "t.csv", "time": "d", "freq": "30min", "targets": ["y"]} | settings
    )
    panel, _ = read_table(spec, path)
    assert panel.time_axis.text(panel.first) == ["2020-01-02 00:00:00"]


def test_series_at_different_minutes_are_moved(tmp_path: Path) -> None:
    rows = [
        f"{s},{d:%Y-%m-%d} {h:02d}:{m},{h}"
        for s, m in (("a", "00"), ("b", "30"))
        for d in DATES[:3]
        for h in range(24)
    ]
    path = table(tmp_path, "s,t,y", rows)
    # Reading refuses the step that they share.
    assert problem_of(path, Wishes(freq="30min")) == problem_of(path)
    assert problem_of(path) == (
        "TABLE: the series of column 't' have one step, h, and not the same times: 2020-01-01 00:00:00 and 2020-01-01 "
        "00:30:00; move the times of each series to the same clock first, for instance to full hours, days or "
        "Mondays, or give the series of other times a table of their own"
    )
    spec = {"path": "t.csv", "time": "t", "id": "s", "freq": "30min", "targets": ["y"]}
    with pytest.raises(DataError) as caught:
        read_table(DataSpec.model_validate(spec), path)
    assert str(caught.value).endswith(
        "most rows are 2 steps of '30min' apart: regular series need 286 rows, and the table has 144; move the times of "
        "each series to the same clock first, for instance to full hours, days or Mondays, or give the series of other "
        "times a table of their own"
    )
