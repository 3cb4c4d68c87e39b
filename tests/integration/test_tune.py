"""`forecaster tune`: searches with trials that take no time, in real worker processes."""

import json
from pathlib import Path
from typing import Any

import pytest

from forecaster.errors import EnvironmentError_
from forecaster.runs.claim import claim
from forecaster.search.log import TrialLog
from tests.integration.tiny_runs import call, done, line, read, refused

pytestmark = pytest.mark.slow
UNITS = {"int": {"min": 1, "max": 9, "default": 4}}
RATE = {"float": {"min": 0.0, "max": 0.5, "step": 0.1, "default": 0.2}}
LAYER = {"type": "simple_rnn", "units": UNITS, "dropout": RATE}


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forecaster.search.driver.WORK", "tests.integration.fake_trials")


def space(folder: Path, *, name: str = "tiny", layer: dict[str, Any] | None = None, **tune: Any) -> Path:
    tune = {"algorithm": "random", "max_trials": 6, **tune}
    return line(folder, 120, name=name, model={"layers": [layer or LAYER]}, tune=tune)


def scores(run: Path) -> dict[str, float]:
    entries = TrialLog(run / "tune/trials.jsonl").entries
    found = [(e["trial"], e["score"]) for e in entries if e["event"] == "completed"]
    assert len(found) == len(dict(found)), "a trial completed twice"
    return dict(found)


def proposed(run: Path) -> list[dict[str, Any]]:
    return [e["point"] for e in TrialLog(run / "tune/trials.jsonl").entries if e["event"] == "proposed"]


@pytest.mark.usefixtures("fake")
class TestRandom:
    def test_it_hands_over_the_best_config(self, tmp_path: Path) -> None:
        config = space(tmp_path)
        said = json.loads(done("tune", config, "--run-dir", tmp_path / "r", "--json"))
        found = scores(tmp_path / "r")
        assert len(found) == 6
        assert said["best"]["score"] == min(found.values())
        assert said["trials"] == {"completed": 6, "failed": 0, "running": 0}
        assert said["ended"] == "max_trials"
        best = json.loads(done("validate", tmp_path / "r/tune/best.yaml", "--json"))
        assert best["valid"]
        text = (tmp_path / "r/tune/best.yaml").read_text()
        assert f"units: {said['best']['values']['model.layers.0.units']}\n" in text
        header, *rows = (tmp_path / "r/tune/trials.csv").read_text().splitlines()
        assert header.startswith("trial,state,score,epochs,seconds")
        assert len(rows) == 6
        for plot in ("progress", "effects", "parallel"):
            assert (tmp_path / f"r/tune/{plot}.png").stat().st_size > 5_000

    def test_the_same_seed_proposes_the_same_and_another_seed_does_not(self, tmp_path: Path) -> None:
        for run, seed in (("a", 0), ("b", 0), ("c", 1)):
            done("tune", space(tmp_path), "--run-dir", tmp_path / run, "--set", f"seed={seed}")
        assert proposed(tmp_path / "a") == proposed(tmp_path / "b") != proposed(tmp_path / "c")

    @pytest.mark.parametrize("algorithm", ["random", "grid", "bayesian", "hyperband", "sklearn"])
    def test_the_first_trial_is_that_of_the_defaults(self, tmp_path: Path, algorithm: str) -> None:
        config = space(tmp_path, algorithm=algorithm, max_trials=1, max_epochs=3)
        done("tune", config, "--run-dir", tmp_path / "r")
        first = next(
            e for e in TrialLog(tmp_path / "r/tune/trials.jsonl").entries if e["event"] == "proposed"
        )
        assert first["values"] == {"model.layers.0.units": 4, "model.layers.0.dropout": 0.2}

    def test_a_small_space_is_used_up_and_no_trial_is_made_twice(self, tmp_path: Path) -> None:
        layer = {"type": "simple_rnn", "units": UNITS}
        said = json.loads(
            done("tune", space(tmp_path, layer=layer, max_trials=50), "--run-dir", tmp_path / "r", "--json")
        )
        assert said["ended"] == "nothing left to try"
        assert sorted(p["model.layers.0.units"] for p in proposed(tmp_path / "r")) == list(range(9))
        assert said["best"]["values"] == {"model.layers.0.units": 5}

    @pytest.mark.parametrize("algorithm", ["grid", "random", "bayesian", "hyperband"])
    def test_copies_have_values_of_their_own_and_absent_ones_none(
        self, tmp_path: Path, algorithm: str
    ) -> None:
        layer = {
            "type": "simple_rnn",
            "repeat": {"int": {"min": 1, "max": 2, "default": 1}},
            "units": {"choice": {"values": [1, 2], "default": 2}},
        }
        config = space(tmp_path, layer=layer, algorithm=algorithm, max_trials=50, max_epochs=3)
        done("tune", config, "--run-dir", tmp_path / "r")
        entries = [e for e in TrialLog(tmp_path / "r/tune/trials.jsonl").entries if e["event"] == "proposed"]
        tried = [tuple(e["values"].values()) for e in entries if not e["previous"]]
        one, other = "model.layers.0.units", "model.layers.0.units#2"
        for values in (e["values"] for e in entries):
            assert (other in values) == (values["model.layers.0.repeat"] == 2)
            assert one in values
        if algorithm != "hyperband":
            assert sorted(tried) == [(1, 1), (1, 2), (2, 1, 1), (2, 1, 2), (2, 2, 1), (2, 2, 2)]

    def test_only_the_best_checkpoints_are_kept(self, tmp_path: Path) -> None:
        done("tune", space(tmp_path, keep_checkpoints=2), "--run-dir", tmp_path / "r")
        found = scores(tmp_path / "r")
        best = sorted(found, key=lambda t: found[t])[:2]
        assert sorted(p.name for p in (tmp_path / "r/tune/trials").iterdir()) == sorted(best)

    def test_a_failure_is_recorded_and_the_search_goes_on(self, tmp_path: Path) -> None:
        layer = {"type": "simple_rnn", "units": UNITS}
        config = space(tmp_path, name="fails-at-three", layer=layer, max_trials=9)
        said = json.loads(done("tune", config, "--run-dir", tmp_path / "r", "--json"))
        assert said["trials"] == {"completed": 8, "failed": 1, "running": 0}
        assert b",failed,,," in (tmp_path / "r/tune/trials.csv").read_bytes()
        failed = [e for e in TrialLog(tmp_path / "r/tune/trials.jsonl").entries if e["event"] == "failed"]
        assert failed[0]["reason"] == "memory ran out"

    def test_a_worker_that_dies_at_a_trial_three_times_fails_it(self, tmp_path: Path) -> None:
        layer = {"type": "simple_rnn", "units": UNITS}
        config = space(tmp_path, name="dies-at-three", layer=layer, max_trials=9)
        said = json.loads(done("tune", config, "--run-dir", tmp_path / "r", "--json"))
        assert said["trials"] == {"completed": 8, "failed": 1, "running": 0}
        failed = [e for e in TrialLog(tmp_path / "r/tune/trials.jsonl").entries if e["event"] == "failed"]
        assert failed[0]["reason"] == (
            "its process was lost 3 times: killed by signal 9, which is what happens when memory runs out"
        )

    def test_a_worker_that_is_killed_once_is_replaced(self, tmp_path: Path) -> None:
        config = space(tmp_path, name="dies-once", max_trials=3)
        done("tune", config, "--run-dir", tmp_path / "r")
        assert len(scores(tmp_path / "r")) == 3

    def test_a_search_that_was_stopped_says_how_to_go_on(self, tmp_path: Path) -> None:
        config = space(tmp_path, name="fails", max_failed_trials=2)
        refused(1, "tune", config, "--run-dir", tmp_path / "r", "--set", "training.epochs=3")
        assert refused(2, "predict", tmp_path / "r") == (
            f"{tmp_path}/r: this run is not complete; finish it with: forecaster tune {config} "
            f"--set training.epochs=3 --run-dir {tmp_path}/r --resume"
        )

    def test_failures_in_a_row_end_it_with_status_1_and_the_reason(self, tmp_path: Path) -> None:
        config = space(tmp_path, name="fails", max_failed_trials=2)
        message = refused(1, "tune", config, "--run-dir", tmp_path / "r")
        assert message.startswith(
            "no trial completed: 2 failed, the last of them in trial 2: ValueError: no network"
        )
        assert not (tmp_path / "r/manifest.json").exists()

    def test_a_score_that_is_not_a_number_is_a_failure(self, tmp_path: Path) -> None:
        config = space(tmp_path, name="nan", max_failed_trials=1)
        assert "its score is nan" in refused(1, "tune", config, "--run-dir", tmp_path / "r")

    def test_the_time_budget_ends_it(self, tmp_path: Path) -> None:
        config = space(tmp_path, name="endless")
        message = refused(1, "tune", config, "--run-dir", tmp_path / "r", "--time-budget", "1s")
        assert (
            message
            == "no trial completed before the end of the time budget; continue with --resume and more time"
        )

    def test_what_completed_within_the_time_budget_is_handed_over(self, tmp_path: Path) -> None:
        config = space(tmp_path, name="slow", max_trials=10_000)
        said = json.loads(done("tune", config, "--run-dir", tmp_path / "r", "--time-budget", "3s", "--json"))
        assert said["ended"] == "time budget"
        assert said["trials"]["failed"] == 0
        assert said["best"]["score"] == min(scores(tmp_path / "r").values())

    @pytest.mark.parametrize("workers", [1, 2])
    def test_a_full_disk_ends_it_and_fails_no_trial(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
    ) -> None:
        def no_room(*_: object, **__: object) -> None:
            raise EnvironmentError_("nor is there room for a summary")

        config = space(tmp_path, name="full-disk", max_trials=3)
        with monkeypatch.context() as patched:
            patched.setattr("forecaster.search.driver.write_summary", no_room)
            message = refused(3, "tune", config, "--run-dir", tmp_path / "r", "--workers", workers)
        folder = f"{tmp_path}/r/tune/trials/000"
        assert message.startswith(folder)
        assert message.endswith(": No space left on device; make space, then continue with --resume")
        (tmp_path / "space").touch()
        said = json.loads(done("tune", config, "--run-dir", tmp_path / "r", "--resume", "--json"))
        assert said["trials"] == {"completed": 3, "failed": 0, "running": 0}

    def test_workers_share_one_search_and_its_threads(self, tmp_path: Path) -> None:
        config = space(tmp_path, name="slow", max_trials=12)
        done("tune", config, "--run-dir", tmp_path / "r", "--workers", 3, "--set", "runtime.threads=3")
        entries = TrialLog(tmp_path / "r/tune/trials.jsonl").entries
        assert len(scores(tmp_path / "r")) == 12
        assert len({e["pid"] for e in entries if e["event"] == "completed"}) >= 2


@pytest.mark.usefixtures("fake")
class TestResume:
    @pytest.mark.parametrize("algorithm", ["random", "grid", "bayesian", "hyperband", "sklearn"])
    def test_from_any_line_of_the_log_it_proposes_what_it_would_have(
        self, tmp_path: Path, algorithm: str
    ) -> None:
        config = space(tmp_path, algorithm=algorithm, max_trials=9, max_epochs=9)
        done("tune", config, "--run-dir", tmp_path / "whole", "--set", "tune.max_trials=9")
        log = (tmp_path / "whole/tune/trials.jsonl").read_text().splitlines(keepends=True)
        whole = proposed(tmp_path / "whole")
        for n_lines in (2, len(log) // 2, len(log) - 2):
            run = tmp_path / f"cut{n_lines}"
            (run / "tune").mkdir(parents=True)
            (run / "events.jsonl").write_text('{"event": "started", "command": "tune"}\n')
            (run / "tune/trials.jsonl").write_text("".join(log[:n_lines]))
            done("tune", config, "--run-dir", run, "--resume")
            assert proposed(run) == whole
            assert scores(run) == scores(tmp_path / "whole")

    def test_a_completed_trial_is_not_run_again(self, tmp_path: Path) -> None:
        config = space(tmp_path, max_trials=3)
        done("tune", config, "--run-dir", tmp_path / "r")
        config = space(tmp_path, max_trials=5)
        done("tune", config, "--run-dir", tmp_path / "r", "--resume")
        assert (tmp_path / "begun.txt").read_text().split() == ["0000", "0001", "0002", "0003", "0004"]

    def test_a_changed_space_is_refused_with_the_difference(self, tmp_path: Path) -> None:
        done("tune", space(tmp_path, max_trials=2), "--run-dir", tmp_path / "r")
        other = {**LAYER, "units": {"int": {"min": 1, "max": 8, "default": 4}}}
        message = refused(2, "tune", space(tmp_path, layer=other), "--run-dir", tmp_path / "r", "--resume")
        assert message == (
            f"{tmp_path}/r/tune/trials.jsonl: this search was started with other inputs: model.layers.0.units was "
            "{'int': {'min': 1, 'max': 9, 'sampling': 'linear', 'default': 4}} and is "
            "{'int': {'min': 1, 'max': 8, 'sampling': 'linear', 'default': 4}}; resume with the same inputs, or "
            "start over with --overwrite"
        )

    def test_a_fixed_value_that_is_searched_now_is_one_difference(self, tmp_path: Path) -> None:
        config = space(tmp_path, max_trials=2)
        done("tune", config, "--run-dir", tmp_path / "r")
        node = "{choice: {values: [16, 32], default: 16}}"
        message = refused(
            2, "tune", config, "--run-dir", tmp_path / "r", "--resume", "--set", f"training.batch_size={node}"
        )
        assert message.count("training.batch_size") == 1
        assert "training.batch_size was 16 and is {'choice': {'values': [16, 32], 'default': 16}};" in message

    def test_a_log_that_is_gone_is_no_new_search(self, tmp_path: Path) -> None:
        config = space(tmp_path, max_trials=2)
        done("tune", config, "--run-dir", tmp_path / "r")
        (tmp_path / "r/tune/trials.jsonl").unlink()
        assert refused(2, "tune", config, "--run-dir", tmp_path / "r", "--resume") == (
            f"{tmp_path}/r/tune/trials.jsonl: the log of this search is missing; restore it from a copy, "
            "or start over with --overwrite"
        )

    def test_two_at_once_are_one_too_many(self, tmp_path: Path) -> None:
        config = space(tmp_path, max_trials=2)
        done("tune", config, "--run-dir", tmp_path / "r")
        with claim(tmp_path / "r", resume=True):
            message = refused(4, "tune", config, "--run-dir", tmp_path / "r", "--resume")
        assert (
            message
            == f"{tmp_path}/r: another process is working on it; wait for it, or choose another --run-dir"
        )

    def test_changed_data_are_refused(self, tmp_path: Path) -> None:
        config = space(tmp_path, max_trials=2)
        done("tune", config, "--run-dir", tmp_path / "r")
        table = tmp_path / "t.csv"
        table.write_text(table.read_text().replace(",7\n", ",7.5\n"))
        assert "the data changed" in refused(2, "tune", config, "--run-dir", tmp_path / "r", "--resume")

    @pytest.mark.parametrize(
        ("mode", "message"),
        [
            (
                "table-changes",
                "changed while the search was running; restore it and continue with --resume, or "
                "start over with --overwrite",
            ),
            ("table-goes", "no such file; data.path is relative to the YAML file"),
        ],
    )
    def test_a_table_that_changes_under_way_ends_it_and_fails_no_trial(
        self, tmp_path: Path, mode: str, message: str
    ) -> None:
        config = space(tmp_path, name=mode, max_trials=4)
        table = tmp_path / "t.csv"
        content = table.read_bytes()
        assert refused(2, "tune", config, "--run-dir", tmp_path / "r") == f"{table}: {message}"
        table.write_bytes(content)
        assert list(scores(tmp_path / "r")) == ["0000"]
        # What the first call left of its trial is gone on with, and the table stays as it is.
        done("tune", config, "--run-dir", tmp_path / "r", "--resume")
        assert sorted(scores(tmp_path / "r")) == ["0000", "0001", "0002", "0003"]

    def test_a_run_that_is_there_is_taken(self, tmp_path: Path) -> None:
        config = space(tmp_path, max_trials=2)
        done("tune", config, "--run-dir", tmp_path / "r")
        assert "already exists" in refused(4, "tune", config, "--run-dir", tmp_path / "r")
        assert call("tune", config, "--run-dir", tmp_path / "r", "--overwrite").exit_code == 0


def test_best_weights_are_those_of_the_trial_and_of_train(tmp_path: Path) -> None:
    """A real search of two trials, over the lookback too: its run predicts, and best.yaml trains to the same bytes."""
    folder = tmp_path / "d"
    config = line(
        folder,
        120,
        model={"layers": [{"type": "simple_rnn", "units": {"int": {"min": 2, "max": 5, "default": 3}}}]},
        window={"lookback": {"int": {"min": 4, "max": 10, "step": 2, "default": 6}}, "horizon": 3},
        tune={"algorithm": "random", "max_trials": 2},
        seed=0,
    )
    done("tune", config, "--run-dir", tmp_path / "r")
    weights = (tmp_path / "r/model/weights.safetensors").read_bytes()
    done("train", tmp_path / "r/tune/best.yaml", "--run-dir", tmp_path / "again")
    assert (tmp_path / "again/model/weights.safetensors").read_bytes() == weights
    assert done("predict", tmp_path / "r").startswith("t,forecast")
    completed = [e for e in TrialLog(tmp_path / "r/tune/trials.jsonl").entries if e["event"] == "completed"]
    assert len(completed) == 2
    # The longest lookback, 10, reaches every target of the validation range: all trials share these.
    lookback = read(tmp_path / "r", "model/spec.json")["shape"]["lookback"]
    assert lookback in (4, 6, 8, 10)
