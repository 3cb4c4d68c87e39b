import pytest

from forecaster.training.schedules import rate_factor
from forecaster.training.spec import (
    ConstantSchedule,
    CosineSchedule,
    ExponentialSchedule,
    PlateauSchedule,
    Schedule,
    StepSchedule,
)


def shares(schedule: Schedule, epochs: int) -> list[float]:
    return [rate_factor(schedule, epoch, epochs) for epoch in range(epochs)]


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (ConstantSchedule(), [1, 1, 1, 1]),
        # A plateau falls by what validation says, elsewhere.
        (PlateauSchedule(type="plateau"), [1, 1, 1, 1]),
        (ExponentialSchedule(type="exponential", factor=0.5), [1, 0.5, 0.25, 0.125]),
        (ExponentialSchedule(type="exponential", factor=0.5, hold=2), [1, 1, 1, 0.5]),
        (StepSchedule(type="step", every=2, factor=0.1), [1, 1, 0.1, 0.1, 0.01]),
        (StepSchedule(type="step", every=1), [1, 0.5, 0.25]),
        # cos 0, cos 60 degrees, cos 120 degrees, cos 180 degrees.
        (CosineSchedule(type="cosine"), [1, 0.75, 0.25, 0]),
        (CosineSchedule(type="cosine", floor=0.2), [1, 0.8, 0.4, 0.2]),
        # A third, two thirds, then a whole cosine over three epochs.
        (CosineSchedule(type="cosine", warmup=2), [1 / 3, 2 / 3, 1, 0.5, 0]),
        (CosineSchedule(type="cosine"), [1]),
        (CosineSchedule(type="cosine", warmup=3), [0.25, 0.5]),
    ],
)
def test_share_of_the_rate_in_each_epoch(schedule: Schedule, expected: list[float]) -> None:
    assert shares(schedule, len(expected)) == pytest.approx(expected)
