import numpy as np
import pytest

from forecaster.data.panel import Panel
from forecaster.data.spec import SplitSpec
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.transforms.split import split
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


def test_ranges_meet_and_cover_every_row_once() -> None:
    found = split(panel(100, 31, 2), SplitSpec(val=0.17, test=0.23))
    rows = [0, 0, 0]
    for name in ("train", "val", "test"):
        low, high = found.range(name)  # type: ignore[arg-type]
        assert low.tolist() == rows
        rows = high.tolist()
    assert rows == [100, 31, 2]
