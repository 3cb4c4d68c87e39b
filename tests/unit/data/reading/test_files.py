"""The files of a table: of folders and patterns, and where a folder is far too large to be a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecaster.data.reading import files
from forecaster.data.reading.files import table_files
from forecaster.errors import DataError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (
        "a.csv",
        "b/c.csv",
        "b/d/e.csv",
        ".hidden/f.csv",
        "_part/g.csv",
        "_x=1/h.csv",
        "b/.i.csv",
        "j.txt",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("t,y\n")
    return tmp_path


def names(path: Path, root: Path) -> list[str]:
    return [file.relative_to(root).as_posix() for file in table_files(path)]


def test_a_folder_is_the_files_in_it_and_below(folder: Path) -> None:
    assert names(folder, folder) == ["_x=1/h.csv", "a.csv", "b/c.csv", "b/d/e.csv"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.csv", ["a.csv"]),
        ("b/*.csv", ["b/c.csv"]),
        ("*/*.csv", [".hidden/f.csv", "_part/g.csv", "_x=1/h.csv", "b/c.csv"]),
        ("**/*.csv", [".hidden/f.csv", "_part/g.csv", "_x=1/h.csv", "a.csv", "b/c.csv", "b/d/e.csv"]),
        ("b/**/*.csv", ["b/c.csv", "b/d/e.csv"]),
        ("**/d/*.csv", ["b/d/e.csv"]),
        ("**/[ae].csv", ["a.csv", "b/d/e.csv"]),
        ("**/?.csv", [".hidden/f.csv", "_part/g.csv", "_x=1/h.csv", "a.csv", "b/c.csv", "b/d/e.csv"]),
        ("**/b/**/*.csv", ["b/c.csv", "b/d/e.csv"]),
    ],
)
def test_a_pattern_names_files(pattern: str, found: list[str], folder: Path) -> None:
    assert names(folder / pattern, folder) == found


@pytest.mark.parametrize("pattern", ["**.csv", "a**/*.csv", "**", "b/**", "**/x.csv", "[", "**/["])
def test_a_pattern_that_names_nothing(pattern: str, folder: Path) -> None:
    with pytest.raises(DataError) as caught:
        table_files(folder / pattern)
    hint = "check the pattern: * stands for any characters, ** for any folders"
    assert str(caught.value) == f"{folder / pattern}: no file has a name like this; {hint}"


@pytest.mark.parametrize("pattern", ["", "**/*.csv", "**/nothing.csv"])
def test_a_disk_is_no_table(pattern: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_ENTRIES", 6)
    with pytest.raises(DataError) as caught:
        table_files(folder / pattern)
    assert str(caught.value) == (
        f"{folder}: there are more than 6 files and folders below it; point data.path to the folder of the table alone"
    )


def test_a_folder_that_is_not_looked_into_does_not_count(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_ENTRIES", 10)
    for i in range(20):
        (folder / ".hidden" / f"{i}.csv").write_text("")
    assert len(table_files(folder)) == 4
