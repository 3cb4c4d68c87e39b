"""What splits.json says: which rows trained, and where every range and window begins and ends."""

from __future__ import annotations

from typing import Any

import numpy as np

from forecaster.data.panel import Ints, Panel
from forecaster.data.split import SPLITS, Cuts, SplitName
from forecaster.data.windows import Windows


def splits_record(panel: Panel, cuts: Cuts, windows: dict[SplitName, Windows]) -> dict[str, Any]:
    """First and last target timestamp of each range, and of the first and last window's
    lookback and horizon in it, per series. None where a range or its windows are empty.
    """
    record: list[dict[str, Any]] = [{"id": name} for name in panel.ids]
    for split in SPLITS:
        low, high = cuts.range(split)
        first, last = _texts(panel, low, high > low), _texts(panel, high - 1, high > low)
        w = windows[split]
        series = np.arange(len(panel.ids))
        begin = np.searchsorted(w.series, series)
        end = np.searchsorted(w.series, series, side="right")
        has = end > begin
        chosen = {
            "first_window": np.minimum(begin, max(len(w) - 1, 0)),
            "last_window": np.maximum(end - 1, 0),
        }
        spans = {name: _window_texts(panel, w, index, has) for name, index in chosen.items()}
        for s, entry in enumerate(record):
            entry[split] = {
                "first": first[s],
                "last": last[s],
                "rows": int(high[s] - low[s]),
                "windows": int(end[s] - begin[s]),
                **{name: texts[s] for name, texts in spans.items()},
            }
    return {"series": record}


def _texts(panel: Panel, rows: Ints, present: Any) -> list[str | None]:
    """Timestamps of one row of each series, counted from its first."""
    words = panel.grid.text(panel.first + np.maximum(rows, 0))
    return [word if here else None for word, here in zip(words, present, strict=True)]


def _window_texts(panel: Panel, w: Windows, index: Ints, has: Any) -> list[dict[str, str] | None]:
    if not len(w):
        return [None] * len(panel.ids)
    row = w.start[index] - panel.offsets[:-1]
    edges = {
        "lookback_first": row,
        "cutoff": row + w.lookback - 1,
        "target_first": row + w.lookback,
        "target_last": row + w.lookback + w.horizon - 1,
    }
    texts = {name: _texts(panel, rows, has) for name, rows in edges.items()}
    return [
        {name: words[s] or "" for name, words in texts.items()} if has[s] else None
        for s in range(len(panel.ids))
    ]
