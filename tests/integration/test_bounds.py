"""data.bounds: no forecast and no end of an interval lies beyond them."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.integration.tiny_runs import call, csv_rows, done, hours, refused, write_config, write_table

pytestmark = pytest.mark.slow


def falling(folder: Path, bounds: dict[str, float] | None, **sections: object) -> Path:
    """Sales that fall to 0: what goes on falls below."""
    folder.mkdir(parents=True, exist_ok=True)
    values = np.maximum(0, 60 - np.arange(80)) + np.random.default_rng(0).integers(0, 3, 80)
    write_table(folder / "t.csv", "t,y", zip(hours(80), values, strict=True))
    data = {"targets": ["y"], **({} if bounds is None else {"bounds": bounds})}
    return write_config(folder, data, split={"val": 20, "test": 10}, **sections)


def numbers(text: str) -> np.ndarray:
    return np.array([[float(x) for x in row[1:]] for row in csv_rows(text)[1:]])


@pytest.mark.parametrize("calibration", ["scaled", "conformal", "adaptive"])
@pytest.mark.parametrize("scaling", ["standard", "log"])
def test_forecasts_and_intervals_end_at_the_bounds(tmp_path: Path, calibration: str, scaling: str) -> None:
    sections = {"evaluation": {"calibration": calibration, "seasonality": 2}, "scaling": {"method": scaling}}
    config = falling(tmp_path, {"min": 1.0, "max": 2.0}, **sections)
    done("train", config, "--run-dir", tmp_path / "r", "-q")
    found = numbers(done("predict", tmp_path / "r"))
    assert found.min() >= 1.0
    assert found.max() <= 2.0
    past = np.array(
        [[float(x) for x in row[2:]] for row in csv_rows((tmp_path / "r/forecasts.csv").read_text())[1:]]
    )
    # time, cutoff, forecast, the ends of two intervals; the actual values come last.
    assert past[:, :-1].min() >= 1.0
    assert past[:, :-1].max() <= 2.0


def test_without_bounds_the_same_run_goes_below_0(tmp_path: Path) -> None:
    done("train", falling(tmp_path, None), "--run-dir", tmp_path / "r", "-q")
    assert numbers(done("predict", tmp_path / "r")).min() < 0


def test_values_of_the_table_beyond_the_bounds_are_a_warning(tmp_path: Path) -> None:
    config = falling(tmp_path, {"min": 1, "max": 70})
    said = call("validate", config).stderr
    assert (
        "values below data.bounds.min, 1, where forecasts end; correct the table, or move the bound" in said
    )
    assert "data.bounds.max" not in said


def test_predict_says_of_newer_rows_what_cannot_be(tmp_path: Path) -> None:
    config = falling(tmp_path, {"min": 0, "max": 70})
    done("train", config, "--run-dir", tmp_path / "r", "-q")
    done("train", config, "--run-dir", tmp_path / "log", "-q", "--set", "scaling.method=log")
    newer = write_table(tmp_path / "n.csv", "t,y", zip(hours(80), [*range(78), -3, 1], strict=True))
    assert call("predict", tmp_path / "r", "--data", newer).stderr == (
        "note: y has 1 value below data.bounds.min, 0, where forecasts end; correct the table\n"
        "note: y has 7 values above data.bounds.max, 70, where forecasts end; correct the table\n"
    )
    assert call("predict", tmp_path / "r").stderr == ""
    assert refused(2, "predict", tmp_path / "log", "--data", newer) == (
        f"{newer}: there is -3 as y at {hours(80)[78]}, and the run takes logarithms, which need values of 0 and more; "
        "correct the table, or train a run with another scaling.method"
    )
    assert "later --from" not in refused(2, "predict", tmp_path / "r", "--data", some(newer, 4))
    assert "use a later --from" in refused(2, "predict", tmp_path / "r", "--from", hours(3)[2])


def some(table: Path, rows: int) -> Path:
    table.write_text("".join(table.read_text().splitlines(keepends=True)[: rows + 1]))
    return table


def test_bounds_in_the_wrong_order_are_refused(tmp_path: Path) -> None:
    result = call("validate", falling(tmp_path, {"min": 3, "max": 3}))
    assert result.exit_code == 2
    assert "data.bounds.max: 3 is not above min, 3; raise it" in result.stderr


def test_a_run_from_before_there_were_bounds_forecasts_the_same(tmp_path: Path) -> None:
    from forecaster.data.transforms.scalers import Scaler

    done("train", falling(tmp_path, None), "--run-dir", tmp_path / "r", "-q")
    state = json.loads((tmp_path / "r/model/state.json").read_text())["scaler"]
    del state["bounds"]
    assert Scaler.from_json(state).bounds == (None, None)
