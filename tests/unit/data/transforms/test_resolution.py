"""Which values scaling leaves too alike for single precision."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.data.panel import Panel
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.transforms.resolution import blurred
from forecaster.data.transforms.scalers import ScalingSpec


def panel(**series: list[float]) -> Panel:
    """One target, y; a row for each value of a series."""
    lengths = [len(values) for values in series.values()]
    return Panel(
        time_axis=TimeAxis(1),
        ids=tuple(series),
        targets=("y",),
        past=(),
        future=(),
        statics=(),
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
        first=np.zeros(len(series), dtype=np.int64),
        values=np.concatenate(list(series.values()))[:, None],
        static=np.zeros((len(series), 0)),
    )


NARROW = [1e9, 1e9 + 10, 1e9 - 10]
WIDE = [1.0, 5.0, np.nan, 9.0]


@pytest.mark.parametrize(
    ("method", "per_series", "series", "found"),
    [
        ("standard", True, {"a": NARROW, "b": WIDE}, []),
        ("robust", True, {"a": NARROW}, []),
        ("log", True, {"a": NARROW, "b": WIDE}, ["a"]),
        ("log", True, {"a": [1e39, 2e39], "b": [0.0, 1e-3]}, []),
        ("log", True, {"a": [1e11] * 3}, []),
        ("none", True, {"a": NARROW, "b": WIDE, "c": [1e11, 1e11 + 1]}, ["a", "c"]),
        ("none", True, {"a": [0.0, 1e-30]}, []),
        ("standard", False, {"a": NARROW, "b": WIDE}, ["a", "b"]),
        ("standard", False, {"a": [5.0, 50.0], "b": WIDE}, []),
        ("standard", False, {"a": [np.nan, np.nan], "b": WIDE}, []),
    ],
)
def test_series_that_vary_by_little_for_their_level_are_found(
    method: str, per_series: bool, series: dict[str, list[float]], found: list[str]
) -> None:
    spec = ScalingSpec.model_validate({"method": method, "per_series": per_series})
    assert blurred(spec, panel(**series)) == [(name, "y") for name in found]
