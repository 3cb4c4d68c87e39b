"""A search with each algorithm over configs/benchmarks/search_departures.yaml, and what its winner is worth.

python benchmarks/searches.py [--runs runs/searches] [--seeds 3] [--only bayesian] [--no-test]

Searches that are complete are not made again, and one that was stopped goes on. The winner is the best run by
validation MASE; it and configs/quickstart.yaml are then trained from three seeds, and only these look at the test
range. Prints the tables of docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import accuracy

CONFIGS = Path(__file__).parents[1] / "configs"
CONFIG = CONFIGS / "benchmarks" / "search_departures.yaml"
# Grid goes through what is on or off; the others through all of the space. Of sklearn every trial is three trainings.
SEARCHES = {
    "random": ["tune.max_trials=12"],
    "grid": [
        "model.layers.0.units=128",
        "training.optimizer.learning_rate=3.0e-3",
        "model.normalization=mean",
    ],
    "bayesian": ["tune.max_trials=12"],
    "hyperband": ["tune.hyperband_iterations=1"],
    "sklearn": ["tune.max_trials=5"],
}


def search(algorithm: str, run: Path) -> None:
    """One whole search, from wherever it stands."""
    if (run / "manifest.json").exists():
        return
    settings = [f"tune.algorithm={algorithm}", *SEARCHES[algorithm]]
    command = [sys.executable, "-m", "forecaster", "tune", str(CONFIG), "--run-dir", str(run)]
    command += [part for setting in settings for part in ("--set", setting)]
    done = subprocess.run([*command, *(["--resume"] if run.exists() else [])], check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: ended with {done.returncode}")


def found(algorithm: str, run: Path) -> dict[str, Any]:
    """What a search found, by its log and by the run that it left."""
    entries = [
        json.loads(line) for line in (run / "tune/trials.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    trials = [e for e in entries if e["event"] == "completed"]
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    return {
        "algorithm": algorithm,
        "trials": len(trials),
        "best": min(e["score"] for e in trials),
        "minutes": sum(e["seconds"] for e in trials) / 60,
        "val_mase": metrics["splits"]["val"]["scores"]["model"]["mase"],
        "values": (run / "tune/best.yaml").read_text(encoding="utf-8"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=Path, default=Path("runs/searches"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", choices=list(SEARCHES), action="append", help="of the searches")
    parser.add_argument("--no-test", action="store_true", help="only search")
    given = parser.parse_args()
    given.runs.mkdir(parents=True, exist_ok=True)
    rows = []
    for algorithm in given.only or SEARCHES:
        search(algorithm, given.runs / algorithm)
        rows.append(found(algorithm, given.runs / algorithm))
    accuracy.table(
        "Searches",
        ["algorithm", "trials", "best trial's score", "validation MASE of its run", "minutes of trials"],
        [
            [
                r["algorithm"],
                str(r["trials"]),
                f"{r['best']:.4f}",
                f"{r['val_mase']:.4f}",
                f"{r['minutes']:.1f}",
            ]
            for r in rows
        ],
    )
    winner = min(rows, key=lambda r: r["val_mase"])
    print(f"\nThe best by validation is that of {winner['algorithm']}:\n\n{winner['values']}")
    if given.no_test:
        return
    runs = accuracy.Runs(given.runs / "seeds.jsonl", given.seeds)
    shown = []
    for name, folder, config in (
        ("quickstart.yaml", CONFIGS, "quickstart"),
        (f"best of {winner['algorithm']}", given.runs / winner["algorithm"] / "tune", "best"),
    ):
        accuracy.CONFIGS = folder
        trained = runs.of(config, [], [])
        shown.append(accuracy.departures_row(name, trained))
    accuracy.table("Trained", accuracy.DEPARTURES, shown)


if __name__ == "__main__":
    main()
