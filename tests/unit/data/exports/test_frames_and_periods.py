"""Tables that are drawn or headed for the eye, periods that are no months, and flags beside numbers."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest

from tests.unit.data.exports.tables import DAYS, HOURS, MONTHS, Content, N, de, plain, rows, tests_of, v

pytestmark = pytest.mark.slow

Y = pa.array([v(i) for i in range(N)])
DATE, CLOCK = pa.array([t.date() for t in HOURS]), [t.time() for t in HOURS]
PERIODS = [(2016 + i // 13, i % 13 + 1) for i in range(N)]
TWELVE = [(2016 + i // 12, i % 12 + 1) for i in range(N)]
BOX = "+---------------------+-------+\n"
SHOPS = [f"{v(i)},{v(i + 1)},{v(i + 2)},{v(i + 3)}" for i in range(N)]


def flags(name: str, *words: str) -> str:
    return rows(
        f"date,y,{name}", (f"{d},{v(i)},{words[i * 7 // 30 % len(words)]}" for i, d in enumerate(DAYS))
    )


TABLES: dict[str, Content] = {
    # Frames and blanks.
    "a box": rows("| time                | y     |", (f"| {t} | {v(i):5.1f} |" for i, t in enumerate(HOURS)), above=BOX, below=BOX),
    "a box with a line below the header": rows("| time                | y     |", (f"| {t} | {v(i):5.1f} |" for i, t in enumerate(HOURS)), above=BOX, below=BOX + "60 rows in set (0.00 sec)\n").replace("y     |\n", "y     |\n" + BOX),
    "a box of DuckDB": rows("│        time         │   y   │", (f"│ {t} │ {v(i):5.1f} │" for i, t in enumerate(HOURS)), above="┌─────────────────────┬───────┐\n", below="└─────────────────────┴───────┘\n"),
    "psql with blanks in names": rows("     time of day     | net value", (f" {t} | {v(i):8.1f}" for i, t in enumerate(HOURS)), above="", below="(60 rows)\n"),
    "Markdown": rows("| date | y |\n|---|---|", (f"| {d} | {v(i)} |" for i, d in enumerate(DAYS))),
    "blanks": rows("date y", (f"{d} {v(i)}" for i, d in enumerate(DAYS))),
    "blanks and clocks": rows("date time y", (f"{t:%Y-%m-%d %H:%M} {v(i)}" for i, t in enumerate(HOURS))),
    "aligned by blanks": rows("date            y", (f"{d} {v(i):8.1f}" for i, d in enumerate(DAYS))),
    "R with blanks and names of rows": rows('"date" "y"', (f'"{i + 1}" {d} {v(i)}' for i, d in enumerate(DAYS))),
    "R with tabs and names of rows": rows("date\ty", (f"{i + 1}\t{d}\t{v(i)}" for i, d in enumerate(DAYS))),
    "R with commas and names of rows": rows('"date","y"', (f'"{i + 1}",{d},{v(i)}' for i, d in enumerate(DAYS))),
    "R with semicolons and names of rows": rows('"date";"y"', (f'"{i + 1}";{d};{de(v(i))}' for i, d in enumerate(DAYS))),
    # Heads of two rows.
    "merged heads": rows(",Bread,,Milk,\ndate,qty,value,qty,value", (f"{d},{SHOPS[i]}" for i, d in enumerate(DAYS))),
    "merged heads, the date above": rows("date,Bread,,Milk,\n,qty,value,qty,value", (f"{d},{SHOPS[i]}" for i, d in enumerate(DAYS))),
    "merged heads with semicolons": rows(";North;;South;\nMonat;Umsatz;Menge;Umsatz;Menge", (f"{m:%Y-%m};{de(v(i))};{i};{de(v(i + 1))};{i}" for i, m in enumerate(MONTHS))),
    "groups above names that differ": rows(",Bread,,Milk,\ndate,bread qty,bread value,milk qty,milk value", (f"{d},{SHOPS[i]}" for i, d in enumerate(DAYS))),
    "units below the names": rows("date,bread,milk\n,kg,l", (f"{d},{v(i)},{v(i + 1)}" for i, d in enumerate(DAYS))),
    "units above the names": rows(",[kg],[l]\ndate,bread,milk", (f"{d},{v(i)},{v(i + 1)}" for i, d in enumerate(DAYS))),
    # Periods of a year.
    "thirteen periods": plain([f"{y}-P{p:02d}" for y, p in PERIODS]),
    "thirteen periods before their year": plain([f"P{p} {y}" for y, p in PERIODS]),
    "thirteen periods in words": plain([f"{y} Period {p}" for y, p in PERIODS]),
    "twelve periods": plain([f"{y}P{p:02d}" for y, p in TWELVE]),
    "thirteen periods as integers": plain([f"{y}{p:02d}" for y, p in PERIODS]),
    "thirteen periods of three digits": plain([f"{y}{p:03d}" for y, p in PERIODS]),
    "years and thirteen periods": rows("year,period,y", (f"{y},{p},{v(i)}" for i, (y, p) in enumerate(PERIODS))),
    "years and twelve periods": rows("GJAHR;POPER;HSL", (f"{y};{p:03d};{de(v(i))}" for i, (y, p) in enumerate(TWELVE))),
    "fiscal years and periods with letters": rows("Fiscal Year,Fiscal Period,y", (f"{y},P{p:02d},{v(i)}" for i, (y, p) in enumerate(PERIODS))),
    "periods beside a date": rows("year,period,start,y", (f"{2016 + i // 13},{i % 13 + 1},{MONTHS[0] + timedelta(weeks=4 * i)},{v(i)}" for i in range(N))),
    "periods beside a written date": rows("year,period,start,y", (f"{2016 + i // 13},{i % 13 + 1},{MONTHS[0] + timedelta(weeks=4 * i):%d.%m.%Y},{v(i)}" for i in range(N))),
    "periods beside steps, a year absent": rows("year,period,step,y", (f"{y if i != 30 else ''},{p},{i + 1},{v(i)}" for i, (y, p) in enumerate(PERIODS))),
    "periods beside steps, a year unknown": rows("year,period,step,y", (f"{y if i != 30 else '?'},{p},{i + 1},{v(i)}" for i, (y, p) in enumerate(PERIODS))),
    "shops and periods beside steps": rows("shop,year,period,step,y", (f"{shop},{y},{p},{60 * k + i + 1},{v(i)}" for k, shop in enumerate("ab") for i, (y, p) in enumerate(PERIODS))),
    "periods beside steps": rows("year,period,step,y", (f"{y},{p},{i + 1},{v(i)}" for i, (y, p) in enumerate(PERIODS))),
    # Flags.
    "yes and no": flags("promo", "Y", "N"),
    "ja and nein": flags("aktion", "ja", "nein"),
    "open and closed": flags("state", "open", "closed"),
    "0 and 1": flags("promo", "0", "1"),
    "0.0 and 1.0": flags("promo", "0.0", "1.0"),
    "0 and 1 as line": flags("line_stop", "0", "1"),
    "true and false": flags("valid", "true", "false"),
    "names of shops": flags("kind", "north", "south"),
    # Dates and times of day with types.
    "date32 and time32 of milliseconds": {"d": DATE, "clock": pa.array(CLOCK, pa.time32("ms")), "y": Y},
    "date32 and time64 of nanoseconds": {"d": DATE, "time": pa.array(CLOCK, pa.time64("ns")), "y": Y},
    "date64 and time64": {"date": DATE.cast(pa.date64()), "time": pa.array(CLOCK, pa.time64("us")), "y": Y},
    "a date as text and time32": {"date": pa.array([str(t.date()) for t in HOURS]), "time": pa.array(CLOCK, pa.time32("s")), "y": Y},
    "time32 beside whole times": {"t": pa.array(HOURS), "time": pa.array(CLOCK, pa.time32("s")), "y": Y},
    "time32 with a null": {"d": DATE, "time": pa.array([None, *CLOCK[1:]], pa.time32("s")), "y": Y},
}  # fmt: skip

SAID: dict[str, list[str]] = {
    "a box": [
        "! T:1: the table is drawn in a frame, as clients of databases and SAP show it; write it as CSV; the client of MySQL writes tabs between columns where its output goes to a file"
    ],
    "a box with a line below the header": [
        "! T:1: the table is drawn in a frame, as clients of databases and SAP show it; write it as CSV; the client of MySQL writes tabs between columns where its output goes to a file"
    ],
    "a box of DuckDB": [
        "! T:1: the table is drawn in a frame, as clients of databases and SAP show it; write it as CSV; the client of MySQL writes tabs between columns where its output goes to a file"
    ],
    "psql with blanks in names": [
        "time of day (ISO), net value: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5",
        "the last line is left out as no row of the table, by data.csv.skip_footer: 1; otherwise use data.csv.skip_footer: 0",
    ],
    "Markdown": [
        "date (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5",
        "line 2 below the header is left out as no row of the table, by data.csv.skip_rows: [2]; otherwise use data.csv.skip_rows: 0",
    ],
    "blanks": [
        "! T:1: the columns stand apart by blanks; write a comma, a semicolon, a tab or | between them"
    ],
    "blanks and clocks": [
        "! T:1: the columns stand apart by blanks; write a comma, a semicolon, a tab or | between them"
    ],
    "aligned by blanks": [
        "! T:1: the columns stand apart by blanks; write a comma, a semicolon, a tab or | between them"
    ],
    "R with blanks and names of rows": [
        "! T:1: the columns stand apart by blanks; write a comma, a semicolon, a tab or | between them, and no names of rows, which the header has no name for"
    ],
    "R with tabs and names of rows": [
        "! T:2: every line has 3 fields and the header 2, as where the first are names of rows; put a name for the first column into the header, or write the table without names of rows, as write.csv of R does with row.names = FALSE"
    ],
    "R with commas and names of rows": [
        "! T:2: every line has 3 fields and the header 2, as where the first are names of rows; put a name for the first column into the header, or write the table without names of rows, as write.csv of R does with row.names = FALSE"
    ],
    "R with semicolons and names of rows": [
        "! T:2: every line has 3 fields and the header 2, as where the first are names of rows; put a name for the first column into the header, or write the table without names of rows, as write.csv of R does with row.names = FALSE"
    ],
    "merged heads": [
        "! T:1: lines 1 and 2 name the columns together, as from merged cells; write one line of names in their place, with a name of its own for each column"
    ],
    "merged heads, the date above": [
        "! T:1: lines 1 and 2 name the columns together, as from merged cells; write one line of names in their place, with a name of its own for each column"
    ],
    "merged heads with semicolons": [
        "! T:1: lines 1 and 2 name the columns together, as from merged cells; write one line of names in their place, with a name of its own for each column"
    ],
    "groups above names that differ": [
        "date (ISO), bread qty: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5",
        "line 1 above the header in line 2 is left out as no row of the table, by data.csv.skip_rows: 1; otherwise use data.csv.skip_rows: 0",
    ],
    "units below the names": [
        "date (ISO), bread: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5",
        "line 2 below the header is left out as no row of the table, by data.csv.skip_rows: [2]; otherwise use data.csv.skip_rows: 0",
    ],
    "units above the names": [
        "date (ISO), bread: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5",
        "line 1 above the header in line 2 is left out as no row of the table, by data.csv.skip_rows: 1; otherwise use data.csv.skip_rows: 0",
    ],
    "thirteen periods": [
        "! T: no column holds times: column 't' holds 2016-P01, a period of a year, and nothing shows when it begins; write the first day of each period, such as 2024-01-29"
    ],
    "thirteen periods before their year": [
        "! T: no column holds times: column 't' holds P1 2016, a period of a year, and nothing shows when it begins; write the first day of each period, such as 2024-01-29"
    ],
    "thirteen periods in words": [
        "! T: no column holds times: column 't' holds 2016 Period 1, a period of a year, and nothing shows when it begins; write the first day of each period, such as 2024-01-29"
    ],
    "twelve periods": [
        "! T: no column holds times: column 't' holds 2016P01, a period of a year, and nothing shows when it begins; write the first day of each period, such as 2024-01-29"
    ],
    "thirteen periods as integers": [
        "! T: column 't' holds 201613, the last of thirteen periods of a year, and nothing shows when it begins; write the first day of each period, such as 2024-01-29"
    ],
    "thirteen periods of three digits": [
        "! T: column 't' holds 2016013, the last of thirteen periods of a year, and nothing shows when it begins; write the first day of each period, such as 2024-01-29"
    ],
    "years and thirteen periods": [
        "! T: columns 'year' and 'period' are the periods of a year, and nothing shows when they begin; write the first day of each period, such as 2024-01-29, in one column"
    ],
    "years and twelve periods": [
        "! T: columns 'GJAHR' and 'POPER' are the periods of a year, and nothing shows when they begin; write the first day of each period, such as 2024-01-29, in one column"
    ],
    "fiscal years and periods with letters": [
        "! T: columns 'Fiscal Year' and 'Fiscal Period' are the periods of a year, and nothing shows when they begin; write the first day of each period, such as 2024-01-29, in one column"
    ],
    "periods beside a date": ["start (ISO), y: 60 of 28D from 2015-01-01 to 2019-07-11, 100.5 to 162.5"],
    "periods beside a written date": [
        "start (%d.%m.%Y), y: 60 of 28D from 2015-01-01 to 2019-07-11, 100.5 to 162.5"
    ],
    "periods beside steps, a year absent": ["step (ISO), y: 60 of 1 from 1 to 60, 100.5 to 162.5"],
    "periods beside steps, a year unknown": [
        "step (ISO), y: 60 of 1 from 1 to 60, 100.5 to 162.5",
        "? in 1 cell stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "shops and periods beside steps": [
        "! T: 120 rows share 5 times, and no single column distinguishes them (tried 'shop'); name the id column with id, or make one, for instance of two columns joined such as 'store-item'"
    ],
    "periods beside steps": ["step (ISO), y: 60 of 1 from 1 to 60, 100.5 to 162.5"],
    "yes and no": ["date (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "ja and nein": ["date (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "open and closed": ["date (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "0 and 1": ["date (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "0.0 and 1.0": ["date (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "0 and 1 as line": ["date (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "true and false": [
        "date (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5",
        "'valid' says 'false' in 30 of the first 60 rows, and their values are read like all others; otherwise use a table whose 'y' is empty where they are not good",
    ],
    "names of shops": ["date (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "date32 and time32 of milliseconds": [
        "d+clock (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "date32 and time64 of nanoseconds": [
        "d+time (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "date64 and time64": [
        "date+time (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "a date as text and time32": [
        "date+time (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "time32 beside whole times": [
        "t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "time32 with a null": [
        "! T: row 1: column 'd': '2024-03-01 00:00:00' with an empty cell is not a time like those before it; correct the row: hours go from 0 to 24, months from 1 to 12, and every date must exist"
    ],
}

test_what_is_made_of_it = tests_of(TABLES, SAID)
