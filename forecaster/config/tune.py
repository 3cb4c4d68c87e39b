"""The tune section of the YAML file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from forecaster.spec import Spec


class ObjectiveSpec(Spec):
    metric: Annotated[
        str,
        Field(
            pattern=r"^val_[a-z_]+$",
            json_schema_extra={"patternErrorMessage": "val_ and a metric, such as val_mae"},
        ),
    ] = "val_mae"
    """val_loss, or val_ and a metric."""
    direction: Literal["min", "max"] = "min"


class TuneSpec(Spec):
    algorithm: Literal["random", "grid", "bayesian", "hyperband", "sklearn"] = "hyperband"
    objective: ObjectiveSpec = ObjectiveSpec()
    max_trials: Annotated[int, Field(ge=1)] = 40
    """Of random, bayesian, grid and sklearn."""
    max_epochs: Annotated[int, Field(ge=1)] = 50
    """Of hyperband: epochs of its longest trial."""
    factor: Annotated[int, Field(ge=2)] = 3
    """Of hyperband: one trial in so many goes on."""
    hyperband_iterations: Annotated[int, Field(ge=1)] = 1
    executions_per_trial: Annotated[int, Field(ge=1)] = 1
    folds: Annotated[int, Field(ge=1)] = 1
    """Rolling-origin folds averaged per trial."""
    time_budget: (
        Annotated[
            str,
            Field(
                pattern=r"^[1-9][0-9]*(s|m|h)$",
                json_schema_extra={"patternErrorMessage": "a time such as 90s, 30m or 2h"},
            ),
        ]
        | None
    ) = None
    """Such as 90s, 30m or 2h."""
    max_failed_trials: Annotated[int, Field(ge=1)] = 5
    """Failures in a row that end the search."""
    keep_checkpoints: Annotated[int, Field(ge=1)] = 3
    overwrite: bool = False
