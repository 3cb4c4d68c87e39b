"""Ids that have lost their zeros, or gained some."""

import pytest

from forecaster.data.transforms.near_ids import without_zeros


@pytest.mark.parametrize(
    ("names", "known", "expected"),
    [
        (["7"], ["007"], "series '7' has lost its zeros: training knows '007'; write ids as text"),
        (["007"], ["7"], "series '007' has zeros in front: training knows '7'; write ids as text"),
        (
            ["7", "8", "x"],
            ["007", "008"],
            "series '7' has lost its zeros: training knows '007', and so for 1 more; write ids as text",
        ),
        (["0"], ["000"], "series '0' has lost its zeros: training knows '000'; write ids as text"),
        (["007", "9"], ["007", "8"], None),
        (["a7"], ["a07"], None),
        (["7"], [], None),
        (["٧"], ["7"], None),
        (["007", "7"], ["007"], None),
        (["7"], ["007", "7"], None),
        (
            ["07", "7"],
            ["007", "07"],
            "series '7' has lost its zeros: training knows '007'; write ids as text",
        ),
    ],
)
def test_ids_that_differ_in_zeros_only(names: list[str], known: list[str], expected: str | None) -> None:
    found = without_zeros(names, known, "training knows")
    assert (None if found is None else str(found)) == expected
