from dataclasses import replace

import numpy as np
import pytest

from forecaster.data.spec import WindowSpec
from forecaster.data.transforms.split import SplitBounds
from forecaster.data.transforms.windows import Windows, WindowSource, cut_windows


def column(*lengths: int) -> WindowSource:
    """Series of one target whose values are the flat row numbers."""
    n = sum(lengths)
    return WindowSource(
        values=np.arange(n, dtype=np.float32)[:, None], offsets=np.append(0, np.cumsum(lengths)), n_targets=1
    )


def split_bounds(*each: tuple[int, int, int]) -> SplitBounds:
    train_end, val_end, length = (np.array(part, dtype=np.int64) for part in zip(*each, strict=True))
    return SplitBounds(train_end, val_end, length)


def cut(source: WindowSource, where: SplitBounds, split: str, **sizes: int) -> Windows:
    return cut_windows(source, where, split, WindowSpec(**sizes))  # type: ignore[arg-type]


def pasts(w: Windows) -> list[list[float]]:
    return w.inputs(np.arange(len(w)))["past"][:, :, 0].tolist()


def futures(w: Windows) -> list[list[float]]:
    return w.targets(np.arange(len(w)))[:, :, 0].tolist()


def test_every_window_of_five_rows() -> None:
    w = cut(column(5), split_bounds((5, 5, 5)), "train", lookback=2, horizon=1)
    assert pasts(w) == [[0, 1], [1, 2], [2, 3]]
    assert futures(w) == [[2], [3], [4]]


def test_last_window_ends_on_last_row() -> None:
    for stride in (1, 2, 3, 7):
        w = cut(column(20), split_bounds((20, 20, 20)), "train", lookback=4, horizon=3, stride=stride)
        assert futures(w)[-1] == [17, 18, 19]


def test_targets_never_cross_a_split_and_lookback_may() -> None:
    """Twenty rows, 12 train, 4 validate, 4 test; lookback 3, horizon 2."""
    source, where = column(20), split_bounds((12, 16, 20))
    assert futures(cut(source, where, "train", lookback=3, horizon=2)) == [[i, i + 1] for i in range(3, 11)]
    val = cut(source, where, "val", lookback=3, horizon=2)
    assert futures(val) == [[12, 13], [13, 14], [14, 15]]
    assert pasts(val)[0] == [9, 10, 11]
    test = cut(source, where, "test", lookback=3, horizon=2)
    assert futures(test) == [[16, 17], [17, 18], [18, 19]]


@pytest.mark.parametrize(
    ("length", "lookback", "horizon", "stride", "n"),
    [
        (10, 3, 2, 1, 6),  # 10 - 3 - 2 + 1
        (10, 3, 2, 2, 3),
        (10, 3, 2, 5, 2),
        (10, 3, 2, 6, 1),
        (5, 3, 2, 1, 1),
        (4, 3, 2, 1, 0),
        (1, 3, 2, 4, 0),
        (1, 1, 1, 1, 0),
        (2, 1, 1, 1, 1),
    ],
)
def test_counts(length: int, lookback: int, horizon: int, stride: int, n: int) -> None:
    where = split_bounds((length, length, length))
    w = cut(column(length), where, "train", lookback=lookback, horizon=horizon, stride=stride)
    assert len(w) == n


def test_stride_counts_from_the_end() -> None:
    """Of ten rows with lookback 3 and horizon 2, first targets at 8, 5: row 2 has no lookback."""
    w = cut(column(10), split_bounds((10, 10, 10)), "train", lookback=3, horizon=2, stride=3)
    assert w.target_row.tolist() == [5, 8]


def test_no_window_crosses_into_another_series() -> None:
    source, where = column(6, 4, 7), split_bounds((6, 6, 6), (4, 4, 4), (7, 7, 7))
    w = cut(source, where, "train", lookback=3, horizon=2)
    assert w.series.tolist() == [0, 0, 2, 2, 2]
    assert w.start.tolist() == [0, 1, 10, 11, 12]
    for s, past, future in zip(w.series, pasts(w), futures(w), strict=True):
        assert {*past, *future} <= set(range(source.offsets[s], source.offsets[s + 1]))


def test_first_validation_window_of_a_short_series_waits_for_its_lookback() -> None:
    w = cut(column(8), split_bounds((2, 6, 8)), "val", lookback=4, horizon=1)
    assert futures(w) == [[4], [5]]


def test_targets_first_then_past_then_what_is_known_ahead() -> None:
    """Columns: target 0-4, past covariate 10-14, future covariate 20-24; static 7."""
    values = np.stack([np.arange(5), np.arange(5) + 10, np.arange(5) + 20], axis=1).astype(np.float32)
    source = WindowSource(
        values, np.array([0, 5]), n_targets=1, n_past=1, static=np.array([[7.0]], dtype=np.float32)
    )
    w = cut(source, split_bounds((5, 5, 5)), "train", lookback=2, horizon=2)
    batch = w.inputs(np.array([1]))
    assert batch["past"].tolist() == [[[1, 11, 21], [2, 12, 22]]]
    assert batch["future"].tolist() == [[[23], [24]]]
    assert batch["static"].tolist() == [[7]]
    assert w.targets(np.array([1])).tolist() == [[[3], [4]]]


def test_calendar_follows_the_other_columns_at_each_series_own_place() -> None:
    """The time axis has places 0-8; the series begin at places 0 and 3."""
    values = np.array([[0, 50], [1, 51], [2, 52], [10, 60], [11, 61], [12, 62]], dtype=np.float32)
    source = WindowSource(
        values,
        np.array([0, 3, 6]),
        n_targets=1,
        calendar=(np.arange(9, dtype=np.float32) / 10)[:, None],
        position=np.array([0, 3]),
    )
    assert source.n_ahead == 2
    w = cut(source, split_bounds((3, 3, 3), (3, 3, 3)), "train", lookback=2, horizon=1)
    batch = w.inputs(np.array([0, 1]))
    np.testing.assert_allclose(batch["past"][0], [[0, 50, 0.0], [1, 51, 0.1]])
    np.testing.assert_allclose(batch["past"][1], [[10, 60, 0.3], [11, 61, 0.4]])
    np.testing.assert_allclose(batch["future"], [[[52, 0.2]], [[62, 0.5]]])


def test_window_at_the_end_of_the_table_has_inputs_and_calendar_but_no_targets() -> None:
    source = WindowSource(
        np.array([[1], [2]], dtype=np.float32),
        np.array([0, 2]),
        n_targets=1,
        calendar=np.arange(4, dtype=np.float32)[:, None],
        position=np.array([0]),
    )
    batch = Windows(source, 2, 2, np.array([0], np.int32), np.array([0])).inputs(np.array([0]))
    assert batch["past"].tolist() == [[[1, 0], [2, 1]]]
    assert batch["future"].tolist() == [[[2], [3]]]


def test_target_that_was_not_observed_is_nan_and_the_input_is_not() -> None:
    source = column(5)
    observed = np.array([True, True, True, False, True])[:, None]
    source = WindowSource(source.values, source.offsets, 1, observed=observed)
    w = cut(source, split_bounds((5, 5, 5)), "train", lookback=2, horizon=2)
    np.testing.assert_array_equal(futures(w), [[2, np.nan], [np.nan, 4]])
    assert pasts(w) == [[0, 1], [1, 2]]


def test_future_values_of_targets_and_past_covariates_are_not_inputs() -> None:
    values = np.array([[1, 5, 9]] * 2 + [[np.nan, np.nan, 9]], dtype=np.float32)
    source = WindowSource(values, np.array([0, 3]), n_targets=1, n_past=1)
    batch = cut(source, split_bounds((3, 3, 3)), "train", lookback=2, horizon=1).inputs(np.array([0]))
    assert all(np.isfinite(part).all() for part in batch.values())


def test_taken_windows_are_those_asked_for() -> None:
    w = cut(column(6), split_bounds((6, 6, 6)), "train", lookback=2, horizon=1).take(np.array([3, 0]))
    assert futures(w) == [[5], [2]]
    assert w.inputs(np.array([0, 1]))["past"][:, :, 0].tolist() == [[3, 4], [0, 1]]


def test_taken_windows_keep_their_series() -> None:
    w = cut(column(3, 3), split_bounds((3, 3, 3), (3, 3, 3)), "train", lookback=2, horizon=1)
    assert w.series.tolist() == [0, 1]
    assert w.take(np.array([1])).series.tolist() == [1]


def test_rows_are_numbered_by_64_bits_and_series_by_32() -> None:
    """A table of more than 2^31 rows has no more than 2^31 series; a network takes float32."""
    source, where = column(6, 4), split_bounds((6, 6, 6), (4, 4, 4))
    window = WindowSpec(lookback=3, horizon=1, short="pad")
    few = np.array([0, 1], dtype=np.int64)
    for w in (
        cut_windows(source, where, "train", window),
        cut_windows(source, where, "train", window, few=lambda n: few.copy()),
    ):
        assert (w.series.dtype, w.start.dtype) == (np.int32, np.int64)
        batch = w.inputs(np.array([0, 1]))
        assert (batch["past"].dtype, batch["mask"].dtype) == (np.float32, np.float32)


def padded() -> Windows:
    """Lookback 4, horizon 1; the second series has only rows 6, 7 and 8, the first needs no padding."""
    window = WindowSpec(lookback=4, horizon=1, short="pad")
    return cut_windows(column(6, 3), split_bounds((6, 6, 6), (3, 3, 3)), "train", window)


def test_absent_steps_repeat_the_first_row_and_are_masked() -> None:
    w = padded()
    assert w.series.tolist() == [0, 0, 1, 1]
    assert w.start.tolist() == [0, 1, 3, 4]
    assert futures(w) == [[4], [5], [7], [8]]
    assert pasts(w) == [[0, 1, 2, 3], [1, 2, 3, 4], [6, 6, 6, 6], [6, 6, 6, 7]]
    mask = w.inputs(np.arange(4))["mask"]
    assert mask.tolist() == [[1, 1, 1, 1], [1, 1, 1, 1], [0, 0, 0, 1], [0, 0, 1, 1]]


@pytest.mark.parametrize(
    "w", [padded(), cut(column(9), split_bounds((9, 9, 9)), "train", lookback=3, horizon=2)]
)
def test_targets_of_the_lookback_alone_are_those_of_the_inputs(w: Windows) -> None:
    wide = np.c_[w.source.values, -w.source.values]
    w = replace(w, source=replace(w.source, values=wide))
    everything = np.arange(len(w))
    past, mask = w.past_targets(everything)
    inputs = w.inputs(everything)
    np.testing.assert_array_equal(past, inputs["past"][:, :, :1])
    assert (mask is None) is ("mask" not in inputs)
    if mask is not None:
        np.testing.assert_array_equal(mask, inputs["mask"])


def test_windows_that_are_not_padded_have_no_mask() -> None:
    w = cut(column(5), split_bounds((5, 5, 5)), "train", lookback=2, horizon=1)
    assert set(w.inputs(np.array([0]))) == {"past"}


def test_series_with_one_whole_window_to_train_on_is_not_padded() -> None:
    """Lookback 4 and horizon 1 are five rows: with five there is one window, and with four it is padded."""
    window = WindowSpec(lookback=4, horizon=1, short="pad")
    w = cut_windows(column(5, 4), split_bounds((5, 5, 5), (4, 4, 4)), "train", window)
    assert futures(w) == [[4], [6], [7], [8]]


def test_steps_before_the_time_axis_take_its_first_place() -> None:
    """Two rows, lookback 6: the window begins four steps before the first row of all, where nothing is read."""
    source = WindowSource(
        np.array([[1], [2]], dtype=np.float32),
        np.array([0, 2]),
        n_targets=1,
        calendar=np.array([[0.5], [0.6], [0.7]], dtype=np.float32),
        position=np.array([0]),
    )
    window = WindowSpec(lookback=6, horizon=1, short="pad")
    w = cut_windows(source, split_bounds((2, 2, 2)), "train", window)
    assert w.start.tolist() == [-5]
    batch = w.inputs(np.array([0]))
    assert batch["past"][0, :, 0].tolist() == [1] * 6
    assert batch["past"][0, :, 1] == pytest.approx([0.5] * 6)
    assert batch["future"][0, :, 0] == pytest.approx([0.6])
    assert batch["mask"].tolist() == [[0, 0, 0, 0, 0, 1]]


def test_categories_of_past_horizon_and_series() -> None:
    """Codes: a past covariate 10-15, a future covariate 20-25; one static category, 7 and 8."""
    codes = np.stack([np.arange(6) + 10, np.arange(6) + 20], axis=1).astype(np.int32)
    source = WindowSource(
        np.arange(6, dtype=np.float32)[:, None],
        np.array([0, 3, 6]),
        n_targets=1,
        codes=codes,
        n_past_codes=1,
        static_codes=np.array([[7], [8]], dtype=np.int32),
    )
    w = cut(source, split_bounds((3, 3, 3), (3, 3, 3)), "train", lookback=2, horizon=1)
    batch = w.inputs(np.array([1]))
    assert batch["past_codes"].tolist() == [[[13, 23], [14, 24]]]
    assert batch["future_codes"].tolist() == [[[25]]]
    assert batch["static_codes"].tolist() == [[8]]


def test_categories_of_the_past_alone_are_not_known_ahead() -> None:
    source = WindowSource(
        np.arange(3, dtype=np.float32)[:, None],
        np.array([0, 3]),
        n_targets=1,
        codes=np.array([[1], [2], [3]], dtype=np.int32),
        n_past_codes=1,
    )
    w = cut(source, split_bounds((3, 3, 3)), "train", lookback=2, horizon=1)
    assert set(w.inputs(np.array([0]))) == {"past", "past_codes"}


def test_few_windows_of_many_by_their_places() -> None:
    """Of five windows, two of the first series and three of the third, the first, the third and the last."""
    asked = []

    def few(n: int) -> np.ndarray:
        asked.append(n)
        return np.array([0, 2, 4])

    where = split_bounds((6, 6, 6), (4, 4, 4), (7, 7, 7))
    w = cut_windows(column(6, 4, 7), where, "train", WindowSpec(lookback=3, horizon=2), few=few)
    assert asked == [5]
    assert w.series.tolist() == [0, 2, 2]
    assert w.start.tolist() == [0, 10, 12]


def test_few_windows_are_the_stride_apart() -> None:
    window = WindowSpec(lookback=2, horizon=1, stride=3)
    w = cut_windows(column(10), split_bounds((10, 10, 10)), "train", window, few=lambda n: np.array([0, 2]))
    assert w.target_row.tolist() == [3, 9]


def test_consecutive_windows_begin_where_the_last_lookback_ended() -> None:
    where, window = split_bounds((10, 14, 14)), WindowSpec(lookback=3, horizon=1)
    train = cut_windows(column(14), where, "train", window, consecutive=True)
    assert pasts(train) == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    # Of the rows 10 to 13 the first that ends a whole number of lookbacks.
    val = cut_windows(column(14), where, "val", window, consecutive=True)
    assert pasts(val) == [[9, 10, 11]]


def test_history_is_every_consecutive_window_before() -> None:
    """Series of 4, 10 and 7 rows; asked are the third window of the second and both of the third."""
    w = Windows(column(4, 10, 7), 3, 1, np.array([1, 2, 2], np.int32), np.array([10, 15, 18]))
    history, place = w.with_history()
    assert history.start.tolist() == [4, 7, 10, 15, 18]
    assert history.start.dtype == np.int64
    assert history.series.tolist() == [1, 1, 1, 2, 2]
    assert place.tolist() == [2, 3, 4]
    assert history.start[place].tolist() == w.start.tolist()


def test_teacher_sees_filled_values_where_targets_are_not_observed() -> None:
    source = WindowSource(
        np.array([[0, 50], [1, 51], [2, 52], [3, 53]], dtype=np.float32),
        np.array([0, 4]),
        n_targets=1,
        observed=np.array([[True], [True], [False], [True]]),
    )
    w = cut(source, split_bounds((4, 4, 4)), "train", lookback=2, horizon=2)
    assert w.teacher(np.array([0])).tolist() == [[[2], [3]]]
    np.testing.assert_array_equal(w.targets(np.array([0])), [[[np.nan], [3]]])
    assert w.targets(np.array([0])).dtype == np.float32


def test_targets_after_each_segment_of_the_lookback() -> None:
    """Lookback 4 in segments of 2, horizon 2: after rows 0-1 come 2 and 3, after rows 2-3 come 4 and 5."""
    source = WindowSource(
        np.stack([np.arange(8), np.arange(8) + 50], axis=1).astype(np.float32), np.array([0, 8]), n_targets=1
    )
    w = cut(source, split_bounds((8, 8, 8)), "train", lookback=4, horizon=2)
    found = w.targets_of_every_step(np.array([0, 2]), 2)
    assert found[..., 0].tolist() == [[[2, 3], [4, 5]], [[4, 5], [6, 7]]]
    assert found.shape == (2, 2, 2, 1)
    assert found.dtype == np.float32
    assert w.targets_of_every_step(np.array([0]), 1)[0, :, 0, 0].tolist() == [1, 2, 3, 4]


def test_targets_of_every_step_are_nan_where_not_observed() -> None:
    source = column(4)
    observed = np.array([[True], [True], [False], [True]])
    source = WindowSource(source.values, source.offsets, 1, observed=observed)
    w = cut(source, split_bounds((4, 4, 4)), "train", lookback=3, horizon=1)
    found = w.targets_of_every_step(np.array([0]), 1)
    np.testing.assert_array_equal(found[0, :, 0, 0], [1, np.nan, 3])
    assert found.dtype == np.float32


def test_targets_after_segments_before_the_series_are_nan() -> None:
    """The last window of the padded series begins at row 4; its rows are 6, 7 and, as target, 8."""
    found = padded().targets_of_every_step(np.array([3]), 1)
    np.testing.assert_array_equal(found[0, :, 0, 0], [np.nan, np.nan, 7, 8])
    np.testing.assert_array_equal(padded().targets_of_every_step(np.array([3]), 2)[0, :, 0, 0], [np.nan, 8])
    assert found.dtype == np.float32


def test_targets_before_the_first_row_of_all_are_not_read() -> None:
    """Two rows, lookback 10: eight steps before the table there is no row to count back to."""
    window = WindowSpec(lookback=10, horizon=1, short="pad")
    w = cut_windows(column(2), split_bounds((2, 2, 2)), "train", window)
    found = w.targets_of_every_step(np.array([0]), 1)
    np.testing.assert_array_equal(found[0, :, 0, 0], [np.nan] * 9 + [1])
