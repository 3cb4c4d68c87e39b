"""What people see before they train."""

import json
from pathlib import Path

import pytest

from forecaster.stages.estimate import START_SECONDS
from tests.integration.tiny_runs import call, done, hours, line, refused, write_config, write_table


def test_estimate_and_edges_of_the_windows(tmp_path: Path) -> None:
    """60 rows, 42 of them train: windows of 6 + 3 steps."""
    text = done("validate", line(tmp_path))
    assert "windows  first lookback from         first target          last target" in text
    assert "val      2024-01-02 12:00:00  2024-01-02 18:00:00  2024-01-02 23:00:00" in text
    assert "training: about" in text
    found = json.loads(done("validate", line(tmp_path), "--json"))
    assert found["estimate"]["weights"] == 3 * (1 + 3) + 3 * 3
    assert found["estimate"]["memory_bytes"] > 0
    assert found["estimate"]["epochs_seconds"] == 2 * found["estimate"]["seconds_per_epoch"]
    assert found["estimate"]["seconds"] == START_SECONDS + found["estimate"]["epochs_seconds"]
    for refit, epochs in (("continue", 1), ("all", 2)):
        config = write_config(tmp_path, {"targets": ["y"]}, training={"epochs": 2, "refit": refit})
        again = json.loads(done("validate", config, "--json"))["estimate"]
        more = again["seconds"] - START_SECONDS - again["epochs_seconds"]
        assert more == pytest.approx(epochs * again["seconds_per_epoch"])
    assert found["series"][0]["val"]["first_window"]["cutoff"] == "2024-01-02 17:00:00"


def test_gaps_and_the_frequency_that_the_rows_have_are_said(tmp_path: Path) -> None:
    """Every third hour is absent: steps of 1 and 2."""
    rows = [(t, i) for i, t in enumerate(hours(90)) if i % 3]
    write_table(tmp_path / "t.csv", "t,y", rows)
    text = done("validate", write_config(tmp_path, {"targets": ["y"], "missing": "ffill"}))
    assert "29 gaps of 29 rows, each of 1; the first is at 2024-01-01 03:00:00\n" in text


@pytest.mark.parametrize(
    ("absent", "said"),
    [
        ({"a": [5]}, "1 gap of 1 row, at 2024-01-01 05:00:00"),
        ({"a": [5, 9, 10]}, "2 gaps of 3 rows; the first is at 2024-01-01 05:00:00, and the longest, of 2, at 2024-01-01 09:00:00"),
        ({"a": [5, 6, 10]}, "2 gaps of 3 rows; the first, at 2024-01-01 05:00:00, is the longest, of 2"),
        ({"a": [5], "b": []}, "1 gap of 1 row in 'a', at 2024-01-01 05:00:00"),
        ({"a": [5], "b": [7, 8, 20]}, "3 gaps of 4 rows in 2 series; the longest, of 2, is at 2024-01-01 07:00:00 in 'b'"),
    ],
)  # fmt: skip
def test_gaps_are_counted_and_placed(absent: dict[str, list[int]], said: str, tmp_path: Path) -> None:
    rows = [(t, s, i) for s in absent for i, t in enumerate(hours(90)) if i not in absent[s]]
    write_table(tmp_path / "t.csv", "t,s,y", rows)
    columns = {"targets": ["y"], "missing": "mask"} | ({"id": "s"} if len(absent) > 1 else {})
    assert f"\n{said}\n" in done("validate", write_config(tmp_path, columns))


def test_business_days_under_a_daily_frequency_are_told(tmp_path: Path) -> None:
    days = [f"2024-0{m}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    import numpy as np

    rows = [(d, i) for i, d in enumerate(days) if np.is_busday(d)]
    write_table(tmp_path / "t.csv", "t,y", rows)
    config = write_config(tmp_path, {"targets": ["y"], "freq": "D", "missing": "ffill"})
    result = call("validate", config)
    assert "the rows look like data.freq: B, and data.freq is D: the rest are gaps" in result.stderr


def test_series_too_short_for_a_window_are_named_skipped_or_refused(tmp_path: Path) -> None:
    rows = [(t, name, i) for name, n in (("long", 60), ("short", 9)) for i, t in enumerate(hours(n))]
    write_table(tmp_path / "t.csv", "t,id,y", rows)
    columns = {"id": "id", "targets": ["y"]}
    named = "1 of 2 series have fewer training rows than a window needs, 9: 'short' (8)"
    result = call("validate", write_config(tmp_path, columns))
    assert f"{named}; none of their windows is trained on" in result.stderr
    window = {"lookback": 6, "horizon": 3, "short": "error"}
    text = refused(2, "validate", write_config(tmp_path, columns, window=window))
    assert text.endswith(f"{named}; add rows to these series, or set window.short to skip or pad")


def test_tables_and_sentences_fit_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_table(tmp_path / "t.csv", "t,y", zip(hours(90), range(90), strict=True))
    write_config(tmp_path, {"targets": ["y"], "timezone": "Europe/Paris"})
    for columns in (80, 50):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.chdir(tmp_path)
        assert max(map(len, done("validate", "c.yaml").splitlines())) <= columns
