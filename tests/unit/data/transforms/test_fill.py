from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from forecaster.data import arrays
from forecaster.data.panel import Panel
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.transforms.fill import WAYS_OUT, fill
from forecaster.errors import DataError

N = np.nan


def panel(*series: list[float], targets: int = 1, static: list[float] | None = None) -> Panel:
    """Series of one column each; or, with targets = 0, a covariate beside a target of ones."""
    values = np.concatenate([np.array(s, dtype=float)[:, None] for s in series])
    if targets == 0:
        values = np.hstack([np.ones_like(values), values])
    lengths = [len(s) for s in series]
    return Panel(
        time_axis=TimeAxis(1),
        ids=tuple("abcdef"[: len(series)]),
        targets=("y",),
        past=() if targets else ("x",),
        future=(),
        statics=("k",) if static else (),
        offsets=np.append(0, np.cumsum(lengths)),
        first=np.arange(len(series)) * 100,
        values=values,
        static=np.array(static)[:, None] if static else np.zeros((len(series), 0)),
        source="t.csv",
    )


def barriers(*rows: list[int]) -> np.ndarray:
    return np.array(rows, dtype=np.int64)


def filled(p: Panel, policy: str, b: np.ndarray) -> list[float]:
    out, _ = fill(p, policy, barriers=b)  # type: ignore[arg-type]
    return out.values[:, -1].tolist()


def test_nothing_missing_is_nothing_copied() -> None:
    p = panel([1, 2, 3])
    out, observed = fill(p, "error", barriers=barriers([2, 3]))
    assert out is p
    assert observed.all()


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("ffill", [1, 1, 1, 4, 4, 6]),
        ("interpolate", [1, 2, 3, 4, 5, 6]),
        ("zero", [1, 0, 0, 4, 0, 6]),
        ("mask", [1, 1, 1, 4, 4, 6]),
    ],
)
def test_policies_inside_one_block(policy: str, expected: list[float]) -> None:
    assert filled(panel([1, N, N, 4, N, 6]), policy, barriers([6, 6])) == expected


def test_no_policy_looks_forward_across_a_barrier() -> None:
    # Rows 0-2 train, 3-4 validate, 5- test. The gap of rows 2-3 repeats 2.0 on both sides of the cut.
    p = panel([1, 2, N, N, 8, 9])
    assert filled(p, "interpolate", barriers([3, 5])) == [1, 2, 2, 2, 8, 9]
    assert filled(p, "ffill", barriers([3, 5])) == [1, 2, 2, 2, 8, 9]
    # Another future leaves the training rows as they were.
    assert filled(panel([1, 2, N, N, -80, 9]), "interpolate", barriers([3, 5]))[:3] == [1, 2, 2]


def test_gap_over_two_barriers_repeats_the_last_value() -> None:
    assert filled(panel([3, N, N, N, 7]), "interpolate", barriers([2, 3])) == [3, 3, 3, 3, 7]


def test_interpolation_draws_no_line_behind_the_training_rows() -> None:
    # A window that ends in the gap of rows 4-5 would see the 9 of row 6 in the line to it.
    values = [0, N, 2, 3, N, N, 9]
    assert filled(panel(values), "interpolate", barriers([4, 7])) == [0, 1, 2, 3, 3, 3, 9]


def test_gap_at_the_end_repeats_the_last_value() -> None:
    assert filled(panel([1, 3, N, N]), "interpolate", barriers([2, 3])) == [1, 3, 3, 3]


def test_no_fill_crosses_from_series_to_series() -> None:
    p = panel([1, 5], [N, 2, 4, N], targets=0)
    assert filled(p, "ffill", barriers([2, 2], [3, 3])) == [1, 5, 3, 2, 4, 4]


def test_leading_gap_takes_the_mean_of_training_rows_only() -> None:
    # Training rows are 0-2: their mean is 2. Row 3 must not count.
    assert filled(panel([N, 1, 3, 100], targets=0), "ffill", barriers([3, 3])) == [2, 1, 3, 100]


def test_series_without_training_values_takes_the_mean_of_all() -> None:
    p = panel([N, N, 9], [2, 4, 5], targets=0)
    assert filled(p, "interpolate", barriers([2, 2], [2, 2])) == [3, 3, 9, 2, 4, 5]


def test_column_without_training_values_is_an_error() -> None:
    with pytest.raises(DataError) as caught:
        fill(panel([N, N, 9], targets=0), "ffill", barriers=barriers([2, 2]))
    assert str(caught.value) == (
        "t.csv: no training row has a value of 'x'; leave the column out, or give it values"
    )


def test_mask_marks_every_filled_target_and_no_other_policy_does() -> None:
    p = panel([1, N, 3], [N, 2, 2])
    assert fill(p, "mask", barriers=barriers([3, 3], [3, 3]))[1][:, 0].tolist() == [1, 0, 1, 0, 1, 1]
    assert fill(p, "ffill", barriers=barriers([3, 3], [3, 3]))[1].all()


def test_static() -> None:
    p = panel([1], [1], [1], static=[4, N, 8])
    assert fill(p, "ffill", barriers=barriers([1], [1], [1]))[0].static.ravel().tolist() == [4, 6, 8]
    assert fill(p, "zero", barriers=barriers([1], [1], [1]))[0].static.ravel().tolist() == [4, 0, 8]


def test_error_names_series_column_count_and_first() -> None:
    p = panel([1, N, N, 1], [N, 1, 1, 1], targets=0, static=[1, N])
    p.values[1] = N  # a whole row
    with pytest.raises(DataError) as caught:
        fill(p, "error", barriers=barriers([4, 4], [4, 4]))
    assert str(caught.value) == (
        "t.csv: series 'a' has 1 absent or empty row, the first at 1\n"
        "t.csv: series 'a' has 1 missing value in 'x', the first at 2\n"
        "t.csv: series 'b' has 1 missing value in 'x', the first at 100\n"
        "t.csv: series 'b' has no value in 'k'; "
        "set data.missing to ffill, interpolate, zero or mask, or complete the table"
    )


def test_error_shows_five_and_counts_all() -> None:
    series = [[1.0, N, 1.0]] * 6
    with pytest.raises(DataError) as caught:
        fill(panel(*series), "error", barriers=barriers(*[[3, 3]] * 6))
    lines = str(caught.value).splitlines()
    assert len(lines) == 6
    assert lines[4] == "t.csv: series 'e' has 1 absent or empty row, the first at 401"
    assert lines[5] == (
        "t.csv: and 1 more like these; "
        "set data.missing to ffill, interpolate, zero or mask, or complete the table"
    )


def test_line_between_values_is_even_and_has_its_own_slope() -> None:
    assert filled(panel([10, N, N, N, 2]), "interpolate", barriers([5, 5])) == [10, 8, 6, 4, 2]


def test_lines_are_drawn_in_the_training_rows_of_each_series() -> None:
    """The second series trains on its first three rows; its gap after them repeats the 2."""
    p = panel([1, 1, 1, 1], [0, N, 2, N, 4])
    assert filled(p, "interpolate", barriers([4, 4], [3, 5]))[4:] == [0, 1, 2, 2, 4]


def test_gap_that_begins_at_a_barrier_repeats_the_row_before_it() -> None:
    assert filled(panel([1, 2, N, 8]), "ffill", barriers([2, 3])) == [1, 2, 2, 8]


def test_gaps_that_meet_at_the_border_of_two_series_are_two() -> None:
    """The first ends with a gap and the second begins with one, which takes the mean of its training rows."""
    p = panel([1, N], [N, 4, 6], targets=0)
    assert filled(p, "ffill", barriers([2, 2], [3, 3])) == [1, 1, 5, 4, 6]


def test_leading_gap_over_a_barrier_takes_the_mean_on_both_sides() -> None:
    """Rows 0 and 1 have no value before them, whichever side of the cut they are on."""
    p = panel([N, N, 7], [1, 3, 5], targets=0)
    assert filled(p, "interpolate", barriers([1, 2], [2, 3])) == [2, 2, 7, 1, 3, 5]


def test_series_without_training_rows_takes_the_mean_of_all() -> None:
    """The 100 and 7 of the first series lie after the cut; of the others 2, 4 and 9 train, five on average."""
    p = panel([100, 7], [N, 70], [2, 4], [9, 50], targets=0)
    assert filled(p, "ffill", barriers([0, 1], [1, 2], [2, 2], [1, 2])) == [100, 7, 5, 70, 2, 4, 9, 50]


def test_one_training_value_is_the_mean() -> None:
    assert filled(panel([N, 3], [10, 20], targets=0), "ffill", barriers([2, 2], [2, 2])) == [3, 3, 10, 20]


def test_long_gap_beside_one_at_a_barrier() -> None:
    assert filled(panel([1, N, N, N, N, 6, N, 8]), "ffill", barriers([6, 7])) == [1, 1, 1, 1, 1, 6, 6, 8]


def test_first_gap_may_be_at_row_three() -> None:
    assert filled(panel([1, 2, 3, N, 5]), "interpolate", barriers([5, 5])) == [1, 2, 3, 4, 5]


def test_gap_over_a_barrier_of_a_later_series() -> None:
    p = panel([1, N, 1], [2, N, N, 5])
    assert filled(p, "ffill", barriers([3, 3], [2, 3])) == [1, 1, 1, 2, 2, 2, 5]


def test_series_of_one_missing_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "BLOCK", 1)
    assert filled(panel([N], [4], targets=0), "ffill", barriers([1, 1], [1, 1])) == [4, 4]


def test_without_barriers_every_row_is_a_training_row() -> None:
    assert filled(panel([N, 1, 3], targets=0), "ffill", np.zeros((1, 0), np.int64)) == [2, 1, 3]


def test_filling_leaves_the_panel_as_it_was() -> None:
    p = panel([1, N, 3])
    out, observed = fill(p, "ffill", barriers=barriers([3, 3]))
    assert np.isnan(p.values[1, 0])
    assert out.values[1, 0] == 1
    assert observed.dtype == np.bool_


@pytest.mark.parametrize("block", [1, 3, 4, 7, 100])
@pytest.mark.parametrize("policy", ["ffill", "interpolate", "zero"])
def test_blocks_of_series_change_nothing(monkeypatch: pytest.MonkeyPatch, policy: str, block: int) -> None:
    p = panel([1, N, 3], [N, 4, N, 8], [N, N, 20], [N, 5, 7], targets=0)
    b = barriers([3, 3], [4, 4], [2, 3], [2, 3])
    monkeypatch.setattr(arrays, "BLOCK", block)
    wanted = {
        # The second series' own mean is 6, the fourth's 5; that of all training values, 1, 3, 4, 8 and 5, is 4.2.
        "ffill": [1, 1, 3, 6, 4, 4, 8, 4.2, 4.2, 20, 5, 5, 7],
        "interpolate": [1, 2, 3, 6, 4, 6, 8, 4.2, 4.2, 20, 5, 5, 7],
        "zero": [1, 0, 3, 0, 4, 0, 8, 0, 0, 20, 0, 5, 7],
    }
    assert filled(p, policy, b) == pytest.approx(wanted[policy])


@pytest.mark.parametrize("policy", ["ffill", "interpolate", "zero", "mask"])
def test_block_of_whole_series_beside_one_with_a_gap(monkeypatch: pytest.MonkeyPatch, policy: str) -> None:
    """As in a table of more than a million rows whose gaps lie in one of its series."""
    monkeypatch.setattr(arrays, "BLOCK", 3)
    p = panel([1, 2, 3], [4, N, 4], [5, 6, 7])
    b = barriers([3, 3], [3, 3], [3, 3])
    assert filled(p, policy, b) == [1, 2, 3, 4, 0 if policy == "zero" else 4, 4, 5, 6, 7]
    if policy != "zero":
        coded = categories([1, 1, 0], [0, N, 1], [1, 0, 1])
        assert filled(coded, policy, b) == [1, 1, 0, 0, 0, 1, 1, 0, 1]


@pytest.mark.parametrize("block", [1, 2, 100])
def test_observed_cells_are_those_of_the_targets_alone(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(arrays, "BLOCK", block)
    p = panel([1, N, 3], targets=0)
    p.values[2, 0] = N
    out, observed = fill(p, "mask", barriers=barriers([3, 3]))
    assert observed.tolist() == [[True], [True], [False]]
    assert out.values.tolist() == [[1, 1], [1, 1], [1, 3]]


def categories(*series: list[float]) -> Panel:
    return replace(panel(*series, targets=0), categories={"x": ("p", "q")})


@pytest.mark.parametrize("policy", ["ffill", "interpolate", "mask"])
def test_categories_repeat_the_last_one_and_have_no_mean(policy: str) -> None:
    p = categories([N, 0, N, 1, N], [N, 1])
    np.testing.assert_array_equal(
        filled(p, policy, barriers([3, 4], [2, 2])), np.array([N, 0, 0, 1, 1, N, 1])
    )


def test_category_of_the_first_row_is_repeated() -> None:
    assert filled(categories([1, N, 0]), "ffill", barriers([3, 3])) == [1, 1, 0]


def test_missing_categories_stay_missing_under_zero() -> None:
    """A code of 0 is the first category, not nothing."""
    np.testing.assert_array_equal(
        filled(categories([N, 0, N, 1]), "zero", barriers([4, 4])), np.array([N, 0, N, 1])
    )


def test_static_categories_stay_missing() -> None:
    p = replace(panel([1], [1], static=[1, N]), categories={"k": ("p", "q")})
    for policy in ("ffill", "zero"):
        found = fill(p, policy, barriers=barriers([1], [1]))[0].static  # type: ignore[arg-type]
        np.testing.assert_array_equal(found, [[1], [N]])


def test_static_covariate_after_one_of_categories_is_filled() -> None:
    p = panel([1], [1], [1])
    p = replace(
        p, statics=("k", "n"), static=np.array([[1, 4], [N, N], [N, 8.0]]), categories={"k": ("p", "q")}
    )
    found = fill(p, "ffill", barriers=barriers([1], [1], [1]))[0].static
    assert found[:, 1].tolist() == [4, 6, 8]
    assert np.isnan(p.static[1, 1])


def test_static_covariate_without_any_value_is_an_error_unless_zero_fills_it() -> None:
    p = panel([1], [1], static=[N, N])
    with pytest.raises(DataError) as caught:
        fill(p, "ffill", barriers=barriers([1], [1]))
    assert str(caught.value) == "t.csv: no series has a value of 'k'; leave the column out, or give it values"
    assert fill(p, "zero", barriers=barriers([1], [1]))[0].static.tolist() == [[0], [0]]


def test_error_counts_rows_and_values_of_a_table_without_series() -> None:
    p = replace(panel([1, N, N, 1, N, 1], targets=0), ids=("",))
    p.values[[1, 2]] = N
    p.values[3, 1] = N
    with pytest.raises(DataError) as caught:
        fill(p, "error", barriers=barriers([6, 6]))
    assert str(caught.value) == (
        "t.csv: the table has 2 absent or empty rows, the first at 1\n"
        "t.csv: the table has 2 missing values in 'x', the first at 3; "
        "set data.missing to ffill, interpolate, zero or mask, or complete the table"
    )
    assert [d.hint for d in caught.value.diagnostics] == [None, WAYS_OUT]


def test_error_counts_in_thousands() -> None:
    p = panel([1.0] + [N] * 1200 + [1.0], targets=0)
    p.values[1201] = N
    with pytest.raises(DataError) as caught:
        fill(p, "error", barriers=barriers([1202, 1202]))
    assert str(caught.value).startswith(
        "t.csv: series 'a' has 1 absent or empty row, the first at 1201\n"
        "t.csv: series 'a' has 1,200 missing values in 'x', the first at 1"
    )


def test_error_of_static_covariates_shows_five_and_counts_all() -> None:
    p = panel(*[[1.0]] * 6, static=[N] * 6)
    with pytest.raises(DataError) as caught:
        fill(p, "error", barriers=barriers(*[[1]] * 6))
    lines = str(caught.value).splitlines()
    assert lines[4] == "t.csv: series 'e' has no value in 'k'"
    assert lines[5].startswith("t.csv: and 1 more like these; ")
    many = replace(p, ids=tuple(f"s{i}" for i in range(1006)), static=np.full((1006, 1), N))
    many = replace(many, offsets=np.arange(1007), first=np.zeros(1006, np.int64), values=np.ones((1006, 1)))
    with pytest.raises(DataError, match=r"and 1,001 more like these"):
        fill(many, "error", barriers=np.ones((1006, 1), np.int64))


def test_error_counts_values_and_static_covariates_together() -> None:
    """Of four series each lacks a value and a static covariate: eight lines, of which five are shown."""
    p = panel(*[[1.0, N]] * 4, targets=0, static=[N] * 4)
    with pytest.raises(DataError) as caught:
        fill(p, "error", barriers=barriers(*[[2, 2]] * 4))
    lines = str(caught.value).splitlines()
    assert lines[3] == "t.csv: series 'd' has 1 missing value in 'x', the first at 301"
    assert lines[4] == "t.csv: series 'a' has no value in 'k'"
    assert lines[5].startswith("t.csv: and 3 more like these; ")


def test_a_table_in_a_file_is_filled_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(arrays.WHERE, str(tmp_path))
    values = np.memmap(tmp_path / "values", dtype=np.float64, mode="w+", shape=(3, 1))
    values[:, 0] = [1, N, 3]
    out, observed = fill(replace(panel([1, N, 3]), values=values), "mask", barriers=barriers([3, 3]))
    assert isinstance(out.values, np.memmap)
    assert isinstance(observed, np.memmap)
    assert out.values[:, 0].tolist() == [1, 1, 3]


def test_five_lines_are_shown_without_a_sixth_that_counts_them() -> None:
    with pytest.raises(DataError) as caught:
        fill(panel(*[[1.0, N]] * 5), "error", barriers=barriers(*[[2, 2]] * 5))
    lines = str(caught.value).splitlines()
    assert len(lines) == 5
    assert lines[4].startswith(
        "t.csv: series 'e' has 1 absent or empty row, the first at 401; set data.missing"
    )
