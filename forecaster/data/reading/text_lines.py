"""The text of a CSV file as utf-8, with lines that are no part of the table made blank.

A blank line is no row, and the lines after it keep their numbers.
"""

from __future__ import annotations

import codecs
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from forecaster.data.reading.compressed import plain_chunks
from forecaster.data.spec import CsvSpec
from forecaster.errors import DataError, Location

# A longer line is no row of a table, and would have to be held in memory as a whole.
LONGEST_LINE = 4 << 20
OTHER_ENCODINGS = "save it as utf-8, or set data.csv.encoding, perhaps to cp1252 or latin-1"
# What `init` looks at, at the most.
_MOST_SAMPLED = 64 << 20
_MARKS_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@contextmanager
def open_text(path: Path, csv: CsvSpec) -> Iterator[IO[bytes]]:
    """Open a CSV file, plain or compressed, as a stream of utf-8.

    Raises:
        DataError: The file cannot be read, is not text in data.csv.encoding, or has a line that is too long. The
            stream raises it too.
    """
    with plain_chunks(path) as chunks:
        text = _within_length(_utf8(chunks, path, csv), path)
        if _blanks(csv) and not _is_utf8(csv):
            text = blanked(text, csv)
        with io.BufferedReader(_Stream(text), 1 << 16) as stream:
            yield stream


def wrong_encoding(path: Path, csv: CsvSpec, line: int | None, hint: str = OTHER_ENCODINGS) -> DataError:
    """Return the error of a file whose text is not written in data.csv.encoding."""
    return DataError(f"the text is not {csv.encoding}", hint=hint, location=Location(str(path), line))


def _utf8(chunks: Iterator[bytes], path: Path, csv: CsvSpec) -> Iterator[bytes]:
    """Yield the text as utf-8."""
    codec = codecs.lookup(csv.encoding).name
    plain = _is_utf8(csv)
    decoder = codecs.getincrementaldecoder("utf-8" if plain else codec)()
    first, lines = next(chunks, b""), 1
    if first.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)) and not codec.startswith("utf-32"):
        raise wrong_encoding(path, csv, None, "set data.csv.encoding: utf-32")
    if first.startswith(_MARKS_16) and not codec.startswith(("utf-16", "utf-32")):
        raise wrong_encoding(path, csv, None, "set data.csv.encoding: utf-16")
    text_of = _chained(first, chunks)
    if plain and _blanks(csv):
        # Titles are often written in another encoding than the rows.
        text_of = _chained(b"", blanked(_within_length(text_of, path), csv))
    for chunk in text_of:
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeError as error:
            good = error.object[: error.start] if isinstance(error, UnicodeDecodeError) else b""
            lines += good.decode(codec, errors="replace").count("\n")
            raise wrong_encoding(path, csv, lines) from None
        # Text that is utf-8 already is only checked: the parser skips columns that are not used.
        data = chunk if plain else text.encode("utf-8", errors="surrogatepass")
        lines += data.count(b"\n")
        yield data


def _blanks(csv: CsvSpec) -> bool:
    return bool(csv.skip_rows or csv.comment is not None or csv.skip_footer)


def _is_utf8(csv: CsvSpec) -> bool:
    return codecs.lookup(csv.encoding).name in ("utf-8", "utf-8-sig")


def first_lines(chunks: Iterator[bytes], n_lines: int, path: Path) -> bytes:
    """Return the first lines of a text in whatever encoding. Raises DataError for a line that is too long."""
    head = bytearray()
    for chunk in _within_length(chunks, path):
        head += chunk
        if head.count(b"\n") >= n_lines or len(head) > _MOST_SAMPLED:
            break
    return b"".join(bytes(head).splitlines(keepends=True)[:n_lines])


def _chained(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
    # Tells the decoder that nothing follows a character that is cut short.
    yield b""


def _within_length(chunks: Iterator[bytes], path: Path) -> Iterator[bytes]:
    """Yield the text. Raises DataError for a line that is too long."""
    length, lines = 0, 1
    for chunk in chunks:
        end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        length = len(chunk) - end - 1 if end >= 0 else length + len(chunk)
        lines += chunk.count(b"\n") or chunk.count(b"\r")
        if length > LONGEST_LINE:
            raise DataError(
                f"the line is longer than {LONGEST_LINE >> 20} MiB",
                hint="check the ends of the lines, and that the file is a table",
                location=Location(str(path), lines),
            )
        yield chunk


def blanked(chunks: Iterable[bytes], csv: CsvSpec) -> Iterator[bytes]:
    """Yield the lines; those that `csv` leaves out without their text."""
    first = csv.skip_rows if isinstance(csv.skip_rows, int) else 0
    chosen = set() if isinstance(csv.skip_rows, int) else set(csv.skip_rows)
    mark = None if csv.comment is None else csv.comment.encode()
    held: deque[bytes] = deque()
    n_held, in_quotes = 0, False
    for number, line in enumerate(_lines(chunks), start=1):
        left_out = number <= first or number in chosen
        if not in_quotes and mark is not None:
            left_out |= line.removeprefix(codecs.BOM_UTF8).lstrip().startswith(mark)
        if left_out:
            line = _end_of(line)
        in_quotes ^= bool(line.count(b'"') % 2)
        held.append(line)
        n_held += bool(line.strip())
        while n_held > csv.skip_footer:
            out = held.popleft()
            n_held -= bool(out.strip())
            yield out
    yield from (_end_of(line) for line in held)


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield lines with their ends, whichever of the three they have."""
    rest = b""
    for chunk in chunks:
        lines = (rest + chunk).splitlines(keepends=True)
        # A last line may go on in the next chunk, and so may an end of two bytes.
        rest = lines.pop() if lines else b""
        yield from lines
    if rest:
        yield rest


def _end_of(line: bytes) -> bytes:
    found = re.search(rb"[\r\n]*\Z", line)
    return b"" if found is None else found[0]


class _Stream(io.RawIOBase):
    """A stream of the bytes that an iterator gives."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks, self._rest = chunks, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        n = min(len(buffer), len(self._rest))
        buffer[:n], self._rest = self._rest[:n], self._rest[n:]
        return n
