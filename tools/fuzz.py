"""Coverage-guided fuzzing of what reads files of strangers: configs, --set, CSV and Parquet tables, and runs.

    python -m tools.fuzz TARGET [options of libFuzzer] [CORPUS]

TARGET is config, override, csv, parquet or bundle. A fault is an exception other than an error of forecaster, a message
that is too long, or one with a character that cannot be seen; its input is kept as crash-... in the working directory.
`make fuzz` runs every target, those of texts and tables from the small files in tests/fuzz/corpus. It needs the extra
fuzz.
"""

from __future__ import annotations

import json
import shutil
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
    from forecaster.runs.directory import RunDir
    from forecaster.text import steady
    from tests.integration.hostile_runs import MARK, READERS, SAMPLES, VALUES, places, read_report, reseal

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


def bundle(data: bytes) -> None:
    """Read a run that was changed at one place, and sealed again.

    The bytes say which file, where, and what is put there: in JSON in place of a value, else in place of some bytes.
    """
    given = atheris.FuzzedDataProvider(data)
    run = FOLDER / "run"
    if not run.exists():
        shutil.copytree(SAMPLES / "today", run)
    names = sorted(path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file())
    file = run / given.PickValueInList(names)
    kept = [(path, path.read_bytes()) for path in (file, run / "manifest.json")]
    try:
        file.write_bytes(_changed(file.suffix, file.read_bytes(), given))
        if file.name != "manifest.json":
            reseal(run)
        for read in (*READERS, read_report):
            refused_or_read(read, RunDir(run))
    finally:
        for path, content in kept:
            path.write_bytes(content)


def _changed(suffix: str, content: bytes, given: atheris.FuzzedDataProvider) -> bytes:
    if suffix == ".json" and given.ConsumeIntInRange(0, 3):
        value = json.loads(content)
        *way, last = given.PickValueInList(list(places(value))[1:])
        holder = value
        for key in way:
            holder = holder[key]
        token = given.PickValueInList(list(VALUES)).encode() if given.ConsumeBool() else _rest(given)
        holder[last] = MARK
        return json.dumps(value).encode().replace(json.dumps(MARK).encode(), token)
    at = given.ConsumeIntInRange(0, len(content))
    after = given.ConsumeIntInRange(at, min(len(content), at + 255))
    return content[:at] + _rest(given) + content[after:]


def _rest(given: atheris.FuzzedDataProvider) -> bytes:
    return bytes(given.ConsumeBytes(given.remaining_bytes()))


def refused_or_read(work: Callable[..., object], *given: object) -> None:
    """Do some work, which may end in an error of forecaster with status 2 and a message that can be shown."""
    try:
        work(*given)
    except ForecasterError as refused:
        message = str(refused)
        if refused.exit_code != 2 or len(message) > MOST_CHARACTERS + 100 or steady(message) != message:
            raise AssertionError(message) from refused


TARGETS: dict[str, Callable[[bytes], None]] = {
    f.__name__: f for f in (config, override, csv, parquet, bundle)
}


def main() -> None:
    """Run the fuzzer on the target that is named first."""
    target = TARGETS[sys.argv.pop(1)]
    warnings.simplefilter("ignore")
    atheris.Setup(sys.argv, lambda data: refused_or_read(target, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
