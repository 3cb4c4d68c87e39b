"""`forecaster tune` on a file without search nodes: searches with trials that take no time, and one real search."""

import json
from pathlib import Path
from typing import Any

import pytest

import forecaster as fc
from forecaster.search.log import TrialLog
from tests.integration.tiny_runs import call, done, line, read, refused

pytestmark = pytest.mark.slow


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forecaster.search.driver.WORK", "tests.integration.fake_trials")


def events(run: Path, event: str) -> list[dict[str, Any]]:
    return [e for e in TrialLog(run / "tune/trials.jsonl").entries if e["event"] == event]


@pytest.mark.usefixtures("fake")
class TestBuiltIn:
    def test_it_begins_with_the_file_and_says_what_it_tries(self, tmp_path: Path) -> None:
        config = line(tmp_path, 120, tune={"max_trials": 4}, training={"ensemble": 3})
        result = call("tune", config, "--run-dir", tmp_path / "r", "--json")
        assert result.exit_code == 0, result.stderr
        lines = result.stderr.splitlines()
        assert lines[:10] == [
            "the config leaves nothing open; searching around its values:",
            "  window.lookback: 4, 6 or 12",
            "  model.cell: simple_rnn, gru or lstm",
            "  model.layers.0.units: 2 to 6",
            "  model.normalization: last, mean, revin or none",
            "  training.optimizer.learning_rate: 0.00033 to 0.003",
            "  training.loss: mae, mse or huber",
            "  scaling.method: standard, robust or log",
            "ends after 4 trials; a trial trains 1 of 3 networks",
            lines[9],
        ]
        assert lines[9].startswith("trial 1/4  val_mae")
        said = json.loads(result.stdout)
        assert said["trials"]["completed"] == 4
        first = events(tmp_path / "r", "proposed")[0]["values"]
        assert first == {name: node[next(iter(node))]["default"] for name, node in said["space"].items()}
        assert first["model.layers.0.units"] == 3

    def test_the_best_config_keeps_the_ensemble_of_the_file(self, tmp_path: Path) -> None:
        config = line(tmp_path, 120, tune={"max_trials": 2}, training={"ensemble": 3, "refit": "all"})
        done("tune", config, "--run-dir", tmp_path / "r")
        best = fc.Experiment.from_yaml(tmp_path / "r/tune/best.yaml").spec
        assert (best.training.ensemble, best.training.refit) == (3, "all")

    def test_it_goes_on_with_the_file_or_with_the_space_that_was_written(self, tmp_path: Path) -> None:
        config = line(tmp_path, 120, tune={"max_trials": 2})
        done("tune", config, "--run-dir", tmp_path / "r")
        done("tune", config, "--run-dir", tmp_path / "r", "--resume", "--set", "tune.max_trials=3")
        space = tmp_path / "r/tune/space.yaml"
        done("tune", space, "--run-dir", tmp_path / "r", "--resume", "--set", "tune.max_trials=5")
        assert (tmp_path / "begun.txt").read_text().split() == ["0000", "0001", "0002", "0003", "0004"]
        done("tune", space, "--run-dir", tmp_path / "again", "--set", "tune.max_trials=5")
        tried = [[e["point"] for e in events(tmp_path / run, "proposed")] for run in ("r", "again")]
        assert tried[0] == tried[1]

    def test_another_file_does_not_go_on_with_it(self, tmp_path: Path) -> None:
        config = line(tmp_path, 120, tune={"max_trials": 2})
        done("tune", config, "--run-dir", tmp_path / "r")
        message = refused(
            2, "tune", config, "--run-dir", tmp_path / "r", "--resume", "--set", "model.layers.0.units=4"
        )
        assert "this search was started with other inputs: model.layers.0.units was" in message

    def test_the_time_budget_ends_it_whatever_the_number_of_trials(self, tmp_path: Path) -> None:
        config = line(tmp_path, 120, name="slow")
        result = call("tune", config, "--run-dir", tmp_path / "r", "--time-budget", "3s", "--json")
        assert "\nends after 3 s\n" in result.stderr
        assert "\ntrial 1  val_mae" in result.stderr
        assert json.loads(result.stdout)["ended"] == "time budget"

    def test_a_trial_that_may_outlast_the_search_is_announced(self, tmp_path: Path) -> None:
        config = line(tmp_path, 120, training={"epochs": 1_000_000})
        result = call("tune", config, "--run-dir", tmp_path / "r", "--time-budget", "1s")
        assert "warning: the search ends after 1s, and one trial may take about" in result.stderr

    def test_in_python(self, tmp_path: Path) -> None:
        line(tmp_path, 120)
        draft = fc.inspect(tmp_path / "t.csv", folder=tmp_path).with_({"tune.max_trials": 2})
        search = fc.tune(draft, run_dir=tmp_path / "r")
        assert list(search.space) == [d.name for d in search.result.experiment.dimensions]
        assert search.trials[0]["model.layers.0.units"] == draft.spec.model.layers[0].units  # type: ignore[union-attr]


def test_a_real_search_trains_the_whole_ensemble_at_its_end(tmp_path: Path) -> None:
    config = line(tmp_path, 120, training={"epochs": 2, "batch_size": 16, "ensemble": 2, "refit": "all"})
    said = json.loads(done("tune", config, "--run-dir", tmp_path / "r", "--smoke", "--json"))
    assert said["trials"] == {"completed": 2, "failed": 0, "running": 0}
    for trial in ("0000", "0001"):
        config = tmp_path / "r/tune/trials" / trial / "config.yaml"
        assert fc.Experiment.from_yaml(config).spec.training.ensemble == 1
    members = [json.loads(x) for x in (tmp_path / "r/events.jsonl").read_text().splitlines()]
    assert [e["member"] for e in members if e["event"] == "member_done"] == [0, 1]
    assert read(tmp_path / "r", "manifest.json")
    assert done("predict", tmp_path / "r").startswith("t,forecast")


def test_a_table_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pandas as pd

    monkeypatch.setattr("forecaster.search.driver.WORK", "tests.integration.fake_trials")
    line(tmp_path, 120)
    table = pd.read_csv(tmp_path / "t.csv", parse_dates=["t"])
    draft = fc.inspect(table).with_({"tune.max_trials": 2})
    search = fc.tune(draft, table, run_dir=tmp_path / "r")
    again = fc.Experiment.from_yaml(search.run.path / "tune/space.yaml")
    assert again.data_path.resolve() == (tmp_path / "r/table.parquet").resolve()
    assert [d.name for d in again.dimensions] == list(search.space)
