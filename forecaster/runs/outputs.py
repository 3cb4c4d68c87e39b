"""Where a table is written to: a file, an object of a store, or a table of a database."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.errors import UsageError
from forecaster.remote.address import HTTP, STDIO, TableAddress, is_address
from forecaster.runs.files import write_whole
from forecaster.runs.tables import check_ending, table_bytes

if TYPE_CHECKING:
    import pyarrow as pa

WORKBOOK = ".xlsx"


@dataclass(frozen=True)
class Output:
    """The place of a table that is written whole, or not at all.

    Attributes:
        path: The file, or the name of the object; its ending decides the format.
        address: The store or the database; None for a file.
        table: The table of the database; None where it is none.
    """

    path: Path
    address: TableAddress | None = None
    table: str | None = None

    @classmethod
    def of(cls, given: str | os.PathLike[str] | None, table: str | None = None) -> Output | None:
        """Take --output and --table; None and `-` are stdout, which has no place.

        Raises:
            UsageError: Nothing can be written there, or the ending names no known format.
        """
        text = None if given is None else os.fspath(given)
        if text is None or text == STDIO:
            if table is not None:
                raise UsageError(f"--table {table}: needs a database", hint="name it with --output env:NAME")
            return None
        address = TableAddress.of(text) if is_address(text) else None
        if address is not None and not address.scheme:
            text, address = address.text, None
        output = cls(Path(text) if address is None else Path(address.base_name), address, table)
        output._check()
        return output

    def __str__(self) -> str:
        if self.address is None:
            return str(self.path)
        return self.address.name if self.table is None else f"{self.address.name}, table {self.table}"

    @property
    def is_database(self) -> bool:
        """Whether it is a table of a database."""
        return self.address is not None and self.address.is_database

    @property
    def native_times(self) -> bool:
        """Whether times are written as such, and not as text; SQLite has no type for them."""
        if self.address is not None and self.address.is_database:
            return self.address.scheme != "sqlite"
        return self.path.suffix.lower() == WORKBOOK

    def write(self, rows: pa.Table, *, key: Sequence[str] = ()) -> None:
        """Write a table.

        Args:
            rows: The table.
            key: The columns that name a row: rows of a database with the same values are replaced.

        Raises:
            UsageError: The table does not fit the format.
            DataError: The store or the database refuses it.
            EnvironmentError_: It cannot be written, or the store or the database is not reached.
        """
        if self.address is None:
            write_whole(self.path, table_bytes(rows, self.path))
        elif self.table is not None:
            from forecaster.remote.database import replace_rows

            replace_rows(self.address, self.table, rows, key)
        else:
            from forecaster.remote.objects import Store

            Store(self.address).write(table_bytes(rows, self.path))

    def only_a_file(self, what: str) -> Output:
        """Return the output. Raises UsageError where it is a database, to which only `predict` writes."""
        if self.is_database:
            raise UsageError(
                f"--output {self}: {what} writes files", hint="only predict writes to a database"
            )
        return self

    def _check(self) -> None:
        address = self.address
        if address is None or not address.is_database:
            if self.table is not None:
                raise UsageError(
                    f"--table {self.table}: {self.path} is no database", hint="leave out --table"
                )
            if address is not None and address.scheme in HTTP:
                raise UsageError(
                    f"--output {address.name}: nothing is written to {address.scheme}://",
                    hint="write to a file, to s3:// or to gs://",
                )
            check_ending(self.path)
            return
        if not address.name.startswith("env:"):
            raise UsageError(
                f"--output {address.name}: an address of a database may hold a password, which others see in a command",
                hint="put it into an environment variable, and write --output env:NAME",
            )
        if self.table is None:
            raise UsageError(f"--output {address.name}: is a database", hint="name its table with --table")
        from forecaster.remote.database import check_driver

        check_driver(address)
