"""Learning rates as pure functions of the epoch."""

from __future__ import annotations

import math

from forecaster.training.spec import (
    CosineSchedule,
    ExponentialSchedule,
    Schedule,
    StepSchedule,
)


def rate_share(schedule: Schedule, epoch: int, epochs: int) -> float:
    """Share of the full learning rate in an epoch (the first is 0).

    A plateau falls by what validation says, which is not known here: share 1.
    """
    if isinstance(schedule, ExponentialSchedule):
        return float(schedule.factor ** max(0, epoch - schedule.hold))
    if isinstance(schedule, StepSchedule):
        return float(schedule.factor ** (epoch // schedule.every))
    if isinstance(schedule, CosineSchedule):
        if epoch < schedule.warmup:
            return (epoch + 1) / (schedule.warmup + 1)
        span = max(1, epochs - 1 - schedule.warmup)
        fall = 0.5 * (1 + math.cos(math.pi * min(1.0, (epoch - schedule.warmup) / span)))
        return schedule.floor + (1 - schedule.floor) * fall
    return 1.0
