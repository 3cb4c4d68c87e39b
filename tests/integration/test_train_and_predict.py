"""The main way through the command line, on tables whose numbers are worked by hand."""

import json
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.integration.tiny_runs import (
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

INTERVALS = ["forecast-lo-80", "forecast-hi-80", "forecast-lo-95", "forecast-hi-95"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The line's run, beside its table and config."""
    folder = tmp_path_factory.mktemp("line")
    done("train", line(folder), "--run-dir", folder / "r")
    return folder / "r"


def test_run_directory_has_these_files_and_no_others(run: Path) -> None:
    files = sorted(str(p.relative_to(run)) for p in run.rglob("*") if p.is_file())
    assert files == [
        ".lock",
        "config.yaml",
        "events.jsonl",
        "forecasts.csv",
        "history.csv",
        "manifest.json",
        "metrics.json",
        "model/context.csv",
        "model/network-0.onnx",
        "model/network.json",
        "model/spec.json",
        "model/state.json",
        "model/weights.safetensors",
        "next.csv",
        "plots/forecast.png",
        "plots/loss.png",
        "report.html",
        "resolved.yaml",
        "scores/by_series.csv",
        "scores/by_step.csv",
        "splits.json",
    ]


def test_config_is_kept_as_it_was_given(run: Path) -> None:
    assert (run / "config.yaml").read_bytes() == (run.parent / "c.yaml").read_bytes()


def test_manifest_says_what_the_run_is(run: Path) -> None:
    manifest = read(run, "manifest.json")
    assert sorted(manifest) == ["data", "files", "format_version", "name", "seed", "versions"]
    assert manifest["name"] == "tiny"
    assert manifest["seed"] == 42
    assert manifest["data"]["rows"] == 60
    assert sorted(manifest["files"]) == sorted(
        str(p.relative_to(run))
        for p in run.rglob("*")
        if p.is_file() and p.name not in (".lock", "manifest.json", "report.html")
    )


def test_splits_by_hand(run: Path) -> None:
    """60 rows: the last 12 are tests, the 6 before them validate, 42 train. Windows are 6 + 3 steps."""
    (series,) = read(run, "splits.json")["series"]
    days = hours(60)
    for name, first, last, n in (("train", 0, 41, 34), ("val", 42, 47, 4), ("test", 48, 59, 10)):
        part = series[name]
        assert (part["first"], part["last"], part["windows"]) == (days[first], days[last], n)
        begin = max(first, 6)
        assert part["first_window"] == {
            "lookback_first": days[begin - 6],
            "cutoff": days[begin - 1],
            "target_first": days[begin],
            "target_last": days[begin + 2],
        }
        assert part["last_window"] == {
            "lookback_first": days[last - 8],
            "cutoff": days[last - 3],
            "target_first": days[last - 2],
            "target_last": days[last],
        }


def test_scores_by_hand(run: Path) -> None:
    """One, two and three steps ahead the naive forecast of a line is 1, 2 and 3 off, the seasonal one with a
    season of 2 steps 2, 2 and 4; in the training rows the seasonal one is always 2 off."""
    metrics = read(run, "metrics.json")
    assert metrics["format_version"] == 1
    for name, n in (("val", 4), ("test", 10)):
        split = metrics["splits"][name]
        assert split["windows"] == n
        assert list(split["scores"]) == ["model", "naive", "seasonal_naive"]
        naive, seasonal = split["scores"]["naive"], split["scores"]["seasonal_naive"]
        assert naive["mae"] == pytest.approx(2)
        assert naive["mse"] == pytest.approx(14 / 3)
        assert naive["rmse"] == pytest.approx((14 / 3) ** 0.5)
        assert naive["mase"] == pytest.approx(1)
        assert seasonal["mae"] == pytest.approx(8 / 3)
        assert seasonal["mase"] == pytest.approx(4 / 3)
        assert split["relative"]["seasonal_naive"] == pytest.approx({"skill": 0, "owa": 1})
        # 1 less 2 over 8 / 3.
        assert split["relative"]["naive"]["skill"] == pytest.approx(1 / 4)
        # The standard deviation of 0, 1, … 41 is the root of (42 x 42 - 1) / 12.
        assert naive["scaled_mae"] == pytest.approx(2 / ((42**2 - 1) / 12) ** 0.5)
        assert naive["scaled_mse"] == pytest.approx(14 / 3 / ((42**2 - 1) / 12))


def test_forecasts_hold_every_test_window_and_give_the_model_its_score(run: Path) -> None:
    header, *rows = csv_rows((run / "forecasts.csv").read_text())
    assert header == ["t", "cutoff", "forecast", *INTERVALS, "y"]
    assert len(rows) == 10 * 3
    assert rows[0][:2] == [hours(60)[48], hours(60)[47]]
    assert rows[-1][:2] == [hours(60)[59], hours(60)[56]]
    assert [row[7] for row in rows[:3]] == ["48", "49", "50"]
    errors = [abs(float(row[2]) - float(row[7])) for row in rows]
    mae = read(run, "metrics.json")["splits"]["test"]["scores"]["model"]["mae"]
    assert sum(errors) / 30 == pytest.approx(mae, rel=1e-6)


def test_history_has_a_row_per_epoch(run: Path) -> None:
    header, *rows = csv_rows((run / "history.csv").read_text())
    assert header == ["member", "epoch", "loss", "learning_rate", "seconds", "best", "val_loss", "val_mae"]
    assert [row[:2] for row in rows] == [["0", "1"], ["0", "2"]]
    best = [row[7] for row in rows if row[5] == "True"][-1]
    mae = read(run, "metrics.json")["splits"]["val"]["scores"]["model"]["mae"]
    assert float(best) == pytest.approx(mae, rel=1e-5)


def test_next_steps_after_the_table(run: Path) -> None:
    header, *rows = csv_rows(done("predict", run))
    assert header == ["t", "forecast", *INTERVALS]
    assert [row[0] for row in rows] == hours(3, first=60)
    assert all(float(row[1]) for row in rows)


def test_forecast_does_not_need_the_table(run: Path, tmp_path: Path) -> None:
    expected = done("predict", run)
    (run.parent / "t.csv").rename(tmp_path / "t.csv")
    assert done("predict", run) == expected
    (tmp_path / "t.csv").rename(run.parent / "t.csv")


def test_training_table_brought_again_gives_the_same_forecast(run: Path) -> None:
    assert done("predict", run, "--data", run.parent / "t.csv") == done("predict", run)


def test_from_is_the_last_time_taken_as_known(run: Path) -> None:
    """It gives the forecast of the test window with that cutoff, and looks at no later row."""
    found = done("predict", run, "--from", hours(60)[47])
    _, *stored = csv_rows((run / "forecasts.csv").read_text())
    assert [row[0] for row in csv_rows(found)[1:]] == hours(3, first=48)
    assert [float(r[1]) for r in csv_rows(found)[1:]] == pytest.approx(
        [float(r[2]) for r in stored[:3]], rel=1e-6
    )
    table = run.parent / "t.csv"
    whole = table.read_text()
    table.write_text(whole.replace(",48\n", ",999\n").replace(",59\n", ",-7\n"))
    assert done("predict", run, "--from", hours(60)[47]) == found
    table.write_text(whole)


def test_from_between_two_rows_knows_the_earlier_one(run: Path) -> None:
    assert done("predict", run, "--from", "2024-01-02T23:30:00") == done(
        "predict", run, "--from", hours(60)[47]
    )


def test_from_outside_the_table_is_refused_with_its_range(run: Path) -> None:
    table = run.parent / "t.csv"
    for time in ("2023-12-31", "2024-02-01"):
        text = refused(2, "predict", run, "--from", time)
        assert "goes from 2024-01-01 00:00:00 to 2024-01-03 11:00:00" in text
        assert str(table.name) in text
    assert refused(2, "predict", run, "--from", "yesterday").startswith("--from: ")


def test_from_without_a_lookback_before_it_is_refused(run: Path) -> None:
    text = refused(2, "predict", run, "--from", hours(60)[4])
    assert text.endswith(
        "a forecast needs 6 rows before its cutoff, and the table has 5; pass more rows with --data, or use a later --from"
    )


def test_newer_rows(run: Path, tmp_path: Path) -> None:
    """The level comes back from the window's own last value: 40 hours on, the forecast is 40 more."""
    later = write_table(tmp_path / "t.csv", "t,y", zip(hours(6, first=94), range(94, 100), strict=True))
    _, *rows = csv_rows(done("predict", run, "--data", later))
    _, *before = csv_rows(done("predict", run))
    assert [row[0] for row in rows] == hours(3, first=100)
    assert [float(r[1]) for r in rows] == pytest.approx([float(r[1]) + 40 for r in before], rel=1e-5)


def test_too_few_new_rows(run: Path, tmp_path: Path) -> None:
    few = write_table(tmp_path / "few.csv", "t,y", zip(hours(5), range(5), strict=True))
    assert refused(2, "predict", run, "--data", few) == (
        f"{few}: a forecast needs 6 rows before its cutoff, and the table has 5; pass more rows with --data"
    )


def test_other_frequency_names_both(run: Path, tmp_path: Path) -> None:
    daily = [f"2024-01-{i:02}" for i in range(1, 21)]
    table = write_table(tmp_path / "daily.csv", "t,y", zip(daily, range(20), strict=True))
    text = refused(2, "predict", run, "--data", table)
    assert "daily.csv" in text
    assert "h" in text
    assert "D" in text or "1 day" in text or "24" in text


def test_absent_column_and_text_in_a_number_column_are_named(run: Path, tmp_path: Path) -> None:
    other = write_table(tmp_path / "other.csv", "t,z", zip(hours(9), range(9), strict=True))
    text = refused(2, "predict", run, "--data", other)
    assert "'y'" in text
    assert "z" in text
    words = write_table(tmp_path / "words.csv", "t,y", zip(hours(9), [*range(8), "many"], strict=True))
    text = refused(2, "predict", run, "--data", words)
    assert "many" in text
    assert "words.csv:10" in text


def test_endings_of_the_output(run: Path, tmp_path: Path) -> None:
    said = done("predict", run, "--output", tmp_path / "f.csv")
    assert said == f"{tmp_path}/f.csv: 3 rows\n"
    assert (tmp_path / "f.csv").read_text() == done("predict", run)
    done("predict", run, "-o", tmp_path / "f.parquet")
    table = parquet.read_table(tmp_path / "f.parquet")
    assert table.column_names == ["t", "forecast", *INTERVALS]
    assert table.schema.field("forecast").type == pa.float64()
    done("predict", run, "-o", tmp_path / "f.json")
    assert json.loads((tmp_path / "f.json").read_text()) == table.to_pylist()
    assert "use one of .csv, .parquet, .json" in refused(2, "predict", run, "-o", tmp_path / "f.txt")


def test_json_is_one_object(run: Path) -> None:
    found = json.loads(done("predict", run, "--json"))
    assert found["format_version"] == 1
    assert found["diagnostics"] == []
    assert [row["t"] for row in found["forecasts"]] == hours(3, first=60)
    failed = call("predict", run, "--from", "yesterday", "--json")
    error = json.loads(failed.stdout)
    assert error["exit_code"] == failed.exit_code == 2
    assert error["error"] == "UsageError"
    assert error["diagnostics"][0]["severity"] == "error"


def test_show_says_what_the_run_is(run: Path) -> None:
    text = done("show", run)
    assert "tiny, seed 42" in text
    assert "test: 10 windows" in text
    assert "weights.safetensors" in text
    found = json.loads(done("show", run, "--json"))
    assert found["splits"] == read(run, "metrics.json")["splits"]
    assert "lookback: 6" in done("show", run, "-v")


def test_changed_weights_are_not_used(run: Path) -> None:
    path = run / "model" / "weights.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert refused(2, "predict", run).startswith(
        f"{path}: was changed or cut short since the run was complete"
    )
    path.write_bytes(whole)


def test_panel_of_several_targets(tmp_path: Path) -> None:
    """Ids are text, whatever they look like; order of output: series, target, step."""
    rows = [
        (day, name, i * scale, 100 - i)
        for name, scale in (("010", 1), ("9", 3))
        for i, day in enumerate(hours(40))
    ]
    write_table(tmp_path / "t.csv", "t,shop,y,z", rows)
    config = write_config(tmp_path, {"id": "shop", "targets": ["y", "z"]})
    done("train", config, "--run-dir", tmp_path / "r", "-q")
    header, *found = csv_rows(done("predict", tmp_path / "r"))
    assert header == ["shop", "t", "target", "forecast", *INTERVALS]
    assert [row[:3] for row in found] == [
        [shop, time, target] for shop in ("010", "9") for target in ("y", "z") for time in hours(3, first=40)
    ]
    header, *tested = csv_rows((tmp_path / "r" / "forecasts.csv").read_text())
    assert header == ["shop", "t", "cutoff", "target", "forecast", *INTERVALS, "actual"]
    # 8 test rows are 6 windows of 3 steps, for 2 series and 2 targets.
    assert len(tested) == 6 * 3 * 2 * 2
    assert [row[-1] for row in tested[:6]] == ["32", "33", "34", "68", "67", "66"]

    # A series of rising tens that training never saw, beside one that it did and one that is too short.
    new = [(day, "new", 10 * i, 5) for i, day in enumerate(hours(8, first=40))]
    short = [(day, "short", 1, 1) for day in hours(2, first=40)]
    seen = [(day, "9", 120 + i * 3, 60 - i) for i, day in enumerate(hours(8, first=40))]
    table = write_table(tmp_path / "new.csv", "t,shop,y,z", [*new, *short, *seen])
    result = call("predict", tmp_path / "r", "--data", table)
    assert result.exit_code == 0
    assert {row[0] for row in csv_rows(result.stdout)[1:]} == {"new", "9"}
    assert "'short' has 2; not forecast" in result.stderr
    assert "1 series that training never saw: 'new'; scaled by their own history" in result.stderr
    notes = json.loads(done("predict", tmp_path / "r", "--data", table, "--json"))["notes"]
    said = ("not in", "before the last time of the table", "'short' has 2", "never saw")
    assert [words in note for words, note in zip(said, notes, strict=True)] == [True] * 4, notes


def test_integer_time_and_no_held_out_rows(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", "t,y", [(5 + 2 * i, (i % 4) / 8) for i in range(30)])
    config = write_config(
        tmp_path,
        {"freq": 2, "targets": ["y"]},
        split={"val": 0, "test": 0},
        training={"epochs": 1, "early_stopping": None},
    )
    done("train", config, "--run-dir", tmp_path / "r", "-q")
    assert csv_rows(done("predict", tmp_path / "r"))[1][0] == "65"
    assert [row[0] for row in csv_rows(done("predict", tmp_path / "r", "--from", "25"))[1:]] == [
        "27",
        "29",
        "31",
    ]
    assert read(tmp_path / "r", "metrics.json")["splits"] == {}
    assert not (tmp_path / "r" / "forecasts.csv").exists()


def test_local_time_over_a_change_of_the_clock(tmp_path: Path) -> None:
    """In Berlin 02:00 of March 31st 2024 did not exist."""
    times = [f"2024-03-{28 + h // 24} {h % 24:02}:00" for h in range(73)]
    write_table(tmp_path / "t.csv", "t,y", zip(times, range(73), strict=True))
    config = write_config(
        tmp_path,
        {"targets": ["y"], "timezone": "Europe/Berlin", "calendar": ["hour"]},
        training={"epochs": 1},
    )
    done("train", config, "--run-dir", tmp_path / "r", "-q")
    assert [row[0] for row in csv_rows(done("predict", tmp_path / "r"))[1:]] == [
        "2024-03-31 01:00:00+01:00",
        "2024-03-31 03:00:00+02:00",
        "2024-03-31 04:00:00+02:00",
    ]


@pytest.mark.parametrize("zone", [{}, {"timezone": "-05:00"}, {"timezone": "America/Bogota"}])
def test_days_with_an_offset_are_forecast_in_it(zone: dict[str, str], tmp_path: Path) -> None:
    """Midnight there is no midnight of UTC; the report reads the days back."""
    days = [f"{date(2024, 1, 5) + timedelta(days=d)}T00:00:00-05:00" for d in range(56)]
    write_table(tmp_path / "t.csv", "t,y", zip(days, range(56), strict=True))
    config = write_config(tmp_path, {"targets": ["y"], "freq": "D", **zone}, training={"epochs": 1})
    done("train", config, "--run-dir", tmp_path / "r", "-q")
    assert [row[0] for row in csv_rows(done("predict", tmp_path / "r"))[1:]] == [
        "2024-03-01",
        "2024-03-02",
        "2024-03-03",
    ]
    assert [row[0] for row in csv_rows((tmp_path / "r" / "next.csv").read_text())[1:2]] == ["2024-03-01"]
    done("report", tmp_path / "r", "--output", tmp_path / "again.html")
    done("evaluate", tmp_path / "r", "-q")


def test_future_covariates_come_with_the_data(tmp_path: Path) -> None:
    rows = list(zip(hours(40), range(40), [i % 2 for i in range(40)], [7] * 40, strict=True))
    write_table(tmp_path / "t.csv", "t,y,open,wind", rows)
    columns = {"targets": ["y"], "future_covariates": ["open"], "past_covariates": ["wind"]}
    done("train", write_config(tmp_path, columns), "--run-dir", tmp_path / "r", "-q")
    text = refused(2, "predict", tmp_path / "r")
    assert "context.csv: the table has no 'open' at 2024-01-02 16:00:00, which must be known ahead\n" in text
    ahead = [(time, "", i % 2, "") for i, time in enumerate(hours(3, first=40))]
    table = write_table(tmp_path / "ahead.csv", "t,y,open,wind", [*rows, *ahead])
    found = done("predict", tmp_path / "r", "--data", table)
    assert [row[0] for row in csv_rows(found)[1:]] == hours(3, first=40)
    other = [(time, "", 1 - i % 2, "") for i, time in enumerate(hours(3, first=40))]
    write_table(tmp_path / "ahead.csv", "t,y,open,wind", [*rows, *other])
    assert done("predict", tmp_path / "r", "--data", table) != found
