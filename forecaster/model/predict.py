"""Forecasts of many windows, in batches of one shape."""

from __future__ import annotations

from typing import Protocol

import keras
import numpy as np
import numpy.typing as npt


class Gathers(Protocol):
    """Anything with windows to gather by index."""

    def __len__(self) -> int: ...

    def inputs(self, indices: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[np.float32]]: ...


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


def predict_windows(model: keras.Model, windows: Gathers, *, batch_size: int) -> npt.NDArray[np.float32]:
    """Forecasts in the units the scaler left: (windows, horizon, targets)."""
    batches = PredictBatches(windows, batch_size)
    forecast: npt.NDArray[np.float32] = model.predict(batches, verbose=0)
    return forecast[: len(windows)]
