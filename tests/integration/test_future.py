"""The table to fill in: `future` writes it, `predict --future` reads it."""

import json
import shlex
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.integration.tiny_runs import call, csv_rows, done, hours, line, refused, write_config, write_table

pytestmark = pytest.mark.slow

N = 40
AHEAD = hours(3, first=N)


def rows(n: int = N, first: int = 0) -> list[list[object]]:
    return [[t, k, i, i % 2, "ab"[i % 2]] for k in "pq" for i, t in enumerate(hours(n, first=first), first)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two series that know open, a number, and shift, a category, ahead."""
    folder = tmp_path_factory.mktemp("future")
    write_table(folder / "t.csv", "t,id,y,open,shift", rows())
    columns = {"id": "id", "targets": ["y"], "future_covariates": ["open", "shift"]}
    config = write_config(folder, columns | {"categorical": {"shift": "one_hot"}})
    done("train", config, "--run-dir", folder / "r", "-q")
    return folder / "r"


def filled(path: Path, *, shift: str = "a", skip: int = 0) -> Path:
    found = [[k, t, 1, shift] for k in "pq" for t in AHEAD]
    return write_table(path, "id,t,open,shift", found[skip:])


def test_every_series_and_step_of_the_horizon_is_asked_for(run: Path) -> None:
    result = call("future", run)
    assert csv_rows(result.stdout) == [
        ["id", "t", "open", "shift"],
        *([k, t, "", ""] for k in "pq" for t in AHEAD),
    ]
    assert (
        result.stderr == f"note: fill in 12 empty cells, then run: forecaster predict {run} --future FILE\n"
    )


def test_what_was_written_and_filled_in_is_read(run: Path, tmp_path: Path) -> None:
    assert done("future", run, "--output", tmp_path / "f.csv") == f"{tmp_path / 'f.csv'}: 6 rows\n"
    text = (tmp_path / "f.csv").read_text().replace(",,", ",1,a").replace("shift1,a", "shift")
    (tmp_path / "f.csv").write_text(text)
    found = done("predict", run, "--future", tmp_path / "f.csv")
    assert [row[:2] for row in csv_rows(found)[1:]] == [[k, t] for k in "pq" for t in AHEAD]
    assert done("predict", run, "--future", filled(tmp_path / "g.csv")) == found
    assert done("predict", run, "--future", filled(tmp_path / "g.csv", shift="b")) != found


def test_the_same_numbers_in_the_rows_themselves_give_the_same_forecast(run: Path, tmp_path: Path) -> None:
    ahead = [[t, k, "", 1, "a"] for k in "pq" for t in AHEAD]
    whole = write_table(tmp_path / "t.csv", "t,id,y,open,shift", [*rows(), *ahead])
    assert done("predict", run, "--data", whole) == done(
        "predict", run, "--future", filled(tmp_path / "f.csv")
    )
    assert "no cell is empty" in call("future", run, "--data", whole).stderr


def test_missing_rows_and_cells_are_listed_first_few_first(run: Path, tmp_path: Path) -> None:
    table = write_table(
        tmp_path / "f.csv", "id,t,open,shift", [["p", AHEAD[0], 1, ""], ["q", AHEAD[2], "", "b"]]
    )
    assert refused(2, "predict", run, "--future", table) == (
        f"{table}: series 'p' has no 'shift' at {AHEAD[0]}, which must be known ahead\n"
        f"{table}: series 'p' has no 'open' at {AHEAD[1]}, which must be known ahead\n"
        f"{table}: series 'p' has no 'shift' at {AHEAD[1]}, which must be known ahead\n"
        f"{table}: series 'p' has no 'open' at {AHEAD[2]}, which must be known ahead\n"
        f"{table}: series 'p' has no 'shift' at {AHEAD[2]}, which must be known ahead\n"
        f"{table}: and 5 more values of the horizon; fill it in for all 3 steps; a shorter --horizon shows fewer, and needs them all"
    )


def test_nothing_filled_in_is_listed_too(run: Path, tmp_path: Path) -> None:
    done("future", run, "--output", tmp_path / "f.csv")
    text = refused(2, "predict", run, "--future", tmp_path / "f.csv")
    assert "series 'p' has no 'open' at" in text
    assert "and 7 more values of the horizon" in text


def test_missing_column_duplicates_and_stray_times_are_named(run: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path / "f.csv", "id,t,open", [["p", AHEAD[0], 1]])
    assert "data.future_covariates: no column is called 'shift'" in refused(
        2, "predict", run, "--future", table
    )
    twice = [["p", AHEAD[0], 1, "a"], ["p", AHEAD[0], 0, "a"]]
    table = write_table(tmp_path / "f.csv", "id,t,open,shift", twice)
    assert f"f.csv:3: t: another row of series 'p' has the time {AHEAD[0]} too" in refused(
        2, "predict", run, "--future", table
    )
    table = write_table(tmp_path / "f.csv", "id,t,open,shift", [["p", "2024-01-02 16:30:00", 1, "a"]])
    assert "2024-01-02 16:30:00 is not a step of the run" in refused(2, "predict", run, "--future", table)


def test_rows_of_other_series_and_times_are_said_to_be_unused(run: Path, tmp_path: Path) -> None:
    table = filled(tmp_path / "f.csv")
    with table.open("a") as out:
        out.write(f"z,{AHEAD[0]},1,a\np,{hours(1)[0]},1,a\n")
    result = call("predict", run, "--future", table)
    assert result.exit_code == 0
    assert f"not used from {table}: 2 rows of other series or times" in result.stderr


def test_the_horizon_goes_on_from_another_origin(run: Path, tmp_path: Path) -> None:
    newer = write_table(tmp_path / "t.csv", "t,id,y,open,shift", rows(20, first=100))
    asked = json.loads(done("future", run, "--data", newer, "--from", hours(1, first=117)[0], "--json"))
    assert [row["t"] for row in asked["rows"][:3]] == hours(3, first=118)
    # What the rows behind the origin know is filled in, targets aside.
    assert [row["open"] for row in asked["rows"][:3]] == [0, 1, None]
    assert asked["empty"] == 4


def test_the_command_that_it_prints_forecasts_from_the_same_rows(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path / "its plan.csv", "t,id,y,open,shift", rows(20, first=100))
    origin = hours(1, first=116)[0]
    given = ["--data", "its plan.csv", "--from", origin, "--horizon", 2]
    result = call("future", run, *given, "--output", "f.csv")
    following = f"forecaster predict {run} --data 'its plan.csv' --from '{origin}' --horizon 2 --future f.csv"
    assert result.stderr == f"note: no cell is empty; next: {following}\n"
    forecast = call(*shlex.split(following)[1:])
    assert (forecast.exit_code, forecast.stderr) == (0, "")
    assert [row[:2] for row in csv_rows(forecast.stdout)[1:3]] == [["p", t] for t in hours(2, first=117)]


def test_a_table_of_other_times_or_series_altogether_is_refused(run: Path, tmp_path: Path) -> None:
    newer = write_table(tmp_path / "t.csv", "t,id,y,open,shift", rows(20, first=100))
    known = write_table(
        tmp_path / "known.csv",
        "t,id,y,open,shift",
        [*rows(), *([t, k, "", 1, "a"] for k in "pq" for t in AHEAD)],
    )
    done("future", run, "--data", newer, "--output", tmp_path / "f.csv")
    late = hours(3, first=120)
    # Whether or not the rows know the values already.
    for data in ([], ["--data", known]):
        assert refused(2, "predict", run, *data, "--future", tmp_path / "f.csv") == (
            f"{tmp_path / 'f.csv'}: has rows from {late[0]} to {late[-1]}, and the forecast is from {AHEAD[0]} to "
            f"{AHEAD[-1]}; give the times of the forecast, or name the --data and --from that the table was written for"
        )
    other = write_table(tmp_path / "o.csv", "id,t,open,shift", [["P", t, 1, "a"] for t in AHEAD])
    assert refused(2, "predict", run, "--data", known, "--future", other) == (
        f"{other}: has rows of the series 'P', and none of those to forecast: 'p', 'q'; write the ids as the rows have "
        "them"
    )


def test_a_table_whose_ids_have_lost_their_zeros_is_refused(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", "t,id,y,open", [[t, "07", i, i % 2] for i, t in enumerate(hours(N + 3))])
    columns = {"id": "id", "targets": ["y"], "future_covariates": ["open"], "end": hours(N)[-1]}
    done("train", write_config(tmp_path, columns), "--run-dir", tmp_path / "r", "-q")
    table = write_table(tmp_path / "f.csv", "id,t,open", [["7", t, 1] for t in AHEAD])
    assert refused(2, "predict", tmp_path / "r", "--future", table) == (
        f"{table}: series '7' has lost its zeros: the rows have '07'; write ids as text"
    )


def test_run_without_covariates_known_ahead_has_nothing_to_fill_in(tmp_path: Path) -> None:
    done("train", line(tmp_path), "--run-dir", tmp_path / "r", "-q")
    assert "has no data.future_covariates, so there is nothing to fill in" in refused(
        2, "future", tmp_path / "r"
    )
    table = write_table(tmp_path / "f.csv", "t,open", [[AHEAD[0], 1]])
    assert "this run has no data.future_covariates" in refused(
        2, "predict", tmp_path / "r", "--future", table
    )


def test_table_written_like_the_data_is_read_too(tmp_path: Path) -> None:
    """Semicolons, decimal commas and days first, as the training table has them."""
    days = [f"{1 + i // 24:02}.01.2024 {i % 24:02}:00" for i in range(43)]
    table = "t;y;open\n" + "".join(f"{t};{i},5;{i % 2},5\n" for i, t in enumerate(days[:N]))
    (tmp_path / "t.csv").write_text(table)
    csv = {"separator": ";", "decimal": ",", "time_format": "%d.%m.%Y %H:%M"}
    config = write_config(tmp_path, {"targets": ["y"], "future_covariates": ["open"], "csv": csv})
    done("train", config, "--run-dir", tmp_path / "r", "-q")
    (tmp_path / "f.csv").write_text("t;open\n" + "".join(f"{t};0,5\n" for t in days[N:]))
    plain = write_table(tmp_path / "g.csv", "t,open", [[t, 0.5] for t in AHEAD])
    found = done("predict", tmp_path / "r", "--future", tmp_path / "f.csv")
    assert done("predict", tmp_path / "r", "--future", plain) == found


def test_times_over_several_columns_come_in_one_or_in_several(tmp_path: Path) -> None:
    """The table of the future as `future` writes it, and as the training table is written."""
    days = [(f"2024-01-{1 + i // 24:02}", i % 24) for i in range(43)]
    write_table(tmp_path / "t.csv", "t,hr,y,open", [[d, h, i, i % 2] for i, (d, h) in enumerate(days[:N])])
    config = write_config(
        tmp_path, {"targets": ["y"], "future_covariates": ["open"], "time_parts": {"hour": "hr"}}
    )
    done("train", config, "--run-dir", tmp_path / "r", "-q")
    alike = write_table(tmp_path / "f.csv", "t,hr,open", [[d, h, 1] for d, h in days[N:]])
    found = done("predict", tmp_path / "r", "--future", alike)
    plain = write_table(tmp_path / "g.csv", "t,open", [[t, 1] for t in AHEAD])
    assert done("predict", tmp_path / "r", "--future", plain) == found
    typed = tmp_path / "h.parquet"
    pq.write_table(pa.table({"t": AHEAD, "open": [1, 1, 1]}), typed)
    assert done("predict", tmp_path / "r", "--future", typed) == found


def test_a_recursive_head_asks_for_more_steps_than_it_was_trained_for(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", "t,y,open", [[t, i, i % 2] for i, t in enumerate(hours(N))])
    model = {"layers": [{"type": "simple_rnn", "units": 3}], "head": {"type": "recursive"}}
    config = write_config(tmp_path, {"targets": ["y"], "future_covariates": ["open"]}, model=model)
    done("train", config, "--run-dir", tmp_path / "r", "-q")
    done("future", tmp_path / "r", "--horizon", 8, "--output", tmp_path / "f.csv")
    head, *asked = csv_rows((tmp_path / "f.csv").read_text())
    assert [row[0] for row in asked] == hours(8, first=N)
    write_table(tmp_path / "g.csv", ",".join(head), [[row[0], 1] for row in asked])
    found = csv_rows(done("predict", tmp_path / "r", "--horizon", 8, "--future", tmp_path / "g.csv"))
    assert [row[0] for row in found[1:]] == hours(8, first=N)
