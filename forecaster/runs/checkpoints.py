"""Checkpoints of a training: the newest and the one before it, each with a checksum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forecaster.errors import DataError
from forecaster.runs.arrays import Arrays, load_arrays, save_arrays
from forecaster.runs.files import disk_errors
from forecaster.system import patiently

Fits = Callable[[Arrays, dict[str, Any]], str | None]
"""Returns why a checkpoint does not fit a training; None if it fits."""


@dataclass(frozen=True)
class FileCheckpoints:
    """The checkpoints of one member: a file that is replaced atomically, and the one that was there before.

    Attributes:
        path: The file of the newest checkpoint.
        notes: Takes a remark for each checkpoint that cannot be used.
    """

    path: Path
    notes: list[str] = field(default_factory=list, compare=False)

    @property
    def before(self) -> Path:
        """The file of the checkpoint before the newest one."""
        return self.path.with_name(f"{self.path.stem}.before{self.path.suffix}")

    def save(self, arrays: Arrays, progress: dict[str, Any]) -> None:
        """Write a checkpoint; the newest one so far becomes the one before it.

        Args:
            arrays: The weights and the state of the optimizer, by name.
            progress: How far the training is, as plain data.
        """
        # A process that is killed between the two steps leaves the one before, which training goes on from.
        if self.path.is_file():
            with disk_errors(self.path):
                patiently(lambda: self.path.replace(self.before))
        save_arrays(self.path, arrays, progress, checksum=True)

    def load(self, fits: Fits | None = None) -> tuple[Arrays, dict[str, Any]] | None:
        """Return the arrays and the progress of the newest checkpoint that is whole.

        Args:
            fits: Checks a checkpoint against the training; one that does not fit counts as damaged.

        Returns:
            None if there is none. Training then begins anew, which ends in the same bytes and takes longer.
        """
        found = [path for path in (self.path, self.before) if path.is_symlink() or path.exists()]
        lost: list[Path] = []
        for i, path in enumerate(found):
            try:
                arrays, progress = load_arrays(path, checksum=True)
            except DataError as error:
                why: str | None = error.diagnostics[0].summary.removeprefix(f"{path}: ")
            else:
                why = fits(arrays, progress) if fits is not None else None
                if why is None:
                    # Otherwise the next checkpoint would move it over the one that is whole.
                    for other in lost:
                        other.unlink()
                    return arrays, progress
            lost.append(path)
            then = (
                "the checkpoint before it is used" if i + 1 < len(found) else "this network is trained anew"
            )
            self.notes.append(f"{path}: is damaged ({why}); {then}")
        return None
