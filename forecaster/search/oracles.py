"""The algorithms of a search: KerasTuner's, with changes where they hang, ignore the seed or stop too early.

docs/tuning.md describes each change.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import warnings
from collections.abc import Sequence
from typing import Any

import keras_tuner

from forecaster.config.dimensions import Dimension, IntRange
from forecaster.config.tune import TuneSpec
from forecaster.search.logged_oracle import LoggedOracle, StopFlag
from forecaster.search.space_encoding import by_value, points_from
from forecaster.search.trials import Proposal, Trials

# A key of the points in the log: the seed of KerasTuner's next draw.
GENERATOR_STATE = "tuner/chance"


class RandomOracle(LoggedOracle, keras_tuner.oracles.RandomSearchOracle):
    """Random search without repetition."""


class GridOracle(LoggedOracle, keras_tuner.oracles.GridSearchOracle):
    """Grid search: every combination of the values."""

    grid = True


class BayesianOracle(LoggedOracle, keras_tuner.oracles.BayesianOptimizationOracle):
    """Bayesian optimisation with a Gaussian process, which never proposes a trial twice."""

    def propose_point(self, trial_id: str) -> dict[str, Any]:
        """Propose a point; in a replay, the one of the log."""
        n_completed = sum(t.status == "COMPLETED" for t in self.trials.values())
        if self.replayed is not None and n_completed >= max(3 * len(self.hyperparameters.space), 3):
            # Repeat the random draws only: fitting every Gaussian process again would take minutes.
            self._random_state.uniform(0.0, 1.0, size=(50, len(self._nonfixed_space())))
            # A point that was drawn at random also stores the seed of the next draw.
            if GENERATOR_STATE in self.replayed:
                self._seed_state = int(self.replayed[GENERATOR_STATE])
            return {"status": "RUNNING", "values": dict(self.replayed)}
        with warnings.catch_warnings():
            # With few trials, the fit of the Gaussian process ends at a bound and scikit-learn warns.
            warnings.simplefilter("ignore")
            proposed = super().propose_point(trial_id)
        if proposed["values"] is not None and self._duplicate(proposed["values"]):
            # The optimum of the Gaussian process may be an earlier trial, and running it again adds nothing.
            proposed = self._random_populate_space()
            if proposed["values"] is not None:
                proposed["values"][GENERATOR_STATE] = self._seed_state
        return proposed

    def _compute_values_hash(self, values: dict[str, Any]) -> str:
        found: str = super()._compute_values_hash({k: v for k, v in values.items() if k != GENERATOR_STATE})
        return found


class HyperbandOracle(LoggedOracle, keras_tuner.oracles.HyperbandOracle):
    """Hyperband: many short trials, the best of which continue."""

    def _get_size(self, bracket_num: int, round_num: int) -> int:
        """Return the size of a round, at most what the space can fill: KerasTuner promotes only from full rounds."""
        size: int = super()._get_size(bracket_num, round_num)
        if self.n_points is None:
            return size
        most: int = math.ceil(self.n_points / self.factor**round_num)
        return min(size, most)

    def forget(self, trial: Any) -> None:
        """Count a failed trial as the worst of its round: KerasTuner promotes only from rounds with all scores."""
        worst = math.inf if self.objective.direction == "min" else -math.inf
        self.update_trial(trial.trial_id, {self.objective.name: worst})
        trial.status = "COMPLETED"
        keras_tuner.Oracle.end_trial(self, trial)

    def work(self, proposal: Proposal) -> float:
        """Return the epochs of a trial beyond those of the trial that it continues."""
        before = self.book.records[proposal.previous].proposal.epochs if proposal.previous else 0
        return float((proposal.epochs or 0) - (before or 0))

    def all_work(self) -> float | None:
        """Return the epochs of the whole search; None if the number of trials is limited."""
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
        """Return the trials whose checkpoints another trial may continue from."""
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
    """Return the algorithm of a search.

    Args:
        space: The dimensions of the search space.
        spec: The tune section in force.
        book: The trials and their log.
        stop_flag: Keeps further trials from beginning.
        seed: The seed of the experiment.
        most: The largest number of trials; None leaves it to the algorithm.
    """
    grid = spec.algorithm == "grid"
    arguments: dict[str, Any] = {
        "objective": keras_tuner.Objective("score", direction=spec.objective.direction),
        "hyperparameters": _hyperparameters(space, grid=grid),
        "allow_new_entries": False,
        "seed": oracle_seed(seed),
        # KerasTuner raises at its limit inside its lock, so `Trials` counts instead.
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
        # With a number, the width of a trial's name, such as 0007, would depend on it.
        oracle = kinds[spec.algorithm](max_trials=None, **arguments)
    oracle.bind(space, book, stop_flag, most=most)
    return oracle


def oracle_seed(seed: int) -> int:
    """Return the seed for KerasTuner, from 1 up, because KerasTuner treats 0 as no seed."""
    return 1 + int.from_bytes(hashlib.sha256(f"search {seed}".encode()).digest()[:4], "big") % 2**31


def _hyperparameters(space: Sequence[Dimension], *, grid: bool) -> Any:
    """Return the search space for KerasTuner, with positions instead of values in every finite dimension.

    KerasTuner confuses 1, 1.0 and true, has no null, and its floats with a step can miss their own default.
    """
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
    """Add a dimension to the search space of KerasTuner."""
    r: Any = d.range
    if not by_value(d, grid=grid):
        n: int = r.n_values
        found.Int(d.name, 0, n - 1, step=1, default=r.index(r.default))
    elif isinstance(r, IntRange):
        found.Int(d.name, r.min, r.max, sampling="log", default=r.default)
    else:
        found.Float(d.name, r.min, r.max, sampling=r.sampling, default=r.default)
