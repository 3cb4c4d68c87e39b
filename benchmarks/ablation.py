"""What covariates are worth on the shipped departures: one network, each kind of covariate alone, and all together.

python benchmarks/ablation.py [--log runs/ablation.jsonl] [--seeds 3]

Whole `forecaster train` runs of configs/benchmarks/covariates.yaml, of which those in the log are not repeated. Prints
the table of docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import accuracy

TABLE = Path(__file__).parents[1] / "data" / "nyc_departures.csv"
# Weather is known up to the origin, the timetable and the calendar beyond it.
CALENDAR = ["data.calendar=[hour, dayofweek]"]
TIMETABLE = ["data.future_covariates=[scheduled]"]
WEATHER = [
    "data.past_covariates=[wind_speed, precip, visib]",
    "data.missing=ffill",
    "model.past_lookback=6",
]
# What the weather of the day to come would be worth, were its forecast perfect: a bound, no forecast.
WEATHER_AHEAD = ["data.future_covariates=[wind_speed, precip, visib]", "data.missing=ffill"]
ROWS = {
    "target alone": [],
    "+ calendar": CALENDAR,
    "+ scheduled departures": TIMETABLE,
    "+ weather": WEATHER,
    "+ weather, were its forecast perfect": WEATHER_AHEAD,
    "+ all three": [*CALENDAR, *TIMETABLE, *WEATHER],
}


def with_offsets(folder: Path) -> Path:
    """The shipped table with its times marked as UTC, so that the calendar can be New York's."""
    path = folder / "departures.csv"
    with (
        TABLE.open(encoding="utf-8", newline="") as lines,
        path.open("w", encoding="utf-8", newline="") as out,
    ):
        header, *rows = csv.reader(lines)
        at = header.index("time_hour")
        csv.writer(out).writerows([header, *([*row[:at], f"{row[at]}Z", *row[at + 1 :]] for row in rows)])
    return path


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--log", type=Path, default=Path("runs/ablation.jsonl"))
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    options.log.parent.mkdir(parents=True, exist_ok=True)
    runs, rows = accuracy.Runs(options.log, options.seeds), []
    with tempfile.TemporaryDirectory() as folder:
        data = f"data.path={with_offsets(Path(folder))}"
        for name, settings in ROWS.items():
            found = runs.of("covariates", [data, *settings], settings)
            rows.append(accuracy.departures_row(name, found))
    accuracy.table("Departures", accuracy.DEPARTURES, rows)


if __name__ == "__main__":
    main()
