"""A search: KerasTuner's `search` proposes, engines run, the log remembers."""

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
from forecaster.search.oracles import LoggedOracle, StopFlag, make_oracle
from forecaster.search.trials import Proposal, Record, Trials

LOOK_EVERY_S = 0.1


class TrialFailed(Exception):  # noqa: N818  a trial's end, not an error of the search
    """One trial failed; the search goes on. The text is the reason."""


class Cancelled(keras_tuner.errors.FatalError):
    """The search is being stopped: this trial has no end, and is run again on --resume."""


class TrialListener(Protocol):
    """What a search tells whoever watches."""

    def began(self, proposal: Proposal) -> None: ...

    def ended(self, record: Record, *, work: float, left: float | None) -> None:
        """work: what the trial took of the search, in epochs or trials; left: what is to come, if known."""

    def looked(self) -> None:
        """Ten times a second."""


# Returns the score and details for the log. Raises TrialFailed or Cancelled.
RunTrial = Callable[[Proposal], tuple[float, dict[str, Any]]]


class SearchLoop:
    """One search over a space, from wherever its log ends.

    run: called in as many threads as there are workers. Raises DataError when the log is of
    another algorithm.
    """

    def __init__(
        self, space: Sequence[Dimension], spec: TuneSpec, book: Trials, *, seed: int, most: int | None
    ) -> None:
        self.spec, self.book = spec, book
        self.stop_flag = StopFlag()
        self.oracle: LoggedOracle = make_oracle(space, spec, book, self.stop_flag, seed=seed, most=most)
        self.oracle.replay()

    def needed(self) -> set[str]:
        """Trials whose checkpoints another trial may go on from."""
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
        """Search until something ends it. Returns what did.

        scratch: a folder for what KerasTuner insists on writing; emptied first, gone afterwards.
        cancel: makes every `run` that is under way raise Cancelled. A signal in the main
        thread cancels, waits and goes on up.
        """
        deadline = math.inf if time_budget_s is None else time.monotonic() + time_budget_s
        if self.book.failed_in_a_row >= self.spec.max_failed_trials:
            self.book.failed_in_a_row = 0
        # What a kill left there.
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
                time.sleep(LOOK_EVERY_S)
                listener.looked()
                if time.monotonic() >= deadline and self.stop_flag.reason is None:
                    self.stop_flag.stop("time budget")
                    cancel()
                if self.oracle.broken is not None:
                    # The trials of the other workers are gone on with by --resume.
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
    """One worker's side of KerasTuner's loop."""

    def __init__(
        self, search: SearchLoop, run: RunTrial, listener: TrialListener, name: str, scratch: str
    ) -> None:
        super().__init__(oracle=search.oracle, directory=scratch, project_name=name)
        self.tuner_id = name
        self.own, self.run, self.listener = search, run, listener

    def _try_run_and_update_trial(self, trial: Any, *fit_args: Any, **fit_kwargs: Any) -> None:
        # KerasTuner's own prints a traceback for every trial that fails.
        try:
            self._run_and_update_trial(trial)
            trial.status = "COMPLETED"
        except keras_tuner.errors.FailedTrialError:
            trial.status = "FAILED"

    def run_trial(self, trial: Any) -> dict[str, float]:
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
        book = self.own.book
        self.oracle.end_trial(trial)
        record, oracle = book.records[trial.trial_id], self.own.oracle
        self.listener.ended(record, work=oracle.work(record.proposal), left=oracle.work_left())
        if book.failed_in_a_row >= self.own.spec.max_failed_trials:
            self.own.stop_flag.stop("max_failed_trials")

    def save(self) -> None:
        """KerasTuner's own files are never the truth."""
