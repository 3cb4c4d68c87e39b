"""Coverage-guided fuzzing of what reads files of strangers: configs, --set, CSV and Parquet tables.

    python -m tools.fuzz TARGET [options of libFuzzer] [CORPUS]

TARGET is config, override, csv or parquet. A fault is an exception other than an error of forecaster, a message that is
too long, or one with a character that cannot be seen; its input is kept as crash-... in the working directory. `make
fuzz` runs every target from the small files in tests/fuzz/corpus. It needs the extra fuzz.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["forecaster"]):
    from forecaster.config.experiment import Experiment
    from forecaster.data.reading.table import read_table
    from forecaster.errors import MOST_CHARACTERS, ForecasterError
    from forecaster.pipeline.inspect import inspect
    from forecaster.text import steady

ROOT = Path(__file__).parent.parent
GOOD = (ROOT / "configs" / "quickstart.yaml").read_text(encoding="utf-8")
FOLDER = Path(tempfile.mkdtemp(prefix="forecaster-fuzz-"))


def config(data: bytes) -> None:
    """Read a config from bytes."""
    path = FOLDER / "c.yaml"
    path.write_bytes(data)
    Experiment.from_yaml(path)


def override(data: bytes) -> None:
    """Read a good config with overrides, one per line."""
    path = FOLDER / "c.yaml"
    path.write_text(GOOD, encoding="utf-8")
    Experiment.from_yaml(path, data.decode("utf-8", "surrogateescape").split("\n"))


def csv(data: bytes) -> None:
    """Draft a config for a CSV table, and read the table by it."""
    _table(data, "t.csv")


def parquet(data: bytes) -> None:
    """Draft a config for a Parquet table, and read the table by it."""
    _table(data, "t.parquet")


def _table(data: bytes, name: str) -> None:
    path = FOLDER / name
    path.write_bytes(data)
    read_table(inspect(path, folder=FOLDER).experiment.spec.data, path)


TARGETS: dict[str, Callable[[bytes], None]] = {f.__name__: f for f in (config, override, csv, parquet)}


def main() -> None:
    """Run the fuzzer on the target that is named first."""
    target = TARGETS[sys.argv.pop(1)]
    warnings.simplefilter("ignore")

    def one(data: bytes) -> None:
        try:
            target(data)
        except ForecasterError as refused:
            message = str(refused)
            if refused.exit_code != 2 or len(message) > MOST_CHARACTERS + 100 or steady(message) != message:
                raise AssertionError(message) from refused

    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
