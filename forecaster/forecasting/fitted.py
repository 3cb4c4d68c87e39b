"""A fitted forecaster as plain data: saved to and loaded from a run directory."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.transforms.categories import Encoders
from forecaster.data.transforms.scalers import Scaler
from forecaster.data.transforms.windows import Windows
from forecaster.errors import FORMAT_VERSION
from forecaster.forecasting.blend import Blend, classical_forecast
from forecaster.forecasting.calibration import Calibration
from forecaster.forecasting.engine import ForecastEngine, KerasEngine
from forecaster.forecasting.forecast import Forecast
from forecaster.forecasting.graphs import WEIGHTS, StoredGraphs, stored_graphs
from forecaster.model.cost import least_weights, most_weights
from forecaster.model.outputs import point, quantiles
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec
from forecaster.runs import schemas
from forecaster.runs.arrays import Arrays, parse_arrays, save_arrays
from forecaster.runs.directory import RunDir
from forecaster.runs.files import write_json
from forecaster.runs.reading import MOST_BYTES, damaged

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.int64]
SPEC, STATE = "model/spec.json", "model/state.json"
# The network that was scored, where the one of `predict` was trained once more.
SCORED = tuple(name.replace("model/", "model/scored/") for name in (SPEC, STATE, WEIGHTS))
CONTEXT = "model/context.csv"


class TrainingScales(NamedTuple):
    """The in-sample scales of each series, NaN where a series has too few training rows.

    Attributes:
        ids: The ids of the series.
        train_std: (series, targets), the standard deviation of the training rows.
        naive_error: (series, targets), the mean absolute error of the seasonal naive forecast on them.
        naive_sq_error: (series, targets), its mean squared error.
    """

    ids: tuple[str, ...]
    train_std: Floats
    naive_error: Floats
    naive_sq_error: Floats

    def as_json(self) -> dict[str, Any]:
        """Return the scales as plain values, with None for NaN."""
        tables = self._asdict()
        del tables["ids"]
        rows = {k: [[None if np.isnan(x) else float(x) for x in r] for r in t] for k, t in tables.items()}
        return {"ids": list(self.ids), **rows}

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> TrainingScales:
        """Return the scales from the plain values of `as_json`."""
        names = ("train_std", "naive_error", "naive_sq_error")
        return cls(tuple(state["ids"]), *(np.array(state[name], dtype=np.float64) for name in names))


@dataclass(frozen=True)
class Fitted:
    """A fitted forecaster: the weights of its networks, and everything else that was fitted on training rows.

    Attributes:
        spec: The model section of the config.
        shape: The shape that the network is built for.
        scaler: The scaler.
        members: The weights of each member of the ensemble, by path.
        time_axis: The time axis of the training rows, on which later rows must lie too.
        encoders: The encoders of the categorical columns.
        training: The scales of the training rows, by which scaled metrics divide.
        calibration: The calibration of the quantiles; None if there are no quantiles or they are not calibrated.
        validation_calibration: The calibration that has not learned from the test windows; None where it is the same.
        blend: The weights of the network and of classical forecasts; None for the network alone.
        anchor_penalty: The ridge penalty of the anchor; None without one.
        graphs: The ONNX files of the networks; None where the run holds none.
        engine: What runs the networks; None is Keras, whose backend the caller has started.
    """

    spec: ModelSpec
    shape: Shape
    scaler: Scaler
    members: list[Arrays]
    time_axis: TimeAxis
    encoders: Encoders = field(default_factory=Encoders)
    training: TrainingScales | None = None
    calibration: Calibration | None = None
    validation_calibration: Calibration | None = None
    blend: Blend | None = None
    anchor_penalty: float | None = None
    graphs: StoredGraphs | None = None
    engine: ForecastEngine | None = field(default=None, compare=False)

    def forecast(self, windows: Windows, groups: Ints, probabilities: tuple[float, ...] = ()) -> Forecast:
        """Forecast windows with the mean over the members of the ensemble, and over the blend if there is one.

        The quantiles of the members are averaged at each probability (Vincentization), so they do not cross. A network
        for point forecasts has no quantiles. A blend moves the quantiles by as much as it moves the point forecast, in
        the units of the network.

        Args:
            windows: Windows of series that the scaler has a group for.
            groups: (windows,), the scaler's group of the series of each window.
            probabilities: The probabilities of the quantiles, in ascending order.

        Returns:
            The forecast in original units, not calibrated.
        """
        engine = self.engine or KerasEngine(self.spec, self.shape, self.members)
        output, n = self.spec.output, len(self.members)
        total: Floats = np.zeros((len(windows), self.shape.horizon, self.shape.n_targets))
        own: Floats | None = None
        if output.type != "point" and probabilities:
            own = np.zeros((*total.shape, len(probabilities)))
        for member in range(n):
            scaled = engine.outputs(member, windows)
            total += self.scaler.invert(point(output, scaled), groups) / n
            if own is None:
                continue
            if self.spec.head.feeds_back:
                found = engine.path_quantiles(member, windows, probabilities)
            else:
                found = quantiles(output, scaled, probabilities)
            for k in range(len(probabilities)):
                own[..., k] += self.scaler.invert(found[..., k], groups) / n
        forecast = Forecast.of(windows, total, own, probabilities)
        blend, scaler = self.blend, self.scaler
        if blend is None or not blend.classical:
            return forecast

        def classical(name: str) -> Floats:
            return classical_forecast(name, windows, scaler, groups, season=blend.season)

        return forecast.moved(blend.mean(total, classical), scaler, groups)

    def check(self) -> None:
        """Check that the parts fit each other, before any memory is taken for the network.

        Raises:
            ValueError: When they do not.
        """
        scaler, shape = self.scaler, self.shape
        scaler.check(n_static=shape.n_static)
        if scaler.n_targets != shape.n_targets:
            raise ValueError("the scaler has other targets")
        stored = sum(a.size for a in self.members[0].values())
        if least_weights(self.spec, shape) > stored:
            raise ValueError("the network is larger than its weights")
        for columns in (shape.past_categories, shape.future_categories, shape.static_categories):
            for column in columns:
                if not any(column.size == self.encoders.size(name) for name in self.encoders.kinds):
                    raise ValueError("a category has another size than its encoder")
        if self.training is not None:
            wanted = (len(self.training.ids), shape.n_targets)
            if any(table.shape != wanted for table in self.training[1:]):
                raise ValueError("the training scales do not fit their series")
        for calibration in (self.calibration, self.validation_calibration):
            if calibration is not None:
                calibration.check(horizon=shape.horizon, n_targets=shape.n_targets)
        if self.blend is not None:
            self.blend.check()

    def save(self, run: RunDir, *, scored: bool = False) -> None:
        """Write the files of a forecaster in a run directory.

        Args:
            run: The run directory.
            scored: Whether it is the one that was scored, beside the one of `predict`.

        Raises:
            EnvironmentError_: When they cannot be written.
        """
        spec_file, state_file, weights_file = SCORED if scored else (SPEC, STATE, WEIGHTS)
        write_json(
            run.file(spec_file),
            {
                "format_version": FORMAT_VERSION,
                "model": self.spec.model_dump(mode="json"),
                "shape": asdict(self.shape),
                "members": len(self.members),
            },
        )
        state = {
            "scaler": self.scaler.as_json(),
            "grid": self.time_axis.as_json(),
            "encoders": self.encoders.as_json(),
            "training": self.training and self.training.as_json(),
            "calibration": self.calibration and self.calibration.as_json(network=self.scaler),
            **(
                {"validation_calibration": earlier.as_json(network=self.scaler)}
                if (earlier := self.validation_calibration) is not None
                else {}
            ),
            "blend": self.blend and self.blend.as_json(),
            "anchor_penalty": self.anchor_penalty,
        }
        write_json(run.file(state_file), {"format_version": FORMAT_VERSION, **state})
        arrays = {f"{i}/{path}": a for i, weights in enumerate(self.members) for path, a in weights.items()}
        save_arrays(run.file(weights_file), arrays)

    @classmethod
    def load(cls, run: RunDir, *, scored: bool = False) -> Fitted:
        """Read the forecaster of a run directory.

        Args:
            run: The run directory.
            scored: Whether to read the one that the scores are of, which has not learned the validation and test
                rows. Where the networks were trained once, that is the one of `predict`.

        Raises:
            DataError: When a file is missing, was changed, is cut short or does not fit the others.
        """
        apart = scored and was_refitted(run)
        files = SCORED if apart else (SPEC, STATE, WEIGHTS)
        spec: Any = run.json(files[0], schemas.SPEC)
        state: Any = run.json(files[1], schemas.STATE)
        weights = run.file(files[2])
        try:
            model, shape = ModelSpec.model_validate(spec["model"]), Shape.from_json(spec["shape"])
        except ValueError as error:
            raise damaged(run.file(files[0]), f"describes no network ({ascii(error)[:200]})") from error
        # A file of any size would be read into memory otherwise.
        most = min(MOST_BYTES, 4 * spec["members"] * most_weights(model, shape))
        arrays, _ = parse_arrays(weights, run.read(files[2], most=most))
        try:
            members = _members(arrays, spec["members"])
            scaler = Scaler.from_json(state["scaler"])
            calibration, earlier = state.get("calibration"), state.get("validation_calibration")
            fitted = cls(
                spec=model,
                shape=shape,
                scaler=scaler,
                members=members,
                time_axis=_time_axis(run.file(files[1]), state["grid"]),
                encoders=Encoders.from_json(state["encoders"]),
                training=TrainingScales.from_json(state["training"]) if state.get("training") else None,
                calibration=calibration and Calibration.from_json(calibration, network=scaler),
                validation_calibration=earlier and Calibration.from_json(earlier, network=scaler),
                blend=Blend.from_json(state["blend"]) if state.get("blend") else None,
                anchor_penalty=state.get("anchor_penalty"),
                graphs=stored_graphs(run, model, shape, n_members=len(members), scored=apart),
            )
            fitted.check()
            return fitted
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise damaged(
                run.file(files[0]), f"does not fit the other files of the model ({error!r})"
            ) from error


def time_axis_of(run: RunDir) -> TimeAxis:
    """Return the time axis of the training rows of a complete run.

    Raises:
        DataError: When a file of the run is damaged.
    """
    state: Any = run.json(STATE, schemas.STATE)
    return _time_axis(run.file(STATE), state["grid"])


def _time_axis(path: Path, grid: dict[str, Any]) -> TimeAxis:
    try:
        axis = TimeAxis.from_json(grid)
        axis.text(np.zeros(1, dtype=np.int64))
    # An unknown time zone is a KeyError, and one with the name of a folder an OSError.
    except (ValueError, KeyError, OverflowError, OSError) as error:
        raise damaged(path, f"has no valid time axis ({ascii(error)[:80]})") from error
    return axis


def _members(arrays: Arrays, n: int) -> list[Arrays]:
    """Return the weights of each member. Raises ValueError when they are not those of n networks."""
    members: list[Arrays] = [{} for _ in range(n)]
    for key, array in arrays.items():
        member, _, path = key.partition("/")
        if array.dtype != np.float32:
            raise ValueError(f"{array.dtype} weights, and networks have float32")
        if not np.isfinite(array).all():
            raise ValueError("weights that are not finite")
        members[int(member)][path] = array
    if any(
        {p: a.shape for p, a in one.items()} != {p: a.shape for p, a in members[0].items()} for one in members
    ):
        raise ValueError("the members have different weights")
    return members


def was_refitted(run: RunDir) -> bool:
    """Return whether the networks of `predict` were trained once more after those that were scored."""
    return SCORED[0] in run.manifest()["files"]
