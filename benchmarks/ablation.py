"""What covariates are worth on the shipped departures: configs/quickstart.yaml, with more and more to go by.

python benchmarks/ablation.py [--log runs/ablation.jsonl] [--seeds 3]

Whole `forecaster train` runs, of which those in the log are not repeated. Prints the table of docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import mean, pstdev

import accuracy

# Each row has everything that the rows above it have. Weather is known up to the origin, the timetable beyond it.
STEPS = {
    "target alone": [],
    "+ calendar": ["data.calendar=[hour, dayofweek, month]"],
    "+ scheduled departures": ["data.future_covariates=[scheduled]"],
    "+ weather": [
        "data.past_covariates=[temp, humid, wind_speed, precip, pressure, visib]",
        "data.missing=ffill",
    ],
}
# Neither tells the model anything, and both take time.
ALWAYS = ["evaluation.baselines=[seasonal_naive]", "evaluation.calibration=none"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--log", type=Path, default=Path("runs/ablation.jsonl"))
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    options.log.parent.mkdir(parents=True, exist_ok=True)
    accuracy.CONFIGS = Path(__file__).parent.parent / "configs"
    runs = accuracy.Runs(options.log, options.seeds)
    settings, rows = list(ALWAYS), []
    for name, more in STEPS.items():
        settings += more
        found = runs.of("quickstart", settings, settings)
        cells = [name]
        for split, metric in (("val", "mase"), ("test", "mase"), ("test", "mae")):
            values = [run["scores"][split]["model"][metric] for run in found]
            cells.append(f"{mean(values):.3f} ± {pstdev(values):.3f}")
        rows.append([*cells, f"{mean(run['seconds'] for run in found):.0f}"])
    accuracy.table("Departures", ["", "val MASE", "test MASE", "test MAE", "seconds"], rows)


if __name__ == "__main__":
    main()
