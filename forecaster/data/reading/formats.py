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
        in_folders: Whether a folder of its files is one table: its columns have types of their own.
    """

    label: ClassVar[str]
    endings: ClassVar[tuple[str, ...]]
    in_folders: ClassVar[bool]

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


def folder_formats() -> list[type[Format]]:
    """Return the formats of which a folder of files is one table."""
    return [f for f in FORMATS if f.in_folders]


def labels(formats: Sequence[type[Format]]) -> str:
    """Name formats as a sentence does: "CSV, Parquet or Arrow"."""
    return joined([f.label for f in formats], word="or")
