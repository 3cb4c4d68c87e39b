"""Series that end before the others, or before a cutoff: which are forecast, from where, and what is said."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from forecaster.data.panel import Panel
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.transforms.cutoff import late_series, up_to
from forecaster.errors import UsageError

HORIZON = 3


def panel_of(ends: list[int], *, first: int = 0) -> Panel:
    """Series of step numbers from `first` to each end."""
    lengths = np.array([end - first + 1 for end in ends])
    return Panel(
        time_axis=TimeAxis(1),
        ids=tuple("abcdefghijk"[: len(ends)]),
        targets=("y",),
        past=(),
        future=(),
        statics=(),
        offsets=np.append(0, np.cumsum(lengths)),
        first=np.full(len(ends), first),
        values=np.zeros((int(lengths.sum()), 1)),
        static=np.zeros((len(ends), 0)),
        source="t.csv",
    )


def late(ends: list[int]) -> list[str]:
    panel = panel_of(ends)
    return [str(remark) for remark in late_series(panel, panel.lengths, horizon=HORIZON)]


@pytest.mark.parametrize("n", [1, 2, 5, 11])
@pytest.mark.parametrize("end", [9, 40])
def test_series_that_end_together_are_no_remark(n: int, end: int) -> None:
    assert late([end] * n) == []


@pytest.mark.parametrize(("behind", "n"), list(product((1, 2), (2, 3, 5))))
def test_late_series_are_counted_and_named(behind: int, n: int) -> None:
    end = 40 - behind
    assert late([40] * (n - 1) + [end]) == [
        f"1 of {n} series end before the last time of the table, 40, and their forecasts begin there: "
        f"{'abcde'[n - 1]!r} at {end}; use --from '40' for forecasts that all lie after it"
    ]


@pytest.mark.parametrize(("behind", "n"), list(product((3, 4, 30), (2, 3, 5))))
def test_series_whose_forecast_lies_in_the_past_are_said_apart(behind: int, n: int) -> None:
    end = 40 - behind
    assert late([40] * (n - 1) + [end]) == [
        f"1 of {n} series end a whole horizon or more before the last time of the table, 40, and so do their forecasts: "
        f"{'abcde'[n - 1]!r} at {end}; use --from '40' for forecasts that all lie after it"
    ]


def test_both_kinds_are_two_remarks_with_one_next_move() -> None:
    assert late([40, 12, 39]) == [
        "1 of 3 series end a whole horizon or more before the last time of the table, 40, and so do their forecasts: 'b' "
        "at 12",
        "1 of 3 series end before the last time of the table, 40, and their forecasts begin there: 'c' at 39; use --from "
        "'40' for forecasts that all lie after it",
    ]


def test_the_earliest_ends_are_named_and_the_rest_is_counted() -> None:
    assert late([40, *range(20, 28)])[0] == (
        "8 of 9 series end a whole horizon or more before the last time of the table, 40, and so do their forecasts: 'b' "
        "at 20, 'c' at 21, 'd' at 22, 'e' at 23, 'f' at 24 and 3 more; use --from '40' for forecasts that all lie after "
        "it"
    )


@pytest.mark.parametrize("cutoff", [10, 20, 30])
@pytest.mark.parametrize("behind", range(6))
def test_a_cutoff_takes_late_series_as_far_as_they_go(cutoff: int, behind: int) -> None:
    """With a horizon of 3, a series that ends 1 or 2 steps before the cutoff has 2 or 1 steps after it."""
    panel = panel_of([40, cutoff - behind])
    kept, known, position, remarks = up_to(panel, panel.lengths, str(cutoff), horizon=HORIZON)
    assert position == cutoff
    assert kept.ids == (("a", "b") if behind < HORIZON else ("a",))
    assert (kept.first + known - 1).tolist() == ([cutoff, cutoff - behind] if behind < HORIZON else [cutoff])
    end = f"'b' at {cutoff - behind}"
    assert [str(remark) for remark in remarks] == (
        []
        if behind == 0
        else [
            f"1 of 2 series end before {cutoff}; they are forecast from there, as far as the horizon goes: {end}"
            if behind < HORIZON
            else f"1 of 2 series end a whole horizon or more before {cutoff}; not forecast: {end}"
        ]
    )


@pytest.mark.parametrize("cutoff", ["-1", "41", "x"])
def test_a_cutoff_outside_the_table_is_refused(cutoff: str) -> None:
    panel = panel_of([40, 30])
    with pytest.raises(UsageError):
        up_to(panel, panel.lengths, cutoff, horizon=HORIZON)


def test_a_cutoff_before_a_series_begins_leaves_it_without_rows() -> None:
    panel = panel_of([40, 30], first=20)
    kept, known, _, remarks = up_to(panel, panel.lengths, "25", horizon=HORIZON)
    assert (kept.ids, known.tolist(), remarks) == (("a", "b"), [6, 6], [])
