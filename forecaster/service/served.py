"""Served runs: loaded once, and loaded again when another run has taken the place of one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forecaster.data.reading.elsewhere import Elsewhere
from forecaster.data.reading.sources import TableSource
from forecaster.errors import DataError, ForecasterError
from forecaster.evaluation.verdict_sentences import run_verdict
from forecaster.forecasting.fitted import CONTEXT
from forecaster.pipeline.predict import Predicted, predict
from forecaster.runs.directory import MANIFEST, RunDir
from forecaster.service.requests import Options
from forecaster.service.work_thread import WorkThread
from forecaster.stages.learned import learned_of
from forecaster.stages.loaded import Loaded
from forecaster.stages.metrics import splits_of
from forecaster.stages.opened import OpenedRun, open_run
from forecaster.stages.settled import settings_of_a_run

# How often the directories are looked at, and how soon one that could not be loaded is tried again.
LOOK_S, AGAIN_S = 1.0, 10.0
Signature = tuple[str, int, int, int]


@dataclass(frozen=True)
class Version:
    """A run as it was loaded.

    Attributes:
        facts: What `/v1/runs` says about it.
        sha256: The SHA-256 of its manifest, which names this run and no other.
        thread: The thread that its forecasts are made in.
        forecast: Makes a forecast from a table, or from the last training rows where there is none.
        names: What messages call its directory and its table, whose paths are nobody else's business.
    """

    facts: Mapping[str, Any]
    sha256: str
    thread: WorkThread
    forecast: Callable[[TableSource | None, TableSource | None, Options], Predicted]
    names: Mapping[str, str] = field(default_factory=dict)


def load_version(name: str, path: Path) -> Version:
    """Load a run and forecast once, so that the first request does not wait for it.

    Args:
        name: The name that it is served by.
        path: The run directory. A link is followed now, and not again.

    Raises:
        DataError: When the directory is not a complete run, or one of its files is damaged.
        UsageError: When it is that of a backtest.
    """
    thread = WorkThread(f"run {name}")
    try:
        return thread.submit(lambda: _loaded(name, path, thread)).result()
    except BaseException:
        thread.close()
        raise


def _loaded(name: str, path: Path, thread: WorkThread) -> Version:
    opened = open_run(RunDir(path.resolve()).opened())
    loaded = Loaded.of(opened)

    @settings_of_a_run()
    def forecast(data: TableSource | None, future: TableSource | None, options: Options) -> Predicted:
        return predict(
            opened,
            data=data,
            future=future,
            cutoff=options.cutoff_text,
            horizon=options.horizon,
            levels=options.levels,
            leave_out=options.leave_out,
            only=options.series,
            strict=options.strict,
            expect_until=options.expect_until_text,
            loaded=loaded,
        )

    notes = []
    try:
        first = loaded.context.panel.ids[:1]
        forecast(None, None, Options(series=tuple(i for i in first if i)))
    except DataError as error:
        if not opened.spec.data.future_covariates and _has_context(loaded):
            raise
        # Such a run forecasts only from tables that requests carry.
        notes.append(f"no forecast without a table: {error.diagnostics[0].summary}")
    return Version(_facts(name, loaded, notes), opened.run.sha256, thread, forecast, _names(name, opened))


def _names(name: str, opened: OpenedRun) -> dict[str, str]:
    """Return what messages call the files of a run, those in its directory before the directory itself."""
    names = {str(opened.run.file(CONTEXT)): "the last training rows"}
    if isinstance(opened.source, Path | Elsewhere):
        names[opened.table_name] = "the table of the run"
    return names | {str(opened.run.path): f"the run {name}"}


def _has_context(loaded: Loaded) -> bool:
    """Return whether the last training rows are enough for a forecast."""
    try:
        return len(loaded.context.known) > 0
    except DataError:
        return False


def _facts(name: str, loaded: Loaded, notes: list[str]) -> dict[str, Any]:
    opened = loaded.opened
    data, window, learned = opened.spec.data, opened.spec.window, learned_of(opened.run)
    ids = [i for i in loaded.ends if i]
    return {
        "name": name,
        "sha256": opened.run.sha256,
        "experiment": opened.spec.name,
        "loaded": datetime.now(UTC).isoformat(timespec="seconds"),
        "learned_until": learned.until,
        "learned": learned.sentence(),
        "verdict": run_verdict(splits_of(opened.run)),
        "time": data.time,
        "freq": data.freq,
        "timezone": data.timezone,
        "id": data.id,
        "targets": list(data.targets),
        "past_covariates": list(data.past_covariates),
        "future_covariates": list(data.future_covariates),
        "static_covariates": list(data.static_covariates),
        "lookback": window.lookback,
        "horizon": window.horizon,
        "longer_horizon": opened.spec.model.head.type == "recursive",
        "levels": list(opened.spec.evaluation.levels) if _has_intervals(loaded) else [],
        "n_series": len(ids) or 1,
        "ids": ids,
        "table_present": not opened.table_is_gone,
        "notes": notes,
    }


def _has_intervals(loaded: Loaded) -> bool:
    return loaded.fitted.calibration is not None or loaded.fitted.spec.output.type != "point"


@dataclass
class ServedRun:
    """A run that is served, in its newest version that could be loaded.

    Attributes:
        name: The name that it is served by.
        path: The run directory, or a link to it.
        version: The version that answers.
        problem: Why a newer one could not be loaded; None where there is none.
        reloads: How often another version was loaded.
        failures: How often that failed.
    """

    name: str
    path: Path
    version: Version
    problem: str | None = None
    reloads: int = 0
    failures: int = 0
    _seen: Signature | None = field(default=None, repr=False)
    _next_try: float = field(default=0.0, repr=False)

    @classmethod
    def load(cls, name: str, path: Path) -> ServedRun:
        """Load a run. Raises DataError or UsageError as `load_version`."""
        seen = _signature(path)
        return cls(name, path, load_version(name, path), _seen=seen)

    def look(self) -> Version | None:
        """Return the run that has taken the place of the one that answers, loaded; None where there is none.

        One that cannot be loaded is a `problem`, and tried again later. May be called in any thread.
        """
        seen, now = _signature(self.path), time.monotonic()
        if seen == self._seen and (self.problem is None or now < self._next_try):
            return None
        try:
            if RunDir(self.path.resolve()).opened().sha256 == self.version.sha256:
                self._seen, self.problem = seen, None
                return None
            fresh = load_version(self.name, self.path)
        except (ForecasterError, OSError) as error:
            self._seen, self._next_try = seen, now + AGAIN_S
            self.problem = str(error)
            self.failures += 1
            return None
        self._seen, self.problem = seen, None
        return fresh

    def put(self, fresh: Version) -> None:
        """Let another version answer from now on. Called in the thread that hands requests over."""
        old, self.version = self.version, fresh
        old.thread.close()
        self.reloads += 1


def _signature(path: Path) -> Signature | None:
    """Return what tells that another run has taken the place of one; None where there is no manifest."""
    try:
        folder = path.resolve()
        found = (folder / MANIFEST).stat()
    except (OSError, RuntimeError):
        return None
    return str(folder), found.st_ino, found.st_mtime_ns, found.st_size
