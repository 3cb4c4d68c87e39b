"""KerasTuner's algorithms, mended where they hang, leak chance or stop too early.

This module and `search` are all that know KerasTuner. What is mended, and why: docs/tuning.md.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import time
import warnings
from collections.abc import Sequence
from typing import Any

import keras_tuner
from keras_tuner.engine import trial as kt_trial

from forecaster.config.dimensions import Dimension, IntRange
from forecaster.config.tune import TuneSpec
from forecaster.errors import DataError
from forecaster.search.space_encoding import by_value, count_points, points_from, value_of
from forecaster.search.trials import Proposal, Trials

GENERATOR_STATE = "tuner/chance"
STOPPED = {"status": "STOPPED", "values": None}
# Draws that repeat an earlier trial before a space counts as used up.
LEAST_COLLISIONS, MOST_COLLISIONS = 1_000, 20_000


class StopFlag:
    """Why no more trials begin; None while they do."""

    def __init__(self) -> None:
        self.reason: str | None = None

    def stop(self, reason: str) -> None:
        """The first reason stays."""
        self.reason = self.reason or reason


class LoggedOracle(keras_tuner.Oracle):
    """What every algorithm here does beyond KerasTuner's: it writes the log, and is rebuilt from it.

    Nothing inside KerasTuner's lock may raise, or its other threads wait for ever.
    """

    def bind(
        self, space: Sequence[Dimension], book: Trials, stop_flag: StopFlag, *, most: int | None
    ) -> None:
        """most: trials of the whole search; None leaves it to the algorithm."""
        self.book, self.stop_flag, self.most = book, stop_flag, most
        self.dimensions = {d.name: d for d in space}
        self.grid = isinstance(self, GridOracle)
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
        """KerasTuner's own files are never the truth."""

    def _save_trial(self, trial: Any) -> None:
        pass

    def create_trial(self, tuner_id: str) -> Any:
        with self.book.lock:
            trial = self._next(tuner_id)
        if trial.status == "IDLE":
            # KerasTuner asks again at once, which would keep a processor busy.
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
        point = trial.hyperparameters.values
        values = {n: value_of(d, point[n], grid=self.grid) for n, d in self.dimensions.items() if n in point}
        return Proposal(trial.trial_id, values, point.get("tuner/epochs"), point.get("tuner/trial_id"))

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        try:
            return self.propose_point(trial_id)
        except Exception as error:  # noqa: BLE001  `search` raises it again, outside the lock
            self.broken = error
            return STOPPED

    def propose_point(self, trial_id: str) -> dict[str, Any]:
        proposed: dict[str, Any] = super().populate_space(trial_id)
        return proposed

    def end_trial(self, trial: Any) -> None:
        """The log first: what is not in it did not happen."""
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
        """End a trial that failed."""
        trial.status = "FAILED"
        super().end_trial(trial)

    def replay(self) -> None:
        """Bring the algorithm to where the log ends. Trials without an end wait to be run again.

        Raises DataError when the algorithm would now have proposed something else.
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
                        hint="use the versions that the first line names, or begin again with --overwrite",
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
        """Trials whose checkpoints another trial may go on from."""
        return set()

    def work(self, proposal: Proposal) -> float:
        """What a trial takes, beside the others."""
        return 1.0

    def all_work(self) -> float | None:
        """Of the whole search; None where nobody knows."""
        return None if self.most is None else min(self.most, self.n_points or self.most)

    def work_left(self) -> float | None:
        """Of the trials that have not ended."""
        whole = self.all_work()
        if whole is None:
            return None
        with self.book.lock:
            ended = [r.proposal for r in self.book.records.values() if r.state != "running"]
        return max(0.0, whole - sum(self.work(p) for p in ended))


class RandomOracle(LoggedOracle, keras_tuner.oracles.RandomSearchOracle):
    pass


class GridOracle(LoggedOracle, keras_tuner.oracles.GridSearchOracle):
    pass


class BayesianOracle(LoggedOracle, keras_tuner.oracles.BayesianOptimizationOracle):
    def propose_point(self, trial_id: str) -> dict[str, Any]:
        n_completed = sum(t.status == "COMPLETED" for t in self.trials.values())
        if self.replayed is not None and n_completed >= max(3 * len(self.hyperparameters.space), 3):
            # Only the draws are repeated: fitting every Gaussian process again would take minutes.
            self._random_state.uniform(0.0, 1.0, size=(50, len(self._nonfixed_space())))
            # What came from chance after all says where chance then stood.
            if GENERATOR_STATE in self.replayed:
                self._seed_state = int(self.replayed[GENERATOR_STATE])
            return {"status": "RUNNING", "values": dict(self.replayed)}
        with warnings.catch_warnings():
            # Of a Gaussian process whose fit ends at a bound, which it does on few trials.
            warnings.simplefilter("ignore")
            proposed = super().propose_point(trial_id)
        if proposed["values"] is not None and self._duplicate(proposed["values"]):
            # The best of a model may be a trial that was made; to run it again would say nothing.
            proposed = self._random_populate_space()
            if proposed["values"] is not None:
                proposed["values"][GENERATOR_STATE] = self._seed_state
        return proposed

    def _compute_values_hash(self, values: dict[str, Any]) -> str:
        found: str = super()._compute_values_hash({k: v for k, v in values.items() if k != GENERATOR_STATE})
        return found


class HyperbandOracle(LoggedOracle, keras_tuner.oracles.HyperbandOracle):
    def _get_size(self, bracket_num: int, round_num: int) -> int:
        """No more trials than there are: a bracket that cannot be filled never promotes one."""
        size: int = super()._get_size(bracket_num, round_num)
        if self.n_points is None:
            return size
        most: int = math.ceil(self.n_points / self.factor**round_num)
        return min(size, most)

    def forget(self, trial: Any) -> None:
        """A failure counts as the worst of its round: a bracket that misses one never promotes the rest."""
        worst = math.inf if self.objective.direction == "min" else -math.inf
        self.update_trial(trial.trial_id, {self.objective.name: worst})
        trial.status = "COMPLETED"
        keras_tuner.Oracle.end_trial(self, trial)

    def work(self, proposal: Proposal) -> float:
        """Epochs."""
        before = self.book.records[proposal.previous].proposal.epochs if proposal.previous else 0
        return float((proposal.epochs or 0) - (before or 0))

    def all_work(self) -> float | None:
        if self.most is not None:
            return None
        epochs = 0
        for bracket in range(self._get_num_brackets()):
            before = 0
            for turn in range(self._get_num_rounds(bracket)):
                until = self._get_epochs(bracket, turn)
                epochs += self._get_size(bracket, turn) * (until - before)
                before = until
        return float(epochs * self.hyperband_iterations)

    def needed(self) -> set[str]:
        with self.book.lock:
            found: set[str] = set()
            for bracket in self._brackets:
                rounds = bracket["rounds"]
                for this, following in itertools.pairwise(rounds):
                    taken = {info["past_id"] for info in following}
                    found |= {info["id"] for info in this} - taken
            return found | {r.proposal.previous for r in self.book.running() if r.proposal.previous}


def make_oracle(
    space: Sequence[Dimension],
    spec: TuneSpec,
    book: Trials,
    stop_flag: StopFlag,
    *,
    seed: int,
    most: int | None,
) -> LoggedOracle:
    """The algorithm of a search. most: see `LoggedOracle.bind`."""
    grid = spec.algorithm == "grid"
    arguments: dict[str, Any] = {
        "objective": keras_tuner.Objective("score", direction=spec.objective.direction),
        "hyperparameters": _hyperparameters(space, grid=grid),
        "allow_new_entries": False,
        "seed": oracle_seed(seed),
        # Its own count raises inside the lock; `Trials` counts.
        "max_consecutive_failed_trials": 10**9,
    }
    oracle: LoggedOracle
    if spec.algorithm == "hyperband":
        oracle = HyperbandOracle(
            max_epochs=spec.max_epochs,
            factor=spec.factor,
            hyperband_iterations=spec.hyperband_iterations,
            **arguments,
        )
    else:
        kinds = {
            "random": RandomOracle,
            "sklearn": RandomOracle,
            "grid": GridOracle,
            "bayesian": BayesianOracle,
        }
        # None: with a number, the width of a trial's name would change when the number does.
        oracle = kinds[spec.algorithm](max_trials=None, **arguments)
    oracle.bind(space, book, stop_flag, most=most)
    return oracle


def oracle_seed(seed: int) -> int:
    """KerasTuner's seed for an experiment's. KerasTuner takes 0 for none."""
    return 1 + int.from_bytes(hashlib.sha256(f"search {seed}".encode()).digest()[:4], "big") % 2**31


def _hyperparameters(space: Sequence[Dimension], *, grid: bool) -> Any:
    """Places instead of values wherever there are finitely many: KerasTuner mixes up 1, 1.0 and true,
    has no null, and its floats on steps miss their own defaults."""
    found = keras_tuner.HyperParameters()
    by_name = {d.name: d for d in space}
    for d in space:
        if d.repeat is None:
            _add(found, d, grid=grid)
        else:
            with found.conditional_scope(d.repeat, points_from(by_name[d.repeat], d.copy, grid=grid)):
                _add(found, d, grid=grid)
    return found


def _add(found: Any, d: Dimension, *, grid: bool) -> None:
    r: Any = d.range
    if not by_value(d, grid=grid):
        n: int = r.n_values
        found.Int(d.name, 0, n - 1, step=1, default=r.index(r.default))
    elif isinstance(r, IntRange):
        found.Int(d.name, r.min, r.max, sampling="log", default=r.default)
    else:
        found.Float(d.name, r.min, r.max, sampling=r.sampling, default=r.default)


def _replay_id(trial: str) -> str:
    return f"replay-{trial}"
