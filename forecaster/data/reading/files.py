"""The files of a table: one file, those of a folder, or those that a pattern names."""

from __future__ import annotations

import difflib
import fnmatch
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

from forecaster.data.reading.compressed import ENDINGS
from forecaster.data.reading.formats import FORMATS, Format, format_in_folder, format_of, labels
from forecaster.errors import DataError, Location
from forecaster.text import joined

_WILD = "*?["
# The files and folders below data.path; looking through those of a whole disk would take minutes.
MOST_ENTRIES = 100_000
# What Hive calls a folder of rows without a value.
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


def table_files(path: Path) -> list[Path]:
    """Return the files of a table: the file itself, those of a folder and its folders, or those a pattern names.

    They come by name. In folders, files and folders whose names begin with a dot or an underscore are no part of
    the table.

    Raises:
        DataError: There is no file to read, or there are files of several formats.
    """
    place = Location(str(path))
    os.fsencode(path)  # raises for a name that the locale lacks, which would seem not to be there
    if path.is_dir():
        return _files_of_folder(path)
    if is_pattern(path):
        return _files_of_pattern(path)
    if not path.exists():
        raise DataError("no such file", hint=_nearest_file(path), location=place)
    if not path.is_file():
        raise DataError(
            "not a regular file", hint=f"point data.path to a {labels(FORMATS)} file", location=place
        )
    file_format(path)
    return [path]


def is_pattern(path: Path) -> bool:
    """Return whether a path names files by a pattern: it holds *, ? or [, and is no file."""
    return any(mark in str(path) for mark in _WILD) and not path.exists()


def table_root(path: Path) -> Path | None:
    """Return the folder below which the files of a table lie; None for a single file."""
    if path.is_dir():
        return path
    if not is_pattern(path):
        return None
    n_fixed = next(i for i, part in enumerate(path.parts) if any(mark in part for mark in _WILD))
    return Path(*path.parts[:n_fixed])


def partition_of(file: Path, root: Path | None) -> dict[str, str | None]:
    """Return the columns that the names of a file's folders give it: shop=north holds the shop north."""
    if root is None:
        return {}
    pairs = [part.split("=", 1) for part in file.relative_to(root).parts[:-1] if "=" in part]
    return {unquote(name): None if value == _NO_VALUE else unquote(value) for name, value in pairs if name}


def file_format(path: Path) -> type[Format]:
    """Return the class that reads a file. Raises DataError where there is none."""
    found = format_of(path)
    if found is None:
        plain = [ending for f in FORMATS for ending in f.endings if not ending.endswith(ENDINGS)]
        raise DataError(
            f"cannot read files that end in {''.join(path.suffixes[-2:]) or 'nothing'!r}",
            hint=f"use {joined(plain, word='or')}; text also with {joined(ENDINGS, word='or')} behind it",
            location=Location(str(path)),
        )
    return found


def _files_of_folder(path: Path) -> list[Path]:
    found = [p for p in _visible(path) if format_in_folder(p) is not None and p.is_file()]
    if not found:
        raise DataError(
            f"the folder holds no {labels(FORMATS)} file",
            hint="point data.path to a file, or to a folder of files",
            location=Location(str(path)),
        )
    return _of_one_format(found, path, "the folder holds")


def _files_of_pattern(path: Path) -> list[Path]:
    root = table_root(path)
    assert root is not None
    pattern = path.relative_to(root)
    matches: Iterator[Path]
    if "**" in pattern.parts:
        # The library would look through a whole disk before it returned.
        named = _as_regex(pattern.as_posix())
        walked = _walked(root, lambda name: True)
        matches = (p for p in walked if named.fullmatch(p.relative_to(root).as_posix()))
    elif any("**" in part for part in pattern.parts):
        matches = iter(())  # such as a**, which names nothing
    else:
        matches = root.glob(str(pattern))
    found = [p for p in matches if p.is_file() and not p.name.startswith(".")]
    if not found:
        raise DataError(
            "no file has a name like this",
            hint="check the pattern: * stands for any characters, ** for any folders",
            location=Location(str(path)),
        )
    for file in found:
        file_format(file)
    return _of_one_format(found, path, "the pattern names")


def _of_one_format(files: list[Path], path: Path, what: str) -> list[Path]:
    held = [f.label for f in FORMATS if any(format_of(file) is f for file in files)]
    if len(held) > 1:
        raise DataError(
            f"{what} {joined(held, word='and')} files",
            hint="keep the files of one format, or point data.path to one of them",
            location=Location(str(path)),
        )
    # By their parts: Windows compares paths themselves in another way.
    return sorted(files, key=lambda p: p.parts)


def _visible(folder: Path) -> Iterator[Path]:
    """Yield the files that are part of a table, or might be."""

    def visible(name: str) -> bool:
        return not (name.startswith(".") or (name.startswith("_") and "=" not in name))

    for file in _walked(folder, visible):
        if visible(file.name):
            yield file


def _walked(folder: Path, enters: Callable[[str], bool]) -> Iterator[Path]:
    """Yield the files in a folder and its folders. Raises DataError where there are more than a table has.

    Args:
        folder: The folder.
        enters: Whether to look into a folder of this name.
    """
    seen = 0
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if enters(name)]
        seen += len(folders) + len(files)
        if seen > MOST_ENTRIES:
            raise DataError(
                f"there are more than {MOST_ENTRIES:,} files and folders below it",
                hint="point data.path to the folder of the table alone",
                location=Location(str(folder)),
            )
        yield from (Path(place, name) for name in files)


def _as_regex(pattern: str) -> re.Pattern[str]:
    """Return what the paths below a folder match that a pattern with ** names."""
    parts = [
        "(?:[^/]+/)*" if part == "**" else fnmatch.translate(part).removesuffix(r"\Z") + "/"
        for part in Path(pattern).parts
    ]
    return re.compile("".join(parts).removesuffix("/"))


def _nearest_file(path: Path) -> str:
    """Return the next move for a path that does not exist."""
    folder = path.parent
    if not folder.is_dir():
        return f"the folder {folder} does not exist either; data.path is relative to the YAML file"
    names = [p.name for p in folder.iterdir() if not p.name.startswith(".")]
    near = difflib.get_close_matches(path.name, names, n=1)
    return f"did you mean {near[0]!r}?" if near else "data.path is relative to the YAML file"
