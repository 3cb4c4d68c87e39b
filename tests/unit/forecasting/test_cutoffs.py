import numpy as np
import pytest

from forecaster.forecasting import cutoffs as module
from forecaster.forecasting.cutoffs import Cutoffs, last_rows, next_rows


def cutoffs(*, series, row, horizon=2):
    """Series 0 is 1 2 3 4, series 1 is 10 20 30; a second target is ten times the first."""
    values = np.array([1.0, 2, 3, 4, 10, 20, 30])[:, None] * [1.0, 10.0]
    return Cutoffs(values, np.array([0, 4, 7]), np.array(series, np.int32), np.array(row), horizon)


def test_the_last_rows_are_centred_on_their_mean():
    past = last_rows(cutoffs(series=[0], row=[3]), 2)
    assert past.mean.tolist() == [[2.5, 25.0]]
    assert past.centred.tolist() == [[[-0.5, -5.0], [0.5, 5.0]]]


def test_rows_that_do_not_exist_count_as_the_mean_of_those_that_do():
    past = last_rows(cutoffs(series=[0, 1], row=[4, 6]), 3)
    assert past.mean[:, 0].tolist() == [3.0, 15.0]
    assert past.centred[:, :, 0].tolist() == [[-1.0, 0.0, 1.0], [0.0, -5.0, 5.0]]


def test_the_lookback_may_be_longer_than_the_table():
    past = last_rows(cutoffs(series=[1], row=[7]), 100)
    assert past.mean[0, 0] == 20.0
    assert past.centred[0, :, 0].tolist() == [0.0] * 97 + [-10.0, 0.0, 10.0]


def test_the_next_rows_begin_after_the_cutoff():
    assert next_rows(cutoffs(series=[1], row=[5])).tolist() == [[[20.0, 200.0], [30.0, 300.0]]]


def test_parts_cover_every_window_in_order(monkeypatch):
    whole = cutoffs(series=[0, 0, 1, 1, 1], row=[1, 2, 5, 6, 7])
    monkeypatch.setattr(module, "ELEMENTS_PER_PART", 12)
    parts = list(whole.parts(3))
    assert [run for run, _ in parts] == [slice(0, 2), slice(2, 4), slice(4, 6)]
    assert np.concatenate([part.row for _, part in parts]).tolist() == [1, 2, 5, 6, 7]


@pytest.mark.parametrize(("series", "row"), [(0, 0), (1, 4), (1, 3)])
def test_a_window_without_history_is_refused(series, row):
    with pytest.raises(ValueError, match=r"^every window needs at least one row of its series before it$"):
        cutoffs(series=[series], row=[row])


def test_a_window_beyond_its_series_is_refused():
    with pytest.raises(ValueError, match=r"^a window starts beyond the end of its series$"):
        cutoffs(series=[0], row=[5])
