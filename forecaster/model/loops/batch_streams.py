"""Windows side by side and one after another, for a state that is carried along each series."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class BatchStreams:
    """order: (batches, streams), the window in each place; -1 where a stream has run out.
    carry: (batches, streams), 1 where the window goes on from the one before it in its stream,
    0 where a series begins."""

    order: Ints
    carry: npt.NDArray[np.float32]


def arrange_streams(
    series: npt.NDArray[np.int32], n_streams: int, *, seed: tuple[int, ...] | None = None
) -> BatchStreams:
    """Every series whole in one stream, its windows in order; each next series in the stream
    that is the shortest so far.

    series: (windows,), sorted, the windows of a series oldest first. seed: of the order of
    the series; None keeps them as they are.
    """
    _, first, count = np.unique(series, return_index=True, return_counts=True)
    turn = np.arange(len(first)) if seed is None else np.random.default_rng(seed).permutation(len(first))
    queue = [(0, stream) for stream in range(n_streams)]
    streams: list[list[Ints]] = [[] for _ in range(n_streams)]
    for s in turn.tolist():
        length, stream = heapq.heappop(queue)
        streams[stream].append(np.arange(first[s], first[s] + count[s]))
        heapq.heappush(queue, (length + int(count[s]), stream))
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
