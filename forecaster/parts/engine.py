"""Where blocks of series are forecast: in this process, or in actors of Ray."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from typing import Protocol, cast

from forecaster.errors import EnvironmentError_, TrainingError
from forecaster.parts.block import BlockForecaster, BlockSetup
from forecaster.runs.forecast_parts import BlockFacts, ForecastParts
from forecaster.search.ray_engine import EngineName, RayEngine
from forecaster.search.workers import WorkFailed
from forecaster.system import processors

WORK = "forecaster.parts.block"
# An actor of Ray forecasts as many blocks as there are; onnxruntime leaks nothing.
BLOCKS_EACH = 1_000_000


class BlockEngine(Protocol):
    """Forecasts blocks."""

    def finished(self, output: ForecastParts, blocks: Sequence[int]) -> Iterator[tuple[int, BlockFacts]]:
        """Yield each block with what became of it, as they are finished.

        Args:
            output: Where their rows are, and where their parts go.
            blocks: The blocks.

        Raises:
            EnvironmentError_: When the disk is full, or a worker is lost again and again.
            TrainingError: When a block cannot be forecast for another reason.
        """


class InProcess:
    """Forecasts one block after the other in this process.

    Args:
        setup: What all blocks have in common.
    """

    def __init__(self, setup: BlockSetup) -> None:
        self.setup = setup

    def finished(self, output: ForecastParts, blocks: Sequence[int]) -> Iterator[tuple[int, BlockFacts]]:
        """Yield each block with what became of it; see `BlockEngine`."""
        forecaster = BlockForecaster(self.setup)
        for block in blocks:
            yield block, forecaster.write(output.rows(block), output.part(block), output.done(block))


class OnRay:
    """Forecasts blocks in actors of Ray.

    Args:
        actors: The actors, which call `block.run`.
        size: The largest number of actors.
    """

    def __init__(self, actors: RayEngine, size: int) -> None:
        self.actors, self.size = actors, size

    def finished(self, output: ForecastParts, blocks: Sequence[int]) -> Iterator[tuple[int, BlockFacts]]:
        """Yield each block with what became of it, as they are finished; see `BlockEngine`."""

        def work(block: int) -> BlockFacts:
            paths = {"rows": output.rows(block), "part": output.part(block), "done": output.done(block)}
            task = {name: str(path.resolve()) for name, path in paths.items()}
            return cast("BlockFacts", self.actors.run(task, lambda progress: None))

        with contextlib.ExitStack() as stack:
            pool = stack.enter_context(ThreadPoolExecutor(min(self.size, len(blocks))))
            # Called first: the threads of the pool end once the actors have.
            stack.callback(self.actors.stop)
            waiting = {pool.submit(work, block): block for block in blocks}
            stack.callback(lambda: [future.cancel() for future in waiting])
            for future in as_completed(waiting):
                try:
                    yield waiting[future], future.result()
                except WorkFailed as failure:
                    raise _failed(failure, output) from None


@contextlib.contextmanager
def block_engine(
    setup: BlockSetup, engine: EngineName, *, workers: int | None, n_blocks: int
) -> Iterator[BlockEngine]:
    """Start what forecasts blocks, and end it with the block.

    Args:
        setup: What all blocks have in common.
        engine: Where they are forecast.
        workers: The number of actors; None is one per processor.
        n_blocks: The least number of blocks that there will be; so many actors start at once.
    """
    if engine == "local":
        yield InProcess(setup)
        return
    size = workers or processors()
    actors = RayEngine(WORK, asdict(setup), size=size, threads=1, tasks_each=BLOCKS_EACH)
    try:
        # They read the run while this process cuts the table.
        actors.start(min(size, n_blocks))
        yield OnRay(actors, size)
    finally:
        actors.stop()


def _failed(failure: WorkFailed, output: ForecastParts) -> TrainingError | EnvironmentError_:
    """Return the error of a block that could not be forecast."""
    kept = "the same command goes on from the parts that are written"
    if "was lost" in str(failure):
        return EnvironmentError_(
            f"{output.output}: a block was not forecast: {failure}",
            hint=f"{kept}; where memory is short, use fewer --workers",
        )
    return TrainingError(f"{output.output}: a block was not forecast: {failure}", hint=kept)
