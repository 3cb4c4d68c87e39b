"""Files in folders such as shop=north, whose names hold the values of columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from forecaster.data.reading.problems import Problems, TableFile
from forecaster.errors import Diagnostic, Location

if TYPE_CHECKING:
    import pyarrow as pa


class PartitionFile(TableFile):
    """A file with further columns, each of which holds one text in every row."""

    def __init__(self, file: TableFile, partition: Mapping[str, str | None]) -> None:
        """Add columns to a file. partition: the text of each, None where it has no value."""
        self.file, self.partition = file, partition
        self.name, self.n_rows = file.name, file.n_rows
        self.columns: list[str] = [*file.columns, *partition]

    def batches(self, names: list[str]) -> Iterator[list[pa.Array]]:
        """Yield the named columns, some rows at a time."""
        import pyarrow as pa

        held = [name for name in names if name not in self.partition]
        # A column of the file tells how many rows there are.
        for columns in self.file.batches(held or self.file.columns[:1]):
            of_file = dict(zip(held, columns, strict=False))
            n_rows = len(columns[0])
            yield [
                of_file[name]
                if name in of_file
                else pa.repeat(pa.scalar(self.partition[name], pa.string()), n_rows)
                for name in names
            ]

    def places(self, rows: list[int]) -> list[tuple[Location, str]]:
        """Return the places that the file itself names."""
        return self.file.places(rows)

    def header_fault(self) -> Diagnostic | None:
        """Return what is wrong with the header of the file itself."""
        return self.file.header_fault()

    def report_rows(self, problems: Problems, file: int) -> None:
        """Add the rows that no batch of the file could hold."""
        self.file.report_rows(problems, file)
