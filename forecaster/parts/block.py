"""The code of a worker: forecast one block of series, as `predict` forecasts a table, and write its part.

A series that cannot be forecast costs the others of its block nothing: the block is halved until it is alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecaster.data.reading.block_table import BlockTable
from forecaster.errors import DataError
from forecaster.pipeline.predict import Predicted, predict
from forecaster.runs.directory import RunDir
from forecaster.runs.files import write_json
from forecaster.runs.forecast_parts import BlockFacts
from forecaster.runs.tables import write_table
from forecaster.stages.graphs import with_engine
from forecaster.stages.learned import last_rows
from forecaster.stages.loaded import Loaded, fitted_of
from forecaster.stages.opened import OpenedRun, open_run

if TYPE_CHECKING:
    import pyarrow as pa

# The series of a block whose own reasons are looked for one by one, where all of them have too few rows.
MOST_ALONE = 50
NOT_ALONE = "too few rows up to the cutoff, or none near it"


@dataclass(frozen=True)
class BlockSetup:
    """What all blocks have in common, as plain values.

    Attributes:
        run: The run directory.
        sha256: The SHA-256 of its manifest.
        id_column: The column of ids.
        files: The names of the files of the table.
        table: What messages call the table.
        cutoff: See `predict`.
        horizon: See `predict`.
        native_times: See `predict`.
        threads: Threads of onnxruntime; None is one per core.
    """

    run: str
    sha256: str
    id_column: str
    files: tuple[str, ...]
    table: str
    cutoff: str | None = None
    horizon: int | None = None
    native_times: bool = False
    threads: int | None = None


@dataclass
class Forecasts:
    """What came of the series of a block.

    Attributes:
        tables: The forecasts, in the order of the ids.
        errors: The id of each series that is not forecast, and why.
        ends: The position of the last known row of each of `ids` on the time axis.
        ids: The series that are forecast.
        n_far: The number of series whose forecasts are far beyond all their values.
    """

    tables: list[pa.Table] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    n_far: int = 0


class BlockForecaster:
    """Forecasts blocks with a run that is read once.

    Args:
        setup: What all blocks have in common.
    """

    def __init__(self, setup: BlockSetup) -> None:
        self.setup = setup
        self.opened = open_run(RunDir(Path(setup.run)).opened(expect_sha256=setup.sha256))
        self.loaded = _loaded(self.opened, threads=setup.threads)
        self.trained = last_rows(self.opened.run, self.loaded.fitted.time_axis)

    def write(self, rows: Path, part: Path, done: Path) -> BlockFacts:
        """Forecast a block, and write its part and then what became of it.

        Args:
            rows: The folder of its rows.
            part: The Parquet file of its forecasts; none is written where no series is forecast.
            done: The file of what became of it.

        Raises:
            EnvironmentError_: A file cannot be written.
        """
        import pyarrow as pa

        setup = self.setup
        table = BlockTable.read(rows, setup.id_column, setup.files, setup.table)
        found = forecast_apart(table, table.ids(), self._predicted)
        n_rows = 0
        if found.tables:
            whole = pa.concat_tables(found.tables)
            n_rows = whole.num_rows
            write_table(whole, part)
        facts: BlockFacts = {
            "series": len(found.ids),
            "rows": n_rows,
            "bytes": part.stat().st_size if found.tables else 0,
            "older": sum(
                end < (self.trained.get(name) or end) for name, end in zip(found.ids, found.ends, strict=True)
            ),
            "new": sum(name not in self.trained for name in found.ids),
            "far": found.n_far,
            "ends": {str(position): n for position, n in sorted(Counter(found.ends).items())},
            "errors": sorted(found.errors),
        }
        write_json(done, facts)
        return facts

    def _predicted(self, table: BlockTable) -> Predicted:
        setup = self.setup
        return predict(
            self.opened,
            data=table,
            cutoff=setup.cutoff,
            horizon=setup.horizon,
            native_times=setup.native_times,
            loaded=self.loaded,
            is_part=True,
        )


def forecast_apart(
    table: BlockTable, ids: Sequence[str], predicted: Callable[[BlockTable], Predicted]
) -> Forecasts:
    """Forecast the series of a table, all that can be.

    Args:
        table: The rows.
        ids: Its ids, sorted.
        predicted: Forecasts a table, and raises DataError where it cannot.
    """
    out = Forecasts()
    for group, answer in _halved(table, ids, predicted):
        if isinstance(answer, DataError):
            out.errors.append((group[0], _reason(answer)))
            continue
        assert answer.ends is not None
        out.tables.append(answer.table)
        out.ends += answer.ends.tolist()
        out.ids += answer.ids
        out.n_far += 0 if answer.far is None else len(answer.far)
        left = sorted(set(group).difference(answer.ids))
        out.errors += _reasons(table, left, predicted)
    return out


def _halved(
    table: BlockTable, ids: Sequence[str], predicted: Callable[[BlockTable], Predicted]
) -> Iterator[tuple[Sequence[str], Predicted | DataError]]:
    """Yield groups of series in order, each with its forecast or, of a series alone, with its error."""
    try:
        answer: Predicted | DataError = predicted(table)
    except DataError as error:
        answer = error
    if not isinstance(answer, DataError) or len(ids) == 1:
        yield ids, answer
        return
    half = len(ids) // 2
    for part in (ids[:half], ids[half:]):
        yield from _halved(table.only(part), part, predicted)


def _reasons(
    table: BlockTable, ids: Sequence[str], predicted: Callable[[BlockTable], Predicted]
) -> list[tuple[str, str]]:
    """Return why each of these series, which a forecast left out, is not forecast."""
    found = []
    for name in ids[:MOST_ALONE]:
        [(_, answer)] = _halved(table.only([name]), [name], predicted)
        found.append((name, _reason(answer) if isinstance(answer, DataError) else NOT_ALONE))
    return found + [(name, NOT_ALONE) for name in ids[MOST_ALONE:]]


def _reason(error: DataError) -> str:
    return "; ".join(str(diagnostic) for diagnostic in error.diagnostics)


def _loaded(opened: OpenedRun, *, threads: int | None) -> Loaded:
    # Ends of the training are compared with the whole table, not with each block.
    return Loaded(opened, with_engine(fitted_of(opened), opened.spec.runtime, threads=threads), {})


class _Kept:
    forecaster: BlockForecaster | None = None


def start(setup: dict[str, Any]) -> None:
    """Read the run before the first block; see `search.workers.Engine`.

    Args:
        setup: The attributes of `BlockSetup`.
    """
    _Kept.forecaster = BlockForecaster(BlockSetup(**{**setup, "files": tuple(setup["files"])}))


def run(task: dict[str, Any], report: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Forecast a block.

    Args:
        task: The keys rows, part and done: the paths of `BlockForecaster.write`.
        report: Takes nothing.

    Returns:
        What became of the block.
    """
    assert _Kept.forecaster is not None
    return dict(_Kept.forecaster.write(Path(task["rows"]), Path(task["part"]), Path(task["done"])))
