"""The journal of tracking: each point once, whatever a kill left."""

import sys
from pathlib import Path

import pytest

from forecaster.errors import UsageError
from forecaster.tracking.journal import Journal
from forecaster.tracking.tracker import Point


def test_a_point_is_taken_once_and_only_what_is_new_of_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "t")
    assert journal.add(Point(1, 5, {"loss": 0.5})) == Point(1, 5, {"loss": 0.5})
    assert journal.add(Point(1, 6, {"loss": 0.4})) is None
    assert journal.add(Point(1, 7, {"loss": 0.4, "val_loss": 0.3})) == Point(1, 7, {"val_loss": 0.3})
    assert Journal(tmp_path / "t").points == journal.points
    assert Journal(tmp_path / "t").add(Point(1, 8, {"loss": 0.1})) is None


def test_lines_that_are_not_as_they_were_written_are_left_out(tmp_path: Path) -> None:
    Journal(tmp_path).add(Point(1, 5, {"loss": 0.5}))
    path = tmp_path / "points.jsonl"
    lines = [
        b'{"step": -1, "time": 1, "values": {}}',
        b'{"step": 2, "time": 1, "values": {"a": NaN}}',
        b"[" * 9000,
    ]
    path.write_bytes(b"\n".join([path.read_bytes(), *lines, b'{"step": 3, "tim']))
    journal = Journal(tmp_path)
    assert [point.step for point in journal.points] == [1]
    journal.add(Point(2, 6, {"loss": 0.4}))
    assert [point.step for point in Journal(tmp_path).points] == [1, 2]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right of their own there")
def test_no_link_is_read_or_written(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text('{"step": 1, "time": 1, "values": {"loss": 1.0}}')
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "points.jsonl").symlink_to(outside)
    journal = Journal(tmp_path / "t")
    assert journal.points == []
    with pytest.raises(UsageError):
        journal.add(Point(2, 1, {"loss": 0.1}))
    assert outside.read_text().count("\n") == 0
