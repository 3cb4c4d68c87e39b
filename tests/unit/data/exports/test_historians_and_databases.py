"""Exports of historians, databases and statistics programs: what init and training make of them."""

from __future__ import annotations

import pytest

from tests.unit.data.exports.tables import DAYS, HOURS, MONTHS, Content, de, rows, tests_of, v

pytestmark = pytest.mark.slow

TAGS = ("FIC101.PV", "TI205.PV")
BAD = (7, 21)


def history(bad: str, quality: str = "", separator: str = ";") -> str:
    """Two tags one below the other, with a cell that says that there is no value."""
    head = separator.join(["tag", "timestamp", "value", *(["quality"] if quality else [])])
    return rows(
        head,
        (
            separator.join(
                [tag, f"{t:%Y-%m-%d %H:%M:%S}", bad if i in BAD else str(v(i))]
                + ([("Bad" if i in BAD else quality)] if quality else [])
            )
            for tag in TAGS
            for i, t in enumerate(HOURS)
        ),
    )


def psql(null: str = "", footer: str = "(60 rows)\n", align: bool = True) -> str:
    """What psql prints."""
    cells = [(f"{t:%Y-%m-%d %H:%M:%S}", null if i in BAD else str(v(i))) for i, t in enumerate(HOURS)]
    if not align:
        return rows("ts|kwh", (f"{t}|{y}" for t, y in cells), below=footer)
    return rows(
        "         ts          |  kwh  ", (f" {t} | {y:>5}" for t, y in cells),
        below=footer,
    ).replace("\n", "\n---------------------+-------\n", 1)  # fmt: skip


def mysql(null: str = "NULL") -> str:
    """What mysql --batch prints."""
    return rows("ts\tkwh", (f"{t}\t{null if i in BAD else v(i)}" for i, t in enumerate(HOURS)))


def mysql_box() -> str:
    """What mysql prints to a terminal."""
    rule = "+---------------------+-------+\n"
    body = [f"| {t} | {v(i):5} |" for i, t in enumerate(HOURS)]
    return rows(
        "| ts                  | kwh   |",
        [rule[:-1], *body],
        above=rule,
        below=rule + "60 rows in set (0.00 sec)\n",
    )


def sas(i: int) -> str:
    return f"{HOURS[i]:%d%b%Y:%H:%M:%S}".upper()


TABLES: dict[str, Content] = {
    # Historians.
    **{f"historian with {bad}": history(bad) for bad in ("Bad", "Bad Input", "No Data", "I/O Timeout", "#N/A", "Comm Fail")},
    "historian with quality": history("", "Good"),
    "historian with quality of numbers": history("", "192"),
    "historian with commas": history("Bad", separator=","),
    "historian of one tag": rows("tag;timestamp;value;quality", (f"FIC101;{t};{v(i)};Good" for i, t in enumerate(HOURS))),
    "historian with decimal commas": rows(
        "tag;timestamp;value;quality", (f"FIC101;{t:%d.%m.%Y %H:%M:%S};{'Bad' if i == 9 else de(v(i))};{192 if i != 9 else 0}" for i, t in enumerate(HOURS))
    ),
    "historian in wide form": rows(
        "Timestamp,FIC101.PV,TI205.PV", (f"{t:%m/%d/%Y %H:%M},{v(i)},{'Bad' if i in BAD else v(i + 3)}" for i, t in enumerate(HOURS))
    ),
    "historian of milliseconds": rows("time,tag,val", (f"{t:%Y-%m-%dT%H:%M:%S}.000Z,a,{v(i)}" for i, t in enumerate(HOURS))),
    "historian in 12 hours": rows("Timestamp,Value,Status", (f"{t.day}-{t:%b-%y %I:%M:%S %p},{v(i)},Good" for i, t in enumerate(HOURS))),
    "historian with units": rows("Time,Flow [m3/h]", (f"{t},{v(i)} m3/h" for i, t in enumerate(HOURS))),
    "historian with a digital state": rows("ts,state,flow", (f"{t},{'ON' if i % 3 else 'OFF'},{v(i)}" for i, t in enumerate(HOURS))),
    # psql and mysql.
    "psql": psql(),
    "psql of one missing": psql("NULL"),
    "psql with \\N": psql("\\N"),
    "psql unaligned": psql(align=False),
    "psql unaligned with \\N": psql("\\N", align=False),
    "psql unaligned with commas in the footer": psql(align=False, footer="(1,060 rows)\n"),
    "psql without footer": psql(footer="\n"),
    "psql with timing": psql(footer="(60 rows)\n\nTime: 3.214 ms\n"),
    "mysql batch": mysql(),
    "mysql batch with \\N": mysql("\\N"),
    "mysql in a box": mysql_box(),
    "copy to csv with \\N": rows("ts,kwh", (f"{t}+00,{chr(92) + 'N' if i in BAD else v(i)}" for i, t in enumerate(HOURS))),
    "sqlite3 with pipes": rows("ts|kwh", (f"{t}|{'' if i in BAD else v(i)}" for i, t in enumerate(HOURS))),
    "sqlplus": rows("TS,KWH", (f"{t:%d-%b-%y},{v(i)}".upper() for i, t in enumerate(DAYS)), below="\n60 rows selected.\n"),
    "sqlcmd": rows("ts,kwh\n--,---", (f"{t}.000,{'NULL' if i in BAD else v(i)}" for i, t in enumerate(HOURS)), below="\n(60 rows affected)\n"),
    "snowflake": rows("TS,KWH", (f"{t}.000 Z,{v(i)}" for i, t in enumerate(HOURS))),
    "clickhouse": rows("ts\tkwh", (f"{t}\t{chr(92) + 'N' if i in BAD else v(i)}" for i, t in enumerate(HOURS))),
    "bigquery": rows("ts,kwh", (f"{t} UTC,{v(i)}" for i, t in enumerate(HOURS))),
    "hive with names of tables": rows("sales.ts\tsales.kwh", (f"{t}\t{v(i)}" for i, t in enumerate(HOURS))),
    # R, SAS, SPSS, Stata, Matlab.
    "R with row names": rows('"","date","y"', (f'"{i + 1}",{t},{"NA" if i in BAD else v(i)}' for i, t in enumerate(DAYS))),
    "R without row names": rows('"date","y"', (f"{t},{'NA' if i in BAD else v(i)}" for i, t in enumerate(DAYS))),
    "R by write.table": rows('"date" "y"', (f'"{i + 1}" {t} {v(i)}' for i, t in enumerate(DAYS))),
    "R by write.csv2": rows('"";"date";"y"', (f'"{i + 1}";{t};{"NA" if i in BAD else de(v(i))}' for i, t in enumerate(DAYS))),
    "R with dates as row names": rows('"","y"', (f'"{t}",{v(i)}' for i, t in enumerate(DAYS))),
    "R with factors": rows('"","date","grp","y"', (f'"{k * 60 + i + 1}",{t},"{g}",{v(i)}' for k, g in enumerate("ab") for i, t in enumerate(DAYS))),
    "R ts as row names": rows('"","x"', (f'"{m:%b %Y}",{v(i)}' for i, m in enumerate(MONTHS))),
    "SAS datetimes": rows("dt,y", (f"{sas(i)},{'.' if i in BAD else v(i)}" for i in range(60))),
    "SAS dates": rows("date,y", (f"{t:%d%b%Y},{'.' if i in BAD else v(i)}".upper() for i, t in enumerate(DAYS))),
    "SAS dates of two digits": rows("date,y", (f"{t:%d%b%y},{v(i)}".upper() for i, t in enumerate(DAYS))),
    "SAS monyy": rows("date,y", (f"{m:%b%Y},{v(i)}".upper() for i, m in enumerate(MONTHS))),
    "SAS monyy of two digits": rows("date,y", (f"{m:%b%y},{v(i)}".upper() for i, m in enumerate(MONTHS))),
    "SAS special missing": rows("date,y", (f"{t},{'.A' if i in BAD else v(i)}" for i, t in enumerate(DAYS))),
    "SPSS dates": rows("date;y", (f"{t:%d-%b-%Y};{'.' if i in BAD else v(i)}".upper() for i, t in enumerate(DAYS))),
    "SPSS datetimes": rows("date;y", (f"{t:%d-%b-%Y %H:%M:%S};{'#NULL!' if i in BAD else v(i)}".upper() for i, t in enumerate(HOURS))),
    "SPSS months": rows("date;y", (f"{m:%b %Y};{v(i)}".upper() for i, m in enumerate(MONTHS))),
    "Stata days": rows("date,y", (f"{t:%d%b%Y},{v(i)}".lower() for i, t in enumerate(DAYS))),
    "Stata datetimes": rows("date,y", (f"{t:%d%b%Y %H:%M:%S},{v(i)}".lower() for i, t in enumerate(HOURS))),
    "Stata months": rows("date,y", (f"{m.year}m{m.month},{v(i)}" for i, m in enumerate(MONTHS))),
    "Matlab": rows("t,y", (f"{t:%d-%b-%Y %H:%M:%S},{v(i)}" for i, t in enumerate(HOURS))),
    "EViews": rows("obs,y", (f"{m.year}M{m.month:02d},{'NA' if i in BAD else v(i)}" for i, m in enumerate(MONTHS))),
}  # fmt: skip

SAID: dict[str, list[str]] = {
    "historian with Bad": [
        "timestamp (ISO), value of tag: 2 x 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 4 empty",
        "Bad in 4 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "historian with Bad Input": [
        "timestamp (ISO), value of tag: 2 x 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 4 empty",
        "Bad Input in 4 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "historian with No Data": [
        "timestamp (ISO), value of tag: 2 x 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 4 empty",
        "No Data in 4 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "historian with I/O Timeout": [
        "timestamp (ISO), value of tag: 2 x 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 4 empty",
        "I/O Timeout in 4 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "historian with #N/A": [
        "timestamp (ISO), value of tag: 2 x 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 4 empty",
        "#N/A in 4 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "historian with Comm Fail": [
        "timestamp (ISO), value of tag: 2 x 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 4 empty",
        "Comm Fail in 4 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "historian with quality": [
        "timestamp (ISO), value of tag: 2 x 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 4 empty"
    ],
    "historian with quality of numbers": [
        "timestamp (ISO), value of tag: 2 x 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 4 empty",
        "Bad in 4 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "historian with commas": [
        "timestamp (ISO), value of tag: 2 x 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 4 empty",
        "Bad in 4 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "historian of one tag": [
        "timestamp (ISO), value: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "historian with decimal commas": [
        "timestamp (%d.%m.%Y %H:%M:%S), value: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 1 empty",
        "Bad in 1 cell stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "historian in wide form": [
        "Timestamp (%m/%d/%Y %H:%M), FIC101.PV: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5",
        "Bad in 2 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
        "'Timestamp' holds 03/01/2024 00:00, which is read as 2024-03-01, so that the times have a step; otherwise use --time-format '%d/%m/%Y %H:%M' for 2024-01-03",
    ],
    "historian of milliseconds": [
        "time (ISO), val: 60 of h UTC from 2024-03-01 00:00:00+00:00 to 2024-03-03 11:00:00+00:00, 100.5 to 162.5"
    ],
    "historian in 12 hours": [
        "Timestamp (%d-%b-%y %I:%M:%S %p), Value: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "historian with units": [
        "! T: no column of numbers is left to forecast: 'Flow [m3/h]' holds '100.5 m3/h', a number with a unit; leave 'm3/h' out, as in 100.5"
    ],
    "historian with a digital state": [
        "ts (ISO), flow: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "psql": [
        "ts (ISO), kwh: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 2 empty",
        "lines that begin with '--' are left out as comments, by data.csv.comment: '--'; otherwise use data.csv.comment: null",
        "the last line is left out as no row of the table, by data.csv.skip_footer: 1; otherwise use data.csv.skip_footer: 0",
    ],
    "psql of one missing": [
        "ts (ISO), kwh: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 2 empty",
        "lines that begin with '--' are left out as comments, by data.csv.comment: '--'; otherwise use data.csv.comment: null",
        "the last line is left out as no row of the table, by data.csv.skip_footer: 1; otherwise use data.csv.skip_footer: 0",
        "NULL in 2 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "psql with \\N": [
        "ts (ISO), kwh: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 2 empty",
        "lines that begin with '--' are left out as comments, by data.csv.comment: '--'; otherwise use data.csv.comment: null",
        "the last line is left out as no row of the table, by data.csv.skip_footer: 1; otherwise use data.csv.skip_footer: 0",
        "\\N in 2 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "psql unaligned": [
        "ts (ISO), kwh: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 2 empty",
        "the last line is left out as no row of the table, by data.csv.skip_footer: 1; otherwise use data.csv.skip_footer: 0",
    ],
    "psql unaligned with \\N": [
        "ts (ISO), kwh: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 2 empty",
        "the last line is left out as no row of the table, by data.csv.skip_footer: 1; otherwise use data.csv.skip_footer: 0",
        "\\N in 2 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "psql unaligned with commas in the footer": [
        "ts (ISO), kwh: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 2 empty",
        "the last line is left out as no row of the table, by data.csv.skip_footer: 1; otherwise use data.csv.skip_footer: 0",
    ],
    "psql without footer": [
        "ts (ISO), kwh: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 2 empty",
        "lines that begin with '--' are left out as comments, by data.csv.comment: '--'; otherwise use data.csv.comment: null",
    ],
    "psql with timing": [
        "ts (ISO), kwh: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 2 empty",
        "lines that begin with '--' are left out as comments, by data.csv.comment: '--'; otherwise use data.csv.comment: null",
        "the last 2 lines are left out as no row of the table, by data.csv.skip_footer: 2; otherwise use data.csv.skip_footer: 0",
    ],
    "mysql batch": [
        "ts (ISO), kwh: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 2 empty",
        "NULL in 2 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "mysql batch with \\N": [
        "ts (ISO), kwh: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 2 empty",
        "\\N in 2 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "mysql in a box": [
        "! T:1: the table is drawn in a frame, as clients of databases and SAP show it; write it as CSV; the client of MySQL writes tabs between columns where its output goes to a file"
    ],
    "copy to csv with \\N": [
        "ts (ISO), kwh: 60 of h UTC from 2024-03-01 00:00:00+00:00 to 2024-03-03 11:00:00+00:00, 100.5 to 162.5, 2 empty",
        "\\N in 2 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "sqlite3 with pipes": [
        "ts (ISO), kwh: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 2 empty"
    ],
    "sqlplus": [
        "TS (%d-%b-%y), KWH: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5",
        "the last line is left out as no row of the table, by data.csv.skip_footer: 1; otherwise use data.csv.skip_footer: 0",
    ],
    "sqlcmd": [
        "ts (ISO), kwh: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 2 empty",
        "line 2 below the header is left out as no row of the table, by data.csv.skip_rows: [2]; otherwise use data.csv.skip_rows: 0",
        "the last line is left out as no row of the table, by data.csv.skip_footer: 1; otherwise use data.csv.skip_footer: 0",
        "NULL in 2 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "snowflake": [
        "TS (ISO), KWH: 60 of h UTC from 2024-03-01 00:00:00+00:00 to 2024-03-03 11:00:00+00:00, 100.5 to 162.5"
    ],
    "clickhouse": [
        "ts (ISO), kwh: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 2 empty",
        "\\N in 2 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "bigquery": [
        "ts (%Y-%m-%d %H:%M:%S UTC), kwh: 60 of h UTC from 2024-03-01 00:00:00+00:00 to 2024-03-03 11:00:00+00:00, 100.5 to 162.5"
    ],
    "hive with names of tables": [
        "sales.ts (ISO), sales.kwh: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "R with row names": ["date (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5, 2 empty"],
    "R without row names": ["date (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5, 2 empty"],
    "R by write.table": [
        "! T:1: the columns stand apart by blanks; write a comma, a semicolon, a tab or | between them, and no names of rows, which the header has no name for"
    ],
    "R by write.csv2": ["date (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5, 2 empty"],
    "R with dates as row names": [
        "Unnamed: 0 (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"
    ],
    "R with factors": ["date (ISO), y of grp: 2 x 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "R ts as row names": ["Unnamed: 0 (%b %Y), x: 60 of MS from 2015-01-01 to 2019-12-01, 100.5 to 162.5"],
    "SAS datetimes": [
        "dt (%d%b%Y:%H:%M:%S), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 2 empty",
        ". in 2 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "SAS dates": [
        "date (%d%b%Y), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5, 2 empty",
        ". in 2 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "SAS dates of two digits": ["date (%d%b%y), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "SAS monyy": ["date (%b%Y), y: 60 of MS from 2015-01-01 to 2019-12-01, 100.5 to 162.5"],
    "SAS monyy of two digits": ["date (%b%y), y: 60 of MS from 2015-01-01 to 2019-12-01, 100.5 to 162.5"],
    "SAS special missing": [
        "date (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5, 2 empty",
        ".A in 2 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "SPSS dates": [
        "date (%d-%b-%Y), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5, 2 empty",
        ". in 2 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "SPSS datetimes": [
        "date (%d-%b-%Y %H:%M:%S), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 2 empty",
        "#NULL! in 2 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "SPSS months": ["date (%b %Y), y: 60 of MS from 2015-01-01 to 2019-12-01, 100.5 to 162.5"],
    "Stata days": ["date (%d%b%Y), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "Stata datetimes": [
        "date (%d%b%Y %H:%M:%S), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "Stata months": ["date (%Ym%m), y: 60 of MS from 2015-01-01 to 2019-12-01, 100.5 to 162.5"],
    "Matlab": [
        "t (%d-%b-%Y %H:%M:%S), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "EViews": ["obs (%YM%m), y: 60 of MS from 2015-01-01 to 2019-12-01, 100.5 to 162.5, 2 empty"],
}


test_what_is_made_of_it = tests_of(TABLES, SAID)
