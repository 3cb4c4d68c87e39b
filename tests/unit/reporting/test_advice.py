"""Every rule fires on what it is for and is silent on a healthy run."""

from dataclasses import replace

import numpy as np
import pytest

from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.transforms.split import SplitBounds
from forecaster.reporting.advice import advice
from forecaster.reporting.diagnosis import Autocorrelation, Coverage, Cycle, Histogram
from forecaster.reporting.facts import Facts
from forecaster.reporting.history import History


def epochs(*pairs):
    return [
        {"member": 0, "epoch": i + 1, "loss": loss, "val_loss": val} for i, (loss, val) in enumerate(pairs)
    ]


def scores(model, other, *, windows=100, val=None, said="better", squared=None, p=0.01):
    """The splits of metrics.json; said: the verdict on the model against naive, on absolute and on squared errors."""
    squared = squared or said
    verdict = {
        "verdict": said if said == squared else "mixed",
        "absolute": {"verdict": said, "p": p},
        "squared": {"verdict": squared, "p": p},
    }
    test = {
        "windows": windows,
        "scores": {"model": {"mase": model}, "naive": {"mase": other}},
        "verdicts": {"naive": verdict},
    }
    before = {"windows": 100, "scores": {"model": {"mase": val or model}, "naive": {"mase": other}}}
    return {"val": before, "test": test}


def history(train, test):
    values = np.concatenate([train, test])[:, None].astype(float)
    n, cut = len(values), np.array([len(train)])
    return History(
        TimeAxis("h"),
        ("a",),
        values,
        np.array([0, n]),
        np.array([0]),
        SplitBounds(cut, cut, np.array([n])),
        np.ones((1, 1)),
    )


HEALTHY = Facts(
    epochs=epochs((3, 3), (2, 2.5), (1.9, 2.2), (1.8, 2.1), (1.75, 2.15)),
    most_epochs=30,
    scores=scores(0.8, 1.0),
    metric="mase",
    metric_label="MASE",
    lookback=48,
    season=24,
    normalization="mean",
    calendar=[],
    calibration="conformal",
    cycles=[Cycle("weekday", ["Mon", "Tue", "Wed"], [1.0, 1.1, 1.2], [9, 9, 9])],
    histogram=Histogram([0, 1], [1], 0, 0, mean=0.1, std=1.0),
    mae=1.0,
    autocorrelation=Autocorrelation(1, [0.1, 0.0], [99, 98], 0.05),
    coverage=[Coverage(80, 78.0, 1.0, [78.0])],
    line_scores=np.linspace(0.5, 1.5, 20),
    history=history(np.arange(50) % 5, np.arange(20) % 5),
)

SICK = {
    "The model is worse than naive": {"scores": scores(1.2, 1.0, said="worse")},
    "The model is worse than naive on squared errors": {"scores": scores(0.9, 1.0, squared="worse")},
    "The model cannot be told apart from naive": {"scores": scores(0.9, 1.0, said="undecided")},
    "Over-fitting: the training loss keeps falling while the validation loss rises": {
        "epochs": epochs((3, 3), (2, 2), (1, 2.5), (0.5, 3))
    },
    "Training ended while the loss was still falling": {
        "epochs": epochs((4, 4), (3, 3), (2, 2), (1, 1)),
        "most_epochs": 4,
    },
    "The first epoch is the best": {"epochs": epochs((3, 3), (2.9, 3.1), (2.8, 3.05), (2.95, 3.1), (3.0, 3.1))},
    "The series drift between training and test": {"history": history(np.arange(50) % 5, 9 + np.arange(20) % 5)},
    "Test errors are much larger than validation errors": {"scores": scores(0.8, 1.0, val=0.4)},
    "Forecasts are too high on average": {"histogram": Histogram([0, 1], [1], 0, 0, mean=0.5, std=1.0)},
    "Forecasts are too low on average": {"histogram": Histogram([0, 1], [1], 0, 0, mean=-0.5, std=1.0)},
    "Errors repeat with the season": {
        "autocorrelation": Autocorrelation(12, [0.1, 0.6], [99, 98], 0.05)
    },
    "Consecutive errors are correlated": {"autocorrelation": Autocorrelation(1, [0.6, 0.1], [99, 98], 0.05)},
    "Intervals are too narrow": {"coverage": [Coverage(80, 70.0, 1.0, [70.0])]},
    "Intervals are too wide": {"coverage": [Coverage(80, 90.0, 1.0, [90.0])]},
    "Errors are largest on Wed": {"cycles": [Cycle("weekday", ["Mon", "Tue", "Wed"], [1.0, 1.1, 3.0], [9, 9, 9])]},
    "1 of 20 series is forecast far worse than the rest": {"line_scores": np.array([1.0] * 19 + [9.0])},
    "Few test windows": {"scores": scores(0.8, 1.0, windows=5)},
    "This is a smoke run": {"smoke": True},
}  # fmt: skip


def test_a_healthy_run_gets_no_advice():
    assert advice([HEALTHY]) == []


@pytest.mark.parametrize("title", SICK)
def test_what_is_wrong_is_said_and_nothing_else(title):
    found = advice([replace(HEALTHY, **SICK[title])])
    assert [one.title for one in found] == [title]
    assert all(one.seen.endswith((".", "!")) and one.next.endswith(".") for one in found)


def test_the_numbers_are_said():
    (found,) = advice([replace(HEALTHY, **SICK["The model is worse than naive"], lookback=12)])
    assert found.seen == "MASE is 1 for naive and 1.2 for the model. Until that changes, use naive."
    assert found.next.startswith("Try window.lookback: 48, which covers a season (12 does not); model.anchor")


def test_which_to_use_is_said_only_where_the_tests_agree():
    (found,) = advice([replace(HEALTHY, **SICK["The model is worse than naive on squared errors"])])
    assert found.seen == (
        "MASE is 1 for naive and 0.9 for the model. Which to use depends on what large errors cost."
    )
    (found,) = advice([replace(HEALTHY, **SICK["The model cannot be told apart from naive"])])
    assert found.seen == (
        "MASE is 1 for naive and 0.9 for the model; a difference of this size may be chance. naive is the simpler of "
        "the two."
    )


def test_a_score_that_was_not_tested_gives_no_advice():
    assert advice([replace(HEALTHY, scores=scores(1.2, 1.0, said="undecided", p=None))]) == []
    older = scores(1.2, 1.0)
    del older["test"]["verdicts"]
    assert advice([replace(HEALTHY, scores=older)]) == []


def test_nothing_known_gives_no_advice():
    empty = Facts(
        epochs=[], most_epochs=1, scores={}, metric=None, metric_label="", lookback=1, season=1, normalization="none", calendar=[],
        calibration="none", cycles=[], histogram=None, mae=None, autocorrelation=None, coverage=[],
        line_scores=np.empty(0), history=None,
    )  # fmt: skip
    assert advice([empty]) == []


@pytest.mark.parametrize(
    ("calibration", "said"),
    [
        (
            "conformal",
            "Try evaluation.calibration: adaptive, which follows errors that change over time, or a longer validation range.",
        ),
        (
            "none",
            "Try evaluation.calibration: adaptive, which follows errors that change over time, or evaluation.calibration: conformal.",
        ),
        ("adaptive", "Try a longer validation range."),
    ],
)
def test_no_calibration_is_suggested_that_is_in_force(calibration, said):
    (found,) = advice([replace(HEALTHY, **SICK["Intervals are too narrow"], calibration=calibration)])
    assert found.next == said


def test_each_target_is_looked_at_and_named():
    bad = replace(HEALTHY, **SICK["Intervals are too narrow"], target=1, name="b", history=None)
    assert [one.title for one in advice([replace(HEALTHY, name="a"), bad])] == ["b: Intervals are too narrow"]
    # What is of the whole run is said once.
    few = SICK["Few test windows"]
    assert (
        len(
            advice(
                [replace(HEALTHY, **few, name="a"), replace(HEALTHY, **few, target=1, name="b", history=None)]
            )
        )
        == 1
    )


def test_drift_is_that_of_the_target():
    both = replace(
        history(np.arange(50) % 5, np.arange(20) % 5),
        targets=np.column_stack([np.arange(70) % 5, np.r_[np.arange(50) % 5, 9 + np.arange(20) % 5]]).astype(
            float
        ),
    )
    facts = [replace(HEALTHY, history=both, target=t, name=name) for t, name in enumerate("ab")]
    assert [one.title for one in advice(facts)] == ["b: The series drift between training and test"]


def test_nothing_is_advised_that_the_config_has():
    worse = replace(HEALTHY, **SICK["The model is worse than naive"])
    (found,) = advice([worse])
    assert found.next.startswith("Try model.anchor (ridge) or model.season: 24, a simple forecast")
    (found,) = advice([replace(worse, anchored=True)])
    assert found.next.startswith("Try model.season: 24, a simple forecast")
    (found,) = advice([replace(worse, anchored=True, seasonal=True)])
    assert found.next == "Try a search over learning rate, units and lookback (forecaster tune)."
    (found,) = advice([replace(HEALTHY, **SICK["Errors repeat with the season"])])
    assert (
        found.next == "Try model.season: 24, calendar features (data.calendar) or a search (forecaster tune)."
    )
    (found,) = advice(
        [
            replace(
                HEALTHY,
                **SICK["Errors repeat with the season"],
                seasonal=True,
                calendar=["hour"],
                lookback=24,
            )
        ]
    )
    assert found.next == "Try a window.lookback of at least 48 or a search (forecaster tune)."
    (found,) = advice([replace(HEALTHY, **SICK["Forecasts are too low on average"], is_point=False)])
    assert found.next == "Try model.normalization: last."


def test_a_verdict_on_squared_errors_shows_a_number_of_squared_errors():
    splits = scores(0.9, 1.0, squared="worse")
    for who, value in (("model", 3.0), ("naive", 2.0)):
        splits["test"]["scores"][who]["rmse"] = value
    labels = {"mase": ("MASE", "absolute"), "rmse": ("RMSE", "squared")}
    (found,) = advice([replace(HEALTHY, scores=splits, metrics=labels)])
    assert found.seen.startswith("RMSE is 2 for naive and 3 for the model. ")
