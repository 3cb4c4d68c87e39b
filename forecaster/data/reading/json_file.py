"""JSON: an object on every line, or one list of objects; an object is a row."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from forecaster.data.reading.compressed import plain_chunks
from forecaster.data.reading.problems import TableFile
from forecaster.data.reading.text_lines import LONGEST_LINE
from forecaster.data.spec import CsvSpec
from forecaster.errors import DataError, Location

if TYPE_CHECKING:
    import pyarrow as pa

# Rows that are worked on together, and rows in which a column shows up that the first one lacks.
_ROWS, _FIRST = 1 << 16, 1_000
# A list is held in memory as a whole.
_MOST_OF_A_LIST = 256 << 20


class JsonFile(TableFile):
    """One JSON file. A key that a row lacks is an empty cell of it."""

    label: ClassVar[str] = "JSON"
    endings: ClassVar[tuple[str, ...]] = tuple(
        kind + how for kind in (".jsonl", ".ndjson", ".json") for how in ("", ".gz", ".bz2", ".xz", ".zst")
    )
    apart: ClassVar[tuple[str, ...]] = tuple(e for e in endings if e.startswith(".json") and "l" not in e)

    def __init__(
        self, path: Path, csv: CsvSpec, text_columns: Sequence[str] = (), sheet: str | None = None
    ) -> None:
        """Open the file and read its first rows; see `formats.Format`. Only `path` has a meaning here."""
        self.path, self.name = path, str(path)
        self.n_rows: int | None = None
        names: dict[str, None] = {}
        for n, (_, row) in enumerate(self._rows()):
            names.update(dict.fromkeys(row))
            if n >= _FIRST:
                break
        if not names:
            raise self._wrong("the file holds no rows", None, "give it an object for every row")
        self.columns: list[str] = list(names)

    def batches(self, names: list[str]) -> Iterator[list[pa.Array]]:
        """Yield the named columns, some rows at a time: numbers where all cells are, text otherwise."""
        block: list[dict[str, Any]] = []
        for line, row in self._rows():
            for name in names:
                if isinstance(row.get(name), dict | list):
                    raise self._wrong(
                        f"the value of {name!r} is a list or an object", line, "write one value in a cell"
                    )
            block.append(row)
            if len(block) == _ROWS:
                yield [_column([row.get(name) for row in block]) for name in names]
                block = []
        if block:
            yield [_column([row.get(name) for row in block]) for name in names]

    def _rows(self) -> Iterator[tuple[int | None, dict[str, Any]]]:
        """Yield every row with its line; a list has no lines of its own."""
        with plain_chunks(self.path) as chunks:
            first = next((chunk for chunk in chunks if chunk.strip()), b"").removeprefix(b"\xef\xbb\xbf")
            if first.lstrip().startswith(b"["):
                yield from self._of_list(first, chunks)
                return
            for number, line in self._lines(first, chunks):
                if line.strip():
                    yield number, self._row(self._read(line, number), number)

    def _lines(self, first: bytes, chunks: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
        number, rest = 1, first
        while True:
            *whole, rest = rest.split(b"\n")
            for line in whole:
                yield number, line
                number += 1
            if len(rest) > LONGEST_LINE:
                raise self._wrong("the line is longer than 4 MiB", number, "write an object on every line")
            chunk = next(chunks, b"")
            if not chunk:
                yield number, rest
                return
            rest += chunk

    def _of_list(self, first: bytes, chunks: Iterator[bytes]) -> Iterator[tuple[None, dict[str, Any]]]:
        parts, size = [first], len(first)
        for chunk in chunks:
            parts.append(chunk)
            size += len(chunk)
            if size > _MOST_OF_A_LIST:
                hint = "write an object on every line, without a list around them"
                raise self._wrong(f"the list is larger than {_MOST_OF_A_LIST >> 20} MiB", None, hint)
        found = self._read(b"".join(parts), None)
        for row in found:
            yield None, self._row(row, None)

    def _read(self, text: bytes, line: int | None) -> Any:
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            where = (
                f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) and line is None else ""
            )
            said = error.msg if isinstance(error, json.JSONDecodeError) else "it cannot be read"
            raise self._wrong(
                f"the text is not JSON: {said}{where}", line, "write an object on every line"
            ) from None

    def _row(self, found: Any, line: int | None) -> dict[str, Any]:
        if not isinstance(found, dict):
            raise self._wrong("a row is no object", line, 'write rows as {"time": "2024-01-31", "sold": 3}')
        return found

    def _wrong(self, summary: str, line: int | None, hint: str) -> DataError:
        return DataError(summary, hint=hint, location=Location(self.name, line))


def _column(cells: list[Any]) -> pa.Array:
    import pyarrow as pa

    held = {type(cell) for cell in cells if cell is not None}
    if held <= {int, float}:
        try:
            return pa.array(cells, pa.int64() if held == {int} else pa.float64())
        except (OverflowError, pa.ArrowInvalid):
            return pa.array([None if cell is None else float(cell) for cell in cells], pa.float64())
    if held == {bool}:
        return pa.array(cells, pa.bool_())
    return pa.array([None if cell is None else _text(cell) for cell in cells], pa.string())


def _text(cell: Any) -> str:
    text = cell if isinstance(cell, str) else json.dumps(cell)
    # Half of a pair of surrogates, which JSON can write and UTF-8 cannot.
    return text.encode("utf-8", "replace").decode()
