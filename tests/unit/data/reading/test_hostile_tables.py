"""Tables that chance has damaged end in an error of forecaster, in little time and memory, or are read."""

import subprocess
import sys

import pytest

from tests.hostile_tables import fuzz


def test_hostile_tables() -> None:
    found: list[str] = []
    assert fuzz(40, 7, report=found.append) > 0
    assert found == []


@pytest.mark.slow
def test_many_hostile_tables() -> None:
    # A process of its own: a damaged file must not end it either.
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile_tables", "600", "0"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
