"""forecaster refit: a complete run learns every row of a table, and its scores stay those of the run before."""

import json
import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import forecaster as fc
from forecaster.training.progress import EpochRow, Silent
from tests.integration.test_refit import made, weights
from tests.integration.tiny_runs import call, done, hours, read, refused, write_config, write_table

pytestmark = pytest.mark.slow

NETWORK = ("spec.json", "state.json", "weights.safetensors")
TAKEN_OVER = (
    "history.csv",
    "metrics.json",
    "forecasts.csv",
    "scores/by_step.csv",
    "scores/by_series.csv",
    "plots/forecast.png",
    "plots/loss.png",
)


def rows(n: int, *, first: int = 0) -> list[tuple[str, float]]:
    return [(t, math.sin(i / 3) + i / 40) for i, t in enumerate(hours(n + first))][first:]


def contents(path: Path) -> dict[str, bytes]:
    return {p.relative_to(path).as_posix(): p.read_bytes() for p in path.rglob("*") if p.is_file()}


def remarks_of(run: Path, data: Any = None, **options: Any) -> tuple[fc.Run, list[str]]:
    said: list[Any] = []
    found = fc.load(run).refit(data, on_note=said.append, **options)
    return found, [str(remark) for remark in said]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run of 90 rows (`old`), and refits of it on its own table (`same`) and on 120 rows (`new`)."""
    folder = tmp_path_factory.mktemp("refit_verb")
    config = made(folder)
    newer = write_table(folder / "newer.csv", "t,y", rows(120))
    done("train", config, "--run-dir", folder / "old", "-q")
    before = contents(folder / "old")
    done("refit", folder / "old", "--run-dir", folder / "same", "-q")
    done("refit", folder / "old", "--data", newer, "--run-dir", folder / "new", "-q")
    assert contents(folder / "old") == before
    return {name: folder / name for name in ("old", "same", "new", "newer.csv", "c.yaml")}


def test_on_its_own_table_it_is_the_training_with_refit_all(runs: dict[str, Path], tmp_path: Path) -> None:
    done("train", runs["c.yaml"], "--run-dir", tmp_path / "all", "-q", "--set", "training.refit=all")
    for folder in ("model", "model/scored"):
        for name in NETWORK:
            found, expected = (run / folder / name for run in (runs["same"], tmp_path / "all"))
            assert found.read_bytes() == expected.read_bytes(), (folder, name)
    for name in ("next.csv", *TAKEN_OVER):
        if not name.endswith(("history.csv", ".png")):
            assert (runs["same"] / name).read_bytes() == (tmp_path / "all" / name).read_bytes(), name


@pytest.mark.parametrize("again", ["same", "new"])
def test_the_scores_and_the_scored_network_are_those_of_the_run_before(
    runs: dict[str, Path], again: str
) -> None:
    for name in TAKEN_OVER:
        assert (runs[again] / name).read_bytes() == (runs["old"] / name).read_bytes(), name
    for name in NETWORK:
        scored, before = runs[again] / "model/scored" / name, runs["old"] / "model" / name
        assert scored.read_bytes() == before.read_bytes()
    assert weights(runs[again]) != weights(runs["old"])


def test_the_network_of_a_newer_table_is_that_of_a_training_on_all_its_rows(
    runs: dict[str, Path], tmp_path: Path
) -> None:
    """Without anything to choose but the epochs."""
    once = {"epochs": 2, "early_stopping": None, "ensemble": 1}
    model: dict[str, object] = {"layers": [{"type": "gru", "units": 3}]}
    done("train", made(tmp_path / "a", model=model, **once), "--run-dir", tmp_path / "old", "-q")
    done("refit", tmp_path / "old", "--data", runs["newer.csv"], "--run-dir", tmp_path / "new", "-q")
    config = made(tmp_path / "b", 120, model=model, split={"val": 0, "test": 0}, **once)
    done("train", config, "--run-dir", tmp_path / "all", "-q")
    assert weights(tmp_path / "new") == weights(tmp_path / "all")


def test_the_new_run_is_complete_in_itself(runs: dict[str, Path], tmp_path: Path) -> None:
    moved = shutil.copytree(runs["new"], tmp_path / "moved")
    manifest = read(moved, "manifest.json")
    assert manifest["data"]["path"] == str(runs["newer.csv"])
    assert manifest["data"]["rows"] == 120
    assert manifest["scored"] == {"run": str(runs["old"]), "data": read(runs["old"], "manifest.json")["data"]}
    assert (moved / "config.yaml").read_bytes() == (moved / "resolved.yaml").read_bytes()
    experiment = fc.load(moved).experiment
    assert experiment.spec.training.refit == "all"
    assert experiment.spec.split == fc.load(runs["old"]).experiment.spec.split
    forecast = fc.load(moved).predict()
    assert [str(t) for t in forecast["t"]] == hours(3, first=120)
    (one,) = read(moved, "splits.json")["series"]
    (before,) = read(runs["old"], "splits.json")["series"]
    assert one == {**before, "learned": {"first": hours(1)[0], "last": hours(120)[-1]}}


def test_it_says_what_was_learned_and_scored(runs: dict[str, Path], tmp_path: Path) -> None:
    words = ["refit", runs["old"], "--data", runs["newer.csv"], "--run-dir", tmp_path / "r"]
    said = call(*words)
    assert said.exit_code == 0
    learned = f"predict uses networks that have learned all rows, up to {hours(120)[-1]}"
    learned += "; the scores are of those before"
    kept = f"scores and intervals are those of {runs['old']}"
    run = tmp_path / "r"
    assert said.stdout.splitlines() == [
        learned,
        kept,
        f"run:    {run}",
        f"report: {run / 'report.html'}",
        f"next:   forecaster predict {run}",
    ]
    assert said.stderr.count("all rows, member 1/2, epoch") > 0
    again = json.loads(done(*words, "--json", "--resume"))
    assert again["learned"] == {
        "until": hours(120)[-1],
        "steps_after": 0,
        "refit": True,
        "sentence": learned,
    }
    assert (again["run"], again["before"]) == (str(run), str(runs["old"]))
    assert again["splits"] == read(runs["old"], "metrics.json")["splits"]
    assert "The run was already complete; nothing was trained." in done(*words, "--resume")


def test_show_and_validate_say_up_to_where_the_networks_learn(runs: dict[str, Path]) -> None:
    shown = {name: json.loads(done("show", runs[name], "--json")) for name in ("old", "same", "new")}
    assert [shown[name]["learned"]["until"] for name in shown] == [hours(n)[-1] for n in (50, 90, 120)]
    assert [shown[name]["learned"]["steps_after"] for name in shown] == [40, 0, 0]
    assert [shown[name]["learned"]["refit"] for name in shown] == [False, True, True]
    assert "scored" not in shown["old"]
    assert shown["new"]["scored"]["run"] == str(runs["old"])
    text = done("show", runs["new"])
    assert f"{shown['new']['learned']['sentence']}\nscores and intervals are those of {runs['old']}\n" in text
    assert shown["old"]["learned"]["sentence"] in done("show", runs["old"])

    learned = json.loads(done("validate", runs["c.yaml"], "--json"))["learned"]
    assert learned == {
        "until": hours(50)[-1],
        "steps_after": 40,
        "refit": False,
        "sentence": f"predict will use networks that learn up to {hours(50)[-1]}, and not the 40 steps after it; "
        "training.refit: continue teaches them these too",
    }
    assert f"\n{learned['sentence']}\n" in done("validate", runs["c.yaml"])
    every = done("validate", runs["c.yaml"], "--set", "training.refit=all")
    assert f"predict will use networks that learn all rows, up to {hours(90)[-1]}; the scores are" in every


def test_evaluate_and_explain_of_a_refit_on_the_same_table_are_those_of_the_run_before(
    runs: dict[str, Path],
) -> None:
    same, old = (fc.load(runs[name]) for name in ("same", "old"))
    assert same.evaluate().scores == old.evaluate().scores
    assert same.explain(repeats=1).importance == old.explain(repeats=1).importance


@pytest.mark.parametrize(
    ("verb", "more"), [("evaluate", ", or score rows after these with --data"), ("explain", "")]
)
def test_what_needs_the_scored_table_is_refused(runs: dict[str, Path], verb: str, more: str) -> None:
    assert refused(2, verb, runs["new"]) == (
        f"{runs['new']}: its scores are those of {runs['old']}, and its networks were trained again on another "
        f"table; use {runs['old']}{more}"
    )


def test_evaluate_scores_only_rows_after_what_was_learned(runs: dict[str, Path], tmp_path: Path) -> None:
    newest = write_table(tmp_path / "newest.csv", "t,y", rows(130))
    judged = fc.load(runs["new"]).evaluate(newest, also=["ridge"], on_note=lambda note: None)
    assert len(judged.forecasts) == (10 - 3 + 1) * 3
    table = f"the table of {runs['old']}, on which the run was scored"
    assert judged.notes == [
        "targets up to the end of the run's own table (training.refit) were used in training, and are not scored",
        f"ridge is left out: it learns from {table}",
        f"the baselines have no intervals: those come from their errors on {table}",
    ]
    assert "holds no window" in refused(2, "evaluate", runs["new"], "--data", runs["newer.csv"])
    done("evaluate", runs["new"], runs["old"], "--data", newest)


def test_pages_and_pictures(runs: dict[str, Path], tmp_path: Path) -> None:
    report = tmp_path / "r.html"
    done("report", runs["new"], "-o", report)
    assert (
        f"have learned every row, up to {hours(120)[-1]}. Scores, intervals, ranges and training are those"
        in (report.read_text(encoding="utf-8"))
    )
    assert '"cuts":[50,70,90]' in report.read_text(encoding="utf-8").replace(" ", "")
    done("plot", runs["new"], "-o", tmp_path / "test.png")
    done("plot", runs["new"], "--future", "-o", tmp_path / "next.png")
    assert done("predict", runs["new"]).count("\n") == 4
    assert done("predict", runs["new"], "--from", hours(118)[-1]).splitlines()[1].startswith(hours(119)[-1])
    assert "no data.future_covariates" in refused(2, "future", runs["new"])


def test_a_refit_of_a_refit_keeps_the_first_scores(runs: dict[str, Path], tmp_path: Path) -> None:
    newest = write_table(tmp_path / "newest.csv", "t,y", rows(130))
    third, said = remarks_of(runs["new"], newest, run_dir=tmp_path / "third")
    assert said == []
    assert third.show()["learned"]["until"] == hours(130)[-1]
    assert third.show()["scored"]["run"] == str(runs["old"])
    assert weights(tmp_path / "third", "model/scored") == weights(runs["old"])
    back, said = remarks_of(runs["new"], runs["old"].parent / "t.csv", run_dir=tmp_path / "back")
    assert said == [
        f"in {runs['old'].parent / 't.csv'} the series ends before the rows that {runs['new']} has learned"
    ]
    # The table is again the one that was scored.
    assert back.evaluate().scores == fc.load(runs["old"]).evaluate().scores
    assert weights(tmp_path / "back") == weights(runs["same"])


def test_a_table_that_has_grown_in_its_place(tmp_path: Path) -> None:
    done("train", made(tmp_path), "--run-dir", tmp_path / "old", "-q")
    write_table(tmp_path / "t.csv", "t,y", rows(120))
    found, said = remarks_of(tmp_path / "old")
    assert said == []
    assert found.path.parent == tmp_path / "runs"
    assert found.path.name.startswith("tiny-")
    assert found.show()["learned"]["until"] == hours(120)[-1]
    assert refused(2, "evaluate", found.path).startswith(f"{found.path}: its scores are those of")


@pytest.mark.parametrize("at", [(0, 2), (1, 1)])
def test_stopped_it_goes_on_to_the_same_bytes(
    runs: dict[str, Path], tmp_path: Path, at: tuple[int, int]
) -> None:
    class Stop(Silent):
        def epoch_done(self, row: EpochRow, epochs: int) -> None:
            if (row.member, row.epoch) == at:
                raise KeyboardInterrupt

    run, newer = tmp_path / "r", runs["newer.csv"]
    with pytest.raises(KeyboardInterrupt):
        fc.load(runs["old"]).refit(newer, run_dir=run, listener=Stop())
    finish = f"forecaster refit {runs['old']} --data {newer} --run-dir {run} --resume"
    assert refused(2, "show", run) == f"{run}: this run is not complete; finish it with: {finish}"
    assert refused(4, "refit", runs["old"], "--data", newer, "--run-dir", run).startswith(
        f"{run}: already exists"
    )
    assert refused(2, "train", runs["c.yaml"], "--run-dir", run, "--resume") == (
        f"{run}: is a run of `forecaster refit`, not a run of `forecaster train`; choose another --run-dir"
    )
    assert refused(2, "refit", runs["new"], "--data", newer, "--run-dir", run, "--resume") == (
        f"{run}: was started with other inputs; the run that is trained again changed since; "
        "resume with the same inputs, or start over with --overwrite"
    )
    done(*finish.split()[1:], "-q")
    for name in contents(runs["new"]).keys() - {"events.jsonl", "manifest.json", "report.html", ".lock"}:
        if "plots/y" not in name and name not in ("plots/next.png", "config.yaml", "resolved.yaml"):
            assert (run / name).read_bytes() == (runs["new"] / name).read_bytes(), name


def panel(folder: Path, name: str, series: Sequence[tuple[str, int, str]]) -> Path:
    """Series of a number of rows each, and a category."""
    cells = [
        (t, who, kind, math.sin(i / 3) * 10 ** len(who))
        for who, n, kind in series
        for i, t in enumerate(hours(n))
    ]
    return write_table(folder / name, "t,who,kind,y", cells)


def test_series_come_and_go(tmp_path: Path) -> None:
    panel(tmp_path, "t.csv", [("a", 80, "x"), ("b", 80, "x"), ("bb", 80, "z")])
    config = write_config(
        tmp_path,
        {"targets": ["y"], "id": "who", "past_covariates": ["kind"], "categorical": {"kind": "one_hot"}},
        split={"val": 20, "test": 20},
        scaling={"method": "standard", "per_series": True},
    )
    old = tmp_path / "old"
    done("train", config, "--run-dir", old, "-q")
    newer = panel(tmp_path, "newer.csv", [("a", 90, "x"), ("bb", 30, "z"), ("ccc", 90, "w")])
    run, said = remarks_of(old, newer, run_dir=tmp_path / "new")
    assert said == [
        f"1 series of {old} that {newer} lacks, not learned again: 'b'",
        f"1 series that {old} never saw, learned now: 'ccc'",
        f"in {newer} 1 series end before the rows that {old} has learned: 'bb'",
    ]
    assert set(run.predict(on_note=lambda note: None)["who"]) == {"a", "bb", "ccc"}
    state = read(run.path, "model/state.json")
    assert state["scaler"]["ids"] == ["a", "bb", "ccc"]
    assert state["encoders"]["kind"]["categories"] == ["w", "x", "z"]
    splits = {one["id"]: one for one in read(run.path, "splits.json")["series"]}
    assert list(splits) == ["a", "bb", "ccc", "b"]
    assert splits["b"]["learned"] is None
    assert splits["ccc"]["train"]["last"] is None
    # A series that comes back was scored on before, so only its newer rows are scored.
    newest = panel(tmp_path, "newest.csv", [("b", 90, "x"), ("ccc", 100, "w")])
    judged = run.evaluate(newest, on_note=lambda note: None).forecasts
    assert judged.groupby("who")["cutoff"].min().astype(str).to_dict() == {
        "b": hours(80)[-1],
        "ccc": hours(90)[-1],
    }
    done("plot", run.path, "--series", "a", "-o", tmp_path / "a.png")
    done("plot", run.path, "--future", "--series", "ccc", "-o", tmp_path / "c.png")
    assert json.loads(done("show", run.path, "--json"))["learned"]["until"] == hours(90)[-1]


def test_tables_in_memory_and_data_end(tmp_path: Path) -> None:
    table = pd.DataFrame(rows(90), columns=["t", "y"])
    experiment = fc.Experiment.from_yaml(made(tmp_path)).with_({"data.end": hours(80)[-1]})
    old = fc.train(experiment, data=table, run_dir=tmp_path / "old", on_note=lambda note: None)
    same = old.refit(run_dir=tmp_path / "same", on_note=lambda note: None)
    assert same.show()["learned"]["until"] == hours(80)[-1]
    newer = pd.DataFrame(rows(100), columns=["t", "y"])
    new, said = remarks_of(tmp_path / "old", newer, run_dir=tmp_path / "new")
    assert said == [f"data.end ({hours(80)[-1]}) is left out: every row of <in memory> is learned"]
    assert new.show()["learned"]["until"] == hours(100)[-1]
    assert new.experiment.spec.data.end is None
    with pytest.raises(fc.DataError, match=r"the table of this run is missing; pass a table with data$"):
        fc.load(tmp_path / "new").refit()


@pytest.mark.parametrize("run_dir", ["old", "old/below", "."])
def test_the_run_before_is_never_written_into(runs: dict[str, Path], run_dir: str) -> None:
    target = runs["old"].parent / run_dir
    assert refused(2, "refit", runs["old"], "--run-dir", target, "--overwrite") == (
        f"--run-dir {target}: is not apart from {runs['old']}, the run that is trained again and stays as it is; "
        "choose another --run-dir"
    )


def test_tables_that_do_not_fit_are_refused_before_anything_is_written(
    runs: dict[str, Path], tmp_path: Path
) -> None:
    def said(table: Path, *more: object) -> str:
        text = refused(2, "refit", runs["old"], "--data", table, "--run-dir", tmp_path / "r", *more)
        assert not (tmp_path / "r").exists()
        return text

    other = write_table(tmp_path / "other.csv", "t,z", rows(90))
    assert "no column is called 'y'" in said(other)
    sparse = write_table(tmp_path / "sparse.csv", "t,y", rows(270)[::3])
    assert "data.freq: most rows are 3 steps of 'h' apart" in said(sparse)
    off = write_table(tmp_path / "off.csv", "t,y", [(t.replace(":00:00", ":30:00"), y) for t, y in rows(90)])
    assert "30" in said(off)
    few = write_table(tmp_path / "few.csv", "t,y", rows(8))
    assert "no train window fits" in said(few)
    assert "no such file" in said(tmp_path / "none.csv")
    assert said(few, "--resume", "--overwrite").startswith("--resume and --overwrite exclude each other")
    assert "there is no run to resume" in said(runs["newer.csv"], "--resume")


def test_what_is_no_run_is_refused(runs: dict[str, Path], tmp_path: Path) -> None:
    assert refused(2, "refit", tmp_path / "none").startswith(
        f"{tmp_path / 'none'}: there is no such run directory"
    )
    broken = shutil.copytree(runs["old"], tmp_path / "broken")
    (broken / "history.csv").write_text("member\n")
    assert refused(2, "refit", broken, "--data", runs["newer.csv"], "--run-dir", tmp_path / "r") == (
        f"{broken / 'history.csv'}: was changed or cut short since the run was complete; "
        "restore the run directory from a copy, or train again"
    )
    done("backtest", runs["c.yaml"], "--folds", 1, "--smoke", "--run-dir", tmp_path / "b", "-q")
    assert refused(2, "refit", tmp_path / "b").startswith(
        f"{tmp_path / 'b'}: is a backtest, which stores no network"
    )
