"""Forecasts of panels whose series do not end together: what predict says, and what --from and --strict make of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import forecaster as fc
from tests.integration.tiny_runs import call, csv_rows, done, hours, refused, write_config, write_table

pytestmark = pytest.mark.slow

HOURS = hours(60)
LAST = HOURS[59]
# Horizon 3: "late" ends one step before the others, "gone" long before.
STRICT = "add their rows, or name those that have ended with --leave-out"
ROWS = {"a": 60, "late": 59, "gone": 30}
DEAD = (
    f"1 of 3 series end a whole horizon or more before the last time of the table, {LAST}, and so do their forecasts: "
    f"'gone' at {HOURS[29]}"
)
BEHIND = (
    f"1 of 3 series end before the last time of the table, {LAST}, and their forecasts begin there: 'late' at {HOURS[58]}; "
    f"use --from '{LAST}' for forecasts that all lie after it"
)


def rows_of(lengths: dict[str, int]) -> list[tuple[str, str, int]]:
    return [(t, name, i) for name, n in lengths.items() for i, t in enumerate(hours(n))]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("late")
    write_table(folder / "t.csv", "t,id,y", rows_of(ROWS))
    config = write_config(folder, {"id": "id", "targets": ["y"]})
    done("train", config, "--run-dir", folder / "r", "-q")
    return folder / "r"


def steps_of(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in csv_rows(text)[1:]:
        found.setdefault(row[0], []).append(row[1])
    return found


def test_series_that_end_early_are_said_and_forecast_from_there(run: Path) -> None:
    result = call("predict", run)
    assert result.stderr == f"note: {DEAD}\nnote: {BEHIND}\n"
    ahead = hours(70)
    assert steps_of(result.stdout) == {"a": ahead[60:63], "gone": ahead[30:33], "late": ahead[59:62]}
    assert json.loads(done("predict", run, "--json"))["notes"] == [DEAD, BEHIND]


def test_from_forecasts_late_series_as_far_as_they_go(run: Path) -> None:
    result = call("predict", run, "--from", LAST)
    ahead = hours(70)
    assert steps_of(result.stdout) == {"a": ahead[60:63], "late": ahead[60:62]}
    assert result.stderr == (
        f"note: 1 of 3 series end before {LAST}; they are forecast from there, as far as the horizon goes: 'late' at "
        f"{HOURS[58]}\n"
        f"note: 1 of 3 series end a whole horizon or more before {LAST}; not forecast: 'gone' at {HOURS[29]}\n"
    )
    # The steps of the late series are those of its own forecast.
    own = [row for row in csv_rows(done("predict", run)) if row[0] == "late"]
    assert [row for row in csv_rows(result.stdout) if row[0] == "late"] == own[1:]


def test_strict_refuses_with_every_remark(run: Path) -> None:
    assert refused(2, "predict", run, "--strict").splitlines() == [
        f"--strict: {DEAD}; {STRICT}",
        f"--strict: {BEHIND.partition('; use')[0]}; {STRICT}",
    ]


def test_what_has_ended_is_left_out_and_not_missed(run: Path, tmp_path: Path) -> None:
    """The hint of --strict, followed: with the series in the table, without it, and from the last training rows."""
    ahead, left = hours(73), ("--strict", "--leave-out", "gone", "--leave-out", "late")
    table = write_table(tmp_path / "t.csv", "t,id,y", rows_of({"a": 70, "late": 69, "gone": 30}))
    without = write_table(tmp_path / "u.csv", "t,id,y", rows_of({"a": 70}))
    for given in (table, without):
        result = call("predict", run, "--data", given, *left)
        assert (result.exit_code, result.stderr) == (0, "")
        assert steps_of(result.stdout) == {"a": ahead[70:]}
    assert steps_of(done("predict", run, *left)) == {"a": ahead[60:63]}
    assert "1 of 2 series end before" in refused(2, "predict", run, "--data", table, *left[:3])
    frame = fc.load(run).predict(table, strict=True, leave_out=["gone", "late"])
    assert frame["id"].unique().tolist() == ["a"]


def test_only_what_is_known_can_be_left_out(run: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path / "t.csv", "t,id,y", rows_of({"a": 70}))
    assert refused(2, "predict", run, "--data", table, "--leave-out", "b") == (
        f"--leave-out 'b': neither in {table} nor in the training; check the names"
    )
    assert refused(2, "predict", run, "--data", table, "--leave-out", "a") == (
        "--leave-out: leaves no series to forecast; name fewer"
    )
    assert refused(2, "predict", run, "--data", table, "-o", f"{tmp_path}/parts/", "--leave-out", "a") == (
        "--leave-out: a forecast in parts has no such option; leave these series out of the table; where the run knows "
        "them, refit it on that table"
    )


def test_strict_takes_series_that_end_together(run: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path / "t.csv", "t,id,y", rows_of({"a": 70, "late": 70, "gone": 70}))
    assert call("predict", run, "--data", table, "--strict").stderr == ""


def test_strict_in_python(run: Path) -> None:
    loaded = fc.load(run)
    with pytest.raises(fc.DataError) as caught:
        loaded.predict(strict=True)
    assert "strict=True: 1 of 3 series end before" in str(caught.value)
    assert str(caught.value).endswith("add their rows, or name those that have ended with leave_out")
    notes: list[object] = []
    loaded.predict(on_note=notes.append)
    assert notes == [DEAD, BEHIND]
    with pytest.warns(fc.ForecasterWarning, match="1 of 3 series end before"):
        loaded.predict()


def test_series_of_the_training_that_are_absent_or_stale_are_said(run: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path / "t.csv", "t,id,y", rows_of({"a": 50}))
    result = call("predict", run, "--data", table)
    assert result.stderr == (
        f"note: 1 of 1 series end before the last row that the run was trained on: 'a' at {HOURS[49]}\n"
        f"note: 2 of 3 series of the training are not in {table}: 'gone', 'late'; not forecast\n"
    )
    assert "are not in" in refused(2, "predict", run, "--data", table, "--strict")


def test_other_series_are_not_missing_ones(run: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path / "t.csv", "t,id,y", rows_of({"new": 50}))
    assert "not in" not in call("predict", run, "--data", table).stderr


def test_late_series_need_their_own_known_rows(tmp_path: Path) -> None:
    """Two late series; the plan of one is known, that of the other ends with its rows."""
    rows = []
    for name, n, plan in (("a", 60, 63), ("known", 58, 63), ("unknown", 58, 58)):
        rows += [(t, name, i if i < n else "", i % 5) for i, t in enumerate(hours(plan))]
    write_table(tmp_path / "t.csv", "t,id,y,plan", rows)
    data = {"id": "id", "targets": ["y"], "future_covariates": ["plan"]}
    done("train", write_config(tmp_path, data), "--run-dir", tmp_path / "r", "-q")
    result = call("predict", tmp_path / "r", "--from", LAST)
    ahead = hours(70)
    assert steps_of(result.stdout) == {"a": ahead[60:63], "known": ahead[60:61]}
    assert result.stderr.splitlines()[1] == (
        "note: 1 of 3 series end before the cutoff, and their future covariates from there are not known; not forecast: "
        f"'unknown' at {HOURS[57]}"
    )
