"""The gate: whether one forecast is worse than another by more than chance, on the same windows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from forecaster.evaluation.comparison import ComparedForecast, common, compare
from forecaster.evaluation.significance import Comparison, window_losses
from forecaster.evaluation.verdict_sentences import against, comparison_sentence

# Where no test can be made, the share by which an error may lie above the other.
MARGIN = 0.01
# How many times the other an error may be whatever the test says: a few enormous errors spread so far that the test
# finds nothing.
MOST_TIMES = 2.0


@dataclass(frozen=True)
class Gate:
    """One forecast against another on the windows that both have.

    Attributes:
        first: The name of the forecast that is judged.
        second: The name of the one that it is held against.
        errors: Their mean absolute errors, in units of MASE.
        windows: The number of windows.
        test: The test of the first against the second.
    """

    first: str
    second: str
    errors: tuple[float, float]
    windows: int
    test: Comparison

    @property
    def worse(self) -> bool:
        """Whether the first is worse: by the test or, where none can be made, by more than MARGIN.

        An error that is not a number, or more than MOST_TIMES the other, is worse without a test.
        """
        own, other = self.errors
        if math.isnan(own) or math.isnan(other):
            return math.isnan(own) and not math.isnan(other)
        if self.test.p is None:
            return own > other * (1.0 + MARGIN)
        return own > MOST_TIMES * other or (self.test.real and self.test.difference > 0)

    def sentence(self) -> str:
        """Return what the gate says, as a sentence without its full stop."""
        numbers = f"{against(*self.errors)} MASE on {self.windows:,} windows"
        tested = comparison_sentence(self.first, self.second, self.test).removesuffix(".")
        if self.test.p is not None and self.worse and not self.test.real:
            return f"{tested}, but the error of {self.first} is more than {MOST_TIMES:g} times as large: {numbers}"
        if self.test.p is not None:
            return f"{tested}: {numbers}"
        side = "more" if self.worse else "not more"
        return f"{tested}, and the error of {self.first} is {side} than {MARGIN:.0%} above: {numbers}"


def gate(first: ComparedForecast, second: ComparedForecast) -> Gate:
    """Hold one forecast against another, on the windows that both have.

    Args:
        first: The forecast that is judged.
        second: The one that it is held against.

    Raises:
        UsageError: When they have no window in common, or windows of different shape.
    """
    own, other = common([first, second])
    # Both are measured by one scale, whatever table each was trained on.
    other = ComparedForecast(
        other.name, other.freq, other.series, other.position, own.actual, other.forecast, own.scale
    )
    errors = (_error(own), _error(other))
    return Gate(own.name, other.name, errors, len(own.series), compare(own, other))


def _error(forecast: ComparedForecast) -> float:
    """Return the mean absolute error in units of MASE; NaN where nothing can be counted or a forecast is missing."""
    losses = window_losses(forecast.actual, forecast.forecast, forecast.scale)
    counted = int(losses.count.sum())
    return float(np.sum(losses.total)) / counted if counted else math.nan
