"""What runs the networks of a fitted forecaster: onnxruntime, or Keras."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from forecaster.data.transforms.windows import Windows
from forecaster.forecasting.graphs import WEIGHTS, StoredGraphs, graph_content
from forecaster.model.execution import PREDICT_BATCH, predict_batch
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec
from forecaster.runs.arrays import Arrays
from forecaster.runs.reading import damaged

if TYPE_CHECKING:
    from forecaster.model.graph.engine import Network
    from forecaster.model.graph.session import GraphSession

Float32 = npt.NDArray[np.float32]


class ForecastEngine(Protocol):
    """Runs the networks of an ensemble."""

    name: ClassVar[str]
    """keras or onnxruntime."""
    reason: str | None
    """Why it is Keras, as a phrase; None for onnxruntime, or where Keras is loaded anyway."""
    shape: Shape
    """Sizes of the windows that it takes."""

    def outputs(self, member: int, windows: Windows) -> Float32:
        """Return the output of one member, (windows, horizon, parameters x targets), in the scaler's units."""

    def path_quantiles(
        self, member: int, windows: Windows, probabilities: tuple[float, ...]
    ) -> npt.NDArray[np.float64]:
        """Return quantiles over sampled paths of one member, (windows, horizon, targets, probabilities)."""


class KerasEngine:
    """Runs the networks with Keras, whose backend the caller has started.

    Args:
        spec: The network.
        shape: Sizes of the windows.
        members: The weights of each member.
        reason: Why it is Keras, as a phrase.
    """

    name: ClassVar[str] = "keras"

    def __init__(
        self, spec: ModelSpec, shape: Shape, members: Sequence[Arrays], *, reason: str | None = None
    ) -> None:
        self.spec, self.shape, self.members, self.reason = spec, shape, members, reason

    def outputs(self, member: int, windows: Windows) -> Float32:
        """Return the output of one member; see `ForecastEngine`."""
        from forecaster.model.predict import predict_windows

        network = self._network(member, windows)
        batch_size = min(predict_batch(self.spec, self.shape), len(windows))
        return predict_windows(network, windows, batch_size=batch_size)

    def path_quantiles(
        self, member: int, windows: Windows, probabilities: tuple[float, ...]
    ) -> npt.NDArray[np.float64]:
        """Return quantiles over sampled paths of one member; see `ForecastEngine`."""
        from forecaster.model.paths import path_quantiles

        return path_quantiles(self._network(member, windows), windows, probabilities, seed=member)

    def _network(self, member: int, windows: Windows) -> Any:
        from forecaster.model.kept_networks import network_to_forecast

        network = network_to_forecast(self.spec, self.shape, streams=streams_of(windows))
        fill_weights(network, self.members[member])
        return network


class OnnxEngine:
    """Runs the networks with onnxruntime, without Keras.

    Args:
        spec: The network; `export.refusal` has nothing against it.
        shape: Sizes of the windows.
        members: The weights of each member.
        stored: The graphs that a run holds; None writes them from the spec and the weights.
        threads: Batches that run at a time; None is one per processor.
    """

    name: ClassVar[str] = "onnxruntime"
    reason: str | None = None

    def __init__(
        self,
        spec: ModelSpec,
        shape: Shape,
        members: Sequence[Arrays],
        *,
        stored: StoredGraphs | None = None,
        threads: int | None = None,
    ) -> None:
        self.spec, self.shape, self.members = spec, shape, members
        self.stored, self.threads = stored, threads
        self._sessions: dict[tuple[int, str], GraphSession] = {}

    def outputs(self, member: int, windows: Windows) -> Float32:
        """Return the output of one member; see `ForecastEngine`."""
        with self._graphs_of(member):
            return self._network(member).outputs(windows, streams=streams_of(windows))

    def path_quantiles(
        self, member: int, windows: Windows, probabilities: tuple[float, ...]
    ) -> npt.NDArray[np.float64]:
        """Return quantiles over sampled paths of one member; see `ForecastEngine`."""
        with self._graphs_of(member):
            return self._network(member).path_quantiles(windows, probabilities, seed=member)

    @contextlib.contextmanager
    def _graphs_of(self, member: int) -> Iterator[None]:
        """Turn an error of a graph into one that names its file."""
        from forecaster.model.graph.session import GraphError

        try:
            yield
        except GraphError as error:
            path = self.stored.path(member) if self.stored is not None else Path(WEIGHTS)
            raise damaged(path, str(error)) from error

    def _network(self, member: int) -> Network:
        from forecaster.model.graph.engine import Network

        return Network(self.spec, self.shape, partial(self._session, member), threads=self.threads)

    def _session(self, member: int, role: str) -> GraphSession:
        from forecaster.model.graph.session import GraphSession

        if (member, role) not in self._sessions:
            content = (
                graph_content(self.spec, self.shape, self.members[member], role)
                if self.stored is None
                else self.stored.content(member, role)
            )
            self._sessions[member, role] = GraphSession(content)
        return self._sessions[member, role]


def streams_of(windows: Windows) -> int:
    """Return how many series a network that carries its state reads side by side."""
    return min(PREDICT_BATCH, len(np.unique(windows.series)))


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
        if weights[path].dtype.name != variable.dtype:
            raise damaged(
                Path(WEIGHTS), f"{path} is {weights[path].dtype}, the network needs {variable.dtype}"
            )
        if tuple(variable.shape) != weights[path].shape:
            raise damaged(
                Path(WEIGHTS),
                f"{path} has shape {weights[path].shape}, the network needs {tuple(variable.shape)}",
            )
        variable.assign(weights[path])
