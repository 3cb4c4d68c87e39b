"""The formats of table files: the one place that knows which class reads which ending."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Protocol

from forecaster.data.reading.arrow_file import ArrowFile
from forecaster.data.reading.csv_file import CsvFile
from forecaster.data.reading.excel_file import ExcelFile
from forecaster.data.reading.json_file import JsonFile
from forecaster.data.reading.parquet_file import ParquetFile
from forecaster.data.reading.problems import TableFile
from forecaster.data.spec import CsvSpec
from forecaster.text import joined


class Format(TableFile, Protocol):
    """A class that reads the files of one format.

    Attributes:
        label: What messages call the format.
        endings: How its files' names end, in lower case.
        apart: Endings among them of files that a folder may hold besides its table, such as notes.
    """

    label: ClassVar[str]
    endings: ClassVar[tuple[str, ...]]
    apart: ClassVar[tuple[str, ...]]

    def __init__(
        self, path: Path, csv: CsvSpec, text_columns: Sequence[str] = (), sheet: str | None = None
    ) -> None:
        """Open a file and read its header.

        Args:
            path: The file.
            csv: How text is written, for formats that hold nothing but text.
            text_columns: Columns that may come as dictionary-encoded text, for formats that can do that.
            sheet: The sheet, for formats whose files hold several tables; None for the only one.

        Raises:
            DataError: The file cannot be read, or is not of this format.
        """
        ...


FORMATS: tuple[type[Format], ...] = (CsvFile, ParquetFile, ArrowFile, JsonFile, ExcelFile)
# How files begin, for those whose names do not say what they hold.
_BEGINNINGS = (
    (b"PAR1", ".parquet"),
    (b"ARROW1", ".arrow"),
    (b"\xff\xff\xff\xff", ".arrow"),
    (b"\x1f\x8b", ".csv.gz"),
    (b"BZh", ".csv.bz2"),
    (b"\xfd7zXZ\x00", ".csv.xz"),
    (b"\x28\xb5\x2f\xfd", ".csv.zst"),
)


def format_of(path: Path) -> type[Format] | None:
    """Return the class that reads a file, by the ending of its name; None where there is none."""
    return next((f for f in FORMATS if path.name.lower().endswith(f.endings)), None)


def sniffed_ending(path: Path) -> str:
    """Return the ending that a file should have, by how it begins; that of CSV where nothing tells."""
    with path.open("rb") as file:
        head = file.read(64)
    for beginning, ending in _BEGINNINGS:
        if head.startswith(beginning):
            return ending
    if head.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(path) as archive:
                return ".xlsx" if "[Content_Types].xml" in archive.namelist() else ".zip"
        except zipfile.BadZipFile:
            return ".zip"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return ".jsonl" if text.startswith((b"{", b"[{", b"[\n", b"[\r", b"[ ")) else ".csv"


def format_in_folder(path: Path) -> type[Format] | None:
    """Return `format_of` a file that is part of the table which its folder is."""
    found = format_of(path)
    return None if found is None or path.name.lower().endswith(found.apart) else found


def labels(formats: Sequence[type[Format]]) -> str:
    """Name formats as a sentence does: "CSV, Parquet or Arrow"."""
    return joined([f.label for f in formats], word="or")
