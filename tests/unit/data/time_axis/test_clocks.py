"""Local times and UTC, hour by hour around the changes of clocks."""

from __future__ import annotations

import numpy as np

from forecaster.data.time_axis.clocks import resolve, second_moments, to_local, to_utc

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


def ns(*times: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(times, dtype="M8[ns]").view(np.int64)


def test_without_a_zone_nothing_changes() -> None:
    times = ns("2024-03-31T02:30")
    assert to_local(times, None) is times
    assert to_utc(times, None) is times


def test_to_utc_takes_the_first_of_two_moments_and_the_first_after_a_gap() -> None:
    # Berlin skips 02:00 to 03:00 on 31 March, which is 01:00 UTC, and repeats it on 27 October.
    local = ns("2024-01-01T00:00", "2024-03-31T02:30", "2024-10-27T02:30")
    expected = ns("2023-12-31T23:00", "2024-03-31T01:00", "2024-10-27T00:30")
    assert to_utc(local, BERLIN).tolist() == expected.tolist()
    assert to_local(expected[[0, 2]], BERLIN).tolist() == local[[0, 2]].tolist()


def test_resolve_says_which_times_are_skipped_and_repeated() -> None:
    local = ns("2024-03-10T01:30", "2024-03-10T02:30", "2024-11-03T01:30", "2024-11-03T02:30")
    utc, skipped, repeated = resolve(local, NEW_YORK)
    # New York is at UTC-5 in winter and UTC-4 in summer; at 02:30 of the first day its clocks show 03:30.
    assert (
        utc.tolist()
        == ns("2024-03-10T06:30", "2024-03-10T07:30", "2024-11-03T05:30", "2024-11-03T07:30").tolist()
    )
    assert skipped.tolist() == [False, True, False, False]
    assert repeated.tolist() == [False, False, True, False]
    second, _, _ = resolve(local, NEW_YORK, second=True)
    assert (second - utc).tolist() == [0, 0, 3_600 * 10**9, 0]


def test_a_whole_day_that_a_clock_skips() -> None:
    # Samoa went from the 29th to the 31st of December 2011, from UTC-10 to UTC+14.
    utc, skipped, _ = resolve(ns("2011-12-30T12:00"), "Pacific/Apia")
    assert skipped.tolist() == [True]
    assert to_local(utc, "Pacific/Apia").tolist() == ns("2011-12-31T12:00").tolist()


def test_second_moments() -> None:
    utc = ns("2024-10-27T00:30", "2024-10-27T01:30", "2024-10-27T02:30")
    is_first, second = second_moments(utc, BERLIN)
    assert is_first.tolist() == [True, False, False]
    assert second[0] == utc[1]
