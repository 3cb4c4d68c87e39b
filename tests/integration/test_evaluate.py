"""evaluate through the command line: the same scores again, newer rows, exit statuses, several runs."""

import json
from pathlib import Path

import numpy as np
import pytest

import forecaster as fc
from forecaster.evaluation.verdict_sentences import against, run_verdict
from forecaster.forecasting.baselines import BASELINES
from tests.integration.tiny_runs import call, csv_rows, done, hours, read, refused, write_config, write_table

pytestmark = pytest.mark.slow

N = 200


def season(n: int = N) -> np.ndarray:
    """A noisy season of 4 steps, at 50."""
    chance = np.random.default_rng(2)
    return np.round(50 + np.tile([0, 3, -2, 1], n)[:n] + chance.normal(size=n), 3)


def table(folder: Path, n: int, ids: tuple[str, ...] = ("a", "b")) -> None:
    rows = [
        (t, s, v + 100 * k) for k, s in enumerate(ids) for t, v in zip(hours(n), season(N + 40), strict=False)
    ]
    write_table(folder / "t.csv", "t,s,y", rows)


def config(folder: Path, **sections: object) -> Path:
    table(folder, N)
    sections = {
        "evaluation": {"seasonality": 4, "levels": [80], "baselines": ["naive", "seasonal_naive", "ridge"]},
        "split": {"val": 40, "test": 40},
        "training": {"epochs": 25, "batch_size": 16, "optimizer": {"learning_rate": 0.02}},
        **sections,
    }
    return write_config(folder, {"id": "s", "targets": ["y"]}, **sections)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("season")
    done("train", config(folder), "--run-dir", folder / "r", "-q")
    return folder / "r"


def test_scores_are_those_of_training(run: Path) -> None:
    trained = read(run, "metrics.json")["splits"]
    for split in ("test", "val"):
        out = json.loads(done("evaluate", run, "--split", split, "--json"))
        (found,) = out["runs"]
        assert found["split"] == split
        for kind in ("scores", "intervals"):
            for who, row in trained[split][kind].items():
                assert found[kind][who] == pytest.approx(row, rel=1e-5)


def test_forecasts_are_those_of_training(run: Path, tmp_path: Path) -> None:
    said = done("evaluate", run, "--output", tmp_path / "f.csv")
    assert "\ntest: 76 windows\n" in "\n" + said
    assert said.endswith(f"{tmp_path}/f.csv: {76 * 3} rows\n")
    again, first = (csv_rows(p.read_text()) for p in (tmp_path / "f.csv", run / "forecasts.csv"))
    assert again[0] == first[0] == ["s", "t", "cutoff", "forecast", "forecast-lo-80", "forecast-hi-80", "y"]
    assert [row[:3] for row in again] == [row[:3] for row in first]
    np.testing.assert_allclose(
        np.array([row[3:] for row in again[1:]], float),
        np.array([row[3:] for row in first[1:]], float),
        rtol=1e-5,
    )


def test_stdout_gets_the_forecasts_alone(run: Path, tmp_path: Path) -> None:
    done("evaluate", run, "--output", tmp_path / "f.csv")
    result = call("evaluate", run, "--output", "-")
    assert (result.exit_code, result.stdout) == (0, (tmp_path / "f.csv").read_text())
    assert result.stderr == done("evaluate", run)
    assert call("evaluate", run, "-o", "-", "-q").stderr == ""
    assert refused(2, "evaluate", run, "--output", "-", "--json") == (
        "--output - and --json would both write to stdout; name a file with --output"
    )
    assert refused(2, "evaluate", run, run, "--output", "-") == (
        "--output takes the forecasts of one run; evaluate one run at a time"
    )


def test_a_split_is_of_the_own_table(run: Path) -> None:
    table = run.parent / "t.csv"
    assert refused(2, "evaluate", run, "--data", table, "--split", "val") == (
        "--split val: is of the run's own table, and --data names another; leave out --split: every row of --data that "
        "training did not see is scored"
    )
    with pytest.raises(fc.UsageError, match=r"split test: is of the run's own table, and data names another"):
        fc.load(run).evaluate(table, split="test")


def test_newer_rows_are_scored_behind_the_validation_range(run: Path, tmp_path: Path) -> None:
    """The table with 20 rows more: 40 + 20 steps behind validation hold 58 windows of 3 steps, for 2 series."""
    table(tmp_path, N + 20)
    out = json.loads(done("evaluate", run, "--data", tmp_path / "t.csv", "--json"))
    (found,) = out["runs"]
    assert found["windows"] == 2 * 58
    assert (
        "targets up to the end of the validation range were used in training, and are not scored"
        in found["notes"]
    )
    assert set(found["scores"]) == {"model", "naive", "seasonal_naive", "ridge"}
    assert found["intervals"]["model"]["coverage_80"] == pytest.approx(80, abs=12)
    # Where the rows are the same, so are the scores: the run's own table again.
    table(tmp_path, N)
    (same,) = json.loads(done("evaluate", run, "--data", tmp_path / "t.csv", "--json"))["runs"]
    trained = read(run, "metrics.json")["splits"]["test"]
    for who, row in trained["scores"].items():
        assert same["scores"][who] == pytest.approx(row, rel=1e-5)
    assert (
        set(same["intervals"]) == set(trained["intervals"]) == {"model", "naive", "seasonal_naive", "ridge"}
    )
    for who, row in trained["intervals"].items():
        assert same["intervals"][who] == pytest.approx(row, rel=1e-5)


def test_series_that_training_never_saw(run: Path, tmp_path: Path) -> None:
    table(tmp_path, 60, ("new",))
    out = json.loads(done("evaluate", run, "--data", tmp_path / "t.csv", "--json"))
    (found,) = out["runs"]
    # 60 rows less a lookback of 6 hold 52 windows of 3 steps.
    assert found["windows"] == 52
    assert found["scores"]["model"]["mae"] < 5
    assert "1 series that training never saw: 'new'; scaled by their own history" in found["notes"]


def test_rows_that_were_all_seen_are_refused(run: Path, tmp_path: Path) -> None:
    table(tmp_path, 150)
    assert refused(2, "evaluate", run, "--data", tmp_path / "t.csv").endswith(
        "holds no window of 6 + 3 rows whose targets come after the validation range; "
        "use a table with newer rows, and with the lookback before them"
    )


def test_a_changed_table_is_refused(run: Path) -> None:
    path = run.parent / "t.csv"
    text = path.read_text()
    path.write_text(text.replace("50", "51", 1))
    assert (
        "is missing or has changed since the run was trained on it; restore it, or score other rows with --data"
        in refused(2, "evaluate", run)
    )
    path.write_text(text)


def test_worse_than_another_run_is_status_1_where_the_test_says_so(run: Path) -> None:
    bad = run.parent / "bad"
    learned = ("--set", "training.epochs=1", "--set", "training.optimizer.learning_rate=1e-9")
    done("train", run.parent / "c.yaml", "--run-dir", bad, "-q", *learned)
    said = refused(1, "evaluate", bad, "--fail-if-worse-than", run)
    assert said.startswith(f"{run} is better than {bad} by ")
    assert "MASE on 76 windows" in said
    found = json.loads(done("evaluate", run, "--fail-if-worse-than", bad, "--json"))
    assert found["worse"] == []
    # A run is not worse than itself, and a directory without a run is an error of its own.
    done("evaluate", run, "--fail-if-worse-than", run)
    assert "is not a run directory" in refused(2, "evaluate", run, "--fail-if-worse-than", run.parent)


def test_worse_than_a_baseline_is_status_1_with_the_numbers(run: Path) -> None:
    scores = read(run, "metrics.json")["splits"]["test"]["scores"]
    worse = [n for n in ("naive", "seasonal_naive", "ridge") if scores[n]["mase"] < scores["model"]["mase"]]
    better = [n for n in ("naive", "seasonal_naive", "ridge") if n not in worse]
    assert worse, scores
    assert better, scores
    own, other = scores["model"]["mase"], scores[worse[0]]["mase"]
    assert refused(1, "evaluate", run, "--fail-if-worse-than", worse[0]) == (
        f"{run}: test MASE of the model is above that of {worse[0]}: {against(own, other)}"
    )
    result = call("evaluate", run, "--fail-if-worse-than", worse[0], "--json")
    assert result.exit_code == 1
    assert len(json.loads(result.stdout)["worse"]) == 1
    done("evaluate", run, "--fail-if-worse-than", better[0])
    # A baseline that the config does not name is scored for the question.
    assert call("evaluate", run, "--fail-if-worse-than", "drift").exit_code in (0, 1)
    assert refused(2, "evaluate", run, "--fail-if-worse-than", "luck") == (
        "--fail-if-worse-than luck: there is no such baseline; use one of "
        + ", ".join(BASELINES)
        + ", a seasonal naive such as seasonal_naive_168, or the directory of a run"
    )


def test_the_model_is_compared_with_its_baselines(run: Path) -> None:
    said = done("evaluate", run)
    assert said.startswith("The model ")
    assert "The model is better than naive (p " in said
    (test,) = [
        t for t in json.loads(done("evaluate", run, "--json"))["comparisons"] if t["second"] == "naive"
    ]
    assert test["p"] < 0.001
    assert test["origins"] == 38


def test_the_verdict_is_the_same_wherever_it_is_shown(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = read(run, "metrics.json")["splits"]
    verdict = run_verdict(trained)
    assert verdict == fc.load(run).verdict
    assert json.loads(done("show", run, "--json"))["verdict"] == verdict
    (found,) = json.loads(done("evaluate", run, "--json"))["runs"]
    assert {n: v["verdict"] for n, v in found["verdicts"].items()} == {
        n: v["verdict"] for n, v in trained["test"]["verdicts"].items()
    }
    assert " ".join(verdict) in " ".join((run / "report.html").read_text().replace("</p>", "").split("\n<p>"))
    for columns in (80, 50):
        monkeypatch.setenv("COLUMNS", str(columns))
        shown = done("show", run).splitlines()
        # Sentences go on in the next line.
        assert " ".join(shown).startswith(" ".join(verdict))
        tables = shown[shown.index(f"val: {trained['val']['windows']:,} windows") :]
        assert max(map(len, tables)) <= columns


def test_on_validation_the_verdict_says_that_it_is_flattered(run: Path) -> None:
    said = done("evaluate", run, "--split", "val").splitlines()
    assert "These are validation rows, which have chosen the network, so the verdict flatters it." in said


def test_a_seasonal_naive_of_another_season_may_be_asked_for(run: Path) -> None:
    """The season is 4; one of 2 is worse."""
    (found,) = json.loads(done("evaluate", run, "--fail-if-worse-than", "seasonal_naive_2", "--json"))["runs"]
    assert found["scores"]["seasonal_naive_2"]["mase"] > found["scores"]["seasonal_naive"]["mase"]
    assert found["verdicts"]["seasonal_naive_2"]["verdict"] == "better"


def test_several_runs_in_one_table(run: Path, tmp_path: Path) -> None:
    again = config(tmp_path, seed=7)
    done("train", again, "--run-dir", tmp_path / "same", "-q")
    done("train", again, "--run-dir", tmp_path / "short", "-q", "--set", "window.horizon=2")
    said = done("evaluate", run, tmp_path / "same")
    lines = said.splitlines()
    assert lines[1] == ""
    assert [line.split()[0] for line in lines[4:9]] == [
        str(run),
        str(tmp_path / "same"),
        "naive",
        "seasonal_naive",
        "ridge",
    ]
    assert " cannot be told apart (p " in lines[0] or " is better than " in lines[0]
    own = "Each row of the table is about the run's own windows"
    assert own not in said
    done("train", again, "--run-dir", tmp_path / "fewer", "-q", "--set", "split.test=30")
    assert own in " ".join(done("evaluate", run, tmp_path / "fewer").split())
    # As many windows of other hours.
    done("train", again, "--run-dir", tmp_path / "earlier", "-q", "--set", f"data.end={hours(N - 9)[-1]}")
    assert own in " ".join(done("evaluate", run, tmp_path / "earlier").split())
    assert "forecasts of different horizons, steps or targets cannot be compared" in refused(
        2, "evaluate", run, tmp_path / "short"
    )
    assert refused(2, "evaluate", run, run, "--output", tmp_path / "f.csv") == (
        "--output takes the forecasts of one run; evaluate one run at a time"
    )


def test_a_split_without_windows(tmp_path: Path) -> None:
    done("train", config(tmp_path, split={"val": 40, "test": 0}), "--run-dir", tmp_path / "r", "-q")
    assert refused(2, "evaluate", tmp_path / "r") == (
        f"--split test: {tmp_path}/r has no test windows; choose the other split, or pass rows with --data"
    )
    done("evaluate", tmp_path / "r", "--split", "val")


def test_windows_of_the_test_range_get_no_intervals_that_learned_from_them(tmp_path: Path) -> None:
    """Errors that grow after validation: intervals of validation hold few of them, those of all rows most."""
    given = {"seasonality": 4, "levels": [80], "baselines": ["seasonal_naive"], "calibration": "scaled"}
    settings = config(tmp_path, evaluation=given)
    grown = season(N + 60)
    grown[N - 40 :] += np.random.default_rng(3).normal(scale=20, size=100)
    write_table(tmp_path / "t.csv", "t,s,y", [(t, "a", v) for t, v in zip(hours(N), grown, strict=False)])
    done("train", settings, "--run-dir", tmp_path / "r", "-q")

    def coverage(*arguments: object) -> dict[str, float]:
        (found,) = json.loads(done("evaluate", tmp_path / "r", *arguments, "--json"))["runs"]
        return {who: row["coverage_80"] for who, row in found["intervals"].items()}

    own = coverage()
    assert max(own.values()) < 60
    assert coverage("--data", tmp_path / "t.csv") == own
    rows = [(t, "a", v) for t, v in zip(hours(N + 60), grown, strict=False)]
    newer = write_table(tmp_path / "n.csv", "t,s,y", rows)
    done("evaluate", tmp_path / "r", "--data", newer, "--output", tmp_path / "f.csv", "-q")
    head, *forecasts = csv_rows((tmp_path / "f.csv").read_text())
    low, high, when = (head.index(name) for name in ("forecast-lo-80", "forecast-hi-80", "cutoff"))
    wide = {row[when]: float(row[high]) - float(row[low]) for row in forecasts}
    # The first cutoff whose targets all come after the table of the run.
    last = hours(N)[-1]
    assert wide[last] > 2 * max(width for cutoff, width in wide.items() if cutoff < last)
