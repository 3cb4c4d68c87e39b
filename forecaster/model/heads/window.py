"""What a head sees of a batch, and the channels that it is put together from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras import ops


@dataclass(frozen=True)
class Window:
    """One batch of normalised windows.

    With independent channels each target is a row of the batch of its own, and the covariates are repeated
    for it. The shapes below have the rows of such a batch.
    """

    y: Any
    """Normalised targets, (batch, lookback, channels)."""
    x: Any | None
    """Covariates of the lookback, (batch, lookback, n_past), those known ahead last; None where there are none."""
    future: Any | None
    """Covariates of the horizon, (batch, horizon, n_future); None where there are none."""
    static: Any | None
    """Values of the series, (batch, n_static); None where there are none."""
    teacher: Any | None
    """Normalised true targets, (batch, horizon, channels), in training of the heads that need them."""
    differences: tuple[int, ...] = ()
    """Lags whose changes of y are inputs too."""
    mask: Any | None = None
    """(batch, lookback), True where a step exists; None where all do."""
    carry: Any | None = None
    """(batch, 1), 1 where the row continues the state of its last window, 0 where a series starts."""

    def truth(self) -> Any:
        """Return the teacher.

        Raises:
            ValueError: The batch brought none.
        """
        if self.teacher is None:
            raise ValueError("this head is trained on the true targets, and the batch brought none")
        return self.teacher

    def past(self) -> Any:
        """Return all channels of the lookback, (batch, lookback, features): targets, changes, covariates."""
        changes = [
            ops.pad(self.y[:, lag:] - self.y[:, :-lag], ((0, 0), (lag, 0), (0, 0)))
            for lag in self.differences
        ]
        return join([self.y, *changes, self.x, at_every_step(self.static, self.y)])


def join(parts: list[Any | None]) -> Any:
    """Concatenate on the last axis what is not None. At least one part has to be there."""
    there = [p for p in parts if p is not None]
    return there[0] if len(there) == 1 else ops.concatenate(there, axis=-1)


def joined_or_none(parts: list[Any | None]) -> Any | None:
    """Concatenate as `join` does; None where every part is None."""
    return None if all(p is None for p in parts) else join(parts)


def last_channels(x: Any, n: int) -> Any:
    """Return the last n channels; covariates known ahead come last."""
    return x[:, :, x.shape[-1] - n :]


def at_every_step(static: Any | None, y: Any) -> Any | None:
    """Repeat static values, (batch, n_static), at every step of y."""
    return None if static is None else ops.repeat(static[:, None, :], y.shape[1], axis=1)
