"""Verdicts in words. No sentence calls a difference real that the test cannot tell from chance."""

import pytest

from forecaster.evaluation.headline import cell
from forecaster.evaluation.significance import Comparison
from forecaster.evaluation.verdict_sentences import (
    comparison_sentence,
    evaluation_verdict,
    run_verdict,
    split_verdict,
    verdict_title,
)


def loss(said, p=0.001, cutoffs=60, series=None):
    sign = {"better": -1.0, "worse": 1.0, "undecided": -0.1}[said]
    return {
        "verdict": said,
        "difference": sign,
        "statistic": None if p is None else sign,
        "p": p,
        "cutoffs": cutoffs,
        "series": series,
    }


def verdict(absolute, squared=None, **numbers):
    squared = squared or absolute
    tests = {"absolute": loss(absolute, **numbers), "squared": loss(squared, **numbers)}
    said = absolute if absolute == squared else "mixed"
    return {"verdict": said, **tests, "cutoffs_needed": 96, "series_needed": 10}


def table(scores, verdicts, windows=60):
    return {
        "windows": windows,
        "scores": {n: v if isinstance(v, dict) else {"mase": v} for n, v in scores.items()},
        "verdicts": verdicts,
    }


SCORES = {"model": 0.8, "naive": 2.0, "ridge": 0.9}


@pytest.mark.parametrize(
    ("ridge", "expected"),
    [
        (
            verdict("better"),
            "The model is better than ridge, the best baseline: test MASE 0.800 against 0.900 "
            "(p 0.001 on absolute and squared errors; 60 cutoffs).",
        ),
        (
            verdict("undecided", p=0.31),
            "The model and ridge, the best baseline, cannot be told apart: test MASE 0.800 against 0.900 "
            "(p 0.31 on absolute and squared errors; 60 cutoffs).",
        ),
        (
            verdict("better", "worse"),
            "The model is better than ridge, the best baseline, on absolute errors and worse on squared errors: "
            "test MASE 0.800 against 0.900 (p 0.001 on absolute and squared errors; 60 cutoffs).",
        ),
        (
            verdict("undecided", "worse"),
            "The model is worse than ridge, the best baseline, on squared errors, and cannot be told apart from it on "
            "absolute errors: test MASE 0.800 against 0.900 (p 0.001 on absolute and squared errors; 60 cutoffs).",
        ),
        (
            verdict("better", series=300, cutoffs=1, p=0.0),
            "The model is better than ridge, the best baseline: test MASE 0.800 against 0.900 "
            "(p < 0.0001 on absolute and squared errors; 300 series at 1 cutoff).",
        ),
    ],
)
def test_the_best_baseline_is_named_with_the_verdict_against_it(ridge, expected):
    assert split_verdict(table(SCORES, {"naive": verdict("better"), "ridge": ridge}), "test") == [expected]


def test_one_baseline_is_not_called_the_best():
    [said] = split_verdict(table({"model": 1.2, "naive": 1.0}, {"naive": verdict("worse")}), "test")
    assert said.startswith("The model is worse than naive: test MASE 1.20 against 1.00 (p 0.001 ")


def test_with_one_loss_its_name_is_not_said():
    one = {"verdict": "better", "absolute": loss("better"), "cutoffs_needed": 4, "series_needed": 10}
    [said] = split_verdict(table({"model": 0.8, "naive": 1.0}, {"naive": one}), "test")
    assert said == "The model is better than naive: test MASE 0.800 against 1.00 (p 0.001; 60 cutoffs)."


def test_few_windows_are_counted_and_the_number_needed_is_said():
    few = verdict("undecided", p=None, cutoffs=3)
    found = split_verdict(table({"model": 0.8, "naive": 9.0}, {"naive": few}, windows=3), "test")
    assert found == [
        "The model and naive cannot be told apart (3 windows): test MASE 0.800 against 9.00.",
        "A test needs 96 windows: lengthen split.test, or run forecaster backtest.",
    ]
    found = split_verdict(table({"model": 0.8, "naive": 9.0}, {"naive": few}, windows=6), "val")
    assert found == [
        "The model and naive cannot be told apart (6 windows at 3 cutoffs): validation MASE 0.800 against 9.00.",
        "A test needs windows at 96 cutoffs, or of 10 series: lengthen split.val, or run forecaster backtest.",
    ]


def test_other_baselines_that_are_better_on_any_loss_are_named():
    scores = {"model": 0.8, "ridge": 0.9, "naive": 1.0, "drift": 1.1}
    verdicts = {
        "ridge": verdict("better"),
        "naive": verdict("worse"),
        "drift": verdict("better", "worse"),
    }
    assert split_verdict(table(scores, verdicts), "test")[1:3] == [
        "It is also worse than naive.",
        "The model is better than drift on absolute errors and worse on squared errors.",
    ]


def test_metrics_that_point_the_other_way_are_named():
    scores = {
        "model": {"mase": 0.8, "smape": 60.0, "rmse": 3.0, "bias": 2.0},
        "naive": {"mase": 1.0, "smape": 28.0, "rmse": 2.0, "bias": 1.0},
    }
    assert split_verdict(table(scores, {"naive": verdict("better")}), "test")[1:] == [
        "sMAPE (28.0 against 60.0) and RMSE (2.00 against 3.00) are lower for naive than for the model, which is not "
        "tested."
    ]
    # Where nothing is claimed, nothing is held against it.
    assert len(split_verdict(table(scores, {"naive": verdict("undecided")}), "test")) == 1


def test_numbers_have_the_digits_that_tell_them_apart():
    [said] = split_verdict(table({"model": 1.00004, "naive": 1.0}, {"naive": verdict("worse")}), "test")
    assert "1.00004 against 1.00000" in said
    [said] = split_verdict(table({"model": 0.0, "naive": 1e-7}, {"naive": verdict("better")}), "test")
    assert "0.00 against 1.00e-07" in said
    [said] = split_verdict(
        table({"model": 1.0, "naive": 1.0}, {"naive": verdict("undecided", p=1.0)}), "test"
    )
    assert "1.00 against 1.00" in said


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (table({"model": 1.0}, {}), "No verdict: no baseline was scored (evaluation.baselines)."),
        (
            table({"model": None, "naive": 1.0}, {"naive": verdict("undecided")}),
            "No verdict: the model's test MASE cannot be computed.",
        ),
        (
            table({"model": 1.0, "naive": None}, {"naive": verdict("undecided")}),
            "No verdict: every baseline's test MASE cannot be computed.",
        ),
        (
            {"windows": 9, "scores": {"model": {"mase": 0.5}, "naive": {"mase": 1.0}}},
            "No verdict: the run is of an older version. `forecaster evaluate` makes one.",
        ),
    ],
)
def test_where_there_is_no_verdict_the_reason_is_said(found, expected):
    assert split_verdict(found, "test") == [expected]
    assert verdict_title({"test": found}) == "No verdict"


def test_without_a_test_range_the_verdict_is_on_validation_and_flattered():
    found = table({"model": 0.8, "naive": 1.0}, {"naive": verdict("better")})
    first, second = run_verdict({"val": found})
    assert first.startswith("The model is better than naive: validation MASE 0.800 against 1.00")
    assert second == (
        "There is no test range (split.test: 0). The verdict is on validation rows, which have chosen the network, "
        "so they flatter it."
    )
    assert evaluation_verdict(found, "val")[1] == (
        "These are validation rows, which have chosen the network, so the verdict flatters it."
    )
    assert (
        run_verdict({"val": {}, "test": found})
        == evaluation_verdict(found, "test")
        == [
            "The model is better than naive: test MASE 0.800 against 1.00 "
            "(p 0.001 on absolute and squared errors; 60 cutoffs)."
        ]
    )
    assert run_verdict({}) == ["No verdict: the run has no validation or test windows."]


def test_the_title_is_about_the_best_baseline_or_all():
    def title(ridge):
        return verdict_title({"test": table(SCORES, {"naive": verdict("better"), "ridge": ridge})})

    assert title(verdict("better")) == "The model is better than every baseline"
    assert title(verdict("worse")) == "The model is worse than ridge"
    assert title(verdict("undecided")) == "The model and ridge cannot be told apart"
    assert title(verdict("undecided", p=None)) == "The model and ridge cannot be told apart (60 windows)"


def test_cells():
    assert [cell(verdict(said)) for said in ("better", "worse", "undecided")] == [
        "better",
        "worse",
        "unclear",
    ]
    assert cell(verdict("better", "undecided")) == "better/unclear"


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (Comparison(-0.2, -3, 0.004, 60), "a is better than b by 0.200 of MASE (p 0.004, 60 cutoffs)."),
        (
            Comparison(0.2, 9, 1e-9, 1, 50),
            "b is better than a by 0.200 of MASE (p < 0.0001, 50 series at 1 cutoff).",
        ),
        (Comparison(0.2, 1, 0.3, 60), "a and b cannot be told apart (p 0.3, 60 cutoffs)."),
        (Comparison(0.2, None, None, 1), "a and b cannot be told apart (1 cutoff, too few for a test)."),
    ],
)
def test_runs_are_compared_in_a_sentence(test, expected):
    assert comparison_sentence("a", "b", test) == expected
