"""Normalisation of each window as ONNX; see `layers.normalization`, which it mirrors."""

from __future__ import annotations

from forecaster.model.graph.builder import Graph
from forecaster.model.outputs import EPSILON, SEASON_EPSILON

PATH = "forecaster/normalization"


class Normalization:
    """The normalisation of a network.

    Args:
        method: `model.normalization`.
        season: `model.season`.
        channels: Targets of a row of the batch.
    """

    def __init__(self, method: str, season: int | None, channels: int) -> None:
        self.method, self.season, self.channels = method, season, channels

    def statistics(self, g: Graph, y: str, present: str | None, steps: int) -> tuple[str | None, str | None]:
        """Return the location and the scale of each window, (batch, 1, channels); None for 0, and for 1.

        Args:
            g: The graph.
            y: (batch, steps, channels).
            present: (batch, steps, 1), or None.
            steps: How many steps.
        """
        if self.method == "last":
            return g.slice(y, 1, steps - 1), None
        if self.method == "mean":
            return None, g.op("Add", _mean(g, g.op("Abs", y), present), g.constant(EPSILON))
        if self.method == "revin":
            loc = _mean(g, y, present)
            away = g.op("Sub", y, loc)
            square = g.op("Add", _mean(g, g.op("Mul", away, away), present), g.constant(EPSILON**2))
            return loc, g.op("Sqrt", square)
        if self.method == "season" and self.season is not None:
            return self._season(g, y, present, steps, self.season)
        return None, None

    def _season(self, g: Graph, y: str, present: str | None, steps: int, n: int) -> tuple[str, str]:
        change = g.op("Abs", g.op("Sub", g.slice(y, 1, n), g.slice(y, 1, 0, steps - n)))
        newest, floor = g.slice(y, 1, steps - n), g.constant(SEASON_EPSILON)
        if present is None:
            return _mean(g, newest, None), g.op("Add", _mean(g, change, None), floor)
        pairs = g.slice(present, 1, 0, steps - n)
        known = g.op("Greater", g.sum(pairs, 1), g.constant(0.0))
        scale = g.op("Where", known, g.op("Add", _mean(g, change, pairs), floor), g.constant(1.0))
        return _mean(g, newest, g.slice(present, 1, steps - n)), scale

    def apply_to(self, g: Graph, y: str, loc: str | None, scale: str | None) -> str:
        """Normalise y, (batch, steps, channels)."""
        z = y if loc is None else g.op("Sub", y, loc)
        z = z if scale is None else g.op("Div", z, scale)
        if self.method != "revin":
            return z
        gain, offset = g.weight(f"{PATH}/gain"), g.weight(f"{PATH}/offset")
        return g.op("Add", g.op("Mul", z, gain), offset)

    def invert(self, g: Graph, z: str, loc: str | None, scale: str | None) -> str:
        """Denormalise z."""
        if self.method == "revin":
            gain, offset = g.weight(f"{PATH}/gain"), g.weight(f"{PATH}/offset")
            least, most = g.constant(EPSILON), g.constant(-EPSILON)
            negative = g.op("Less", gain, g.constant(0.0))
            gain = g.op("Where", negative, g.op("Min", gain, most), g.op("Max", gain, least))
            z = g.op("Div", g.op("Sub", z, offset), gain)
        z = z if scale is None else g.op("Mul", z, scale)
        return z if loc is None else g.op("Add", z, loc)

    def size(self, g: Graph, scale: str | None) -> str | None:
        """Return the factor from normalised distances to distances after `invert`; None for 1."""
        if self.method != "revin":
            return scale
        gain = g.op("Max", g.op("Abs", g.weight(f"{PATH}/gain")), g.constant(EPSILON))
        return gain if scale is None else g.op("Div", scale, gain)


def _mean(g: Graph, y: str, present: str | None) -> str:
    """Return the mean over the steps that exist, (batch, 1, channels)."""
    if present is None:
        return g.mean(y, 1)
    count = g.op("Max", g.sum(present, 1), g.constant(1.0))
    return g.op("Div", g.sum(g.op("Mul", y, present), 1), count)
