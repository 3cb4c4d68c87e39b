"""Which test a verdict rests on, and what it says."""

import json
import math

import numpy as np
import pytest
from scipy import stats

from forecaster.evaluation.comparison import ComparedForecast, compare
from forecaster.evaluation.verdicts import judge, losses_to_test


def model(error, *, n_series=1, n_cutoffs=1, stride=1, horizon=1):
    """A forecast of zeros that errs by `error`, (series, cutoffs) or a number."""
    errors = np.broadcast_to(np.asarray(error, float), (n_series, n_cutoffs)).reshape(-1, 1, 1)
    return ComparedForecast(
        "model",
        "h",
        np.repeat(np.arange(n_series), n_cutoffs),
        np.tile(np.arange(n_cutoffs) * stride, n_series),
        np.zeros((n_series * n_cutoffs, horizon, 1)),
        np.repeat(errors, horizon, axis=1),
        np.ones((n_series * n_cutoffs, 1)),
    )


def verdict_on(own, other, losses=("absolute", "squared"), **shape):
    return judge(model(own, **shape), {"naive": model(other, **shape).forecast}, losses=losses)["naive"]


def noise(*shape, seed=1):
    return np.abs(np.random.default_rng(seed).normal(1, 0.2, size=shape))


@pytest.mark.parametrize(("factor", "said"), [(2.0, "better"), (0.5, "worse"), (1.0, "undecided")])
def test_three_verdicts(factor, said):
    own = noise(1, 60)
    found = verdict_on(own, factor * noise(1, 60, seed=2), n_cutoffs=60)
    assert found["verdict"] == said
    assert found["absolute"]["verdict"] == found["squared"]["verdict"] == said
    assert found["absolute"]["cutoffs"] == 60
    assert found["absolute"]["series"] is None


def test_small_errors_that_are_often_smaller_but_sometimes_large_are_mixed():
    """The model errs by about 0.2, and by 4 every tenth time; the other by about 1."""
    own = 0.2 * noise(1, 400)
    own[:, ::10] = 4.0
    found = verdict_on(own, noise(1, 400, seed=2), n_cutoffs=400)
    assert found["verdict"] == "mixed"
    assert (found["absolute"]["verdict"], found["squared"]["verdict"]) == ("better", "worse")


def test_one_cutoff_of_many_series_is_tested_over_the_series():
    own, other = noise(30, 1), 2 * noise(30, 1, seed=2)
    found = verdict_on(own, other, n_series=30, horizon=3)["absolute"]
    expected = stats.ttest_rel(own[:, 0], other[:, 0])
    assert (found["verdict"], found["cutoffs"], found["series"]) == ("better", 1, 30)
    assert found["statistic"] == pytest.approx(expected.statistic)
    assert found["p"] == pytest.approx(expected.pvalue)


def test_cutoffs_are_preferred_where_there_are_enough():
    found = verdict_on(noise(30, 40), 2 * noise(30, 40, seed=2), n_series=30, n_cutoffs=40, horizon=10)
    assert found["absolute"]["series"] is None
    assert found["cutoffs_needed"] == 40
    found = verdict_on(noise(30, 39), 2 * noise(30, 39, seed=2), n_series=30, n_cutoffs=39, horizon=10)
    assert (found["absolute"]["series"], found["absolute"]["cutoffs"]) == (30, 39)


def test_cutoffs_further_apart_than_the_horizon_need_not_be_many():
    assert verdict_on(1.0, 2.0, n_cutoffs=5, stride=12, horizon=10)["cutoffs_needed"] == 4
    assert verdict_on(1.0, 2.0, n_cutoffs=5, stride=5, horizon=10)["cutoffs_needed"] == 8


def test_too_few_of_both_cannot_be_told_apart():
    found = verdict_on(noise(9, 3), 9 * noise(9, 3), n_series=9, n_cutoffs=3)
    assert found["verdict"] == "undecided"
    assert found["absolute"]["p"] is None
    assert (found["cutoffs_needed"], found["series_needed"]) == (4, 10)


def test_a_forecast_that_is_missing_somewhere_is_not_judged_by_the_rest():
    own = noise(1, 60)
    own[0, 3] = math.nan
    found = verdict_on(own, 2.0, n_cutoffs=60)
    assert found["verdict"] == "undecided"
    assert found["absolute"]["difference"] is None


def test_a_verdict_is_plain_data():
    json.dumps(verdict_on(1.0, 2.0, n_cutoffs=1), allow_nan=False)


def test_the_metrics_of_the_table_say_which_losses_are_tested():
    assert losses_to_test(["mase", "smape"]) == ["absolute"]
    assert losses_to_test(["rmse"]) == ["squared"]
    assert losses_to_test(["mse", "mae", "bias"]) == ["absolute", "squared"]
    assert losses_to_test(["bias"]) == ["absolute"]


def test_runs_are_compared_in_the_same_way():
    own, other = noise(30, 1), 2 * noise(30, 1, seed=2)
    found = compare(model(own, n_series=30), model(other, n_series=30), squared=True)
    assert found.p == pytest.approx(stats.ttest_rel(own[:, 0] ** 2, other[:, 0] ** 2).pvalue)


def test_the_difference_is_that_of_the_scores_where_cutoffs_have_different_numbers_of_series():
    """One long series with 60 cutoffs, where the model is better by 1, and 60 short ones at the last, worse by 3."""
    position = np.concatenate([np.arange(60), np.full(60, 59)])
    series = np.concatenate([np.zeros(60), np.arange(1, 61)])
    own = np.concatenate([np.full(60, 1.0), np.full(60, 5.0)]) * noise(120)
    other = np.concatenate([np.full(60, 2.0), np.full(60, 2.0)]) * noise(120, seed=2)
    shape = (120, 1, 1)
    forecast = ComparedForecast(
        "model", "h", series, position, np.zeros(shape), own.reshape(shape), np.ones((120, 1))
    )
    found = judge(forecast, {"naive": other.reshape(shape)}, losses=("absolute",))["naive"]
    assert found["absolute"]["difference"] == pytest.approx(own.mean() - other.mean())
    assert found["absolute"]["difference"] > 0.8
    assert found["verdict"] != "better"
