"""A forecast that is written in parts: a folder of Parquet files, or one file that they become at the end.

What is done is on disk after every block, so that a killed process costs the blocks that it was working on.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from forecaster.errors import FORMAT_VERSION, RunTakenError, UsageError
from forecaster.runs.claim import lock_of
from forecaster.runs.files import disk_errors, write_json, write_text
from forecaster.runs.tables import ENDINGS, rows_csv

MARKER = "_forecast.json"
ERRORS = "_errors.csv"
FILE = ".parquet"
WORK, PLAN = ".work", "plan.json"


class BlockFacts(TypedDict):
    """What became of a block.

    Attributes:
        series: The number of series that are forecast.
        rows: The number of rows of its part.
        bytes: The size of its part; 0 where there is none.
        older: The number of series that end before the last row that the run has of them.
        new: The number of series that the training never saw.
        far: The number of series whose forecasts are far beyond all their values; earlier versions did not count them.
        ends: How many series have their last known row at each position of the time axis.
        errors: The id of each series that is not forecast, and why.
    """

    series: int
    rows: int
    bytes: int
    older: int
    new: int
    far: NotRequired[int]
    ends: dict[str, int]
    errors: list[tuple[str, str]]


@dataclass(frozen=True)
class Plan:
    """How a table is cut.

    Attributes:
        bounds: The first series of each block among the sorted ids, then the number of series.
        remarks: What only the whole table told.
    """

    bounds: list[int]
    remarks: list[str]

    @property
    def n_blocks(self) -> int:
        """The number of blocks."""
        return len(self.bounds) - 1


@dataclass(frozen=True)
class ForecastParts:
    """The place of a forecast in parts.

    Attributes:
        output: The folder, or the Parquet file.
        is_file: Whether it is a file.
    """

    output: Path
    is_file: bool

    @classmethod
    def of(cls, output: str | os.PathLike[str]) -> ForecastParts:
        """Take --output: a folder, or a file that ends in .parquet.

        Raises:
            UsageError: The ending is that of a format without parts, or a folder holds something else.
        """
        path = Path(output)
        ending = path.suffix.lower()
        if not path.is_dir() and ending in ENDINGS and ending != FILE:
            raise UsageError(
                f"--output {path}: a {ending} file cannot be written in parts",
                hint=f"name a folder, or a file that ends in {FILE}",
            )
        place = cls(path, ending == FILE and not path.is_dir())
        place._check()
        return place

    @property
    def work(self) -> Path:
        """The folder of what is not finished."""
        return self.output.with_name(f".{self.output.name}.work") if self.is_file else self.output / WORK

    @property
    def errors(self) -> Path:
        """The file of the series that are not forecast."""
        if self.is_file:
            return self.output.with_name(f"{self.output.stem}.errors.csv")
        return self.output / ERRORS

    def part(self, block: int) -> Path:
        """Return the Parquet file of a block."""
        folder = self.work / "parts" if self.is_file else self.output
        return folder / f"part-{block:05d}{FILE}"

    def rows(self, block: int) -> Path:
        """Return the folder of the rows of a block."""
        return self.work / "rows" / f"{block:05d}"

    def done(self, block: int) -> Path:
        """Return the file that says what became of a block, which is written after its part."""
        return self.work / "done" / f"{block:05d}.json"

    @contextlib.contextmanager
    def claimed(self) -> Iterator[None]:
        """Hold the place until the block ends. Raises RunTakenError when another process has it."""
        from filelock import Timeout

        with disk_errors(self.output):
            self.work.mkdir(parents=True, exist_ok=True)
            try:
                lock = lock_of(self.work).acquire()
            except Timeout:
                raise RunTakenError(
                    f"{self.output}: another process is writing it",
                    hint="wait for it, or name another --output",
                ) from None
        with lock:
            yield

    def plan(self, key: Mapping[str, Any]) -> Plan | None:
        """Return the plan of an interrupted forecast of the same key, or None."""
        found = _read(self.work / PLAN)
        if found is None or found["key"] != dict(key):
            return None
        plan = Plan(**found["plan"])
        # A part that somebody removed cannot be made again from rows that are gone.
        able = all(self.facts(block) or any(self.rows(block).glob("*")) for block in range(plan.n_blocks))
        return plan if able else None

    def complete(self, key: Mapping[str, Any]) -> tuple[Plan, list[BlockFacts]] | None:
        """Return the plan and the blocks of a complete forecast of the same key in the folder, or None."""
        found = None if self.is_file else _read(self.output / MARKER)
        if found is None or found["key"] != dict(key):
            return None
        blocks: list[BlockFacts] = found["blocks"]
        whole = all(self._is_whole(block, facts) for block, facts in enumerate(blocks))
        return (Plan(**found["plan"]), blocks) if whole else None

    def begin(self) -> None:
        """Remove an earlier forecast and whatever is left of one that was interrupted."""
        with disk_errors(self.output):
            if not self.is_file:
                for path in (self.output / MARKER, self.errors, *self._parts()):
                    path.unlink(missing_ok=True)
            for path in self.work.iterdir():
                if path.is_dir():
                    shutil.rmtree(path)
                elif path.name != ".lock":
                    path.unlink()
            for path in (self.work / "done", self.work / "rows", self.part(0).parent):
                path.mkdir(parents=True, exist_ok=True)

    def keep_plan(self, key: Mapping[str, Any], plan: Plan) -> None:
        """Write the plan, once the rows of all blocks are written."""
        write_json(self.work / PLAN, {"key": dict(key), "plan": asdict(plan)})

    def facts(self, block: int) -> BlockFacts | None:
        """Return what became of a block; None if it is still to forecast."""
        found: BlockFacts | None = _read(self.done(block))
        return found if found is not None and self._is_whole(block, found) else None

    def finish(
        self, key: Mapping[str, Any], plan: Plan, blocks: Sequence[BlockFacts], *, id_column: str
    ) -> None:
        """Write the file of errors and the marker or the one file, and remove what served the work.

        Args:
            key: What the forecast was made from.
            plan: The plan.
            blocks: What became of each block.
            id_column: The name of the column of ids.
        """
        errors = [{id_column: name, "error": text} for done in blocks for name, text in done["errors"]]
        if errors:
            write_text(self.errors, rows_csv(errors))
        else:
            with disk_errors(self.errors):
                self.errors.unlink(missing_ok=True)
        if self.is_file:
            self._join([self.part(block) for block, done in enumerate(blocks) if done["bytes"]])
        else:
            made = {"key": dict(key), "plan": asdict(plan), "blocks": list(blocks)}
            write_json(self.output / MARKER, {"format_version": FORMAT_VERSION, **made})
        shutil.rmtree(self.work, ignore_errors=True)

    def _join(self, parts: list[Path]) -> None:
        """Write the parts to the one file, a part at a time."""
        from pyarrow import parquet

        new = self.work / f"whole{FILE}"
        with disk_errors(self.output):
            schema = parquet.ParquetFile(parts[0]).schema_arrow
            with parquet.ParquetWriter(new, schema) as writer:
                for part in parts:
                    writer.write_table(parquet.ParquetFile(part).read().cast(schema))
            with new.open("rb+") as file:
                os.fsync(file.fileno())
            new.replace(self.output)

    def _is_whole(self, block: int, facts: BlockFacts) -> bool:
        """Whether the part of a block is there as it was written, which a full disk or a user may have undone."""
        part = self.part(block)
        return not facts["bytes"] or (part.is_file() and part.stat().st_size == facts["bytes"])

    def _parts(self) -> list[Path]:
        return sorted(self.output.glob(f"part-*{FILE}"))

    def _check(self) -> None:
        if self.is_file or not self.output.exists():
            return
        if not self.output.is_dir():
            raise UsageError(f"--output {self.output}: is a file", hint=f"name a folder, or a file in {FILE}")
        known = {MARKER, ERRORS, WORK, *(path.name for path in self._parts())}
        other = sorted(
            p.name for p in self.output.iterdir() if p.name not in known and not p.name.startswith(".")
        )
        if other:
            raise UsageError(
                f"--output {self.output}: the folder holds {other[0]!r}, which is no part of a forecast",
                hint="name an empty or a new folder",
            )


def in_parts(engine: str, output: str | None) -> bool:
    """Whether a forecast is made in parts: not by the local engine, or into a folder, as forecasts/."""
    return engine != "local" or (output is not None and output.endswith(("/", os.sep)))


def check_goes_with_parts(**given: Any) -> None:
    """Raise UsageError for an option that a forecast in parts does not have.

    Args:
        given: The value of each such option by its parameter; None is not given.
    """
    hints = {
        "future": "put the future covariates into rows of --data after the last target",
        "plot": "plot a few series with forecaster predict from a table of their rows",
        "series": "leave it out, or forecast a table of these series",
        "leave_out": "leave these series out of the table; where the run knows them, refit it on that table",
        "table": "write a folder or a .parquet file, and load that",
        "output": "use predict_to, which writes files and returns what is in them",
        "spreadsheet_safe": "leave it out; Parquet holds no formulas",
    }
    for name, value in given.items():
        if value is not None and value is not False:
            raise UsageError(
                f"--{name.replace('_', '-')}: a forecast in parts has no such option", hint=hints[name]
            )


def _read(path: Path) -> Any:
    """Return the JSON of a file that this module wrote; None if there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
