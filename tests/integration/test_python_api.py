"""The Python API against the command line: the same files, the same forecasts, from a table in memory too."""

import json
import random
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import forecaster as fc
from tests.integration.tiny_runs import csv_rows, done, hours, read, write_config, write_table

pytestmark = pytest.mark.slow

WEIGHTS = "model/weights.safetensors"
# Files that hold neither a time of day, nor a path, nor seconds.
SAME = (WEIGHTS, "model/spec.json", "model/state.json", "metrics.json", "forecasts.csv", "splits.json")
N = 60


def make(folder: Path, **sections: Any) -> Path:
    """Two series of 60 hours with a covariate known ahead, of which the table holds three hours more."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(3)
    rows = [
        (name, time, "" if i >= N else round(10 + 3 * np.sin(i / 4) + rng.normal(), 3), i % 5)
        for name in "ab"
        for i, time in enumerate(hours(N + 3))
    ]
    write_table(folder / "t.csv", "id,t,y,promotion", rows)
    columns = {"id": "id", "targets": ["y"], "future_covariates": ["promotion"], "calendar": ["hour"]}
    return write_config(folder, columns, **sections)


def frame(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "t.csv", parse_dates=["t"])


def random_state() -> tuple[Any, list[int]]:
    """Of the generators that a whole process shares."""
    return random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the command line on the file, and one of the API on a DataFrame."""
    folder = tmp_path_factory.mktemp("api")
    config = make(folder)
    done("train", config, "--run-dir", folder / "cli", "-q")
    fc.train(fc.Experiment.from_yaml(config), data=frame(folder), run_dir=folder / "api")
    return folder


def test_a_dataframe_gives_the_bytes_of_the_file_and_the_command_line(folder: Path) -> None:
    for name in SAME:
        assert (folder / "api" / name).read_bytes() == (folder / "cli" / name).read_bytes(), name


@pytest.mark.parametrize(
    "options", [{}, {"cutoff": hours(N)[40]}, {"horizon": 2}, {"cutoff": hours(N)[50], "horizon": 1}]
)
def test_forecasts_are_those_of_the_command_line_bit_by_bit(folder: Path, options: dict[str, Any]) -> None:
    words = [w for k, v in options.items() for w in ({"cutoff": "--from", "horizon": "--horizon"}[k], str(v))]
    text = done("predict", folder / "cli", *words)
    header, *rows = csv_rows(text)
    answer = fc.load(folder / "api", data=frame(folder)).predict(**options)
    assert list(answer.columns) == header
    assert answer["id"].tolist() == [row[0] for row in rows]
    assert answer["t"].tolist() == [pd.Timestamp(row[1]) for row in rows]
    for i, name in enumerate(header[2:], 2):
        assert answer[name].tolist() == [float(row[i]) for row in rows], name


def test_the_end_of_training_needs_no_table_and_the_rest_says_so(folder: Path) -> None:
    run = fc.load(folder / "api")
    assert len(run.predict()) == 6
    with pytest.raises(
        fc.DataError, match=r"^<in memory>: is missing or has changed since the run was trained on it;"
    ):
        run.evaluate()
    changed = frame(folder)
    changed.loc[3, "y"] += 1
    with pytest.raises(fc.DataError, match="is missing or has changed since the run was trained on it"):
        fc.load(folder / "api", data=changed).evaluate()
    judged = fc.load(folder / "api", data=frame(folder)).evaluate()
    for name, scores in read(folder / "cli", "metrics.json")["splits"]["test"]["scores"].items():
        # Training scores with Keras, evaluate with onnxruntime.
        assert judged.scores["scores"][name] == pytest.approx(scores, rel=1e-5)
    assert judged.forecasts["y"].notna().all()


KINDS: dict[str, Callable[[Path], Any]] = {
    "pandas": lambda path: pd.read_csv(path, parse_dates=["t"]),
    "polars": lambda path: pl.read_csv(path, try_parse_dates=True),
    "pyarrow": lambda path: pa.Table.from_pandas(pd.read_csv(path, parse_dates=["t"])),
    "duckdb": lambda path: __import__("duckdb").read_csv(str(path)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_other_rows_are_taken_and_answered_in_every_kind(folder: Path, kind: str) -> None:
    table = KINDS[kind](folder / "t.csv")
    answer = fc.load(folder / "api").predict(table, cutoff=hours(N)[45])
    assert type(answer).__module__.partition(".")[0].lstrip("_") == kind
    expected = fc.load(folder / "cli").predict(cutoff=hours(N)[45])
    values = pa.table(answer)
    assert values.column("forecast").to_pylist() == expected["forecast"].tolist()
    assert values.column("id").to_pylist() == list("aaabbb")
    assert pa.types.is_timestamp(values.schema.field("t").type)


def test_times_that_were_text_come_back_as_the_command_line_writes_them(tmp_path: Path) -> None:
    days = [f"2024-{1 + i // 28:02d}-{1 + i % 28:02d}" for i in range(84)]
    write_table(tmp_path / "t.csv", "t,y", zip(days, range(84), strict=True))
    config = write_config(tmp_path, {"targets": ["y"], "freq": "D", "missing": "ffill"})
    done("train", config, "--run-dir", tmp_path / "r", "-q")
    run, table = fc.load(tmp_path / "r"), pd.read_csv(tmp_path / "t.csv")
    written = [row[0] for row in csv_rows(done("predict", tmp_path / "r", "--from", days[50]))[1:]]
    answer = run.predict(table, cutoff=days[50])
    assert answer["t"].tolist() == written == ["2024-02-24", "2024-02-25", "2024-02-26"]
    assert len(table.merge(answer, on="t")) == 3
    newer = pd.concat([table, pd.DataFrame({"t": ["2024-03-29", "2024-03-30", "2024-03-31"], "y": 1})])
    scored = run.evaluate(newer).forecasts
    assert scored["cutoff"].iloc[-1] == "2024-03-28"
    assert newer["t"].tolist()[-3:] == scored["t"].tolist()[-3:]


def test_what_no_run_can_answer_is_refused(folder: Path) -> None:
    run = fc.load(folder / "cli")
    judged = run.evaluate()
    for call, says in (
        (lambda: run.predict(horizon=2.5), "horizon: is 2.5, needs a whole number"),  # type: ignore[arg-type]
        (lambda: run.predict(horizon=True), "horizon: is True, needs a whole number"),
        (lambda: run.evaluate(split="foo"),  # type: ignore[arg-type]
         "split foo: there is no such split; use val or test"),
        (lambda: run.explain(seed=-1), "seed -1: needs a whole number that is not below 0"),
        (lambda: judged.worse_than(3),  # type: ignore[arg-type]
         "rival: is 3, needs the name of a baseline or an Evaluation"),
        (lambda: judged.worse_than("drift"),
         "drift: was not scored; score it too, with also=['drift'] of evaluate"),
    ):  # fmt: skip
        with pytest.raises(fc.UsageError) as error:
            call()
        assert str(error.value) == says
    with pytest.raises(
        fc.UsageError, match=r"^fail_if_worse_than nope: there is no such baseline; use one of naive"
    ):
        judged.worse_than("nope")


def test_future_is_filled_in_and_given_back(folder: Path) -> None:
    run = fc.load(folder / "cli")
    usual = run.predict()
    asked = run.future()
    assert asked.columns.tolist() == ["id", "t", "promotion"]
    filled = asked.assign(promotion=[3.0] * 6)
    assert run.predict(future=filled)["forecast"].tolist() != usual["forecast"].tolist()
    in_polars = run.predict(future=pl.from_pandas(filled))
    assert in_polars["forecast"].tolist() == run.predict(future=filled)["forecast"].tolist()


def test_resume_of_a_run_on_a_dataframe(folder: Path, tmp_path: Path) -> None:
    """An exception from on_epoch stops the training; what goes on ends in the same bytes."""
    experiment = fc.Experiment.from_yaml(make(tmp_path))

    def stop(row: fc.EpochRow) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fc.train(experiment, data=frame(tmp_path), run_dir=tmp_path / "r", on_epoch=stop)
    with pytest.raises(fc.RunTakenError, match="resume=True"):
        fc.train(experiment, data=frame(tmp_path), run_dir=tmp_path / "r")
    other = frame(tmp_path).assign(y=1.0)
    with pytest.raises(fc.DataError, match=r"the data changed since; .* start over with overwrite=True"):
        fc.train(experiment, data=other, run_dir=tmp_path / "r", resume=True)
    run = fc.train(experiment, data=frame(tmp_path), run_dir=tmp_path / "r", resume=True)
    assert (run.path / WEIGHTS).read_bytes() == (folder / "api" / WEIGHTS).read_bytes()


def test_two_runs_side_by_side_and_one_after_another_do_not_disturb_each_other(tmp_path: Path) -> None:
    layers = [{"type": "gru", "units": 3, "dropout": 0.3}, {"type": "dropout", "rate": 0.2}]
    config = make(tmp_path, model={"layers": layers})
    experiments = [fc.Experiment.from_yaml(config).with_(seed=seed) for seed in (1, 2)]
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002  the state that a program may rely on
    before = random_state()
    turn = [fc.train(e, run_dir=tmp_path / f"turn-{i}").path for i, e in enumerate(experiments)]
    together = Barrier(2)

    def trained(i: int) -> Path:
        together.wait()
        return fc.train(experiments[i], run_dir=tmp_path / f"side-{i}").path

    with ThreadPoolExecutor(2) as pool:
        side = list(pool.map(trained, range(2)))
    for one, two in zip(turn, side, strict=True):
        for name in SAME:
            assert (one / name).read_bytes() == (two / name).read_bytes(), name
    # In a process of its own, the second of them is the first.
    assert (turn[0] / WEIGHTS).read_bytes() != (turn[1] / WEIGHTS).read_bytes()
    assert random_state() == before


def test_search_on_a_dataframe(tmp_path: Path) -> None:
    experiment = fc.Experiment.from_yaml(make(tmp_path)).with_(
        {
            "model.layers.0.units": {"choice": {"values": [2, 4], "default": 2}},
            "tune": {"algorithm": "random", "max_trials": 2},
        }
    )
    ended: list[dict[str, Any]] = []
    found = fc.tune(
        experiment, data=pl.from_pandas(frame(tmp_path)), run_dir=tmp_path / "s", on_trial=ended.append
    )
    assert [row["trial"] for row in ended] == [1, 2]
    assert {row["state"] for row in ended} == {"completed"}
    assert found.score == min(row["score"] for row in ended)
    assert found.best["model.layers.0.units"] in (2, 4)
    assert len(found.trials) == 2
    assert isinstance(found.run.predict(), pl.DataFrame)
    scored = found.run.metrics["test"]["scores"]["model"]
    assert found.run.evaluate().scores["scores"]["model"] == pytest.approx(scored, rel=1e-5)
    # The best experiment can be trained again from its file, which names the table in the run directory.
    assert fc.Experiment.from_yaml(found.config).data_path.exists()


def test_backtest_on_a_dataframe_is_that_of_the_file(tmp_path: Path) -> None:
    config = make(tmp_path)
    done("backtest", config, "--folds", 2, "--run-dir", tmp_path / "cli", "-q")
    experiment = fc.Experiment.from_yaml(config)
    found = fc.backtest(experiment, data=frame(tmp_path), folds=2, run_dir=tmp_path / "api")
    for name in ("metrics.json", "forecasts.csv"):
        assert (tmp_path / "api" / name).read_bytes() == (tmp_path / "cli" / name).read_bytes()
    kept = read(tmp_path / "cli", "metrics.json")
    assert found.metrics == {key: value for key, value in kept.items() if key != "format_version"}
    assert len(found.forecasts) == len(csv_rows((tmp_path / "cli" / "forecasts.csv").read_text())) - 1


def test_pictures_report_and_importance(folder: Path, tmp_path: Path) -> None:
    run = fc.load(folder / "api", data=frame(folder))
    assert run.plot(series="b", output=tmp_path / "b.svg").series == "b"
    assert "<svg" in (tmp_path / "b.svg").read_text()
    assert b"<title>tiny" in run.report(tmp_path / "r.html").path.read_bytes()
    measured = run.explain(windows=4, repeats=1)
    assert {row["name"] for row in measured.importance["inputs"]} >= {"past of y", "promotion"}
    assert run.show()["data"]["path"] == "<in memory>"


def test_remarks_are_warnings_or_go_to_a_listener(folder: Path, tmp_path: Path) -> None:
    experiment = fc.Experiment.from_yaml(make(tmp_path)).with_({"training.early_stopping": {"patience": 9}})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fc.train(experiment, run_dir=tmp_path / "a", smoke=True)
    mine = [w for w in caught if w.category is fc.ForecasterWarning]
    assert mine
    assert {w.filename for w in mine} == {__file__}
    heard: list[Any] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error", fc.ForecasterWarning)
        fc.train(experiment, run_dir=tmp_path / "b", smoke=True, on_note=heard.append)
    assert [str(h) for h in heard] == [str(w.message) for w in mine]


def test_inspect_drafts_what_init_writes(folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "sales.csv"
    table.write_bytes((folder / "t.csv").read_bytes())
    done("init", table, "--output", tmp_path / "c.yaml")
    of_path = fc.inspect(table, folder=tmp_path)
    assert of_path.to_yaml() == (tmp_path / "c.yaml").read_text()
    of_frame = fc.inspect(frame(folder))
    same = {key: value for key, value in of_path.to_dict().items() if key not in ("name", "data")}
    assert same == {key: value for key, value in of_frame.to_dict().items() if key not in ("name", "data")}
    assert of_frame.spec.data.id == "id"
    assert fc.validate(of_frame, data=frame(folder)).report.summary["series"] == 2


def test_a_parquet_file_of_the_same_rows_gives_the_same_forecasts(folder: Path, tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pandas(frame(folder)), tmp_path / "t.parquet")
    run = fc.train(
        fc.Experiment.from_yaml(folder / "c.yaml"), data=tmp_path / "t.parquet", run_dir=tmp_path / "r"
    )
    assert (run.path / "forecasts.csv").read_bytes() == (folder / "cli" / "forecasts.csv").read_bytes()


def test_an_experiment_from_a_dictionary_needs_the_table(folder: Path) -> None:
    values = json.loads((folder / "c.yaml").read_text())
    del values["data"]["path"]
    experiment = fc.Experiment.from_dict(values)
    with pytest.raises(fc.DataError, match="pass the table as data"):
        fc.train(experiment)
