import numpy as np
import pytest

from forecaster.data.panel import Panel
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.transforms.fill import fill
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
