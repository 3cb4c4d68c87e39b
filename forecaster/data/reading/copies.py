"""Copies of tables that lie elsewhere, in the cache: a table that has not changed is not fetched again.

A copy is a folder that appears whole or not at all, and is used only if it has the checksum that it was kept with.
Another version of the table is another copy, so that a process that reads the one before is not disturbed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from forecaster.data.arrays import SCRATCH, WHERE, cache_folder
from forecaster.data.reading.entries import put, tidy
from forecaster.errors import EnvironmentError_

_CHUNK = 1 << 20


class Kept:
    """The copy of an address in the cache.

    Attributes:
        root: The folder of all copies; None where nothing is kept. Beside it lies a file for each address, which says
            which copy is that of the address.
        copy: The file or the folder; None where there is none, or it is damaged.
        validators: What tells its version from others.
    """

    def __init__(self, text: str) -> None:
        cache = cache_folder()
        self.root = None if cache is None else cache / "remote" / "copies"
        # The address itself may hold a password, which no file should.
        self._name = hashlib.sha256(text.encode()).hexdigest()[:32]
        self.copy: Path | None = None
        self.validators: dict[str, str] = {}
        if self.root is not None:
            self._read(self.root)

    def keep(self, folder: Path, name: str, validators: dict[str, str]) -> Path:
        """Give a finished copy its place, remember it, and return it."""
        assert self.root is not None
        with disk_errors(self.root):
            measured = _measure(folder / name)
            place = self.root / f"{self._name}-{measured[:16]}"
            if _measured(place / name) == measured:
                # The same bytes, which another process may be reading.
                shutil.rmtree(folder, ignore_errors=True)
            else:
                put(folder, place)
            facts = {"copy": place.name, "name": name, "sha256": measured, "validators": validators}
            file = tempfile.NamedTemporaryFile(  # noqa: SIM115
                "w", dir=self.root.parent, prefix=SCRATCH, delete=False, encoding="utf-8"
            )
            with file:
                json.dump(facts, file)
            Path(file.name).replace(self.root.parent / f"{self._name}.json")
            tidy(place)
        return place / name

    def _read(self, root: Path) -> None:
        try:
            facts = json.loads((root.parent / f"{self._name}.json").read_bytes())
            copy = root / facts["copy"] / facts["name"]
            if _measured(copy) != facts["sha256"]:
                return
            os.utime(root / facts["copy"])
            self.copy, self.validators = copy, dict(facts["validators"])
        except (OSError, ValueError, KeyError, TypeError):
            # Nothing is kept yet, or it is damaged: it is fetched again.
            return


def _measured(path: Path) -> str | None:
    """Return the sha256 of a file or a folder; None where there is none."""
    return _measure(path) if path.exists() else None


def _measure(path: Path) -> str:
    """Return the sha256, in hex, of a file, or of the names and bytes of a folder's files."""
    digest = hashlib.sha256()
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    for file in files:
        digest.update(f"{file.relative_to(path).as_posix()}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as handle:
            while part := handle.read(_CHUNK):
                digest.update(part)
    return digest.hexdigest()


def write_parts(path: Path, parts: Iterable[bytes]) -> None:
    """Write what is fetched. What is partly written lies in a folder that is no copy yet."""
    with disk_errors(path.parent):
        handle: IO[bytes] = path.open("xb")
    with handle:
        for part in parts:
            with disk_errors(path.parent):
                handle.write(part)
        with disk_errors(path.parent):
            handle.flush()
            os.fsync(handle.fileno())


@contextlib.contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EnvironmentError_(
            f"{folder}: what is fetched cannot be written there: {error.strerror or error}",
            hint=f"make space, or set {WHERE} to another folder",
        ) from error
