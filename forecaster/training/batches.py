"""Training batches in an order that is a pure function of (seed, epoch)."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt

from forecaster.data.transforms.windows import Batch, Float32, Windows
from forecaster.model.loops.batch_streams import arrange_streams
from forecaster.model.predict import stream_inputs


@dataclass(frozen=True)
class BatchExtras:
    """What a network and its loss want beside a window's inputs and targets.

    teacher: the true targets as an input. every_step: targets after each segment of so
    many steps, not only after the last. series_constant: (series, targets), a number
    that the loss needs, put behind the targets on the last axis.
    """

    teacher: bool = False
    every_step: int | None = None
    series_constant: Float32 | None = None
    streams: int | None = None
    """Series read side by side, where the state is carried; None where it is not."""


def loss_targets(windows: Windows, indices: npt.NDArray[np.int64], extras: BatchExtras) -> Float32:
    """(batch, horizon, targets), or (batch, segments, horizon, targets) with every_step; twice
    as many on the last axis with a series_constant."""
    every = extras.every_step
    y = windows.targets_of_every_step(indices, every) if every else windows.targets(indices)
    if extras.series_constant is not None:
        constant = extras.series_constant[windows.series[indices]]
        constant = constant.reshape(len(constant), *(1,) * (y.ndim - 2), -1)
        y = np.concatenate([y, np.broadcast_to(constant, y.shape)], axis=-1)
    return y


class TrainBatches(keras.utils.PyDataset):
    """Every window once per epoch, shuffled; or the first `steps` batches of that order.

    The last batch is filled up with windows whose targets are all NaN, which the
    losses leave out: one shape for the compiler, and no window counts twice.
    """

    def __init__(
        self,
        windows: Windows,
        *,
        batch_size: int,
        seed: int,
        steps: int | None = None,
        extras: BatchExtras | None = None,
    ) -> None:
        super().__init__()
        self.extras = extras or BatchExtras()
        self.windows = windows
        self.batch_size = min(batch_size, len(windows))
        self.seed = seed
        self.steps = steps
        self.steps_per_epoch = steps or -(-len(windows) // self.batch_size)
        self.first_step = 0
        self.start_epoch(0)

    def start_epoch(self, epoch: int, first_step: int = 0) -> None:
        """first_step: batches of this epoch that a resumed run has already seen."""
        self.first_step = first_step
        self.order = np.random.default_rng((self.seed, epoch)).permutation(len(self.windows))

    def __len__(self) -> int:
        return self.steps_per_epoch - self.first_step

    def __getitem__(self, index: int) -> tuple[Batch, Float32]:
        # More steps may be asked for than the windows fill: then the order begins again.
        nth = (index + self.first_step) % -(-len(self.windows) // self.batch_size)
        first = nth * self.batch_size
        chosen: npt.NDArray[np.int64] = self.order[first : first + self.batch_size]
        y = loss_targets(self.windows, chosen, self.extras)
        inputs = self.windows.inputs(chosen)
        if self.extras.teacher:
            inputs["teacher"] = self.windows.teacher(chosen)
        missing = self.batch_size - len(chosen)
        if missing:
            y = np.concatenate([y, np.full((missing, *y.shape[1:]), np.nan, np.float32)])
            inputs = {k: np.concatenate([v, np.repeat(v[-1:], missing, axis=0)]) for k, v in inputs.items()}
        return inputs, y


class StreamTrainBatches(TrainBatches):
    """Consecutive windows in lanes, each series in its order.

    An empty place has targets that are all NaN.
    """

    def start_epoch(self, epoch: int, first_step: int = 0) -> None:
        self.first_step = first_step
        # The same in every epoch: another order would have another longest lane, and Keras counts once.
        self.streams = arrange_streams(self.windows.series, self.extras.streams or 1, seed=(self.seed,))
        self.steps_per_epoch = min(self.steps or len(self.streams.order), len(self.streams.order))

    def __getitem__(self, index: int) -> tuple[Batch, Float32]:
        nth = index + self.first_step
        chosen = self.streams.order[nth]
        y = loss_targets(self.windows, np.maximum(chosen, 0), self.extras)
        y[chosen < 0] = np.nan
        return stream_inputs(self.windows, self.streams, nth), y
