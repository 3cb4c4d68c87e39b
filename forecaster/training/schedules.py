"""Learning-rate schedules as pure functions of the epoch."""

from __future__ import annotations

import math

from forecaster.training.spec import (
    CosineSchedule,
    ExponentialSchedule,
    Schedule,
    StepSchedule,
)


def rate_factor(schedule: Schedule, epoch: int, epochs: int) -> float:
    """Return the factor of the learning rate in an epoch, between 0 and 1.

    Args:
        schedule: The schedule. A plateau depends on validation, which is not known here: its factor is 1.
        epoch: Counts from 0.
        epochs: All epochs of the training.
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
