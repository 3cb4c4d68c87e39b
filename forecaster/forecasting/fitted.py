"""A fitted forecaster as plain data: saved to and loaded from a run directory."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.transforms.categories import Encoders
from forecaster.data.transforms.scalers import Scaler
from forecaster.data.transforms.windows import Windows
from forecaster.errors import FORMAT_VERSION
from forecaster.forecasting.blend import Blend
from forecaster.forecasting.calibration import Calibration
from forecaster.forecasting.forecast import Forecast
from forecaster.model.execution import PREDICT_BATCH
from forecaster.model.outputs import point, quantiles
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec
from forecaster.runs.directory import RunDir
from forecaster.runs.files import Arrays, damaged, load_arrays, read_json, save_arrays, write_json

if TYPE_CHECKING:
    from forecaster.model.heads.base import Forecaster

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.int64]
SPEC, STATE, WEIGHTS = "model/spec.json", "model/state.json", "model/weights.safetensors"
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
        blend: The weights of the network and of classical forecasts; None for the network alone.
        anchor_penalty: The ridge penalty of the anchor; None without one.
    """

    spec: ModelSpec
    shape: Shape
    scaler: Scaler
    members: list[Arrays]
    time_axis: TimeAxis
    encoders: Encoders = field(default_factory=Encoders)
    training: TrainingScales | None = None
    calibration: Calibration | None = None
    blend: Blend | None = None
    anchor_penalty: float | None = None

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
        from forecaster.model.predict import predict_windows

        network = self.network(streams=min(PREDICT_BATCH, len(np.unique(windows.series))))
        output, n = self.spec.output, len(self.members)
        total: Floats = np.zeros((len(windows), self.shape.horizon, self.shape.n_targets))
        own: Floats | None = None
        if output.type != "point" and probabilities:
            own = np.zeros((*total.shape, len(probabilities)))
        for member, weights in enumerate(self.members):
            fill_weights(network, weights)
            scaled = predict_windows(network, windows, batch_size=min(PREDICT_BATCH, len(windows)))
            total += self.scaler.invert(point(output, scaled), groups) / n
            if own is None:
                continue
            if network.wants_teacher:
                from forecaster.model.paths import path_quantiles

                found = path_quantiles(network, windows, probabilities, seed=member)
            else:
                found = quantiles(output, scaled, probabilities)
            for k in range(len(probabilities)):
                own[..., k] += self.scaler.invert(found[..., k], groups) / n
        forecast = Forecast.of(windows, total, own, probabilities)
        if self.blend is None or not self.blend.classical:
            return forecast
        return forecast.moved(self.blend.mean(total, windows, self.scaler, groups), self.scaler, groups)

    def network(self, *, streams: int = 1) -> Forecaster:
        """Return the network, without the weights of a member, to use until the next call in this thread.

        Args:
            streams: The number of batch streams of a stateful network.
        """
        from forecaster.model.kept_networks import network_to_forecast

        return network_to_forecast(self.spec, self.shape, streams=streams)

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
        run.check(*files)
        spec, state = read_json(run.file(files[0])), read_json(run.file(files[1]))
        arrays, _ = load_arrays(run.file(files[2]))
        try:
            members: list[Arrays] = [{} for _ in range(spec["members"])]
            for key, array in arrays.items():
                member, _, path = key.partition("/")
                members[int(member)][path] = array
            scaler, calibration = Scaler.from_json(state["scaler"]), state.get("calibration")
            return cls(
                spec=ModelSpec.model_validate(spec["model"]),
                shape=Shape.from_json(spec["shape"]),
                scaler=scaler,
                members=members,
                time_axis=TimeAxis.from_json(state["grid"]),
                encoders=Encoders.from_json(state["encoders"]),
                training=TrainingScales.from_json(state["training"]) if state.get("training") else None,
                calibration=calibration and Calibration.from_json(calibration, network=scaler),
                blend=Blend.from_json(state["blend"]) if state.get("blend") else None,
                anchor_penalty=state.get("anchor_penalty"),
            )
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise damaged(
                run.file(files[0]), f"does not fit the other files of the model ({error!r})"
            ) from error


def was_refitted(run: RunDir) -> bool:
    """Return whether the networks of `predict` were trained once more after those that were scored."""
    return SCORED[0] in run.manifest()["files"]


def fill_weights(network: Any, weights: Arrays) -> None:
    """Copy saved weights into a network that was built from the same spec.

    Args:
        network: The network.
        weights: The weights by path.

    Raises:
        DataError: When the paths or shapes differ from those of the network.
    """
    own = {w.path: w for w in network.kept_weights()}
    if own.keys() != weights.keys():
        odd = sorted(own.keys() ^ weights.keys())
        raise damaged(
            Path(WEIGHTS), f"has other weights than model/spec.json describes: {', '.join(odd[:3])}"
        )
    for path, variable in own.items():
        if tuple(variable.shape) != weights[path].shape:
            raise damaged(
                Path(WEIGHTS),
                f"{path} has shape {weights[path].shape}, the network needs {tuple(variable.shape)}",
            )
        variable.assign(weights[path])
