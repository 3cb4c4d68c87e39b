"""Exports of banks, shops, ledgers, trackers and monitoring: what init and training make of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.data.exports.tables import (
    DAYS,
    HOURS,
    MONTHS,
    WEEKS,
    WORKDAYS,
    Content,
    de,
    rows,
    tests_of,
    v,
)

pytestmark = pytest.mark.slow


def german(number: float) -> str:
    """A number with a decimal comma, two decimals, and points between thousands."""
    return f"{number * 100:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".")


TABLES: dict[str, Content] = {
    "a bank in German": rows("Buchungstag;Valuta;Betrag;Saldo;Währung", (f"{d:%d.%m.%Y};{d:%d.%m.%Y};{de(v(i) - 120, '.2f')};{german(v(i))};EUR" for i, d in enumerate(DAYS))),
    "a bank in English": rows("Date,Description,Debit,Credit,Balance", (f'{d:%d/%m/%Y},Card {i},{v(i) if i % 2 else ""},{"" if i % 2 else v(i)},"{v(i) * 100:,.2f}"' for i, d in enumerate(DAYS))),
    "a bank in French": rows("Date;Libellé;Montant", (f"{d:%d/%m/%Y};Virement {i};{f'{v(i) * 100:,.2f}'.replace(',', ' ').replace('.', ',')}" for i, d in enumerate(DAYS))),
    "a bank in Switzerland": rows("Datum;Betrag", (f"{d:%d.%m.%Y};{f'{v(i) * 100:,.2f}'.replace(',', chr(39))}" for i, d in enumerate(DAYS))),
    "DATEV": rows("Umsatz (ohne Soll/Haben-Kz);Soll/Haben-Kennzeichen;Konto;Belegdatum", (f"{de(v(i), '.2f')};S;1200;{d:%d%m}" for i, d in enumerate(DAYS)), above='"EXTF";700;21;"Buchungsstapel";13;20240130;;"RE"\n'),
    "SAP ALV": rows("|Buch.dat. |     Menge|ME |", (f"|{d:%d.%m.%Y}|{de(v(i), '10.3f')}|ST |" for i, d in enumerate(DAYS)), above="-" * 28 + "\n", below="-" * 28 + "\n"),
    "SAP with a minus behind": rows("Datum\tBetrag", (f"{d:%d.%m.%Y}\t{de(v(i), '.2f')}-" for i, d in enumerate(DAYS))),
    "SAP without marks": rows("BUDAT;MENGE", (f"{d:%Y%m%d};{v(i):.3f}" for i, d in enumerate(DAYS))),
    "Google Analytics": rows("Date,Users,New users", (f"{d:%Y%m%d},{v(i):.0f},{v(i + 1):.0f}" for i, d in enumerate(DAYS)), above="# ----------------------------------------\n# Account: x\n# Start date: 20200101\n# ----------------------------------------\n\n"),
    "Google Analytics by number of day": rows("Nth day,Active users", (f"{i:04d},{v(i):.0f}" for i in range(60)), above="# Start date: 20200101\n"),
    "Google Trends": rows("Week,bread: (Worldwide)", (f"{w},{v(i):.0f}" for i, w in enumerate(WEEKS)), above="Category: All categories\n\n"),
    "Google Trends with less than 1": rows("Month,bread: (Worldwide)", (f"{m:%Y-%m},{'<1' if i == 7 else int(v(i))}" for i, m in enumerate(MONTHS)), above="Category: All categories\n\n"),
    "Jira": rows("Created,Issues", (f"{d:%d/%b/%y} 12:00 AM,{i * 7 % 31}" for i, d in enumerate(DAYS))),
    "Prometheus": rows("timestamp,value", (f"{1709251200 + 60 * i}.123,{v(i)}" for i in range(60))),
    "Prometheus with NaN": rows("timestamp,value", (f"{1709251200 + 60 * i},{'NaN' if i == 3 else v(i)}" for i in range(60))),
    "InfluxDB annotated": rows(",result,table,_time,_value", (f",,0,{t:%Y-%m-%dT%H:%M:%SZ},{v(i)}" for i, t in enumerate(HOURS)), above="#datatype,string,long,dateTime:RFC3339,double\n#group,false,false,false,false\n#default,_result,,,\n"),
    "InfluxDB 1": rows("name,tags,time,mean", (f"cpu,host=a,{1709251200 + 3600 * i}000000000,{v(i)}" for i in range(60))),
    "Grafana": rows('"Time","a {host=""x""}"', (f"{t:%Y-%m-%d %H:%M:%S},{v(i)}" for i, t in enumerate(HOURS))),
    "Grafana with sep": rows('"Time";"load"', (f'"{t:%Y-%m-%dT%H:%M:%S+01:00}";{v(i)}' for i, t in enumerate(HOURS)), above="sep=;\n"),
    "Excel with sep": rows("date;y", (f"{d:%d.%m.%Y};{de(v(i))}" for i, d in enumerate(DAYS)), above="sep=;\n"),
    "dates of Excel in America": rows("Date,Sales", (f'{d.month}/{d.day}/{d:%y},"{v(i) * 100:,.0f}"' for i, d in enumerate(DAYS))),
    "currencies": rows("Date,Sales", (f'{d},"${v(i) * 100:,.2f}"' for i, d in enumerate(DAYS))),
    "percents": rows("Date,Share", (f"{d},{v(i)}%" for i, d in enumerate(DAYS))),
    "errors of Excel": rows("Date,Sales", (f"{d},{'#DIV/0!' if i in (5, 9) else v(i)}" for i, d in enumerate(DAYS))),
    "errors of Excel in German": rows("Datum;Absatz", (f"{d:%d.%m.%Y};{'#WERT!' if i in (5, 9) else de(v(i))}" for i, d in enumerate(DAYS))),
    "stock prices": rows("Date,Open,High,Low,Close,Adj Close,Volume", (f"{d},{v(i)},{v(i) + 1},{v(i) - 1},{v(i)},{v(i)},{v(i) * 1000:.0f}" for i, d in enumerate(WORKDAYS))),
    "stock prices, newest first": rows("Date,Close/Last", (f"{d:%m/%d/%Y},${v(i)}" for i, d in reversed(list(enumerate(WORKDAYS))))),
    "volumes in millions": rows('"Date","Price","Vol."', (f'"{d:%b %d, %Y}","{v(i)}","{v(i):.2f}M"' for i, d in enumerate(WORKDAYS))),
    "Eurostat": rows("TIME_PERIOD,OBS_VALUE,OBS_FLAG", (f"{m:%Y-%m},{v(i)},{'p' if i > 56 else ''}" for i, m in enumerate(MONTHS))),
    "a national bank": rows("date,value", (f"{m:%YM%m},{v(i)}" for i, m in enumerate(MONTHS))),
    "FRED": rows("observation_date,UNRATE", (f"{m},{'.' if i == 9 else v(i)}" for i, m in enumerate(MONTHS))),
    "a statistics office in German": rows("Zeit;Wert", (f"{['Januar', 'Februar', 'März', 'April', 'Mai', 'Juni', 'Juli', 'August', 'September', 'Oktober', 'November', 'Dezember'][m.month - 1]} {m.year};{de(v(i))}" for i, m in enumerate(MONTHS))),
    "a smart meter": rows("Start,End,kWh", (f"{t:%Y-%m-%d %H:%M},{t + timedelta(minutes=59):%Y-%m-%d %H:%M},{v(i)}" for i, t in enumerate(HOURS))),
    "an inverter": rows("Zeitstempel;Leistung [W];Ertrag [kWh]", (f"{t:%d.%m.%y %H:%M};{v(i):.0f};{de(i / 10)}" for i, t in enumerate(HOURS))),
    "SCADA": rows("Timestamp;Tag;Value;Quality", (f"{t:%d.%m.%Y %H:%M:%S};{tag};{de(v(i))};Good" for i, t in enumerate(HOURS) for tag in ("FT101", "PT202"))),
    "Oracle": rows("DAY,QTY", (f"{d:%d-%b-%y}".upper() + f",{v(i)}" for i, d in enumerate(DAYS))),
    "SQL Server": rows("day,qty", (f"{t:%Y-%m-%d %H:%M:%S}.0000000,{v(i)}" for i, t in enumerate(HOURS)), below="\n(60 rows affected)\n"),
    "SQLite": rows("", (f"{d}|{v(i)}" for i, d in enumerate(DAYS))),
    "pandas": rows(",day,qty", (f"{i},{d},{v(i)}" for i, d in enumerate(DAYS))),
    "Julia": rows("t,y", (f"{t:%Y-%m-%dT%H:%M:%S},{'missing' if i == 3 else v(i)}" for i, t in enumerate(HOURS))),
}  # fmt: skip

SAID: dict[str, list[str]] = {
    "a bank in German": [
        "Buchungstag (%d.%m.%Y), Betrag: 60 of D from 2020-01-01 to 2020-02-29, -19.5 to 42.5"
    ],
    "a bank in English": [
        "Date (%d/%m/%Y), Debit: 59 of D from 2020-01-02 to 2020-02-29, 137.5 to 162.5, 30 empty",
        "29 of 59 values to forecast (49%) are absent: the network sees the value before each, and learns and is scored without them, by data.missing: mask; otherwise use data.missing: zero where no row means that nothing happened",
    ],
    "a bank in French": ["Date (%d/%m/%Y), Montant: 60 of D from 2020-01-01 to 2020-02-29, 10050 to 16250"],
    "a bank in Switzerland": [
        "Datum (%d.%m.%Y), Betrag: 60 of D from 2020-01-01 to 2020-02-29, 10050 to 16250"
    ],
    "DATEV": [
        "! T: column 'Belegdatum' holds 0101, a day and its month without a year, as 3101 is; write the year into every date, such as 2024-01-31; where the numbers only count the rows, use time Belegdatum freq 1"
    ],
    "SAP ALV": [
        "! T:1: the table is drawn in a frame, as clients of databases and SAP show it; write it as CSV; the client of MySQL writes tabs between columns where its output goes to a file"
    ],
    "SAP with a minus behind": [
        "! T: no column of numbers is left to forecast: 'Betrag' holds '100,50-', a number with its minus behind it; write the minus first, such as -100,50"
    ],
    "SAP without marks": [
        "BUDAT (%Y%m%d), MENGE: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5",
        "'MENGE' holds 100.500, which is read as a number with three decimals; otherwise use --decimal ',' for 100500",
    ],
    "Google Analytics": [
        "Date (%Y%m%d), Users: 60 of D from 2020-01-01 to 2020-02-29, 100 to 162",
        "lines that begin with '#' are left out as comments, by data.csv.comment: '#'; otherwise use data.csv.comment: null",
    ],
    "Google Analytics by number of day": [
        "Nth day (ISO), Active users: 60 of 1 from 0 to 59, 100 to 162",
        "lines that begin with '#' are left out as comments, by data.csv.comment: '#'; otherwise use data.csv.comment: null",
    ],
    "Google Trends": [
        "Week (ISO), bread: (Worldwide): 60 of W-MON from 2019-12-30 to 2021-02-15, 100 to 162",
        "line 1 above the header in line 3 is left out as no row of the table, by data.csv.skip_rows: 1; otherwise use data.csv.skip_rows: 0",
    ],
    "Google Trends with less than 1": [
        "! T:11: bread: (Worldwide): '<1' is not a number; correct it, or leave the field empty to mark it missing"
    ],
    "Jira": ["Created (%d/%b/%y %I:%M %p), Issues: 60 of D from 2020-01-01 to 2020-02-29, 0 to 10"],
    "Prometheus": [
        "! T: no column holds times: column 'timestamp' holds 1709251200.123, seconds since 1970 with a fraction; write whole seconds, or milliseconds without a decimal mark"
    ],
    "Prometheus with NaN": [
        "timestamp (epoch-s), value: 60 of min UTC from 2024-03-01 00:00:00+00:00 to 2024-03-01 00:59:00+00:00, 100.5 to 162.5, 1 empty"
    ],
    "InfluxDB annotated": [
        "_time (ISO), _value: 60 of h UTC from 2024-03-01 00:00:00+00:00 to 2024-03-03 11:00:00+00:00, 100.5 to 162.5",
        "lines that begin with '#' are left out as comments, by data.csv.comment: '#'; otherwise use data.csv.comment: null",
    ],
    "InfluxDB 1": [
        "time (epoch-ns), mean: 60 of h UTC from 2024-03-01 00:00:00+00:00 to 2024-03-03 11:00:00+00:00, 100.5 to 162.5"
    ],
    "Grafana": [
        'Time (ISO), a {host="x"}: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5'
    ],
    "Grafana with sep": [
        "Time (ISO), load: 60 of h +01:00 from 2024-03-01 00:00:00+01:00 to 2024-03-03 11:00:00+01:00, 100.5 to 162.5",
        "line 1 above the header in line 2 is left out as no row of the table, by data.csv.skip_rows: 1; otherwise use data.csv.skip_rows: 0",
        "'Time' has the offset +01:00 from UTC in all rows, and so have the forecasts, whatever clocks do; otherwise use --timezone with the name of its zone, such as Europe/Paris",
    ],
    "Excel with sep": [
        "date (%d.%m.%Y), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5",
        "line 1 above the header in line 2 is left out as no row of the table, by data.csv.skip_rows: 1; otherwise use data.csv.skip_rows: 0",
    ],
    "dates of Excel in America": [
        "Date (%m/%d/%y), Sales: 60 of D from 2020-01-01 to 2020-02-29, 10050 to 16250",
        "'Sales' holds 10,050, and 10,050 is read as 10050; otherwise use --decimal ',' for a number with three decimals",
    ],
    "currencies": [
        "! T: no column of numbers is left to forecast: 'Sales' holds '$10,050.00', a number with a currency; leave it out, as in 10,050.00"
    ],
    "percents": [
        "! T: no column of numbers is left to forecast: 'Share' holds '100.5%', a number with a percent sign; leave the sign out, as in 100.5"
    ],
    "errors of Excel": [
        "Date (ISO), Sales: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5, 2 empty",
        "#DIV/0! in 2 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "errors of Excel in German": [
        "Datum (%d.%m.%Y), Absatz: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5, 2 empty",
        "#WERT! in 2 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "stock prices": ["Date (ISO), Close: 60 of B from 2020-01-01 to 2020-03-24, 100.5 to 162.5"],
    "stock prices, newest first": [
        "! T: no column of numbers is left to forecast: 'Close/Last' holds '$162.5', a number with a currency; leave it out, as in 162.5"
    ],
    "volumes in millions": ["Date (%b %d, %Y), Price: 60 of B from 2020-01-01 to 2020-03-24, 100.5 to 162.5"],
    "Eurostat": ["TIME_PERIOD (ISO), OBS_VALUE: 60 of MS from 2015-01-01 to 2019-12-01, 100.5 to 162.5"],
    "a national bank": ["date (%YM%m), value: 60 of MS from 2015-01-01 to 2019-12-01, 100.5 to 162.5"],
    "FRED": [
        "observation_date (ISO), UNRATE: 60 of MS from 2015-01-01 to 2019-12-01, 100.5 to 162.5, 1 empty",
        ". in 1 cell stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "a statistics office in German": [
        "! T: no column holds times: column 'Zeit' holds Januar 2015, whose words are no English names of months; write the months as numbers, such as 2024-01-31 or 2024-01"
    ],
    "a smart meter": [
        "Start (ISO), kWh: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5",
        "'Start' is taken as the times, and 'End' would do as well; otherwise use --time End",
    ],
    "an inverter": [
        "Zeitstempel (%d.%m.%y %H:%M), Leistung [W]: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100 to 162"
    ],
    "SCADA": [
        "Timestamp (%d.%m.%Y %H:%M:%S), Value of Tag: 2 x 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "Oracle": ["DAY (%d-%b-%y), QTY: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "SQL Server": [
        "day (ISO), qty: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5",
        "the last line is left out as no row of the table, by data.csv.skip_footer: 1; otherwise use data.csv.skip_footer: 0",
    ],
    "SQLite": [
        "! T:1: the first line holds values, such as '2020-01-01', and no names of columns; add a line of names above it"
    ],
    "pandas": ["day (ISO), qty: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "Julia": [
        "t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 1 empty",
        "missing in 1 cell stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
}

test_what_is_made_of_it = tests_of(TABLES, SAID)
