"""What holds for every test."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

# Asserts in a module of helpers show what differs, as those of test files do.
pytest.register_assert_rewrite("tests.unit.data.exports.tables")

# What stands in files that are slow as a whole.
SLOW_FILE = ("\npytestmark = pytest.mark.slow\n", "\npytestmark = [pytest.mark.slow, pytest.mark.faults]\n")

# A shell's background job ignores Ctrl-C, and so would the programs that tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

if "PYTEST_XDIST_WORKER" in os.environ:
    # There is a process for each core: threads beside it only wait for one another. Read when the libraries load.
    for name in (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
    ):
        os.environ.setdefault(name, "1")

# A failure is the same at each run; `make fuzz` looks for new ones.
settings.register_profile("whole", deadline=None, derandomize=True)
settings.register_profile("fast", settings.get_profile("whole"), max_examples=20)


@pytest.fixture(autouse=True)
def _without_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentences in a pipe are as long as they are, whatever terminal the tests are started from."""
    monkeypatch.delenv("COLUMNS", raising=False)


def pytest_configure(config: pytest.Config) -> None:
    """Try fewer examples of each property in the fast lane; `make test` tries them all."""
    settings.load_profile("fast" if config.option.markexpr == "not slow" else "whole")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave files that are slow as a whole out of the fast lane: to import Keras takes ten seconds."""
    if config.option.markexpr != "not slow" or collection_path.suffix != ".py":
        return None
    text = collection_path.read_text(encoding="utf-8")
    return any(mark in text for mark in SLOW_FILE) or None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Hold tests to the fast lane's rule: the one that loads TensorFlow is marked slow."""
    before = "tensorflow" in sys.modules
    result = yield
    if not before and "tensorflow" in sys.modules and item.get_closest_marker("slow") is None:
        pytest.fail(f"{item.nodeid} loads TensorFlow: mark it slow")
    return result
