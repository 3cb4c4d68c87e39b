"""Run directories from anyone: each damage is refused with exit status 2 before TensorFlow loads, or changes nothing."""

import random
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from forecaster.errors import ForecasterError
from forecaster.runs.directory import RunDir
from tests.integration.hostile_runs import READERS, SAMPLES, mutate, read_report

pytestmark = pytest.mark.slow

# Folders that Python and the time zones are read from, whatever a run holds.
# onnxruntime looks at the name of the system when it is imported.
_OWN = tuple(
    {
        sys.prefix,
        sys.base_prefix,
        "/usr",
        "/etc/localtime",
        "/etc/os-release",
        "/proc",
        str(Path(__file__).parents[2]),
    }
)


class Opened:
    """The files that are opened while a reader runs."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.watches = False
        sys.addaudithook(self.hear)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and self.watches and isinstance(arguments[0], str | Path):
            self.names.append(str(arguments[0]))


OPENED = Opened()


def outcomes(folder: Path, seeds: range, *, report: bool) -> Counter[str]:
    """What the readers say of a run that is damaged in as many ways."""
    found: Counter[str] = Counter()
    faults: list[tuple[int, str, str]] = []
    for seed in seeds:
        base = folder / str(seed)
        (base / "outside").mkdir(parents=True)
        shutil.copytree(SAMPLES / "today", base / "r")
        what = mutate(base / "r", random.Random(seed), base / "outside")
        refused = False
        for reader in (*READERS, *([read_report] if report else [])):
            OPENED.watches = True
            try:
                reader(RunDir(base / "r"))
            except ForecasterError as error:
                refused = True
                if error.exit_code != 2 or len(str(error)) > 2000:
                    faults.append((seed, what, str(error)[:2000]))
            finally:
                OPENED.watches = False
        found["refused" if refused else "harmless"] += 1
        shutil.rmtree(base)
    assert faults == []
    return found


@pytest.mark.parametrize("first", range(0, 160, 40))
def test_damage_is_refused_or_harmless(tmp_path: Path, first: int) -> None:
    OPENED.names.clear()
    found = outcomes(tmp_path, range(first, first + 40), report=False)
    assert found.total() == 40
    assert found["refused"] > 20
    own = (*_OWN, str(tmp_path))
    assert [name for name in OPENED.names if Path(name).is_absolute() and not name.startswith(own)] == []
    assert [name for name in OPENED.names if "/outside/" in name] == []


@pytest.mark.parametrize("first", range(1000, 1600, 100))
def test_much_damage_is_refused_or_harmless_for_the_report_too(tmp_path: Path, first: int) -> None:
    found = outcomes(tmp_path, range(first, first + 100), report=True)
    assert found.total() == 100
    assert found["refused"] > 50
