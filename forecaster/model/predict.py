"""Forecasts of many windows, in batches of one shape."""

from __future__ import annotations

from typing import Any, Protocol

import keras
import numpy as np
import numpy.typing as npt

from forecaster.model.loops.batch_streams import Lanes, lay_out
from forecaster.model.loops.dataset import feed


class Gathers(Protocol):
    """Anything with windows to gather by index."""

    def __len__(self) -> int: ...

    @property
    def series(self) -> npt.NDArray[np.int32]: ...

    def inputs(self, indices: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[np.float32]]: ...

    def with_history(self) -> tuple[Gathers, npt.NDArray[np.int64]]: ...


class PredictBatches(keras.utils.PyDataset):
    """The windows in order. The last batch is filled up with its own last window, so that
    every batch has one shape and the network is compiled once."""

    def __init__(self, windows: Gathers, batch_size: int) -> None:
        super().__init__()
        self.windows = windows
        self.batch_size = batch_size

    def __len__(self) -> int:
        return -(-len(self.windows) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[dict[str, npt.NDArray[np.float32]]]:
        first = index * self.batch_size
        indices = np.arange(first, first + self.batch_size, dtype=np.int64)
        return (self.windows.inputs(np.minimum(indices, len(self.windows) - 1)),)


class LaneBatches(keras.utils.PyDataset):
    """Windows in the lanes of a network that carries its state."""

    def __init__(self, windows: Gathers, lanes: Lanes) -> None:
        super().__init__()
        self.windows = windows
        self.lanes = lanes

    def __len__(self) -> int:
        return len(self.lanes.order)

    def __getitem__(self, index: int) -> tuple[dict[str, npt.NDArray[np.float32]]]:
        return (lane_inputs(self.windows, self.lanes, index),)


def lane_inputs(windows: Gathers, lanes: Lanes, index: int) -> dict[str, npt.NDArray[np.float32]]:
    """The inputs of one batch; an empty place holds the first window, and nobody looks at it."""
    inputs = windows.inputs(np.maximum(lanes.order[index], 0))
    return inputs | {"carry": lanes.carry[index][:, None]}


def predict_windows(model: Any, windows: Gathers, *, batch_size: int) -> npt.NDArray[np.float32]:
    """The network's output in the units the scaler left: (windows, horizon, targets x parameters).

    A network that carries its state reads each series from its first window on.
    """
    if model.carries_state:
        return _predict_in_lanes(model, windows)
    batches = feed(PredictBatches(windows, batch_size))
    forecast: npt.NDArray[np.float32] = model.predict(batches, verbose=0)
    return forecast[: len(windows)]


def _predict_in_lanes(model: Any, windows: Gathers) -> npt.NDArray[np.float32]:
    whole, place = windows.with_history()
    lanes = lay_out(whole.series, model.lanes)
    forecast = model.predict(feed(LaneBatches(whole, lanes)), verbose=0)
    there = lanes.order.reshape(-1) >= 0
    out = np.empty((len(whole), *forecast.shape[1:]), dtype=np.float32)
    out[lanes.order.reshape(-1)[there]] = forecast[there]
    return out[place]
