"""Which rows `predict` takes for a history, and which it refuses."""

from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

import forecaster as fc
from tests.integration.tiny_runs import (
    START,
    call,
    csv_rows,
    done,
    hours,
    line,
    read,
    refused,
    write_config,
    write_table,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("line")
    done("train", line(folder), "--run-dir", folder / "r", "-q")
    return folder / "r"


@pytest.fixture(scope="module")
def zero(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained under missing: zero."""
    folder = tmp_path_factory.mktemp("zero")
    write_table(folder / "t.csv", "t,y", zip(hours(60), range(60), strict=True))
    config = write_config(folder, {"targets": ["y"], "missing": "zero"})
    done("train", config, "--run-dir", folder / "r", "-q")
    return folder / "r"


def every(step: timedelta, n: int, first: datetime = START) -> list[str]:
    return [str(first + i * step) for i in range(n)]


def test_another_frequency_is_refused_under_zero_too(zero: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path / "t.csv", "t,y", zip(every(timedelta(hours=2), 20), range(20), strict=True))
    assert refused(2, "predict", zero, "--data", table) == (
        f"{table}: data.freq: most rows are 2 steps of 'h' apart: regular series need 39 rows, and the table has "
        "20; the network was trained on data.freq 'h': give it a table of the same frequency"
    )


def test_rows_at_odd_distances_are_no_other_frequency_under_zero(zero: Path, tmp_path: Path) -> None:
    """Sales that are written down only where there were any."""
    sold = [0, 2, 3, 9, 11, 14, 15, 21, 24, 26, 31, 33]
    rows = [(hours(40)[i], 1) for i in sold]
    found = done("predict", zero, "--data", write_table(tmp_path / "t.csv", "t,y", rows))
    assert csv_rows(found)[1][0] == hours(1, first=34)[0]


def test_state_holds_the_time_axis_of_the_training_rows(run: Path) -> None:
    assert read(run, "model/state.json")["grid"] == {"freq": "h", "timezone": None, "phase": 0, "skip": 0}


def test_rows_of_another_phase_are_refused(run: Path, tmp_path: Path) -> None:
    half_past = every(timedelta(hours=1), 9, START + timedelta(minutes=30))
    table = write_table(tmp_path / "t.csv", "t,y", zip(half_past, range(9), strict=True))
    text = refused(2, "predict", run, "--data", table)
    assert text.splitlines()[0] == (
        f"{table}:2: t: 2024-01-01 00:30:00 is not a step of the run, whose training has steps such as "
        "2024-01-01 00:00:00 and 2024-01-01 01:00:00; give it rows that lie on these steps"
    )


CLOCK = "; write {} without an offset, on the clock of the training rows"


@pytest.mark.parametrize("command", ["predict", "evaluate", "monitor", "refit", "update"])
def test_rows_with_an_offset_are_refused_by_a_run_without(command: str, run: Path, tmp_path: Path) -> None:
    rows = zip([f"{t}+02:00" for t in hours(80)], range(80), strict=True)
    table = write_table(tmp_path / "t.csv", "t,y", rows)
    new = ["--run-dir", tmp_path / "new"] if command in ("refit", "update") else []
    assert refused(2, command, run, "--data", table, *new) == (
        f"{table}: t: the times are those of +02:00, and the network was trained on times without an offset from UTC"
        + CLOCK.format("the times")
    )
    assert not (tmp_path / "new").exists()


def test_so_are_frames_and_options_with_an_offset(run: Path) -> None:
    frame = pd.DataFrame({"t": pd.to_datetime(hours(80)).tz_localize("Europe/Paris"), "y": range(80)})
    with pytest.raises(
        fc.DataError, match="the times are those of Europe/Paris, and the network was trained"
    ):
        fc.load(run).predict(frame)
    for option in ("--from", "--expect-until"):
        said = refused(2, "predict", run, option, "2024-01-02 05:00+02:00")
        assert said == (
            f"{option}: 2024-01-02 05:00+02:00 has the offset +02:00 from UTC, and the network was trained on times "
            "without one" + CLOCK.format("it")
        )
    with pytest.raises(fc.UsageError, match="cutoff: 2024-01-02T05:00:00\\+01:00 has the offset"):
        fc.load(run).predict(cutoff=pd.Timestamp("2024-01-02 05:00", tz="Europe/Paris"))
    done("predict", run, "--from", "2024-01-02 05:00")


def test_gap_before_the_last_lookback_does_not_matter(run: Path, tmp_path: Path) -> None:
    """The lookback is 6 rows: of 20 rows the sixth is absent, of whole ones none."""
    rows = list(zip(hours(20), range(20), strict=True))
    whole = write_table(tmp_path / "whole.csv", "t,y", rows)
    holed = write_table(tmp_path / "holed.csv", "t,y", rows[:5] + rows[6:])
    assert done("predict", run, "--data", holed) == done("predict", run, "--data", whole)


def test_gap_within_the_last_lookback_is_refused_with_its_own_hint(run: Path, tmp_path: Path) -> None:
    rows = list(zip(hours(20), range(20), strict=True))
    table = write_table(tmp_path / "t.csv", "t,y", rows[:16] + rows[17:])
    assert refused(2, "predict", run, "--data", table) == (
        f"{table}: the table has 1 absent or empty row, the first at 2024-01-01 16:00:00; a forecast needs the last 6 "
        "rows before its cutoff without gaps: fill them in, or use an earlier --from"
    )
    # From before the gap it does not matter either.
    assert done("predict", run, "--data", table, "--from", hours(20)[15])


def test_new_series_without_its_static_covariate_is_taken_for_the_usual(tmp_path: Path) -> None:
    """Runways of 2 and 4 in training, so 3 is what the mean is."""
    rows = [(t, k, i, r) for k, r in (("a", 2), ("b", 4)) for i, t in enumerate(hours(40))]
    write_table(tmp_path / "t.csv", "t,id,y,runways", rows)
    columns = {"id": "id", "targets": ["y"], "static_covariates": ["runways"]}
    done("train", write_config(tmp_path, columns), "--run-dir", tmp_path / "r", "-q")

    def predicted(runways: object) -> tuple[str, str]:
        new = [(t, "c", i, runways) for i, t in enumerate(hours(9))]
        table = write_table(tmp_path / "new.csv", "t,id,y,runways", new)
        result = call("predict", tmp_path / "r", "--data", table)
        assert result.exit_code == 0, result.stderr
        return result.stdout, result.stderr

    forecast, said = predicted("")
    assert "no value of 'runways' in 1 series: 'c'; replaced by the mean of the training series, 3" in said
    assert forecast == predicted(3)[0]
    assert forecast != predicted(30)[0]
