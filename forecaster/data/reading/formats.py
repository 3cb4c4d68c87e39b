"""The formats of table files: the one place that knows which class reads which ending."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Protocol

from forecaster.data.reading.arrow_file import ArrowFile
from forecaster.data.reading.csv_file import CsvFile
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

    def __init__(self, path: Path, csv: CsvSpec, text_columns: Sequence[str] = ()) -> None:
        """Open a file and read its header.

        Args:
            path: The file.
            csv: How text is written, for formats that hold nothing but text.
            text_columns: Columns that may come as dictionary-encoded text, for formats that can do that.

        Raises:
            DataError: The file cannot be read, or is not of this format.
        """
        ...


FORMATS: tuple[type[Format], ...] = (CsvFile, ParquetFile, ArrowFile)


def format_of(path: Path) -> type[Format] | None:
    """Return the class that reads a file, by the ending of its name; None where there is none."""
    return next((f for f in FORMATS if path.name.lower().endswith(f.endings)), None)


def format_in_folder(path: Path) -> type[Format] | None:
    """Return `format_of` a file that is part of the table which its folder is."""
    found = format_of(path)
    return None if found is None or path.name.lower().endswith(found.apart) else found


def labels(formats: Sequence[type[Format]]) -> str:
    """Name formats as a sentence does: "CSV, Parquet or Arrow"."""
    return joined([f.label for f in formats], word="or")
