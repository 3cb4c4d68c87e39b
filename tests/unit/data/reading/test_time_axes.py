"""Tables of every kind of frequency, from text to a regular axis and to the step after the last."""

from pathlib import Path

import numpy as np
import pytest

from forecaster.data.panel import Findings, Panel
from forecaster.data.reading.table import read_table
from forecaster.data.spec import DataSpec
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.time_axis.calendar import features

AXES = [
    ("ME", ["2023-12-31", "2024-01-31", "2024-02-29", "2024-03-31"], "2024-04-30"),
    ("MS", ["2023-12-01", "2024-01-01", "2024-02-01"], "2024-03-01"),
    ("B", ["2024-02-28", "2024-02-29", "2024-03-01", "2024-03-04"], "2024-03-05"),
    ("W-FRI", ["2024-02-23", "2024-03-01", "2024-03-08"], "2024-03-15"),
    ("QE-DEC", ["2023-09-30", "2023-12-31", "2024-03-31"], "2024-06-30"),
    ("QS", ["2023-10-01", "2024-01-01", "2024-04-01"], "2024-07-01"),
    ("YE", ["2023-12-31", "2024-12-31"], "2025-12-31"),
    ("D", ["2024-02-27", "2024-02-28", "2024-02-29", "2024-03-01"], "2024-03-02"),
    ("D", ["2023-02-27", "2023-02-28", "2023-03-01"], "2023-03-02"),
    ("2D", ["2024-02-28", "2024-03-01", "2024-03-03"], "2024-03-05"),
    ("15min", ["2024-02-29 23:30", "2024-02-29 23:45", "2024-03-01 00:00"], "2024-03-01 00:15:00"),
    (1, ["7", "8", "9"], "10"),
    (5, ["3", "8", "13"], "18"),
]


def read(freq: str | int, times: list[str], path: Path) -> tuple[Panel, Findings]:
    path.write_text("time,y\n" + "".join(f"{t},{i}\n" for i, t in enumerate(times)))
    spec = DataSpec(path=path.name, time="time", freq=freq, targets=["y"], missing="ffill")
    return read_table(spec, path)


@pytest.mark.parametrize(("freq", "times", "following"), AXES)
def test_neighbours_are_neighbours(freq: str | int, times: list[str], following: str, tmp_path: Path) -> None:
    panel, findings = read(freq, times, tmp_path / "t.csv")
    assert panel.values[:, 0].tolist() == list(range(len(times)))
    assert len(findings.gap_length) == 0
    assert panel.time_axis.text(panel.first + len(times)) == [following]


@pytest.mark.parametrize(("freq", "times", "following"), [a for a in AXES if len(a[1]) > 2])
def test_an_absent_row_is_one_gap(freq: str | int, times: list[str], following: str, tmp_path: Path) -> None:
    _, findings = read(freq, [times[0], *times[2:]], tmp_path / "t.csv")
    assert findings.gap_length.tolist() == [1]


@pytest.mark.parametrize(("day", "holiday"), [("2024-07-04", 1.0), ("2024-07-05", 0.0)])
def test_holidays_of_the_package(day: str, holiday: float) -> None:
    pytest.importorskip("holidays", reason="needs holidays (the extra: holidays)")
    time_axis = TimeAxis("D")
    at = np.array([time_axis.ceil_position(day)])
    assert features(time_axis, at, ["holiday:US"]).tolist() == [[holiday]]
