"""What `forecaster init` makes of a table: a config that loads, with the roles and steps a person would choose."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import yaml

from forecaster.config.experiment import Experiment
from forecaster.config.spec import ExperimentSpec
from forecaster.data.draft.infer import infer
from forecaster.data.draft.text import quoted
from forecaster.data.reading.formats import FORMATS, labels
from forecaster.data.reading.table import read_table
from forecaster.data.transforms.fill import fill
from forecaster.data.transforms.split import split
from forecaster.errors import DataError, EnvironmentError_, RunTakenError
from forecaster.pipeline.inspect import write_draft

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(*lines: str, name: str = "table.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
        return path

    return write


def config_of(table: Path) -> ExperimentSpec:
    return config_at(table, table.parent / "config.yaml")


def config_at(table: Path, output: Path) -> ExperimentSpec:
    """The config that init writes for a table: it loads, it reads the table, and every range holds a window."""
    result = write_draft(table, output)
    assert output.read_text(encoding="utf-8") == result.text
    loaded = Experiment.from_yaml(output)
    config = loaded.spec
    panel, _ = read_table(config.data, loaded.data_path)
    split_bounds = split(panel, config.split)
    fill(
        panel, config.data.missing, barriers=np.stack([split_bounds.train_end, split_bounds.val_end], axis=1)
    )
    first, end = split_bounds.range("train")
    padded = config.window.short == "pad"
    assert (end - first >= (1 if padded else config.window.lookback) + config.window.horizon).all()
    first, end = split_bounds.range("val")
    assert (end - first >= config.window.horizon).all()
    if config.split.test:
        first, end = split_bounds.range("test")
        assert (end - first >= config.window.horizon).all()
    return config


def days(n: int, first: date = date(2024, 1, 1)) -> list[date]:
    return [first + timedelta(days=i) for i in range(n)]


def hours(n: int) -> list[datetime]:
    return [datetime(2024, 3, 1) + timedelta(hours=i) for i in range(n)]


def problem_of(table: Path) -> str:
    with pytest.raises(DataError) as caught:
        write_draft(table, table.parent / "config.yaml")
    assert not (table.parent / "config.yaml").exists()
    return str(caught.value).replace(str(table), "TABLE")


def test_single_daily_series(write: Write) -> None:
    config = config_of(write("day,sold,price", *(f"{d},{i % 7},{i}" for i, d in enumerate(days(400)))))
    assert (config.data.time, config.data.freq, config.data.id) == ("day", "D", None)
    assert config.data.targets == ["sold"]
    assert config.data.past_covariates == []
    assert config.data.missing == "error"
    assert (config.window.lookback, config.window.horizon, config.model.season) == (112, 7, 7)
    assert config.evaluation.seasonality == 7
    assert config.name == "table"


def test_other_numbers_are_offered_as_covariates(write: Write) -> None:
    table = write("day,shop,sold,price,note", *(f"{d},a,{i},{i},x{i}" for i, d in enumerate(days(60))))
    text = write_draft(table, table.parent / "config.yaml").text
    assert "  # past_covariates: [price]\n" in text
    assert "  # Not used: [shop, note]\n" in text


def test_long_table_has_an_id(write: Write) -> None:
    rows = [f"{t:%Y-%m-%d %H:%M:%S},{shop},{t.hour}" for shop in ("north", "south") for t in hours(500)]
    config = config_of(write("time,shop,load", *rows))
    assert (config.data.freq, config.data.id, config.data.targets) == ("h", "shop", ["load"])
    assert (config.window.lookback, config.window.horizon, config.model.patch) == (216, 24, 24)


def test_series_named_by_integers(write: Write) -> None:
    rows = [f"{d},{store},{100 + i}" for store in (7, 12, 40) for i, d in enumerate(days(90))]
    config = config_of(write("date,store,sales", *rows))
    assert (config.data.id, config.data.targets) == ("store", ["sales"])


def test_target_that_repeats_like_an_id_stays_the_target(write: Write) -> None:
    rows = [f"{d},{name},{i % 3}" for name in "ab" for i, d in enumerate(days(90))]
    config = config_of(write("date,name,count", *rows))
    assert (config.data.id, config.data.targets) == ("name", ["count"])


def test_semicolons_and_decimal_commas(write: Write) -> None:
    rows = [f"{d};{i},{i % 10}" for i, d in enumerate(days(100))]
    config = config_of(write("day;temp", *rows))
    assert (config.data.csv.separator, config.data.csv.decimal, config.data.csv.thousands) == (";", ",", None)
    assert config.data.targets == ["temp"]


def test_tabs_and_thousands(write: Write) -> None:
    rows = [f"{d}\t1,{i:03d}.5" for i, d in enumerate(days(100))]
    config = config_of(write("day\tamount", *rows))
    assert (config.data.csv.separator, config.data.csv.decimal, config.data.csv.thousands) == ("\t", ".", ",")


def test_gaps_and_empty_cells_choose_a_policy(write: Write) -> None:
    rows = [f"{d},{'' if i == 5 else i}" for i, d in enumerate(days(100)) if i not in (20, 21, 50)]
    table = write("day,y", *rows)
    assert config_of(table).data.missing == "ffill"
    assert "Absent steps: 3; empty cells of the target: 1." in (table.parent / "config.yaml").read_text()


def test_rows_that_stand_twice_choose_a_policy(write: Write) -> None:
    rows = [f"{d},{i}" for i, d in enumerate(days(100))]
    config = config_of(write("day,y", *rows, rows[-1]))
    assert (config.data.id, config.data.duplicates) == (None, "last")


@pytest.mark.parametrize(
    ("freq", "stamps"),
    [
        ("MS", [f"{2000 + i // 12}-{1 + i % 12:02d}-01" for i in range(60)]),
        ("ME", [str((np.datetime64("2000-01") + i + 1).astype("M8[D]") - 1) for i in range(60)]),
        ("QE-DEC", [str((np.datetime64("2000-03") + 3 * i + 1).astype("M8[D]") - 1) for i in range(40)]),
        ("YS-JAN", [f"{1700 + i}-01-01" for i in range(200)]),
        ("W-FRI", [str(d) for d in days(700, date(2024, 1, 5))[::7]]),
        ("B", [str(d) for d in days(200) if d.weekday() < 5]),
        ("15min", [str(datetime(2024, 1, 1) + timedelta(minutes=15 * i)) for i in range(300)]),
        ("3h", [str(datetime(2024, 1, 1, 1) + timedelta(hours=3 * i)) for i in range(300)]),
        ("D", [f"{d} 05:30:00" for d in days(100)]),
        ("h", [f"{t:%Y-%m-%dT%H:%M:%S}" for t in hours(400)]),
    ],
)
def test_frequencies(write: Write, freq: str, stamps: list[str]) -> None:
    config = config_of(write("when,y", *(f"{s},{i}" for i, s in enumerate(stamps))))
    assert config.data.freq == freq


def test_usual_step_with_finer_times_takes_their_divisor(write: Write) -> None:
    # Every two hours at first, then hourly: all lie on the hours.
    stamps = [*hours(60)[::2], *hours(90)[60:]]
    config = config_of(write("t,y", *(f"{s},{i}" for i, s in enumerate(stamps))))
    assert (config.data.freq, config.data.missing) == ("h", "ffill")


def test_integer_time(write: Write) -> None:
    config = config_of(write("step,y", *(f"{10 * i},{i % 4}" for i in range(100))))
    assert (config.data.time, config.data.freq, config.evaluation.seasonality) == ("step", 10, 4)
    assert (config.window.lookback, config.window.horizon) == (48, 4)


def test_integer_time_of_several_series(write: Write) -> None:
    rows = [f"{name},{i},{i % 5}" for name in "abc" for i in range(1, 61)]
    config = config_of(write("unit,cycle,wear", *rows))
    assert (config.data.time, config.data.id, config.data.targets) == ("cycle", "unit", ["wear"])


def test_day_first_dates_get_a_format(write: Write) -> None:
    config = config_of(write("datum;wert", *(f"{d:%d.%m.%Y};{i}" for i, d in enumerate(days(100)))))
    assert (config.data.csv.time_format, config.data.freq) == ("%d.%m.%Y", "D")


def test_month_first_dates_get_a_format(write: Write) -> None:
    config = config_of(write("date,y", *(f"{d:%m/%d/%Y},{i}" for i, d in enumerate(days(100)))))
    assert config.data.csv.time_format == "%m/%d/%Y"


def test_times_with_an_offset_get_a_zone(write: Write) -> None:
    config = config_of(write("t,y", *(f"{t:%Y-%m-%dT%H:%M:%S}Z,{i}" for i, t in enumerate(hours(100)))))
    assert (config.data.timezone, config.data.freq) == ("UTC", "h")


@pytest.mark.parametrize(
    "name", ["on", "1", "a: b", "größe", 'say "hi"', "# no", "null", "- x", "{y}", "\\n"]
)
def test_any_column_name_survives_yaml(write: Write, name: str) -> None:
    cell = '"' + name.replace('"', '""') + '"'
    config = config_of(write(f"t,{cell},other", *(f"{d},{i},{i}" for i, d in enumerate(days(50)))))
    assert config.data.targets == [name]


@pytest.mark.parametrize(
    "text", ["y", "NO", "0x1", "1e3", "~", "", " a", "a\u2028b", "\U0001f600", "\x7f", "a\tb"]
)
def test_quoted_text_reads_back(text: str) -> None:
    assert yaml.safe_load(f"[{quoted(text)}]") == [text]
    assert "\n" not in quoted(text + "\n")


def test_clock_columns_and_constants_are_not_the_target(write: Write) -> None:
    config = config_of(write("t,year,unit,load", *(f"{d},2024,1,{i}" for i, d in enumerate(days(50)))))
    assert config.data.targets == ["load"]


def test_latin_text_and_gzip(tmp_path: Path) -> None:
    text = "\n".join(["tag;größe", *(f"{d};{i}" for i, d in enumerate(days(50)))])
    table = tmp_path / "größe 2024.csv.gz"
    table.write_bytes(gzip.compress(text.encode("cp1252")))
    config = config_of(table)
    assert (config.data.csv.encoding, config.data.targets) == ("cp1252", ["größe"])
    assert (config.name, config.data.path) == ("gr-e-2024", "größe 2024.csv.gz")


@pytest.mark.parametrize(("ending", "write"), [(".parquet", "to_parquet"), (".feather", "to_feather")])
def test_typed_file_and_folder(ending: str, write: str, tmp_path: Path) -> None:
    import pandas as pd

    frame = pd.DataFrame(
        {
            "ds": pd.date_range("2024-01-01", periods=200, freq="h").tolist() * 2,
            "unique_id": ["a"] * 200 + ["b"] * 200,
        }
    )
    frame["y"] = np.arange(400.0)
    folder = tmp_path / "parts"
    folder.mkdir()
    getattr(frame, write)(folder / f"one{ending}")
    for table in (folder / f"one{ending}", folder):
        config = config_at(table, tmp_path / f"{table.name}.yaml")
        assert (config.data.time, config.data.id, config.data.targets) == ("ds", "unique_id", ["y"])
        assert config.data.freq == "h"


def test_typed_file_of_more_rows_than_the_sample(tmp_path: Path) -> None:
    import pandas as pd

    table = tmp_path / "t.feather"
    pd.DataFrame({"t": range(12_000), "y": [i % 7 for i in range(12_000)]}).to_feather(table)
    guess = infer(table)
    assert (guess.rows, guess.time.name, guess.freq, guess.target) == (12_000, "t", 1, "y")


def test_files_of_a_folder_that_differ(tmp_path: Path) -> None:
    import pandas as pd

    folder = tmp_path / "parts"
    folder.mkdir()
    frame = pd.DataFrame({"t": range(20), "y": [float(i) for i in range(20)]})
    frame.to_parquet(folder / "a.parquet")
    frame.rename(columns={"y": "z"}).to_parquet(folder / "b.parquet")
    assert problem_of(folder) == (
        f"TABLE/b.parquet: no column is called 'y', as in {folder}/a.parquet; "
        "give every file of the folder the same columns"
    ).replace(str(folder), "TABLE")
    frame.assign(y="?").to_parquet(folder / "b.parquet")
    assert problem_of(folder).startswith("TABLE: the files differ in the types of their columns: ")


def test_path_is_relative_to_the_config(write: Write, tmp_path: Path) -> None:
    table = write("t,y", *(f"{d},{i}" for i, d in enumerate(days(50))))
    config = config_at(table, tmp_path / "deep" / "er" / "config.yaml")
    assert config.data.path == "../../table.csv"


def test_existing_output_is_kept(write: Write, tmp_path: Path) -> None:
    table = write("t,y", *(f"{d},{i}" for i, d in enumerate(days(50))))
    output = tmp_path / "config.yaml"
    output.write_text("mine\n")
    with pytest.raises(RunTakenError) as caught:
        write_draft(table, output)
    assert str(caught.value) == f"{output} exists; choose another output, or use force=True to replace it"
    assert output.read_text() == "mine\n"
    write_draft(table, output, force=True)
    assert output.read_text().startswith("# yaml-language-server")


def test_output_that_cannot_be_written(write: Write, tmp_path: Path) -> None:
    table = write("t,y", *(f"{d},{i}" for i, d in enumerate(days(50))))
    with pytest.raises(EnvironmentError_) as caught:
        write_draft(table, table / "config.yaml")
    assert str(caught.value) == (
        f"{table / 'config.yaml'}: cannot be written: Not a directory; make space, get permission to write there, or "
        "choose another folder"
    )


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ["a,b", "x,1.5", "y,2.5"],
            "TABLE: no column holds times (the columns are 'a', 'b'); give one column of timestamps such as "
            "2024-01-31 or 2024-01-31 05:00:00, or of step numbers; for times in another form set time and time_format",
        ),
        (
            ["t,a", "2024-01-01,x", "2024-01-02,y"],
            "TABLE: no column of numbers is left to forecast; add one, or check its decimal mark and its text cells",
        ),
        (
            ["t,y", *(f"01/{1 + i:02d}/2024,{i}" for i in range(12))],
            "TABLE: column 't' holds 01/02/2024, and no row shows whether day or month comes first; set time_format to "
            "'%d/%m/%Y' for 2024-02-01 or '%m/%d/%Y' for 2024-01-02, or write the dates as YYYY-MM-DD",
        ),
        (
            ["t,y", "2024-01-01,1", "2024-01-02,2", "2024-01-03,3"],
            "TABLE: the longest series has 3 steps, a first training needs 10; add rows, or check that the id "
            "column names series and not single rows",
        ),
        (
            ["t,y,z", "2024-01-01,1,2", "2024-01-02,2"],
            "TABLE:3: the line has 2 fields, the header has 3; write as many fields in every line as in the first",
        ),
        (
            ["t,y,y", "2024-01-01,1,2"],
            "TABLE: 2 columns are called 'y'; rename all but one",
        ),
        (["only", "1"], "TABLE: found one column only, 'only'; a table needs a time column and a column of numbers, "
         "with a header line, and in text a comma, a semicolon, a tab or | between them"),
        (["t,y"], "TABLE: the table has a header and no rows; add rows"),
        ([""], "TABLE: the file is empty; give a table with a header line"),
        (
            ["t,y", "2024-01-01 00:00Z,1", "2024-01-02 00:00,2"],
            "TABLE:3: column 't': '2024-01-02 00:00' is not a time like those before it; correct the row; write all times with an offset from UTC, or all without",
        ),
        (
            ["t,store,item,y", *(f"{d},{s},{i},1.5" for d in days(20) for s in "ab" for i in "xy")],
            "TABLE: 80 rows share 20 times, and no single column distinguishes them (tried 'store', 'item'); give the "
            "table one id column, for instance two columns joined such as 'store-item'",
        ),
        (
            ["t,y", *(f"{datetime(2024, 1, 1) + timedelta(minutes=i * 60 + i * i % 7)},{i}" for i in range(50))],
            "TABLE: the times of column 't' are irregular: the usual step is h, and 36 of 50 times fall between "
            "its steps (the first: 2024-01-01 00:00:00); aggregate the table to a regular step first, for instance "
            "one row per hour or day",
        ),
    ],
)  # fmt: skip
def test_tables_that_cannot_be_guessed(write: Write, lines: list[str], message: str) -> None:
    assert problem_of(write(*lines)) == message


def test_missing_file_and_binary_file(tmp_path: Path) -> None:
    absent = tmp_path / "no.csv"
    assert problem_of(absent).startswith("TABLE: no such file")
    binary = tmp_path / "b.csv"
    binary.write_bytes(b"PK\x03\x04\0\0")
    assert problem_of(binary) == f"TABLE: this is not text; give a {labels(FORMATS)} table"


def test_shipped_tables(tmp_path: Path) -> None:
    data = Path(__file__).parents[4] / "data"
    departures = config_at(data / "nyc_departures.csv", tmp_path / "a.yaml").data
    assert (departures.time, departures.freq, departures.id) == ("time_hour", "h", "origin")
    assert (departures.targets, departures.missing) == (["departures"], "error")
    sunspots = config_at(data / "sunspots.csv", tmp_path / "b.yaml").data
    assert (sunspots.time, sunspots.freq, sunspots.targets) == ("month", "MS", ["sunspots"])


def test_byte_order_mark_is_no_part_of_a_name(write: Write) -> None:
    config = config_of(write("\ufefft,y", *(f"{d},{i}" for i, d in enumerate(days(50)))))
    assert (config.data.time, config.data.csv.encoding) == ("t", "utf-8")


def test_row_of_another_width_beyond_the_sample(write: Write) -> None:
    table = write("t,y", *(f"{i},{i % 9}" for i in range(6000)), "6000,1,2")
    assert problem_of(table) == (
        "TABLE:6002: the row has 3 fields, the header has 2; complete the row, or quote the text that holds a separator"
    )


def test_text_among_the_times_beyond_the_sample(write: Write) -> None:
    table = write("t,y", *(f"{i},{i % 9}" for i in range(6000)), "later,1")
    assert problem_of(table) == (
        "TABLE:6002: column 't': 'later' is not a time like those before it; correct the row; the times are "
        "written like 0"
    )


def test_quoted_cell_that_the_sample_cuts(write: Write) -> None:
    rows = [f'{i},{i % 9},"two\nlines"' for i in range(6000)]
    config = config_of(write("t,y,note", *rows))
    assert (config.data.time, config.data.targets) == ("t", ["y"])


def test_events_without_a_step(write: Write) -> None:
    stamps = [datetime(2024, 1, 1) + timedelta(hours=h * h) for h in range(40)]
    assert problem_of(write("t,y", *(f"{s},{i}" for i, s in enumerate(stamps)))) == (
        "TABLE: the times of column 't' are irregular: the usual step is 39h, and 36 of 40 times fall between its "
        "steps (the first: 2024-01-01 00:00:00); aggregate the table to a regular step first, for instance one row "
        "per hour or day"
    )


NUMBERED = "number the rows of each series in a column of its own and use it as the time"


def test_dekads_are_not_to_be_aggregated(write: Write) -> None:
    dates = [date(2018 + i // 36, 1 + i // 3 % 12, 1 + i % 3 * 10) for i in range(120)]
    assert problem_of(write("t,y", *(f"{d},{i}" for i, d in enumerate(dates)))) == (
        "TABLE: the times of column 't' are irregular: the usual step is 10D, and 102 of 120 times fall between its "
        f"steps (the first: 2018-01-01); the rows follow the days of the month: {NUMBERED}"
    )


def test_working_hours_are_not_to_be_aggregated(write: Write) -> None:
    hours = [
        f"{d} {h:02d}:00"
        for d in days(60)
        if datetime.fromisoformat(str(d)).weekday() < 5
        for h in range(9, 17)
    ]
    assert problem_of(write("t,y", *(f"{t},{i}" for i, t in enumerate(hours)))) == (
        "TABLE: the times of column 't' are irregular: the usual step is h, and only 25% of the steps have a row; where "
        f"hours have no rows, as at night, set freq h and data.missing: mask; or {NUMBERED}"
    )


def test_times_that_are_centuries_apart(write: Write) -> None:
    assert problem_of(write("t,y", "1700-01-01,1", "2024-01-01,2", "2024-01-02,3")).startswith(
        "TABLE: the times of column 't' are irregular: "
    )


def test_lines_that_begin_with_a_mark_are_comments(write: Write) -> None:
    config = config_of(write("# made on Monday", "#", "t,y", *(f"{d},{i}" for i, d in enumerate(days(50)))))
    assert (config.data.csv.comment, config.data.time) == ("#", "t")


def test_a_header_that_begins_with_a_mark_is_no_comment(write: Write) -> None:
    config = config_of(write("#t,y", *(f"{d},{i}" for i, d in enumerate(days(50)))))
    assert (config.data.csv.comment, config.data.time) == (None, "#t")


def test_folders_of_csv_files_with_the_ids_in_their_names(tmp_path: Path) -> None:
    for shop in ("007", "08"):
        folder = tmp_path / "t" / f"shop={shop}"
        folder.mkdir(parents=True)
        (folder / "a.csv").write_text("t,y\n" + "".join(f"{d},{i}\n" for i, d in enumerate(days(50))))
    config = config_at(tmp_path / "t", tmp_path / "c.yaml").data
    assert (config.id, config.time, config.targets) == ("shop", "t", ["y"])
