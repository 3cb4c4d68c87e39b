"""Calibration by hand: errors -4 … 4 of a forecast of 0, and the ranks that are to be taken."""

import json
import math

import numpy as np
import pytest

from forecaster.data.transforms.scalers import Scaler
from forecaster.forecasting import calibration as room
from forecaster.forecasting.calibration import (
    Calibration,
    GroupedQuantiles,
    calibrate,
    conformal_quantiles,
    needed,
    shortfall,
)
from forecaster.forecasting.levels import ends, probabilities


def plain(n: int = 1, spread: float = 1.0, method: str = "standard") -> Scaler:
    return Scaler(method, np.zeros((n, 1)), np.full((n, 1), spread), tuple("abcdef"[:n]), 1)


def column(values: object) -> np.ndarray:
    """(windows, 1, 1)."""
    return np.array(values, dtype=float)[:, None, None]


def point(values: object, group: object = 0) -> GroupedQuantiles:
    base = column(values)[..., None]
    return GroupedQuantiles(base, np.broadcast_to(np.asarray(group, dtype=np.int64), (len(base),)))


def learned(
    actual: object, *, forecast: object = None, levels: tuple[int, ...] = (80,), **kw: object
) -> Calibration:
    actual = column(actual)
    base = point(np.zeros(len(actual)) if forecast is None else forecast, kw.pop("group", 0))
    scaler = kw.pop("scaler", plain())
    return calibrate(base, actual, probabilities=probabilities(levels), scaler=scaler, ids=scaler.ids)


def test_ranks_of_the_finite_sample_quantile():
    """Of 9 errors: rank floor(10 x 0.1) = 1 from below, ceil(10 x 0.9) = 9."""
    errors = np.array([3.0, -4, 0, 1, 2, -1, -2, -3, 4])
    assert conformal_quantiles(errors, [0.1, 0.9]) == pytest.approx([-4, 4])
    # Of 19: ranks 2 and 18.
    assert conformal_quantiles(np.arange(19.0), [0.1, 0.9]) == pytest.approx([1, 17])
    assert conformal_quantiles(np.arange(19.0), [0.05, 0.95]) == pytest.approx([0, 18])
    # 25 x 0.56 is 14, and a little more in float64: the fourteenth of 24 errors all the same.
    assert conformal_quantiles(np.arange(24.0), [0.56]) == pytest.approx([13])


def test_rounding_moves_no_rank():
    """The upper end of 16 percent, of 49 errors: 50 x (1 - 0.42) is 29.000000000000004, and rank 29. The lower end of 42 percent, of 99 errors: 100 x 0.29 is 28.999999999999996, and rank 29."""
    assert 50 * ends(16)[1] > 29
    assert conformal_quantiles(np.arange(1.0, 50), ends(16))[1] == 29
    assert 100 * ends(42)[0] < 29
    assert conformal_quantiles(np.arange(1.0, 100), ends(42))[0] == 29


def test_quantiles_are_taken_of_each_column_with_its_own_number_of_errors():
    """Nine errors in the first column, and three, in another order, in the second: ranks 9 and 3 of 90 percent."""
    errors = np.full((9, 2), np.nan)
    errors[:, 0], errors[[8, 0, 4], 1] = np.arange(9.0), [20, 10, 30]
    assert conformal_quantiles(errors, [0.1, 0.9]).tolist() == [[0, 10], [8, 30]]


def test_windows_needed_for_the_outermost_quantile():
    """One error in ten lies above the upper end of 80 percent, so nine windows and the next one; rounding, which
    makes 1 / (1 - 0.8) of 60 percent more than 5, adds none."""
    assert [needed(probabilities([level])) for level in (50, 60, 80, 90, 95)] == [3, 4, 9, 19, 39]
    assert needed(probabilities([80, 95])) == needed(probabilities([95, 80])) == 39
    # One-sided: the tail above 0.9 is the smaller one.
    assert needed([0.5, 0.9]) == needed([0.1, 0.5]) == 9


def test_too_few_errors_give_the_largest_and_none_gives_nothing():
    assert conformal_quantiles(np.array([1.0, 5.0]), [0.025, 0.975]) == pytest.approx([1, 5])
    assert conformal_quantiles(np.array([np.nan, np.nan]), [0.1]) == pytest.approx([0])


def test_what_was_not_observed_does_not_count():
    errors = np.concatenate([np.arange(9.0), [np.nan] * 50])
    assert conformal_quantiles(errors, [0.1, 0.9]) == pytest.approx([0, 8])


def test_the_next_error_is_covered_as_often_as_promised():
    """Exchangeable errors: 80 percent intervals from 39 of them hold 80 % of the next ones, and never less."""
    chance = np.random.default_rng(0)
    errors = chance.standard_t(3, size=(40, 20_000))
    low, high = conformal_quantiles(errors[:39], [0.1, 0.9])
    inside = np.mean((low <= errors[39]) & (errors[39] <= high))
    assert inside == pytest.approx(0.8, abs=0.01)


def test_a_forecast_gets_the_interval_of_its_past_errors():
    """Nine errors of 10 x (-4 … 4) about a forecast of 100."""
    found = learned(100 + 10 * np.arange(-4.0, 5), forecast=[100] * 9)
    assert found.apply(point([200]), ["a"])[0, 0, 0] == pytest.approx([160, 200, 240])


def test_errors_are_pooled_in_units_of_each_series_spread():
    """Series b is ten times as large; its intervals are, too."""
    scaler = Scaler("standard", np.zeros((2, 1)), np.array([[1.0], [10.0]]), ("a", "b"), 1)
    found = learned([*range(-4, 5), *range(-40, 50, 10)], group=[0] * 9 + [1] * 9, scaler=scaler)
    assert found.ids == ()
    low, _, high = found.apply(point([0, 0], [0, 1]), scaler.ids)[:, 0, 0].T
    # 18 errors, each size twice: ranks floor(1.9) = 1 and ceil(17.1) = 18.
    assert low == pytest.approx([-4, -40])
    assert high == pytest.approx([4, 40])


def test_a_series_with_enough_windows_is_calibrated_by_itself():
    """At 80 percent 9 windows are needed, so 90 are enough: a has them, b has not."""
    assert needed(probabilities([80])) == 9
    assert needed(probabilities([80, 95])) == 39
    actual = [*np.linspace(-1, 1, 90), *np.linspace(-50, 50, 89)]
    found = learned(actual, group=[0] * 90 + [1] * 89, scaler=plain(2))
    assert found.ids == ("a",)
    widths = np.ptp(found.apply(point([0, 0, 0], [0, 1, 1]), ("a", "b")), axis=-1)[:, 0, 0]
    assert widths[0] < 2 < widths[1] == widths[2]
    # A series that was not there takes what all have together.
    assert found.apply(point([0]), ("new",))[0, 0, 0] == pytest.approx(
        found.apply(point([0], [1]), ("a", "b"))[0, 0, 0]
    )


def test_logarithms_are_calibrated_as_logarithms():
    """Errors of log(1 + y) by one: the interval of a forecast of 99 is 100 / e - 1 to 100 e - 1."""
    scaler = plain(method="log")
    actual = np.expm1(np.log(10) + np.linspace(-1, 1, 9))
    found = learned(actual, forecast=[9] * 9, scaler=scaler)
    assert found.apply(point([99]), ["a"])[0, 0, 0] == pytest.approx(
        [100 / np.e - 1, 99, 100 * np.e - 1], rel=1e-5
    )


def test_quantiles_are_each_moved_by_their_own_errors():
    """CQR: ends 1 below and above 0, and nine actual values from -4 to 4."""
    base = GroupedQuantiles(np.tile([-1.0, 0.0, 1.0], (9, 1, 1, 1)), np.zeros(9, np.int64))
    found = calibrate(
        base, column(range(-4, 5)), probabilities=probabilities([80]), scaler=plain(), ids=["a"]
    )
    # Errors of the lower end are -3 … 5, of the upper -5 … 3.
    assert found.offsets[0, 0, 0] == pytest.approx([-3, 0, 3])
    one = GroupedQuantiles(np.array([[[[9.0, 10, 12]]]]), np.zeros(1, np.int64))
    assert found.apply(one, ["a"])[0, 0, 0] == pytest.approx([6, 10, 15])


def test_ends_never_cross():
    base = GroupedQuantiles(np.tile([-9.0, 0.0, 9.0], (9, 1, 1, 1)), np.zeros(9, np.int64))
    found = calibrate(
        base, column(range(-4, 5)), probabilities=probabilities([80]), scaler=plain(), ids=["a"]
    )
    # Moved by 5 and -5, ends that lie 2 apart would cross.
    narrow = GroupedQuantiles(np.array([[[[-1.0, 0, 1]]]]), np.zeros(1, np.int64))
    low, _, high = found.apply(narrow, ["a"])[0, 0, 0]
    assert (low, high) == pytest.approx((-4, 4))


def test_steps_that_were_not_calibrated_have_no_interval():
    found = learned(range(-4, 5))
    longer = GroupedQuantiles(np.zeros((1, 3, 1, 1)), np.zeros(1, np.int64))
    out = found.apply(longer, ["a"])[0, :, 0]
    assert out[0] == pytest.approx([-4, 0, 4])
    assert np.isnan(out[1:, [0, 2]]).all()
    assert (out[1:, 1] == 0).all()


def test_comes_back_from_json():
    scaler = plain(2)
    found = learned(np.arange(90.0), group=[0] * 90, scaler=scaler, levels=(50, 80))
    for network in (scaler, plain(1)):
        again = Calibration.from_json(json.loads(json.dumps(found.as_json(network=network))), network=network)
        np.testing.assert_allclose(again.offsets, found.offsets, rtol=1e-8)
        assert (again.ids, again.probabilities, again.n_windows) == (found.ids, found.probabilities, 90)
        assert again.scaler.as_json() == scaler.as_json()


def test_says_where_there_were_too_few_windows():
    assert shortfall(learned(range(9))) is None
    assert shortfall(learned(range(8))) == (
        "the widest intervals need 9 validation windows, and there are 8: they reach only as far as the largest "
        "error, and hold fewer values than their level"
    )


def test_many_series_are_calibrated_together(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(room, "MAX_OFFSETS", 5)
    assert learned(np.arange(180.0), group=[0] * 90 + [1] * 90, scaler=plain(2)).ids == ()


def test_no_window_to_calibrate_with_is_refused():
    with pytest.raises(ValueError, match=r"^calibration needs at least one window$"):
        learned([])


def test_offsets_may_be_as_many_as_allowed(monkeypatch: pytest.MonkeyPatch):
    """Two series of one step, one target and three probabilities: six numbers."""
    monkeypatch.setattr(room, "MAX_OFFSETS", 6)
    assert learned(np.arange(180.0), group=[0] * 90 + [1] * 90, scaler=plain(2)).ids == ("a", "b")


def test_each_series_learns_from_its_own_windows_in_whatever_order():
    """90 errors of -44.5 … 44.5 and of ten times that: ranks 9 and 82 of 91, the tenth part at each end."""
    errors = np.arange(-44.5, 45)
    found = learned(np.stack([errors, 10 * errors], axis=1).ravel(), group=[0, 1] * 90, scaler=plain(2))
    assert found.ids == ("a", "b")
    assert found.offsets[1:, 0, 0].tolist() == [[-36.5, 0, 36.5], [-365, 0, 365]]
    assert found.n_windows == 180
    ends_of_both = found.apply(point([0, 0], [0, 1]), ["a", "b"])[:, 0, 0]
    assert ends_of_both.tolist() == [[-36.5, 0, 36.5], [-365, 0, 365]]
    again = Calibration.from_json(found.as_json(network=found.scaler), network=found.scaler)
    assert again.offsets.tolist() == found.offsets.tolist()


def test_one_window_is_all_there_is_to_learn_from():
    assert learned([5]).offsets[0, 0, 0].tolist() == [5, 0, 5]


def test_one_error_beside_columns_with_more():
    """The second column has a single error, 7, which both ends take; a third has none."""
    errors = np.array([[1.0, 7, np.nan], [2, np.nan, np.nan]])
    assert conformal_quantiles(errors, [0.1, 0.9]).tolist() == [[1, 7, 0], [2, 7, 0]]


def test_one_series_is_calibrated_once():
    """What it would learn by itself is what all windows say."""
    found = learned(np.arange(90.0), group=[0] * 90)
    assert found.ids == ()
    assert found.offsets.shape == (1, 1, 1, 3)


def test_pooled_windows_are_thinned_out_evenly(monkeypatch: pytest.MonkeyPatch):
    """Three of nine windows, 0, 4 and 6: too few for 80 percent, so the least and the largest error."""
    monkeypatch.setattr(room, "MAX_POOLED_WINDOWS", 3)
    found = learned(range(9))
    assert found.offsets[0, 0, 0].tolist() == [0, 0, 6]
    assert found.n_windows == 9


def test_targets_and_steps_have_offsets_of_their_own():
    """Three steps, two targets; errors of nine windows times 1 to 6."""
    actual = np.arange(-4.0, 5)[:, None, None] * np.array([[1.0, 2], [3, 4], [5, 6]])
    base = GroupedQuantiles(np.zeros((9, 3, 2, 1)), np.zeros(9, np.int64))
    scaler = Scaler("standard", np.zeros((1, 2)), np.ones((1, 2)), ("a",), 2)
    found = calibrate(base, actual, probabilities=probabilities([80]), scaler=scaler, ids=["a"])
    assert found.offsets.shape == (1, 3, 2, 3)
    assert found.offsets[0, :, :, 2].tolist() == [[4, 8], [12, 16], [20, 24]]
    one = GroupedQuantiles(np.full((1, 3, 2, 1), 100.0), np.zeros(1, np.int64))
    out = found.apply(one, ["a"])
    assert out.dtype == np.float64
    assert out[0, :, :, 0].tolist() == [[96, 92], [88, 84], [80, 76]]
    assert out[0, :, :, 1].tolist() == [[100, 100]] * 3
    # A shorter forecast is calibrated by the offsets of its own steps.
    short = GroupedQuantiles(np.full((1, 1, 2, 1), 100.0), np.zeros(1, np.int64))
    assert found.apply(short, ["a"])[0, :, :, 2].tolist() == [[104, 108]]


def test_calibration_is_plain_data():
    """Nine digits, and the scaler only where it is not the network's own."""
    network = plain()
    found = learned([1 / 3] * 9, scaler=network)
    assert found.as_json(network=network) == {
        "method": "split_conformal",
        "probabilities": list(probabilities([80])),
        "windows": 9,
        "ids": [],
        "offsets": [[[[0.333333333, 0.0, 0.333333333]]]],
        "scaler": None,
    }
    assert found.as_json(network=plain())["scaler"] == network.as_json()


def test_whole_numbers_in_the_file_are_numbers_like_any_other():
    network = plain()
    state = {**learned(range(9), scaler=network).as_json(network=network), "offsets": [[[[-4, 0, 4]]]]}
    assert Calibration.from_json(state, network=network).offsets.dtype == np.float64


def test_offsets_that_do_not_fit_the_ids_are_refused():
    network = plain()
    state = learned(range(9), scaler=network).as_json(network=network)
    for wrong in ({"ids": ["a"]}, {"offsets": state["offsets"][0]}):
        with pytest.raises(ValueError, match=r"^offsets do not fit the ids of the calibration$"):
            Calibration.from_json({**state, **wrong}, network=network)


def test_shortfall_is_written_with_thousands():
    """A level of 99.95 percent needs 3,999 windows."""
    assert shortfall(learned(range(1200), levels=(99.95,))) == (
        "the widest intervals need 3,999 validation windows, and there are 1,200: they reach only as far as the "
        "largest error, and hold fewer values than their level"
    )


@pytest.mark.parametrize("n", [1, 2, 9, 40, 300])
def test_quantiles_are_errors_of_their_rank_wherever_some_are_missing(n: int) -> None:
    rng = np.random.default_rng(n)
    error = rng.normal(size=(n, 4, 2))
    error[rng.random(error.shape) < 0.2] = np.nan
    probabilities = (0.025, 0.1, 0.9, 0.975)
    found = conformal_quantiles(error, probabilities)
    for step in range(4):
        for target in range(2):
            known = sorted(x for x in error[:, step, target].tolist() if x == x)
            for k, p in enumerate(probabilities):
                rank = (
                    math.ceil((len(known) + 1) * p - 1e-9)
                    if p > 0.5
                    else math.floor((len(known) + 1) * p + 1e-9)
                )
                wanted = known[min(max(rank, 1), len(known)) - 1] if known else 0.0
                assert found[k, step, target] == wanted


def test_a_pool_that_nobody_needs_changes_no_interval() -> None:
    rng = np.random.default_rng(2)
    quantiles, group = rng.normal(size=(1_200, 3, 1, 1)), np.repeat([0, 1], 600)
    scaler = Scaler("none", np.zeros((2, 1)), np.ones((2, 1)), ("a", "b"), 1)
    forecast, actual = GroupedQuantiles(quantiles, group), rng.normal(size=(1_200, 3, 1))

    def calibrated(ids: tuple[str, ...], *, new_series: bool) -> np.ndarray:
        made = calibrate(
            forecast, actual, probabilities=(0.1, 0.5, 0.9), scaler=scaler, ids=ids, new_series=new_series
        )
        return made.apply(forecast, ids)

    assert (calibrated(("a", "b"), new_series=False) == calibrated(("a", "b"), new_series=True)).all()


@pytest.mark.parametrize("stretch", [False, True])
def test_windows_calibrated_a_few_at_a_time_get_the_same_quantiles(
    monkeypatch: pytest.MonkeyPatch, stretch: bool
) -> None:
    rng = np.random.default_rng(0)
    forecast = GroupedQuantiles(rng.normal(size=(40, 3, 2, 1)), np.repeat([0, 1], 20))
    scaler = Scaler("standard", np.zeros((2, 2)), np.ones((2, 2)), ("a", "b"), 2)
    known = calibrate(
        forecast,
        rng.normal(size=(40, 3, 2)),
        probabilities=probabilities((80,)),
        scaler=scaler,
        ids=scaler.ids,
        stretch=stretch,
    )
    whole = known.apply(forecast, scaler.ids)
    # A window has 3 x 2 x 3 numbers: two windows at a time.
    monkeypatch.setattr(room, "NUMBERS_AT_A_TIME", 40)
    assert np.array_equal(known.apply(forecast, scaler.ids), whole)
