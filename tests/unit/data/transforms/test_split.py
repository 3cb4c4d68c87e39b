import numpy as np
import pytest

from forecaster.data.panel import Panel
from forecaster.data.spec import SplitSpec, WindowSpec
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.transforms.split import SplitBounds, rolled_back, split, target_rows
from forecaster.errors import DataError

HOUR = 3_600_000_000_000


def panel(*lengths: int, first: list[int] | None = None, time_axis: TimeAxis | None = None) -> Panel:
    """Series of these lengths; first: the position that each begins at."""
    return Panel(
        time_axis=time_axis or TimeAxis(1),
        ids=tuple("abcdef"[: len(lengths)]),
        targets=("y",),
        past=(),
        future=(),
        statics=(),
        offsets=np.append(0, np.cumsum(lengths)),
        first=np.array(first if first is not None else [0] * len(lengths)),
        values=np.zeros((sum(lengths), 1)),
        static=np.zeros((len(lengths), 0)),
    )


def days(*lengths: int, first: list[str]) -> Panel:
    """Daily series that begin on these dates."""
    stamps = np.array(first, dtype="M8[ns]").view(np.int64)
    time_axis = TimeAxis.fit("D", None, stamps)
    return panel(*lengths, first=time_axis.positions(stamps).tolist(), time_axis=time_axis)


def split_bounds(p: Panel, **spec: float | int | str) -> list[tuple[int, int, int]]:
    """(train_end, val_end, length) of each series."""
    found = split(p, SplitSpec(**spec))  # type: ignore[arg-type]
    return list(zip(found.train_end.tolist(), found.val_end.tolist(), found.length.tolist(), strict=True))


def test_shares_are_of_each_series_own_length() -> None:
    assert split_bounds(panel(100, 10), val=0.1, test=0.2) == [(70, 80, 100), (7, 8, 10)]


def test_share_that_rounding_would_shorten_is_whole() -> None:
    """0.29 * 100 is 28.999999999999996 in floating point; the test range has 29 rows."""
    assert split_bounds(panel(100), val=0.0, test=0.29) == [(71, 71, 100)]


def test_fraction_of_a_row_goes_to_training() -> None:
    assert split_bounds(panel(19), val=0.1, test=0.1) == [(17, 18, 19)]


def test_steps_count_from_each_series_own_end() -> None:
    assert split_bounds(panel(100, 30), val=5, test=10) == [(85, 90, 100), (15, 20, 30)]


def test_steps_and_share_may_be_mixed() -> None:
    assert split_bounds(panel(100), val=5, test=0.2) == [(75, 80, 100)]


def test_series_shorter_than_its_test_range_has_nothing_else() -> None:
    assert split_bounds(panel(4), val=5, test=10) == [(0, 0, 4)]


def test_nothing_held_out() -> None:
    assert split_bounds(panel(7), val=0, test=0) == [(7, 7, 7)]
    assert split_bounds(panel(7), val=0.0, test=0.0) == [(7, 7, 7)]


def test_date_is_the_first_of_its_range_and_one_cut_for_all() -> None:
    """The first series has its tenth row (number 9) on January 10th, the second its fifth."""
    p = days(20, 15, first=["2024-01-01", "2024-01-06"])
    assert split_bounds(p, val="2024-01-10", test="2024-01-15") == [(9, 14, 20), (4, 9, 15)]


def test_date_between_two_rows_begins_with_the_next_row() -> None:
    assert split_bounds(days(10, first=["2024-01-01"]), val="2024-01-04 12:00", test="2024-01-08") == [
        (4, 7, 10)
    ]


def test_date_before_a_series_leaves_it_no_training_rows() -> None:
    p = days(20, 5, first=["2024-01-01", "2024-01-16"])
    assert split_bounds(p, val="2024-01-10", test="2024-01-12") == [(9, 11, 20), (0, 0, 5)]


def test_date_after_a_series_leaves_it_all_to_training() -> None:
    p = days(20, 5, first=["2024-01-01", "2024-01-01"])
    assert split_bounds(p, val="2024-01-10", test="2024-01-12") == [(9, 11, 20), (5, 5, 5)]


def test_steps_of_validation_before_a_test_date() -> None:
    p = days(20, first=["2024-01-01"])
    assert split_bounds(p, val=3, test="2024-01-15") == [(11, 14, 20)]


def test_validation_that_begins_after_test_is_refused() -> None:
    with pytest.raises(DataError) as caught:
        split_bounds(days(20, first=["2024-01-01"]), val="2024-01-15", test="2024-01-10")
    assert (
        str(caught.value)
        == "split.val: begins at 2024-01-15, after split.test at 2024-01-10; give val the earlier date"
    )


def test_text_that_is_no_date_is_refused_at_its_key() -> None:
    with pytest.raises(DataError) as caught:
        split_bounds(days(20, first=["2024-01-01"]), val=1, test="soon")
    assert caught.value.diagnostics[0].path == "split.test"
    assert "soon" in caught.value.diagnostics[0].summary
    assert caught.value.diagnostics[0].hint == "write it like the table's time column"
    with pytest.raises(DataError) as caught:
        split_bounds(days(20, first=["2024-01-01"]), val="never", test=1)
    assert caught.value.diagnostics[0].path == "split.val"


def test_bounds_are_whole_numbers() -> None:
    found = split(panel(100), SplitSpec(val=0.1, test=0.2))
    assert [a.dtype for a in (found.train_end, found.val_end, found.length)] == [np.int64] * 3


def test_ranges_meet_and_cover_every_row_once() -> None:
    found = split(panel(100, 31, 2), SplitSpec(val=0.17, test=0.23))
    rows = [0, 0, 0]
    for name in ("train", "val", "test"):
        low, high = found.range(name)  # type: ignore[arg-type]
        assert low.tolist() == rows
        rows = high.tolist()
    assert rows == [100, 31, 2]


def test_validation_and_test_may_begin_on_one_date() -> None:
    """Then there is nothing to validate with, which others refuse, with their reason."""
    p = days(20, first=["2024-01-01"])
    assert split_bounds(p, val="2024-01-10", test="2024-01-10") == [(9, 9, 20)]


def test_validation_date_within_the_test_rows_leaves_no_validation() -> None:
    """Of twenty days the last five test, from January 16th: where one range is a number no order is asked for."""
    assert split_bounds(days(20, first=["2024-01-01"]), val="2024-01-18", test=5) == [(15, 15, 20)]


def test_earlier_origins_move_validation_back_by_its_own_length() -> None:
    """Four rows validate, from row 12; one fold earlier rows 8 to 11 do, and there is nothing after them."""
    bounds = SplitBounds(np.array([12, 5]), np.array([16, 8]), np.array([20, 10]))
    assert rolled_back(bounds, 0) is bounds
    once = rolled_back(bounds, 1)
    assert (once.train_end.tolist(), once.val_end.tolist(), once.length.tolist()) == (
        [8, 2],
        [12, 5],
        [12, 5],
    )
    # Of the second series the third fold would end at row -1.
    thrice = rolled_back(bounds, 3)
    assert (thrice.train_end.tolist(), thrice.val_end.tolist()) == ([0, 0], [4, 0])
    assert thrice.length.tolist() == [4, 0]


def first_targets(
    bounds: SplitBounds, name: str, *, consecutive: bool = False, **window: int | str
) -> tuple[list[int], list[int], int]:
    spec = WindowSpec.model_validate(window)
    first, count, stride = target_rows(bounds, name, spec, consecutive=consecutive)  # type: ignore[arg-type]
    return first.tolist(), count.tolist(), stride


def test_first_targets_counted_from_the_end_of_the_range() -> None:
    """Rows 10 to 15 validate: the last window of two steps begins at 14, and those before it 3 apart at 11."""
    bounds = SplitBounds(np.array([10]), np.array([16]), np.array([16]))
    assert first_targets(bounds, "val", lookback=4, horizon=2, stride=3) == ([11], [2], 3)
    assert first_targets(bounds, "train", lookback=4, horizon=2) == ([4], [5], 1)
    assert first_targets(bounds, "test", lookback=4, horizon=2)[1] == [0]
    one = target_rows(bounds, "val", WindowSpec(lookback=4, horizon=2, stride=3))
    assert (one[0].tolist(), one[2]) == ([11], 3)


def test_consecutive_first_targets_are_whole_lookbacks_from_the_first_row() -> None:
    bounds = SplitBounds(np.array([10, 8]), np.array([20, 16]), np.array([20, 16]))
    # Of 10 to 19 and 8 to 15, the multiples of 4 with a horizon of 2 left.
    assert first_targets(bounds, "val", lookback=4, horizon=2, consecutive=True) == ([12, 8], [2, 2], 4)


def test_short_series_need_one_row_where_they_are_padded() -> None:
    """Lookback 4 and horizon 2 need six rows to train on: one series has them, the other has five."""
    bounds = SplitBounds(np.array([6, 5]), np.array([6, 5]), np.array([6, 5]))
    assert first_targets(bounds, "train", lookback=4, horizon=2, short="pad") == ([4, 1], [1, 3], 1)
    assert first_targets(bounds, "train", lookback=4, horizon=2)[1] == [1, 0]
