"""What is known of the horizon before it comes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from forecaster.config.experiment import Experiment
from forecaster.data.panel import Panel
from forecaster.data.ranges import ranges
from forecaster.errors import DataError

Ints = npt.NDArray[np.int64]
_NAMED = 5


def without_the_future(panel: Panel, known: Ints, experiment: Experiment) -> Panel:
    """Rows after the origin keep what is known ahead and nothing else.

    Raises DataError where a covariate that is known ahead is absent over the horizon.
    """
    horizon, first_ahead = experiment.window.horizon, len(panel.targets) + len(panel.past)
    length = np.minimum(panel.lengths, known + horizon) if panel.future else known
    if panel.future and (length < known + horizon).any():
        lacking = np.flatnonzero(length < known + horizon)
        words = panel.grid.text(panel.first[lacking[:_NAMED]] + length[lacking[:_NAMED]])
        named = ", ".join(
            f"{panel.ids[s]!r} from {word}" if panel.ids[s] else f"from {word}"
            for s, word in zip(lacking[:_NAMED], words, strict=True)
        )
        raise DataError(
            f"{panel.source}: {', '.join(panel.future)} must be known for {horizon} steps ahead, and rows are "
            f"missing for {len(lacking):,} series: {named}",
            hint="add rows for the horizon to --data, with the targets left empty",
        )
    _refuse_unknown_ahead(panel, known, length, first_ahead)
    panel = panel.first_rows(length)
    values = panel.values.copy()
    values[ranges(panel.offsets[:-1] + known, panel.offsets[1:]), :first_ahead] = 0.0
    return replace(panel, values=values)


def _refuse_unknown_ahead(panel: Panel, known: Ints, length: Ints, first_ahead: int) -> None:
    """Raises DataError where a covariate that is known ahead has no value over the horizon."""
    for c in range(first_ahead, panel.values.shape[1]):
        for s in np.flatnonzero(length > known):
            begin = panel.offsets[s] + known[s]
            holes = np.flatnonzero(np.isnan(panel.values[begin : panel.offsets[s] + length[s], c]))
            if len(holes):
                when = panel.grid.text(panel.first[s : s + 1] + known[s] + holes[:1])[0]
                who = f"series {panel.ids[s]!r}" if panel.ids[s] else "the table"
                raise DataError(
                    f"{panel.source}: {who} has no {panel.columns[c]} at {when}, which must be known ahead",
                    hint="fill it in for every step of the horizon",
                )
