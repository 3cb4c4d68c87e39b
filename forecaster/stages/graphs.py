"""The network of a run as ONNX: what its file says about it, and when a forecast uses it."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, NamedTuple

from forecaster.config.spec import ExperimentSpec
from forecaster.data.time_axis.calendar import feature_names
from forecaster.errors import UsageError
from forecaster.forecasting.engine import KerasEngine, OnnxEngine
from forecaster.forecasting.fitted import Fitted
from forecaster.forecasting.graphs import save_graphs
from forecaster.model.graph.export import FORECAST, refusal
from forecaster.model.graph.window import Frame
from forecaster.model.outputs import order
from forecaster.runs.directory import RunDir
from forecaster.training.spec import RuntimeSpec

ENGINE_VARIABLE = "FORECASTER_ENGINE"
ENGINES = ("auto", "onnxruntime", "keras")
_MEANINGS = {
    "past": "Numbers of the lookback, scaled: targets, past covariates, future covariates; then calendar features.",
    "mask": "1 where the series has a row, 0 before its first; the other inputs repeat its first row there.",
    "future": "Numbers of the horizon, scaled: future covariates; then calendar features.",
    "static": "Numbers of the series, scaled by static_center and static_spread.",
    "past_codes": "Categories of the lookback: the place in categories of state.json, from 1; 0 for any other.",
    "future_codes": "Categories of the horizon, coded in the same way.",
    "static_codes": "Categories of the series, coded in the same way.",
}


def save_network(spec: ExperimentSpec, fitted: Fitted, run: RunDir, *, scored: bool = False) -> None:
    """Write the forecaster of a run: its plain data, its weights, and its networks as ONNX.

    Args:
        spec: The settings of the experiment.
        fitted: The fitted forecaster.
        run: The run directory.
        scored: Whether it is the one that was scored, beside the one of `predict`.
    """
    fitted.save(run, scored=scored)
    save_graphs(run, fitted.spec, fitted.shape, fitted.members, describe(spec, fitted), scored=scored)


def describe(spec: ExperimentSpec, fitted: Fitted) -> dict[str, Any]:
    """Return what network.json says besides the names of the graphs; docs/export.md has its meaning."""
    data, window, shape = spec.data, spec.window, fitted.shape
    columns = _columns_of_inputs(spec)
    inputs = [
        {
            "name": name,
            "dtype": dtype,
            "shape": list(size),
            "columns": columns[name],
            "meaning": _MEANINGS[name],
        }
        for name, (size, dtype) in Frame(fitted.spec, shape).inputs().items()
    ]
    names = [f"{target}: {part}" for part in order(fitted.spec.output) for target in data.targets]
    forecast = {
        "name": FORECAST,
        "shape": ["batch", shape.horizon, len(names)],
        "columns": names,
        "meaning": "The forecast of each step, scaled; multiply by spread and add center.",
    }
    return {
        "inputs": inputs,
        "outputs": [forecast],
        "output": fitted.spec.output.model_dump(mode="json"),
        "columns": {
            "time": data.time,
            "freq": data.freq,
            "timezone": data.timezone,
            "id": data.id,
            "targets": list(data.targets),
            "past_covariates": list(data.past_covariates),
            "future_covariates": list(data.future_covariates),
            "static_covariates": list(data.static_covariates),
            "calendar": list(data.calendar),
            "categorical": dict(data.categorical),
            "missing": data.missing,
        },
        "window": {"lookback": window.lookback, "horizon": window.horizon, "short": window.short},
        "levels": [float(level) for level in spec.evaluation.levels],
        "state": "state.json",
    }


def _columns_of_inputs(spec: ExperimentSpec) -> dict[str, list[str]]:
    """Return the columns of the last axis of every input."""
    data = spec.data

    def numbers(names: list[str]) -> list[str]:
        return [name for name in names if name not in data.categorical]

    def codes(names: list[str]) -> list[str]:
        return [name for name in names if name in data.categorical]

    past, ahead = list(data.past_covariates), list(data.future_covariates)
    clock = list(feature_names(data.calendar))
    return {
        "past": [*data.targets, *numbers(past), *numbers(ahead), *clock],
        "mask": [],
        "future": [*numbers(ahead), *clock],
        "static": numbers(list(data.static_covariates)),
        "past_codes": [*codes(past), *codes(ahead)],
        "future_codes": codes(ahead),
        "static_codes": codes(list(data.static_covariates)),
    }


def with_engine(fitted: Fitted, runtime: RuntimeSpec, *, threads: int | None = None) -> Fitted:
    """Return the forecaster with what runs its networks: onnxruntime where it can, and Keras where it must.

    Where it is Keras, its backend is started. An engine that it has already is kept, if it has the same horizon.

    Args:
        fitted: The fitted forecaster, with the scaler and the horizon of the forecast.
        runtime: The runtime section of the run.
        threads: Threads of one operator of onnxruntime, where the runtime section does not say; None is one per core.

    Raises:
        UsageError: When FORECASTER_ENGINE asks for what there is not.
        EnvironmentError_: When the backend cannot be started.
    """
    if fitted.engine is not None and fitted.engine.shape == fitted.shape:
        return fitted
    asked = os.environ.get(ENGINE_VARIABLE) or "auto"
    if asked not in ENGINES:
        raise UsageError(
            f"{ENGINE_VARIABLE}={asked}: there is no such engine", hint=f"use one of {', '.join(ENGINES)}"
        )
    why = _why_keras(fitted, runtime)
    if asked == "onnxruntime" and why is not None:
        raise UsageError(f"{ENGINE_VARIABLE}=onnxruntime: {why}", hint=f"unset {ENGINE_VARIABLE}")
    if asked == "keras":
        why = f"{ENGINE_VARIABLE} is keras"
    spec, shape, members = fitted.spec, fitted.shape, fitted.members
    if why is not None:
        from forecaster.training.backend import start_backend

        start_backend(runtime)
        return replace(fitted, engine=KerasEngine(spec, shape, members, reason=why))
    stored = fitted.graphs if fitted.graphs is not None and fitted.graphs.shape == shape else None
    engine = OnnxEngine(spec, shape, members, stored=stored, threads=runtime.threads or threads)
    return replace(fitted, engine=engine)


def _why_keras(fitted: Fitted, runtime: RuntimeSpec) -> str | None:
    """Return why the networks need Keras, as a phrase; None where onnxruntime runs them."""
    if runtime.precision != "float32":
        return f"the network computes in {runtime.precision}, and its graph in float32"
    return refusal(fitted.spec, fitted.shape)


class EngineUsed(NamedTuple):
    """What ran the networks of a forecast.

    Attributes:
        name: onnxruntime or keras.
        reason: Why it was Keras, as a phrase; None for onnxruntime.
    """

    name: str
    reason: str | None

    @property
    def sentence(self) -> str:
        """The same for a person."""
        return f"engine: {self.name}" + (f" ({self.reason})" if self.reason else "")


def engine_used(fitted: Fitted) -> EngineUsed:
    """Return what ran the networks of a forecaster that `with_engine` returned."""
    engine = fitted.engine
    return EngineUsed(KerasEngine.name, None) if engine is None else EngineUsed(engine.name, engine.reason)
