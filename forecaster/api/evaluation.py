"""The scores of a run on one split or on new rows, as Python programs use them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecaster.api.frames import DEFAULT_KIND, has_native_times, to_kind
from forecaster.arguments import wrong_type
from forecaster.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from forecaster.evaluation.significance import Comparison
    from forecaster.pipeline.evaluate import Evaluated


@dataclass(frozen=True)
class Evaluation:
    """The forecasts and scores of a run, computed again by `Run.evaluate`.

    Attributes:
        name: The name of the run in messages: its directory.
        evaluated: The forecasts and scores as arrays, for further computation.
    """

    name: str
    evaluated: Evaluated
    _kind: str = DEFAULT_KIND
    _like: pa.Schema | None = None

    @property
    def split(self) -> str:
        """The split that was scored: "test" or "val". New rows count as "test"."""
        return self.evaluated.split

    @property
    def scores(self) -> dict[str, Any]:
        """The score table, as in metrics.json: the number of windows, and scores and intervals by forecaster."""
        return dict(self.evaluated.scores)

    @property
    def verdict(self) -> list[str]:
        """Whether the model is better than its baselines, in sentences; the first is about the best baseline."""
        from forecaster.evaluation.verdict_sentences import evaluation_verdict

        return evaluation_verdict(self.scores, self.split)

    @property
    def notes(self) -> list[str]:
        """Remarks about the forecasts, in plain sentences."""
        return self.evaluated.notes

    @property
    def forecasts(self) -> Any:
        """A table with a row for each window, target and step: cutoff, forecast, intervals and actual value.

        Its library is that of the table that was passed to `Run.evaluate`, or pandas.
        """
        native = has_native_times(self._like, self.evaluated.opened.spec.data.time)
        return to_kind(self.evaluated.table(native_times=native), self._kind, self._like)

    def comparisons(self) -> list[tuple[str, str, Comparison]]:
        """Test the model against each baseline for equal accuracy (Diebold and Mariano, 1995).

        Returns:
            The names of the two forecasters and the test of the first against the second, for each baseline.
        """
        return compare([self])

    def worse_than(self, rival: str | Evaluation) -> str | None:
        """Return a sentence if the model is worse than a baseline or than another run, else None.

        The error is MASE, or MAE where MASE cannot be computed for both. Against a baseline the numbers are compared
        as they are, whether or not the difference may be chance; where there are none, the sentence says so. Against
        another run the windows that both have are compared, and the model is worse where the test of Diebold and
        Mariano says so or, with too few windows for a test, where its error is more than 1 % above.

        Args:
            rival: A baseline of the config, or one that was named in `also`; or the evaluation of another run, on
                the same rows.

        Raises:
            UsageError: When there is no such baseline or it was not scored; or when the runs have no window in common,
                or other horizons, steps or targets.
        """
        if isinstance(rival, str):
            return self.evaluated.worse_than(rival, self.name)
        if not isinstance(rival, Evaluation):
            raise wrong_type("rival", rival, "the name of a baseline or an Evaluation")
        found = self.evaluated.against(rival.evaluated, name=self.name, rival=rival.name)
        return found.sentence() if found.worse else None


def compare(evaluations: Sequence[Evaluation]) -> list[tuple[str, str, Comparison]]:
    """Test whether forecasts differ by more than chance (Diebold and Mariano, 1995).

    Args:
        evaluations: The evaluations to compare. A single one is compared with its baselines. Of several, the
            best is compared with each of the others, on the windows that all have in common.

    Returns:
        The names of the two forecasters and the test of the first against the second, for each pair.

    Raises:
        UsageError: When there is no evaluation, or the runs have no window in common.
    """
    if not isinstance(evaluations, list | tuple) or not all(isinstance(e, Evaluation) for e in evaluations):
        raise wrong_type("evaluations", evaluations, "a list of what Run.evaluate returns")
    if not evaluations:
        raise UsageError("evaluations: there are none", hint="pass what Run.evaluate returns, in a list")
    from forecaster.pipeline.evaluate import compare_runs

    return compare_runs([(e.name, e.evaluated) for e in evaluations])
