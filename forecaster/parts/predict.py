"""Predict in parts: a table of any number of series, forecast a block of series at a time, here or on Ray.

The blocks depend on the table alone, so that the parts are the same bytes wherever and however often the work was
interrupted.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from forecaster.data.reading.files import table_files
from forecaster.data.reading.formats import format_of
from forecaster.data.reading.parquet_file import ParquetFile
from forecaster.data.reading.series_blocks import cut_blocks, index_series, spread
from forecaster.data.reading.sources import (
    TableSource,
    fetched,
    fingerprint,
    open_table,
    source_name,
    wanted_columns,
)
from forecaster.data.reading.times import typed_time
from forecaster.data.time_axis.expected import expected_position
from forecaster.errors import (
    DataError,
    Diagnostic,
    UsageError,
)
from forecaster.forecasting.fitted import time_axis_of
from forecaster.parts.block import BlockSetup
from forecaster.parts.engine import BlockEngine, block_engine
from forecaster.parts.remarks import absent_remarks, end_remarks, far_remarks, new_remarks
from forecaster.runs.files import disk_errors
from forecaster.runs.forecast_parts import BlockFacts, ForecastParts, Plan
from forecaster.search.ray_engine import EngineName, check_engine
from forecaster.stages.opened import OpenedRun
from forecaster.stages.start import check_clock

# Larger blocks take more memory, smaller ones more time: a forecast of a few series costs as much as of hundreds.
BLOCK_ROWS, BLOCK_SERIES = 1 << 20, 1 << 14


@dataclass(frozen=True)
class PartsOptions:
    """How a forecast in parts is made.

    Attributes:
        engine: "local" forecasts in this process, "ray" in actors of Ray.
        workers: The number of actors; None is one per processor.
        cutoff: See `predict.predict`.
        horizon: See `predict.predict`.
        strict: Whether series that are not forecast, missing or late are an error, once all others are forecast.
        expect_until: See `predict.predict`.
        native_times: Whether times are timestamps; if not, they are text.
        block_rows: The most rows of a block.
        block_series: The most series of a block.
    """

    engine: EngineName = "local"
    workers: int | None = None
    cutoff: str | None = None
    horizon: int | None = None
    strict: bool = False
    expect_until: str | None = None
    native_times: bool = False
    block_rows: int = BLOCK_ROWS
    block_series: int = BLOCK_SERIES


@dataclass(frozen=True)
class PredictedParts:
    """A forecast that is written in parts.

    Attributes:
        output: The folder, or the Parquet file.
        n_series: The number of series that are forecast.
        n_rows: The number of rows.
        n_errors: The number of series that are not forecast.
        errors: The file that says why, by id; None where every series is forecast.
        n_parts: The number of blocks.
        n_kept: How many of them an earlier, interrupted or equal call had forecast.
        notes: Remarks for the user.
    """

    output: Path
    n_series: int
    n_rows: int
    n_errors: int
    errors: Path | None
    n_parts: int
    n_kept: int
    notes: list[str] = field(default_factory=list)


def predict_parts(
    opened: OpenedRun,
    source: TableSource,
    output: ForecastParts,
    options: PartsOptions,
    *,
    on_block: Callable[[int, int], None] | None = None,
) -> PredictedParts:
    """Forecast one horizon for every series of a Parquet table, a block of series at a time.

    Every forecast is that of `predict` on the whole table, in the same order: by id, then target, then step.

    Args:
        opened: The run.
        source: A Parquet file or a folder of such files.
        output: The folder or the Parquet file to write.
        options: How to go about it.
        on_block: Takes the number of finished blocks and that of all blocks.

    Raises:
        UsageError: When an option does not fit, the table is no Parquet file, or the run has a single series.
        DataError: When the table cannot be read, no series can be forecast or, with strict, some are not. What is
            forecast is written first.
        RunTakenError: When another process writes the output.
        EnvironmentError_: When the disk is full, the extra ray is not installed, or workers are lost again and again.
    """
    check_engine(options.engine)
    opened.reaching(options.horizon)
    axis = time_axis_of(opened.run)
    check_clock(opened.spec.data, axis, cutoff=options.cutoff, expect_until=options.expect_until)
    expected = None
    if options.expect_until is not None:
        expected = expected_position(typed_time(options.expect_until, opened.spec.data), axis)
    files = _parquet_files(opened, source, options.engine)
    key = _key(opened, source, options)
    setup = BlockSetup(
        run=str(opened.run.path.resolve()),
        sha256=opened.run.sha256,
        id_column=opened.spec.data.id or "",
        files=tuple(file.name for file in files),
        table=source_name(source),
        cutoff=options.cutoff,
        horizon=options.horizon,
        native_times=options.native_times,
        threads=1 if options.engine == "ray" else None,
    )
    with output.claimed():
        found = output.complete(key)
        if found is None:
            n_rows = sum(file.n_rows or 0 for file in files)
            with block_engine(
                setup, options.engine, workers=options.workers, n_blocks=1 + n_rows // options.block_rows
            ) as engine:
                plan = output.plan(key) or _spread(opened, files, output, key, options)
                blocks, n_kept = _forecast(engine, output, plan.n_blocks, on_block)
            if not any(facts["series"] for facts in blocks):
                shutil.rmtree(output.work, ignore_errors=True)
                raise _nothing(blocks, source)
            output.finish(key, plan, blocks, id_column=setup.id_column)
        else:
            plan, blocks = found
            n_kept = len(blocks)
            shutil.rmtree(output.work, ignore_errors=True)
    remarks = [*plan.remarks, *end_remarks(blocks, axis, expected, has_cutoff=options.cutoff is not None)]
    return _result(output, blocks, n_kept, remarks, strict=options.strict)


def _parquet_files(opened: OpenedRun, source: TableSource, engine: str) -> list[Any]:
    """Return the opened files of the table. Raises UsageError unless it can be forecast in parts."""
    spec, name = opened.spec.data, source_name(source)
    local = fetched(source)
    alone = "name a file with --output"
    alone = alone if engine == "local" else f"leave out --engine, and {alone}"
    if not isinstance(local, Path) or any(format_of(f) is not ParquetFile for f in table_files(local)):
        raise UsageError(
            f"{name}: a forecast in parts is made from Parquet",
            hint=f"write the table as a .parquet file or as a folder of them, or {alone}",
        )
    if spec.id is None:
        raise UsageError(
            f"{opened.run.path}: has one series, and a forecast in parts is for many",
            hint=alone,
        )
    return open_table(spec, source)


def _key(opened: OpenedRun, source: TableSource, options: PartsOptions) -> dict[str, Any]:
    """Return everything that the bytes of the parts depend on."""
    kept = ("cutoff", "horizon", "native_times", "block_rows", "block_series")
    chosen = {name: value for name, value in asdict(options).items() if name in kept}
    return {"run": opened.run.sha256, "table": fingerprint(source), **chosen}


def _spread(
    opened: OpenedRun, files: Sequence[Any], output: ForecastParts, key: dict[str, Any], options: PartsOptions
) -> Plan:
    """Cut the table into blocks, and write the rows of each."""
    import pyarrow as pa

    output.begin()
    spec = opened.spec.data
    series = index_series(spec, files)
    bounds = cut_blocks(series.rows, most_rows=options.block_rows, most_series=options.block_series)
    if not bounds:
        raise DataError(f"{files[0].name}: the table has a header and no rows", hint="give it rows")
    with disk_errors(output.work):
        for block in range(len(bounds) - 1):
            output.rows(block).mkdir(parents=True, exist_ok=True)
        spread(spec, files, series, bounds[:-1], output.rows, columns=wanted_columns(spec))
    # The workers need the memory that Arrow would keep for another table.
    pa.default_memory_pool().release_unused()
    absent = absent_remarks(opened, series.names, files[0].name if len(files) == 1 else "the table")
    plan = Plan(bounds, absent)
    output.keep_plan(key, plan)
    return plan


def _forecast(
    engine: BlockEngine,
    output: ForecastParts,
    n_blocks: int,
    on_block: Callable[[int, int], None] | None,
) -> tuple[list[BlockFacts], int]:
    """Forecast the blocks that are not done, and return what became of all, and how many were done before."""
    found: dict[int, BlockFacts] = {}
    for block in range(n_blocks):
        done = output.facts(block)
        if done is not None:
            found[block] = done
    n_kept = len(found)
    left = [block for block in range(n_blocks) if block not in found]
    if left:
        for block, done in engine.finished(output, left):
            found[block] = done
            # The rows are of no more use, and take as much space as the table.
            shutil.rmtree(output.rows(block), ignore_errors=True)
            if on_block is not None:
                on_block(len(found), n_blocks)
    return [found[block] for block in range(n_blocks)], n_kept


def _nothing(blocks: Sequence[BlockFacts], source: TableSource) -> DataError:
    """Return the error for a table without a series that can be forecast."""
    errors = [pair for done in blocks for pair in done["errors"]]
    name, reason = errors[0]
    return DataError(
        f"{source_name(source)}: none of {len(errors):,} series can be forecast; {name!r}: {reason}"
    )


def _result(
    output: ForecastParts, blocks: Sequence[BlockFacts], n_kept: int, remarks: list[str], *, strict: bool
) -> PredictedParts:
    """Return the result. Raises DataError with strict, where a series is not forecast like all others."""
    n_errors = sum(len(facts["errors"]) for facts in blocks)
    if n_errors:
        total = n_errors + sum(facts["series"] for facts in blocks)
        remarks = [*remarks, f"{n_errors:,} of {total:,} series are not forecast; {output.errors} says why"]
    far = far_remarks(blocks)
    if strict and (remarks or far):
        hint = (
            "add their rows, or leave these series out of the table and, where the run knows them, refit it on that "
            f"table; all others are in {output.output}"
        )
        problems = [Diagnostic(remark, hint, path="--strict") for remark in remarks]
        look = f"look for values that are no measurements; all forecasts are in {output.output}"
        problems += [Diagnostic(remark, look, path="--strict") for remark in far]
        raise DataError("series are not forecast alike", diagnostics=problems)
    return PredictedParts(
        output.output,
        sum(facts["series"] for facts in blocks),
        sum(facts["rows"] for facts in blocks),
        n_errors,
        output.errors if n_errors else None,
        len(blocks),
        n_kept,
        [*remarks, *far, *new_remarks(blocks)],
    )
