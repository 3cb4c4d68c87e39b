"""What `forecaster init` makes of a table: a config that loads, with the roles and steps a person would choose."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pytest
import yaml

from forecaster.data.draft.text import quoted
from forecaster.pipeline.inspect import write_draft
from tests.unit.data.draft.drafts import Write, config_of, days, hours


def test_single_daily_series(write: Write) -> None:
    config = config_of(write("day,sold,price", *(f"{d},{i % 7},{i}" for i, d in enumerate(days(400)))))
    assert (config.data.time, config.data.freq, config.data.id) == ("day", "D", None)
    assert config.data.targets == ["sold"]
    assert config.data.past_covariates == []
    assert config.data.missing == "error"
    assert (config.window.lookback, config.window.horizon, config.model.season) == (112, 7, 7)
    assert config.evaluation.seasonality == 7
    assert config.name == "table"


def test_other_numbers_are_offered_as_covariates(write: Write) -> None:
    table = write("day,shop,sold,price,note", *(f"{d},a,{i},{i},x{i}" for i, d in enumerate(days(60))))
    text = write_draft(table, table.parent / "config.yaml").text
    assert "  # past_covariates: [price]\n" in text
    assert "  # Not used: [shop, note]\n" in text


def test_long_table_has_an_id(write: Write) -> None:
    rows = [f"{t:%Y-%m-%d %H:%M:%S},{shop},{t.hour}" for shop in ("north", "south") for t in hours(500)]
    config = config_of(write("time,shop,load", *rows))
    assert (config.data.freq, config.data.id, config.data.targets) == ("h", "shop", ["load"])
    assert (config.window.lookback, config.window.horizon, config.model.patch) == (192, 24, 24)


def test_series_named_by_integers(write: Write) -> None:
    rows = [f"{d},{store},{100 + i}" for store in (7, 12, 40) for i, d in enumerate(days(90))]
    config = config_of(write("date,store,sales", *rows))
    assert (config.data.id, config.data.targets) == ("store", ["sales"])


def test_target_that_repeats_like_an_id_stays_the_target(write: Write) -> None:
    rows = [f"{d},{name},{i % 3}" for name in "ab" for i, d in enumerate(days(90))]
    config = config_of(write("date,name,count", *rows))
    assert (config.data.id, config.data.targets) == ("name", ["count"])


def test_semicolons_and_decimal_commas(write: Write) -> None:
    rows = [f"{d};{i},{i % 10}" for i, d in enumerate(days(100))]
    config = config_of(write("day;temp", *rows))
    assert (config.data.csv.separator, config.data.csv.decimal, config.data.csv.thousands) == (";", ",", None)
    assert config.data.targets == ["temp"]


def test_tabs_and_thousands(write: Write) -> None:
    rows = [f"{d}\t1,{i:03d}.5" for i, d in enumerate(days(100))]
    config = config_of(write("day\tamount", *rows))
    assert (config.data.csv.separator, config.data.csv.decimal, config.data.csv.thousands) == ("\t", ".", ",")


def test_gaps_and_empty_cells_choose_a_policy(write: Write) -> None:
    rows = [f"{d},{'' if i == 5 else i}" for i, d in enumerate(days(100)) if i not in (20, 21, 50)]
    table = write("day,y", *rows)
    assert config_of(table).data.missing == "mask"
    assert "Absent steps: 3; empty cells of the target: 1." in (table.parent / "config.yaml").read_text()


def test_rows_that_stand_twice_choose_a_policy(write: Write) -> None:
    rows = [f"{d},{i}" for i, d in enumerate(days(100))]
    config = config_of(write("day,y", *rows, rows[-1]))
    assert (config.data.id, config.data.duplicates) == (None, "last")


@pytest.mark.parametrize(
    ("freq", "stamps"),
    [
        ("MS", [f"{2000 + i // 12}-{1 + i % 12:02d}-01" for i in range(60)]),
        ("ME", [str((np.datetime64("2000-01") + i + 1).astype("M8[D]") - 1) for i in range(60)]),
        ("QE-DEC", [str((np.datetime64("2000-03") + 3 * i + 1).astype("M8[D]") - 1) for i in range(40)]),
        ("YS-JAN", [f"{1700 + i}-01-01" for i in range(200)]),
        ("W-FRI", [str(d) for d in days(700, date(2024, 1, 5))[::7]]),
        ("B", [str(d) for d in days(200) if d.weekday() < 5]),
        ("15min", [str(datetime(2024, 1, 1) + timedelta(minutes=15 * i)) for i in range(300)]),
        ("3h", [str(datetime(2024, 1, 1, 1) + timedelta(hours=3 * i)) for i in range(300)]),
        ("D", [f"{d} 05:30:00" for d in days(100)]),
        ("h", [f"{t:%Y-%m-%dT%H:%M:%S}" for t in hours(400)]),
    ],
)
def test_frequencies(write: Write, freq: str, stamps: list[str]) -> None:
    config = config_of(write("when,y", *(f"{s},{i}" for i, s in enumerate(stamps))))
    assert config.data.freq == freq


def test_usual_step_with_finer_times_takes_their_divisor(write: Write) -> None:
    # Every two hours at first, then hourly: all lie on the hours.
    stamps = [*hours(60)[::2], *hours(90)[60:]]
    config = config_of(write("t,y", *(f"{s},{i}" for i, s in enumerate(stamps))))
    assert (config.data.freq, config.data.missing) == ("h", "mask")


def test_integer_time(write: Write) -> None:
    config = config_of(write("step,y", *(f"{10 * i},{i % 4}" for i in range(100))))
    assert (config.data.time, config.data.freq, config.evaluation.seasonality) == ("step", 10, 4)
    assert (config.window.lookback, config.window.horizon) == (48, 4)


def test_integer_time_of_several_series(write: Write) -> None:
    rows = [f"{name},{i},{i % 5}" for name in "abc" for i in range(1, 61)]
    config = config_of(write("unit,cycle,wear", *rows))
    assert (config.data.time, config.data.id, config.data.targets) == ("cycle", "unit", ["wear"])


def test_day_first_dates_get_a_format(write: Write) -> None:
    config = config_of(write("datum;wert", *(f"{d:%d.%m.%Y};{i}" for i, d in enumerate(days(100)))))
    assert (config.data.csv.time_format, config.data.freq) == ("%d.%m.%Y", "D")


def test_month_first_dates_get_a_format(write: Write) -> None:
    config = config_of(write("date,y", *(f"{d:%m/%d/%Y},{i}" for i, d in enumerate(days(100)))))
    assert config.data.csv.time_format == "%m/%d/%Y"


def test_times_with_an_offset_get_a_zone(write: Write) -> None:
    config = config_of(write("t,y", *(f"{t:%Y-%m-%dT%H:%M:%S}Z,{i}" for i, t in enumerate(hours(100)))))
    assert (config.data.timezone, config.data.freq) == ("UTC", "h")


@pytest.mark.parametrize(
    "name", ["on", "1", "a: b", "größe", 'say "hi"', "# no", "null", "- x", "{y}", "\\n"]
)
def test_any_column_name_survives_yaml(write: Write, name: str) -> None:
    cell = '"' + name.replace('"', '""') + '"'
    config = config_of(write(f"t,{cell},other", *(f"{d},{i},{i}" for i, d in enumerate(days(50)))))
    assert config.data.targets == [name]


@pytest.mark.parametrize(
    "text", ["y", "NO", "0x1", "1e3", "~", "", " a", "a\u2028b", "\U0001f600", "\x7f", "a\tb"]
)
def test_quoted_text_reads_back(text: str) -> None:
    assert yaml.safe_load(f"[{quoted(text)}]") == [text]
    assert "\n" not in quoted(text + "\n")


def test_clock_columns_and_constants_are_not_the_target(write: Write) -> None:
    config = config_of(write("t,year,unit,load", *(f"{d},2024,1,{i}" for i, d in enumerate(days(50)))))
    assert config.data.targets == ["load"]
