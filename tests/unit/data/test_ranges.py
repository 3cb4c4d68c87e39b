"""Runs of rows: their numbers, and the rows themselves."""

import numpy as np
import pytest

from forecaster.data.ranges import ranges, rows_from


def test_the_numbers_of_ranges_one_after_the_other() -> None:
    assert ranges(np.array([3, 7, 0]), np.array([5, 7, 3])).tolist() == [3, 4, 0, 1, 2]
    assert ranges(np.array([], dtype=np.int64), np.array([], dtype=np.int64)).tolist() == []


TABLE = np.arange(12).reshape(6, 2)


@pytest.mark.parametrize("table", [TABLE, np.asfortranarray(TABLE), np.c_[TABLE, -TABLE][:, :2]])
@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_runs_of_rows_of_any_table(table: np.ndarray, dtype: type) -> None:
    typed = table.astype(dtype, copy=False)
    found = rows_from(typed, np.array([3, 0, 3]), 2)
    assert found.tolist() == [[[6, 7], [8, 9]], [[0, 1], [2, 3]], [[6, 7], [8, 9]]]
    assert found.dtype == dtype
    # The caller may write to what it gets.
    found[:] = -1
    assert typed.tolist() == TABLE.tolist()


def test_some_columns_of_a_table_are_gathered_without_a_copy_of_all_rows() -> None:
    """100,000 rows of two columns out of three, of which one run of five is read."""
    import tracemalloc

    table = np.zeros((100_000, 3))[:, :2]
    tracemalloc.start()
    rows_from(table, np.array([50_000]), 5)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 100_000


@pytest.mark.parametrize("steps", [2, 6, 7])
def test_no_runs(steps: int) -> None:
    found = rows_from(TABLE.astype(np.float32), np.array([], dtype=np.int64), steps)
    assert (found.shape, found.dtype) == ((0, steps, 2), np.float32)


def test_the_last_run_ends_with_the_table() -> None:
    assert rows_from(TABLE, np.array([4]), 2).tolist() == [[[8, 9], [10, 11]]]


@pytest.mark.parametrize(("start", "steps"), [(-1, 2), (5, 2), (0, 7)])
def test_a_run_that_leaves_the_table_is_refused(start: int, steps: int) -> None:
    with pytest.raises(IndexError, match=rf"^runs of {steps} rows from {start} to {start} in a table of 6$"):
        rows_from(TABLE, np.array([start]), steps)
