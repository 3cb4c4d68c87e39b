import numpy as np
import pytest

from forecaster.forecasting import ridge
from forecaster.forecasting.cutoffs import Cutoffs, last_rows, next_rows
from forecaster.forecasting.ridge import Ridge, fit
from forecaster.model import linear
from forecaster.model.linear import PENALTIES, PENALTY_UNCHOSEN


def every(values, *, first, last, horizon, lookback):
    """Every window of one series whose targets lie in rows first:last."""
    rows = np.arange(max(first, lookback), last - horizon + 1)
    offsets = np.array([0, len(values)])
    return Cutoffs(values, offsets, np.zeros(len(rows), np.int32), rows, horizon)


def noise(rows, targets=1, *, seed=5):
    return np.random.default_rng(seed).normal(size=(rows, targets)).cumsum(axis=0)


def test_one_window_worked_by_hand():
    # x = (-1, 1) about the mean 2, y = 6 - 2 = 4. X'X = [[1, -1], [-1, 1]], X'Y = (-4, 4),
    # mean square 1: (X'X + 0.1 I) w = X'Y gives w = 4/2.1 (-1, 1), so f = 2 + 8/2.1.
    values = np.array([[1.0], [3.0], [6.0]])
    cutoffs = Cutoffs(values, np.array([0, 3]), np.array([0]), np.array([2]), 1)
    fitted = fit(cutoffs, cutoffs.pick(slice(0, 0)), lookback=2, train_std=np.ones((1, 1)))
    assert fitted.penalty == PENALTY_UNCHOSEN == 0.1
    assert fitted.weights[:, 0] == pytest.approx([-4 / 2.1, 4 / 2.1])
    assert fitted.forecast(cutoffs).item() == pytest.approx(2 + 8 / 2.1, rel=1e-6)


def test_weights_are_those_of_scikit_learn():
    from sklearn.linear_model import Ridge as Reference

    values, std = noise(200, 2), np.array([[2.0, 0.5]])
    train = every(values, first=0, last=150, horizon=3, lookback=6)
    val = every(values, first=150, last=200, horizon=3, lookback=6)
    fitted = fit(train, val, lookback=6, train_std=std)

    past = last_rows(train, 6)
    x = (past.centred / std[0]).transpose(0, 2, 1).reshape(-1, 6)
    y = ((next_rows(train) - past.mean[:, None]) / std[0]).transpose(0, 2, 1).reshape(-1, 3)
    penalty = fitted.penalty * np.square(x).sum() / 6
    reference = Reference(alpha=penalty, fit_intercept=False).fit(x, y)
    assert fitted.weights == pytest.approx(reference.coef_.T, rel=1e-8, abs=1e-10)


def test_the_penalty_is_the_best_on_validation():
    values = noise(150)
    train = every(values, first=0, last=80, horizon=4, lookback=20)
    val = every(values, first=80, last=150, horizon=4, lookback=20)
    std = np.ones((1, 1))
    chosen = fit(train, val, lookback=20, train_std=std)
    errors = {}
    for penalty in PENALTIES:
        only = pytest.MonkeyPatch()
        with only.context() as patch:
            patch.setattr(linear, "PENALTIES", (penalty,))
            forecast = fit(train, val, lookback=20, train_std=std).forecast(val)
        errors[penalty] = float(np.square(forecast - next_rows(val)).mean())
    assert chosen.penalty == min(errors, key=errors.__getitem__)
    assert PENALTIES[0] < chosen.penalty < PENALTIES[-1]


def test_a_wave_is_forecast():
    values = np.sin(np.arange(400) * 2 * np.pi / 12)[:, None] * 5 + 100
    train = every(values, first=0, last=300, horizon=12, lookback=24)
    val = every(values, first=300, last=350, horizon=12, lookback=24)
    test = every(values, first=350, last=400, horizon=12, lookback=24)
    fitted = fit(train, val, lookback=24, train_std=np.ones((1, 1)))
    assert np.abs(fitted.forecast(test) - next_rows(test)).max() < 0.01


def two_series(factor):
    values = np.concatenate([noise(80, seed=1), factor * noise(80, seed=2)])
    series = np.repeat(np.array([0, 1]), 60)
    rows = np.concatenate([np.arange(10, 70), np.arange(90, 150)])
    return Cutoffs(values, np.array([0, 80, 160]), series, rows, 5)


def test_a_great_series_does_not_decide_alone():
    none = slice(0, 0)
    small, great = two_series(1.0), two_series(1e6)
    plain = fit(small, small.pick(none), lookback=10, train_std=np.array([[2.0], [3.0]]))
    scaled = fit(great, great.pick(none), lookback=10, train_std=np.array([[2.0], [3e6]]))
    assert scaled.weights == pytest.approx(plain.weights, rel=1e-9)


@pytest.mark.parametrize("std", [0.0, np.nan, np.inf])
def test_a_series_without_a_spread_does_not_teach(std):
    both, none = two_series(1.0), slice(0, 0)
    first = both.pick(both.series == 0)
    alone = fit(first, first.pick(none), lookback=10, train_std=np.ones((2, 1)))
    beside = fit(both, both.pick(none), lookback=10, train_std=np.array([[1.0], [std]]))
    assert beside.weights == pytest.approx(alone.weights, rel=1e-12)


def test_windows_without_a_whole_lookback_do_not_teach():
    values = noise(60)
    rows = np.arange(1, 56)
    short = Cutoffs(values, np.array([0, 60]), np.zeros(len(rows), int), rows, 5)
    whole = short.pick(short.row >= 10)
    std, none = np.ones((1, 1)), slice(0, 0)
    assert np.array_equal(
        fit(short, short.pick(none), lookback=10, train_std=std).weights,
        fit(whole, whole.pick(none), lookback=10, train_std=std).weights,
    )


def test_without_a_window_to_learn_from_the_forecast_is_the_mean():
    values = np.array([[1.0], [2.0], [6.0]])
    cutoffs = Cutoffs(values, np.array([0, 3]), np.array([0]), np.array([3]), 2)
    fitted = fit(cutoffs.pick(slice(0, 0)), cutoffs.pick(slice(0, 0)), lookback=3, train_std=np.ones((1, 1)))
    assert fitted.forecast(cutoffs)[0, :, 0].tolist() == [3.0, 3.0]


def test_absent_rows_of_a_short_history_count_as_its_mean():
    values = np.array([[2.0], [4.0]])
    cutoffs = Cutoffs(values, np.array([0, 2]), np.array([0]), np.array([2]), 1)
    weights = np.array([[100.0], [100.0], [1.0], [2.0]])
    # The mean is 3; of the four lags only -1 and 1 exist: 3 + 1 * (-1) + 2 * 1.
    assert Ridge(weights, 0.1).forecast(cutoffs).item() == 4.0


def test_working_in_parts_changes_nothing(monkeypatch):
    values, std = noise(120, 2), np.ones((1, 2))
    train = every(values, first=0, last=90, horizon=4, lookback=8)
    val = every(values, first=90, last=120, horizon=4, lookback=8)
    whole = fit(train, val, lookback=8, train_std=std).forecast(val)
    monkeypatch.setattr("forecaster.forecasting.cutoffs.ELEMENTS_PER_PART", 100)
    assert fit(train, val, lookback=8, train_std=std).forecast(val) == pytest.approx(whole, rel=1e-6)


@pytest.mark.parametrize(("n", "keep"), [(10, 10), (3, 10), (100, 7), (24 * 50, 50), (1_000_003, 1000)])
def test_thinning_out_keeps_one_window_of_each_stretch(n, keep):
    kept = linear.spread_out(n, keep)
    assert len(kept) == min(n, keep)
    assert len(np.unique(kept)) == len(kept)
    assert (np.floor(kept / max(n / keep, 1)) == np.arange(len(kept))).all()


def test_thinning_out_meets_every_hour_of_the_day():
    assert set(linear.spread_out(24 * 200, 200) % 24) == set(range(24))


def test_no_more_samples_than_the_limit_are_learned_from(monkeypatch):
    values, std = noise(500, 2), np.ones((1, 2))
    train = every(values, first=0, last=500, horizon=1, lookback=3)
    seen = []
    gather = ridge.last_rows
    monkeypatch.setattr(ridge, "last_rows", lambda o, n: seen.append(o.row.size * 2) or gather(o, n))
    monkeypatch.setattr(linear, "MAX_TRAINING_SAMPLES", 100)
    fit(train, train.pick(slice(0, 0)), lookback=3, train_std=std)
    assert sum(seen) == 100
