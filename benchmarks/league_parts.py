"""What each part of a finished run is worth on the tasks of the league, without training again.

    python benchmarks/league_parts.py --data FOLDER --out FOLDER [--past N] [--tasks NAME ...]

OUT holds what `benchmarks/league.py` has played with the same --past. Every run is taken apart: its networks of before
the training on all rows, without the blend with classical forecasts, one network in place of the ensemble, and other
intervals. Weights of a blend and the calibration are learned again from the same validation and test ranges, as
`train` does; then every window is forecast as before. A task with results in OUT is not forecast again.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import league
from forecaster.config.spec import ExperimentSpec
from forecaster.data.transforms.fitted import FittedTransforms
from forecaster.forecasting.fitted import Fitted
from forecaster.pipeline.predict import predict
from forecaster.runs.directory import RunDir
from forecaster.stages.fitting import blended
from forecaster.stages.intervals import add_intervals
from forecaster.stages.learned import last_rows
from forecaster.stages.loaded import Loaded, fitted_of
from forecaster.stages.opened import OpenedRun, open_run
from forecaster.stages.prepared import prepare
from forecaster.stages.scoring import forecast_splits
from forecaster.training.backend import start_backend

Change = Callable[[ExperimentSpec], ExperimentSpec]


@dataclass(frozen=True)
class Variant:
    """A run without one of its parts.

    Attributes:
        change: Returns the settings of the run without the part.
        members: The most networks.
        refit: Whether the networks have learned all rows.
    """

    change: Change = lambda spec: spec
    members: int | None = None
    refit: bool = True


def _without_blend(spec: ExperimentSpec) -> ExperimentSpec:
    return spec.model_copy(update={"model": spec.model.model_copy(update={"blend": ()})})


def _calibrated_by(method: str) -> Change:
    def change(spec: ExperimentSpec) -> ExperimentSpec:
        return spec.model_copy(
            update={"evaluation": spec.evaluation.model_copy(update={"calibration": method})}
        )

    return change


VARIANTS = {
    "as init writes it": Variant(),
    "not trained again on all rows": Variant(refit=False),
    "without the blend with classical forecasts": Variant(_without_blend),
    "one network": Variant(members=1),
    "intervals moved, not stretched (calibration: conformal)": Variant(_calibrated_by("conformal")),
    "intervals of the network itself (calibration: none)": Variant(_calibrated_by("none")),
}


def forecaster_of(opened: OpenedRun, variant: Variant) -> tuple[OpenedRun, Fitted]:
    """Return a run and its forecaster without one of its parts."""
    spec = variant.change(opened.spec)
    scored, final = fitted_of(opened, scored=True), fitted_of(opened, scored=not variant.refit)

    def cut(fitted: Fitted) -> Fitted:
        return replace(fitted, members=fitted.members[: variant.members], graphs=None, blend=None)

    start_backend(spec.runtime)
    scored, final = cut(scored), cut(final)
    source = opened.own_table("play the task again")
    prepared = prepare(spec, source, transforms=FittedTransforms(scored.scaler, scored.encoders))
    forecasts = forecast_splits(spec, scored, prepared)
    scored, forecasts = blended(spec, scored, prepared, forecasts)
    found = add_intervals(
        spec, prepared, {split: {"model": forecast} for split, forecast in forecasts.items()}
    )
    final = replace(final, blend=scored.blend, calibration=found.learned.later)
    changed = replace(opened, experiment=replace(opened.experiment, spec=spec))
    return changed, final


def play(task: dict[str, Any], arguments: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Score every variant of the run of a task."""
    played, found = league.set_up(task, arguments), {}
    for name, variant in VARIANTS.items():
        opened, fitted = forecaster_of(open_run(RunDir(played.folder / "run")), variant)
        loaded = Loaded(opened, fitted, last_rows(opened.run, fitted.time_axis))

        def forecast(table: Path | None, opened: OpenedRun = opened, loaded: Loaded = loaded) -> str:
            import pyarrow.csv as pv

            out = io.BytesIO()
            pv.write_csv(predict(opened, data=table, loaded=loaded).table, out)
            return out.getvalue().decode()

        found[name] = league.scores(played, forecast) | {"published": {}, "seconds": 0.0}
    return found


def main() -> int:
    """Score the variants on all tasks, and print a table of the groups."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--past", type=int, default=0)
    parser.add_argument("--tasks", nargs="*")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.out = arguments.out.resolve()
    tasks = json.loads((arguments.data / "tasks.json").read_text(encoding="utf-8"))
    if arguments.one:
        task = next(t for t in tasks if t["name"] == arguments.one)
        path = arguments.out / task["name"].replace("/", "_") / "parts.json"
        path.write_text(json.dumps(play(task, arguments)) + "\n", encoding="utf-8")
        return 0
    by_variant: dict[str, list[dict[str, Any]]] = {name: [] for name in VARIANTS}
    failed = []
    for task in tasks:
        if arguments.tasks and not any(x in task["name"] for x in arguments.tasks):
            continue
        path = arguments.out / task["name"].replace("/", "_") / "parts.json"
        if not path.is_file():
            subprocess.run([sys.executable, __file__, *sys.argv[1:], "--one", task["name"]], check=False)
        if not path.is_file():
            failed.append(task["name"])
            continue
        found = json.loads(path.read_text(encoding="utf-8"))
        for name in VARIANTS:
            by_variant[name].append(found[name])
        shown = [f"{league.ratio(r, 'MASE'):.3f}/{league.ratio(r, 'WQL'):.3f}" for r in found.values()]
        print(f"{task['name']:28s} {'  '.join(shown)}", flush=True)
    print("\n" + table(by_variant))
    for name in failed:
        print(f"FAILED: {name}")
    return 1 if failed else 0


def table(by_variant: dict[str, list[dict[str, Any]]]) -> str:
    """Return MASE / WQL, as shares of the seasonal naive forecast's, and coverage of each group as Markdown."""
    groups = list(dict.fromkeys(r["group"] for rows in by_variant.values() for r in rows))
    lines = [f"| | {' | '.join(groups)} | inside 80 % |", f"|---|{'---|' * len(groups)}---|"]
    for name, rows in by_variant.items():
        cells = []
        for group in groups:
            of_group = [r for r in rows if r["group"] == group]
            means = [
                league.geometric(league.ratio(r, metric) for r in of_group) for metric in ("MASE", "WQL")
            ]
            cells.append(" / ".join(f"{m:.3f}" for m in means))
        inside = sum(r["inside"] for r in rows) / max(1, sum(r["counted"] for r in rows))
        lines.append(f"| {name} | {' | '.join(cells)} | {inside:.1%} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
