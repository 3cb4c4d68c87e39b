"""A training that is told to end in one of its phases; `benchmarks/torture.py` tries all of them with both signals."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.forked import Zygote, training

pytestmark = [pytest.mark.slow, pytest.mark.faults]


@pytest.fixture(scope="module")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    """A process that has imported everything, and forks a whole training first."""
    folder = tmp_path_factory.mktemp("signals")
    with Zygote(folder) as zygote:
        config = training(folder)
        assert zygote.run("train", config, "--run-dir", folder / "whole").status == 0
        yield zygote


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("phase", "number"),
    [("reading", signal.SIGINT), ("compiling", signal.SIGTERM), ("refit", signal.SIGINT)],
)
def test_training_ends_at_once_and_is_resumed_to_the_same_bytes(
    zygote: Zygote, phase: str, number: signal.Signals
) -> None:
    folder: Path = zygote.said.parent
    zygote.check_signal(phase, number, folder / "c.yaml", folder / "whole")
