"""A stretch of rows is an alarm where it is unlike all stretches of its length before, and hardly ever otherwise."""

import math

import numpy as np
import pytest

from forecaster.evaluation.drift import MIN_STRETCHES, Sums, look


def test_sums_are_by_age_and_leave_out_what_is_not_counted() -> None:
    found = Sums.of(np.array([1.0, 2.0, np.nan, 8.0, 5.0]), np.array([0, 0, 0, 2, -1]), 3)
    assert found.total.tolist() == [3.0, 0.0, 8.0]
    assert found.count.tolist() == [2.0, 0.0, 1.0]


def test_a_stretch_is_the_mean_over_its_ages() -> None:
    found = Sums(np.array([3.0, 0.0, 8.0, 4.0]), np.array([2.0, 0.0, 1.0, 1.0]))
    assert found.stretches(2).tolist() == [1.5, 8.0, 6.0]


def test_eight_stretches_begin_within_the_length_of_one() -> None:
    found = Sums(np.arange(64.0), np.ones(64))
    assert found.stretches(16).tolist() == [7.5 + 2 * k for k in range(25)]


def test_the_middle_of_a_stretch_leaves_out_what_a_few_steps_have() -> None:
    found = Sums(np.array([1.0, 2.0, 3.0, 100.0]), np.ones(4))
    assert found.middles(4).tolist() == [2.5]
    assert np.isnan(Sums(np.array([1.0, 0.0]), np.array([1.0, 0.0])).middles(2)).all()


def test_a_stretch_without_values_and_one_that_is_too_long() -> None:
    found = Sums(np.array([3.0, 0.0, 8.0, 4.0]), np.array([2.0, 0.0, 1.0, 1.0]))
    assert math.isnan(found.stretches(1)[1])
    assert not len(found.stretches(5))


def test_a_value_is_held_against_those_on_its_side() -> None:
    """Median 3, s = sqrt((0 + 4 + 4) / 3) above, m = 5: (9 - 3) / (1.633 sqrt(1.2)) = 3.354, 4 degrees of freedom."""
    before = np.array([1.0, 5.0, 1.0, 5.0, 3.0])
    found = look("error", 9.0, before, stretches=5, side="above", least=0.0, limit=0.05)
    assert (found.usual, found.high) == (3.0, 5.0)
    assert found.p == pytest.approx(0.0142, abs=1e-4)
    assert found.alarm
    either = look("bias", 9.0, before, stretches=5, side="either", least=0.0, limit=0.02)
    assert either.p == pytest.approx(0.0285, abs=1e-4)
    assert not either.alarm


def test_what_was_seen_before_is_no_alarm() -> None:
    before = np.array([0.0] * 40 + [9.0])
    found = look("error", 8.0, before, stretches=41, side="above", least=0.0, limit=0.05)
    assert found.p is not None
    assert found.p < 0.05
    assert not found.alarm


def test_a_deviation_to_the_side_that_does_not_count_is_no_alarm() -> None:
    before = np.linspace(0.9, 1.0, 20)
    assert not look("coverage", 3.0, before, stretches=20, side="below", least=0.0, limit=0.05).alarm
    assert look("coverage", 0.2, before, stretches=20, side="below", least=0.0, limit=0.05).alarm


def test_a_difference_too_small_to_matter_is_no_alarm() -> None:
    found = look("coverage", 0.99, np.ones(20), stretches=20, side="below", least=0.02, limit=0.05)
    assert not found.alarm


def test_too_few_stretches_judge_nothing() -> None:
    found = look("error", 9.0, np.ones(50), stretches=MIN_STRETCHES - 1, side="above", least=0.0, limit=0.05)
    assert found.p is None
    assert not found.alarm
    assert found.as_json()["usual"] is None


def noise(n: int, seed: int, *, memory: float) -> np.ndarray:
    """An autoregression of order 1."""
    chance = np.random.default_rng(seed).normal(size=n)
    out = np.zeros(n)
    for i in range(1, n):
        out[i] = memory * out[i - 1] + chance[i]
    return out


def test_false_alarms_are_as_rare_as_said_also_of_values_that_remember() -> None:
    """5 % are asked for, and the largest of the stretches before must be passed as well."""
    alarms = 0
    for seed in range(300):
        values = noise(48 * 31, seed, memory=0.9)
        stretches = Sums(values, np.ones(len(values))).stretches(48)
        newest, before = float(stretches[0]), stretches[48:]
        alarms += look("level", newest, before, stretches=30, side="either", least=0.0, limit=0.05).alarm
    assert alarms <= 0.05 * 300 + 3 * math.sqrt(0.05 * 300)


def test_a_shift_is_found() -> None:
    values = noise(48 * 31, 3, memory=0.5)
    values[:48] += 1.5
    stretches = Sums(values, np.ones(len(values))).stretches(48)
    assert look(
        "level", float(stretches[0]), stretches[48:], stretches=30, side="either", least=0.0, limit=0.001
    ).alarm
