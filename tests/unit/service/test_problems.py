"""Faults of requests as answers."""

from __future__ import annotations

import pytest

from forecaster.service.problems import without_paths


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("r: no such file", "the run a\\b: no such file"),
        ("r/model/context.csv: is damaged", "the run a\\b/model/context.csv: is damaged"),
        (
            "data.targets: the columns are 'or', x/r and r-2",
            "data.targets: the columns are 'or', x/r and r-2",
        ),
    ],
)
def test_a_path_is_named_only_where_it_stands_whole(text: str, said: str) -> None:
    assert without_paths(text, {"r": "the run a\\b"}) == said
