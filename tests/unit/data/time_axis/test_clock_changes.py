"""Local times around both clock changes: Berlin skips 2:00 to 3:00 on 31 March 2024, and repeats it on 27 October."""

from pathlib import Path
from typing import Any

import pytest

from forecaster.data.panel import Findings, Panel
from forecaster.data.reading.table import read_table
from forecaster.data.spec import DataSpec
from forecaster.errors import DataError

SPRING = ("00:00", "01:00", "02:00", "03:00", "04:00")
AUTUMN = ("01:00", "02:00", "02:00", "03:00")


def read(day: str, clocks: tuple[str, ...], tmp_path: Path, **data: Any) -> tuple[Panel, Findings]:
    path = tmp_path / "t.csv"
    rows = [f"{day} {clock},{data.get('series', 'a')},{i}" for i, clock in enumerate(clocks)]
    path.write_text("\n".join(["time,id,y", *rows]) + "\n")
    policy = {name: data.pop(name) for name in ("repeated", "skipped") if name in data}
    columns = {"path": "t.csv", "time": "time", "freq": "h", "id": "id", "targets": ["y"], **data}
    zone = {"timezone": "Europe/Berlin", "clock_changes": policy}
    return read_table(DataSpec.model_validate(columns | zone), path)


def texts(panel: Panel) -> list[str]:
    return panel.time_axis.text(panel.positions_of_rows(panel.offsets[0] + range(len(panel.values))))


def test_row_of_a_skipped_hour_is_dropped_and_said(tmp_path: Path) -> None:
    panel, findings = read("2024-03-31", SPRING, tmp_path, skipped="drop")
    assert panel.values[:, 0].tolist() == [0, 1, 3, 4]
    assert [w.summary for w in findings.warnings] == [
        "1 rows at times that the clocks of Europe/Berlin skip were left out"
    ]


def test_skipped_hour_moved_forward_meets_the_row_that_is_there(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"t.csv:5: time: another row of series 'a' has the time 2024-03-31 03:00:00\+02:00"
    ):
        read("2024-03-31", SPRING, tmp_path, skipped="forward")
    panel, _ = read("2024-03-31", SPRING[:3] + SPRING[4:], tmp_path, skipped="forward")
    assert texts(panel) == [
        "2024-03-31 00:00:00+01:00",
        "2024-03-31 01:00:00+01:00",
        "2024-03-31 03:00:00+02:00",
        "2024-03-31 04:00:00+02:00",
    ]


def test_repeated_hour_in_the_order_of_the_rows(tmp_path: Path) -> None:
    panel, findings = read("2024-10-27", AUTUMN, tmp_path, repeated="in_order")
    assert panel.values[:, 0].tolist() == [0, 1, 2, 3]
    assert len(findings.gap_length) == 0
    assert texts(panel)[1:3] == ["2024-10-27 02:00:00+02:00", "2024-10-27 02:00:00+01:00"]


def test_quarters_of_the_repeated_hour_in_order(tmp_path: Path) -> None:
    quarters = tuple(f"02:{m:02}" for m in (0, 15, 30, 45)) * 2
    panel, findings = read("2024-10-27", quarters, tmp_path, repeated="in_order", freq="15min")
    assert panel.values[:, 0].tolist() == list(range(8))
    assert len(findings.gap_length) == 0


def test_third_row_of_a_repeated_hour_is_a_duplicate(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"t.csv:5: time: another row of series 'a' has the time 2024-10-27 02:00:00\+02:00"
    ):
        read("2024-10-27", ("01:00", "02:00", "02:00", "02:00"), tmp_path, repeated="in_order")


def test_one_row_of_a_repeated_hour_is_the_first_or_the_second(tmp_path: Path) -> None:
    one = ("01:00", "02:00", "03:00")
    panel, findings = read("2024-10-27", one, tmp_path, repeated="first")
    assert texts(panel)[1] == "2024-10-27 02:00:00+02:00"
    assert findings.gap_first.tolist() == [int(panel.first[0]) + 2]
    panel, findings = read("2024-10-27", one, tmp_path, repeated="second")
    assert findings.gap_first.tolist() == [int(panel.first[0]) + 1]


def test_series_do_not_share_their_repeated_hours(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = [f"2024-10-27 {clock},{name},{i}" for name in "ab" for i, clock in enumerate(AUTUMN)]
    path.write_text("\n".join(["time,id,y", *rows]) + "\n")
    spec = DataSpec.model_validate(
        {"path": "t.csv", "time": "time", "freq": "h", "id": "id", "targets": ["y"]}
        | {"timezone": "Europe/Berlin", "clock_changes": {"repeated": "in_order"}}
    )
    panel, _ = read_table(spec, path)
    assert panel.values[:, 0].tolist() == [0, 1, 2, 3] * 2


def test_times_with_offsets_need_no_policy(tmp_path: Path) -> None:
    """Two rows of one offset are duplicates, whatever is said of local times."""
    with pytest.raises(DataError, match="another row of series"):
        read("2024-10-27", ("02:00+02:00", "02:00+02:00", "02:00+01:00"), tmp_path, repeated="in_order")
