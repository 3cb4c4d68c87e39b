"""Forecasts of many windows, in batches of one shape."""

from __future__ import annotations

from typing import Any, Protocol

import keras
import numpy as np
import numpy.typing as npt

from forecaster.model.loops.batch_streams import BatchStreams, arrange_streams
from forecaster.model.loops.dataset import as_dataset


class WindowInputs(Protocol):
    """Anything with windows to gather by index."""

    def __len__(self) -> int: ...

    @property
    def series(self) -> npt.NDArray[np.int32]: ...

    def inputs(self, indices: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[np.float32]]: ...

    def with_history(self) -> tuple[WindowInputs, npt.NDArray[np.int64]]: ...


class PredictBatches(keras.utils.PyDataset):
    """The windows in order. The last batch is filled up with its own last window, so that
    every batch has one shape and the network is compiled once."""

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
    """Windows in the lanes of a network that carries its state."""

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
    """The inputs of one batch; an empty place holds the first window, and nobody looks at it."""
    inputs = windows.inputs(np.maximum(streams.order[index], 0))
    return inputs | {"carry": streams.carry[index][:, None]}


def predict_windows(model: Any, windows: WindowInputs, *, batch_size: int) -> npt.NDArray[np.float32]:
    """The network's output in the units the scaler left: (windows, horizon, targets x parameters).

    A network that carries its state reads each series from its first window on.
    """
    if model.carries_state:
        return _predict_in_streams(model, windows)
    batches = as_dataset(PredictBatches(windows, batch_size))
    forecast: npt.NDArray[np.float32] = model.predict(batches, verbose=0)
    return forecast[: len(windows)]


def _predict_in_streams(model: Any, windows: WindowInputs) -> npt.NDArray[np.float32]:
    whole, place = windows.with_history()
    streams = arrange_streams(whole.series, model.streams)
    forecast = model.predict(as_dataset(StreamBatches(whole, streams)), verbose=0)
    there = streams.order.reshape(-1) >= 0
    out = np.empty((len(whole), *forecast.shape[1:]), dtype=np.float32)
    out[streams.order.reshape(-1)[there]] = forecast[there]
    return out[place]
