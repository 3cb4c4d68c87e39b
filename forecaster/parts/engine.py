"""Where blocks of series are forecast: in this process, or in actors of Ray."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from typing import cast

from forecaster.errors import EnvironmentError_, TrainingError
from forecaster.parts.block import BlockForecaster, BlockSetup
from forecaster.runs.forecast_parts import BlockFacts, ForecastParts
from forecaster.search.ray_engine import EngineName, RayEngine
from forecaster.search.workers import WorkFailed
from forecaster.system import processors

WORK = "forecaster.parts.block"
# An actor of Ray forecasts as many blocks as there are; onnxruntime leaks nothing.
BLOCKS_EACH = 1_000_000


def finished(
    setup: BlockSetup,
    output: ForecastParts,
    blocks: Sequence[int],
    *,
    engine: EngineName,
    workers: int | None = None,
) -> Iterator[tuple[int, BlockFacts]]:
    """Yield each block with what became of it, as they are finished.

    Args:
        setup: What all blocks have in common.
        output: Where their rows are, and where their parts go.
        blocks: The blocks.
        engine: Where they are forecast.
        workers: The number of actors; None is one per processor.

    Raises:
        EnvironmentError_: When the disk is full, or a worker is lost again and again.
        TrainingError: When a block cannot be forecast for another reason.
    """
    if engine == "local":
        forecaster = BlockForecaster(setup)
        for block in blocks:
            yield block, forecaster.write(output.rows(block), output.part(block), output.done(block))
        return
    size = min(workers or processors(), len(blocks))
    actors = RayEngine(WORK, asdict(setup), size=size, threads=1, tasks_each=BLOCKS_EACH)

    def work(block: int) -> BlockFacts:
        paths = {"rows": output.rows(block), "part": output.part(block), "done": output.done(block)}
        task = {name: str(path.resolve()) for name, path in paths.items()}
        return cast("BlockFacts", actors.run(task, lambda progress: None))

    with contextlib.ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(size))
        # Called first: the threads of the pool end once the engine has.
        stack.callback(actors.stop)
        waiting = {pool.submit(work, block): block for block in blocks}
        stack.callback(lambda: [future.cancel() for future in waiting])
        for future in as_completed(waiting):
            try:
                yield waiting[future], future.result()
            except WorkFailed as failure:
                raise _failed(failure, output) from None


def _failed(failure: WorkFailed, output: ForecastParts) -> TrainingError | EnvironmentError_:
    """Return the error of a block that could not be forecast."""
    kept = "the same command goes on from the parts that are written"
    if "was lost" in str(failure):
        return EnvironmentError_(
            f"{output.output}: a block was not forecast: {failure}",
            hint=f"{kept}; where memory is short, use fewer --workers",
        )
    return TrainingError(f"{output.output}: a block was not forecast: {failure}", hint=kept)
