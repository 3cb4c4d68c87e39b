"""Tables that are no files of this machine: copies of them, kept in the cache, and the rows of queries."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from forecaster.data.reading.arrow_table import ArrowTable
from forecaster.data.reading.copies import Kept, disk_errors, write_parts
from forecaster.data.reading.formats import format_in_folder, format_of, sniffed_ending
from forecaster.errors import DataError, EnvironmentError_, ForecasterError, UsageError
from forecaster.remote.address import HTTP, STDIO, TableAddress, is_address, masked

STDIN_NAME = "<stdin>"
# A download that goes on beyond this is no table that is worth a forecast, or none that should be fetched every night.
MOST_BYTES = 32 << 30
_CHUNK = 1 << 20


class Elsewhere:
    """A table that is fetched when it is read first.

    Attributes:
        written: What was written for it: an address, which may hold a password, `env:NAME` or `-`.
        name: What messages call it; it holds nothing that is secret.
        sql: The query, where it lies in a database.
    """

    def __init__(
        self, written: str, *, sql: str | None = None, order: tuple[str, ...] = (), base: Path | None = None
    ) -> None:
        """Take an address.

        Args:
            written: As `is_elsewhere` takes it.
            sql: The query, for an address that is a database.
            order: The columns by which the rows of the query are sorted.
            base: The folder of a relative path that `env:NAME` stands for; None is the working directory.
        """
        self.written, self.sql, self._order, self._base = written, sql, order, base or Path()
        self.name = STDIN_NAME if written == STDIO else masked(written)

    def __str__(self) -> str:
        return self.name

    @cached_property
    def address(self) -> TableAddress | None:
        """Where it lies; None for stdin.

        Raises:
            UsageError: Nothing reads such an address, or the variable is not set.
        """
        return None if self.written == STDIO else TableAddress.of(self.written)

    @cached_property
    def local(self) -> Path | ArrowTable:
        """The copy of the file or of the folder, or the rows of the query.

        Raises:
            UsageError: As for `address`.
            DataError: There is no such table, or it may not be read.
            EnvironmentError_: It cannot be reached, or the copy cannot be written.
        """
        address = self.address
        if address is None:
            return self._from_stdin()
        if not address.scheme:
            return self._base / address.text
        if address.is_database:
            return self._from_database(address)
        return self._from_http(address) if address.scheme in HTTP else self._from_store(address)

    @contextlib.contextmanager
    def spoken_of(self) -> Iterator[None]:
        """Let errors of the block speak of the address, not of its copy."""
        try:
            yield
        except ForecasterError as error:
            if isinstance(self.__dict__.get("local"), Path):
                copy = str(self.local)
                error.diagnostics = [
                    replace(
                        d,
                        summary=d.summary.replace(copy, self.name),
                        hint=d.hint and d.hint.replace(copy, self.name),
                        location=d.location
                        and replace(d.location, file=d.location.file.replace(copy, self.name)),
                    )
                    for d in error.diagnostics
                ]
            raise

    def _from_database(self, address: TableAddress) -> ArrowTable:
        from forecaster.remote.database import query

        if self.sql is None:
            raise UsageError(
                f"{self.name}: is a database, and there is no query of it",
                hint="train with data.sql and data.connection, or name a file",
            )
        table = query(address, self.sql)
        by = [(name, "ascending") for name in self._order if table.column_names.count(name) == 1]
        # A database returns rows in any order, and the fingerprint of a table is that of its rows in theirs.
        return ArrowTable(table.sort_by(by) if by else table, name=self.name)

    def _from_stdin(self) -> Path:
        if sys.stdin is None or sys.stdin.isatty():
            raise UsageError(
                f"{STDIO}: stdin is a terminal",
                hint="send a table into it, as in: cat newer.csv | forecaster predict RUN --data -",
            )
        folder = self._scratch()
        body = folder / "body"
        write_parts(body, iter(lambda: sys.stdin.buffer.read(_CHUNK), b""))
        return body.rename(folder / f"stdin{sniffed_ending(body)}")

    def _from_http(self, address: TableAddress) -> Path:
        from forecaster.remote.http import request

        kept = Kept(address.text)
        answer = request(address, kept.validators if kept.copy else {}, most=MOST_BYTES)
        if answer is None and kept.copy is not None:
            return kept.copy
        if answer is None:
            raise EnvironmentError_(f"{self.name}: the server answers with no file", hint="try again later")
        folder = self._new(kept)
        body = folder / "body"
        write_parts(body, answer.parts)
        name = address.base_name
        if answer.packed and not name.lower().endswith(".gz"):
            name += ".gz"
        if not name or format_of(Path(name)) is None:
            name = f"table{sniffed_ending(body)}"
        body.rename(folder / name)
        return kept.keep(folder, name, answer.validators) if kept.root is not None else folder / name

    def _from_store(self, address: TableAddress) -> Path:
        from forecaster.remote.objects import Store

        store = Store(address)
        items = store.items()
        single = len(items) == 1 and items[0].path == store.path
        if not single:
            items = [item for item in items if format_in_folder(Path(item.relative)) is not None]
        if not items:
            raise DataError(f"{self.name}: there is no table below it", hint="check the address")
        if sum(item.size for item in items) > MOST_BYTES:
            raise DataError(
                f"{self.name}: is larger than {MOST_BYTES >> 20:,} MiB",
                hint="copy it to a disk, or use a part of it",
            )
        kept = Kept(address.text)
        validators = {item.relative: f"{item.size} {item.changed}" for item in items}
        if kept.copy is not None and kept.validators == validators:
            return kept.copy
        folder = self._new(kept)
        top = folder / "table"
        for item in items:
            target = top / item.relative
            if top.resolve() not in target.resolve().parents:
                raise DataError(f"{self.name}: holds the name {item.relative!r}", hint="rename the object")
            target.parent.mkdir(parents=True, exist_ok=True)
            write_parts(target, store.parts(item))
        name = "table"
        if single:
            file = top / items[0].relative
            name = f"table/{file.name}"
            if format_of(file) is None:
                name = f"table/table{sniffed_ending(file)}"
                file.rename(folder / name)
        return kept.keep(folder, name, validators) if kept.root is not None else folder / name

    def _new(self, kept: Kept) -> Path:
        """Return a new folder for a copy: in the cache, or, where nothing is kept, as long as this object is."""
        if kept.root is None:
            return self._scratch()
        with disk_errors(kept.root):
            kept.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            return Path(tempfile.mkdtemp(prefix=".new-", dir=kept.root))

    def _scratch(self) -> Path:
        with disk_errors(Path(tempfile.gettempdir())):
            folder = Path(tempfile.mkdtemp(prefix="forecaster-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return folder


def is_elsewhere(data: Any) -> bool:
    """Return whether data names a table that is no file: an address, `env:NAME` or `-`."""
    return isinstance(data, str) and (data == STDIO or is_address(data))
