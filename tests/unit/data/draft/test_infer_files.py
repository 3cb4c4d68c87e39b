"""Files of many kinds that `forecaster init` drafts a config for, and where it writes it."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from forecaster.data.draft.infer import infer
from forecaster.errors import EnvironmentError_, RunTakenError
from forecaster.pipeline.inspect import write_draft
from tests.unit.data.draft.drafts import Write, config_at, config_of, days, problem_of


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


def test_times_beyond_the_years_of_python_are_no_times_of_the_table(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    seconds = np.datetime64("2024-01-01", "s") + 86_400 * np.arange(40)
    far = pa.array(seconds.astype(np.int64) - 70_000_000_000, pa.timestamp("s", "UTC"))
    parquet.write_table(pa.table({"t": seconds, "far": far, "y": np.arange(40.0)}), tmp_path / "t.parquet")
    config = config_of(tmp_path / "t.parquet")
    assert (config.data.time, config.data.targets) == ("t", ["y"])


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


def test_quoted_cell_that_the_sample_cuts(write: Write) -> None:
    rows = [f'{i},{i % 9},"two\nlines"' for i in range(6000)]
    config = config_of(write("t,y,note", *rows))
    assert (config.data.time, config.data.targets) == ("t", ["y"])


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
