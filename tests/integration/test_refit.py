"""training.refit: the networks of predict have learned every row, and the scores are of those before."""

import json
import math
from pathlib import Path

import pytest

import forecaster as fc
from forecaster.runs.arrays import load_arrays
from forecaster.stages import training_on
from forecaster.training.progress import EpochRow, Silent
from tests.integration.tiny_runs import done, hours, write_config, write_table

pytestmark = pytest.mark.slow

TRAINING = {"epochs": 3, "batch_size": 16, "ensemble": 2, "early_stopping": {"patience": 1}}
MODEL: dict[str, object] = {
    "layers": [{"type": "gru", "units": 3}],
    "anchor": {"type": "ridge", "mode": "average"},
    "blend": ["smoothing"],
}


def made(
    folder: Path,
    n: int = 90,
    *,
    split: dict[str, int] | None = None,
    model: dict[str, object] | None = None,
    **training: object,
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    write_table(folder / "t.csv", "t,y", ((t, math.sin(i / 3) + i / 40) for i, t in enumerate(hours(n))))
    return write_config(
        folder,
        {"targets": ["y"]},
        split=split or {"val": 20, "test": 20},
        model=model or MODEL,
        training={**TRAINING, **training},
    )


def weights(run: Path, folder: str = "model") -> dict[str, list[float]]:
    arrays, _ = load_arrays(run / folder / "weights.safetensors")
    return {path: array.ravel().tolist() for path, array in arrays.items()}


def scores(run: Path) -> object:
    return json.loads((run / "metrics.json").read_text())["splits"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("refit")
    config = made(folder)
    done("train", config, "--run-dir", folder / "once", "-q")
    done("train", config, "--run-dir", folder / "again", "-q", "--set", "training.refit=all")
    done("train", config, "--run-dir", folder / "on", "-q", "--set", "training.refit=continue")
    return {
        "once": folder / "once",
        "again": folder / "again",
        "on": folder / "on",
        "folder": folder,
    }


def test_the_scores_are_those_of_the_networks_before(runs: dict[str, Path]) -> None:
    assert scores(runs["again"]) == scores(runs["once"])
    assert weights(runs["again"], "model/scored") == weights(runs["once"])
    assert not (runs["once"] / "model/scored").exists()


def test_the_network_of_predict_is_that_of_a_training_on_all_rows(tmp_path: Path) -> None:
    """With the ridge penalty and the lookback of the anchor that validation chose: the same bytes."""
    once = {"epochs": 2, "early_stopping": None, "ensemble": 1}
    model = {"layers": MODEL["layers"], "anchor": {"type": "ridge", "lookback": "auto"}}
    config = made(tmp_path / "a", model=model, refit="all", **once)
    done("train", config, "--run-dir", tmp_path / "again", "-q")
    penalty = json.loads((tmp_path / "again/model/state.json").read_text())["anchor_penalty"]
    arrays, _ = load_arrays(tmp_path / "again/model/scored/weights.safetensors")
    anchor = next(array for path, array in arrays.items() if path.endswith("anchor"))
    seen = len(anchor) - int(anchor.any(axis=1).argmax())
    assert seen < len(anchor)
    model["anchor"] = {"type": "ridge", "penalty": penalty, "lookback": seen}
    config = made(tmp_path / "b", model=model, split={"val": 0, "test": 0}, **once)
    done("train", config, "--run-dir", tmp_path / "all", "-q")
    assert weights(tmp_path / "again") == weights(tmp_path / "all")
    # The run has the lookback as a number where resolved.yaml says auto, and is read all the same.
    assert done("predict", tmp_path / "again")
    assert done("evaluate", tmp_path / "again", "--json")


def test_networks_that_are_trained_on_start_from_the_scored_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a rate near 0 they stay what they are; the closed-form weights of the anchor alone see more rows."""
    monkeypatch.setattr(training_on, "RATE", 1e-12)
    config = made(tmp_path, refit="continue")
    run = fc.train(fc.Experiment.from_yaml(config), run_dir=tmp_path / "r").path
    found, before = weights(run), weights(run, "model/scored")
    for path, value in before.items():
        if path.endswith("anchor"):
            assert found[path] != value
        else:
            assert found[path] == pytest.approx(value, abs=1e-9), path


def test_networks_are_trained_on_for_a_tenth_of_their_epochs_at_a_low_rate(tmp_path: Path) -> None:
    config = made(tmp_path, refit="continue", epochs=20, ensemble=1, early_stopping=None)
    epochs: list[fc.EpochRow] = []
    fc.train(fc.Experiment.from_yaml(config), run_dir=tmp_path / "r", on_epoch=epochs.append)
    on = epochs[20:]
    assert [row.member for row in on] == [1, 1]
    assert on[0].learning_rate == pytest.approx(0.3e-3)
    assert on[1].learning_rate == pytest.approx(0.03e-3)


@pytest.mark.parametrize("how", ["all", "continue"])
def test_all_trainings_of_a_run_use_one_compiled_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Two members and the training of both on all rows, with another learning rate and fewer epochs."""
    import keras

    from forecaster.model.kept_networks import forget

    compiled = []
    compile_ = keras.Model.compile

    def counted(self: keras.Model, **kwargs: object) -> None:
        compiled.append(self)
        compile_(self, **kwargs)

    forget()
    monkeypatch.setattr(keras.Model, "compile", counted)
    # As many batches of all rows as of the training rows.
    config = made(tmp_path, refit=how, steps_per_epoch=2)
    fc.train(fc.Experiment.from_yaml(config), run_dir=tmp_path / "r")
    assert len(compiled) == 1


def test_scores_of_networks_that_are_trained_on_are_those_before(runs: dict[str, Path]) -> None:
    assert scores(runs["on"]) == scores(runs["once"])
    assert weights(runs["on"], "model/scored") == weights(runs["once"])
    assert weights(runs["on"]) != weights(runs["once"])
    learned = fc.load(runs["on"]).show()["learned"]
    assert (learned["until"], learned["steps_after"], learned["refit"]) == (hours(90)[-1], 0, True)


def test_the_weights_of_anchor_and_blend_are_kept(runs: dict[str, Path]) -> None:
    found, before = weights(runs["again"]), weights(runs["again"], "model/scored")
    shares = {path: value for path, value in before.items() if path.endswith("share")}
    assert len(shares) == 2
    assert {path: found[path] for path in shares} == shares
    assert all(found[path] != value for path, value in before.items() if path.endswith("kernel"))
    states = [json.loads((runs["again"] / f / "state.json").read_text()) for f in ("model", "model/scored")]
    assert states[0]["blend"] == states[1]["blend"]
    assert states[0]["calibration"]["offsets"] == states[1]["calibration"]["offsets"]


def test_newer_rows_move_the_second_training_and_not_the_first(tmp_path: Path) -> None:
    """A change of the test rows reaches the networks of predict, and nothing that chose or scored before them."""
    config = made(tmp_path, refit="all")
    done("train", config, "--run-dir", tmp_path / "a", "-q")
    table = (tmp_path / "t.csv").read_text().splitlines()
    table[-1] = table[-1].split(",")[0] + ",9"
    (tmp_path / "t.csv").write_text("\n".join(table) + "\n")
    done("train", config, "--run-dir", tmp_path / "b", "-q")
    assert weights(tmp_path / "a", "model/scored") == weights(tmp_path / "b", "model/scored")
    assert weights(tmp_path / "a") != weights(tmp_path / "b")


def test_evaluate_scores_the_network_that_has_not_seen_the_test_rows(runs: dict[str, Path]) -> None:
    found = json.loads(done("evaluate", runs["again"], "--json"))
    once = json.loads(done("evaluate", runs["once"], "--json"))
    for kind in (found, once):
        for key in ("run", "runs", "path"):
            kind.pop(key, None)
    assert json.dumps(found).replace("again", "once") == json.dumps(once)


def test_evaluate_on_other_rows_scores_only_rows_that_were_not_learned(
    runs: dict[str, Path], tmp_path: Path
) -> None:
    rows = [(t, math.sin(i / 3) + i / 40) for i, t in enumerate(hours(110))]
    newer = write_table(tmp_path / "newer.csv", "t,y", rows)
    again = fc.load(runs["again"]).evaluate(newer)
    once = fc.load(runs["once"]).evaluate(newer)
    assert len(again.forecasts) == (20 - 3 + 1) * 3
    assert len(once.forecasts) == (40 - 3 + 1) * 3


@pytest.mark.parametrize("at", [(2, 1), (3, 1)])
@pytest.mark.parametrize(("how", "whole"), [("all", "again"), ("continue", "on")])
def test_stopped_in_the_second_training_it_goes_on_to_the_same_bytes(
    runs: dict[str, Path], tmp_path: Path, at: tuple[int, int], how: str, whole: str
) -> None:
    experiment = fc.Experiment.from_yaml(runs["folder"] / "c.yaml").with_(**{"training.refit": how})

    class Stop(Silent):
        def epoch_done(self, row: EpochRow, epochs: int) -> None:
            if (row.member, row.epoch) == at:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fc.train(experiment, run_dir=tmp_path / "r", listener=Stop())
    fc.train(experiment, run_dir=tmp_path / "r", resume=True, on_note=lambda note: None)
    for part in ("model", "model/scored"):
        assert weights(tmp_path / "r", part) == weights(runs[whole], part)


def test_train_says_up_to_where_the_networks_have_learned(runs: dict[str, Path]) -> None:
    def said(run: Path) -> list[str]:
        lines = (run / "events.jsonl").read_text().splitlines()
        return next(e["notes"] for e in map(json.loads, lines) if e["event"] == "done")

    last, earlier = hours(90)[-1], hours(90)[49]
    assert any(f"have learned all rows, up to {last}" in note for note in said(runs["again"]))
    assert any(f"have learned up to {earlier}, and not the 40 steps after" in n for n in said(runs["once"]))
