"""The calls to an MLflow server. Each may be made again: what the server has already stays as it is."""

from __future__ import annotations

import os
import socket
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from forecaster.tracking.spec import FROM_ENVIRONMENT
from forecaster.tracking.tracker import Point, RunEnd, TrackedRun, TrackedTrial

# How long to wait for a server that does not answer a knock, in seconds.
KNOCK_S = 3.0
# The most that one call of the server takes, and the longest text of a parameter that every store takes.
MOST_METRICS, MOST_PARAMS, LONGEST = 1000, 100, 500
# The tag by which a run is found again that a killed process had made and not noted.
KEY = "forecaster.key"
STATUS = {"finished": "FINISHED", "failed": "FAILED", "stopped": "KILLED"}
TRIAL_STATUS = {"running": "RUNNING", "completed": "FINISHED", "failed": "FAILED"}


class MlflowServer:
    """One run on a server, and the runs of its trials.

    Args:
        uri: The address, which may hold a password if it comes from the environment.
        experiment: The name of the experiment on the server.

    Raises:
        ImportError: When MLflow is not installed.
    """

    def __init__(self, uri: str, experiment: str) -> None:
        from mlflow.tracking import MlflowClient

        self.uri, self.experiment = uri, experiment
        self.client: Any = MlflowClient(tracking_uri=uri)
        # At the end of a run it prints the address of its page, into what may be the JSON of a command.
        vars(self.client._tracking_client)["_log_url"] = lambda run_id: None
        self.run_id: str | None = None
        self._experiment_id: str | None = None
        self._known: dict[str, set[int]] = {}

    def knock(self) -> None:
        """Raise OSError when nobody listens at the address: MLflow itself would try for minutes."""
        place = urlsplit(self.uri)
        if place.scheme in ("http", "https") and place.hostname:
            port = place.port or (443 if place.scheme == "https" else 80)
            socket.create_connection((place.hostname, port), timeout=KNOCK_S).close()

    def open(self, run: TrackedRun, key: str, run_id: str | None) -> str:
        """Find or create the run, and let it be running. Returns its id.

        Args:
            run: The run.
            key: What tells this run from all others.
            run_id: Its id on the server, as far as it is known.
        """
        if self._experiment_id is None:
            self._experiment_id = self._experiment()
        found = run_id if run_id is not None and self._exists(run_id) else self._found(key)
        self.run_id = found or self._created(run.name, key, run.began, dict(run.tags))
        if found:
            self.client.update_run(self.run_id, status="RUNNING")
        self._log_params(self.run_id, run.params)
        return self.run_id

    def log(self, points: Sequence[Point]) -> None:
        """Log the points that the server does not have."""
        from mlflow.entities import Metric

        assert self.run_id is not None
        for name in {name for point in points for name in point.values} - self._known.keys():
            history = self.client.get_metric_history(self.run_id, name)
            self._known[name] = {metric.step for metric in history}
        metrics = [
            Metric(name, value, point.time, point.step)
            for point in points
            for name, value in point.values.items()
            if point.step not in self._known[name]
        ]
        for start in range(0, len(metrics), MOST_METRICS):
            part = metrics[start : start + MOST_METRICS]
            self.client.log_batch(self.run_id, metrics=part)
            for metric in part:
                self._known[metric.key].add(metric.step)

    def log_trial(self, trial: TrackedTrial, key: str, began: int) -> None:
        """Bring the run of a trial, a child of this run, to what is known of it."""
        from mlflow.entities import Metric

        key = f"{key}/{trial.number}"
        tags = {"mlflow.parentRunId": str(self.run_id), "forecaster.trial": str(trial.number)}
        found = self._found(key)
        if found and self.client.get_run(found).info.status == TRIAL_STATUS[trial.state] != "RUNNING":
            return
        run_id = found or self._created(f"trial {trial.number}", key, began, tags)
        self._log_params(run_id, trial.values)
        now = int(time.time() * 1000)
        self.client.log_batch(run_id, metrics=[Metric(k, v, now, 0) for k, v in trial.metrics.items()])
        if trial.reason:
            self.client.set_tag(run_id, "forecaster.reason", trial.reason[:LONGEST])
        if trial.state != "running":
            self.client.set_terminated(run_id, TRIAL_STATUS[trial.state])

    def end(self, run: TrackedRun, end_of_run: RunEnd) -> None:
        """Log scores, files and the model of a finished run, and end it on the server."""
        from mlflow.entities import Metric

        assert self.run_id is not None
        self._log_params(self.run_id, end_of_run.params)
        scores = [Metric(name, value, end_of_run.time, 0) for name, value in end_of_run.scores.items()]
        for start in range(0, len(scores), MOST_METRICS):
            self.client.log_batch(self.run_id, metrics=scores[start : start + MOST_METRICS])
        for name in end_of_run.files:
            folder = name.rpartition("/")[0]
            self.client.log_artifact(self.run_id, str(run.path / name), folder or None)
        if end_of_run.has_model:
            self._log_model(run.path)
        self.client.set_terminated(self.run_id, STATUS[end_of_run.status])

    def _log_model(self, path: Path) -> None:
        from forecaster.tracking.mlflow_model import save_model

        with tempfile.TemporaryDirectory(prefix="forecaster-model-") as folder:
            save_model(path, Path(folder) / "model")
            self.client.log_artifacts(self.run_id, str(Path(folder) / "model"), "model")

    def _experiment(self) -> str:
        found = self.client.get_experiment_by_name(self.experiment)
        if found is not None:
            return str(found.experiment_id)
        try:
            return str(self.client.create_experiment(self.experiment))
        except Exception:
            # Another training may have made it in between.
            found = self.client.get_experiment_by_name(self.experiment)
            if found is None:
                raise
            return str(found.experiment_id)

    def _exists(self, run_id: str) -> bool:
        from mlflow.exceptions import MlflowException

        try:
            return bool(self.client.get_run(run_id).info.lifecycle_stage == "active")
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return False
            raise

    def _found(self, key: str) -> str | None:
        query = f"tags.`{KEY}` = '{key}'"
        runs = self.client.search_runs([self._experiment_id], filter_string=query, max_results=1)
        return str(runs[0].info.run_id) if runs else None

    def _created(self, name: str, key: str, began: int, tags: dict[str, str]) -> str:
        tags = {**tags, KEY: key}
        run = self.client.create_run(self._experiment_id, start_time=began, tags=tags, run_name=name)
        return str(run.info.run_id)

    def _log_params(self, run_id: str, params: Mapping[str, Any]) -> None:
        """Log the parameters that the run does not have: the server refuses to change one."""
        from mlflow.entities import Param

        known = self.client.get_run(run_id).data.params
        listed = [Param(key[:250], str(value)[:LONGEST]) for key, value in params.items()]
        listed = [param for param in listed if param.key not in known]
        for start in range(0, len(listed), MOST_PARAMS):
            self.client.log_batch(run_id, params=listed[start : start + MOST_PARAMS])


def address_of(asked: str) -> str | None:
    """Return the address that the config asks for; None where the environment is to name it and does not."""
    return os.environ.get("MLFLOW_TRACKING_URI") or None if asked == FROM_ENVIRONMENT else asked
