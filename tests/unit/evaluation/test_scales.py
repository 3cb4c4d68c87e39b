import math

import numpy as np
import pytest

from forecaster.evaluation import scales
from forecaster.evaluation.scales import in_sample_scales

NAN = math.nan


def of(*series, train, season=1):
    """The scales of one-target series given as lists."""
    values = np.array([v for s in series for v in s], float)[:, None]
    offsets = np.cumsum([0, *map(len, series)])
    return in_sample_scales(values, offsets, np.array(train), seasonality=season)


def test_standard_deviation_is_the_populations():
    assert of([2, 4, 4, 4, 5, 5, 7, 9], train=[8]).train_std.item() == pytest.approx(2.0)


def test_naive_error_is_the_mean_absolute_change():
    found = of([1, 2, 4, 8], train=[4])
    assert found.naive_error.item() == pytest.approx(7 / 3)  # 1, 2, 4
    assert found.naive_sq_error.item() == pytest.approx(7.0)  # 1, 4, 16


def test_seasonal_naive_error_looks_a_season_back():
    found = of([1, 10, 3, 14, 6], train=[5], season=2)
    assert found.naive_error.item() == pytest.approx(3.0)  # 2, 4, 3
    assert found.naive_sq_error.item() == pytest.approx(29 / 3)


def test_rows_after_training_change_nothing():
    short, long = of([1, 2, 4], train=[3]), of([1, 2, 4, 1e9], train=[3])
    assert [a.tolist() for a in short] == [a.tolist() for a in long]


def test_no_pair_reaches_into_another_series():
    found = of([0, 1], [100, 103], train=[2, 2])
    assert found.naive_error[:, 0].tolist() == [1.0, 3.0]
    assert found.train_std[:, 0].tolist() == [0.5, 1.5]


def test_a_pair_counts_when_both_rows_are_observed():
    found = of([1, NAN, 4, 9], train=[4])
    assert found.naive_error.item() == 5.0  # 4 -> 9 alone
    assert found.train_std.item() == pytest.approx(math.sqrt(98 / 9))  # of 1, 4, 9


def test_targets_are_apart():
    values = np.array([[0.0, 5.0], [2.0, NAN], [4.0, 11.0]])
    found = in_sample_scales(values, np.array([0, 3]), np.array([3]), seasonality=2)
    assert found.naive_error.tolist() == [[4.0, 6.0]]
    assert found.train_std.tolist() == [[pytest.approx(math.sqrt(8 / 3)), 3.0]]


@pytest.mark.parametrize("level", [0.0, 0.1, -1 / 3, 1e9 + 0.1])
def test_a_constant_series_has_scale_0_exactly(level):
    found = of([level] * 10_007, train=[10_007], season=7)
    assert [scale.item() for scale in found] == [0.0, 0.0, 0.0]


def test_a_series_no_longer_than_a_season_has_no_naive_error():
    found = of([1, 2, 3], train=[3], season=3)
    assert math.isnan(found.naive_error.item())
    assert math.isnan(found.naive_sq_error.item())
    assert found.train_std.item() == pytest.approx(math.sqrt(2 / 3))


def test_series_without_training_rows_have_no_scale():
    found = of([], [1, 2], [5, 6], [], train=[0, 0, 2, 0])
    assert np.isnan(found.train_std[:, 0]).tolist() == [True, True, False, True]
    assert found.train_std[2, 0] == 0.5


def test_a_great_level_loses_no_spread():
    found = of([1e9, 1e9 + 1, 1e9, 1e9 + 1], train=[4])
    assert found.train_std.item() == pytest.approx(0.5, rel=1e-9)


@pytest.mark.parametrize("block", [1, 3, 8, 1000])
def test_blocks_change_nothing(monkeypatch, block):
    chance = np.random.default_rng(3)
    lengths = [5, 0, 1, 12, 3, 0, 20]
    values = chance.normal(size=(sum(lengths), 2))
    values[chance.random(values.shape) < 0.2] = np.nan
    offsets, train = np.cumsum([0, *lengths]), np.array([4, 0, 1, 9, 3, 0, 20])
    monkeypatch.setattr(scales, "ELEMENTS_PER_BLOCK", 2 * block)
    found = in_sample_scales(values, offsets, train, seasonality=2)
    for s in range(len(lengths)):
        rows = values[offsets[s] : offsets[s] + train[s]]
        for target in range(2):
            seen = rows[:, target][~np.isnan(rows[:, target])]
            change = rows[2:, target] - rows[:-2, target]
            change = change[~np.isnan(change)]
            expected = (
                seen.std() if len(seen) else NAN,
                np.abs(change).mean() if len(change) else NAN,
                np.square(change).mean() if len(change) else NAN,
            )
            assert [scale[s, target] for scale in found] == pytest.approx(
                expected, rel=1e-12, abs=0, nan_ok=True
            )


# The distance from 1e9 to the next number of float64, 2^-23.
ULP = 2.0**-23


def test_the_spread_of_many_rows_at_a_great_level_is_no_rounding():
    """Rounding grows with the level and not with the number of rows."""
    found = of([1e9, 1e9 + 1] * 500, train=[1000])
    assert found.train_std.item() == pytest.approx(0.5)
    assert found.naive_error.item() == 1.0


def test_values_that_differ_by_rounding_have_no_scale():
    """By one unit in the last place of 1e9, where eight epsilons are about 15 of them."""
    found = of([1e9, 1e9 + ULP] * 2, train=[4])
    assert [scale.item() for scale in found] == [0.0, 0.0, 0.0]


def test_a_change_as_large_as_the_rounding_of_the_values_is_none():
    """By 2^-49, eight epsilons of a mean of exactly 1; twice that is a change."""
    half = 2.0**-50
    assert of([1 - half, 1 + half], train=[2]).naive_error.item() == 0.0
    assert of([1 - 2 * half, 1 + 2 * half], train=[2]).naive_error.item() == 4 * half


def test_squares_are_measured_against_the_square_of_rounding():
    """Changes of 84 units are 1e-5; their square, 1e-10, is far less than the rounding of the values, 1.8e-6."""
    found = of([1e9, 1e9 + 84 * ULP] * 2, train=[4])
    assert found.naive_error.item() == 84 * ULP
    assert found.naive_sq_error.item() == pytest.approx((84 * ULP) ** 2)


def test_rounding_of_the_mean_is_taken_back():
    """0, 0 and 50 units above 1e9: the mean is 16 2/3 above, which is not a number of float64; variance 5000 / 9."""
    found = of([1e9, 1e9, 1e9 + 50 * ULP], train=[3])
    assert found.train_std.item() == pytest.approx(math.sqrt(5000 / 9) * ULP, rel=1e-9)
