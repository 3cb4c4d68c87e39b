"""Forecasts of many windows with graphs: in batches, in streams that carry a state, and as sampled paths."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from forecaster.model.cells import over_steps
from forecaster.model.execution import predict_batch
from forecaster.model.graph.export import FIRST, FORECAST, NETWORK, STEP, state_names
from forecaster.model.graph.heads import widths
from forecaster.model.graph.session import GraphError, GraphSession
from forecaster.model.loops.batch_streams import arrange_streams
from forecaster.model.outputs import draw, order, parameters
from forecaster.model.sampling import by_window, quantiles_of_paths
from forecaster.model.shape import Shape
from forecaster.model.spec import DistributionOutput, ModelSpec
from forecaster.system import processors

if TYPE_CHECKING:
    from forecaster.model.predict import WindowInputs

Float32 = npt.NDArray[np.float32]


class Network:
    """One network that onnxruntime runs.

    Args:
        spec: The network.
        shape: Sizes of the windows.
        session: Returns the session of a graph by its role; see `export.roles`.
        threads: Batches that run at a time; None is one per processor. The outputs do not depend on it.
    """

    def __init__(
        self,
        spec: ModelSpec,
        shape: Shape,
        session: Callable[[str], GraphSession],
        *,
        threads: int | None = 1,
    ) -> None:
        self.spec, self.shape, self._session, self.threads = spec, shape, session, threads

    def outputs(self, windows: WindowInputs, *, streams: int = 1) -> Float32:
        """Return the network's output, (windows, horizon, parameters x targets), in the scaler's units.

        Args:
            windows: The windows to forecast.
            streams: How many series a network that carries its state reads side by side.
        """
        if self.spec.stateful:
            return self._in_streams(windows, streams)
        session, out = self._session(NETWORK), self._empty(len(windows))
        # The outputs do not depend on it; a smaller batch stays in the processor's caches.
        batch = predict_batch(self.spec, self.shape)

        def run(first: int) -> None:
            rows = np.arange(first, min(first + batch, len(windows)), dtype=np.int64)
            out[rows] = _forecast(session.run(windows.inputs(rows)), (len(rows), *out.shape[1:]))

        firsts = range(0, len(windows), batch)
        threads = 1 if len(firsts) == 1 else self.threads or processors()
        if threads == 1:
            for first in firsts:
                run(first)
            return out
        with ThreadPoolExecutor(min(threads, len(firsts))) as pool:
            # The list raises what a batch raised.
            list(pool.map(run, firsts))
        return out

    def path_quantiles(
        self, windows: WindowInputs, probabilities: tuple[float, ...], *, seed: int
    ) -> npt.NDArray[np.float64]:
        """Return quantiles over sampled paths, as `model.paths.path_quantiles`."""
        output = self.spec.output
        if not isinstance(output, DistributionOutput):
            raise ValueError(f"paths are drawn from a distribution, and the output is {output.type}")
        return quantiles_of_paths(
            partial(self.sample_paths, output),
            output,
            windows,
            probabilities,
            n_targets=self.shape.n_targets,
            seed=seed,
        )

    def sample_paths(
        self, output: DistributionOutput, inputs: dict[str, Any], rng: np.random.Generator
    ) -> npt.NDArray[np.float64]:
        """Sample paths of one batch, (windows, paths, horizon, targets), in the scaler's units."""
        n_windows, n_paths = len(inputs["past"]), output.samples
        found = self._session(FIRST).run(inputs)
        # The paths of one window are consecutive rows.
        found = {name: np.repeat(part, n_paths, axis=0) for name, part in found.items()}
        ahead, values = found.pop("known", None), []
        fixed = {name: part for name, part in found.items() if name in ("loc", "scale")}
        for step in range(self.shape.horizon):
            drawn = draw(output.family, parameters(output, _named(found, "parameters")), rng)
            values.append(drawn)
            if step + 1 < self.shape.horizon:
                here = {} if ahead is None else {"known": ahead[:, step]}
                states = {n.removesuffix("_after"): part for n, part in found.items() if n.endswith("_after")}
                found = self._session(STEP).run({"drawn": drawn[:, 0], **fixed, **here, **states})
        return by_window(values, n_windows=n_windows, n_paths=n_paths, n_targets=self.shape.n_targets)

    def _in_streams(self, windows: WindowInputs, n_streams: int) -> Float32:
        """Read each series from its first window on, each window from the state that the one before it left."""
        whole, position = windows.with_history()
        streams = arrange_streams(whole.series, n_streams)
        session, out = self._session(NETWORK), self._empty(len(whole))
        each = self.shape.n_targets if self.spec.channels == "independent" else 1
        layers = over_steps(self.spec.stack)
        names = [name for block in state_names(layers) for name in block]
        sizes = [size for block in widths(layers) for size in block]
        states = {
            name: np.zeros((n_streams * each, size), dtype=np.float32)
            for name, size in zip(names, sizes, strict=True)
        }
        for order_, carry in zip(streams.order, streams.carry, strict=True):
            going_on = np.repeat(carry, each)[:, None]
            # An ended stream holds the first window, whose output is not used.
            found = session.run(
                whole.inputs(np.maximum(order_, 0)) | {name: s * going_on for name, s in states.items()}
            )
            states = {name: _named(found, f"{name}_after") for name in names}
            held = order_ >= 0
            out[order_[held]] = _forecast(found, (n_streams, *out.shape[1:]))[held]
        return out[position]

    def _empty(self, n: int) -> Float32:
        channels = self.shape.n_targets * len(order(self.spec.output))
        return np.empty((n, self.shape.horizon, channels), dtype=np.float32)


def _forecast(found: dict[str, npt.NDArray[Any]], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    forecast = _named(found, FORECAST)
    if forecast.shape != shape:
        raise GraphError(f"gives forecasts of shape {forecast.shape}, and the network of the run {shape}")
    return forecast


def _named(found: dict[str, npt.NDArray[Any]], name: str) -> npt.NDArray[Any]:
    if name not in found:
        raise GraphError(f"has no output {name}")
    return found[name]
