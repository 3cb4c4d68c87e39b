"""Each file operation of the table cache fails once, or is where the process is killed: the table is read all the same."""

import errno
import os
import shutil
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from forecaster.data.reading import cache
from forecaster.data.spec import DataSpec
from tests.integration.killed_commands import KILLED, Kill, Operation, kill_within
from tests.integration.tiny_runs import hours, write_table

pytestmark = [pytest.mark.slow, pytest.mark.faults]

if sys.platform != "linux":
    pytest.skip("asks Linux what a folder is called", allow_module_level=True)

ROWS = 40


def read_table(table: Path, folder: Path) -> None:
    """Read a table by the cache; what is read is right, or this fails."""
    cache.LEAST_BYTES = 0
    os.environ["FORECASTER_CACHE"] = str(folder)
    panel, findings = cache.load_table(DataSpec(path="t.csv", time="t", freq="h", targets=["y"]), table)
    assert panel.values[:, 0].tolist() == list(range(ROWS))
    for warning in findings.warnings:
        assert "the table was read into memory, because it cannot be kept: " in warning.summary
    is_kept = isinstance(panel.values, np.memmap)
    assert is_kept != bool(findings.warnings)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("damaged", [False, True], ids=["new", "damaged"])
def test_table_is_read_whatever_operation_of_the_cache_stops(
    tmp_path: Path, damaged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the entry that is there is damaged and replaced; no half of one is ever used."""
    monkeypatch.setattr(cache, "LEAST_BYTES", 0)
    monkeypatch.setenv("FORECASTER_CACHE", "")
    table = write_table(tmp_path / "t.csv", "t,y", zip(hours(ROWS), range(ROWS), strict=True))
    folder, before, said = tmp_path / "cache", tmp_path / "before", tmp_path / "said.txt"
    before.mkdir()
    if damaged:
        read_table(table, before)
        entry = next((before / "tables").iterdir())
        (entry / "facts.json").write_text("{}")

    def met(kill: Kill) -> tuple[int | None, list[Operation]]:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(before, folder)
        return kill_within(partial(read_table, table, folder), folder, kill)

    status, operations = met(Kill(fine=True))
    assert status == 0
    assert len(operations) > 20
    for at, operation in enumerate(operations):
        code = (errno.ENOSPC, errno.EIO)[at % 2]
        assert met(Kill(at, fine=True, fault=code, said=said))[0] == 0, (at, said.read_text())
        read_table(table, folder)
        kill = Kill(at, cut_short=operation.kind == "write", fine=True, said=said)
        assert met(kill)[0] == KILLED, operation
        read_table(table, folder)
        assert len([p for p in (folder / "tables").iterdir() if not p.name.startswith(".")]) == 1
