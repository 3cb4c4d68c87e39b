"""Exports of energy markets, weather services and logs: what init and training make of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.unit.data.exports.tables import DAYS, HOURS, Content, de, plain, rows, tests_of, v

pytestmark = pytest.mark.slow

ROME = ZoneInfo("Europe/Rome")
AUTUMN, SPRING = date(2023, 10, 27), date(2024, 3, 29)


def market(first: date, days: int = 5, step: int = 60) -> Iterator[tuple[datetime, datetime]]:
    """The intervals of some days on the clock of a market: 25 hours in autumn, 23 in spring."""
    t = datetime(first.year, first.month, first.day, tzinfo=ROME).astimezone(ZoneInfo("UTC"))
    last = first + timedelta(days=days)
    end = datetime(last.year, last.month, last.day, tzinfo=ROME)
    while t < end:
        yield t.astimezone(ROME), (t + timedelta(minutes=step)).astimezone(ROME)
        t += timedelta(minutes=step)


def numbered(first: date, days: int = 5, step: int = 60, start: int = 1) -> list[str]:
    """A date and the number of an interval of the day."""
    found: list[str] = []
    day, n = None, 0
    for i, (t, _) in enumerate(market(first, days, step)):
        day, n = (day, n + 1) if t.date() == day else (t.date(), start)
        found.append(f"{t:%Y-%m-%d},{n},{v(i)}")
    return found


def hours_of(first: date, form: str, *, end: bool = False) -> str:
    return plain([f"{(b if end else a):{form}}" for a, b in market(first)])


def preamble(lines: int) -> str:
    return "".join(f"Station line {i}: 52.1N 4.5E\n" for i in range(lines))


def epoch(i: int, unit: int = 1) -> int:
    return (1709251200 + 3600 * i) * unit


TABLES: dict[str, Content] = {
    # Energy markets.
    "hours 1 to 24": rows("date,hour,price", numbered(date(2024, 2, 1))),
    "hours 0 to 23": rows("date,hour,price", numbered(date(2024, 2, 1), start=0)),
    "hours 1 to 25 in autumn": rows("date,hour,price", numbered(AUTUMN)),
    "hours 1 to 23 in spring": rows("date,hour,price", numbered(SPRING)),
    "hour ending 1 to 25 in autumn": rows("date,HE,price", numbered(AUTUMN)),
    "quarter hours 1 to 96": rows("date,mtu,price", numbered(date(2024, 2, 1), 4, 15)),
    "quarter hours 1 to 100 in autumn": rows("date,mtu,price", numbered(AUTUMN, 5, 15)),
    "half hours 1 to 50 in autumn": rows("settlement_date,settlement_period,price", numbered(AUTUMN, 5, 30)),
    "local times with a repeated hour": hours_of(AUTUMN, "%Y-%m-%d %H:%M"),
    "local times without an hour": hours_of(SPRING, "%Y-%m-%d %H:%M"),
    "local times with offsets": hours_of(AUTUMN, "%Y-%m-%dT%H:%M:%S%z"),
    "local times with offsets in words": hours_of(AUTUMN, "%d.%m.%Y %H:%M %Z"),
    "local times with CET alone": plain([f"{t} CET" for t in HOURS]),
    "a column of the zone": rows("time,zone,price", (f"{t:%Y-%m-%d %H:%M},{t:%Z},{v(i)}" for i, (t, _) in enumerate(market(AUTUMN)))),
    "a column of the zone in summer": rows("time,tz,price", (f"{t:%Y-%m-%d %H:%M},CEST,{v(i)}" for i, t in enumerate(HOURS))),
    "local and UTC": rows("utc_time,cet_time,price", (f"{t.astimezone(ZoneInfo('UTC')):%Y-%m-%dT%H:%M}Z,{t:%Y-%m-%dT%H:%M},{v(i)}" for i, (t, _) in enumerate(market(AUTUMN)))),
    "intervals from and to": rows("MTU (CET/CEST),Day-ahead Price [EUR/MWh]", (f"{t:%d.%m.%Y %H:%M} - {e:%d.%m.%Y %H:%M},{v(i)}" for i, (t, e) in enumerate(market(date(2024, 2, 1))))),
    "columns from and to": rows("start,end,load", (f"{t:%Y-%m-%d %H:%M},{e:%Y-%m-%d %H:%M},{v(i)}" for i, (t, e) in enumerate(market(date(2024, 2, 1))))),
    "date and from and to": rows("Datum;von;bis;MW", (f"{t:%d.%m.%Y};{t:%H:%M};{e:%H:%M};{de(v(i))}" for i, (t, e) in enumerate(market(date(2024, 2, 1))))),
    "hours of 24:00": plain([f"{t:%Y-%m-%d} {t.hour + 1:02d}:00" for t, _ in market(date(2024, 2, 1))]),
    "hours of 2400": rows("date,time,y", (f"{t:%Y-%m-%d},{t.hour + 1:02d}00,{v(i)}" for i, (t, _) in enumerate(market(date(2024, 2, 1))))),
    "clocks of 24:00": rows("date,time,y", (f"{t:%d.%m.%Y},{t.hour + 1:02d}:00,{v(i)}" for i, (t, _) in enumerate(market(date(2024, 2, 1))))),
    "a row for each day": rows(",".join(["date", *(f"h{k}" for k in range(1, 25))]), (",".join([str(d), *(str(v(i * 24 + k)) for k in range(24))]) for i, d in enumerate(DAYS))),
    "hours 3A and 3B": rows("date,hour,price", (f"{d},{h},{v(k)}" for d in DAYS[:5] for k, h in enumerate(["1", "2", "3A", "3B", *map(str, range(4, 25))]))),
    # Weather.
    "-999.9": rows("date,temp", (f"{t},{-999.9 if i in (4, 9) else v(i) - 100}" for i, t in enumerate(HOURS))),
    "9999": rows("date,pressure", (f"{t},{9999 if i in (4, 9) else 900 + v(i):.0f}" for i, t in enumerate(HOURS))),
    "units below": rows("time,temp,wind\nUTC,degC,m/s", (f"{t},{v(i)},{v(i + 1)}" for i, t in enumerate(HOURS))),
    "units in brackets": rows("time,temp\n[UTC],[°C]", (f"{t},{v(i)}" for i, t in enumerate(HOURS))),
    "a preamble of the station": rows("time,temp", (f"{t},{v(i)}" for i, t in enumerate(HOURS)), above=preamble(7)),
    "a preamble of comments": rows("# STN,YYYYMMDD,TG", (f"260,{t:%Y%m%d},{v(i):.0f}" for i, t in enumerate(DAYS)), above="# KNMI\n# TG: mean\n#\n"),
    "a German service": rows("STATIONS_ID;MESS_DATUM;QN_9;TT_TU;RF_TU;eor", (f"       1048;{t:%Y%m%d%H};    3;{-999.0 if i == 4 else v(i):6.1f};{v(i + 2):6.1f};eor" for i, t in enumerate(HOURS))),
    "an American service": rows('"STATION","DATE","TMAX","PRCP"', (f'"USW1","{t}","{v(i):.0f}","{9999.9 if i == 5 else i % 7}"' for i, t in enumerate(DAYS))),
    "traces of rain": rows("date,rain", (f"{t},{'T' if i in (3, 30) else v(i)}" for i, t in enumerate(DAYS))),
    "flags behind numbers": rows("date,rain", (f"{t},{v(i)}{'E' if i in (3, 30) else ''}" for i, t in enumerate(DAYS))),
    "a column of flags": rows("date,temp,temp_flag", (f"{t},{v(i)},{'M' if i in (3, 30) else ''}" for i, t in enumerate(DAYS))),
    "year month day hour": rows("YY,MM,DD,hh,WTMP", (f"{t.year},{t.month:02d},{t.day:02d},{t.hour:02d},{v(i)}" for i, t in enumerate(HOURS))),
    "year and day of the year": rows("year,doy,temp", (f"2023,{i + 1},{v(i)}" for i in range(60))),
    "packed times": rows("valid,tmpf", (f"{t:%Y%m%d%H%M},{v(i)}" for i, t in enumerate(HOURS))),
    "M for missing": rows("station,valid,tmpf", (f"AMS,{t:%Y-%m-%d %H:%M},{'M' if i in (4, 8) else v(i)}" for i, t in enumerate(HOURS))),
    "a month in each column": rows("year,jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec", (",".join([str(1990 + y), *(str(v(12 * y + k)) for k in range(12))]) for y in range(12))),
    # Logs.
    "epochs": rows("ts,requests", (f"{epoch(i)},{v(i)}" for i in range(60))),
    "epochs of milliseconds": rows("ts,requests", (f"{epoch(i, 1000)},{v(i)}" for i in range(60))),
    "epochs with fractions": rows("ts,requests", (f"{epoch(i)}.000,{v(i)}" for i in range(60))),
    "epochs in exponents": rows("ts,requests", (f"{epoch(i):.10e},{v(i)}" for i in range(60))),
    "ISO with Z": rows("@timestamp,count", (f"{t:%Y-%m-%dT%H:%M:%S}Z,{v(i)}" for i, t in enumerate(HOURS))),
    "ISO with Z and nanoseconds": rows("time,count", (f"{t:%Y-%m-%dT%H:%M:%S}.000000000Z,{v(i)}" for i, t in enumerate(HOURS))),
    "ISO without marks": rows("time,count", (f"{t:%Y%m%dT%H%M%S}Z,{v(i)}" for i, t in enumerate(HOURS))),
    "a web server": rows("time,bytes", (f"[{t:%d/%b/%Y:%H:%M:%S} +0000],{v(i)}" for i, t in enumerate(HOURS))),
    "asctime": rows("time,bytes", (f"{t:%a %b %d %H:%M:%S %Y},{v(i)}" for i, t in enumerate(HOURS))),
    "mail": rows("time,bytes", (f'"{t:%a, %d %b %Y %H:%M:%S} GMT",{v(i)}' for i, t in enumerate(HOURS))),
    "milliseconds behind a comma": rows('time;bytes', (f"{t},000;{v(i)}" for i, t in enumerate(HOURS))),
    "syslog without a year": rows("time,bytes", (f"{t:%b %d %H:%M:%S},{v(i)}" for i, t in enumerate(HOURS))),
    "prometheus": rows('"Time","http_requests"', (f'"{t}","{v(i)} req/s"' for i, t in enumerate(HOURS))),
    "grafana with thousands": rows('"Time";"load"', (f'"{t}";"{v(i) / 100:.3f}"' for i, t in enumerate(HOURS))),
    "bytes with units": rows("time,size", (f"{t},{v(i)} MiB" for i, t in enumerate(HOURS))),
    "irregular seconds": plain([f"2024-03-01 00:{i:02d}:{i * 13 % 60:02d}" for i in range(60)]),
    "seconds that drift": plain([f"2024-03-01 {i // 60:02d}:{i % 60:02d}:{i % 3:02d}" for i in range(120)]),
}  # fmt: skip

SAID: dict[str, list[str]] = {
    "hours 1 to 24": [
        "date+hour (ISO), price: 120 of h from 2024-02-01 00:00:00 to 2024-02-05 23:00:00, 100.5 to 160.5",
        "'hour' goes from 1 to 24 on every date, and is read as the hours of the day, 1 from 00:00; otherwise use --id hour for 24 series",
    ],
    "hours 0 to 23": [
        "date+hour (ISO), price: 120 of h from 2024-02-01 00:00:00 to 2024-02-05 23:00:00, 100.5 to 160.5"
    ],
    "hours 1 to 25 in autumn": [
        "! T: column 'hour' goes to 25 on 2023-10-29, as where clocks change; write the times into one column, in UTC or with their offset, such as 2024-10-27T02:00+01:00, or use id hour for 25 series"
    ],
    "hours 1 to 23 in spring": [
        "date+hour (ISO), price: 120 of h from 2024-03-29 00:00:00 to 2024-04-02 23:00:00, 100.5 to 123.5, 1 absent",
        "'hour' goes from 1 to 24 on every date, and is read as the hours of the day, 1 from 00:00; 2024-03-31 ends with 23, and is read as if its last hour were absent and not one at night; otherwise use times in one column, in UTC or with their offset or --id hour for 24 series",
    ],
    "hour ending 1 to 25 in autumn": [
        "! T: column 'HE' goes to 25 on 2023-10-29, as where clocks change; write the times into one column, in UTC or with their offset, such as 2024-10-27T02:00+01:00, or use id HE for 25 series"
    ],
    "quarter hours 1 to 96": [
        "date+mtu (ISO), price: 384 of 15min from 2024-02-01 00:00:00 to 2024-02-04 23:45:00, 100.5 to 131.5"
    ],
    "quarter hours 1 to 100 in autumn": [
        "! T: column 'mtu' goes to 100 on 2023-10-29, as where clocks change; write the times into one column, in UTC or with their offset, such as 2024-10-27T02:00+01:00, or use id mtu for 100 series"
    ],
    "half hours 1 to 50 in autumn": [
        "! T: column 'settlement_period' goes to 50 on 2023-10-29, as where clocks change; write the times into one column, in UTC or with their offset, such as 2024-10-27T02:00+01:00, or use id settlement_period for 50 series"
    ],
    "local times with a repeated hour": [
        "t (ISO), y: 120 of h from 2023-10-27 00:00:00 to 2023-10-31 23:00:00, 100.5 to 197.5",
        "the times repeat 2023-10-29 02:00:00, as on a clock that changes in Europe/Paris, and are used as they are written; otherwise use --timezone with the name of the zone, such as Europe/Paris",
    ],
    "local times without an hour": [
        "t (ISO), y: 120 of h from 2024-03-29 00:00:00 to 2024-04-02 23:00:00, 100.5 to 123.5, 1 absent",
        "the times lack 2024-03-31 02:00:00, as on a clock that changes in Europe/Paris, and are used as they are written; otherwise use --timezone with the name of the zone, such as Europe/Paris",
    ],
    "local times with offsets": [
        "t (ISO), y: 121 of h UTC from 2023-10-26 22:00:00+00:00 to 2023-10-31 22:00:00+00:00, 100.5 to 197.5",
        "'t' has the offsets +02:00, +01:00 from UTC and is read in UTC, as are days, seasons and forecasts; otherwise use --timezone with the name of its zone, such as Europe/Paris",
    ],
    "local times with offsets in words": [
        "! T: no column holds times: column 't' holds 27.10.2023 00:00 CEST, which ends in the name of a time zone; write an offset from UTC in its place, such as +01:00; or leave the names out and give the zone by timezone, such as Europe/Paris"
    ],
    "local times with CET alone": [
        "! T: no column holds times: column 't' holds 2024-03-01 00:00:00 CET, which ends in the name of a time zone; write an offset from UTC in its place, such as +01:00; or leave the names out and give the zone by timezone, such as Europe/Paris"
    ],
    "a column of the zone": [
        "time (ISO), price: 120 of h from 2023-10-27 00:00:00 to 2023-10-31 23:00:00, 100.5 to 197.5",
        "'zone' holds 'CEST' and 'CET', and is left out: times are used as they are written; otherwise use --timezone with the name of the zone, such as Europe/Paris",
    ],
    "a column of the zone in summer": [
        "time (ISO), price: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5",
        "'tz' holds 'CEST', and is left out: times are used as they are written; otherwise use --timezone with the name of the zone, such as Europe/Paris",
    ],
    "local and UTC": [
        "utc_time (ISO), price: 121 of h UTC from 2023-10-26 22:00:00+00:00 to 2023-10-31 22:00:00+00:00, 100.5 to 197.5",
        "'utc_time' is taken as the times, and 'cet_time' would do as well; otherwise use --time cet_time",
    ],
    "intervals from and to": [
        "! T: no column holds times: column 'MTU (CET/CEST)' holds 01.02.2024 00:00 - 01.02.2024 01:00, which are two times; write the time at which each row begins in a column of its own"
    ],
    "columns from and to": [
        "start (ISO), load: 120 of h from 2024-02-01 00:00:00 to 2024-02-05 23:00:00, 100.5 to 160.5",
        "'start' is taken as the times, and 'end' would do as well; otherwise use --time end",
    ],
    "date and from and to": [
        "Datum+von (%d.%m.%Y), MW: 120 of h from 2024-02-01 00:00:00 to 2024-02-05 23:00:00, 100.5 to 160.5",
        "the rows are taken as one series, and 'bis' may name 24; otherwise use --id bis for 24 series",
    ],
    "hours of 24:00": [
        "t (ISO), y: 120 of h from 2024-02-01 01:00:00 to 2024-02-06 00:00:00, 100.5 to 160.5"
    ],
    "hours of 2400": [
        "! T: column 'time' looks like the time of the day (0100, 0200 to 2400 on every date), and is not written as one; write hours as 0 to 23 or 1 to 24, half hours as 1 to 48, quarters of an hour as 1 to 96 and clocks as 17:30, or use id time for 24 series"
    ],
    "clocks of 24:00": [
        "date+time (%d.%m.%Y), y: 120 of h from 2024-02-01 01:00:00 to 2024-02-06 00:00:00, 100.5 to 160.5"
    ],
    "a row for each day": [
        "date (ISO), h1: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 174.5",
        "columns 'h1' to 'h24' look like 24 series, or like one whose times are columns, and 'h1' alone is forecast; otherwise use --target for each of them or a table with a row for each of them and its time in a column",
    ],
    "hours 3A and 3B": [
        "! T: column 'hour' looks like the time of the day (1, 2 to 24 on every date), and is not written as one; write hours as 0 to 23 or 1 to 24, half hours as 1 to 48, quarters of an hour as 1 to 96 and clocks as 17:30, or use id hour for 25 series"
    ],
    "-999.9": [
        "date (ISO), temp: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 0.5 to 62.5, 2 empty",
        "-999.9 in 2 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "9999": [
        "date (ISO), pressure: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 1000 to 1062, 2 empty",
        "9999 in 2 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "units below": [
        "time (ISO), temp: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5",
        "line 2 below the header is left out as no row of the table, by data.csv.skip_rows: [2]; otherwise use data.csv.skip_rows: 0",
    ],
    "units in brackets": [
        "time (ISO), temp: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5",
        "line 2 below the header is left out as no row of the table, by data.csv.skip_rows: [2]; otherwise use data.csv.skip_rows: 0",
    ],
    "a preamble of the station": [
        "time (ISO), temp: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5",
        "lines 1 to 7 above the header in line 8 are left out as no row of the table, by data.csv.skip_rows: 7; otherwise use data.csv.skip_rows: 0",
    ],
    "a preamble of comments": [
        "YYYYMMDD (%Y%m%d), TG: 60 of D from 2020-01-01 to 2020-02-29, 100 to 162",
        "lines 1 to 3 above the header in line 4 are left out as no row of the table, by data.csv.skip_rows: 3; otherwise use data.csv.skip_rows: 0",
    ],
    "a German service": [
        "MESS_DATUM (%Y%m%d%H), TT_TU: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 1 empty",
        "-999 in 1 cell stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "an American service": ["DATE (ISO), TMAX: 60 of D from 2020-01-01 to 2020-02-29, 100 to 162"],
    "traces of rain": [
        "! T:5: rain: 'T' is not a number; correct it, or leave the field empty to mark it missing\nT:32: rain: 'T' is not a number; correct it, or leave the field empty to mark it missing"
    ],
    "flags behind numbers": [
        "! T:5: rain: '110.5E' is a number with a letter behind it; leave 'E' out if it is a flag, as in 110.5\nT:32: rain: '200.5E' is a number with a letter behind it; leave 'E' out if it is a flag, as in 200.5"
    ],
    "a column of flags": ["date (ISO), temp: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "year month day hour": [
        "YY+MM+DD+hh (%Y), WTMP: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "year and day of the year": [
        "! T: columns 'year' and 'doy' look like the parts of one time; write the times into one column, such as 2024-01-31; where the numbers only count the rows, use time doy freq 1"
    ],
    "packed times": [
        "valid (%Y%m%d%H%M), tmpf: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "M for missing": [
        "valid (ISO), tmpf: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 2 empty",
        "M in 2 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "a month in each column": [
        "year (ISO), jan: 12 of 1 from 1990 to 2001, 100.5 to 136.5",
        "columns 'jan' to 'dec' look like 12 series, or like one whose times are columns, and 'jan' alone is forecast; otherwise use --target for each of them or a table with a row for each of them and its time in a column",
    ],
    "epochs": [
        "ts (epoch-s), requests: 60 of h UTC from 2024-03-01 00:00:00+00:00 to 2024-03-03 11:00:00+00:00, 100.5 to 162.5"
    ],
    "epochs of milliseconds": [
        "ts (epoch-ms), requests: 60 of h UTC from 2024-03-01 00:00:00+00:00 to 2024-03-03 11:00:00+00:00, 100.5 to 162.5"
    ],
    "epochs with fractions": [
        "ts (epoch-s), requests: 60 of h UTC from 2024-03-01 00:00:00+00:00 to 2024-03-03 11:00:00+00:00, 100.5 to 162.5"
    ],
    "epochs in exponents": [
        "! T: no column holds times: column 'ts' holds 1.7092512000e+09, a time since 1970 in scientific notation; write it with all its digits, such as 1614557000"
    ],
    "ISO with Z": [
        "@timestamp (ISO), count: 60 of h UTC from 2024-03-01 00:00:00+00:00 to 2024-03-03 11:00:00+00:00, 100.5 to 162.5"
    ],
    "ISO with Z and nanoseconds": [
        "time (ISO), count: 60 of h UTC from 2024-03-01 00:00:00+00:00 to 2024-03-03 11:00:00+00:00, 100.5 to 162.5"
    ],
    "ISO without marks": [
        "time (%Y%m%dT%H%M%S%z), count: 60 of h UTC from 2024-03-01 00:00:00+00:00 to 2024-03-03 11:00:00+00:00, 100.5 to 162.5"
    ],
    "a web server": [
        "time ([%d/%b/%Y:%H:%M:%S %z]), bytes: 60 of h UTC from 2024-03-01 00:00:00+00:00 to 2024-03-03 11:00:00+00:00, 100.5 to 162.5"
    ],
    "asctime": [
        "time (%a %b %d %H:%M:%S %Y), bytes: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "mail": [
        "time (%a, %d %b %Y %H:%M:%S GMT), bytes: 60 of h UTC from 2024-03-01 00:00:00+00:00 to 2024-03-03 11:00:00+00:00, 100.5 to 162.5"
    ],
    "milliseconds behind a comma": [
        "time (%Y-%m-%d %H:%M:%S,%f), bytes: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "syslog without a year": [
        "! T: no column holds times: column 'time' holds Mar 01 00:00:00, which has no year; write the year in every time, such as 2024-01-31"
    ],
    "prometheus": [
        "! T: no column of numbers is left to forecast: 'http_requests' holds '100.5 req/s', a number with a unit; leave 'req/s' out, as in 100.5"
    ],
    "grafana with thousands": [
        "Time (ISO), load: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 1.005 to 1.625",
        "'load' holds 1.005, which is read as a number with three decimals; otherwise use --decimal ',' for 1005",
    ],
    "bytes with units": [
        "! T: no column of numbers is left to forecast: 'size' holds '100.5 MiB', a number with a unit; leave 'MiB' out, as in 100.5"
    ],
    "irregular seconds": [
        "! T: the times of column 't' are irregular: the usual step is 73s, and 55 of 60 times fall between its steps (the first: 2024-03-01 00:05:05); aggregate the table to a regular step first, for instance one row per hour or day"
    ],
    "seconds that drift": [
        "! T: the times of column 't' are irregular: the usual step is 61s, and 117 of 120 times fall between its steps (the first: 2024-03-01 00:03:00); round every time to the nearest step of min"
    ],
}


test_what_is_made_of_it = tests_of(TABLES, SAID)
