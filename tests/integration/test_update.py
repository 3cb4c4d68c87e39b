"""forecaster update: training goes on with newer rows, and a new run is written where it is not worse."""

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import forecaster as fc
from forecaster.stages import training_on
from tests.integration.test_refit import made, weights
from tests.integration.test_refit_verb import contents, rows
from tests.integration.tiny_runs import call, done, hours, read, refused, write_config, write_table

pytestmark = pytest.mark.slow

GRU: dict[str, object] = {"layers": [{"type": "gru", "units": 3}]}


def remarks_of(run: Path, data: Any = None, **options: Any) -> tuple[Any, list[str]]:
    said: list[Any] = []
    found = fc.load(run).update(data, on_note=said.append, **options)
    return found, [str(remark) for remark in said]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run of 90 rows (`old`) and its update with 30 rows more (`new`); the same with training.refit: all (`_all`) and continue (`_on`)."""
    folder = tmp_path_factory.mktemp("update")
    config = made(folder, epochs=8)
    newer = write_table(folder / "newer.csv", "t,y", rows(120))
    done("train", config, "--run-dir", folder / "old", "-q")
    done("train", config, "--run-dir", folder / "old_all", "-q", "--set", "training.refit=all")
    before = contents(folder / "old")
    done("update", folder / "old", "--data", newer, "--run-dir", folder / "new", "-q")
    done("update", folder / "old_all", "--data", newer, "--run-dir", folder / "new_all", "-q")
    done("train", config, "--run-dir", folder / "old_on", "-q", "--set", "training.refit=continue")
    done("update", folder / "old_on", "--data", newer, "--run-dir", folder / "new_on", "-q")
    assert contents(folder / "old") == before
    return {
        n: folder / n for n in ("old", "new", "old_all", "new_all", "old_on", "new_on", "newer.csv", "c.yaml")
    }


def test_it_is_a_run_of_the_newer_table_with_scores_of_its_own(runs: dict[str, Path]) -> None:
    manifest = read(runs["new"], "manifest.json")
    assert manifest["data"] == {**manifest["data"], "path": str(runs["newer.csv"]), "rows": 120}
    assert "scored" not in manifest
    (one,) = read(runs["new"], "splits.json")["series"]
    assert one["train"]["last"] == hours(80)[-1]
    assert one["test"]["last"] == hours(120)[-1]
    assert weights(runs["new"]) != weights(runs["old"])
    scored = fc.load(runs["new"]).evaluate()
    stored = read(runs["new"], "metrics.json")["splits"]["test"]["scores"]
    assert scored.scores["scores"]["model"] == pytest.approx(stored["model"], rel=1e-5)
    assert [str(t) for t in fc.load(runs["new"]).predict()["t"]] == hours(3, first=120)
    # The settings are those of a training anew.
    before, after = (fc.load(runs[name]).experiment.spec for name in ("old", "new"))
    assert (before.training, before.split) == (after.training, after.split)


def test_the_manifest_says_what_it_went_on_from(runs: dict[str, Path]) -> None:
    updated = read(runs["new"], "manifest.json")["updated"]
    assert (updated["run"], updated["updates"]) == (str(runs["old"]), 1)
    assert updated["sha256"] == fc.load(runs["old"]).sha256
    assert len(updated["epochs"]) == 2
    assert updated["gate"]["windows"] == 20 - 3 + 1
    assert "went on from the weights of" in (runs["new"] / "report.html").read_text()


def test_the_scaling_stays_unless_the_level_drifts(runs: dict[str, Path], tmp_path: Path) -> None:
    scales = [read(runs[name], "model/state.json")["scaler"] for name in ("old", "new")]
    assert scales[0] == scales[1]
    high = write_table(
        tmp_path / "high.csv", "t,y", [(t, v + 9 * (i > 60)) for i, (t, v) in enumerate(rows(140))]
    )
    found, said = remarks_of(runs["old"], high, run_dir=tmp_path / "r")
    assert "the level has drifted since the run was trained, so the scaling is fitted anew" in said
    if found.published:
        assert read(found.run.path, "model/state.json")["scaler"] != scales[0]


def test_with_refit_all_the_networks_of_predict_go_on_too(runs: dict[str, Path]) -> None:
    assert weights(runs["new_all"], "model/scored") == weights(runs["new"])
    assert weights(runs["new_all"]) not in (weights(runs["new"]), weights(runs["old_all"]))
    assert (
        read(runs["new_all"], "model/state.json")["scaler"]
        == read(runs["old_all"], "model/state.json")["scaler"]
    )
    assert fc.load(runs["new_all"]).show()["learned"]["until"] == hours(120)[-1]


def test_networks_that_went_on_to_learn_all_rows_go_on_again(runs: dict[str, Path]) -> None:
    """The scored ones from the scored ones, and those of predict from those of predict, in the scaler of both."""
    assert weights(runs["old_on"], "model/scored") == weights(runs["old"])
    assert weights(runs["new_on"], "model/scored") == weights(runs["new"])
    assert weights(runs["new_on"]) not in (
        weights(runs["new"]),
        weights(runs["old_on"]),
        weights(runs["new_all"]),
    )
    states = [read(runs["new_on"], f"{folder}/state.json")["scaler"] for folder in ("model", "model/scored")]
    assert states[0] == states[1]
    assert fc.load(runs["new_on"]).show()["learned"]["until"] == hours(120)[-1]


def test_an_update_of_an_update_and_a_refit_of_one_train_for_the_epochs_of_the_training_anew(
    runs: dict[str, Path], tmp_path: Path
) -> None:
    later = write_table(tmp_path / "later.csv", "t,y", rows(150))
    done("update", runs["new"], "--data", later, "--run-dir", tmp_path / "twice", "-q")
    first, second = (read(p, "manifest.json")["updated"] for p in (runs["new"], tmp_path / "twice"))
    assert (second["updates"], second["epochs"]) == (2, first["epochs"])
    done("refit", runs["new"], "--data", later, "--run-dir", tmp_path / "refitted", "-q")
    assert read(tmp_path / "refitted", "manifest.json")["updated"] == first


def test_it_trains_for_a_part_of_the_epochs(runs: dict[str, Path], tmp_path: Path) -> None:
    config = made(tmp_path, model=GRU, epochs=20, ensemble=1, early_stopping=None)
    done("train", config, "--run-dir", tmp_path / "old", "-q")
    epochs: list[fc.EpochRow] = []
    fc.load(tmp_path / "old").update(runs["newer.csv"], run_dir=tmp_path / "new", on_epoch=epochs.append)
    assert len(epochs) == round(20 * training_on.EPOCHS)
    assert epochs[0].learning_rate == pytest.approx(1e-3 * training_on.RATE)
    assert len((tmp_path / "new/history.csv").read_text().splitlines()) == 1 + len(epochs)


def worse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train on at a rate that makes any network worse."""
    monkeypatch.setattr(training_on, "RATE", 3000.0)
    monkeypatch.setattr(training_on, "EPOCHS", 1.0)


def test_a_worse_network_is_not_published(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worse(monkeypatch)
    config = made(tmp_path, model=GRU, early_stopping=None, epochs=3, ensemble=1)
    done("train", config, "--run-dir", tmp_path / "old", "-q")
    words = ["update", tmp_path / "old", "--data", runs["newer.csv"]]
    result = call(*words, "--json")
    assert result.exit_code == 1, result.stdout
    found = json.loads(result.stdout)
    assert (found["published"], found["run"]) == (False, None)
    assert found["comparison"]["challenger"] > found["comparison"]["champion"]
    assert not (tmp_path / "runs").exists() or not list((tmp_path / "runs").iterdir())
    said = refused(1, *words, "--run-dir", tmp_path / "new", "-q")
    assert said.startswith(f"{tmp_path / 'old'}: stays as it is, because the new networks are worse: ")
    assert [p.name for p in (tmp_path / "new").iterdir()] == [".lock"]


def test_a_run_that_it_would_have_replaced_is_put_back(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worse(monkeypatch)
    config = made(tmp_path, model=GRU, early_stopping=None, epochs=3, ensemble=1)
    done("train", config, "--run-dir", tmp_path / "old", "-q")
    shutil.copytree(runs["new"], tmp_path / "next")
    before = contents(tmp_path / "next")
    words = ["update", tmp_path / "old", "--data", runs["newer.csv"], "--run-dir", tmp_path / "next"]
    refused(1, *words, "--overwrite", "-q")
    assert contents(tmp_path / "next") == before


def test_new_and_missing_series_are_named(tmp_path: Path) -> None:
    def table(name: str, ids: str, n: int) -> Path:
        cells = ((t, s, math.sin(i / 3) + k) for k, s in enumerate(ids) for i, t in enumerate(hours(n)))
        return write_table(tmp_path / name, "t,s,y", cells)

    table("t.csv", "abc", 60)
    config = write_config(tmp_path, {"id": "s", "targets": ["y"]}, model=GRU, split={"val": 10, "test": 10})
    done("train", config, "--run-dir", tmp_path / "old", "-q")
    found, said = remarks_of(tmp_path / "old", table("newer.csv", "acd", 70), run_dir=tmp_path / "new")
    assert any("1 series of" in one and "lacks, not learned again: 'b'" in one for one in said), said
    assert any("never saw, learned now: 'd'" in one for one in said), said
    assert found.published
    assert sorted(set(found.run.predict()["s"])) == ["a", "c", "d"]


REFUSALS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "no_new_rows": (
        lambda folder: write_table(folder / "x.csv", "t,y", rows(90)),
        f"x.csv: has no rows after {hours(90)[-1]}, up to which ",
    ),
    "older": (
        lambda folder: write_table(folder / "x.csv", "t,y", rows(70)),
        f"x.csv: has no rows after {hours(90)[-1]}, up to which ",
    ),
    "another_column": (
        lambda folder: write_table(folder / "x.csv", "t,z", rows(120)),
        "no column is called 'y'; the columns are 't', 'z'",
    ),
    "too_short": (
        lambda folder: write_table(folder / "x.csv", "t,y", rows(10, first=110)),
        "",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_table_that_does_not_go_on_is_refused(runs: dict[str, Path], tmp_path: Path, case: str) -> None:
    make, message = REFUSALS[case]
    said = refused(2, "update", runs["old"], "--data", make(tmp_path), "--run-dir", tmp_path / "r")
    assert message in said
    assert not (tmp_path / "r").exists()


def test_a_run_without_a_test_range_is_refused(tmp_path: Path, runs: dict[str, Path]) -> None:
    config = made(tmp_path, model=GRU, split={"val": 20, "test": 0}, epochs=1, ensemble=1)
    done("train", config, "--run-dir", tmp_path / "old", "-q")
    said = refused(2, "update", tmp_path / "old", "--data", runs["newer.csv"])
    assert said.startswith(f"{tmp_path / 'old'}: has no test range (split.test: 0), so there are no windows")
    assert said.endswith(f"train with split.test, or use forecaster refit {tmp_path / 'old'}")


def test_dates_of_the_split_become_as_many_steps(tmp_path: Path, runs: dict[str, Path]) -> None:
    made(tmp_path)
    dates: Any = {"val": hours(51)[-1], "test": hours(71)[-1]}
    config = write_config(tmp_path, {"targets": ["y"]}, model=GRU, split=dates)
    done("train", config, "--run-dir", tmp_path / "old", "-q")
    found, said = remarks_of(tmp_path / "old", runs["newer.csv"], run_dir=tmp_path / "new")
    assert (
        f"split.test begins 20 steps before the end now, as many as it had, and not at {dates['test']}"
        in said
    )
    assert found.published
    assert (found.run.experiment.spec.split.val, found.run.experiment.spec.split.test) == (20, 20)


def test_it_is_resumed_and_complete(runs: dict[str, Path]) -> None:
    words = ["update", runs["old"], "--data", runs["newer.csv"], "--run-dir", runs["new"]]
    assert "already exists" in refused(4, *words)
    assert "The run was already complete; nothing was trained." in done(*words, "--resume")
    again = json.loads(done(*words, "--resume", "--json"))
    assert again["published"] is True
    assert again["comparison"] == read(runs["new"], "manifest.json")["updated"]["gate"]
    assert "is not apart from" in refused(2, *words[:-1], runs["old"])


def test_it_goes_on_from_the_weights(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a rate of next to nothing the weights are those of the run before."""
    monkeypatch.setattr(training_on, "RATE", 1e-12)
    config = made(tmp_path, model=GRU)
    done("train", config, "--run-dir", tmp_path / "old", "-q")
    done("update", tmp_path / "old", "--data", runs["newer.csv"], "--run-dir", tmp_path / "new", "-q")
    old, new = weights(tmp_path / "old"), weights(tmp_path / "new")
    for path, values in old.items():
        assert np.allclose(values, new[path], atol=1e-6), path
