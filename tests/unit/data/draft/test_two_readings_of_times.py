"""Dates and codes that are times in several ways, or step numbers: what init takes and says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from forecaster.data.draft.wishes import Wishes
from forecaster.pipeline.inspect import inspect
from tests.unit.data.draft.readings import (
    DAY,
    DAYS,
    HOURS,
    draft_of,
    guess_of,
    level,
    lines,
    problem_of,
    said_of,
    table,
)

pytestmark = pytest.mark.slow

NAMES = ("date", "day", "when", "t", "ds", "Datum")
FIRST_OF_MONTHS = [date(2015 + i // 12, 1 + i % 12, 1) for i in range(40)]
FIRST_DAYS = [datetime(2023, 3, 1) + timedelta(hours=i) for i in range(200)]


@pytest.mark.parametrize(
    ("name", "mark", "order", "times"),
    list(product(NAMES[:5], "/-", (("d", "m"), ("m", "d")), ("months", "hours"))),
    ids=str,
)
def test_the_order_of_day_and_month_is_that_in_which_times_have_a_step(
    name: str, mark: str, order: tuple[str, str], times: str, tmp_path: Path
) -> None:
    a, b = order
    clock = " %H:%M" if times == "hours" else ""
    form, other = (f"%{x}{mark}%{y}{mark}%Y{clock}" for x, y in ((a, b), (b, a)))
    stamps = FIRST_OF_MONTHS if times == "months" else FIRST_DAYS
    path = table(tmp_path, f"{name},y", lines([f"{t:{form}}" for t in stamps]))
    guess, notes = said_of(path)
    assert (guess.time.format, guess.freq) == (form, "MS" if times == "months" else "h")
    shown = next(t for t in stamps if t.day != t.month)
    swapped = date(shown.year, shown.day, shown.month)
    assert notes == [
        f"'{name}' holds {shown:{form}}, which is read as {shown:%Y-%m-%d}, so that the times have a step; otherwise use "
        f"--time-format '{other}' for {swapped}"
    ]


@pytest.mark.parametrize(
    ("cells", "wishes"),
    [
        ([f"{t:%d/%m/%Y}" for t in FIRST_OF_MONTHS], Wishes(time_format="%d/%m/%Y")),
        ([str(n) for n in range(201902, 201930)], Wishes(time_format="iso-week")),
        ([str(n) for n in range(201902, 201930)], Wishes(freq=1)),
        ([str(n) for n in range(45000, 45030)], Wishes(time_format="excel")),
        ([str(n) for n in range(45000, 45030)], Wishes(freq=1)),
    ],
)
def test_an_option_settles_how_times_are_read(cells: list[str], wishes: Wishes, tmp_path: Path) -> None:
    inspect(table(tmp_path, "x,y", lines(cells)), folder=tmp_path, wishes=wishes, strict=True)


def test_a_day_above_twelve_beyond_the_sample_settles_the_order(tmp_path: Path) -> None:
    """5,000 rows of minutes are less than four days, in which both orders have a step."""
    minutes = [datetime(2023, 2, 1) + timedelta(minutes=3 * i) for i in range(6_000)]
    guess, notes = said_of(table(tmp_path, "t,y", lines([f"{t:%d/%m/%Y %H:%M}" for t in minutes])))
    assert (guess.time.format, notes) == ("%d/%m/%Y %H:%M", [])


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y"])
def test_twelve_days_that_may_be_twelve_months_are_a_question(form: str, tmp_path: Path) -> None:
    days = [date(2023, 1, 1) + timedelta(days=i) for i in range(12)]
    path = table(tmp_path, "t,y", lines([f"{d:{form}}" for d in days]))
    mark = form[2]
    cell = f"{days[1]:{form}}"
    as_day = "2023-01-02" if form.startswith("%d") else "2023-02-01"
    as_month = "2023-02-01" if form.startswith("%d") else "2023-01-02"
    assert problem_of(path) == (
        f"TABLE: column 't' holds {cell}, and no row shows whether day or month comes first; set time_format to "
        f"'%d{mark}%m{mark}%Y' for {as_day} or '%m{mark}%d{mark}%Y' for {as_month}, or write the dates as YYYY-MM-DD"
    )
    assert guess_of(path, Wishes(time_format=form)).freq == "D"


def weeks(n: int) -> list[str]:
    mondays = [date(2019, 1, 7) + timedelta(weeks=i) for i in range(n)]
    return [f"{d.isocalendar().year}{d.isocalendar().week:02d}" for d in mondays]


CODES: dict[str, tuple[list[str], str, str]] = {
    "weeks": (weeks(120), "iso-week", "W-MON"),
    "months": ([f"{d:%Y%m}" for d in FIRST_OF_MONTHS], "%Y%m", "MS"),
    "quarters": ([f"{1990 + i // 4}{1 + i % 4}" for i in range(40)], "quarter", "QS-JAN"),
    "quarters with a zero": ([f"{1990 + i // 4}0{1 + i % 4}" for i in range(40)], "quarter", "QS-JAN"),
    "quarters with a point": ([f"{1990 + i // 4}.{1 + i % 4}" for i in range(40)], "quarter", "QS-JAN"),
    "dashed weeks": ([f"{w[:4]}-{w[4:]}" for w in weeks(120)], "iso-week", "W-MON"),
    "weeks with a W": ([f"W{w[4:]} {w[:4]}" for w in weeks(120)], "iso-week", "W-MON"),
    "weeks of one digit": ([f"{w[:4]}-W{int(w[4:])}" for w in weeks(120)], "iso-week", "W-MON"),
    "days of the year": (
        [f"{date(2022, 12, 1) + timedelta(days=i):%Y%j}" for i in range(60)],
        "%Y%j",
        "D",
    ),
    "days": ([f"{date(2023, 1, 15) + timedelta(days=i):%y%m%d}" for i in range(40)], "%y%m%d", "D"),
    "hours": ([f"{t:%Y%m%d%H}" for t in HOURS], "%Y%m%d%H", "h"),
    "minutes": ([f"{t:%Y%m%d%H%M}" for t in HOURS], "%Y%m%d%H%M", "h"),
}


@pytest.mark.parametrize(("kind", "name"), list(product(CODES, ("period", "x", "step"))), ids=str)
def test_codes_that_pass_a_year_are_times_and_no_question(kind: str, name: str, tmp_path: Path) -> None:
    cells, form, freq = CODES[kind]
    guess, notes = said_of(table(tmp_path, f"{name},sold", lines(cells)))
    assert (guess.time.name, guess.time.format, guess.freq, notes) == (name, form, freq, [])


@pytest.mark.parametrize("kind", [kind for kind in CODES if kind not in ("days", "dashed weeks")])
def test_codes_are_found_in_any_column(kind: str, tmp_path: Path) -> None:
    cells, form, _ = CODES[kind]
    path = table(tmp_path, "sold,per", (f"{i % 7}.5,{cell}" for i, cell in enumerate(cells)))
    assert (guess_of(path).time.name, guess_of(path).time.format) == ("per", form)


@pytest.mark.parametrize("name", ["period", "date", "YearWeek", "when", "code", "yw"])
@pytest.mark.parametrize("n", [14, 20, 30, 50])
def test_weeks_of_one_year_may_be_step_numbers(name: str, n: int, tmp_path: Path) -> None:
    path = table(tmp_path, f"{name},sold", lines(weeks(n)))
    guess, notes = said_of(path)
    assert (guess.time.format, guess.freq) == ("iso-week", "W-MON")
    assert notes == [
        f"'{name}' holds 201902, which is read as 2019-01-07 (an ISO week); otherwise use --freq 1 for step numbers"
    ]


@pytest.mark.parametrize("name", ["step", "index", "idx", "t", "shop_id"])
@pytest.mark.parametrize("first", [201901, 202005, 45000, 33000, 2023001])
def test_numbers_of_steps_may_be_codes(name: str, first: int, tmp_path: Path) -> None:
    path = table(tmp_path, f"{name},sold", lines(range(first, first + 20)))
    guess, notes = said_of(path)
    assert (guess.time.integer, guess.freq) == (True, 1)
    assert len(notes) == 1
    assert notes[0].startswith(
        f"'{name}' holds {first}, which is read as a step number; otherwise use --time-format "
    )


@pytest.mark.parametrize("first", [201960, 1, 100, 200_054, 60_000, 2023_400])
def test_numbers_that_are_no_codes_are_no_question(first: int, tmp_path: Path) -> None:
    guess, notes = said_of(table(tmp_path, "step,sold", lines(range(first, first + 60))))
    assert (guess.time.integer, guess.freq, notes) == (True, 1, [])


@pytest.mark.parametrize(
    ("name", "step", "freq"),
    list(product(("date", "day", "Datum", "excel_serial"), (1, 7), (None,))),
    ids=str,
)
@pytest.mark.parametrize("first", [33_000, 45_000, 36_526, 44_927])
def test_days_of_excel_may_be_step_numbers(
    name: str, step: int, freq: None, first: int, tmp_path: Path
) -> None:
    path = table(tmp_path, f"{name},sold", lines(range(first, first + 30 * step, step)))
    guess, notes = said_of(path)
    day = date(1899, 12, 30) + timedelta(days=first)
    assert guess.time.format == "excel"
    assert guess.freq == ("D" if step == 1 else f"W-{day:%a}".upper())
    assert notes == [
        f"'{name}' holds {first}, which is read as {day} (a day of Excel); otherwise use --freq 1 for step numbers"
    ]


@pytest.mark.parametrize("name", ["date", "x", "t"])
@pytest.mark.parametrize(
    "serials",
    [
        [f"{45_000 + i / 24:.6f}" for i in range(48)],
        [f"{45_000 + i / 96:.8f}" for i in range(48)],
        [str((d - date(1899, 12, 30)).days) for d in FIRST_OF_MONTHS],
    ],
    ids=["hours", "quarters of an hour", "months"],
)
def test_days_of_excel_with_another_step_are_no_question(
    name: str, serials: list[str], tmp_path: Path
) -> None:
    guess, notes = said_of(table(tmp_path, f"{name},sold", lines(serials)))
    assert (guess.time.format, notes) == ("excel", [])
    assert guess.freq in ("h", "15min", "MS")


UNITS = {"epoch-s": 1, "epoch-ms": 10**3, "epoch-us": 10**6, "epoch-ns": 10**9}


@pytest.mark.parametrize(("form", "step"), list(product(UNITS, (60, 86_400))), ids=str)
@pytest.mark.parametrize("name", ["timestamp", "time", "unix_epoch", "x", "value_at"])
def test_seconds_since_1970(form: str, step: int, name: str, tmp_path: Path) -> None:
    cells = [(1_672_531_200 + step * i) * UNITS[form] for i in range(30)]
    guess, notes = said_of(table(tmp_path, f"{name},sold", lines(cells)))
    words = {
        "epoch-s": "seconds",
        "epoch-ms": "milliseconds",
        "epoch-us": "microseconds",
        "epoch-ns": "nanoseconds",
    }
    assert guess.time.format == form
    said = f"'{name}' holds {cells[0]}, which is read as 2023-01-01 ({words[form]} since 1970); otherwise use --freq 1 for "
    assert notes == ([f"{said}step numbers"] if name in ("x", "value_at") else [])


OFFSETS = {
    "Z": "UTC", "+00:00": "UTC", "-00:00": "UTC", "+0000": "UTC", "+01:00": "+01:00", "-05:00": "-05:00",
    "+05:30": "+05:30", "+0200": "+02:00", "-0330": "-03:30", "+14:00": "+14:00", "-11:00": "-11:00", "+02": "+02:00",
    "+08:45": "+08:45", "-01:00": "-01:00",
}  # fmt: skip
# A zone that has this offset in the winter of the table.
EXAMPLES = {
    "+01:00": "Europe/Paris",
    "-05:00": "America/New_York",
    "+05:30": "Asia/Kolkata",
    "+02:00": "Europe/Athens",
}


@pytest.mark.parametrize(("offset", "zone"), OFFSETS.items())
@pytest.mark.parametrize("clock", ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S.000"])
def test_one_offset_is_the_zone(offset: str, zone: str, clock: str, tmp_path: Path) -> None:
    path = table(tmp_path, "t,y", lines([f"{t:{clock}}{offset}" for t in HOURS]))
    guess, notes = said_of(path)
    assert guess.zone == zone
    expected = (
        f"'t' has the offset {zone} from UTC in all rows, and so have the forecasts, whatever clocks do; otherwise use "
        "--timezone with the name of its zone"
    ) + (f", such as {EXAMPLES[zone]}" if zone in EXAMPLES else "")
    assert notes == ([] if zone == "UTC" else [expected])
    written = '"' + zone + '"' if zone != "UTC" else zone
    assert f"  timezone: {written}   # of times that are moments" in draft_of(path).text


def test_one_offset_of_more_than_a_year_is_no_question(tmp_path: Path) -> None:
    days = [DAY + timedelta(days=i) for i in range(400)]
    guess, notes = said_of(table(tmp_path, "t,y", lines([f"{d}T00:00:00-03:00" for d in days])))
    assert (guess.zone, guess.freq, notes) == ("-03:00", "D", [])


def test_several_offsets_are_read_in_utc_and_said(tmp_path: Path) -> None:
    times = [f"{t:%Y-%m-%d %H:%M}+0{1 + (i >= 24)}:00" for i, t in enumerate(HOURS)]
    del times[24]
    guess, notes = said_of(table(tmp_path, "t,y", lines(times)))
    assert (guess.zone, guess.freq) == ("UTC", "h")
    assert notes == [
        "'t' has the offsets +01:00, +02:00 from UTC and is read in UTC, as are days, seasons and forecasts; otherwise "
        "use --timezone with the name of its zone"
    ]


def test_the_zone_that_is_named_has_the_offsets_of_the_table(tmp_path: Path) -> None:
    """Summer ends in the night of 29 October 2023 in Paris, and in that of 5 November in New York."""
    for zone, day in (("Europe/Paris", 28), ("America/New_York", 35)):
        first = datetime(2023, 10, 1, tzinfo=ZoneInfo("UTC")) + timedelta(days=day - 1)
        moments = [(first + timedelta(hours=i)).astimezone(ZoneInfo(zone)) for i in range(72)]
        _, notes = said_of(table(tmp_path, "t,y", lines([m.isoformat() for m in moments])))
        assert len(notes) == 1
        assert notes[0].endswith(f"with the name of its zone, such as {zone}")


def test_days_of_several_offsets_need_a_zone(tmp_path: Path) -> None:
    path = table(tmp_path, "t,y", lines([f"{d}T00:00+0{1 + (i >= 20)}:00" for i, d in enumerate(DAYS)]))
    assert problem_of(path) == (
        "TABLE: the times of column 't' have the offsets +01:00, +02:00 from UTC, and no regular step in UTC; name "
        "their zone with timezone, such as Europe/Paris; where each series has an offset of its own, write the times "
        "without it"
    )


@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris"])
@pytest.mark.parametrize("offset", ["", "-05:00"])
def test_a_zone_that_is_given_is_written(zone: str, offset: str, tmp_path: Path) -> None:
    path = table(tmp_path, "t,y", lines([f"{t:%Y-%m-%d %H:%M}{offset}" for t in HOURS]))
    guess, notes = said_of(path, Wishes(timezone=zone))
    assert (guess.zone, guess.freq, notes) == (zone, "h", [])


def test_two_columns_of_times_are_said(tmp_path: Path) -> None:
    rows = [f"{d},{d + timedelta(days=3)},{i}" for i, d in enumerate(FIRST_OF_MONTHS)]
    path = table(tmp_path, "order_date,due_date,y", rows)
    assert said_of(path)[1] == [
        "'order_date' is taken as the times, and 'due_date' would do as well; otherwise use --time due_date"
    ]
    inspect(path, folder=tmp_path, wishes=Wishes(time="order_date"), strict=True)


CLEAR: dict[str, Callable[[date], object]] = {
    "iso": lambda d: d,
    "german": lambda d: f"{d:%d.%m.%Y}",
    "us": lambda d: f"{d:%m/%d/%Y}",
    "british": lambda d: f"{d:%d/%m/%Y}",
    "digits": lambda d: f"{d:%Y%m%d}",
    "names": lambda d: f"{d:%d %b %Y}",
}


@pytest.mark.parametrize(("form", "name"), list(product(CLEAR, NAMES[:2])), ids=str)
def test_ordinary_dates_are_no_question(form: str, name: str, tmp_path: Path) -> None:
    days = [date(2023, 1, 20) + timedelta(days=i) for i in range(40)]
    guess, notes = said_of(table(tmp_path, f"{name},y", lines([CLEAR[form](d) for d in days])))
    assert (guess.freq, notes, guess.choices) == ("D", [], ())


@pytest.mark.parametrize("form", ["%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%m-%d-%y"])
def test_years_of_two_digits_come_last_unless_only_that_has_a_step(form: str, tmp_path: Path) -> None:
    days = [date(2023, 1, 20) + timedelta(days=i) for i in range(40)]
    guess, notes = said_of(table(tmp_path, "t,y", lines([f"{d:{form}}" for d in days])))
    assert (guess.time.format, guess.freq, notes) == (form, "D", [])


@pytest.mark.parametrize("mark", ["/", "-"])
def test_years_of_two_digits_may_come_first(mark: str, tmp_path: Path) -> None:
    days = [date(2023, 1, 1) + timedelta(days=i) for i in range(40)]
    form = f"%y{mark}%m{mark}%d"
    guess, notes = said_of(table(tmp_path, "t,y", lines([f"{d:{form}}" for d in days])))
    assert (guess.time.format, guess.freq) == (form, "D")
    assert notes == [
        f"'t' holds 23{mark}01{mark}01, which is read as 2023-01-01, so that the times have a step; otherwise use "
        f"--time-format '%d{mark}%m{mark}%y' for 2001-01-23"
    ]


@pytest.mark.parametrize(("zone", "written"), [("Europe/Paris", "Europe/Paris"), ("UTC", "UTC")])
def test_the_zone_of_a_typed_column_is_taken(zone: str, written: str, tmp_path: Path) -> None:
    import pandas as pd

    path = tmp_path / "t.parquet"
    times = pd.DatetimeIndex(HOURS).tz_localize(zone)
    pd.DataFrame({"t": times, "y": [level(i) for i in range(len(HOURS))]}).to_parquet(path)
    guess, notes = said_of(path)
    assert (guess.zone, guess.freq, notes) == (written, "h", [])


QUARTERS = [(1990 + i // 4, 1 + i % 4) for i in range(40)]
HALVES = [(1990 + i // 2, 1 + i % 2) for i in range(40)]
WRITTEN = ("{0}-{1}", "{0}:{1}", "{0}/{1}", "{0}.{1}", "{0} {1}", "{1}/{0}", "{1}-{0}")


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("name", ["period", "quarter", "date"])
def test_years_with_the_numbers_1_to_4_alone_are_quarters(written: str, name: str, tmp_path: Path) -> None:
    guess, notes = said_of(table(tmp_path, f"{name},y", lines([written.format(*q) for q in QUARTERS])))
    assert (guess.time.format, guess.freq, guess.gaps, notes) == ("quarter", "QS-JAN", 0, [])


@pytest.mark.parametrize("written", [*WRITTEN, "{0}0{1}", "{0}-0{1}", "{0}{1}"])
@pytest.mark.parametrize("name", ["period", "semester", "date"])
def test_years_with_the_numbers_1_and_2_alone_are_halves(written: str, name: str, tmp_path: Path) -> None:
    guess, notes = said_of(table(tmp_path, f"{name},y", lines([written.format(*h) for h in HALVES])))
    assert (guess.time.format, guess.freq, guess.gaps, notes) == ("half-year", "6MS", 0, [])


def test_under_the_name_of_quarters_a_zero_leaves_no_doubt(tmp_path: Path) -> None:
    guess, notes = said_of(table(tmp_path, "quarter,y", lines([f"{y}-0{q}" for y, q in QUARTERS])))
    assert (guess.time.format, guess.freq, notes) == ("quarter", "QS-JAN", [])


@pytest.mark.parametrize(("name", "zero"), [("period", "0"), ("month", "0"), ("month", "")])
def test_the_numbers_1_to_4_with_a_zero_or_named_months_are_a_question(
    name: str, zero: str, tmp_path: Path
) -> None:
    cells = [f"{y}-{zero}{q}" for y, q in QUARTERS]
    path = table(tmp_path, f"{name},y", lines(cells))
    guess, notes = said_of(path)
    quarter, month = ("quarter", "1990-04-01 (a quarter)"), ("%Y-%m", "1990-02-01 (a month)")
    taken, other = (month, quarter) if name == "month" else (quarter, month)
    assert (guess.time.format, guess.freq) == (taken[0], "MS" if name == "month" else "QS-JAN")
    assert notes[0] == (
        f"'{name}' holds {cells[1]}, which is read as {taken[1]}, and every year has the numbers 1 to 4 alone; otherwise "
        f"use --time-format '{other[0]}' for {other[1]}"
    )
    assert guess_of(path, Wishes(time_format=other[0])).freq == ("QS-JAN" if name == "month" else "MS")


@pytest.mark.parametrize(
    ("cells", "freq"),
    [
        ([f"{2015 + i // 12}-{1 + i % 12}" for i in range(40)], "MS"),
        ([f"{2015 + i // 12}-{1 + i % 12:02d}" for i in range(14)], "MS"),
        ([f"2015-{1 + i}" for i in range(12)], "MS"),
    ],
)
def test_years_with_other_numbers_are_months(cells: list[str], freq: str, tmp_path: Path) -> None:
    guess, notes = said_of(table(tmp_path, "period,y", lines(cells)))
    assert (guess.freq, guess.gaps, notes) == (freq, 0, [])
