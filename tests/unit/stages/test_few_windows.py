"""Warnings of ranges that are too short to choose, to calibrate or to judge by, with numbers and a next move."""

import numpy as np
import pytest

from forecaster.config.experiment import Experiment
from forecaster.data.transforms.split import SplitBounds
from forecaster.stages.few_windows import few_windows


def said(*, val, test, n_series=1, train=200, **sections):
    """The warnings of series with this many rows in each range; lookback 6, horizon 3."""
    experiment = Experiment.from_dict(
        {
            "name": "x",
            "data": {"path": "t.csv", "time": "t", "freq": "h", "id": "s", "targets": ["y"]},
            "window": {"lookback": 6, "horizon": 3} | sections.pop("window", {}),
            "model": {"layers": [{"type": "gru", "units": 4}]} | sections.pop("model", {}),
            **sections,
        }
    )
    ends = np.cumsum([train, val, test])
    bounds = SplitBounds(*(np.full(n_series, end) for end in ends))
    found = few_windows(experiment.spec, bounds)
    assert all(one.severity == "warning" for one in found)
    return [str(one) for one in found]


def test_enough_windows_get_no_warning():
    """39 windows of validation for 95 %, and four horizons of test windows."""
    assert said(val=41, test=14) == []


def test_few_validation_windows_choose_and_calibrate_badly():
    assert said(val=7, test=14) == [
        "split.val: 5 windows of validation are too few to choose the best epoch by (10 are needed) and to calibrate "
        "95 % intervals by (39 are needed); set split.val to 41 steps or more"
    ]
    # What is said to suffice does.
    assert said(val=41, test=14) == []


def test_a_lower_level_is_the_other_move():
    assert said(val=20, test=14) == [
        "split.val: 18 windows of validation are too few to calibrate 95 % intervals by (39 are needed); set split.val "
        "to 41 steps or more, or evaluation.levels to [80]"
    ]


def test_no_length_is_proposed_that_leaves_too_few_training_rows():
    """41 steps are more than half of 60, and 12 leave 51; both moves together leave no warning."""
    window = {"lookback": 6, "short": "pad"}
    assert said(train=60, val=3, test=14, window=window) == [
        "split.val: 1 window of validation is too few to choose the best epoch by (10 are needed) and to calibrate "
        "95 % intervals by (39 are needed); the table is too short for 41 steps of validation: set split.val to 12 and "
        "evaluation.levels to [80]"
    ]
    assert said(train=51, val=12, test=14, window=window, evaluation={"levels": [80]}) == []
    assert said(train=51, val=12, test=14)[0].endswith(
        "; the table is too short for 41 steps of validation: set evaluation.levels to [80]"
    )
    assert said(train=10, val=3, test=0)[0].endswith(
        "; the table is too short for 41 steps of validation: add rows, or take the forecasts and their intervals as rough"
    )


def test_the_length_for_test_leaves_room_for_that_of_validation():
    """Of 60 training rows, 29 go to validation, and 11 more would go to test."""
    assert [one.rsplit("; ", 1)[1] for one in said(train=60, val=12, test=3)] == [
        "set split.val to 41 steps or more, or evaluation.levels to [80]",
        "run forecaster backtest",
    ]
    assert [one.rsplit("; ", 1)[1] for one in said(train=60, val=41, test=3)] == [
        "set split.test to 14 steps or more, or run forecaster backtest"
    ]
    # Twelve steps leave training rows to two horizons of test, and nine to one only.
    assert said(train=12, val=41, test=3)[0].endswith("; run forecaster backtest --folds 2")
    assert said(train=9, val=41, test=3)[0].endswith("; add rows: the table is too short to tell")


def test_windows_of_all_series_count():
    """Four series with 10 windows each; 9 would be 36."""
    assert said(val=12, test=14, n_series=4) == []
    assert said(val=11, test=14, n_series=4)[0].endswith(
        "set split.val to 12 steps or more, or evaluation.levels to [80]"
    )


@pytest.mark.parametrize(
    ("sections", "what"),
    [
        ({}, "the best epoch"),
        ({"model": {"anchor": {"type": "ridge", "mode": "average"}}}, "the best epoch and the blend weight"),
    ],
)
def test_what_validation_chooses_is_named(sections, what):
    [warning] = said(val=7, test=14, evaluation={"levels": []}, **sections)
    assert f"5 windows of validation are too few to choose {what} by (10 are needed);" in warning


def test_what_validation_does_not_choose_is_not_named():
    quiet = {"evaluation": {"levels": []}, "training": {"early_stopping": None}}
    assert said(val=7, test=14, **quiet) == []
    assert (
        said(val=7, test=14, evaluation={"levels": []}, training={"early_stopping": {"monitor": "loss"}})
        == []
    )


def test_few_test_windows_tell_nothing_apart():
    assert said(val=41, test=13) == [
        "split.test: 11 windows of test are too few to tell the model from a baseline (12 are needed, or 10 series); set "
        "split.test to 14 steps or more, or run forecaster backtest"
    ]
    assert "11 windows of test in each series are" in said(val=41, test=13, n_series=9)[0]
    assert said(val=41, test=13, n_series=10) == []
    assert said(val=41, test=13, evaluation={"baselines": []}) == []


def test_windows_that_do_not_overlap_need_not_be_many():
    """A stride of a horizon: 4 windows are enough, of 3 + 3 x 3 rows."""
    window = {"stride": 3}
    assert said(val=120, test=12, window=window) == []
    assert (
        "4 are needed, or 10 series); set split.test to 12 steps" in said(val=120, test=11, window=window)[0]
    )


def test_a_range_that_is_left_out_gets_no_warning():
    assert said(val=0, test=0) == []


def test_a_season_longer_than_the_rows_is_named():
    assert said(val=41, test=14, evaluation={"baselines": ["seasonal_naive_24", "seasonal_naive_201"]}) == [
        "evaluation.baselines: seasonal_naive_201: a season is longer than the training rows of every series, 200; the "
        "last value is forecast where no season is known; choose a shorter season"
    ]
