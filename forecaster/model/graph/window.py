"""From the inputs of a graph to the normalised window, and back; see `heads.base`, which it mirrors."""

from __future__ import annotations

from dataclasses import dataclass

from forecaster.model.graph.builder import Graph
from forecaster.model.graph.normalization import Normalization
from forecaster.model.shape import Category, Shape
from forecaster.model.spec import ModelSpec


@dataclass(frozen=True)
class GraphWindow:
    """One batch of normalised windows, as `heads.window.Window`; present is (batch, lookback, 1)."""

    y: str
    x: str | None
    future: str | None
    static: str | None
    present: str | None
    loc: str | None
    scale: str | None


class Frame:
    """The network around every head.

    Args:
        spec: The network.
        shape: Sizes of the windows, categories not yet encoded.
    """

    def __init__(self, spec: ModelSpec, shape: Shape) -> None:
        self.spec, self.given, self.shape = spec, shape, shape.encoded()
        self.independent = spec.channels == "independent" and shape.n_targets > 1
        self.channels = 1 if self.independent else shape.n_targets
        self.normalization = Normalization(spec.normalization, spec.season, self.channels)

    def inputs(self) -> dict[str, tuple[tuple[int | str, ...], str]]:
        """Return the shape and the type of every input, by name."""
        given, batch = self.given, "batch"
        lookback, horizon = given.lookback, given.horizon
        codes = len(given.past_categories) + len(given.future_categories)
        found: dict[str, tuple[tuple[int | str, ...], str]] = {
            "past": ((batch, lookback, given.n_targets + given.n_past), "float32")
        }
        if given.padded:
            found["mask"] = ((batch, lookback), "float32")
        if given.n_future:
            found["future"] = ((batch, horizon, given.n_future), "float32")
        if given.n_static:
            found["static"] = ((batch, given.n_static), "float32")
        if codes:
            found["past_codes"] = ((batch, lookback, codes), "int32")
        if given.future_categories:
            found["future_codes"] = ((batch, horizon, len(given.future_categories)), "int32")
        if given.static_categories:
            found["static_codes"] = ((batch, len(given.static_categories)), "int32")
        return found

    def window(self, g: Graph) -> GraphWindow:
        """Declare the inputs, and return the normalised window."""
        declared = self.inputs()
        for name, (size, dtype) in declared.items():
            g.input(name, size, dtype)
        n = self.shape.n_targets
        y = self._each(g, g.slice("past", 2, 0, n) if self.given.n_past else "past")
        x, future, static = self._covariates(g)
        present = None
        if self.given.padded:
            present = g.unsqueeze(self._repeated(g, "mask", self.shape.lookback), 2)
        loc, scale = self.normalization.statistics(g, y, present, self.shape.lookback)
        z = self.normalization.apply_to(g, y, loc, scale)
        return GraphWindow(
            y=z if present is None else g.op("Mul", z, present),
            x=x and self._repeated(g, x, self.shape.lookback, self.shape.n_past),
            future=future and self._repeated(g, future, self.shape.horizon, self.shape.n_future),
            static=static and self._repeated(g, static, self.shape.n_static),
            present=present,
            loc=loc,
            scale=scale,
        )

    def past(self, g: Graph, window: GraphWindow) -> str:
        """Return all channels of the lookback, (batch, lookback, features): targets, changes, covariates."""
        lookback = self.shape.lookback
        changes = [
            g.pad(
                g.op("Sub", g.slice(window.y, 1, lag), g.slice(window.y, 1, 0, lookback - lag)),
                (0, lag, 0),
                (0, 0, 0),
            )
            for lag in self.spec.differences
        ]
        return g.join([window.y, *changes, window.x, self.at_every_step(g, window.static, lookback)])

    def at_every_step(self, g: Graph, static: str | None, steps: int) -> str | None:
        """Repeat static values, (batch, n_static), at every step."""
        if static is None:
            return None
        return g.repeat(g.unsqueeze(static, 1), 1, steps, 0, steps, self.shape.n_static)

    @property
    def own_features(self) -> int:
        """Channels of the lookback that come from the targets."""
        return self.channels * (1 + len(self.spec.differences))

    @property
    def features(self) -> int:
        """Channels of the lookback."""
        return self.own_features + self.shape.n_past + self.shape.n_static

    def together(self, g: Graph, y: str) -> str:
        """Put the targets of a window beside each other again: (batch, horizon, targets)."""
        if not self.independent:
            return y
        return g.transpose(g.reshape(y, -1, self.shape.n_targets, self.shape.horizon), 0, 2, 1)

    def _each(self, g: Graph, y: str) -> str:
        """Make each target a row of the batch, if the channels are independent."""
        if not self.independent:
            return y
        return g.reshape(g.transpose(y, 0, 2, 1), -1, self.shape.lookback, 1)

    def _repeated(self, g: Graph, x: str, *size: int) -> str:
        return g.repeat(x, 0, self.shape.n_targets, -1, *size) if self.independent else x

    def _covariates(self, g: Graph) -> tuple[str | None, str | None, str | None]:
        """Return the covariates of the lookback, of the horizon and of the series; None where there are none."""
        given = self.given
        channels = given.n_targets + given.n_past
        first_ahead = channels - given.n_future
        parts: list[str | None] = []
        if given.n_past > given.n_future:
            parts.append(self._newest(g, g.slice("past", 2, given.n_targets, first_ahead)))
        n = len(given.past_categories)
        if n:
            parts.append(self._newest(g, self._encoded(g, "past", "past_codes", given.past_categories)))
        ahead = [g.slice("past", 2, first_ahead) if given.n_future else None]
        future: list[str | None] = ["future" if given.n_future else None]
        static: list[str | None] = ["static" if given.n_static else None]
        if given.future_categories:
            ahead.append(self._encoded(g, "future", "past_codes", given.future_categories, first=n))
            future.append(self._encoded(g, "future", "future_codes", given.future_categories))
        if given.static_categories:
            static.append(self._encoded(g, "static", "static_codes", given.static_categories))
        return _joined_or_none(g, [*parts, *ahead]), _joined_or_none(g, future), _joined_or_none(g, static)

    def _newest(self, g: Graph, x: str) -> str:
        """Set all but the last `past_lookback` steps to zero."""
        steps, lookback = self.spec.past_lookback, self.shape.lookback
        if steps is None or steps >= lookback:
            return x
        return g.pad(g.slice(x, 1, lookback - steps), (0, lookback - steps, 0), (0, 0, 0))

    def _encoded(
        self, g: Graph, role: str, codes: str, categories: tuple[Category, ...], *, first: int = 0
    ) -> str:
        """Encode columns of whole numbers as channels; see `layers.categories`."""
        channels = []
        for i, category in enumerate(categories):
            table = _table(g, f"forecaster/{role}_{i}/table", category)
            channels.append(g.op("Gather", g.constant(table), g.at(codes, -1, first + i), axis=0))
        return g.join(channels)


def _table(g: Graph, path: str, category: Category) -> object:
    """Return the channels of each code, (size + 1, width); 0 is the mean of all others."""
    import numpy as np

    rows = g.weights[path] if category.kind == "embedding" else np.eye(category.size, dtype=np.float32)
    return np.concatenate([rows.mean(axis=0, keepdims=True), rows])


def _joined_or_none(g: Graph, parts: list[str | None]) -> str | None:
    return None if all(part is None for part in parts) else g.join(parts)
