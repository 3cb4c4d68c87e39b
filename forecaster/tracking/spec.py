"""The tracking section of the YAML file."""

from __future__ import annotations

from pydantic import Field, model_validator

from forecaster.spec import Fault, Spec, raise_faults
from forecaster.text import without_secrets

# The server that the environment names.
FROM_ENVIRONMENT = "env"


class TrackingSpec(Spec):
    """Where a training is followed while it runs, besides its own run directory."""

    mlflow: str | None = Field(None, examples=["http://localhost:5000"])
    """The address of an MLflow server, or `env` for the one that the environment variable `MLFLOW_TRACKING_URI` names.
    Name and password come from `MLFLOW_TRACKING_USERNAME` and `MLFLOW_TRACKING_PASSWORD`, or a token from
    `MLFLOW_TRACKING_TOKEN`; an address that holds them is refused. Needs the extra `mlflow`. null: no MLflow."""
    experiment: str | None = Field(None, min_length=1, max_length=250, examples=["nyc-departures"])
    """The MLflow experiment that the run goes to. null: the one that `MLFLOW_EXPERIMENT_NAME` names, or else `name`."""
    tensorboard: bool = Field(False, examples=[True])
    """Whether to write event files for TensorBoard, into `tracking/tensorboard` of the run directory. It needs no
    further package."""
    files: bool = Field(False, examples=[True])
    """Whether to write plain files as DVCLive does, into `tracking/files` of the run directory: `metrics.json`,
    `params.yaml` and a table for each metric."""

    @model_validator(mode="after")
    def _without_credentials(self) -> TrackingSpec:
        if self.mlflow is not None and without_secrets(self.mlflow) != self.mlflow:
            # The value itself is not shown: messages are logged.
            summary = "holds a name, a password or a token, which would be copied into every run"
            hint = (
                "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD in the environment, or MLFLOW_TRACKING_URI "
                "with `mlflow: env`"
            )
            raise_faults([Fault(("mlflow",), summary, hint)])
        return self

    @property
    def wanted(self) -> bool:
        """Whether anything is tracked."""
        return self.mlflow is not None or self.tensorboard or self.files
