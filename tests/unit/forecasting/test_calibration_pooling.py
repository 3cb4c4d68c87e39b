"""Which windows are calibrated together: those of one run, of one series, of all, and of horizons that overlap."""

import numpy as np
import pytest

from forecaster.data.transforms.scalers import Scaler
from forecaster.forecasting import calibration as room
from forecaster.forecasting.calibration import Calibration, GroupedQuantiles, calibrate
from forecaster.forecasting.levels import probabilities
from forecaster.forecasting.stretch import LEAST_FACTOR

LEVEL_80 = probabilities([80])
# The distance of a quantile of 10 or 90 percent from the median of the standard normal distribution.
USUAL = 1.281552


def plain(n: int) -> Scaler:
    """Scales nothing, with a group for each of n series."""
    return Scaler("none", np.zeros((n, 1)), np.ones((n, 1)), tuple("abc"[:n]), 1)


def learned(
    error: np.ndarray, group: np.ndarray, *, stretch: bool = False, new_series: bool | None = None
) -> Calibration:
    """Calibrate forecasts of 0. error: (windows, horizon), of one target."""
    scaler = plain(int(group.max()) + 1)
    given = {} if new_series is None else {"new_series": new_series}
    return calibrate(
        GroupedQuantiles(np.zeros((*error.shape, 1, 1)), group),
        error[..., None],
        probabilities=LEVEL_80,
        scaler=scaler,
        ids=scaler.ids or (),
        stretch=stretch,
        **given,
    )


@pytest.mark.parametrize(
    ("numbers", "runs"),
    [(6, [2, 2, 1]), (8, [2, 2, 1]), (14, [4, 1]), (15, [5]), (3, [1] * 5), (2, [1] * 5)],
)
def test_windows_are_calibrated_as_many_at_a_time_as_numbers_allow(
    monkeypatch: pytest.MonkeyPatch, numbers: int, runs: list[int]
) -> None:
    """A window has three numbers, for which two ends are scaled; one window is the least."""
    known = learned(np.arange(-4.0, 5)[:, None], np.zeros(9, np.int64))
    sizes, scale = list[int](), Scaler.scale_targets

    def watched(self: Scaler, values: np.ndarray, groups: np.ndarray) -> np.ndarray:
        sizes.append(len(values))
        return scale(self, values, groups)

    monkeypatch.setattr(Scaler, "scale_targets", watched)
    monkeypatch.setattr(room, "NUMBERS_AT_A_TIME", numbers)
    base = 10.0 * np.arange(5)
    out = known.apply(GroupedQuantiles(base[:, None, None, None], np.zeros(5, np.int64)), ("a",))
    assert sizes == [size for size in runs for _ in range(2)]
    assert out[:, 0, 0].tolist() == [[b - 4, b, b + 4] for b in base]


def test_all_series_are_pooled_for_new_ones_unless_there_are_none() -> None:
    """90 errors of each of two series, 1 … 90 and 101 … 190: of 91, ranks 9 and 82; of the pool's 181, 18 and 163."""
    errors = np.array([*range(1, 91), *range(101, 191)])[:, None] * 1.0
    group = np.repeat([0, 1], 90)
    for new_series in (None, True, False):
        known = learned(errors, group, new_series=new_series)
        assert known.ids == ("a", "b")
        assert known.offsets[1:, 0, 0].tolist() == [[9, 0, 82], [109, 0, 182]]
        pool = [0, 0, 0] if new_series is False else [18, 0, 173]
        assert known.offsets[0, 0, 0].tolist() == pool


def test_a_series_that_has_too_few_windows_takes_the_pool_though_no_series_is_new() -> None:
    """The errors 1 … 90 of one series, and -100 … -12 of the other, which lacks one window."""
    errors = np.array([*range(1, 91), *range(-100, -11)])[:, None] * 1.0
    known = learned(errors, np.repeat([0, 1], [90, 89]), new_series=False)
    assert known.ids == ("a",)
    # Of 180 ranks 18 and 162: -100 and 17 more, and 162 - 89.
    assert known.offsets[:, 0, 0].tolist() == [[-83, 0, 73], [9, 0, 82]]


def test_ends_are_calibrated_apart_from_ten_horizons_on() -> None:
    """90 windows that follow one another, of ten steps, cover 9.9 horizons, and 91 cover 10; all errors are 1."""
    for n, low in ((90, -1.0), (91, -LEAST_FACTOR * USUAL)):
        known = learned(np.ones((n, 10)), np.zeros(n, np.int64), stretch=True)
        out = known.apply(GroupedQuantiles(np.zeros((1, 10, 1, 1)), np.zeros(1, np.int64)), ("a",))
        # No error lies below the forecast: the lower end gets the least factor where it is on its own.
        assert out[0, :, 0, 0] == pytest.approx(np.full(10, low), abs=1e-6), n
        assert out[0, :, 0, 2] == pytest.approx(np.ones(10), abs=1e-6), n


def test_errors_of_a_window_count_as_one_in_the_pool_and_each_in_a_series_by_itself() -> None:
    """Two series of 90 windows of ten steps; window i of each misses all its steps by i.

    They cover 9.9 horizons, where both ends are calibrated together, and 90 / 9.9 of them overlap. Of a series, ten
    steps have 99 errors apart: the share 0.8 x 100 / 99 of 900 errors is the size 73. Of the pool, three steps and
    four have 19.8 errors a step, and the windows of one size count as one: 0.8 x 20.8 / 19.8, which is 76.
    """
    errors = np.repeat(np.tile(np.arange(1.0, 91), 2)[:, None], 10, axis=1)
    known = learned(errors, np.repeat([0, 1], 90), stretch=True)
    assert known.ids == ("a", "b")
    for row, size in ((0, 76), (1, 73), (2, 73)):
        assert known.offsets[row, :, 0, 2] == pytest.approx(np.full(10, size / USUAL), abs=1e-4)


def test_a_forecast_with_one_end_is_measured_from_its_median() -> None:
    """Ends 2 below a forecast of 10, and 49 windows that do not overlap, each off by 4: twice the distance."""
    quantiles = np.tile([8.0, 10.0], (49, 1, 1, 1))
    forecast = GroupedQuantiles(quantiles, np.zeros(49, np.int64))
    known = calibrate(
        forecast,
        np.full((49, 1, 1), 6.0),
        probabilities=(0.1, 0.5),
        scaler=plain(1),
        ids=("a",),
        stretch=True,
    )
    assert known.offsets[0, 0, 0].tolist() == [2, 1]
    assert known.apply(forecast, ("a",))[0, 0, 0].tolist() == [6, 10]
