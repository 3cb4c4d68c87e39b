"""Exports of spreadsheets, shops and finance: what init and training make of them."""

from __future__ import annotations

import pytest

from tests.unit.data.exports.tables import DAYS, MONTHS, WEEKS, WORKDAYS, Content, de, rows, tests_of, v

pytestmark = pytest.mark.slow

BOM = b"\xef\xbb\xbf"


def us(number: float) -> str:
    return f'"{number:,.2f}"'


def german(number: float) -> str:
    return f"{number:,.2f}".replace(",", "x").replace(".", ",").replace("x", ".")


def wide(heads: list[str], names: tuple[str, ...] = ("bread", "milk")) -> str:
    """A row for each series, a column for each time."""
    return rows(
        ",".join(["item", *heads]),
        (",".join([name, *(str(v(i + 5 * k)) for i in range(len(heads)))]) for k, name in enumerate(names)),
    )


TABLES: dict[str, Content] = {
    # Excel.
    "BOM and sep=": BOM + rows("date;y", (f"{t:%d.%m.%Y};{de(v(i))}" for i, t in enumerate(DAYS)), above="sep=;\n").encode(),
    "sep= of a comma": rows("date,y", (f"{t},{v(i)}" for i, t in enumerate(DAYS)), above="sep=,\n"),
    "BOM of utf-16 with tabs": ("\ufeff" + rows("date\ty", (f"{t:%m/%d/%Y}\t{v(i)}" for i, t in enumerate(DAYS)))).encode("utf-16-le"),
    "cp1252 with umlauts": rows("Datum;Erlöse", (f"{t:%d.%m.%Y};{german(1000 * v(i))}" for i, t in enumerate(DAYS))).encode("cp1252"),
    "thousands in quotes": rows("date,y", (f"{t},{us(1000 * v(i))}" for i, t in enumerate(DAYS))),
    "thousands of apostrophes": rows("date;y", (f"{t};{1000 * v(i):,.2f}".replace(",", "'") for i, t in enumerate(DAYS))),
    "thousands of blanks": rows("date;y", (f"{t};{1000 * v(i):,.0f}".replace(",", "\u00a0") for i, t in enumerate(DAYS))),
    "merged heads": rows("date,in,out,in,out", (f"{t},{v(i)},{v(i + 1)},{v(i + 2)},{v(i + 3)}" for i, t in enumerate(DAYS)), above=",North,,South,\n"),
    "a title above": rows("date,y", (f"{t},{v(i)}" for i, t in enumerate(DAYS)), above="Sales report 2020,\n,\n"),
    "empty rows at the end": rows("date;y", (f"{t};{v(i)}" for i, t in enumerate(DAYS)), below=";\n;\n;\n"),
    "empty columns at the end": rows("date,y,,", (f"{t},{v(i)},," for i, t in enumerate(DAYS))),
    "an empty first column": rows(",date,y", (f",{t},{v(i)}" for i, t in enumerate(DAYS))),
    "days of Excel": rows("date,y", (f"{43831 + i},{v(i)}" for i in range(60))),
    "a total at the end": rows("date,y", (f"{t},{v(i)}" for i, t in enumerate(DAYS)), below="Total,9030\n"),
    "errors of formulas": rows("date,y", (f"{t},{'#DIV/0!' if i in (3, 9) else v(i)}" for i, t in enumerate(DAYS))),
    "hashes of narrow columns": rows("date,y", (f"{t},{'########' if i in (3, 9) else v(i)}" for i, t in enumerate(DAYS))),
    "text of numbers": rows("date,y", (f"{t},'{v(i)}" for i, t in enumerate(DAYS))),
    "dates in words": rows("date,y", (f'"{t:%A, %B} {t.day}, {t.year}",{v(i)}' for i, t in enumerate(DAYS))),
    "dates with weekdays": rows("date,y", (f"{t:%a %d.%m.%Y},{v(i)}" for i, t in enumerate(DAYS))),
    "German months": rows("Monat;y", (f"{name} {2015 + y};{v(12 * y + k)}" for y in range(5) for k, name in enumerate(["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"]))),
    # Finance.
    "working days": rows("Date,Open,Close", (f"{t},{v(i)},{v(i + 1)}" for i, t in enumerate(WORKDAYS))),
    "working days without a holiday": rows("Date,Close", (f"{t},{v(i)}" for i, t in enumerate(WORKDAYS) if i not in (9, 30))),
    "newest first": rows("Date,Close", (f"{t:%m/%d/%Y},{v(i)}" for i, t in reversed(list(enumerate(WORKDAYS))))),
    "dollars": rows("Date,Close/Last", (f"{t:%m/%d/%Y},${v(i)}" for i, t in enumerate(WORKDAYS))),
    "percent": rows("Date,Change", (f"{t},{v(i) / 100:.2f}%" for i, t in enumerate(WORKDAYS))),
    "percent beside prices": rows("Date,Price,Change %", (f"{t},{v(i)},{v(i) / 100:.2f}%" for i, t in enumerate(WORKDAYS))),
    "millions": rows("Date,Vol.", (f"{t},{v(i) / 100:.2f}M" for i, t in enumerate(WORKDAYS))),
    "millions beside prices": rows("Date,Price,Vol.", (f"{t},{v(i)},{v(i) / 100:.2f}M" for i, t in enumerate(WORKDAYS))),
    "parentheses for negatives": rows("Month,Net", (f"{m},{f'({v(i)})' if i % 3 == 0 else v(i)}" for i, m in enumerate(MONTHS))),
    "few parentheses": rows("Month,Net", (f"{m},{f'({v(i)})' if i in (3, 9) else v(i)}" for i, m in enumerate(MONTHS))),
    "a minus behind": rows("Month,Net", (f"{m},{f'{v(i)}-' if i % 3 == 0 else v(i)}" for i, m in enumerate(MONTHS))),
    "a minus of typography": rows("Month,Net", (f"{m},{f'−{v(i)}' if i % 3 == 0 else v(i)}" for i, m in enumerate(MONTHS))),
    "euros behind": rows("Monat;Netto", (f"{m};{german(1000 * v(i))} €" for i, m in enumerate(MONTHS))),
    "tickers": rows("date,ticker,close", (f"{t},{name},{v(i + 3 * k)}" for i, t in enumerate(WORKDAYS) for k, name in enumerate(("AAA", "BBB")))),
    "quarters of a fiscal year": rows("quarter,revenue", (f"FY{2010 + i // 4} Q{i % 4 + 1},{v(i)}" for i in range(60))),
    "ends of months": rows("date,y", (f"{t},{v(i)}" for i, t in enumerate(["2020-01-31", "2020-02-29", "2020-03-31", "2020-04-30", "2020-05-31", "2020-06-30", "2020-07-31", "2020-08-31", "2020-09-30", "2020-10-31", "2020-11-30", "2020-12-31"]))),
    # Retail.
    "coded weeks with a week 53": rows("week,sales", (f"{w:%G%V},{v(i)}" for i, w in enumerate(WEEKS))),
    "coded weeks as numbers": rows("yearweek,store,sales", (f"{w:%G%V}.0,{s},{v(i)}" for s in (1, 2) for i, w in enumerate(WEEKS))),
    "year and week": rows("year,week,sales", (f"{w:%G},{int(f'{w:%V}')},{v(i)}" for i, w in enumerate(WEEKS))),
    "promotions": rows("date,store,item,sales,promo,price", (f"{t},{s},{k},{v(i + s)},{i % 2},{v(i) / 10:.2f}" for s in (1, 2) for k in (7, 8) for i, t in enumerate(DAYS))),
    "promotions of yes and no": rows("date,store,sales,on_promotion", (f"{t},s{s},{v(i + s)},{'Yes' if i % 3 else 'No'}" for s in (1, 2) for i, t in enumerate(DAYS))),
    "closed on Sundays": rows("date,store,sales,open", (f"{t},s{s},{0 if t.weekday() > 5 else v(i + s)},{int(t.weekday() < 6)}" for s in (1, 2) for i, t in enumerate(DAYS))),
    "no rows on Sundays": rows("date,sales", (f"{t},{v(i)}" for i, t in enumerate(DAYS) if t.weekday() < 6)),
    "a column for each day": wide([str(d) for d in DAYS]),
    "a column for each month": wide([f"{m:%b-%y}" for m in MONTHS]),
    "a column for each week": wide([f"W{i + 1}" for i in range(52)]),
    "a column for each store": rows("date,store_1,store_2,store_3", (f"{t},{v(i)},{v(i + 1)},{v(i + 2)}" for i, t in enumerate(DAYS))),
    "returns": rows("date,qty", (f"{t},{-v(i) if i == 30 else v(i)}" for i, t in enumerate(DAYS))),
    "receipts": rows("datetime,receipt,amount", (f"2020-01-01 09:{i % 60:02d}:{i * 7 % 60:02d},{1000 + i},{v(i)}" for i in range(60))),
    "year and period of a shop": rows("Year,Period,Sales", (f"{2016 + i // 13},{i % 13 + 1},{v(i)}" for i in range(65))),
}  # fmt: skip

SAID: dict[str, list[str]] = {
    "BOM and sep=": [
        "date (%d.%m.%Y), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5",
        "line 1 above the header in line 2 is left out as no row of the table, by data.csv.skip_rows: 1; otherwise use data.csv.skip_rows: 0",
    ],
    "sep= of a comma": [
        "date (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5",
        "line 1 above the header in line 2 is left out as no row of the table, by data.csv.skip_rows: 1; otherwise use data.csv.skip_rows: 0",
    ],
    "BOM of utf-16 with tabs": ["date (%m/%d/%Y), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "cp1252 with umlauts": [
        "Datum (%d.%m.%Y), Erlöse: 60 of D from 2020-01-01 to 2020-02-29, 100500 to 162500"
    ],
    "thousands in quotes": ["date (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100500 to 162500"],
    "thousands of apostrophes": ["date (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100500 to 162500"],
    "thousands of blanks": ["date (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100500 to 162500"],
    "merged heads": [
        "! T:1: lines 1 and 2 name the columns together, as from merged cells; write one line of names in their place, with a name of its own for each column"
    ],
    "a title above": [
        "date (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5",
        "lines 1 and 2 above the header in line 3 are left out as no row of the table, by data.csv.skip_rows: 2; otherwise use data.csv.skip_rows: 0",
    ],
    "empty rows at the end": [
        "date (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5",
        "the last 3 lines are left out as no row of the table, by data.csv.skip_footer: 3; otherwise use data.csv.skip_footer: 0",
    ],
    "empty columns at the end": ["date (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "an empty first column": ["date (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "days of Excel": [
        "date (excel), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5",
        "'date' holds 43831, which is read as 2020-01-01 (a day of Excel); otherwise use --freq 1 for step numbers",
    ],
    "a total at the end": [
        "date (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5",
        "the last line is left out as no row of the table, by data.csv.skip_footer: 1; otherwise use data.csv.skip_footer: 0",
    ],
    "errors of formulas": [
        "date (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5, 2 empty",
        "#DIV/0! in 2 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "hashes of narrow columns": [
        "date (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5, 2 empty",
        "######## in 2 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "text of numbers": [
        "! T: no column of numbers is left to forecast: 'y' holds \"'100.5\", a number behind an apostrophe; leave the apostrophe out, as in 100.5"
    ],
    "dates in words": ["date (%A, %B %d, %Y), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "dates with weekdays": ["date (%a %d.%m.%Y), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "German months": [
        "! T: no column holds times: column 'Monat' holds Januar 2015, whose words are no English names of months; write the months as numbers, such as 2024-01-31 or 2024-01"
    ],
    "working days": ["Date (ISO), Close: 60 of B from 2020-01-01 to 2020-03-24, 137.5 to 199.5"],
    "working days without a holiday": [
        "Date (ISO), Close: 60 of B from 2020-01-01 to 2020-03-24, 100.5 to 162.5, 2 absent"
    ],
    "newest first": ["Date (%m/%d/%Y), Close: 60 of B from 2020-01-01 to 2020-03-24, 100.5 to 162.5"],
    "dollars": [
        "! T: no column of numbers is left to forecast: 'Close/Last' holds '$100.5', a number with a currency; leave it out, as in 100.5"
    ],
    "percent": [
        "! T: no column of numbers is left to forecast: 'Change' holds '1.00%', a number with a percent sign; leave the sign out, as in 1.00"
    ],
    "percent beside prices": ["Date (ISO), Price: 60 of B from 2020-01-01 to 2020-03-24, 100.5 to 162.5"],
    "millions": [
        "! T: no column of numbers is left to forecast: 'Vol.' holds '1.00M', a number in millions; write all digits, or leave the letter out of every row where it is the same in all"
    ],
    "millions beside prices": ["Date (ISO), Price: 60 of B from 2020-01-01 to 2020-03-24, 100.5 to 162.5"],
    "parentheses for negatives": [
        "! T: no column of numbers is left to forecast: 'Net' holds '(100.5)', a number in parentheses; write negative numbers with a minus, such as -100.5"
    ],
    "few parentheses": [
        "! T:5: Net: '(110.5)' is a number in parentheses; write negative numbers with a minus, such as -110.5\nT:11: Net: '(130.5)' is a number in parentheses; write negative numbers with a minus, such as -130.5"
    ],
    "a minus behind": [
        "! T: no column of numbers is left to forecast: 'Net' holds '100.5-', a number with its minus behind it; write the minus first, such as -100.5"
    ],
    "a minus of typography": [
        "! T: no column of numbers is left to forecast: 'Net' holds '−100.5', a number with a dash for its minus; write the minus as -, such as -100.5"
    ],
    "euros behind": [
        "! T: no column of numbers is left to forecast: 'Netto' holds '100.500,00 €', a number with a unit; leave '€' out, as in 100.500,00"
    ],
    "tickers": ["date (ISO), close of ticker: 2 x 60 of B from 2020-01-01 to 2020-03-24, 100.5 to 162.5"],
    "quarters of a fiscal year": [
        "! T: no column holds times: column 'quarter' holds FY2010 Q1, a part of a fiscal year, and nothing shows in which month that begins; write the first day of each period, such as 2024-07-01"
    ],
    "ends of months": ["date (ISO), y: 12 of ME from 2020-01-31 to 2020-12-31, 100.5 to 103.5"],
    "coded weeks with a week 53": [
        "week (iso-week), sales: 60 of W-MON from 2019-12-30 to 2021-02-15, 100.5 to 162.5"
    ],
    "coded weeks as numbers": [
        "yearweek (iso-week), sales of store: 2 x 60 of W-MON from 2019-12-30 to 2021-02-15, 100.5 to 162.5"
    ],
    "year and week": ["year+week (%Y), sales: 60 of W-MON from 2019-12-30 to 2021-02-15, 100.5 to 162.5"],
    "promotions": [
        "! T: 240 rows share 60 times, and no single column distinguishes them (tried 'store', 'item', 'promo'); name the id column with id, or make one, for instance of two columns joined such as 'store-item'"
    ],
    "promotions of yes and no": [
        "date (ISO), sales of store: 2 x 60 of D from 2020-01-01 to 2020-02-29, 137.5 to 199.5"
    ],
    "closed on Sundays": [
        "date (ISO), sales of store: 2 x 60 of D from 2020-01-01 to 2020-02-29, 137.5 to 199.5"
    ],
    "no rows on Sundays": [
        "date (ISO), sales: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5, 8 absent"
    ],
    "a column for each day": [
        "! T: no column holds times: they are the names of columns, such as '2020-01-01' and '2020-01-02'; write a row for each series and time, with the time in a column, as DataFrame.melt of pandas does"
    ],
    "a column for each month": [
        "! T: no column holds times: they are the names of columns, such as 'Jan-15' and 'Feb-15'; write a row for each series and time, with the time in a column, as DataFrame.melt of pandas does"
    ],
    "a column for each week": [
        "! T: no column holds times (the columns are 'item', 'W1', 'W2', 'W3', 'W4', 'W5', 'W6', 'W7' and 45 more); give one column of timestamps such as 2024-01-31 or 2024-01-31 05:00:00, or of step numbers; for times in another form set time and time_format"
    ],
    "a column for each store": [
        "date (ISO), store_1: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5",
        "columns 'store_1' to 'store_3' look like 3 series, or like one whose times are columns, and 'store_1' alone is forecast; otherwise use --target for each of them or a table with a row for each of them and its time in a column",
    ],
    "returns": ["date (ISO), qty: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "receipts": [
        "! T: the times of column 'datetime' are irregular: the usual step is 67s, and 51 of 60 times fall between its steps (the first: 2020-01-01 09:09:03); aggregate the table to a regular step first, for instance one row per hour or day"
    ],
    "year and period of a shop": [
        "! T: columns 'Year' and 'Period' are the periods of a year, and nothing shows when they begin; write the first day of each period, such as 2024-01-29, in one column"
    ],
}


test_what_is_made_of_it = tests_of(TABLES, SAID)
