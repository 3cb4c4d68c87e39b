"""`import forecaster`: what it offers, what it loads, and how it speaks."""

import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

import forecaster as fc
from forecaster.api.remarks import deliver
from forecaster.errors import in_python

HEAVY = (
    "tensorflow",
    "keras",
    "keras_tuner",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "sklearn",
    "yaml",
    "typer",
)


def test_import_loads_no_library() -> None:
    probe = f"import sys, forecaster; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_every_public_name_resolves_and_is_listed() -> None:
    assert len(set(fc.__all__)) == len(fc.__all__)
    for name in fc.__all__:
        assert getattr(fc, name).__name__ == name
        assert name in dir(fc)
    assert sorted(name for name in dir(fc) if not name.startswith("_")) == sorted(fc.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"^module 'forecaster' has no attribute 'trian'$"):
        fc.trian  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize(
    ("command_line", "python"),
    [
        ("add --resume to go on with it, --overwrite to begin again, or choose another --run-dir",
         "add resume=True to go on with it, overwrite=True to begin again, or choose another run_dir"),
        ("--from: 3 is outside t.csv", "cutoff: 3 is outside t.csv"),
        ("bring more rows with --data, or a later --from", "bring more rows with data, or a later cutoff"),
        ("--time-budget 3x: is no time", "time_budget 3x: is no time"),
        ("--fail-if-worse-than x: there is no such baseline", "fail_if_worse_than x: there is no such baseline"),
        ("finish it with: forecaster train c.yaml --run-dir r --resume; or give --force",
         "finish it with: forecaster train c.yaml --run-dir r --resume; or give force=True"),
        ("write it with forecaster future, and bring it with --future",
         "write it with forecaster future, and bring it with future"),
        ("/a--b/--c.csv: no such file -- or so", "/a--b/--c.csv: no such file -- or so"),
    ],
)  # fmt: skip
def test_messages_name_parameters(command_line: str, python: str) -> None:
    assert in_python(command_line) == python
    assert str(fc.UsageError(command_line)) == python


def test_a_remark_is_a_warning_at_the_line_of_the_program() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        deliver(
            None,
            [fc.Diagnostic("is odd", "lower it", fc.Location("c.yaml", 3))],
            ["begin again with --overwrite"],
        )
    assert [str(w.message) for w in caught] == [
        "c.yaml:3: is odd; lower it",
        "begin again with overwrite=True",
    ]
    assert {(w.category, w.filename) for w in caught} == {(fc.ForecasterWarning, __file__)}


def test_a_listener_takes_the_remarks_instead() -> None:
    heard: list[object] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        deliver(heard.append, [fc.Diagnostic("is odd")], ["so it is"])
    assert heard == [fc.Diagnostic("is odd"), "so it is"]


def test_errors_are_one_tree() -> None:
    errors = [
        fc.UsageError,
        fc.ConfigError,
        fc.DataError,
        fc.TrainingError,
        fc.EnvironmentError_,
        fc.RunTakenError,
    ]
    assert all(issubclass(error, fc.ForecasterError) for error in errors)


def test_schema_is_that_of_the_command(tmp_path: Path) -> None:
    assert fc.schema()["properties"]["model"] is not None


def test_example_writes_both_files_once(tmp_path: Path) -> None:
    experiment = fc.example("sunspots", tmp_path / "here")
    assert sorted(p.name for p in (tmp_path / "here").iterdir()) == ["config.yaml", "sunspots.csv"]
    assert experiment.data_path.read_bytes().startswith(b"month,")
    with pytest.raises(fc.RunTakenError, match="force=True"):
        fc.example("sunspots", tmp_path / "here")
    fc.example("sunspots", tmp_path / "here", force=True)
    with pytest.raises(fc.UsageError, match="no example 'suns'; choose from departures, sunspots"):
        fc.example("suns", tmp_path)


PROGRAM = """
import forecaster as fc
import pandas as pd
from forecaster import ConfigError, EpochRow, Experiment, Run


def losses(table: pd.DataFrame) -> list[float]:
    found: list[float] = []

    def follow(row: EpochRow) -> None:
        found.append(row.loss)

    experiment: Experiment = fc.inspect(table).with_({"training.epochs": 3}, seed=1)
    run: Run = fc.train(experiment, data=table, run_dir="r", on_epoch=follow)
    frame: pd.DataFrame = run.predict(cutoff="2024-01-01", horizon=3)
    score: float = run.metrics["test"]["scores"]["model"]["mae"]
    try:
        fc.load("r").evaluate(split="val")
    except ConfigError as error:
        print(error.diagnostics[0].summary, frame, score)
    return found
"""


@pytest.mark.slow
def test_a_strict_checker_passes_a_program_and_finds_a_fault(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "wrong.py").write_text(PROGRAM.replace('fc.load("r")', "fc.load(3)"))
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache")]
    done = subprocess.run(
        [*command, "program.py", "wrong.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    [fault, found] = done.stdout.splitlines()
    assert fault.startswith("wrong.py:")
    assert 'Argument 1 to "load" has incompatible type "int"' in fault
    assert found.startswith("Found 1 error in 1 file")


@pytest.mark.parametrize(
    ("given", "way"), [("c.yaml", "from_yaml(path)"), ({"name": "x"}, "from_dict(values)")]
)
def test_what_is_no_experiment_is_told_how_to_make_one(given: Any, way: str) -> None:
    for verb in (fc.validate, fc.train, fc.tune, fc.backtest):
        with pytest.raises(fc.UsageError) as error:
            verb(given)
        assert str(error.value) == (
            f"experiment: is a {type(given).__name__}, needs a forecaster.Experiment; "
            f"make one with forecaster.Experiment.{way}"
        )
