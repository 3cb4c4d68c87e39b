"""The stack as ONNX: its layers in order over a window, and one step of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from forecaster.model.cells import DenseSpec, RecurrentSpec, last_over_steps, over_steps
from forecaster.model.graph.activations import activate
from forecaster.model.graph.builder import Graph
from forecaster.model.graph.cells import Cell, LinearCell, cells_of, run_fused

# What keras.layers.LayerNormalization adds to the variance.
NORM_EPSILON = 1e-3


@dataclass(frozen=True)
class Seen:
    """A sequence in a stack.

    Attributes:
        x: (batch, steps, features).
        steps: How many steps.
        features: How many features.
        present: (batch, steps, 1), 0 where a step does not exist; None where all do.
    """

    x: str
    steps: int
    features: int
    present: str | None = None


class GraphStack:
    """The layers of a stack, by the names that Keras saved their weights under.

    Args:
        layers: The layers, repeats written out.
        root: The path of the Sequential that holds them.
        blocks: Whether every recurrent layer is a `RecurrentBlock`, as where its state is read.
        prefix: Of the layers' names.
        columns: Targets of a window, for layers over columns.
    """

    def __init__(
        self, layers: Sequence[Any], root: str, *, blocks: bool, prefix: str = "", columns: int = 1
    ) -> None:
        self.layers, self.columns = layers, columns
        self.root, self.blocks, self.prefix = root, blocks, prefix

    @property
    def recurrent(self) -> list[RecurrentSpec]:
        """The recurrent layers over steps, which have the states."""
        return over_steps(self.layers)

    def run(
        self, g: Graph, seen: Seen, states: Sequence[list[str]] | None = None
    ) -> tuple[str, list[list[str]]]:
        """Run all layers over a window.

        Args:
            g: The graph.
            seen: The window.
            states: The initial states of each recurrent layer, each (batch, width); zeros where None.

        Returns:
            The output at the last step, (batch, width), and the final states of each recurrent layer.
        """
        final = last_over_steps(self.layers)
        last = ""
        after: list[list[str]] = []
        for i, spec in enumerate(self.layers):
            if isinstance(spec, RecurrentSpec) and spec.over == "columns":
                last = self._over_columns(g, i, spec, seen)
                seen = Seen(last, 1, spec.width)
            elif isinstance(spec, RecurrentSpec):
                initial = states[len(after)] if states is not None else None
                out, state = self._recurrent(g, i, spec, seen, initial, sequences=i < final)
                after.append(state)
                last, seen = out, Seen(out, seen.steps, spec.width, seen.present)
            elif isinstance(spec, DenseSpec):
                out = self._dense(g, i, spec, seen.x)
                last, seen = out, Seen(out, seen.steps, spec.units, seen.present)
        return last, after

    def step(
        self, g: Graph, x: str, states: Sequence[list[str]], *, beside: int = 1
    ) -> tuple[str, list[list[str]]]:
        """Run all layers one step.

        Args:
            g: The graph.
            x: (batch x beside, features).
            states: The states of each recurrent layer over steps, each (batch x beside, width).
            beside: Segments of the horizon that follow one another within each row of the batch.

        Returns:
            The output, and the next states.
        """
        features = None
        after: list[list[str]] = []
        for i, spec in enumerate(self.layers):
            if isinstance(spec, RecurrentSpec) and spec.over == "columns":
                x, features = self._over_columns(g, i, spec, Seen(x, 1, features or 0), beside), spec.width
            elif isinstance(spec, RecurrentSpec):
                (cell,) = self._cells(i, spec)
                state = _one_step(g, cell, x, states[len(after)])
                after.append(state)
                x, features = self._around(g, i, spec, state[0], x), spec.width
            elif isinstance(spec, DenseSpec):
                x, features = self._dense(g, i, spec, x), spec.units
        assert features is not None
        return x, after

    # -- one layer -----------------------------------------------------------------

    def _name(self, i: int) -> str:
        return f"{self.prefix}{i}_{self.layers[i].type}"

    def _dense(self, g: Graph, i: int, spec: DenseSpec, x: str) -> str:
        return activate(g, spec.activation, g.dense(x, f"{self.root}/{self._name(i)}"))

    def _cells(self, i: int, spec: RecurrentSpec) -> list[Cell]:
        name = self._name(i)
        if not (self.blocks or spec.residual or spec.layer_norm or spec.over == "columns"):
            return cells_of(spec, f"{self.root}/{name}", name)
        return cells_of(spec, f"{self.root}/{name}/{name}_layer", f"{name}_layer")

    def _recurrent(
        self, g: Graph, i: int, spec: RecurrentSpec, seen: Seen, initial: list[str] | None, *, sequences: bool
    ) -> tuple[str, list[str]]:
        cells = self._cells(i, spec)
        every, final = _way(cells[0])(g, cells, seen, initial)
        skip = seen.x if sequences else g.at(seen.x, 1, seen.steps - 1)
        return self._around(g, i, spec, every() if sequences else final[0], skip), final

    def _over_columns(self, g: Graph, i: int, spec: RecurrentSpec, seen: Seen, beside: int = 1) -> str:
        """Run a layer from target to target; see `layers.blocks.ColumnBlock`."""
        n = self.columns

        def turned(x: str, first: int, second: int, width: int) -> str:
            return x if beside == 1 else g.transpose(g.reshape(x, -1, first, second, width), 0, 2, 1, 3)

        x = g.reshape(turned(seen.x, n, beside, seen.features), -1, n, seen.features)
        out, _ = self._recurrent(g, i, spec, Seen(x, n, seen.features), None, sequences=True)
        return g.reshape(turned(out, beside, n, spec.width), -1, spec.width)

    def _around(self, g: Graph, i: int, spec: RecurrentSpec, out: str, skip: str) -> str:
        """Add the residual path and the layer normalisation."""
        path = f"{self.root}/{self._name(i)}"
        if spec.residual:
            projected = f"{path}/project/kernel" in g.weights
            out = g.op("Add", out, g.dense(skip, f"{path}/project", bias=False) if projected else skip)
        if not spec.layer_norm:
            return out
        gamma, beta = g.weight(f"{path}/norm/gamma"), g.weight(f"{path}/norm/beta")
        return g.op("LayerNormalization", out, gamma, beta, axis=-1, epsilon=NORM_EPSILON)


Steps = Callable[[], str]
Way = Callable[[Graph, Sequence[Cell], Seen, list[str] | None], tuple[Steps, list[str]]]


def _way(cell: Cell) -> Way:
    if cell.fused:
        return _over_steps
    return _scanned if isinstance(cell, LinearCell) else _written_out


def _over_steps(
    g: Graph, cells: Sequence[Cell], seen: Seen, initial: list[str] | None
) -> tuple[Steps, list[str]]:
    """Run a layer as one node.

    Returns:
        A function that adds every output, (batch, steps, width); and the final states.
    """
    x, lengths = seen.x, None
    if seen.present is not None:
        x = g.flip(x, 1)
        count = g.squeeze(g.squeeze(g.sum(seen.present, 1), 2), 1)
        lengths = g.op("Cast", count, to=6)  # int32
    states = None if initial is None else [g.unsqueeze(state, 0) for state in initial]
    every, *final = run_fused(g, cells, g.transpose(x, 1, 0, 2), states=states, lengths=lengths)
    width = len(cells) * cells[0].spec.units

    def steps() -> str:
        out = g.reshape(g.transpose(every, 2, 0, 1, 3), 0, 0, width)
        return out if lengths is None else g.flip(out, 1)

    return steps, [g.reshape(g.transpose(state, 1, 0, 2), 0, width) for state in final]


def _one_step(g: Graph, cell: Cell, x: str, states: list[str]) -> list[str]:
    if not cell.fused:
        return cell.step(g, x, states)
    initial = [g.unsqueeze(state, 0) for state in states]
    _, *after = run_fused(g, [cell], g.unsqueeze(x, 0), states=initial)
    return [g.squeeze(state, 0) for state in after]


def _written_out(
    g: Graph, cells: Sequence[Cell], seen: Seen, initial: list[str] | None
) -> tuple[Steps, list[str]]:
    """Run a layer step by step, as `_over_steps` returns it: for activations that ONNX's nodes do not have."""
    n_states = cells[0].spec.n_states
    outputs: list[list[str]] = []
    finals: list[list[str]] = []
    for nth, cell in enumerate(cells):
        order = range(seen.steps) if nth == 0 else reversed(range(seen.steps))
        states = initial or [_zeros(g, seen, cell.spec.units)] * n_states
        row = [""] * seen.steps
        for t in order:
            after = cell.step(g, g.at(seen.x, 1, t), states)
            if seen.present is not None:
                there = g.op("Greater", g.at(seen.present, 1, t), g.constant(0.0))
                after = [g.op("Where", there, new, old) for new, old in zip(after, states, strict=True)]
            states, row[t] = after, after[0]
        outputs.append(row)
        finals.append(states)

    def steps() -> str:
        ways = [g.join([g.unsqueeze(h, 1) for h in row], axis=1) for row in outputs]
        return g.join(ways)

    return steps, [g.join([states[k] for states in finals]) for k in range(n_states)]


def _scanned(
    g: Graph, cells: Sequence[Cell], seen: Seen, initial: list[str] | None
) -> tuple[Steps, list[str]]:
    """Run a layer of linear cells in rounds over all steps, as `_over_steps` returns it; see `loops.scan`."""
    outputs, finals = [], []
    for nth, cell in enumerate(cells):
        assert isinstance(cell, LinearCell)
        a, b = cell.coefficients(g, seen.x)
        if seen.present is not None:
            there = g.op("Greater", seen.present, g.constant(0.0))
            a, b = g.op("Where", there, a, g.constant(1.0)), g.op("Where", there, b, g.constant(0.0))
        if nth == 1:
            a, b = g.flip(a, 1), g.flip(b, 1)
        if initial is not None:
            start = g.op("Mul", g.slice(a, 1, 0, 1), g.unsqueeze(initial[0], 1))
            b = g.join([g.op("Add", g.slice(b, 1, 0, 1), start), _tail(g, b, seen.steps)], axis=1)
        h = _rounds(g, a, b, seen.steps)
        finals.append(g.at(h, 1, seen.steps - 1))
        outputs.append(g.flip(h, 1) if nth == 1 else h)
    return (lambda: g.join(outputs)), [g.join(finals)]


def _tail(g: Graph, x: str, steps: int) -> str | None:
    """Return all steps but the first; None where there are none."""
    return g.slice(x, 1, 1) if steps > 1 else None


def _rounds(g: Graph, a: str, b: str, steps: int) -> str:
    """Return every h_t = a_t h_(t-1) + b_t, from h = 0; a and b: (batch, steps, units)."""
    distance = 1
    while distance < steps:
        (a0, a1), (b0, b1) = ((g.slice(x, 1, 0, distance), g.slice(x, 1, distance)) for x in (a, b))
        left = steps - distance
        b = g.join([b0, g.op("Add", b1, g.op("Mul", a1, g.slice(b, 1, 0, left)))], axis=1)
        a = g.join([a0, g.op("Mul", a1, g.slice(a, 1, 0, left))], axis=1)
        distance *= 2
    return b


def _zeros(g: Graph, seen: Seen, units: int) -> str:
    """Return zeros, (batch, units)."""
    batch = g.op("Shape", seen.x, start=0, end=1)
    shape = g.join([batch, g.constant([units], "int64")], axis=0)
    return g.op("Expand", g.constant([[0.0]]), shape)
