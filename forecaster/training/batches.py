"""Training batches, in an order that is a pure function of seed and epoch."""

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
    """What a network and its loss need besides the inputs and targets of a window."""

    teacher: bool = False
    """Whether the true targets are an input too."""
    every_step: int | None = None
    """Steps per segment, where targets are needed after every segment and not only after the last."""
    series_constant: Float32 | None = None
    """(series, targets), a number that the loss needs; it follows the targets on the last axis."""
    streams: int | None = None
    """Series that are read side by side, where the state is carried; None where it is not."""


def loss_targets(windows: Windows, indices: npt.NDArray[np.int64], extras: BatchExtras) -> Float32:
    """Return what the loss compares with the output of the network.

    Args:
        windows: The windows.
        indices: Those of the batch.
        extras: What the loss needs.

    Returns:
        (batch, horizon, targets), or (batch, segments, horizon, targets) with `every_step`; with a
        `series_constant` the last axis is twice as long.
    """
    every = extras.every_step
    y = windows.targets_of_every_step(indices, every) if every else windows.targets(indices)
    if extras.series_constant is not None:
        constant = extras.series_constant[windows.series[indices]]
        constant = constant.reshape(len(constant), *(1,) * (y.ndim - 2), -1)
        y = np.concatenate([y, np.broadcast_to(constant, y.shape)], axis=-1)
    return y


class TrainBatches(keras.utils.PyDataset):
    """Every window once per epoch, shuffled; or the first `steps` batches of that order.

    The last batch is filled up with windows whose targets are all NaN, which the losses leave out: every
    batch has one shape, and no window counts twice.

    Args:
        windows: The training windows.
        batch_size: Windows per batch; at most all of them.
        seed: Of the order, together with the epoch.
        steps: Batches per epoch; None takes every window once.
        extras: What the network and its loss need besides.
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
        """Shuffle for an epoch.

        Args:
            epoch: Counts from 0.
            first_step: Batches of this epoch that were done before training was interrupted.
        """
        self.first_step = first_step
        self.order = np.random.default_rng((self.seed, epoch)).permutation(len(self.windows))

    def __len__(self) -> int:
        return self.steps_per_epoch - self.first_step

    def __getitem__(self, index: int) -> tuple[Batch, Float32]:
        # There may be more steps than the windows fill: then the order starts again.
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
    """Batches of a network that carries its state: the windows of each series in consecutive batches.

    The targets of an ended stream are all NaN.
    """

    def start_epoch(self, epoch: int, first_step: int = 0) -> None:
        self.first_step = first_step
        # The same in every epoch: another order could have more batches, and Keras asks for their number once.
        self.streams = arrange_streams(self.windows.series, self.extras.streams or 1, seed=(self.seed,))
        self.steps_per_epoch = min(self.steps or len(self.streams.order), len(self.streams.order))

    def __getitem__(self, index: int) -> tuple[Batch, Float32]:
        nth = index + self.first_step
        chosen = self.streams.order[nth]
        y = loss_targets(self.windows, np.maximum(chosen, 0), self.extras)
        y[chosen < 0] = np.nan
        return stream_inputs(self.windows, self.streams, nth), y
