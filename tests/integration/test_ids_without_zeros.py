"""Tables whose ids have lost the zeros in front: what each command that reads rows for a run says to them."""

from pathlib import Path

import pandas as pd
import pytest

import forecaster as fc
from tests.integration.tiny_runs import call, done, hours, refused, write_config, write_table

pytestmark = pytest.mark.slow

N = 60


def table(path: Path, *ids: str, n: int = N + 20) -> Path:
    return write_table(path, "t,id,y", [(t, name, i) for name in ids for i, t in enumerate(hours(n))])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("zeros")
    table(folder / "t.csv", "007", "010", n=N)
    done("train", write_config(folder, {"id": "id", "targets": ["y"]}), "--run-dir", folder / "r", "-q")
    return folder / "r"


def test_predict_says_which_ids_are_missing_and_strict_refuses(run: Path, tmp_path: Path) -> None:
    lost = table(tmp_path / "lost.csv", "10", "7")
    absent = (
        f"2 of 2 series of the training are not in {lost}: '007', '010'; not forecast; write ids as text: series '10' "
        "has lost its zeros: training knows '010', and so for 1 more"
    )
    result = call("predict", run, "--data", lost)
    assert result.exit_code == 0
    assert f"note: {absent}\n" in result.stderr
    assert refused(2, "predict", run, "--data", lost, "--strict") == f"--strict: {absent}"
    with pytest.raises(fc.DataError, match="strict=True: 2 of 2 series of the training are not in"):
        fc.load(run).predict(pd.read_csv(lost), strict=True)


def test_strict_says_so_of_ids_with_more_zeros_too(run: Path, tmp_path: Path) -> None:
    said = refused(2, "predict", run, "--data", table(tmp_path / "more.csv", "0010", "0007"), "--strict")
    assert said.endswith(
        "; write ids as text: series '0007' has zeros in front: training knows '007', and so for 1 more"
    )


def test_a_forecast_in_parts_is_as_strict(run: Path, tmp_path: Path) -> None:
    lost = tmp_path / "lost.parquet"
    pd.read_csv(table(tmp_path / "lost.csv", "7", "10")).to_parquet(lost)
    said = refused(2, "predict", run, "--data", lost, "--output", f"{tmp_path}/out/", "--strict")
    assert said.startswith(f"--strict: 2 of 2 series of the training are not in {lost}: '007', '010'; ")


@pytest.mark.parametrize(
    ("command", "ids", "what"),
    [
        ("evaluate", ("10", "7"), "series '10' has lost its zeros: {} has '010', and so for 1 more"),
        ("monitor", ("010", "7"), "series '7' has lost its zeros: {} has '007'"),
        ("refit", ("010", "7"), "series '7' has lost its zeros: {} has '007'"),
        ("update", ("010", "0007"), "series '0007' has zeros in front: {} has '007'"),
    ],
)
def test_rows_of_series_that_the_run_knows_are_not_those_of_new_ones(
    command: str, ids: tuple[str, ...], what: str, run: Path, tmp_path: Path
) -> None:
    lost = table(tmp_path / "lost.csv", *ids)
    new = ["--run-dir", tmp_path / "new"] if command in ("refit", "update") else []
    said = refused(2, command, run, "--data", lost, *new)
    assert said == f"{lost}: {what.format(run)}; write ids as text"
    assert not (tmp_path / "new").exists()


def test_both_forms_of_an_id_name_two_series(run: Path, tmp_path: Path) -> None:
    both = table(tmp_path / "both.csv", "007", "010", "7")
    done("evaluate", run, "--data", both)
    done("refit", run, "--data", both, "--run-dir", tmp_path / "new", "-q")
    assert "zeros" not in call("predict", run, "--data", both).stderr
