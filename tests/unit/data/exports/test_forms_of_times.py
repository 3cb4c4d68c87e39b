"""The forms of times in exports: each is recognised by how it is written, and where two readings are possible init asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import pytest

from tests.unit.data.exports.tables import DAYS, HOURS, MONTHS, WEEKS, Content, N, plain, tests_of

pytestmark = pytest.mark.slow

YEARS = range(1960, 1960 + N)
EARLY = [date(2001, 1, 1) + timedelta(days=i) for i in range(31)]


def quarters(form: Callable[[int, int], str]) -> str:
    return plain([form(2000 + k // 4, k % 4 + 1) for k in range(N)])


def halves(form: Callable[[int, int], str]) -> str:
    return plain([form(1990 + k // 2, k % 2 + 1) for k in range(N)])


def weeks(form: Callable[[int, int], str]) -> str:
    return plain([form(*w.isocalendar()[:2]) for w in WEEKS])


def months(form: str, upper: bool = False) -> str:
    return dates(MONTHS, form, upper)


def dates(days: Sequence[date], form: str, upper: bool = False) -> str:
    cells = [f"{d:{form}}" for d in days]
    return plain([f'"{c.upper() if upper else c}"' for c in cells])


TABLES: dict[str, Content] = {
    # Quarters and halves.
    "1Q20": quarters(lambda y, q: f"{q}Q{y % 100:02d}"),
    "Q1 20": quarters(lambda y, q: f"Q{q} {y % 100:02d}"),
    "Q1-20": quarters(lambda y, q: f"Q{q}-{y % 100:02d}"),
    "Q1'20": quarters(lambda y, q: f"Q{q}'{y % 100:02d}"),
    "20Q1": quarters(lambda y, q: f"{y % 100:02d}Q{q}"),
    "Q1, 2020": quarters(lambda y, q: f'"Q{q}, {y}"'),
    "Qtr 1 2020": quarters(lambda y, q: f"Qtr {q} {y}"),
    "2020-T1": quarters(lambda y, q: f"{y}-T{q}"),
    "2020H1": halves(lambda y, h: f"{y}H{h}"),
    "H1 2020": halves(lambda y, h: f"H{h} {y}"),
    "1H20": halves(lambda y, h: f"{h}H{y % 100:02d}"),
    "2020-S1": halves(lambda y, h: f"{y}-S{h}"),
    "FY2020 Q1": quarters(lambda y, q: f"FY{y} Q{q}"),
    # Years.
    "FY2020": plain([f"FY{y}" for y in YEARS]),
    "FY 2020": plain([f"FY {y}" for y in YEARS]),
    "2020/21": plain([f"{y}/{(y + 1) % 100:02d}" for y in YEARS]),
    "2020-21": plain([f"{y}-{(y + 1) % 100:02d}" for y in YEARS]),
    # Weeks.
    "Week 5, 2020": weeks(lambda y, w: f'"Week {w}, {y}"'),
    "2020 W05": weeks(lambda y, w: f"{y} W{w:02d}"),
    "W05-2020": weeks(lambda y, w: f"W{w:02d}-{y}"),
    "KW 5/2020": weeks(lambda y, w: f"KW {w}/{y}"),
    "CW05 2020": weeks(lambda y, w: f"CW{w:02d} {y}"),
    "Wk5'20": weeks(lambda y, w: f"Wk{w}'{y % 100}"),
    "5/2020": weeks(lambda y, w: f"{w}/{y}"),
    "20W05": weeks(lambda y, w: f"{y % 100}W{w:02d}"),
    # Months.
    "2020M01": months("%YM%m"),
    "2020m1": plain([f"{m.year}m{m.month}" for m in MONTHS]),
    "M01 2020": months("M%m %Y"),
    "2020.01": months("%Y.%m"),
    "Jan-20": months("%b-%y"),
    "20-Jan": months("%y-%b"),
    "Jan 20": months("%b %y"),
    "Jan'20": months("%b'%y"),
    "JAN2020": months("%b%Y", upper=True),
    "January, 2020": months("%B, %Y"),
    "Jan-20 of one year": plain([f"Jan-{k:02d}" for k in range(1, 32)] + [f"Feb-{k:02d}" for k in range(1, 29)]),
    "20-Jan of one year": plain([f"{k}-Jan" for k in range(1, 32)] + [f"{k}-Feb" for k in range(1, 29)]),
    "01-Jan of one year": dates(EARLY, "%d-%b"),
    "20-Jan of twelve months": plain([f"20-{m:%b}" for m in MONTHS[:12]]),
    "Jan-20 of twelve months": plain([f"{m:%b}-20" for m in MONTHS[:12]]),
    # Days.
    "01JAN2020": dates(DAYS, "%d%b%Y", upper=True),
    "01JAN20": dates(DAYS, "%d%b%y", upper=True),
    "Wednesday, January 01, 2020": dates(DAYS, "%A, %B %d, %Y"),
    "Wed 01.01.2020": dates(DAYS, "%a %d.%m.%Y"),
    "2020 Jan 01": dates(DAYS, "%Y %b %d"),
    "01_01_2020": dates(DAYS, "%d_%m_%Y"),
    "1. 1. 2020": plain([f"{d.day}. {d.month}. {d.year}" for d in DAYS]),
    "2020/1/1": plain([f"{d.year}/{d.month}/{d.day}" for d in DAYS]),
    "20200101.0": plain([f"{d:%Y%m%d}.0" for d in DAYS]),
    "202001.0": plain([f"{m:%Y%m}.0" for m in MONTHS]),
    "20201.0": plain([f"{2000 + k // 4}{k % 4 + 1}.0" for k in range(N)]),
    # Hours.
    "01JAN2020:00:00:00": dates(HOURS, "%d%b%Y:%H:%M:%S", upper=True),
    "[01/Jan/2020:00:00:00 +0000]": dates(HOURS, "[%d/%b/%Y:%H:%M:%S +0000]"),
    "Wed Jan 01 00:00:00 2020": dates(HOURS, "%a %b %d %H:%M:%S %Y"),
    "Wed, 01 Jan 2020 00:00:00 GMT": dates(HOURS, "%a, %d %b %Y %H:%M:%S GMT"),
    "2020-01-01 00:00:00 UTC": dates(HOURS, "%Y-%m-%d %H:%M:%S UTC"),
    "2020-01-01 00:00:00,123": dates(HOURS, "%Y-%m-%d %H:%M:%S,000"),
    "20200101T000000Z": dates(HOURS, "%Y%m%dT%H%M%SZ"),
    "20200101 0000": dates(HOURS, "%Y%m%d %H%M"),
    "01.01.2020 00:00 Uhr": dates(HOURS, "%d.%m.%Y %H:%M Uhr"),
    "2020-01-01 00:00 CET": dates(HOURS, "%Y-%m-%d %H:%M CET"),
    "Jan 01 00:00:00": dates(HOURS, "%b %d %H:%M:%S"),
    "01.01.2020 without midnight": plain([f"{t:%d.%m.%Y}" if t.hour == 0 else f"{t:%d.%m.%Y %H:%M}" for t in HOURS]),
    "from - to": plain([f"{t:%Y-%m-%d %H:%M} - {t + timedelta(hours=1):%Y-%m-%d %H:%M}" for t in HOURS]),
}  # fmt: skip

SAID: dict[str, list[str]] = {
    "1Q20": ["t (quarter), y: 60 of QS-JAN from 2000-01-01 to 2014-10-01, 100.5 to 162.5"],
    "Q1 20": ["t (quarter), y: 60 of QS-JAN from 2000-01-01 to 2014-10-01, 100.5 to 162.5"],
    "Q1-20": ["t (quarter), y: 60 of QS-JAN from 2000-01-01 to 2014-10-01, 100.5 to 162.5"],
    "Q1'20": ["t (quarter), y: 60 of QS-JAN from 2000-01-01 to 2014-10-01, 100.5 to 162.5"],
    "20Q1": ["t (quarter), y: 60 of QS-JAN from 2000-01-01 to 2014-10-01, 100.5 to 162.5"],
    "Q1, 2020": ["t (quarter), y: 60 of QS-JAN from 2000-01-01 to 2014-10-01, 100.5 to 162.5"],
    "Qtr 1 2020": ["t (quarter), y: 60 of QS-JAN from 2000-01-01 to 2014-10-01, 100.5 to 162.5"],
    "2020-T1": ["t (quarter), y: 60 of QS-JAN from 2000-01-01 to 2014-10-01, 100.5 to 162.5"],
    "2020H1": ["t (half-year), y: 60 of 6MS from 1990-01-01 to 2019-07-01, 100.5 to 162.5"],
    "H1 2020": ["t (half-year), y: 60 of 6MS from 1990-01-01 to 2019-07-01, 100.5 to 162.5"],
    "1H20": ["t (half-year), y: 60 of 6MS from 1990-01-01 to 2019-07-01, 100.5 to 162.5"],
    "2020-S1": ["t (half-year), y: 60 of 6MS from 1990-01-01 to 2019-07-01, 100.5 to 162.5"],
    "FY2020 Q1": [
        "! T: no column holds times: column 't' holds FY2000 Q1, a part of a fiscal year, and nothing shows in which month that begins; write the first day of each period, such as 2024-07-01"
    ],
    "FY2020": [
        "t (FY%Y), y: 60 of YS-JAN from 1960-01-01 to 2019-01-01, 100.5 to 162.5",
        "'t' holds FY1960, which is read as 1960-01-01, whatever month its year begins in; otherwise use the first day of each year",
    ],
    "FY 2020": [
        "t (FY %Y), y: 60 of YS-JAN from 1960-01-01 to 2019-01-01, 100.5 to 162.5",
        "'t' holds FY 1960, which is read as 1960-01-01, whatever month its year begins in; otherwise use the first day of each year",
    ],
    "2020/21": [
        "! T: no column holds times: column 't' holds 1960/61, a year that ends in the next; write the day on which each begins, such as 2020-07-01 for 2020/21"
    ],
    "2020-21": [
        "! T: no column holds times: column 't' holds 1960-61, a year that ends in the next; write the day on which each begins, such as 2020-07-01 for 2020/21"
    ],
    "Week 5, 2020": ["t (iso-week), y: 60 of W-MON from 2019-12-30 to 2021-02-15, 100.5 to 162.5"],
    "2020 W05": ["t (iso-week), y: 60 of W-MON from 2019-12-30 to 2021-02-15, 100.5 to 162.5"],
    "W05-2020": ["t (iso-week), y: 60 of W-MON from 2019-12-30 to 2021-02-15, 100.5 to 162.5"],
    "KW 5/2020": ["t (iso-week), y: 60 of W-MON from 2019-12-30 to 2021-02-15, 100.5 to 162.5"],
    "CW05 2020": ["t (iso-week), y: 60 of W-MON from 2019-12-30 to 2021-02-15, 100.5 to 162.5"],
    "Wk5'20": ["t (iso-week), y: 60 of W-MON from 2019-12-30 to 2021-02-15, 100.5 to 162.5"],
    "5/2020": ["t (iso-week), y: 60 of W-MON from 2019-12-30 to 2021-02-15, 100.5 to 162.5"],
    "20W05": ["t (iso-week), y: 60 of W-MON from 2019-12-30 to 2021-02-15, 100.5 to 162.5"],
    "2020M01": ["t (%YM%m), y: 60 of MS from 2015-01-01 to 2019-12-01, 100.5 to 162.5"],
    "2020m1": ["t (%Ym%m), y: 60 of MS from 2015-01-01 to 2019-12-01, 100.5 to 162.5"],
    "M01 2020": ["t (M%m %Y), y: 60 of MS from 2015-01-01 to 2019-12-01, 100.5 to 162.5"],
    "2020.01": ["t (%Y.%m), y: 60 of MS from 2015-01-01 to 2019-12-01, 100.5 to 162.5"],
    "Jan-20": ["t (%b-%y), y: 60 of MS from 2015-01-01 to 2019-12-01, 100.5 to 162.5"],
    "20-Jan": ["t (%y-%b), y: 60 of MS from 2015-01-01 to 2019-12-01, 100.5 to 162.5"],
    "Jan 20": ["t (%b %y), y: 60 of MS from 2015-01-01 to 2019-12-01, 100.5 to 162.5"],
    "Jan'20": ["t (%b'%y), y: 60 of MS from 2015-01-01 to 2019-12-01, 100.5 to 162.5"],
    "JAN2020": ["t (%b%Y), y: 60 of MS from 2015-01-01 to 2019-12-01, 100.5 to 162.5"],
    "January, 2020": ["t (%B, %Y), y: 60 of MS from 2015-01-01 to 2019-12-01, 100.5 to 162.5"],
    "Jan-20 of one year": [
        "! T: column 't' holds Jan-01, a day without its year; write the year in every time, such as 2020-01-01"
    ],
    "20-Jan of one year": [
        "! T: no column holds times: column 't' holds 1-Jan, which has no year; write the year in every time, such as 2024-01-31"
    ],
    "01-Jan of one year": [
        "! T: column 't' holds 01-Jan, and no row shows whether its number is a year or a day; set time_format '%y-%b' for the month 2001-01, or write the year in every time, such as 2020-01-01"
    ],
    "20-Jan of twelve months": [
        "! T: column 't' holds 20-Jan, and no row shows whether its number is a year or a day; set time_format '%y-%b' for the month 2020-01, or write the year in every time, such as 2020-01-20"
    ],
    "Jan-20 of twelve months": [
        "! T: column 't' holds Jan-20, and no row shows whether its number is a year or a day; set time_format '%b-%y' for the month 2020-01, or write the year in every time, such as 2020-01-20"
    ],
    "01JAN2020": ["t (%d%b%Y), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "01JAN20": ["t (%d%b%y), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "Wednesday, January 01, 2020": [
        "t (%A, %B %d, %Y), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"
    ],
    "Wed 01.01.2020": ["t (%a %d.%m.%Y), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "2020 Jan 01": ["t (%Y %b %d), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "01_01_2020": ["t (%d_%m_%Y), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "1. 1. 2020": ["t (%d. %m. %Y), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "2020/1/1": ["t (%Y/%m/%d), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "20200101.0": ["t (%Y%m%d), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "202001.0": ["t (%Y%m), y: 60 of MS from 2015-01-01 to 2019-12-01, 100.5 to 162.5"],
    "20201.0": ["t (quarter), y: 60 of QS-JAN from 2000-01-01 to 2014-10-01, 100.5 to 162.5"],
    "01JAN2020:00:00:00": [
        "t (%d%b%Y:%H:%M:%S), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "[01/Jan/2020:00:00:00 +0000]": [
        "t ([%d/%b/%Y:%H:%M:%S %z]), y: 60 of h UTC from 2024-03-01 00:00:00+00:00 to 2024-03-03 11:00:00+00:00, 100.5 to 162.5"
    ],
    "Wed Jan 01 00:00:00 2020": [
        "t (%a %b %d %H:%M:%S %Y), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "Wed, 01 Jan 2020 00:00:00 GMT": [
        "t (%a, %d %b %Y %H:%M:%S GMT), y: 60 of h UTC from 2024-03-01 00:00:00+00:00 to 2024-03-03 11:00:00+00:00, 100.5 to 162.5"
    ],
    "2020-01-01 00:00:00 UTC": [
        "t (%Y-%m-%d %H:%M:%S UTC), y: 60 of h UTC from 2024-03-01 00:00:00+00:00 to 2024-03-03 11:00:00+00:00, 100.5 to 162.5"
    ],
    "2020-01-01 00:00:00,123": [
        "t (%Y-%m-%d %H:%M:%S,%f), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "20200101T000000Z": [
        "t (%Y%m%dT%H%M%S%z), y: 60 of h UTC from 2024-03-01 00:00:00+00:00 to 2024-03-03 11:00:00+00:00, 100.5 to 162.5"
    ],
    "20200101 0000": [
        "t (%Y%m%d %H%M), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "01.01.2020 00:00 Uhr": [
        "t (%d.%m.%Y %H:%M Uhr), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "2020-01-01 00:00 CET": [
        "! T: no column holds times: column 't' holds 2024-03-01 00:00 CET, which ends in the name of a time zone; write an offset from UTC in its place, such as +01:00; or leave the names out and give the zone by timezone, such as Europe/Paris"
    ],
    "Jan 01 00:00:00": [
        "! T: no column holds times: column 't' holds Mar 01 00:00:00, which has no year; write the year in every time, such as 2024-01-31"
    ],
    "01.01.2020 without midnight": [
        "! T: no column holds times: column 't' holds 01.03.2024 beside 01.03.2024 01:00; write every time in the same way; midnight is 00:00 where the others have a clock"
    ],
    "from - to": [
        "! T: no column holds times: column 't' holds 2024-03-01 00:00 - 2024-03-01 01:00, which are two times; write the time at which each row begins in a column of its own"
    ],
}


test_what_is_made_of_it = tests_of(TABLES, SAID)
