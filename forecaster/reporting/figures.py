"""The look that all pictures share, drawn without a screen and without pyplot's global state."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DOTS_PER_INCH = 150
WIDTH_IN = 9.0

# The palette of Okabe & Ito, which readers with any form of colour blindness can tell apart.
BLACK, GREY, MIST = "#222222", "#6b6b6b", "#e6e6e6"
BLUE, VERMILLION, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#cc79a7"

STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    # A series called "$x$" is text, not mathematics.
    "text.parse_math": False,
    # The same picture has the same names of elements in every SVG.
    "svg.hashsalt": "forecaster",
    "axes.unicode_minus": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": MIST,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": BLACK,
    "ytick.labelcolor": BLACK,
    "lines.linewidth": 1.7,
    "legend.frameon": False,
}


@contextmanager
def new_figure(n_rows: int, n_columns: int = 1, *, height_in: float) -> Iterator[tuple[Figure, list[Axes]]]:
    """Open a figure in this style, whatever the user's matplotlib settings, which stay as they are.

    Args:
        n_rows: Panels one above the other.
        n_columns: Panels side by side.
        height_in: Height of the whole figure in inches.

    Yields:
        The figure and its panels, row by row.
    """
    import matplotlib.style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.style.context(["default", STYLE]), warnings.catch_warnings():
        # Letters that the font lacks are drawn as boxes; a warning for each of them helps nobody.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        figure = Figure(figsize=(WIDTH_IN, height_in), dpi=DOTS_PER_INCH, layout="constrained")
        FigureCanvasAgg(figure)
        yield figure, list(np.ravel(figure.subplots(n_rows, n_columns, squeeze=False)))
