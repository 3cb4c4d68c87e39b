"""The order of windows in batches where each window continues the state of the one before it."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class BatchStreams:
    """The window in each row of each batch. A row, over all batches, is a stream."""

    order: Ints
    """(batches, streams), the index of a window; -1 where the stream has ended."""
    carry: npt.NDArray[np.float32]
    """(batches, streams), 1 where the window continues the state of the one before it, 0 where a series starts."""


def arrange_streams(
    series: npt.NDArray[np.int32], n_streams: int, *, seed: tuple[int, ...] | None = None
) -> BatchStreams:
    """Put every series in one stream, its windows in order; each next series goes to the shortest stream.

    Args:
        series: (windows,), the series of each window, sorted; the windows of a series oldest first.
        n_streams: Rows of every batch.
        seed: Shuffles the series; None keeps their order.
    """
    _, first, count = np.unique(series, return_index=True, return_counts=True)
    turn = np.arange(len(first)) if seed is None else np.random.default_rng(seed).permutation(len(first))
    queue = [(0, stream) for stream in range(n_streams)]
    streams: list[list[Ints]] = [[] for _ in range(n_streams)]
    for s in turn.tolist():
        length, shortest = heapq.heappop(queue)
        streams[shortest].append(np.arange(first[s], first[s] + count[s]))
        heapq.heappush(queue, (length + int(count[s]), shortest))
    n_batches = max(length for length, _ in queue)
    order = np.full((n_batches, n_streams), -1, dtype=np.int64)
    carry = np.zeros((n_batches, n_streams), dtype=np.float32)
    for stream, parts in enumerate(streams):
        at = 0
        for windows in parts:
            order[at : at + len(windows), stream] = windows
            carry[at + 1 : at + len(windows), stream] = 1.0
            at += len(windows)
    return BatchStreams(order, carry)
