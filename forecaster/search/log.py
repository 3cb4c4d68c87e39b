"""The log of a search: append-only, one checksummed JSON line per event. It alone is the truth."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forecaster.errors import DataError, EnvironmentError_
from forecaster.system import sync_folder

Entry = dict[str, Any]
_DIGITS = 16


class TrialLog:
    """trials.jsonl: `n` counts the lines from 0, `sum` is the SHA-256 of the line without it.

    A kill may cut the last line short: such a line is no event, and the next append replaces it.
    Anything else that is not as it was written is damage, and raises DataError.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries, self._whole = _read(path)

    def append(self, event: str, **details: Any) -> Entry:
        """Write one event to the disk itself; it is there when this returns."""
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
                hint="make space; what was logged is kept, go on with --resume",
            ) from error
        self._whole += len(line)
        self.entries.append(entry)
        return entry


def _read(path: Path) -> tuple[list[Entry], int]:
    """The events, and the bytes that they take up."""
    content = path.read_bytes() if path.is_file() else b""
    entries: list[Entry] = []
    whole = 0
    lines = content.splitlines(keepends=True)
    for i, line in enumerate(lines):
        entry = _entry(line, expected=len(entries))
        if entry is None:
            if i == len(lines) - 1 and not line.endswith(b"\n"):
                break
            raise DataError(
                f"{path}:{i + 1}: is damaged: its checksum or its number is not what was written",
                hint="restore the file from a copy, or begin again with --overwrite",
            )
        entries.append(entry)
        whole += len(line)
    return entries, whole


def _entry(line: bytes, *, expected: int) -> Entry | None:
    """The event of a line, or None when it is not exactly what was written."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    if not isinstance(entry, dict) or not line.endswith(b"\n"):
        return None
    found = entry.pop("sum", None)
    return entry if found == _sum(entry) and entry.get("n") == expected else None


def _text(entry: Entry) -> str:
    return json.dumps(entry, ensure_ascii=False, allow_nan=False)


def _sum(entry: Entry) -> str:
    return hashlib.sha256(_text(entry).encode()).hexdigest()[:_DIGITS]
