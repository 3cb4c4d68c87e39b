"""The small files that fuzzing starts from, and those that it found: each is read or refused, with no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecaster.config.experiment import Experiment
from forecaster.data.reading.table import read_table
from forecaster.errors import ForecasterError
from forecaster.pipeline.inspect import inspect

CORPUS = Path(__file__).parents[1] / "fuzz" / "corpus"
GOOD = Path(__file__).parents[2] / "configs" / "quickstart.yaml"
# Those of bundle say what is changed in a run, in bytes that only the fuzzer reads.
FILES = sorted(path for path in CORPUS.rglob("*") if path.is_file() and path.parent.name != "bundle")


def read(path: Path) -> None:
    """Read a file as its folder says."""
    match path.parent.name:
        case "config":
            Experiment.from_yaml(path)
        case "override":
            Experiment.from_yaml(GOOD, path.read_bytes().decode("utf-8", "surrogateescape").split("\n"))
        case _:
            read_table(inspect(path, folder=path.parent).experiment.spec.data, path)


@pytest.mark.parametrize("path", FILES, ids=[f"{path.parent.name}/{path.name}" for path in FILES])
def test_a_file_is_read_or_refused(path: Path) -> None:
    try:
        read(path)
    except ForecasterError as refused:
        assert refused.exit_code == 2  # noqa: PT017  most are refused, and some are good
