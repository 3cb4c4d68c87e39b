"""`predict` in parts: the rows of `predict`, whatever the order of the table, its faults and interruptions."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

import forecaster as fc
from forecaster.errors import DataError, EnvironmentError_
from forecaster.parts.predict import PartsOptions, predict_parts
from forecaster.runs.forecast_parts import ForecastParts
from tests.integration.tiny_runs import call, done, refused, write_config

pytestmark = pytest.mark.slow
START = np.datetime64("2024-01-01T00", "us")


def long_table(lengths: dict[str, int], *, order: str = "series") -> pa.Table:
    """Hourly series that all begin at the same time."""
    rng = np.random.default_rng(7)
    ids = np.repeat(list(lengths), list(lengths.values()))
    steps = np.concatenate([np.arange(n) for n in lengths.values()])
    values = np.sin(steps / 3) * np.array([len(i) for i in ids]) + rng.normal(0, 0.1, len(steps))
    table = pa.table({"s": ids, "t": START + steps * np.timedelta64(3600, "s").astype("m8[us]"), "y": values})
    if order == "series":
        return table
    return table.take(np.argsort(steps, kind="stable") if order == "time" else rng.permutation(len(steps)))


SERIES = {f"s{i:03d}": 12 for i in range(40)}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parts")
    parquet.write_table(long_table({f"known{i}": 60 for i in range(4)}), folder / "t.parquet")
    config = write_config(folder, {"path": "t.parquet", "id": "s", "targets": ["y"]})
    done("train", config, "--run-dir", folder / "run", "--smoke", "-q")
    return folder / "run"


def in_blocks(run: Path, table: Path, output: Path, **options: Any) -> list[tuple[int, int]]:
    """Forecast in blocks of at most five series, and return the calls of on_block."""
    calls: list[tuple[int, int]] = []
    predict_parts(
        fc.load(run)._opened,
        table,
        ForecastParts.of(output),
        PartsOptions(block_series=5, **options),
        on_block=lambda n, of: calls.append((n, of)),
    )
    return calls


def joined(folder: Path) -> pa.Table:
    return pa.concat_tables(
        parquet.ParquetFile(part).read() for part in sorted(folder.glob("part-*.parquet"))
    )


def whole(run: Path, table: Path, **options: Any) -> pa.Table:
    return fc.load(run).prediction(table, **options).table


@pytest.mark.parametrize("order", ["series", "time", "mixed"])
def test_parts_are_the_rows_of_predict_however_the_table_lies(run: Path, tmp_path: Path, order: str) -> None:
    table = tmp_path / "t.parquet"
    parquet.write_table(long_table(SERIES, order=order), table, row_group_size=37)
    assert in_blocks(run, table, tmp_path / "out")[-1] == (8, 8)
    assert joined(tmp_path / "out").equals(whole(run, table))


def test_a_partitioned_folder_is_one_table(run: Path, tmp_path: Path) -> None:
    rows = long_table(SERIES, order="time")
    for i, name in enumerate(["b", "a"]):
        (tmp_path / f"t/half={name}").mkdir(parents=True)
        parquet.write_table(rows.slice(i * 240, 240), tmp_path / f"t/half={name}/x.parquet")
    in_blocks(run, tmp_path / "t", tmp_path / "out")
    assert joined(tmp_path / "out").equals(whole(run, tmp_path / "t"))


def test_a_column_of_ids_may_lie_in_the_names_of_folders(run: Path, tmp_path: Path) -> None:
    for name in ("n", "m"):
        (tmp_path / f"t/s={name}").mkdir(parents=True)
        parquet.write_table(long_table({name: 12}).select(["t", "y"]), tmp_path / f"t/s={name}/x.parquet")
    in_blocks(run, tmp_path / "t", tmp_path / "out")
    assert joined(tmp_path / "out").equals(whole(run, tmp_path / "t"))


def test_from_a_cutoff_that_a_block_does_not_reach(run: Path, tmp_path: Path) -> None:
    lengths = {**{f"a{i}": 10 for i in range(5)}, **{f"b{i}": 20 for i in range(5)}, "c": 17}
    table = tmp_path / "t.parquet"
    parquet.write_table(long_table(lengths), table)
    cutoff = "2024-01-01 18:00"
    in_blocks(run, table, tmp_path / "out", cutoff=cutoff)
    assert joined(tmp_path / "out").equals(whole(run, table, cutoff=cutoff))
    errors = (tmp_path / "out/_errors.csv").read_text(encoding="utf-8").splitlines()
    assert errors[1] == (
        'a0,"the last row is at 2024-01-01 09:00:00, a whole horizon or more before the cutoff; not forecast"'
    )
    assert len(errors) == 6


def test_a_faulty_series_is_a_row_of_errors_with_its_place_and_costs_no_other(
    run: Path, tmp_path: Path
) -> None:
    rows = long_table({**SERIES, "short": 2})
    twice = pa.concat_tables([rows, rows.slice(12 * 7 + 3, 1)])
    table = tmp_path / "t.parquet"
    parquet.write_table(twice, table)
    good = tmp_path / "good.parquet"
    parquet.write_table(rows.filter(pa.compute.not_equal(rows["s"], "s007")), good)
    result = call("predict", run, "--data", table, "--output", f"{tmp_path / 'out'}/", "--json")
    assert result.exit_code == 0, result.stderr
    facts = json.loads(result.stdout)
    assert (facts["series"], facts["not_forecast"], facts["rows"]) == (39, 2, 117)
    assert joined(tmp_path / "out").equals(whole(run, good))
    errors = (tmp_path / "out/_errors.csv").read_text(encoding="utf-8")
    assert errors == (
        "s,error\n"
        f"s007,\"{table}: t: row 483: another row of series 's007' has the time 2024-01-01 03:00:00 too; delete one, or set data.duplicates to mean or last\"\n"
        f"short,\"{table}: a forecast needs 6 rows before its cutoff, and 'short' has 2; pass more rows with --data\"\n"
    )


def test_strict_writes_what_it_can_and_ends_with_2(run: Path, tmp_path: Path) -> None:
    table = tmp_path / "t.parquet"
    parquet.write_table(long_table({**SERIES, "short": 2}), table)
    out = f"{tmp_path / 'out'}/"
    message = refused(2, "predict", run, "--data", table, "--output", out, "--strict")
    assert message == (
        f"--strict: 1 of 41 series are not forecast; {tmp_path}/out/_errors.csv says why; add their rows, or leave "
        f"these series out of the table and, where the run knows them, refit it on that table; all others are in {tmp_path}/out"
    )
    assert joined(tmp_path / "out").num_rows == 120


def test_what_a_stopped_process_had_written_is_not_forecast_again(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, calm, cut = tmp_path / "t.parquet", tmp_path / "calm", tmp_path / "cut"
    parquet.write_table(long_table(SERIES, order="mixed"), table)
    in_blocks(run, table, calm)

    def stop(n: int, of: int) -> None:
        if n == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predict_parts(
            fc.load(run)._opened, table, ForecastParts.of(cut), PartsOptions(block_series=5), on_block=stop
        )
    assert not (cut / "_forecast.json").exists()
    before = {part: part.stat().st_mtime_ns for part in cut.glob("part-*")}
    assert len(before) == 3
    assert in_blocks(run, table, cut) == [(n, 8) for n in range(4, 9)]
    assert before.items() <= {part: part.stat().st_mtime_ns for part in cut.glob("part-*")}.items()
    assert sorted(p.name for p in cut.iterdir()) == sorted(p.name for p in calm.iterdir())
    for part in calm.iterdir():
        assert part.read_bytes() == (cut / part.name).read_bytes()
    assert in_blocks(run, table, cut) == []


def test_a_part_that_was_removed_from_an_interrupted_forecast_is_made_again(
    run: Path, tmp_path: Path
) -> None:
    table = tmp_path / "t.parquet"
    parquet.write_table(long_table(SERIES), table)

    def stop(n: int, of: int) -> None:
        if n == 3:
            raise KeyboardInterrupt

    options = PartsOptions(block_series=5)
    with pytest.raises(KeyboardInterrupt):
        predict_parts(fc.load(run)._opened, table, ForecastParts.of(tmp_path / "out"), options, on_block=stop)
    (tmp_path / "out/part-00001.parquet").unlink()
    assert in_blocks(run, table, tmp_path / "out")[-1] == (8, 8)
    assert joined(tmp_path / "out").equals(whole(run, table))


def test_another_table_replaces_the_forecast_in_the_folder(run: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one.parquet", tmp_path / "two.parquet"
    parquet.write_table(long_table(SERIES), one)
    parquet.write_table(long_table({"x": 12}), two)
    in_blocks(run, one, tmp_path / "out")
    in_blocks(run, two, tmp_path / "out")
    assert joined(tmp_path / "out").equals(whole(run, two))


def test_a_file_of_parquet_is_joined_at_the_end(run: Path, tmp_path: Path) -> None:
    table = tmp_path / "t.parquet"
    parquet.write_table(long_table(SERIES), table)
    in_blocks(run, table, tmp_path / "f.parquet")
    assert parquet.ParquetFile(tmp_path / "f.parquet").read().equals(whole(run, table))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["f.parquet", "t.parquet"]


def test_a_full_disk_leaves_what_is_written_and_the_next_call_goes_on(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "t.parquet"
    parquet.write_table(long_table(SERIES), table)

    def full(path: Path) -> None:
        raise EnvironmentError_(f"{path}: cannot be written: No space left on device")

    monkeypatch.setattr("forecaster.parts.block.write_table", lambda rows, path: full(path))
    with pytest.raises(EnvironmentError_, match="No space left"):
        in_blocks(run, table, tmp_path / "out")
    monkeypatch.undo()
    in_blocks(run, table, tmp_path / "out")
    assert joined(tmp_path / "out").equals(whole(run, table))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--data", "t.csv", "--output", "out/"],
            "{0}/t.csv: a forecast in parts is made from Parquet; write the table as a .parquet file or as a folder "
            "of them, or name a file with --output",
        ),
        (
            ["--data", "t.parquet", "--output", "f.csv", "--engine", "ray"],
            "--output f.csv: a .csv file cannot be written in parts; name a folder, or a file that ends in .parquet",
        ),
        (
            ["--data", "t.parquet", "--output", "out/", "--plot", "p.png"],
            "--plot: a forecast in parts has no such option; plot a few series with forecaster predict from a table "
            "of their rows",
        ),
        (
            ["--data", "-", "--output", "out/"],
            "a forecast in parts needs a table in files; name a Parquet file or a folder with --data",
        ),
        (
            ["--data", "t.parquet", "--engine", "ray"],
            "a forecast in parts needs files to write; name a folder, or a file that ends in .parquet, with --output",
        ),
        (
            ["--data", "t.parquet", "--engine", "spark", "--output", "out/"],
            "--engine spark: there is no such engine; use local or ray",
        ),
        (["--workers", "2"], "--workers: needs --engine ray; add --engine ray, or leave out --workers"),
        (
            ["--data", "t.parquet", "--output", "full/"],
            "--output full: the folder holds 'mine.txt', which is no part of a forecast; name an empty or a new "
            "folder",
        ),
    ],
)
def test_what_does_not_go_with_parts_is_refused(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("s,t,y\n", encoding="utf-8")
    parquet.write_table(long_table(SERIES), tmp_path / "t.parquet")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine.txt").write_text("", encoding="utf-8")
    assert refused(2, "predict", run, *options) == message.replace("{0}/", "")
    assert not (tmp_path / "out").exists()


def test_python_gets_what_was_written(run: Path, tmp_path: Path) -> None:
    table, notes = tmp_path / "t.parquet", []
    parquet.write_table(long_table({**SERIES, "short": 2}), table)
    found = fc.load(run).predict_to(table, tmp_path / "out", on_note=notes.append)
    assert (found.n_series, found.n_rows, found.n_errors, found.n_parts) == (40, 120, 1, 1)
    assert found.errors == tmp_path / "out/_errors.csv"
    assert found.notes[0].startswith("1 of 41 series are not forecast")
    assert [str(note) for note in notes] == found.notes


def test_a_table_without_a_series_that_can_be_forecast_is_an_error(run: Path, tmp_path: Path) -> None:
    parquet.write_table(long_table({"a": 2, "b": 3}), tmp_path / "t.parquet")
    with pytest.raises(DataError) as caught:
        fc.load(run).predict_to(tmp_path / "t.parquet", tmp_path / "out")
    assert str(caught.value).startswith(f"{tmp_path}/t.parquet: none of 2 series can be forecast; 'a': ")
