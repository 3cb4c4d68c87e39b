"""The verdict in a few words, and which values of a table are the best."""

from types import SimpleNamespace

import pytest

from forecaster.evaluation.headline import headline_metric
from forecaster.evaluation.scores import metric_named
from forecaster.reporting.score_tables import VerdictBox, meanings, score_tables, verdict


def contents(split="test", *, intervals=None, outcomes=None, **rows):
    """What the functions here read of a page's contents. rows: MASE of each forecaster; the best baseline is first.
    outcomes: what the tests of absolute and of squared errors say, by baseline."""
    scores = {name: {"mase": value} for name, value in rows.items()}
    verdicts = {
        name: {
            "verdict": a if a == b else "mixed",
            "absolute": {"verdict": a},
            "squared": {"verdict": b},
        }
        for name, (a, b) in (outcomes or {}).items()
    }
    return SimpleNamespace(
        splits={split: {"windows": 9, "scores": scores, "intervals": intervals or {}, "verdicts": verdicts}},
        judged=split,
        headline=headline_metric(scores["model"]),
        best=next((n for n, v in rows.items() if n != "model" and v is not None), None),
        verdict_title="The title",
        verdict_cells={name: one["verdict"] for name, one in verdicts.items()},
        metric=metric_named,
    )


@pytest.mark.parametrize(
    ("naive", "drift", "tone"),
    [
        (("better", "better"), ("undecided", "undecided"), "good"),
        (("worse", "worse"), ("better", "better"), "bad"),
        (("better", "worse"), ("better", "better"), "bad"),
        (("better", "better"), ("undecided", "worse"), "bad"),
        (("undecided", "undecided"), ("better", "better"), "none"),
        (("better", "undecided"), ("better", "better"), "none"),
    ],
)
def test_the_tone_follows_the_tests_and_not_the_scores(naive, drift, tone):
    found = verdict(contents(model=0.5, naive=1.0, drift=2.0, outcomes={"naive": naive, "drift": drift}))
    assert found == VerdictBox(tone, "The title", "MASE", 0.5, "naive", 1.0, 50.0)


def test_the_gain_is_negative_where_the_model_has_the_larger_score():
    assert verdict(contents(model=1.5, naive=1.0)) == VerdictBox(
        "none", "The title", "MASE", 1.5, "naive", 1.0, -50.0
    )


def test_what_cannot_be_compared_has_no_rival():
    assert verdict(contents(model=1.0, naive=None)) == VerdictBox("none", "The title", "MASE", 1.0)
    assert verdict(contents(model=None, naive=1.0)) == VerdictBox("none", "The title")


def test_the_verdicts_stand_in_the_table_of_the_split_that_is_judged():
    c = contents(model=1.0, naive=2.0, outcomes={"naive": ("better", "better")})
    c.splits["val"] = c.splits["test"]
    test, val = score_tables(c)
    assert (test.title, test.verdicts) == ("Test", {"naive": "better"})
    assert (val.title, val.verdicts) == ("Validation", {})


def test_without_windows_there_is_no_verdict():
    c = SimpleNamespace(judged=None, headline=None, verdict_title="No verdict")
    assert verdict(c) == VerdictBox("none", "No verdict")


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
