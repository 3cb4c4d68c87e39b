"""An oracle of KerasTuner that writes every event to the log, and is rebuilt from it.

This module, `oracles` and `loop` are the only ones that import KerasTuner. How its behaviour differs from KerasTuner's
own is described in docs/tuning.md.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import keras_tuner
from keras_tuner.engine import trial as kt_trial

from forecaster.config.dimensions import Dimension
from forecaster.errors import DataError
from forecaster.search.space_encoding import count_points, value_of
from forecaster.search.trials import Proposal, Trials

STOPPED = {"status": "STOPPED", "values": None}
# A space counts as used up after this many draws in a row that repeat earlier trials.
LEAST_COLLISIONS, MOST_COLLISIONS = 1_000, 20_000


class StopFlag:
    """A flag that keeps further trials from beginning.

    Attributes:
        reason: The reason; None while trials may begin.
    """

    def __init__(self) -> None:
        self.reason: str | None = None

    def stop(self, reason: str) -> None:
        """Set the flag. If it is already set, the first reason stays."""
        self.reason = self.reason or reason


class LoggedOracle(keras_tuner.Oracle):
    """The base of all algorithms: an oracle that writes the log and is rebuilt from it.

    No method that KerasTuner calls while it holds its lock may raise, or the other threads wait forever.

    Attributes:
        grid: Whether the algorithm is a grid search, which needs a finite number of points in every dimension.
        book: The trials and their log.
        stop_flag: Keeps further trials from beginning.
        most: The largest number of trials; None leaves it to the algorithm.
        dimensions: The dimensions of the search space, by name.
        n_points: The number of different trials; None if it is infinite.
        broken: The error that ended the algorithm, if any.
        waiting: Trials of a resumed search that have not ended, and are run again first.
        details: Details of trials that are about to end, by trial.
        failures: Reasons of trials that are about to fail, by trial.
        replayed: The point of the log that the algorithm is to propose again; None after the replay.
    """

    grid = False

    def bind(
        self, space: Sequence[Dimension], book: Trials, stop_flag: StopFlag, *, most: int | None
    ) -> None:
        """Connect the oracle to a search. Called once, before anything else.

        Args:
            space: The dimensions of the search space.
            book: The trials and their log.
            stop_flag: Keeps further trials from beginning.
            most: The largest number of trials; None leaves it to the algorithm.
        """
        self.book, self.stop_flag, self.most = book, stop_flag, most
        self.dimensions = {d.name: d for d in space}
        self.n_points = count_points(space)
        self.broken: Exception | None = None
        self.waiting: list[Any] = []
        self.details: dict[str, dict[str, Any]] = {}
        self.failures: dict[str, str] = {}
        self.replayed: dict[str, Any] | None = None
        self.verbose = 0
        draws = MOST_COLLISIONS if self.n_points is None else 20 * self.n_points
        self._max_collisions = min(MOST_COLLISIONS, max(LEAST_COLLISIONS, draws))

    def save(self) -> None:
        """Write nothing: the log replaces the files of KerasTuner."""

    def _save_trial(self, trial: Any) -> None:
        pass

    def create_trial(self, tuner_id: str) -> Any:
        """Return the next trial of a worker: one that waits, a new one, or one that says to stop or to wait."""
        with self.book.lock:
            trial = self._next(tuner_id)
        if trial.status == "IDLE":
            # KerasTuner asks again at once, so without a pause the thread would use a whole processor.
            time.sleep(0.05)
        return trial

    def _next(self, tuner_id: str) -> Any:
        if self.stop_flag.reason is None and self.waiting:
            trial = self.waiting.pop(0)
            del self.ongoing_trials[_replay_id(trial.trial_id)]
            self.ongoing_trials[tuner_id] = trial
            return trial
        if self.stop_flag.reason is None and self.most is not None and len(self.book.records) >= self.most:
            self.stop_flag.stop("max_trials")
        if self.stop_flag.reason is not None:
            space = self.hyperparameters.copy()
            return kt_trial.Trial(hyperparameters=space, trial_id="none", status="STOPPED")
        trial = super().create_trial(tuner_id)
        if trial.status == "RUNNING":
            self.book.propose(self.proposal(trial), dict(trial.hyperparameters.values))
        elif trial.status == "STOPPED":
            self.stop_flag.stop("nothing left to try")
        return trial

    def proposal(self, trial: Any) -> Proposal:
        """Return what a trial of KerasTuner proposes, with values in place of points."""
        point = trial.hyperparameters.values
        values = {n: value_of(d, point[n], grid=self.grid) for n, d in self.dimensions.items() if n in point}
        return Proposal(trial.trial_id, values, point.get("tuner/epochs"), point.get("tuner/trial_id"))

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Propose a point. Called by KerasTuner inside its lock, so an error is kept instead of raised."""
        try:
            return self.propose_point(trial_id)
        except Exception as error:  # noqa: BLE001  `SearchLoop.go` raises it again, outside the lock
            self.broken = error
            return STOPPED

    def propose_point(self, trial_id: str) -> dict[str, Any]:
        """Propose a point, as KerasTuner's `populate_space`."""
        proposed: dict[str, Any] = super().populate_space(trial_id)
        return proposed

    def _random_values(self) -> dict[str, Any] | None:
        """Return a point that is not tried yet, first that of the defaults; None if there is none left."""
        if not self.trials:
            hps = keras_tuner.HyperParameters()
            for hp in self.hyperparameters.space:
                hps.merge([hp])
                if hps.is_active(hp):
                    hps.values[hp.name] = hp.default
            return dict(hps.values)
        drawn: dict[str, Any] | None = super()._random_values()
        return drawn

    def end_trial(self, trial: Any) -> None:
        """End a trial. The log comes first, because a resumed search knows only what is in it."""
        with self.book.lock:
            name = trial.trial_id
            details = self.details.pop(name, {})
            if name in self.failures:
                self.book.fail(name, self.failures.pop(name), **details)
                self.forget(trial)
            else:
                score = self.trials[name].metrics.get_last_value(self.objective.name)
                self.book.complete(name, float(score), **details)
                super().end_trial(trial)

    def forget(self, trial: Any) -> None:
        """Tell the algorithm that a trial failed."""
        trial.status = "FAILED"
        super().end_trial(trial)

    def replay(self) -> None:
        """Bring the algorithm to the state at the end of the log. Trials that have not ended wait to be run again.

        Raises:
            DataError: When the algorithm proposes other values than the log has.
        """
        running: dict[str, Any] = {}
        for entry in self.book.log.entries:
            name, event = entry.get("trial", ""), entry["event"]
            if event == "proposed":
                self.replayed = entry["point"]
                trial = super().create_trial(_replay_id(name))
                if trial.trial_id != name or trial.hyperparameters.values != entry["point"]:
                    raise DataError(
                        f"{self.book.log.path}:{entry['n'] + 1}: the algorithm no longer proposes these values",
                        hint="use the versions that the first line names, or start over with --overwrite",
                    )
                running[name] = trial
            elif event == "completed":
                self.update_trial(name, {self.objective.name: entry["score"]})
                trial = running.pop(name)
                trial.status = "COMPLETED"
                super().end_trial(trial)
            elif event == "failed":
                self.forget(running.pop(name))
        self.replayed = None
        self.waiting = list(running.values())

    def needed(self) -> set[str]:
        """Return the trials whose checkpoints another trial may continue from."""
        return set()

    def work(self, proposal: Proposal) -> float:
        """Return the work of a trial: one trial or, for hyperband, its number of epochs."""
        return 1.0

    def all_work(self) -> float | None:
        """Return the work of the whole search; None if it is not known."""
        return None if self.most is None else min(self.most, self.n_points or self.most)

    def work_left(self) -> float | None:
        """Return the work of the trials that have not ended; None if it is not known."""
        whole = self.all_work()
        if whole is None:
            return None
        with self.book.lock:
            ended = [r.proposal for r in self.book.records.values() if r.state != "running"]
        return max(0.0, whole - sum(self.work(p) for p in ended))


def _replay_id(trial: str) -> str:
    """Return the worker id under which a trial of the log is replayed."""
    return f"replay-{trial}"
