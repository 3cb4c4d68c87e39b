"""Large tables: read once, kept, mapped; the same rows, findings and faults as without."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecaster.data import arrays as mapped
from forecaster.data.panel import Findings, Panel
from forecaster.data.reading import cache, entries
from forecaster.data.reading.cache import load_table
from forecaster.data.reading.table import read_table
from forecaster.data.spec import DataSpec

PANEL = """id,t,y,p,f,s,c
b,2024-01-01,1,2,3,7,red
b,2024-01-02,,2,3,7,blue
b,2024-01-04,5,2,,7,
b,2024-01-05,6,3,4,,red
b,2024-01-06,,,4,7,red
a,2024-01-02,9,1,1,8,green
a,2024-01-03,8,1,1,8,red
c,2024-01-01,,1,1,9,red
d,2024-01-03,4,1,1,9,red
"""
COLUMNS = {
    "id": "id",
    "targets": ["y"],
    "past_covariates": ["p", "c"],
    "future_covariates": ["f"],
    "static_covariates": ["s"],
    "categorical": {"c": "embedding"},
}
HEADER, *ROWS = PANEL.splitlines()
SHUFFLED = "\n".join([HEADER, *ROWS[::-2], *ROWS[-2::-2]]) + "\n"
TWICE = PANEL + "a,2024-01-03,6,3,5,8,blue\na,2024-01-02,,2,,8,\n"
PLAIN = "t,y\n2024-01-01,1\n2024-01-02,2\n2024-01-03,4\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache's folder; every table is large, and looked at a few rows at a time."""
    monkeypatch.setattr(cache, "LEAST_BYTES", 0)
    monkeypatch.setattr(mapped, "BLOCK", 3)
    monkeypatch.setenv("FORECASTER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "tables"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "t.csv").write_text(PLAIN)
    return tmp_path / "t.csv"


def spec(**data: Any) -> DataSpec:
    return DataSpec.model_validate({"path": "t.csv", "time": "t", "freq": "D", "targets": ["y"], **data})


def facts(found: tuple[Panel, Findings]) -> dict[str, Any]:
    """Everything that was read, comparable."""
    out = {f"{type(part).__name__}.{f.name}": getattr(part, f.name) for part in found for f in fields(part)}
    return {
        k: (v.dtype.str, v.shape, v.tobytes()) if isinstance(v, np.ndarray) else v for k, v in out.items()
    }


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (PLAIN, {}),
        (PLAIN, {"start": "2024-01-02"}),
        ("t,y\n3,1\n1,2\n7,5\n", {"freq": 1, "missing": "mask"}),
        (PANEL, COLUMNS | {"missing": "mask"}),
        (SHUFFLED, COLUMNS | {"missing": "mask"}),
        (SHUFFLED, COLUMNS | {"missing": "mask", "start": "2024-01-02", "end": "2024-01-05"}),
        (TWICE, COLUMNS | {"missing": "mask", "duplicates": "mean"}),
        (TWICE, COLUMNS | {"missing": "mask", "duplicates": "last"}),
    ],
)
@pytest.mark.parametrize("keep_future", [False, True])
def test_the_same_rows_and_findings(
    text: str, data: dict[str, Any], keep_future: bool, table: Path, folder: Path, monkeypatch: Any
) -> None:
    table.write_text(text)
    made = facts(load_table(spec(**data), table, keep_future=keep_future))
    opened = facts(load_table(spec(**data), table, keep_future=keep_future))
    monkeypatch.undo()  # whole tables at once
    assert made == opened == facts(read_table(spec(**data), table, keep_future=keep_future))


def test_a_second_start_reads_no_table(table: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = load_table(spec(), table)
    assert isinstance(first.values, np.memmap)
    monkeypatch.setattr(cache, "read_table", None)
    again, _ = load_table(spec(), table)
    assert again.values.tolist() == [[1], [2], [4]]
    assert [entry.name[0] for entry in folder.iterdir()] != ["."]


def test_messages_name_the_path_that_was_given(table: Path, folder: Path) -> None:
    text = PLAIN.replace("t,y\n", "t,y\n2023-12-31,\n")
    table.write_text(text)
    load_table(spec(), table)
    other = table.with_name("u.csv")
    other.write_text(text)
    panel, findings = load_table(spec(), other)
    assert panel.source == str(other)
    assert [str(w) for w in findings.warnings] == [
        f"{other}: 1 rows before the first or after the last target value were left out"
    ]
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("data", [{"duplicates": "last"}, {"end": "2024-01-02"}, {"csv": {"thousands": "_"}},
    {"missing_values": [-9999]}, {"csv": {"comment": "#"}}, {"csv": {"skip_footer": 1}}, {"csv": {"skip_rows": [2]}},
])  # fmt: skip
def test_what_changes_the_result_has_an_entry_of_its_own(
    data: dict[str, Any], table: Path, folder: Path
) -> None:
    load_table(spec(), table)
    load_table(spec(calendar=["day"]), table)
    assert len(list(folder.iterdir())) == 1
    load_table(spec(**data), table)
    assert len(list(folder.iterdir())) == 2


def test_other_bytes_are_another_table(table: Path, folder: Path) -> None:
    load_table(spec(), table)
    stat = table.stat()
    table.write_text(PLAIN.replace("4", "5"))
    os.utime(table, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert load_table(spec(), table)[0].values.tolist() == [[1], [2], [5]]


@pytest.mark.parametrize("name", ["values", "arrays.npz", "facts.json", "seal.json"])
@pytest.mark.parametrize("damage", ["flipped", "short", "absent", "other"])
def test_a_damaged_entry_is_made_anew(name: str, damage: str, table: Path, folder: Path) -> None:
    whole = facts(load_table(spec(), table))
    [entry] = folder.iterdir()
    file = entry / name
    content = file.read_bytes()
    bad = {
        "flipped": bytes([content[0] ^ 1]) + content[1:],
        "short": content[:-1],
        "other": b"{}",
    }
    if damage == "absent":
        file.unlink()
    else:
        file.write_bytes(bad[damage])
    assert facts(load_table(spec(), table)) == whole
    assert [e.name for e in folder.iterdir()] == [entry.name]
    assert file.read_bytes()[:1] == content[:1]
    assert len(file.read_bytes()) == len(content)


def test_a_full_disk_is_a_warning(table: Path, folder: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        panel, findings = load_table(spec(), table)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert panel.values.tolist() == [[1], [2], [4]]
    [warning] = findings.warnings
    assert str(warning).startswith(
        f"{table}: the table was read into memory, because it cannot be kept: {folder}/"
    )
    assert str(warning).endswith(
        "File too large; make space, set FORECASTER_CACHE to another folder, or to off"
    )
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_warning(table: Path, folder: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("FORECASTER_CACHE", str(table / "cache"))
    panel, findings = load_table(spec(), table)
    assert panel.values.tolist() == [[1], [2], [4]]
    assert "Not a directory" in findings.warnings[0].summary


def test_off(table: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORECASTER_CACHE", "off")
    assert load_table(spec(), table)[0].values.tolist() == [[1], [2], [4]]
    assert not folder.exists()


def test_small_tables_are_read_every_time(table: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "LEAST_BYTES", len(PLAIN) + 1)
    load_table(spec(), table)
    assert not folder.exists()


def test_a_table_that_changes_while_it_is_read_is_not_kept(
    table: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*given: Any, **named: Any) -> tuple[Panel, Findings]:
        found = read_table(*given, **named)
        table.write_text(PLAIN + "2024-01-04,9\n")
        return found

    monkeypatch.setattr(cache, "read_table", read)
    assert load_table(spec(), table)[0].values.tolist() == [[1], [2], [4]]
    assert list(folder.iterdir()) == []


def test_two_processes_at_once(table: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*given: Any, **named: Any) -> tuple[Panel, Findings]:
        monkeypatch.setattr(cache, "read_table", read_table)
        load_table(spec(), table)  # the other one is done in the meantime
        return read_table(*given, **named)

    monkeypatch.setattr(cache, "read_table", read)
    monkeypatch.setattr(entries, "_remove", lambda entry: None)
    assert load_table(spec(), table)[0].values.tolist() == [[1], [2], [4]]
    assert len(list(folder.iterdir())) == 1


def test_a_fault_leaves_nothing(table: Path, folder: Path) -> None:
    table.write_text(PLAIN + "2024-01-04,x\n")
    with pytest.raises(Exception, match=r"t\.csv:5: y: 'x' is not a number"):
        load_table(spec(), table)
    assert list(folder.iterdir()) == []


@pytest.fixture
def three(table: Path, folder: Path) -> list[Path]:
    """Entries, the oldest first, an hour apart; the cache holds two, and a new one is to come."""
    found: list[Path] = []
    for n, end in enumerate(["2024-01-01", "2024-01-02"]):
        load_table(spec(end=end), table)
        [new] = set(folder.iterdir()) - set(found)
        then = time.time() - 3600 * (3 - n)
        os.utime(new, (then, then))
        found.append(new)
    return found


def size(entry: Path) -> int:
    return sum(file.stat().st_size for file in entry.iterdir())


def test_the_least_recently_used_go_first(
    three: list[Path], table: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_table(spec(end="2024-01-01"), table)  # used again
    monkeypatch.setattr(entries, "MOST_BYTES", size(three[0]) * 5 // 2)
    load_table(spec(), table)
    assert three[0].exists()
    assert not three[1].exists()
    assert len(list(folder.iterdir())) == 2


def test_a_table_beyond_the_bound_is_kept_alone(
    three: list[Path], table: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "MOST_BYTES", 1)
    load_table(spec(), table)
    assert len(list(folder.iterdir())) == 1


def test_what_is_old_or_left_by_kills_goes(three: list[Path], table: Path, folder: Path) -> None:
    for name, days in ((".new-x", 2), (".new-y", 0), (three[0].name, 31)):
        (folder / name).mkdir(exist_ok=True)
        then = time.time() - days * 86_400
        os.utime(folder / name, (then, then))
    load_table(spec(), table)
    names = {entry.name for entry in folder.iterdir()}
    assert ".new-x" not in names
    assert three[0].name not in names
    assert {".new-y", three[1].name} < names
    assert len(names) == 3


def test_files_that_kills_left_go_after_a_day(table: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, days in ((".scratch-old", 2), (".scratch-new", 0), ("mine.txt", 2)):
        file = folder.parent / name
        file.write_bytes(b"")
        then = time.time() - days * 86_400
        os.utime(file, (then, then))
    load_table(spec(), table)
    assert sorted(p.name for p in folder.parent.iterdir()) == [".scratch-new", "mine.txt", "tables"]


class Windows:
    """Renames no folder while this process has a file of it mapped, nor what another process has open."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.busy: set[str] = set()
        rename = Path.rename

        def renamed(path: Path, target: Path) -> Path:
            maps = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
            if path.name in self.busy or f"{path}/" in maps:
                raise PermissionError(errno.EACCES, "Access is denied", str(path))
            return rename(path, target)

        monkeypatch.setattr(Path, "rename", renamed)


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux what is mapped")
class TestOnWindows:
    def test_an_entry_gets_its_name_once_nothing_in_it_is_open(
        self, table: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Windows(monkeypatch)
        panel, findings = load_table(spec(), table)
        assert findings.warnings == ()
        assert isinstance(panel.values, np.memmap)
        assert panel.values.tolist() == [[1], [2], [4]]
        with pytest.raises(PermissionError):
            next(folder.iterdir()).rename(folder / "other")

    def test_an_entry_that_another_process_has_open_is_as_good(
        self, table: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        windows = Windows(monkeypatch)

        def read(*given: Any, **named: Any) -> tuple[Panel, Findings]:
            monkeypatch.setattr(cache, "read_table", read_table)
            load_table(spec(), table)
            windows.busy |= {entry.name for entry in folder.iterdir() if not entry.name.startswith(".")}
            return read_table(*given, **named)

        monkeypatch.setattr(cache, "read_table", read)
        panel, findings = load_table(spec(), table)
        assert findings.warnings == ()
        assert isinstance(panel.values, np.memmap)
        assert len(list(folder.iterdir())) == 1

    def test_an_entry_that_is_open_stays_beyond_the_bounds(
        self, three: list[Path], table: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Windows(monkeypatch).busy.add(three[0].name)
        monkeypatch.setattr(entries, "MOST_BYTES", 1)
        _, findings = load_table(spec(), table)
        assert findings.warnings == ()
        assert three[0].exists()
        assert not three[1].exists()


def test_what_cannot_be_read_back_is_a_warning(
    table: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "_opened", lambda entry, source: None)
    panel, findings = load_table(spec(), table)
    assert panel.values.tolist() == [[1], [2], [4]]
    assert not isinstance(panel.values, np.memmap)
    [warning] = findings.warnings
    assert warning.summary.startswith("the table was read into memory, because it cannot be kept: ")
    assert "what was written there cannot be read back" in warning.summary


def test_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("FORECASTER_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert mapped.cache_folder() == tmp_path / ".cache" / "forecaster"
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert mapped.cache_folder() == Path("/elsewhere/forecaster")
    monkeypatch.setenv("FORECASTER_CACHE", "~/mine")
    assert mapped.cache_folder() == tmp_path / "mine"


KILLED = """
import os, signal, sys
from pathlib import Path
from forecaster.data.reading import cache
from forecaster.data.spec import DataSpec

cache.LEAST_BYTES = 0
cache.{where} = lambda *given: os.kill(os.getpid(), signal.SIGKILL)
cache.load_table(DataSpec(path="t.csv", time="t", freq="D", targets=["y"]), Path(sys.argv[1]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("where", ["_write", "_put", "_to_disk", "_tidy"])
def test_a_kill_leaves_nothing_that_is_read(where: str, table: Path, folder: Path) -> None:
    """While the table is written, before it has its name, and after."""
    killed = subprocess.run([sys.executable, "-c", KILLED.format(where=where), table], check=False)
    assert killed.returncode == -signal.SIGKILL
    left = {entry.name[:5] for entry in folder.iterdir()}
    assert (left == {".new-"}) == (where != "_tidy")
    panel, _ = load_table(spec(), table)
    assert panel.values.tolist() == [[1], [2], [4]]
    assert isinstance(panel.values, np.memmap)
