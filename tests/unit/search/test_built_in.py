"""The built-in search space and the table: no value that the table has no room for."""

from pathlib import Path
from typing import Any

import pytest

from forecaster.config.experiment import Experiment
from forecaster.errors import DataError
from forecaster.search.built_in import built_in
from forecaster.search.check import check_data_ends, check_search_folds, check_space
from tests.integration.tiny_runs import hours, write_config, write_table


def space(config: Path, *overrides: str, smoke: bool = False) -> dict[str, Any]:
    experiment = Experiment.from_yaml(config, overrides)
    found = built_in(experiment, experiment.data_path, smoke=smoke).experiment
    check_space(found)
    check_search_folds(found, found.data_path, n_folds=found.spec.tune.folds)
    check_data_ends(found, found.data_path)
    return {d.name: d.range.model_dump(exclude_unset=True) for d in found.dimensions}


def table(folder: Path, values: list[float], **sections: Any) -> Path:
    write_table(folder / "t.csv", "t,y", zip(hours(len(values)), values, strict=True))
    return write_config(folder, {"targets": ["y"]}, **sections)


def counting(n: int) -> list[float]:
    return [float(i) for i in range(n)]


def test_a_long_table_has_room_for_twice_the_lookback(tmp_path: Path) -> None:
    # 60 rows: 42 to train on, 6 to validate, 12 to test. Two thirds of 42 - 3 are 26.
    assert space(table(tmp_path, counting(60)))["window.lookback"]["values"] == [4, 6, 12]
    longer = space(tmp_path / "c.yaml", "window.lookback=13")
    assert longer["window.lookback"]["values"] == [6, 13, 26]
    longest = space(tmp_path / "c.yaml", "window.lookback=14")
    assert longest["window.lookback"]["values"] == [8, 14]


def test_folds_leave_less_room(tmp_path: Path) -> None:
    # Three folds back there are 42 - 18 = 24 rows to train on, and two thirds of 24 - 3 are 14.
    config = table(tmp_path, counting(60))
    assert space(config, "tune.folds=4", "window.lookback=8")["window.lookback"]["values"] == [4, 8]
    assert space(config, "tune.folds=4", "window.lookback=7")["window.lookback"]["values"] == [4, 7, 14]


def test_no_series_is_left_out_by_a_longer_lookback(tmp_path: Path) -> None:
    series = [("long", hours(100)), ("longer", hours(120)), ("short", hours(22))]
    rows = [(name, t, i) for name, times in series for i, t in enumerate(times)]
    write_table(tmp_path / "t.csv", "id,t,y", rows)
    config = write_config(tmp_path, {"targets": ["y"], "id": "id"}, split={"val": 3, "test": 3})
    # The short series has 16 rows to train on: with 12 + 3 it has windows, with 14 + 3 it would have none.
    assert space(config)["window.lookback"]["values"] == [4, 6, 12]
    assert space(config, "window.lookback=7")["window.lookback"]["values"] == [4, 7]
    padded = space(config, "window.lookback=7", "window.short=pad")
    assert padded["window.lookback"]["values"] == [4, 7, 14]


@pytest.mark.parametrize(
    ("lowest", "highest", "methods"),
    [
        (0.0, 59.0, ["standard", "robust", "log"]),
        (-1.0, 59.0, ["standard", "robust"]),
        (0.0, 1.0, ["standard", "robust"]),
    ],
)
def test_logarithms_need_values_of_0_and_more(
    tmp_path: Path, lowest: float, highest: float, methods: list[str]
) -> None:
    # The one low value is in the test range: it counts, because it is scored.
    config = table(tmp_path, [highest - 0.01 * (i % 7) for i in range(59)] + [lowest])
    assert space(config)["scaling.method"]["values"] == methods


def test_a_table_that_is_too_short_for_the_file_is_refused(tmp_path: Path) -> None:
    experiment = Experiment.from_yaml(table(tmp_path, counting(12)))
    with pytest.raises(DataError, match="no val window fits: the longest series has 12 rows"):
        built_in(experiment, experiment.data_path)


def test_a_trial_takes_the_time_of_its_own_networks(tmp_path: Path) -> None:
    config = table(tmp_path, counting(60))
    one, quick, whole = (
        built_in(experiment, experiment.data_path).trial_seconds
        for experiment in (
            Experiment.from_yaml(config, overrides)
            for overrides in ([], ["training.ensemble=3"], ["training.ensemble=3", "tune.ensemble=3"])
        )
    )
    assert quick == pytest.approx(one)
    assert whole == pytest.approx(3 * one)
