"""The gate: a forecast is worse than another where the test says so, or by more than 1 % where none can be made."""

import numpy as np
import pytest

from forecaster.errors import UsageError
from forecaster.evaluation.comparison import ComparedForecast
from forecaster.evaluation.gate import gate


def made(name: str, error: float, n: int, *, first: int = 0, noise: float = 0.0) -> ComparedForecast:
    """Forecasts of 0 at n cutoffs, one step each, that miss by an error and are measured by a scale of 2."""
    chance = np.random.default_rng(len(name))
    missed = error + noise * chance.normal(size=(n, 1, 1))
    series, scale = np.array(["a"] * n, dtype=object), np.full((n, 1), 2.0)
    return ComparedForecast(
        name, "h", series, np.arange(first, first + n), np.zeros((n, 1, 1)), missed, scale
    )


def test_errors_are_in_units_of_the_scale_on_the_common_windows() -> None:
    found = gate(made("own", 3.0, 30), made("other", 1.0, 30, first=10))
    assert found.errors == (1.5, 0.5)
    assert found.windows == 20


def test_a_difference_that_the_test_calls_real_is_worse() -> None:
    found = gate(made("own", 3.0, 40, noise=0.1), made("other", 2.0, 40, noise=0.1))
    assert found.test.real
    assert found.worse
    assert not gate(made("other", 2.0, 40, noise=0.1), made("own", 3.0, 40, noise=0.1)).worse
    assert found.sentence().startswith("other is better than own by 0.5")


def test_a_difference_that_may_be_chance_is_not_worse() -> None:
    found = gate(made("own", 5.1, 40, noise=2.0), made("other", 5.0, 40, noise=2.0))
    assert found.test.p is not None
    assert not found.test.real
    assert not found.worse


@pytest.mark.parametrize(("error", "worse"), [(1.02, True), (1.009, False), (0.5, False)])
def test_without_a_test_an_error_may_be_one_percent_above(error: float, worse: bool) -> None:
    found = gate(made("own", error, 3), made("other", 1.0, 3))
    assert found.test.p is None
    assert found.worse is worse
    above = "more" if worse else "not more"
    assert f"the error of own is {above} than 1% above: " in found.sentence()


def test_a_forecast_that_is_no_number_is_worse_than_any() -> None:
    found = gate(made("own", np.nan, 20), made("other", 1.0, 20))
    assert found.worse
    assert not gate(made("other", 1.0, 20), made("own", np.nan, 20)).worse


def test_enormous_errors_do_not_hide_behind_their_own_spread() -> None:
    """One window in 40 misses by 10^9, which a test of means cannot tell from chance."""
    own, other = made("own", 1.0, 40, noise=0.1), made("other", 1.0, 40, noise=0.1)
    own.forecast[17] = 1e9
    found = gate(own, other)
    assert found.test.p is not None
    assert not found.test.real
    assert found.worse
    assert "cannot be told apart" in found.sentence()
    assert ", but the error of own is more than 2 times as large: " in found.sentence()
    assert not gate(other, own).worse


def test_forecasts_without_a_common_window_cannot_be_compared() -> None:
    with pytest.raises(UsageError, match="no test window in common"):
        gate(made("own", 1.0, 5), made("other", 1.0, 5, first=50))
