"""The loop of a search: KerasTuner's `search` in several threads, with an oracle that writes the log."""

from __future__ import annotations

import math
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import keras_tuner
from keras_tuner.engine import base_tuner

from forecaster.config.dimensions import Dimension
from forecaster.config.tune import TuneSpec
from forecaster.search.logged_oracle import LoggedOracle, StopFlag
from forecaster.search.oracles import make_oracle
from forecaster.search.trials import Proposal, Record, Trials

POLL_EVERY_S = 0.1


class TrialFailed(Exception):  # noqa: N818  the end of a trial, not an error of the search
    """A trial failed, and the search continues. The message is the reason."""


class Cancelled(keras_tuner.errors.FatalError):
    """The search was stopped. The trial has no end, and is run again on --resume."""


class TrialListener(Protocol):
    """Takes the beginning and the end of each trial."""

    def began(self, proposal: Proposal) -> None:
        """Take a trial that begins."""

    def ended(self, record: Record, *, work: float, left: float | None) -> None:
        """Take a finished trial.

        Args:
            record: The trial and its result.
            work: The work of the trial, in trials or, for hyperband, in epochs.
            left: The work that is left, in the same unit; None if it is not known.
        """

    def polled(self) -> None:
        """Take the chance to refresh a display. Called ten times a second, in the main thread."""


# Runs a trial, and returns its score and details for the log. Raises TrialFailed or Cancelled.
RunTrial = Callable[[Proposal], tuple[float, dict[str, Any]]]


class SearchLoop:
    """One search over a space, continued from the end of its log.

    Args:
        space: The dimensions of the search space.
        spec: The tune section in force.
        book: The trials and their log.
        seed: The seed of the experiment.
        most: The largest number of trials; None leaves it to the algorithm.

    Attributes:
        spec: The tune section in force.
        book: The trials and their log.
        stop_flag: Keeps further trials from beginning.
        oracle: The algorithm.

    Raises:
        DataError: When the algorithm proposes other values than the log has.
    """

    def __init__(
        self, space: Sequence[Dimension], spec: TuneSpec, book: Trials, *, seed: int, most: int | None
    ) -> None:
        self.spec, self.book = spec, book
        self.stop_flag = StopFlag()
        self.oracle: LoggedOracle = make_oracle(space, spec, book, self.stop_flag, seed=seed, most=most)
        self.oracle.replay()

    def needed(self) -> set[str]:
        """Return the trials whose checkpoints another trial may continue from."""
        return self.oracle.needed()

    def go(
        self,
        run: RunTrial,
        listener: TrialListener,
        *,
        workers: int,
        scratch: Path,
        cancel: Callable[[], None],
        time_budget_s: float | None = None,
    ) -> str:
        """Search until there is a reason to end, and return the reason.

        An exception in the main thread, such as KeyboardInterrupt, cancels the running trials and is raised again.

        Args:
            run: Runs a trial. It is called in as many threads as there are workers.
            listener: Takes the beginning and the end of each trial.
            workers: The number of threads.
            scratch: A folder for the files that KerasTuner always writes. It is removed before and afterwards.
            cancel: Makes every running call of `run` raise Cancelled.
            time_budget_s: The time after which the search ends, in seconds; None is unlimited.
        """
        deadline = math.inf if time_budget_s is None else time.monotonic() + time_budget_s
        if self.book.failed_in_a_row >= self.spec.max_failed_trials:
            self.book.failed_in_a_row = 0
        # A killed search leaves its files.
        shutil.rmtree(scratch, ignore_errors=True)
        threads = [
            threading.Thread(
                target=self._work, args=(run, listener, f"worker{i}", str(scratch)), name=f"worker{i}"
            )
            for i in range(workers)
        ]
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads):
                time.sleep(POLL_EVERY_S)
                listener.polled()
                if time.monotonic() >= deadline and self.stop_flag.reason is None:
                    self.stop_flag.stop("time budget")
                    cancel()
                if self.oracle.broken is not None:
                    # The trials of the other workers are continued by --resume.
                    cancel()
        except BaseException:
            self.stop_flag.stop("interrupted")
            cancel()
            raise
        finally:
            for thread in threads:
                thread.join()
            shutil.rmtree(scratch, ignore_errors=True)
        if self.oracle.broken is not None:
            raise self.oracle.broken
        return self.stop_flag.reason or "nothing left to try"

    def _work(self, run: RunTrial, listener: TrialListener, name: str, scratch: str) -> None:
        try:
            _Tuner(self, run, listener, name, scratch).search()
        except Cancelled:
            pass
        except Exception as error:  # noqa: BLE001  `go` raises it again in the main thread
            self._broke(error)

    def _broke(self, error: Exception) -> None:
        self.oracle.broken = self.oracle.broken or error
        self.stop_flag.stop("error")


class _Tuner(base_tuner.BaseTuner):
    """The tuner of one worker: it runs each trial that the oracle proposes."""

    def __init__(
        self, search: SearchLoop, run: RunTrial, listener: TrialListener, name: str, scratch: str
    ) -> None:
        super().__init__(oracle=search.oracle, directory=scratch, project_name=name)
        self.tuner_id = name
        self.own, self.run, self.listener = search, run, listener

    def _try_run_and_update_trial(self, trial: Any, *fit_args: Any, **fit_kwargs: Any) -> None:
        # The method that this one replaces prints a traceback for every failed trial.
        try:
            self._run_and_update_trial(trial)
            trial.status = "COMPLETED"
        except keras_tuner.errors.FailedTrialError:
            trial.status = "FAILED"

    def run_trial(self, trial: Any) -> dict[str, float]:
        """Run a trial and return its score. Called by KerasTuner."""
        oracle = self.own.oracle
        proposal = oracle.proposal(trial)
        self.listener.began(proposal)
        began = time.monotonic()
        try:
            score, details = self.run(proposal)
            if not math.isfinite(score):
                raise TrialFailed(f"its score is {score}")
        except TrialFailed as failure:
            oracle.failures[trial.trial_id] = str(failure)
            oracle.details[trial.trial_id] = {"seconds": round(time.monotonic() - began, 3)}
            raise keras_tuner.errors.FailedTrialError(str(failure)) from None
        except Cancelled:
            raise
        except Exception as error:
            self.own._broke(error)
            raise Cancelled(str(error)) from error
        oracle.details[trial.trial_id] = {"seconds": round(time.monotonic() - began, 3), **details}
        return {"score": score}

    def on_trial_end(self, trial: Any) -> None:
        """End a trial in the oracle, and pass it to the listener. Called by KerasTuner."""
        book = self.own.book
        self.oracle.end_trial(trial)
        record, oracle = book.records[trial.trial_id], self.own.oracle
        self.listener.ended(record, work=oracle.work(record.proposal), left=oracle.work_left())
        if book.failed_in_a_row >= self.own.spec.max_failed_trials:
            self.own.stop_flag.stop("max_failed_trials")

    def save(self) -> None:
        """Write nothing: the log replaces the files of KerasTuner."""
