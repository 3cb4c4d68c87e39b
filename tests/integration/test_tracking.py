"""What train, tune and backtest tell a real MLflow server, TensorBoard and plain files, and what a fault of these costs."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import forecaster as fc
from forecaster.tracking import tracking
from forecaster.training.progress import EpochRow
from tests.integration.mlflow_servers import free_port, mlflow_server
from tests.integration.tiny_runs import call, line, refused

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as address:
        yield address


def client(address: str) -> Any:
    from mlflow.tracking import MlflowClient

    return MlflowClient(tracking_uri=address)


def runs_of(address: str, experiment: str) -> list[Any]:
    """All runs of an experiment, those of trials too, the oldest first."""
    mlflow = client(address)
    found = mlflow.get_experiment_by_name(experiment)
    if found is None:
        return []
    return list(mlflow.search_runs([found.experiment_id], order_by=["attributes.start_time ASC"]))


def steps(address: str, run_id: str, metric: str) -> list[int]:
    return [one.step for one in client(address).get_metric_history(run_id, metric)]


def weights(run: Path) -> str:
    return hashlib.sha256((run / "model" / "weights.safetensors").read_bytes()).hexdigest()


def config(folder: Path, name: str, **tracking: Any) -> Path:
    return line(folder, name=name, tracking=tracking)


def untracked(experiment: fc.Experiment) -> fc.Experiment:
    off = {"tracking.mlflow": None, "tracking.tensorboard": False, "tracking.files": False}
    return experiment.with_(off)


def test_a_training_is_a_run_with_settings_epochs_scores_files_and_a_model(
    tmp_path: Path, server: str
) -> None:
    made = call("train", config(tmp_path, "whole", mlflow=server), "--run-dir", tmp_path / "r", "--json")
    assert made.exit_code == 0, made.stderr
    facts = json.loads(made.stdout)
    [run] = runs_of(server, "whole")
    assert (run.info.status, run.info.run_name) == ("FINISHED", "r")
    assert run.data.params["training.epochs"] == "2"
    assert run.data.params["model.layers.0.type"] == "simple_rnn"
    assert run.data.tags["forecaster.command"] == "train"
    assert steps(server, run.info.run_id, "val_loss") == [1, 2]
    model = facts["splits"]["test"]["scores"]["model"]
    assert run.data.metrics["test/mase"] == pytest.approx(model["mase"])
    assert run.data.metrics["test/naive/mase"] == 1.0
    names = {file.path for file in client(server).list_artifacts(run.info.run_id)}
    assert names >= {
        "resolved.yaml",
        "config.yaml",
        "metrics.json",
        "report.html",
        "history.csv",
        "plots",
        "model",
    }
    assert "MLflow" not in made.stderr


def test_the_model_takes_a_long_table_and_gives_one(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    run = fc.train(fc.Experiment.from_yaml(config(tmp_path, "model", mlflow=server)), run_dir=tmp_path / "r")
    [tracked] = runs_of(server, "model")
    # The run is the one on the server: that of the training is gone.
    expected = run.predict(tmp_path / "t.csv")
    (tmp_path / "r").rename(tmp_path / "gone")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    model = mlflow.pyfunc.load_model(f"runs:/{tracked.info.run_id}/model", dst_path=str(tmp_path))
    table = pd.read_csv(tmp_path / "t.csv")
    forecast = model.predict(table)
    assert list(forecast.columns) == list(expected.columns)
    assert forecast["forecast"].tolist() == expected["forecast"].tolist()
    assert len(forecast) == 3


class StoppedError(Exception):
    pass


def test_a_resumed_training_goes_on_in_the_same_run_with_each_epoch_once(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = config(tmp_path, "resumed", mlflow=server, tensorboard=True, files=True)
    experiment = fc.Experiment.from_yaml(path, ["training.epochs=5"])
    whole = fc.train(untracked(experiment), run_dir=tmp_path / "whole")

    def stop(row: EpochRow) -> None:
        if row.epoch == 2:
            raise StoppedError

    with pytest.raises(StoppedError):
        fc.train(experiment, run_dir=tmp_path / "r", on_epoch=stop)
    [first] = runs_of(server, "resumed")
    assert first.info.status == "FAILED"
    told = tracking.Tracking.epoch_done

    def killed(self: Any, row: EpochRow) -> None:
        if row.epoch == 4:
            raise KeyboardInterrupt
        told(self, row)

    # The checkpoint of the epoch is written before anybody is told of it.
    with monkeypatch.context() as patch:
        patch.setattr(tracking.Tracking, "epoch_done", killed)
        with pytest.raises(KeyboardInterrupt):
            fc.train(experiment, run_dir=tmp_path / "r", resume=True)
    assert [run.info.status for run in runs_of(server, "resumed")] == ["KILLED"]
    run = fc.train(experiment, run_dir=tmp_path / "r", resume=True)
    [second] = runs_of(server, "resumed")
    assert (second.info.run_id, second.info.status) == (first.info.run_id, "FINISHED")
    for metric in ("loss", "val_loss", "learning_rate"):
        assert sorted(steps(server, first.info.run_id, metric)) == [1, 2, 3, 4, 5]
    assert weights(run.path) == weights(whole.path)
    assert [step for step, _ in tensorboard(run.path)["val_loss"]] == [1, 2, 3, 4, 5]
    table = (run.path / "tracking" / "files" / "plots" / "metrics" / "loss.tsv").read_text().splitlines()
    assert [row.split("\t")[0] for row in table] == ["step", "1", "2", "3", "4", "5"]
    # Once more changes nothing on the server either.
    assert fc.train(experiment, run_dir=tmp_path / "r", resume=True).already_complete
    assert sorted(steps(server, first.info.run_id, "loss")) == [1, 2, 3, 4, 5]
    assert steps(server, first.info.run_id, "test/mase") == [0]


def test_a_server_that_is_away_costs_nothing_and_gets_everything_later(
    tmp_path: Path, server: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    port = free_port()
    path = config(tmp_path, "away", mlflow=f"http://127.0.0.1:{port}")
    made = call("train", path, "--run-dir", tmp_path / "r")
    assert made.exit_code == 0
    notes = [text for text in made.stderr.splitlines() if "MLflow" in text]
    assert notes == [
        f"MLflow at http://127.0.0.1:{port}: [Errno 111] Connection refused. The run goes on without it; what it "
        f"should have been told is kept in {tmp_path / 'r' / 'tracking'}, and is sent by the same command with "
        f"--run-dir {tmp_path / 'r'} --resume."
    ]
    plain = fc.train(untracked(fc.Experiment.from_yaml(path)), run_dir=tmp_path / "plain")
    assert weights(tmp_path / "r") == weights(plain.path)
    assert (tmp_path / "r" / "resolved.yaml").read_text() == (plain.path / "resolved.yaml").read_text()
    with mlflow_server(tmp_path_factory.mktemp("later"), port) as later:
        again = call("train", path, "--run-dir", tmp_path / "r", "--resume")
        assert again.exit_code == 0
        assert "MLflow" not in again.stderr
        assert "nothing was trained" in again.stdout
        [run] = runs_of(later, "away")
        assert steps(later, run.info.run_id, "loss") == [1, 2]
        assert "test/mase" in run.data.metrics


def test_another_server_may_be_named_when_a_run_is_resumed(tmp_path: Path, server: str) -> None:
    path = config(tmp_path, "moved", files=True)
    fc.train(fc.Experiment.from_yaml(path), run_dir=tmp_path / "r")
    moved = fc.Experiment.from_yaml(path, [f"tracking.mlflow={server}", "tracking.experiment=elsewhere"])
    assert fc.train(moved, run_dir=tmp_path / "r", resume=True).already_complete
    [run] = runs_of(server, "elsewhere")
    assert steps(server, run.info.run_id, "loss") == [1, 2]


def test_a_search_has_a_child_run_for_each_trial(tmp_path: Path, server: str) -> None:
    path = config(tmp_path, "searched", mlflow=server, tensorboard=True)
    space = {"model.layers.0.units": {"choice": {"values": [2, 3], "default": 2}}}
    experiment = fc.Experiment.from_yaml(path).with_(
        {**space, "tune.algorithm": "grid", "tune.max_trials": 2}
    )
    search = fc.tune(experiment, run_dir=tmp_path / "r", on_note=lambda note: None)
    runs = runs_of(server, "searched")
    [parent] = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    children = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert sorted(run.data.params["model.layers.0.units"] for run in children) == ["2", "3"]
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert min(run.data.metrics["score"] for run in children) == pytest.approx(search.score)
    assert parent.data.params["model.layers.0.units"] == str(search.best["model.layers.0.units"])
    assert "test/mase" in parent.data.metrics
    [scores] = [values for tag, values in tensorboard(tmp_path / "r").items() if tag.startswith("trial/")]
    assert [step for step, _ in scores] == [1, 2]
    # Resuming a search that is complete makes no further run.
    fc.tune(experiment, run_dir=tmp_path / "r", resume=True, on_note=lambda note: None)
    assert Counter(run.info.status for run in runs_of(server, "searched")) == {"FINISHED": 3}


def test_a_backtest_has_its_folds(tmp_path: Path, server: str) -> None:
    path = config(tmp_path, "tested", mlflow=server)
    found = fc.backtest(fc.Experiment.from_yaml(path), folds=2, refit=True, run_dir=tmp_path / "r")
    [run] = runs_of(server, "tested")
    assert sorted(steps(server, run.info.run_id, "fold-1/loss")) == [1, 2]
    assert sorted(steps(server, run.info.run_id, "fold-2/loss")) == [1, 2]
    assert sorted(steps(server, run.info.run_id, "fold/mase")) == [1, 2]
    mean = found.metrics["summary"]["scores"]["model"]["mase"]["mean"]
    assert run.data.metrics["folds/mase"] == pytest.approx(mean)


def tensorboard(run: Path) -> dict[str, list[tuple[int, float]]]:
    """The scalars of a run as TensorBoard's own reader reads them."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    reader = EventAccumulator(str(run / "tracking" / "tensorboard"))
    reader.Reload()
    return {tag: [(e.step, e.value) for e in reader.Scalars(tag)] for tag in reader.Tags()["scalars"]}


def test_files_and_event_files_need_no_package_and_no_server(tmp_path: Path) -> None:
    run = fc.train(
        fc.Experiment.from_yaml(config(tmp_path, "local", tensorboard=True, files=True)),
        run_dir=tmp_path / "r",
    )
    scores = run.metrics["test"]["scores"]["model"]
    found = tensorboard(run.path)
    assert [step for step, _ in found["val_loss"]] == [1, 2]
    assert found["test/mase"] == [(0, pytest.approx(scores["mase"], rel=1e-6))]
    files = run.path / "tracking" / "files"
    metrics = json.loads((files / "metrics.json").read_text())
    assert (metrics["step"], metrics["test"]["mase"]) == (2, scores["mase"])
    assert yaml.safe_load((files / "params.yaml").read_text())["training"]["epochs"] == 2
    # They are no part of the run: nothing of it changes, and the manifest lists none of them.
    assert not any(name.startswith("tracking") for name in run.show()["files"])
    assert run.predict() is not None


def test_a_disk_that_refuses_the_files_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from forecaster.tracking import plain_files

    def full(path: Path, content: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(plain_files, "write_text", full)
    notes: list[str] = []
    run = fc.train(
        fc.Experiment.from_yaml(config(tmp_path, "full", files=True)),
        run_dir=tmp_path / "r",
        on_note=lambda note: notes.append(str(note)),
    )
    assert run.metrics["test"]["windows"] == 10
    assert sum("No space left on device" in note for note in notes) == 1


def test_no_password_is_written_or_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "hunter" + "2"
    path = config(tmp_path, "secret", mlflow="env")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://me:{secret}@127.0.0.1:{free_port()}")
    made = call("train", path, "--run-dir", tmp_path / "r")
    assert made.exit_code == 0
    assert "MLflow at http://***@127.0.0.1:" in made.stderr
    assert secret not in made.stdout + made.stderr
    for file in (tmp_path / "r").rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes(), file


def test_an_address_with_a_password_is_refused_without_showing_it(tmp_path: Path) -> None:
    path = config(tmp_path, "refused", mlflow="https://me:hunter2@host")
    said = refused(2, "validate", path)
    assert (
        "tracking.mlflow: holds a name, a password or a token, which would be copied into every run" in said
    )
    assert "hunter2" not in said
    assert not (tmp_path / "runs").exists()


def test_a_server_that_nobody_names_is_an_error_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    path = config(tmp_path, "unnamed", mlflow="env")
    assert refused(3, "train", path, "--run-dir", tmp_path / "r") == (
        "tracking.mlflow: is env, and the environment variable MLFLOW_TRACKING_URI is not set; set it to the address "
        "of the server, or write the address into the config"
    )
    assert not (tmp_path / "r").exists()


def test_a_package_that_is_missing_is_named_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking.importlib.util, "find_spec", lambda name: None)
    path = config(tmp_path, "missing", mlflow="http://127.0.0.1:1")
    assert refused(3, "train", path) == (
        "tracking.mlflow: needs MLflow, which is not installed; pip install 'keras-forecaster[mlflow]'"
    )
