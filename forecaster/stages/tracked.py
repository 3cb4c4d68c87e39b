"""A run that is tracked from its beginning to its end, however it ends."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from forecaster.config.experiment import Experiment
from forecaster.config.positions import flattened
from forecaster.errors import Notify
from forecaster.runs.directory import EVENTS, MANIFEST, RESOLVED, RunDir
from forecaster.runs.session import GIVEN, Session
from forecaster.stages.metrics import metrics_of
from forecaster.stages.report import read_epochs
from forecaster.tracking.tracker import RunEnd, RunStatus, TrackedRun
from forecaster.tracking.tracking import Followed, Tracking, finite
from forecaster.training.progress import Listener, Silent
from forecaster.version import __version__

# The files of a run that a server gets a copy of, and the largest one, in bytes.
COPIED = (
    *(
        GIVEN,
        RESOLVED,
        MANIFEST,
        EVENTS,
        "metrics.json",
        "history.csv",
        "forecasts.csv",
        "next.csv",
        "report.html",
    ),
    *("plots/forecast.png", "plots/loss.png", "tune/best.yaml", "tune/trials.csv", "tune/progress.png"),
)
MOST_COPIED = 64 << 20


@dataclass
class TrackedEnd:
    """What the end of a run is to tell, which the block of `tracked` fills in.

    Attributes:
        tracking: The tracking.
        params: Settings that only the end knows.
    """

    tracking: Tracking
    params: dict[str, Any] = field(default_factory=dict)

    def followed(self, listener: Listener | None) -> Listener:
        """Return a listener that passes everything on to another, and the epochs to the tracking."""
        return Followed(listener or Silent(), self.tracking)


@contextlib.contextmanager
def tracked(
    experiment: Experiment, session: Session, notify: Notify, *, searched: Mapping[str, Any] | None = None
) -> Iterator[TrackedEnd]:
    """Track what the block does, and how it ends. A run without a tracking section costs nothing more.

    Args:
        experiment: The experiment.
        session: The session of the run directory, already begun.
        notify: Takes remarks, such as that a server is away.
        searched: The dimensions of a search by name, which are no settings yet; None if there are none.
    """
    spec, run = experiment.spec, session.run
    params = flattened(spec.model_dump(mode="json", exclude={"tracking"}))
    params = {key: value for key, value in params.items() if key not in (searched or {})}
    tags = {
        "forecaster.version": __version__,
        "forecaster.command": session.inputs.command,
        "forecaster.run": str(run.path.resolve()),
        "forecaster.data_sha256": session.inputs.data_sha256,
        "forecaster.smoke": str(session.inputs.smoke).lower(),
        **{f"forecaster.searched.{name}": str(node)[:500] for name, node in (searched or {}).items()},
    }
    about = TrackedRun(run.path, run.path.resolve().name, spec.name, params, tags, _now())
    tracking = Tracking(spec.tracking, about, lambda text: notify([], [text]))
    block = TrackedEnd(tracking)
    status: RunStatus = "failed"
    try:
        yield block
        status = "finished"
    except (KeyboardInterrupt, SystemExit):
        status = "stopped"
        raise
    finally:
        # What is told of a run that did not finish is only that.
        if not tracking.silent:
            known = tracking.safely("tracking", lambda: _end(run, block)) if status == "finished" else None
            tracking.end(known or RunEnd(status, _now()))


def _end(run: RunDir, block: TrackedEnd) -> RunEnd:
    """Return the end of a complete run, after telling of the epochs that a killed process could not tell of."""
    files = run.manifest()["files"]
    if "history.csv" in files:
        for row in read_epochs(run):
            values = {key: value for key, value in row.items() if key not in ("member", "epoch", "best")}
            place = f"member-{row['member'] + 1}" if row["member"] else ""
            block.tracking.point(row["epoch"], values, place)
    copied = [
        name for name in COPIED if (path := run.file(name)).is_file() and path.stat().st_size <= MOST_COPIED
    ]
    # The same for every process that comes to this end, so that a server takes a score once.
    ended = int(run.file(MANIFEST).stat().st_mtime * 1000)
    scores = scores_of(metrics_of(run))
    return RunEnd("finished", ended, scores, copied, "model/spec.json" in files, block.params)


def scores_of(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Return the scores of a run or a backtest by name, such as test/mase and test/naive/mase.

    Args:
        metrics: The content of metrics.json.
    """
    found: dict[str, float | None] = {}
    for split, table in metrics.get("splits", {}).items():
        for row in (table["scores"], table["intervals"]):
            for who, scores in row.items():
                found |= {_named(split, who, metric): value for metric, value in scores.items()}
    for kind in metrics.get("summary", {}).values():
        for who, scores in kind.items():
            for metric, spread in scores.items():
                found[_named("folds", who, metric)] = spread and spread["mean"]
    return finite(found)


def _named(split: str, who: str, metric: str) -> str:
    return f"{split}/{metric}" if who == "model" else f"{split}/{who}/{metric}"


def _now() -> int:
    return int(time.time() * 1000)
