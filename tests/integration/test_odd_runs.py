"""Runs at the edges: one step, strange names, members, series that begin late, folders that move."""

import shutil
from pathlib import Path

import pytest

import forecaster as fc
from forecaster.config.experiment import Experiment
from forecaster.training.progress import EpochRow, Silent
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
from tests.preparing import prepare

pytestmark = pytest.mark.slow


def test_one_step_in_and_one_step_out(tmp_path: Path) -> None:
    config = line(tmp_path, window={"lookback": 1, "horizon": 1})
    done("train", config, "--run-dir", tmp_path / "r", "-q")
    rows = csv_rows(done("predict", tmp_path / "r"))
    assert [row[0] for row in rows] == ["t", hours(61)[60]]


def test_strange_names_go_through_training_and_prediction(tmp_path: Path) -> None:
    """A target called forecast with the marks of the format in its neighbours, ids that look like nothing."""
    ids = ["NA", "null", 'a,"b"', "é x"]
    lines = ['"ti,me","the ""id""",forecast']
    for name in ids:
        quoted = '"' + name.replace('"', '""') + '"'
        lines += [f"{time},{quoted},{i}" for i, time in enumerate(hours(40))]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    config = write_config(tmp_path, {"time": "ti,me", "id": 'the "id"', "targets": ["forecast"]})
    done("train", config, "--run-dir", tmp_path / "r", "-q")
    text = done("predict", tmp_path / "r")
    assert text.startswith('"the ""id""","ti,me",forecast,forecast-lo-80,')
    assert text == done("predict", tmp_path / "r", "--data", tmp_path / "t.csv")
    for name in ("NA", "null", '"a,""b"""', "é x"):
        assert sum(row.startswith((f"{name},", f'"{name}",')) for row in text.splitlines()) == 3
    header = (tmp_path / "r" / "forecasts.csv").read_text().splitlines()[0]
    assert header.startswith('"the ""id""","ti,me",cutoff,forecast,forecast-lo-80,')


def test_run_directory_may_move(tmp_path: Path) -> None:
    done("train", line(tmp_path / "a"), "--run-dir", tmp_path / "a" / "r", "-q")
    expected = done("predict", tmp_path / "a" / "r")
    (tmp_path / "b").mkdir()
    shutil.move(tmp_path / "a" / "r", tmp_path / "b" / "elsewhere")
    assert done("predict", tmp_path / "b" / "elsewhere") == expected
    text = refused(2, "predict", tmp_path / "b" / "elsewhere", "--from", hours(60)[40])
    assert "t.csv" in text


def test_series_that_begins_after_the_cut_is_scaled_and_scored(tmp_path: Path) -> None:
    """Its level is that of the others, a thousand, so an unscaled window would be far off."""
    old = [(time, "old", 1000 + i % 5) for i, time in enumerate(hours(80))]
    new = [(time, "new", 1000 + i % 5) for i, time in enumerate(hours(20, first=60))]
    write_table(tmp_path / "t.csv", "t,id,y", [*old, *new])
    config = write_config(
        tmp_path,
        {"id": "id", "targets": ["y"]},
        split={"val": hours(80)[50], "test": hours(80)[60]},
        model={"layers": [{"type": "simple_rnn", "units": 3}], "normalization": "none"},
        training={"epochs": 1},
    )
    prepared = prepare(Experiment.from_yaml(config))
    assert prepared.panel.ids == ("new", "old")
    assert prepared.table.split_bounds.train_end.tolist() == [0, 50]
    rows = prepared.windows["train"].source.values[: prepared.panel.offsets[1], 0]
    assert abs(rows).max() < 2
    done("train", config, "--run-dir", tmp_path / "r", "-q")
    assert {row[0] for row in csv_rows((tmp_path / "r" / "forecasts.csv").read_text())[1:]} == {"new", "old"}


class Killed(BaseException):
    """As sudden as a signal."""


class Killer(Silent):
    def __init__(self, at: tuple[int, int] = (1, 1)) -> None:
        self.at = at

    def epoch_done(self, row: EpochRow, epochs: int) -> None:
        if (row.member, row.epoch) == self.at:
            raise Killed


@pytest.mark.parametrize("stopping", [None, {"patience": 2}], ids=["all epochs", "early stopping"])
def test_ensemble_that_was_stopped_in_its_second_member_goes_on(
    tmp_path: Path, stopping: dict[str, int] | None
) -> None:
    training = {"epochs": 2, "batch_size": 16, "ensemble": 2, "early_stopping": stopping}
    config, run = line(tmp_path, training=training), tmp_path / "r"
    with pytest.raises(Killed):
        fc.train(Experiment.from_yaml(config), run_dir=run, listener=Killer())
    assert (run / "checkpoints" / "member-0.safetensors").is_file()
    done("train", config, "--run-dir", run, "--resume", "-q")
    done("train", config, "--run-dir", tmp_path / "whole", "-q")
    for name in ("model/weights.safetensors", "forecasts.csv", "metrics.json"):
        assert (run / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    rows = csv_rows((run / "history.csv").read_text())[1:]
    assert [row[:2] for row in rows] == [["0", "1"], ["0", "2"], ["1", "1"], ["1", "2"]]
    assert read(run, "model/spec.json")["members"] == 2


def test_damaged_checkpoints_cost_time_and_change_nothing(tmp_path: Path) -> None:
    """The second member was stopped after its second epoch: its newest checkpoint is damaged, then both are."""
    training = {"epochs": 3, "batch_size": 16, "ensemble": 2}
    config, run = line(tmp_path, training=training), tmp_path / "r"
    with pytest.raises(Killed):
        fc.train(Experiment.from_yaml(config), run_dir=run, listener=Killer((1, 2)))
    newest, before = (run / "checkpoints" / f"member-1{part}.safetensors" for part in ("", ".before"))
    done("train", config, "--run-dir", tmp_path / "whole", "-q")
    for damaged, then in (
        (
            [newest],
            f"{newest}: is damaged (its checksum does not match its content); the checkpoint before it is used",
        ),
        (
            [newest, before],
            f"{before}: is damaged (its checksum does not match its content); this network is trained anew",
        ),
    ):
        copy = tmp_path / "copy"
        shutil.rmtree(run.parent / "copy", ignore_errors=True)
        shutil.copytree(run, copy)
        for path in damaged:
            content = path.read_bytes()
            (copy / path.relative_to(run)).write_bytes(content[:-40] + bytes(40))
        result = call("train", config, "--run-dir", copy, "--resume")
        assert result.exit_code == 0
        assert then.replace(str(run), str(copy)) in " ".join(result.output.split())
        for name in ("model/weights.safetensors", "forecasts.csv", "metrics.json"):
            assert (copy / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_masked_targets_count_nowhere(tmp_path: Path) -> None:
    """Every fifth value is missing: scores come from the others, and a forecast from the filled context."""
    values = ["" if i % 5 == 4 else i for i in range(60)]
    write_table(tmp_path / "t.csv", "t,y", zip(hours(60), values, strict=True))
    write_config(tmp_path, {"targets": ["y"], "missing": "mask"})
    done("train", tmp_path / "c.yaml", "--run-dir", tmp_path / "r", "-q")
    rows = csv_rows((tmp_path / "r" / "forecasts.csv").read_text())[1:]
    empty = [row[0] for row in rows if row[-1] == ""]
    assert set(empty) == {hours(60)[i] for i in (49, 54)}
    errors = [abs(float(row[2]) - float(row[-1])) for row in rows if row[-1]]
    mae = read(tmp_path / "r", "metrics.json")["splits"]["test"]["scores"]["model"]["mae"]
    assert sum(errors) / len(errors) == pytest.approx(mae, rel=1e-6)
    assert call("predict", tmp_path / "r").exit_code == 0
