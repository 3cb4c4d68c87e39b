"""The tune section of the YAML file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from forecaster.spec import Count, OneOf, Spec


class ObjectiveSpec(Spec):
    """The value by which trials are compared."""

    metric: Annotated[
        str,
        Field(
            pattern=r"^val_[a-z_]+$",
            json_schema_extra={"patternErrorMessage": "val_ and a metric, such as val_mae"},
        ),
    ] = Field("val_mae", examples=["val_mase"])
    """The value to compare: `val_loss`, or `val_` and a name from [`evaluation.metrics`](#evaluationmetrics) other than
    `bias`. Both are computed on the validation windows. `val_loss` cannot compare trials whose loss, scaling or output
    differ."""
    direction: Annotated[
        Literal["min", "max"],
        OneOf(
            {
                "min": "The smallest value wins: right for every error.",
                "max": "The largest value wins. Every metric is an error, so this gives a warning.",
            }
        ),
    ] = Field("min", examples=["min"])
    """Which value is the best."""


class TuneSpec(Spec):
    """How `forecaster tune` searches the values that are left open. `train` ignores this section."""

    algorithm: Annotated[
        Literal["random", "grid", "bayesian", "hyperband", "sklearn"],
        OneOf(
            {
                "random": "Draws values at random, never the same combination twice. Ends after `max_trials`.",
                "grid": "Tries every combination; every range needs a step. Ends after `max_trials`, or when all "
                "are done.",
                "bayesian": "Proposes values by a Gaussian process over the trials so far. For few, long trials. Ends "
                "after `max_trials`.",
                "hyperband": "Begins many short trials and continues only the best. Usually the best result for the "
                "time. Ends after `hyperband_iterations`.",
                "sklearn": "As `random`, with every trial cross-validated: over `folds`, or 3 where `folds` is 1. Ends "
                "after `max_trials`.",
            }
        ),
    ] = Field("hyperband", examples=["bayesian"])
    """The search algorithm. [Searching for settings](tuning.md) compares them."""
    objective: ObjectiveSpec = Field(ObjectiveSpec(), examples=[{"metric": "val_mase"}])
    """The metric that the search optimises, and in which direction."""
    max_trials: Count | None = Field(40, examples=[100])
    """How many trials to make, for every algorithm but `hyperband`. null: as many as `time_budget` has room for."""
    max_epochs: Annotated[int, Field(ge=1, le=1_000_000)] = Field(50, examples=[81])
    """The epochs of the longest trials of `hyperband`, which replace `training.epochs`. At least `factor`."""
    factor: Annotated[int, Field(ge=2)] = Field(3, examples=[4])
    """How strictly `hyperband` selects: in each round one trial in `factor` continues, for `factor` times as many
    epochs."""
    hyperband_iterations: Count = Field(1, examples=[2])
    """How often `hyperband` goes through all of its rounds, each time with new trials."""
    executions_per_trial: Annotated[int, Field(ge=1, le=1000)] = Field(1, examples=[3])
    """How many networks are trained per trial, from different seeds; the trial's score is their mean. Raise it where
    scores vary much from seed to seed."""
    ensemble: Annotated[int, Field(ge=1, le=100)] | None = Field(None, examples=[1])
    """How many networks a trial trains in place of `training.ensemble`, which the best config keeps. null: as many as
    the best config. 1 makes trials quick where the ensemble is large."""
    folds: Annotated[int, Field(ge=1, le=1000)] = Field(1, examples=[3])
    """How many cutoffs a trial is validated at: the validation range, and that range moved back by its own
    length again and again, with training always ending where it begins. The score is the mean."""
    time_budget: (
        Annotated[
            str,
            Field(
                pattern=r"^[1-9][0-9]{0,8}(s|m|h)$",
                json_schema_extra={"patternErrorMessage": "a time such as 90s, 30m or 2h"},
            ),
        ]
        | None
    ) = Field(None, examples=["2h"])
    """How long the search may take, as a whole number and s, m or h. A trial that is running then is dropped. null: no
    limit. `--time-budget` replaces it."""
    max_failed_trials: Count = Field(5, examples=[10])
    """How many trials in a row may fail before the search ends. Failed trials between others are only recorded."""
    keep_checkpoints: Count = Field(3, examples=[1])
    """How many of the best trials keep their config and checkpoints on disk."""
    overwrite: bool = Field(False, examples=[True])
    """Whether a search in an existing `--run-dir` starts over and replaces it, as with `--overwrite`. false: it is
    refused."""
