"""Up to where the networks behind `predict` have learned, as a sentence."""

from __future__ import annotations

import numpy as np

from forecaster.config.spec import ExperimentSpec
from forecaster.data.panel import Panel
from forecaster.data.transforms.split import SplitBounds


def learned_note(spec: ExperimentSpec, panel: Panel, split_bounds: SplitBounds) -> str:
    """Return a sentence that says up to which time the networks of `predict` have learned.

    Args:
        spec: The settings of the experiment.
        panel: The series.
        split_bounds: The bounds of the training, validation and test ranges.
    """
    every = spec.training.refit == "all"
    end = split_bounds.length if every else split_bounds.train_end
    learned = np.flatnonzero(end > 0)
    newest = int((panel.first[learned] + end[learned] - 1).max())
    until = panel.time_axis.text(np.array([newest]))[0]
    if every:
        return (
            f"predict uses networks that have learned all rows, up to {until}; the scores are of those before"
        )
    left = int((split_bounds.length - split_bounds.train_end).max())
    if not left:
        return f"predict uses networks that have learned all rows, up to {until}"
    return (
        f"predict uses networks that have learned up to {until}, and not the {left:,} steps after it; "
        "training.refit: all teaches them these too"
    )
