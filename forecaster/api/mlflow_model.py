"""The model of a run as MLflow opens it: `mlflow.pyfunc.load_model` gives a forecaster of long tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from forecaster.api.run import load


class PyfuncForecaster:
    """A run as a model of MLflow.

    Args:
        path: The run directory, whose files are checked by its manifest as always.
    """

    def __init__(self, path: Path) -> None:
        self.run = load(path)

    def predict(self, model_input: Any, params: dict[str, Any] | None = None) -> Any:
        """Forecast the steps after the last row of each series of a long table.

        Args:
            model_input: A pandas table with the columns of the training table: id, time, targets and covariates.
            params: None.

        Returns:
            A pandas table with a row for each series, target and step.
        """
        return self.run.predict(model_input, on_note=lambda note: None)


def _load_pyfunc(data_path: str) -> PyfuncForecaster:
    """Open the model. The name is the one that MLflow calls."""
    return PyfuncForecaster(Path(data_path))
