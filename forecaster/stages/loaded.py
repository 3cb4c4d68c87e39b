"""The fitted forecaster of a complete run, held against the settings of the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from forecaster.forecasting.fitted import SPEC, Fitted
from forecaster.model.spec import ModelSpec
from forecaster.runs.reading import damaged
from forecaster.stages.graphs import with_engine
from forecaster.stages.learned import last_rows
from forecaster.stages.opened import OpenedRun
from forecaster.stages.prepared import shape_of
from forecaster.stages.start import ForecastStart, find_forecast_start


@dataclass(frozen=True)
class Loaded:
    """What all forecasts of a run need from its directory, read once for many of them.

    Attributes:
        opened: The run.
        fitted: The fitted forecaster.
        ends: The position of the last row of each series of the training; see `last_rows`.
    """

    opened: OpenedRun
    fitted: Fitted
    ends: Mapping[str, int | None]

    @classmethod
    def of(cls, opened: OpenedRun) -> Loaded:
        """Read the forecaster of a run, and keep what runs its networks. Raises DataError for a damaged file.

        Threads of onnxruntime are one: a forecast of a few series has no work for more, which would wait in a loop.
        """
        fitted = with_engine(fitted_of(opened), opened.spec.runtime, threads=1)
        return cls(opened, fitted, last_rows(opened.run, fitted.time_axis))

    @cached_property
    def context(self) -> ForecastStart:
        """The last training rows, which a forecast without a table starts from. Raises DataError without enough."""
        return find_forecast_start(self.opened, self.fitted.time_axis, data=None, cutoff=None)


def fitted_of(opened: OpenedRun, *, scored: bool = False) -> Fitted:
    """Read the forecaster of a complete run, and check that it is the one that its settings describe.

    Args:
        opened: The run.
        scored: Whether to read the one that the scores are of; see `Fitted.load`.

    Raises:
        DataError: When a file is damaged, or does not fit resolved.yaml.
    """
    fitted, spec = Fitted.load(opened.run, scored=scored), opened.spec
    categorical = spec.data.categorical
    numbers = [c for c in (*spec.data.past_covariates, *spec.data.future_covariates) if c not in categorical]
    columns = len(spec.data.targets) + len(numbers)
    if (
        _without_choices(fitted.spec, spec.model) != _without_choices(spec.model, spec.model)
        or fitted.encoders.kinds != dict(categorical)
        or fitted.shape != shape_of(spec, fitted.encoders)
        or fitted.scaler.loc.shape[1] != columns
        or spec.data.timezone not in (None, fitted.time_axis.timezone)
    ):
        raise damaged(opened.run.file(SPEC), "does not describe the network of resolved.yaml")
    return fitted


def _without_choices(model: ModelSpec, of: ModelSpec) -> ModelSpec:
    """Return a model section without what a training on all rows takes over as numbers.

    These are the penalty of the anchor and, where the section `of` leaves it to validation, its lookback.
    """
    if model.anchor is None or of.anchor is None:
        return model
    taken: dict[str, None] = {"penalty": None}
    if of.anchor.lookback == "auto":
        taken["lookback"] = None
    return model.model_copy(update={"anchor": model.anchor.model_copy(update=taken)})
