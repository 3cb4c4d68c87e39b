"""Columns of hours and of ids, and series of different steps: what init takes and says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest

from forecaster.data.draft.wishes import Wishes
from forecaster.data.reading.table import read_table
from forecaster.pipeline.inspect import inspect
from tests.unit.data.draft.readings import (
    DAYS,
    HOURS,
    draft_of,
    guess_of,
    level,
    problem_of,
    said_of,
    table,
)

pytestmark = pytest.mark.slow

HOUR_NAMES = ("hr", "hour", "HOUR", "h", "hour_of_day", "Stunde")
OTHER_NAMES = ("x", "slot_no", "position", "k")
ID_NAMES = ("store", "shop_id", "item", "grp", "sensor", "code", "unit")


def by_day(n: int, first: int = 0, days: int = 14, shops: tuple[str, ...] = ("",)) -> list[str]:
    """A row for each of n numbers on each day, and each shop."""
    return [
        f"{d},{first + k},{level(k)}" + (f",{shop}" if shop else "")
        for shop in shops
        for d in DAYS[:days]
        for k in range(n)
    ]


PARTS = {
    "hour": (24, 0, "h"),
    "hour_ending": (24, 1, "h"),
    "half_hour": (48, 1, "30min"),
    "quarter_hour": (96, 1, "15min"),
}


@pytest.mark.parametrize(
    ("part", "name"),
    [
        *(("hour", name) for name in HOUR_NAMES),
        *(("hour_ending", name) for name in ("HE", "he", "hour_ending", "HourEnding", "hour_end")),
        *(("half_hour", name) for name in ("settlement_period", "period", "half_hour", "SP")),
        *(("quarter_hour", name) for name in ("interval", "quarter_hour", "time_slot", "MTU")),
    ],
)
@pytest.mark.parametrize("shops", [("",), ("a", "b")], ids=["one series", "two series"])
def test_hours_beside_a_date_are_the_time(
    part: str, name: str, shops: tuple[str, ...], tmp_path: Path
) -> None:
    n, first, freq = PARTS[part]
    path = table(tmp_path, f"date,{name},y" + (",shop" if shops != ("",) else ""), by_day(n, first, 8, shops))
    draft = draft_of(path)
    guess = draft.guess
    assert (dict(guess.time.parts), guess.freq, guess.id) == (
        {part: name},
        freq,
        "shop" if shops != ("",) else None,
    )
    assert guess.choices == ()
    panel, findings = read_table(draft.experiment.spec.data, path)
    assert len(findings.gap_length) == 0
    assert panel.time_axis.text(panel.first)[0] == "2023-01-01 00:00:00"


@pytest.mark.parametrize(
    ("part", "name"),
    [
        *(("hour", name) for name in (*OTHER_NAMES, "period", "HE", "interval", "time")),
        *(("hour_ending", name) for name in (*OTHER_NAMES, *HOUR_NAMES, "period", "interval")),
        *(("half_hour", name) for name in OTHER_NAMES),
        *(("quarter_hour", name) for name in OTHER_NAMES),
    ],
)
def test_numbers_that_go_through_every_day_may_be_series(part: str, name: str, tmp_path: Path) -> None:
    n, first, freq = PARTS[part]
    path = table(tmp_path, f"date,{name},y", by_day(n, first, 8))
    guess, notes = said_of(path)
    words = {"half_hour": "half hours", "quarter_hour": "quarters of an hour"}.get(part, "hours")
    since = ", 1 from 00:00" if first else ""
    assert (dict(guess.time.parts), guess.freq, guess.id) == ({part: name}, freq, None)
    assert notes == [
        f"{name!r} goes from {first} to {first + n - 1} on every date, and is read as the {words} of the day{since}; "
        f"otherwise use --id {name} for {n} series"
    ]


@pytest.mark.parametrize("wishes", [Wishes(no_id=True), Wishes(id="x")])
def test_an_option_settles_what_numbers_of_every_day_are(wishes: Wishes, tmp_path: Path) -> None:
    path = table(tmp_path, "date,x,y", by_day(24, 1))
    guess = inspect(path, folder=tmp_path, wishes=wishes, strict=True).guess
    assert (guess.n_series, guess.freq) == ((1, "h") if wishes.no_id else (24, "D"))


@pytest.mark.parametrize(("name", "n"), list(product(ID_NAMES, (3, 24))), ids=str)
def test_labels_on_every_day_are_ids(name: str, n: int, tmp_path: Path) -> None:
    guess, notes = said_of(table(tmp_path, f"date,{name},y", by_day(n, 1)))
    assert (guess.id, guess.n_series, dict(guess.time.parts), notes) == (name, n, {}, [])


@pytest.mark.parametrize("n", [24, 48])
def test_series_one_below_the_other_are_no_hours(n: int, tmp_path: Path) -> None:
    rows = [f"{d},{k},{level(i)}" for k in range(1, n + 1) for i, d in enumerate(DAYS[:14])]
    assert guess_of(table(tmp_path, "date,x,y", rows)).n_series == n


TEXTS: dict[str, Callable[[int], object]] = {
    "H": lambda h: f"H{h:02d}",
    "h": lambda h: f"{h}h",
    "range": lambda h: f"{h:02d}-{h + 1:02d}",
    "noon": lambda h: f"{h % 12 or 12} {'am' if h < 12 else 'pm'}",
    "digits": lambda h: f"{h:02d}00",
    "half": lambda h: h / 2,
    "minutes": lambda h: 60 * h,
}


@pytest.mark.parametrize(("form", "name"), list(product(TEXTS, ("hour", "time", "period"))), ids=str)
def test_other_forms_of_the_time_of_the_day_are_a_question(form: str, name: str, tmp_path: Path) -> None:
    cells = [TEXTS[form](h) for h in range(24)]
    path = table(
        tmp_path,
        f"date,{name},y",
        (f"{d},{cell},{level(h)}" for d in DAYS[:9] for h, cell in enumerate(cells)),
    )
    assert problem_of(path) == (
        f"TABLE: column '{name}' looks like the time of the day ({cells[0]}, {cells[1]} to {cells[-1]} on every date), and "
        "is not written as one; write hours as 0 to 23 or 1 to 24, half hours as 1 to 48, quarters of an hour as 1 to 96 "
        f"and clocks as 17:30, or use id {name} for 24 series"
    )


ENDS = {
    "{:02d}:00": "data.time_parts: {{clock: {0}}}, which takes 01:00 as the time of the row",
    "{}:00": "data.time_parts: {{clock: {0}}}, which takes 1:00 as the time of the row",
    "{:02d}:00:00": "data.time_parts: {{clock: {0}}}, which takes 01:00:00 as the time of the row",
    "{:02d}00": "--id {0} for 24 series",
    "{}00": "--id {0} for 24 series",
}


@pytest.mark.parametrize(("form", "name"), list(product(ENDS, ("HourEnding", "HE", "hour_ending"))), ids=str)
def test_ends_of_hours_are_read_as_hours_1_to_24_are(form: str, name: str, tmp_path: Path) -> None:
    cells = [form.format(h) for h in range(1, 25)]
    rows = [f"{d},{cell},{level(h)}" for d in DAYS[:9] for h, cell in enumerate(cells)]
    path = table(tmp_path, f"OperDay,{name},load", rows)
    draft = draft_of(path)
    assert (dict(draft.guess.time.parts), draft.guess.freq) == ({"hour_ending": name}, "h")
    assert [choice.sentence for choice in draft.guess.choices] == [
        f"{name!r} goes from {cells[0]} to {cells[-1]} on every date, and is read as the hours of the day, {cells[0]} from "
        f"00:00; otherwise use {ENDS[form].format(name)}"
    ]
    panel, findings = read_table(draft.experiment.spec.data, path)
    assert (len(findings.gap_length), len(panel.values)) == (0, len(rows))
    assert panel.time_axis.text(panel.first)[0] == "2023-01-01 00:00:00"


def test_a_clock_under_the_name_of_ends_is_a_clock(tmp_path: Path) -> None:
    rows = [f"{d},{h:02d}:00,{level(h)}" for d in DAYS[:9] for h in range(24)]
    guess, notes = said_of(table(tmp_path, "OperDay,HourEnding,load", rows))
    assert (dict(guess.time.parts), guess.freq, notes) == ({"clock": "HourEnding"}, "h", [])


def successors(names: tuple[str, ...], header: str) -> tuple[str, list[str]]:
    n = len(HOURS) // len(names)
    return f"{header},t,y", [
        f"{names[min(i // n, len(names) - 1)]},{t},{level(i)}" for i, t in enumerate(HOURS)
    ]


@pytest.mark.parametrize(
    ("header", "names"),
    list(
        product(
            (
                "shop",
                "id",
                "store_id",
                "Meter",
                "location",
                "sensorID",
                "machine",
                "city",
                "unique_id",
                "branch",
            ),
            (("old-shop", "new-shop"), ("a", "b", "c"), ("1", "2"), ("b", "a")),
        )
    ),
    ids=str,
)
def test_ids_of_which_no_two_share_a_time_are_kept_and_said(
    header: str, names: tuple[str, ...], tmp_path: Path
) -> None:
    guess, notes = said_of(table(tmp_path, *successors(names, header)))
    assert (guess.id, guess.n_series) == (header, len(names))
    assert notes == [
        f"{header!r} is taken as the id of {len(names)} series, of which no two have a row at the same time; otherwise use "
        "--no-id for one series"
    ]


@pytest.mark.parametrize("header", ["who", "label", "split", "kind", "note", "phase"])
@pytest.mark.parametrize("names", [("old", "new"), ("train", "test"), ("x", "y", "z")], ids=str)
def test_texts_in_blocks_may_be_ids(header: str, names: tuple[str, ...], tmp_path: Path) -> None:
    guess, notes = said_of(table(tmp_path, *successors(names, header)))
    assert guess.id is None
    assert notes == [
        f"the rows are taken as one series, and {header!r} may name {len(names)}; otherwise use --id {header} for "
        f"{len(names)} series"
    ]


CLOCKS: dict[str, Callable[[datetime], object]] = {
    "weekday": lambda t: f"{t:%A}",
    "day_name": lambda t: f"{t:%a}",
    "season": lambda t: "winter" if t.day < 2 else "spring",
    "month": lambda t: f"{t:%B}",
    "holiday": lambda t: "yes" if t.day == 2 else "no",
    "is_weekend": lambda t: int(t.weekday() > 4),
    "workingday": lambda t: int(t.weekday() < 5),
    "hour": lambda t: t.hour,
    "quarter": lambda t: "Q1" if t.day < 2 else "Q2",
    "year": lambda t: t.year,
    "weather": lambda t: ("sun", "rain", "fog")[t.hour * 7 % 5 % 3],
    "part": lambda t: "am" if t.hour < 12 else "pm",
    "row": lambda t: t.day * 24 + t.hour,
}


@pytest.mark.parametrize(("name", "first"), list(product(CLOCKS, (True, False))), ids=str)
def test_what_the_time_implies_is_no_id_and_no_question(name: str, first: bool, tmp_path: Path) -> None:
    rows = [
        f"{CLOCKS[name](t)},{t},{level(i)}" if first else f"{t},{CLOCKS[name](t)},{level(i)}"
        for i, t in enumerate(HOURS)
    ]
    guess, notes = said_of(table(tmp_path, f"{name},t,y" if first else f"t,{name},y", rows))
    assert (guess.id, guess.target, notes) == (None, "y", [])


METERS = [("a", 0), ("b", 15)]


@pytest.mark.parametrize("header", ["id", "who", "meter", "sensor_id"])
@pytest.mark.parametrize("sorted_by_time", [True, False])
@pytest.mark.parametrize("minutes", [5, 15])
def test_meters_with_other_minutes_are_never_one_series(
    header: str, sorted_by_time: bool, minutes: int, tmp_path: Path
) -> None:
    rows = [(t + timedelta(minutes=m * minutes), f"m{m}") for m in (0, 1) for t in HOURS]
    rows = sorted(rows) if sorted_by_time else rows
    path = table(tmp_path, f"{header},t,y", (f"{who},{t},{level(i)}" for i, (t, who) in enumerate(rows)))
    assert problem_of(path) == (
        "TABLE: the series of column 't' have one step, h, and not the same times: 2023-01-01 00:00:00 and 2023-01-01 "
        f"00:{minutes:02d}:00; move the times of each series to the same clock first, for instance to full hours, days "
        "or Mondays, or give the series of other times a table of their own"
    )


def test_texts_that_alternate_half_hourly_may_be_ids(tmp_path: Path) -> None:
    rows = [
        f"{'ab'[m]},{t + timedelta(minutes=30 * m)},{level(i)}" for i, t in enumerate(HOURS) for m in (0, 1)
    ]
    guess, notes = said_of(table(tmp_path, "who,t,y", rows))
    assert guess.id is None
    assert notes == [
        "the rows are taken as one series, and 'who' may name 2; otherwise use --id who for 2 series"
    ]


STEPS = {
    "W-SUN": (7, "D"),
    "2D": (2, "D"),
    "3D": (3, "D"),
    "10D": (10, "D"),
}


@pytest.mark.parametrize(("step", "n", "other"), list(product(STEPS, (12, 20), (1, 2, 4))), ids=str)
def test_series_of_another_step_are_named(step: str, n: int, other: int, tmp_path: Path) -> None:
    every, freq = STEPS[step]
    daily = [f"d{k},{DAYS[0] + timedelta(days=i)},{level(i)}" for k in range(other) for i in range(200)]
    weekly = [f"w,{DAYS[0] + timedelta(days=every * i)},{level(i)}" for i in range(n)]
    guess, notes = said_of(table(tmp_path, "id,day,y", daily + weekly))
    absent = (n - 1) * (every - 1)
    named = ", ".join(f"'d{k}'" for k in range(min(other, 3))) + (" and 1 more" if other > 3 else "")
    assert guess.freq == freq
    assert notes == [
        f"series differ in their step: 'w' every {step}, and {named} every D; {absent} of {n + absent} rows of those with "
        "a larger step would be filled in; otherwise use a table of its own for each step"
    ]


@pytest.mark.parametrize("step", [2, 3, 7, 12])
@pytest.mark.parametrize("n", [15, 40])
def test_series_of_other_step_numbers_are_named(step: int, n: int, tmp_path: Path) -> None:
    rows = [f"a,{i},{level(i)}" for i in range(400)] + [f"b,{step * i},{level(i)}" for i in range(n)]
    guess, notes = said_of(table(tmp_path, "id,t,y", rows))
    absent = (n - 1) * (step - 1)
    assert guess.freq == 1
    assert notes[0].startswith(
        f"series differ in their step: 'b' every {step}, and 'a' every 1; {absent:,} of {n + absent:,} rows"
    )


def test_steps_that_no_axis_has_are_named(tmp_path: Path) -> None:
    months = [date(2020 + i // 12, 1 + i % 12, 1) for i in range(36)]
    rows = [f"a,{d},{level(i)}" for i, d in enumerate(DAYS)] + [
        f"m,{d},{level(i)}" for i, d in enumerate(months)
    ]
    assert problem_of(table(tmp_path, "id,day,y", rows)) == (
        "TABLE: the series of column 'day' differ in their step: 'a' every D and 'm' every MS; give each step a table of "
        "its own"
    )


def test_series_with_gaps_have_no_step_of_their_own(tmp_path: Path) -> None:
    rows = [f"a,{d},{level(i)}" for i, d in enumerate(DAYS)]
    rows += [f"b,{d},{level(i)}" for i, d in enumerate(DAYS) if i * 7919 % 11 < 5]
    choices = guess_of(table(tmp_path, "id,day,y", rows)).choices
    assert [choice.key for choice in choices] == ["data.missing"]


@pytest.mark.parametrize("name", ["shop", "id", "who"])
@pytest.mark.parametrize(
    "columns", ["sales,price", "y,temp", "demand,load_factor", "units,promo_rate", "value,x", "sold,p"]
)
def test_ordinary_panels_are_no_question(name: str, columns: str, tmp_path: Path) -> None:
    rows = [f"{d},{who},{i * 37 % 101},{level(i)}" for who in ("a", "b", "c") for i, d in enumerate(DAYS)]
    guess, notes = said_of(table(tmp_path, f"date,{name},{columns}", rows))
    assert (guess.id, guess.target, guess.choices, notes) == (name, columns.split(",")[0], (), [])


@pytest.mark.parametrize("name", ["row", "row_number", "index", "seq", "counter", "record_no", "instant"])
def test_numbers_of_rows_are_no_ids(name: str, tmp_path: Path) -> None:
    rows = [f"{d},{k},{level(i)}" for i, d in enumerate(DAYS) for k in (1, 2, 3)]
    assert problem_of(table(tmp_path, f"date,{name},y", rows)).startswith(
        "TABLE: 120 rows share 40 times, and no single"
    )
