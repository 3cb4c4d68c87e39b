"""Training batches in an order that is a pure function of (seed, epoch)."""

from __future__ import annotations

import keras
import numpy as np
import numpy.typing as npt

from forecaster.data.windows import Batch, Float32, Windows


class TrainBatches(keras.utils.PyDataset):
    """Every window once per epoch, shuffled; or the first `steps` batches of that order.

    The last batch is filled up with windows whose targets are all NaN, which the
    losses leave out: one shape for the compiler, and no window counts twice.
    """

    def __init__(self, windows: Windows, *, batch_size: int, seed: int, steps: int | None = None) -> None:
        super().__init__()
        self.windows = windows
        self.batch_size = min(batch_size, len(windows))
        self.seed = seed
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
        y = self.windows.targets(chosen)
        inputs = self.windows.inputs(chosen)
        missing = self.batch_size - len(chosen)
        if missing:
            y = np.concatenate([y, np.full((missing, *y.shape[1:]), np.nan, np.float32)])
            inputs = {k: np.concatenate([v, np.repeat(v[-1:], missing, axis=0)]) for k, v in inputs.items()}
        return inputs, y
