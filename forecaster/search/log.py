"""The log of a search: append-only, with one checksummed line of JSON per event."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forecaster.errors import DataError, EnvironmentError_
from forecaster.runs.reading import read_file
from forecaster.system import sync_folder

Entry = dict[str, Any]
_DIGITS = 16


class TrialLog:
    """The log in trials.jsonl. In each line, `n` is its number from 0 and `sum` the SHA-256 of the rest of the line.

    A killed process may leave an incomplete last line, which is ignored and replaced by the next event.

    Attributes:
        path: The file.
        entries: The events, oldest first.

    Raises:
        DataError: When any other line is not as it was written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries, self._whole = _read(path)

    def append(self, event: str, **details: Any) -> Entry:
        """Write an event, and return once it is on the disk.

        Args:
            event: The name of the event.
            details: Further keys of the line; their values are plain data.

        Returns:
            The event as it was written, without its checksum.

        Raises:
            EnvironmentError_: When the file cannot be written.
        """
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        entry = {"n": len(self.entries), "time": now, "event": event, **details}
        line = _text({**entry, "sum": _sum(entry)}).encode() + b"\n"
        try:
            new = not self.path.exists()
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                if file.tell() > self._whole:
                    file.truncate(self._whole)
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            if new:
                sync_folder(self.path.parent)
        except OSError as error:
            raise EnvironmentError_(
                f"{self.path}: cannot be written: {error.strerror or error}",
                hint="make space and continue with --resume; nothing that was logged is lost",
            ) from error
        self._whole += len(line)
        self.entries.append(entry)
        return entry


def _read(path: Path) -> tuple[list[Entry], int]:
    """Return the events of a log, and the number of bytes that they take up."""
    content = b""
    if path.is_symlink() or path.exists():
        content = read_file(path.parent, path.name)
    entries: list[Entry] = []
    whole = 0
    lines = content.splitlines(keepends=True)
    for i, line in enumerate(lines):
        entry = _entry(line, expected=len(entries))
        if entry is None:
            if i == len(lines) - 1 and not line.endswith(b"\n"):
                break
            raise DataError(
                f"{path}:{i + 1}: is damaged: its checksum or its number does not match",
                hint="restore the file from a copy, or start over with --overwrite",
            )
        entries.append(entry)
        whole += len(line)
    return entries, whole


def _entry(line: bytes, *, expected: int) -> Entry | None:
    """Return the event of a line; None if the line is not exactly what was written."""
    try:
        entry = json.loads(line)
        if not isinstance(entry, dict) or not line.endswith(b"\n"):
            return None
        found = entry.pop("sum", None)
        return entry if found == _sum(entry) and entry.get("n") == expected else None
    except (ValueError, RecursionError):
        return None


def _text(entry: Entry) -> str:
    return json.dumps(entry, ensure_ascii=False, allow_nan=False)


def _sum(entry: Entry) -> str:
    return hashlib.sha256(_text(entry).encode()).hexdigest()[:_DIGITS]
