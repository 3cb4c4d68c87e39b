"""The verdict in a few words, and which values of a table are the best."""

from types import SimpleNamespace

import pytest

from forecaster.evaluation.scores import headline_metric, metric_named
from forecaster.reporting.score_tables import Verdict, meanings, score_tables, verdict


def contents(split="test", *, intervals=None, **rows):
    """What the functions here read of a page's contents. rows: MASE of each forecaster."""
    scores = {name: {"mase": value} for name, value in rows.items()}
    return SimpleNamespace(
        splits={split: {"windows": 9, "scores": scores, "intervals": intervals or {}}},
        judged=split,
        headline=headline_metric(scores["model"]),
        metric=metric_named,
    )


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            {"model": 0.5, "naive": 1.0, "drift": 2.0},
            Verdict("good", "Ahead of every baseline on test MASE", "MASE", 0.5, "naive", 1.0, 50.0),
        ),
        (
            {"model": 1.5, "naive": 1.0, "drift": 2.0},
            Verdict("bad", "Behind naive on test MASE", "MASE", 1.5, "naive", 1.0, -50.0),
        ),
        (
            {"model": 1.0, "naive": 1.0},
            Verdict("none", "Level with naive on test MASE", "MASE", 1.0, "naive", 1.0, 0.0),
        ),
        ({"model": 1.0, "naive": None}, Verdict("none", "Nothing to compare with", "MASE", 1.0)),
        ({"model": None, "naive": 1.0}, Verdict("none", "No verdict")),
    ],
)
def test_the_verdict(rows, expected):
    assert verdict(contents(**rows)) == expected


def test_the_verdict_names_the_validation_split_in_full():
    assert (
        verdict(contents("val", model=1.0, naive=2.0)).title == "Ahead of every baseline on validation MASE"
    )


def test_without_windows_there_is_no_verdict():
    assert verdict(SimpleNamespace(judged=None, headline=None)) == Verdict("none", "No verdict")


def test_the_best_is_closest_to_its_ideal_and_a_width_has_none():
    intervals = {
        "model": {"coverage_80": 85.0, "width_80": 1.0, "msis_80": 2.0},
        "naive": {"coverage_80": 76.0, "width_80": 3.0, "msis_80": 3.0},
    }
    points, found = score_tables(contents(model=1.0, naive=1.0, intervals=intervals))
    assert points.best == {"mase": {"model", "naive"}}
    assert found.title == "Test, intervals"
    assert found.best == {"coverage_80": {"naive"}, "width_80": set(), "msis_80": {"model"}}


def test_one_forecaster_alone_is_not_marked_as_the_best():
    (found,) = score_tables(contents(model=1.0))
    assert found.best == {"mase": set()}


def test_every_column_is_explained_once():
    c = contents(model=1.0, intervals={"model": {"coverage_80": 85.0}})
    assert meanings(c, score_tables(c)) == {
        "MASE": "mean absolute error divided by that of the seasonal naive forecast on the training rows",
        "coverage 80": "share of values inside the 80 % interval, in percent; best at 80",
    }
