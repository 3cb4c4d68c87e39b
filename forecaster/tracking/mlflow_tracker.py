"""MLflow: a run on a server, which is told of everything by a thread of its own.

The training never waits for the server but at its end, and then only while the server makes progress. A server that
is away or fails is tried again at the end, and with --resume of the run: what it lacks is found by comparing.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from forecaster.errors import DataError
from forecaster.runs import schemas
from forecaster.runs.files import write_json
from forecaster.runs.reading import parse_json, read_file
from forecaster.text import one_line, without_secrets
from forecaster.tracking.mlflow_server import MlflowServer
from forecaster.tracking.tracker import Point, RunEnd, TrackedRun, TrackedTrial

STATE = "mlflow.json"
# How long the end of a run waits for a call that makes no progress, and a failed call for the next one, in seconds.
PATIENCE_S, PAUSE_S = 10.0, 30.0
# The same of a run that failed or was stopped, which somebody may be waiting to see end.
SHORT_PATIENCE_S = 3.0
# The longest message of a server that is shown.
SHOWN = 160


class MlflowTracker:
    """Follows a run on a server.

    Args:
        server: The server.

    Attributes:
        label: The name in messages, with the address of the server and no password.
    """

    def __init__(self, server: MlflowServer) -> None:
        self.server = server
        self.label = f"MLflow at {without_secrets(server.uri)}"
        self._run: TrackedRun | None = None
        self._state: dict[str, Any] = {}
        self._points: list[Point] = []
        self._trials: dict[int, TrackedTrial] = {}
        self._end_of_run: RunEnd | None = None
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._settled = threading.Event()
        self._opened = False
        self._fault: str | None = None
        self._moved = time.monotonic()

    def begin(self, run: TrackedRun, points: Sequence[Point]) -> None:
        """Read or write the state of the run, and start the thread."""
        self._run, self._points = run, list(points)
        self._state = _read(run.folder, without_secrets(self.server.uri)) or {
            "format_version": 1,
            "uri": without_secrets(self.server.uri),
            "key": uuid.uuid4().hex,
            "run_id": None,
            "sent": None,
        }
        # The key is on the disk before the server knows it, so that no kill makes a second run.
        self._write()
        threading.Thread(target=self._follow, name="mlflow", daemon=True).start()
        self._news.set()

    def point(self, point: Point) -> None:
        """Leave the point to the thread."""
        with self._lock:
            self._points.append(point)
        self._news.set()

    def trial(self, trial: TrackedTrial) -> None:
        """Leave the trial to the thread."""
        with self._lock:
            self._trials[trial.number] = trial
        self._news.set()

    def end(self, end_of_run: RunEnd) -> None:
        """Leave the end to the thread, and wait for it while it makes progress."""
        with self._lock:
            self._end_of_run = end_of_run
        self._moved = time.monotonic()
        self._news.set()
        patience_s = PATIENCE_S if end_of_run.status == "finished" else SHORT_PATIENCE_S
        while not self._settled.wait(0.1) and time.monotonic() - self._moved < patience_s:
            pass

    def fault(self) -> str | None:
        """Return why the server does not have everything; None if it has."""
        if self._settled.is_set() and self._fault is None:
            return None
        return self._fault or (None if self._end_of_run is None else "does not answer")

    def _follow(self) -> None:
        """Bring the server up to date whenever there is news, until the run has ended."""
        while True:
            # After a fault the server gets a while, which the end of the run cuts short.
            if self._fault is not None and self._end_of_run is None:
                time.sleep(0.05)
                if time.monotonic() - self._moved < PAUSE_S:
                    continue
            self._news.wait()
            self._news.clear()
            with self._lock:
                points, trials, end_of_run = [*self._points], [*self._trials.values()], self._end_of_run
            try:
                self._send(points, trials, end_of_run)
                self._fault = None
            except Exception as error:  # whatever a server, a proxy or a library may raise
                self._fault = one_line(without_secrets(_first_line(error)), SHOWN)
                self._moved = time.monotonic()
                self._news.set()
            if end_of_run is not None:
                self._settled.set()
                return

    def _send(self, points: list[Point], trials: list[TrackedTrial], end_of_run: RunEnd | None) -> None:
        run, server, state = self._run, self.server, self._state
        assert run is not None
        mark = None if end_of_run is None else f"{end_of_run.status} {end_of_run.time}"
        if mark is not None and state["sent"] == mark:
            return
        server.knock()
        if not self._opened:
            state["run_id"] = server.open(run, state["key"], state["run_id"])
            self._write()
            self._opened = True
        self._move()
        server.log(points)
        self._move()
        for trial in trials:
            server.log_trial(trial, state["key"], run.began)
            self._move()
            with self._lock:
                if self._trials.get(trial.number) is trial:
                    del self._trials[trial.number]
        if end_of_run is not None:
            server.end(run, end_of_run)
            state["sent"] = mark
            self._write()

    def _move(self) -> None:
        """Note that the server has answered."""
        self._moved = time.monotonic()

    def _write(self) -> None:
        assert self._run is not None
        write_json(self._run.folder / STATE, self._state)


def _read(folder: Path, uri: str) -> dict[str, Any] | None:
    """Return the state of a run on this server; None where there is none, it is damaged or of another server."""
    path = folder / STATE
    if path.is_symlink() or not path.exists():
        return None
    try:
        found: Any = parse_json(path, read_file(folder, STATE, most=1 << 16), schemas.MLFLOW)
    except DataError:
        return None
    return dict(found) if found["uri"] == uri else None


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
