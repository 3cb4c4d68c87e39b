"""What trials share: targets, folds; and what a paused one goes on with."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecaster.config.experiment import Experiment
from forecaster.runs.arrays import load_arrays
from forecaster.runs.directory import RunDir
from forecaster.search import trial
from forecaster.search.trial import TrialTask, common_windows, run_trial
from forecaster.search.trial_runner import reference_of, spec_of
from forecaster.stages.fitting import fit_members, member_store
from forecaster.stages.prepared import read
from forecaster.training.progress import EpochRow
from tests.integration.tiny_runs import line
from tests.preparing import prepare

LOOKBACKS = {"int": {"min": 4, "max": 20, "step": 4, "default": 8}}


def loaded(folder: Path, **sections: Any) -> Experiment:
    return Experiment.from_yaml(line(folder, 120, **sections))


def test_every_lookback_is_scored_on_the_same_targets(tmp_path: Path) -> None:
    given = loaded(tmp_path, window={"lookback": LOOKBACKS, "horizon": 3, "stride": 2})
    reference = reference_of(given)
    assert reference == {"lookback": 20, "stride": 2, "short": "skip"}
    rows = []
    for lookback in (4, 12, 20):
        one = Experiment.from_yaml(given.path, [f"window.lookback={lookback}"])
        windows = common_windows(one.spec, prepare(one), reference)
        assert windows.lookback == lookback
        rows.append(windows.target_row)
    assert (rows[0] == rows[1]).all()
    assert (rows[0] == rows[2]).all()
    assert len(rows[0]) > 3


def test_targets_that_only_a_short_lookback_reaches_are_left_out_for_all(tmp_path: Path) -> None:
    # Validation begins at row 10, which a lookback of 20 does not reach before row 20.
    given = loaded(tmp_path, window={"lookback": LOOKBACKS, "horizon": 3}, split={"val": 60, "test": 50})
    reference = reference_of(given)
    one = Experiment.from_yaml(given.path, ["window.lookback=4"])
    own = prepare(one)
    assert own.windows["val"].target_row.min() == 10
    assert common_windows(one.spec, own, reference).target_row.min() == 20


def test_folds_roll_back_and_never_see_what_they_score(tmp_path: Path) -> None:
    given = loaded(tmp_path, split={"val": 12, "test": 24})
    ends = []
    for fold in range(3):
        prepared = prepare(given, fold=fold)
        train, val = prepared.windows["train"], prepared.windows["val"]
        assert train.target_row.max() + train.horizon <= val.target_row.min()
        assert len(prepared.windows["test"]) == (22 if fold == 0 else 0)
        ends.append((int(val.target_row.min()), int(val.target_row.max()) + val.horizon))
    assert ends == [(84, 96), (72, 84), (60, 72)]


def test_sklearn_takes_three_folds_unless_told(tmp_path: Path) -> None:
    for algorithm, folds, taken in (
        ("sklearn", 1, 3),
        ("sklearn", 2, 2),
        ("sklearn", 5, 5),
        ("random", 1, 1),
    ):
        given = loaded(tmp_path, tune={"algorithm": algorithm, "folds": folds})
        assert spec_of(given, smoke=False).folds == taken


def task(folder: Path, given: Experiment, **more: Any) -> TrialTask:
    config = given.yaml_of(given.values, relative_to=folder)
    return TrialTask(folder=str(folder), config=config, reference=reference_of(given), **more)


@pytest.mark.slow
def test_a_promoted_trial_goes_on_as_if_it_had_never_paused(tmp_path: Path) -> None:
    """Weights, optimizer, dropout's chance and the patience of early stopping: to the same bytes."""
    given = loaded(
        tmp_path,
        model={"layers": [{"type": "gru", "units": 3, "dropout": 0.2}]},
        training={"epochs": 6, "batch_size": 16, "schedule": {"type": "cosine"}},
    )
    said: list[dict[str, Any]] = []
    at_once = run_trial(task(tmp_path / "whole", given), said.append)
    first = run_trial(task(tmp_path / "a", given, until=2), said.append)
    assert first["details"]["epochs"] == 2
    second = run_trial(task(tmp_path / "b", given, until=6, previous=str(tmp_path / "a")), said.append)
    assert second["score"] == at_once["score"]
    assert second["details"]["epochs"] == 6
    inside = "fold0-seed0/checkpoints/member-0.safetensors"
    one, _ = load_arrays(tmp_path / "whole" / inside)
    other, _ = load_arrays(tmp_path / "b" / inside)
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[k], other[k]) for k in one)
    assert [s["epoch"] for s in said] == [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6]


def test_a_worker_reads_a_table_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(trial, "read", lambda data, source: seen.append(data) or read(data, source))
    reader, given = trial._LastRead(), loaded(tmp_path)
    shorter = Experiment.from_yaml(
        given.path, ["window.lookback=4", "data.calendar=[hour]", "data.missing=zero"]
    )
    one, other = prepare(given, reader=reader), prepare(shorter, reader=reader, fold=1)
    assert len(seen) == 1
    assert one.panel.values is other.panel.values
    (tmp_path / "t.csv").write_text((tmp_path / "t.csv").read_text().replace(",7\n", ",7.5\n"))
    assert prepare(given, reader=reader).panel.values[7, 0] == 7.5
    assert len(seen) == 2


@pytest.mark.slow
def test_what_training_validated_is_not_forecast_again(tmp_path: Path) -> None:
    given = loaded(tmp_path, training={"epochs": 4, "batch_size": 16, "early_stopping": {"patience": 9}})
    prepared = prepare(given)
    (tmp_path / "r").mkdir()
    fitted, history = fit_members(given.spec, prepared, member_store(RunDir(tmp_path / "r")))
    windows = prepared.windows["val"]
    known = trial.scored_in_training(given.spec, prepared, history, windows)
    assert known == pytest.approx(trial._score(given.spec, prepared, fitted, windows), rel=1e-5)
    assert trial.scored_in_training(given.spec, prepared, history, windows.take(np.arange(3))) is None
    for more in ("training.ensemble=2", "model.anchor={type: ridge, mode: average}"):
        one = Experiment.from_yaml(given.path, [more])
        assert trial.scored_in_training(one.spec, prepare(one), history, windows) is None


def test_the_weights_that_were_kept_are_those_scored(tmp_path: Path) -> None:
    def row(epoch: int, *, best: bool) -> EpochRow:
        return EpochRow(0, epoch, 1.0, 0.1, 1.0, best, {"val_loss": 0.5, "val_mae": float(epoch)})

    history = [row(1, best=False), row(2, best=True), row(3, best=False)]
    stopped = loaded(tmp_path / "a", training={"early_stopping": {"patience": 2}})
    to_the_end = loaded(tmp_path / "b", training={"early_stopping": None})
    for given, kept in ((stopped, 2.0), (to_the_end, 3.0)):
        prepared = prepare(given)
        found = trial.scored_in_training(given.spec, prepared, history, prepared.windows["val"])
        assert found == {"loss": 0.5, "mae": kept}


@pytest.mark.slow
def test_folds_and_executions_are_averaged(tmp_path: Path) -> None:
    given = loaded(tmp_path, split={"val": 12, "test": 24})
    found = run_trial(task(tmp_path / "t", given, folds=2, executions=2), lambda said: None)
    scores = found["details"]["scores"]
    assert len(set(scores)) == 4
    assert found["score"] == pytest.approx(np.mean(scores))


def test_one_word_changes_the_cell_of_every_layer(tmp_path: Path) -> None:
    model = {"cell": "gru", "layers": [{"units": 3}, {"units": 4}, {"type": "dense", "units": 2}]}
    given = loaded(tmp_path, model=model)
    assert [x.type for x in given.spec.model.layers] == ["gru", "gru", "dense"]
    other = Experiment.from_yaml(given.path, ["model.cell=lstm"])
    assert [x.type for x in other.spec.model.layers] == ["lstm", "lstm", "dense"]


def test_a_calendar_feature_is_turned_on_and_off(tmp_path: Path) -> None:
    hour = {"choice": {"values": ["hour", None], "default": None}}
    given = loaded(tmp_path)
    values = {**given.values, "data": {**given.values["data"], "calendar": [hour, "month"]}}
    (tmp_path / "d.yaml").write_text(given.yaml_of(values, relative_to=tmp_path))
    one = Experiment.from_yaml(tmp_path / "d.yaml")
    assert one.spec.data.calendar == ["month"]
    assert one.trial({"data.calendar.0": "hour"}).data.calendar == ["hour", "month"]


def test_a_covariate_and_an_anchor_are_turned_on_and_off(tmp_path: Path) -> None:
    given = loaded(tmp_path)
    wet = {"choice": {"values": ["wet", None], "default": None}}
    anchor = {"type": {"choice": {"values": ["ridge", None], "default": None}}, "mode": "average"}
    values = {
        **given.values,
        "data": {**given.values["data"], "past_covariates": [wet]},
        "model": {**given.values["model"], "anchor": anchor},
    }
    (tmp_path / "d.yaml").write_text(given.yaml_of(values, relative_to=tmp_path))
    one = Experiment.from_yaml(tmp_path / "d.yaml")
    assert one.spec.data.past_covariates == []
    assert one.spec.model.anchor is None
    other = one.trial({"data.past_covariates.0": "wet", "model.anchor.type": "ridge"})
    assert other.data.past_covariates == ["wet"]
    assert other.model.anchor is not None
    assert other.model.anchor.mode == "average"
