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

    def hint_at(self, line: int | None) -> str | None:
        """Return the next move of the file itself."""
        return self.file.hint_at(line)

    def report_rows(self, problems: Problems, file: int) -> None:
        """Add the rows that no batch of the file could hold."""
        self.file.report_rows(problems, file)


class RenamedFile(PartitionFile):
    """A file some of whose columns have other names."""

    def __init__(self, file: TableFile, names: Mapping[str, str]) -> None:
        """Rename columns of a file. names: the name of each in the file, by its new name."""
        super().__init__(file, {})
        self.names = names
        new = {old: name for name, old in names.items()}
        self.columns = [new.get(name, name) for name in file.columns]

    def batches(self, names: list[str]) -> Iterator[list[pa.Array]]:
        """Yield the named columns, some rows at a time."""
        return self.file.batches([self.names.get(name, name) for name in names])
