"""Columns of categories, from the table through the network to the forecast of a saved run."""

from pathlib import Path
from typing import Any

import pytest

from forecaster.config.experiment import Experiment
from forecaster.model.spec import HEADS
from tests.heads import with_head
from tests.integration.tiny_runs import call, csv_rows, done, hours, read, refused, write_config, write_table
from tests.preparing import prepare

N = 40
DAYS = ("mon", "tue", "wed", "thu")


def rows(
    n: int = N, *, ahead: int = 0, sky: Any = None, day: Any = None, kind: str = "x"
) -> list[list[object]]:
    """t, id, y, sky (past), day (future), kind (static). sky, day: replace those of some rows, by number."""
    out: list[list[object]] = []
    for name, own in (("a", "x"), ("b", kind)):
        for i, time in enumerate(hours(n + ahead)):
            y = "" if i >= n else 10 * i + i % 4
            weather = (sky or {}).get(i, "rain" if i % 3 else "sun")
            out.append([time, name, y, "" if i >= n else weather, (day or {}).get(i, DAYS[i % 4]), own])
    return out


def config(folder: Path, how: str, head: str = "direct", *, past: bool = True, **data: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    columns: dict[str, Any] = {
        "id": "id",
        "targets": ["y"],
        "past_covariates": ["sky"] if past else [],
        "future_covariates": ["day"],
        "static_covariates": ["kind"],
        # Numbers known ahead stand beside the categories known ahead.
        "calendar": ["hour"],
        "categorical": dict.fromkeys((["sky"] if past else []) + ["day", "kind"], how),
    }
    training = {"epochs": 4, "batch_size": 8, "optimizer": {"type": "adam", "learning_rate": 0.02}}
    model = with_head(head, patch=3, layers=[{"type": "gru", "units": 8}])
    return write_config(folder, columns | data, model=model, training=training)


def table(path: Path, found: list[list[object]]) -> Path:
    return write_table(path, "t,id,y,sky,day,kind", found)


@pytest.fixture(scope="module", params=["one_hot", "embedding"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    table(folder / "t.csv", rows(kind="z"))
    done("train", config(folder, request.param), "--run-dir", folder / "r", "-q")
    return folder / "r"


def forecast(run: Path, folder: Path, found: list[list[object]]) -> str:
    return done("predict", run, "--data", table(folder / "new.csv", found))


@pytest.mark.slow
def test_names_are_kept_as_plain_data(run: Path) -> None:
    encoders = read(run, "model/state.json")["encoders"]
    how = encoders["day"]["as"]
    assert encoders == {
        "day": {"as": how, "categories": ["mon", "thu", "tue", "wed"]},
        "kind": {"as": how, "categories": ["x", "z"]},
        "sky": {"as": how, "categories": ["rain", "sun"]},
    }


@pytest.mark.slow
def test_each_kind_of_covariate_reaches_the_forecast(run: Path, tmp_path: Path) -> None:
    usual = forecast(run, tmp_path, rows(ahead=3, kind="z"))
    assert forecast(run, tmp_path, rows(ahead=3, kind="x")) != usual
    assert forecast(run, tmp_path, rows(ahead=3, kind="z", sky={N - 1: "rain"})) != usual
    mondays = dict.fromkeys(range(N, N + 3), "mon")
    assert forecast(run, tmp_path, rows(ahead=3, kind="z", day=mondays)) != usual
    assert forecast(run, tmp_path, rows(ahead=3, kind="z", sky={N - 7: "hail"}, day={N - 7: "mon"})) == usual


@pytest.mark.slow
def test_unseen_category_is_counted_and_forecast(run: Path, tmp_path: Path) -> None:
    found = rows(ahead=3, kind="z", day={N: "sun", N + 1: "sat", 0: "before the lookback"})
    result = call("predict", run, "--data", table(tmp_path / "new.csv", found))
    assert result.exit_code == 0, result.stderr
    assert (
        "'day' holds 2 categories that training never saw, in 4 cells: 'sat', 'sun'; counted as an average one"
        in (result.stderr)
    )
    values = [row[2] for row in csv_rows(result.stdout)[1:]]
    assert len(values) == 6
    assert "" not in values
    # One unknown name is as unknown as another.
    other = rows(ahead=3, kind="z", day={N: "dimanche", N + 1: "samedi"})
    assert forecast(run, tmp_path, other) == result.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("how", "head"), [("one_hot", "direct"), *(("embedding", head) for head in HEADS)])
def test_categories_ahead_move_the_forecast_of_every_head_and_later_ones_of_the_past_do_not(
    how: str, head: str, tmp_path: Path
) -> None:
    past = head != "recursive"  # which takes no past covariates
    table(tmp_path / "t.csv", rows())
    done("train", config(tmp_path, how, head, past=past), "--run-dir", tmp_path / "r", "-q")
    run, origin = tmp_path / "r", hours(N)[N - 8]
    whole = table(tmp_path / "whole.csv", rows())
    usual = done("predict", run, "--data", whole, "--from", origin)
    later = table(tmp_path / "later.csv", rows(sky=dict.fromkeys(range(N - 7, N), "hail")))
    assert done("predict", run, "--data", later, "--from", origin) == usual
    thursdays = dict.fromkeys(range(N - 7, N - 4), "thu")
    ahead = table(tmp_path / "ahead.csv", rows(day=thursdays))
    assert done("predict", run, "--data", ahead, "--from", origin) != usual


def test_encoders_know_no_name_after_the_training_rows(tmp_path: Path) -> None:
    """40 rows a series, of which 28 train."""
    table(tmp_path / "t.csv", rows(day=dict.fromkeys(range(28, N), "sun"), sky={28: "hail"}))
    prepared = prepare(Experiment.from_yaml(config(tmp_path, "one_hot")))
    assert prepared.table.split_bounds.train_end.tolist() == [28, 28]
    assert prepared.transforms.encoders.names["day"] == ("mon", "thu", "tue", "wed")
    assert prepared.transforms.encoders.names["sky"] == ("rain", "sun")
    assert prepared.transforms.encoders.unseen(prepared.panel) == [
        "'sky' holds 1 category that training never saw, in 2 cells: 'hail'; counted as an average one",
        "'day' holds 1 category that training never saw, in 24 cells: 'sun'; counted as an average one",
    ]
    # Validation and test windows hold the place kept for it, 0.
    codes = prepared.windows["test"].inputs(prepared.windows["test"].start[:1] * 0)["future_codes"]
    assert codes.tolist() == [[[0], [0], [0]]]


def test_gaps_of_categories_are_never_averaged(tmp_path: Path) -> None:
    found = rows(sky={0: "", 10: "", 11: ""})
    table(tmp_path / "t.csv", found)
    for policy, filled in (("interpolate", "rain"), ("zero", None)):
        prepared = prepare(Experiment.from_yaml(config(tmp_path, "one_hot", missing=policy)))
        names = prepared.transforms.encoders.names["sky"]
        codes = prepared.windows["train"].source.codes
        assert codes is not None
        expected = 0 if filled is None else names.index("sun" if 9 % 3 == 0 else filled) + 1
        assert codes[[0, 10, 11], 0].tolist() == [0, expected, expected]


@pytest.mark.slow
def test_run_goes_on_from_its_own_rows(run: Path, tmp_path: Path) -> None:
    """The context of a run holds names, not numbers."""
    text = (run / "model" / "context.csv").read_text(encoding="utf-8")
    assert text.splitlines()[1].split(",")[3:] == [
        "sun" if (N - 6) % 3 == 0 else "rain",
        DAYS[(N - 6) % 4],
        "x",
    ]


def test_column_of_categories_must_be_a_covariate(tmp_path: Path) -> None:
    table(tmp_path / "t.csv", rows())
    path = config(tmp_path, "one_hot", categorical={"y": "one_hot", "id": "embedding", "hue": "one_hot"})
    text = refused(2, "validate", path)
    hint = "list it under past_covariates, future_covariates or static_covariates"
    assert f"data.categorical.y: is listed under targets, which holds no categories; {hint}" in text
    assert f"data.categorical.id: is listed under id, which holds no categories; {hint}" in text
    assert f"data.categorical.hue: is not a covariate; {hint}" in text
