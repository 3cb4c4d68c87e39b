"""The forms that people write times in: what init makes of each, and that training reads the same times."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from forecaster.config.experiment import Experiment
from forecaster.data.draft.wishes import Wishes
from forecaster.data.reading.table import read_table
from forecaster.errors import DataError
from forecaster.pipeline.inspect import inspect

N = 60
QUARTERS = [(1959 + i // 4, 1 + i % 4) for i in range(N)]
MONTHS = [date(2015 + i // 12, 1 + i % 12, 1) for i in range(N)]
DAYS = [date(2020, 1, 1) + timedelta(days=i) for i in range(N)]
HOURS = [datetime(2024, 3, 1) + timedelta(hours=i) for i in range(N)]
WEEKS = [date(2019, 12, 30) + timedelta(weeks=i) for i in range(N)]
EPOCH = datetime(1970, 1, 1)


def table(folder: Path, header: str, rows: Iterable[str], name: str = "t.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def read(path: Path, wishes: Wishes | None = None) -> tuple[Experiment, list[str]]:
    """The draft for a table, and the times of the table as training reads it; no step is filled in."""
    experiment = inspect(path, folder=path.parent, wishes=wishes or Wishes()).experiment
    panel, findings = read_table(experiment.spec.data, experiment.data_path)
    assert len(findings.gap_length) == 0
    assert panel.values[:, 0].tolist() == [float(i % 7) for i in range(len(panel.values))]
    return experiment, panel.time_axis.text(panel.first[0] + np.arange(len(panel.values)))


FORMS: list[tuple[list[str], str | None, str, str, str]] = [
    ([f"{y}Q{q}" for y, q in QUARTERS], "quarter", "QS-JAN", "1959-01-01", "1973-10-01"),
    ([f"{y}-Q{q}" for y, q in QUARTERS], "quarter", "QS-JAN", "1959-01-01", "1973-10-01"),
    ([f"Q{q} {y}" for y, q in QUARTERS], "quarter", "QS-JAN", "1959-01-01", "1973-10-01"),
    ([f"{w:%G-W%V}" for w in WEEKS], "iso-week", "W-MON", "2019-12-30", "2021-02-15"),
    ([f"{w:%GW%V}" for w in WEEKS], "iso-week", "W-MON", "2019-12-30", "2021-02-15"),
    ([f"{w:%G%V}" for w in WEEKS], "iso-week", "W-MON", "2019-12-30", "2021-02-15"),
    ([f"{m:%Y%m}" for m in MONTHS], "%Y%m", "MS", "2015-01-01", "2019-12-01"),
    ([f"{m:%b %Y}" for m in MONTHS], "%b %Y", "MS", "2015-01-01", "2019-12-01"),
    ([f"{m:%B %Y}" for m in MONTHS], "%B %Y", "MS", "2015-01-01", "2019-12-01"),
    ([f"{m:%Y %b}" for m in MONTHS], "%Y %b", "MS", "2015-01-01", "2019-12-01"),
    ([f"{m:%b-%y}" for m in MONTHS], "%b-%y", "MS", "2015-01-01", "2019-12-01"),
    ([f"{m:%Y/%m}" for m in MONTHS], "%Y/%m", "MS", "2015-01-01", "2019-12-01"),
    ([f"{m:%m/%Y}" for m in MONTHS], "%m/%Y", "MS", "2015-01-01", "2019-12-01"),
    ([f"{m:%YM%m}" for m in MONTHS], "%YM%m", "MS", "2015-01-01", "2019-12-01"),
    ([f"{m:%d/%m/%Y}" for m in MONTHS], "%d/%m/%Y", "MS", "2015-01-01", "2019-12-01"),
    ([f"{m:%m/%d/%Y}" for m in MONTHS], "%m/%d/%Y", "MS", "2015-01-01", "2019-12-01"),
    ([f"{d:%d%m%Y}" for d in DAYS], "%d%m%Y", "D", "2020-01-01", "2020-02-29"),
    ([f"{d:%m%d%Y}" for d in DAYS], "%m%d%Y", "D", "2020-01-01", "2020-02-29"),
    ([f"{t:%Y%m%d:%H%M}" for t in HOURS], "%Y%m%d:%H%M", "h", "2024-03-01 00:00:00", "2024-03-03 11:00:00"),
    ([f"{d:%d-%b-%Y}" for d in DAYS], "%d-%b-%Y", "D", "2020-01-01", "2020-02-29"),
    ([f"{d.day}-{d:%b-%y}" for d in DAYS], "%d-%b-%y", "D", "2020-01-01", "2020-02-29"),
    ([f'"{d:%B} {d.day}, {d.year}"' for d in DAYS], "%B %d, %Y", "D", "2020-01-01", "2020-02-29"),
    ([f"{d.year}-{d.month}-{d.day}" for d in DAYS], "%Y-%m-%d", "D", "2020-01-01", "2020-02-29"),
    ([f"{d:%d.%m.%y}" for d in DAYS], "%d.%m.%y", "D", "2020-01-01", "2020-02-29"),
    (
        [f"{t:%m/%d/%Y %I:%M %p}" for t in HOURS],
        "%m/%d/%Y %I:%M %p",
        "h",
        "2024-03-01 00:00:00",
        "2024-03-03 11:00:00",
    ),
    (
        [f"{t:%Y-%m-%d %I:%M:%S %p}" for t in HOURS],
        "%Y-%m-%d %I:%M:%S %p",
        "h",
        "2024-03-01 00:00:00",
        "2024-03-03 11:00:00",
    ),
    ([f"{t:%Y-%m-%d %H}" for t in HOURS], None, "h", "2024-03-01 00:00:00", "2024-03-03 11:00:00"),
    ([f"{y + (q - 1) / 4}" for y, q in QUARTERS], "decimal-year", "QS-JAN", "1959-01-01", "1973-10-01"),
    (
        [f"{m.year + (m.month - 1) / 12:.3f}" for m in MONTHS],
        "decimal-year",
        "MS",
        "2015-01-01",
        "2019-12-01",
    ),
    (
        [f"{m.year + (m.month - 0.5) / 12:.4f}" for m in MONTHS],
        "decimal-year",
        "MS",
        "2015-01-01",
        "2019-12-01",
    ),
    (
        [f"{(t - EPOCH).total_seconds():.0f}" for t in HOURS],
        "epoch-s",
        "h",
        "2024-03-01 00:00:00+00:00",
        "2024-03-03 11:00:00+00:00",
    ),
    (
        [f"{(t - EPOCH).total_seconds() * 1000:.0f}" for t in HOURS],
        "epoch-ms",
        "h",
        "2024-03-01 00:00:00+00:00",
        "2024-03-03 11:00:00+00:00",
    ),
]


@pytest.mark.parametrize(("times", "time_format", "freq", "first", "last"), FORMS, ids=lambda v: str(v)[:40])
def test_the_form_is_recognised_and_read(
    times: list[str], time_format: str | None, freq: str, first: str, last: str, tmp_path: Path
) -> None:
    path = table(tmp_path, "when,y", (f"{t},{i % 7}" for i, t in enumerate(times)))
    experiment, found = read(path)
    assert (experiment.spec.data.csv.time_format, experiment.spec.data.freq) == (time_format, freq)
    assert (found[0], found[-1], len(found)) == (first, last, N)


@pytest.mark.parametrize(
    ("times", "time_format", "last"),
    [
        ([f"{y}Q{q}" for y, q in QUARTERS], "quarter", "1973-10-01"),
        ([1959 + i / 4 for i in range(N)], "decimal-year", "1973-10-01"),
        ([int((t - EPOCH).total_seconds() * 1000) for t in HOURS], "epoch-ms", "2024-03-03 11:00:00+00:00"),
        ([float(f"{m:%Y%m}") for m in MONTHS], "%Y%m", "2019-12-01"),
    ],
)
def test_forms_in_typed_columns(times: list[object], time_format: str, last: str, tmp_path: Path) -> None:
    import pandas as pd

    path = tmp_path / "t.parquet"
    pd.DataFrame({"when": times, "y": [i % 7 for i in range(N)]}).to_parquet(path)
    experiment, found = read(path)
    assert (experiment.spec.data.csv.time_format, found[-1]) == (time_format, last)


PARTS: list[tuple[str, list[str], dict[str, str], str, str]] = [
    ("Year,Month", [f"{m.year},{m.month}" for m in MONTHS], {"month": "Month"}, "MS", "2019-12-01"),
    ("year,month", [f"{m.year},{m:%b}" for m in MONTHS], {"month": "month"}, "MS", "2019-12-01"),
    ("yr,month", [f"{m.year},{m:%B}" for m in MONTHS], {"month": "month"}, "MS", "2019-12-01"),
    ("year,quarter", [f"{y},{q}" for y, q in QUARTERS], {"quarter": "quarter"}, "QS-JAN", "1973-10-01"),
    ("year,qtr", [f"{y},Q{q}" for y, q in QUARTERS], {"quarter": "qtr"}, "QS-JAN", "1973-10-01"),
    ("year,week", [f"{w:%G},{w:%V}" for w in WEEKS], {"week": "week"}, "W-MON", "2021-02-15"),
    (
        "year,month,day",
        [f"{d.year},{d.month},{d.day}" for d in DAYS],
        {"month": "month", "day": "day"},
        "D",
        "2020-02-29",
    ),
    (
        "year,month,day,hour",
        [f"{t.year},{t.month},{t.day},{t.hour}" for t in HOURS],
        {"month": "month", "day": "day", "hour": "hour"},
        "h",
        "2024-03-03 11:00:00",
    ),
    ("date,hr", [f"{t:%Y-%m-%d},{t.hour}" for t in HOURS], {"hour": "hr"}, "h", "2024-03-03 11:00:00"),
    (
        "Date,Time",
        [f"{t:%d/%m/%Y},{t:%H:%M:%S}" for t in HOURS * 1],
        {"clock": "Time"},
        "h",
        "2024-03-03 11:00:00",
    ),
    (
        "date,time",
        [f"{t:%Y-%m-%d},{t:%I:%M %p}" for t in HOURS],
        {"clock": "time"},
        "h",
        "2024-03-03 11:00:00",
    ),
]


@pytest.mark.parametrize(("header", "times", "parts", "freq", "last"), PARTS, ids=lambda v: str(v)[:40])
def test_a_time_over_several_columns(
    header: str, times: list[str], parts: dict[str, str], freq: str, last: str, tmp_path: Path
) -> None:
    wishes = Wishes(time_format="%d/%m/%Y", time="Date") if header == "Date,Time" else None
    path = table(tmp_path, f"{header},y", (f"{t},{i % 7}" for i, t in enumerate(times)))
    experiment, found = read(path, wishes)
    assert (experiment.spec.data.time_parts.columns, experiment.spec.data.freq) == (parts, freq)
    assert (found[-1], len(found)) == (last, N)


def problem_of(path: Path, wishes: Wishes | None = None) -> str:
    with pytest.raises(DataError) as caught:
        inspect(path, folder=path.parent, wishes=wishes or Wishes())
    return str(caught.value).replace(str(path), "TABLE")


def test_a_week_that_the_year_lacks_is_named(tmp_path: Path) -> None:
    weeks = [f"{2018 + i // 53}{1 + i % 53:02d}" for i in range(120)]
    assert problem_of(table(tmp_path, "week,y", (f"{w},{i}" for i, w in enumerate(weeks)))) == (
        "TABLE: column 'week' looks like ISO weeks written YYYYWW, and 201853 is none; correct the row; "
        "where the numbers only count the rows, set freq to 1"
    )


def test_an_hour_that_no_day_has_is_named(tmp_path: Path) -> None:
    rows = [f"2024-03-{1 + i // 24:02d},{25 if i == 30 else i % 24},{i}" for i in range(72)]
    assert problem_of(table(tmp_path, "date,hr,y", rows)) == (
        "TABLE: 72 rows share 3 times, and no single column distinguishes them (tried 'y'); name the id column "
        "with id, or make one, for instance of two columns joined such as 'store-item'"
    )


def test_prices_are_no_years(tmp_path: Path) -> None:
    path = table(tmp_path, "day,price,y", (f"{d},{1900 + i / 4},{i}" for i, d in enumerate(DAYS)))
    assert inspect(path, folder=tmp_path).guess.time.name == "day"
    path = table(tmp_path, "step,price,y", (f"{i},{1900 + i / 4},{i}" for i in range(N)))
    assert inspect(path, folder=tmp_path).guess.time.name == "step"


def test_days_or_months_first_is_a_question_where_both_are_regular(tmp_path: Path) -> None:
    days = [f"{d:%d/%m/%Y}" for d in (date(2024, 1, 1) + timedelta(days=i) for i in range(12))]
    path = table(tmp_path, "t,y", (f"{d},{i % 7}" for i, d in enumerate(days)))
    assert problem_of(path) == (
        "TABLE: column 't' holds 02/01/2024, and no row shows whether day or month comes first; set time_format to "
        "'%d/%m/%Y' for 2024-01-02 or '%m/%d/%Y' for 2024-02-01, or write the dates as YYYY-MM-DD"
    )
    _, found = read(path, Wishes(time_format="%d/%m/%Y"))
    assert found[-1] == "2024-01-12"


def test_a_text_among_iso_times_is_named(tmp_path: Path) -> None:
    times = [str(d) for d in DAYS]
    times[30] = "unknown"
    assert problem_of(table(tmp_path, "t,y", (f"{t},{i}" for i, t in enumerate(times)))) == (
        "TABLE:32: column 't': 'unknown' is not a time like those before it; correct the row; the times are written "
        "like 2020-01-01"
    )


def test_a_named_column_without_times(tmp_path: Path) -> None:
    path = table(tmp_path, "t,note,y", (f"{d},n{i},{i}" for i, d in enumerate(DAYS)))
    assert problem_of(path, Wishes(time="note")) == (
        "TABLE: column 'note' holds n0, which is read as no time; set time_format to its strftime codes, such as "
        "'%d.%m.%Y %H:%M', or write the times as ISO 8601, such as 2024-01-31T06:00"
    )


def test_years_are_steps_unless_a_frequency_is_given(tmp_path: Path) -> None:
    path = table(tmp_path, "year,y", (f"{1950 + i},{i % 7}" for i in range(N)))
    experiment, found = read(path)
    assert (experiment.spec.data.freq, found[-1]) == (1, "2009")
    experiment, found = read(path, Wishes(freq="YS"))
    assert (experiment.spec.data.freq, found[-1]) == ("YS-JAN", "2009-01-01")
