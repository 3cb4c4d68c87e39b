"""Forecasts of many windows, in batches that all have one shape."""

from __future__ import annotations

from typing import Any, Protocol

import keras
import numpy as np
import numpy.typing as npt

from forecaster.model.loops.batch_streams import BatchStreams, arrange_streams
from forecaster.model.loops.dataset import as_dataset


class WindowInputs(Protocol):
    """Windows whose inputs are gathered by index."""

    def __len__(self) -> int: ...

    @property
    def series(self) -> npt.NDArray[np.int32]:
        """The series of each window, (windows,)."""

    def inputs(self, indices: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[np.float32]]:
        """Return the input of the network for these windows; see `heads.base.Forecaster`."""

    def with_history(self) -> tuple[WindowInputs, npt.NDArray[np.int64]]:
        """Return all windows of these series from the first on, and the index there of each window here."""


class PredictBatches(keras.utils.PyDataset):
    """Batches of the windows in their order.

    The last batch is filled up with the last window, so every batch has one shape and the network is
    compiled once.
    """

    def __init__(self, windows: WindowInputs, batch_size: int) -> None:
        super().__init__()
        self.windows = windows
        self.batch_size = batch_size

    def __len__(self) -> int:
        return -(-len(self.windows) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[dict[str, npt.NDArray[np.float32]]]:
        first = index * self.batch_size
        indices = np.arange(first, first + self.batch_size, dtype=np.int64)
        return (self.windows.inputs(np.minimum(indices, len(self.windows) - 1)),)


class StreamBatches(keras.utils.PyDataset):
    """Batches of a network that carries its state, arranged by `arrange_streams`."""

    def __init__(self, windows: WindowInputs, streams: BatchStreams) -> None:
        super().__init__()
        self.windows = windows
        self.streams = streams

    def __len__(self) -> int:
        return len(self.streams.order)

    def __getitem__(self, index: int) -> tuple[dict[str, npt.NDArray[np.float32]]]:
        return (stream_inputs(self.windows, self.streams, index),)


def stream_inputs(
    windows: WindowInputs, streams: BatchStreams, index: int
) -> dict[str, npt.NDArray[np.float32]]:
    """Return the input of batch `index`. An ended stream holds the first window, whose output is not used."""
    inputs = windows.inputs(np.maximum(streams.order[index], 0))
    return inputs | {"carry": streams.carry[index][:, None]}


def predict_windows(model: Any, windows: WindowInputs, *, batch_size: int) -> npt.NDArray[np.float32]:
    """Return the network's output, (windows, horizon, parameters x targets), in the scaler's units.

    Args:
        model: A network. One that carries its state reads each series from its first window on.
        windows: The windows to forecast.
        batch_size: Windows per batch; a network that carries its state reads `streams` instead.
    """
    if model.carries_state:
        return _predict_in_streams(model, windows)
    return _outputs(model, PredictBatches(windows, batch_size))[: len(windows)]


def _outputs(model: Any, batches: keras.utils.PyDataset) -> npt.NDArray[np.float32]:
    """Return the network's output for all batches, one after the other.

    Keras' own predict makes a graph of as many forecasts as there are batches in a call of training, and another one
    for what is left at the end.
    """
    return np.concatenate([np.asarray(model.forecast_batch(inputs)) for (inputs,) in as_dataset(batches)])


def _predict_in_streams(model: Any, windows: WindowInputs) -> npt.NDArray[np.float32]:
    whole, position = windows.with_history()
    streams = arrange_streams(whole.series, model.streams)
    forecast = _outputs(model, StreamBatches(whole, streams))
    held = streams.order.reshape(-1) >= 0
    out = np.empty((len(whole), *forecast.shape[1:]), dtype=np.float32)
    out[streams.order.reshape(-1)[held]] = forecast[held]
    return out[position]
