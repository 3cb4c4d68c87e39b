"""Recurrent cells as ONNX: one fused node per layer, or one step written out where ONNX has no such cell.

A cell whose gates see the input alone has neither: the coefficients of all its steps are written out once.

To add a cell, write its class here and name it in `CELLS`; a test holds these names to those of `model.cells`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from forecaster.model.cells import Gru, Lstm, Recurrent, RecurrentSpec, Slstm
from forecaster.model.graph.activations import FUSED, activate, fused_attributes
from forecaster.model.graph.builder import Graph

Array = npt.NDArray[np.float32]


class Cell:
    """A cell of one direction, with its weights.

    Args:
        spec: The layer.
        path: Where its kernel, recurrent kernel and bias stand among the saved weights.
    """

    op: ClassVar[str] = ""
    """The recurrent node of ONNX; "" where there is none."""
    gates: ClassVar[tuple[int, ...]] = ()
    """Keras' gates in the order of ONNX."""

    def __init__(self, spec: RecurrentSpec, path: str) -> None:
        self.spec, self.path = spec, path

    @property
    def activations(self) -> tuple[str, ...]:
        """The activations in the order of ONNX."""
        return (self.spec.activation,)

    @property
    def fused(self) -> bool:
        """Whether ONNX has a node of this cell with the activations of this layer."""
        return bool(self.op) and all(name in FUSED for name in self.activations)

    def attributes(self) -> dict[str, Any]:
        """Return further attributes of the node."""
        return {}

    def biases(self, g: Graph) -> tuple[Array, Array]:
        """Return the biases of the input and of the state, each (gates x units,), gates in the order of Keras."""
        bias = g.weights[f"{self.path}/bias"]
        return bias, np.zeros_like(bias)

    def fused_weights(self, g: Graph) -> tuple[Array, Array, Array]:
        """Return W, R and B of ONNX: (gates x units, features), (gates x units, units), (2 x gates x units,)."""
        kernel, recurrent = (g.weights[f"{self.path}/{name}"] for name in ("kernel", "recurrent_kernel"))
        return (
            self._ordered(kernel).T,
            self._ordered(recurrent).T,
            np.concatenate([self._ordered(b) for b in self.biases(g)]),
        )

    def step(self, g: Graph, x: str, states: list[str]) -> list[str]:
        """Write one step out: x, (batch, features), and the states give the next states, h first."""
        raise NotImplementedError

    def _ordered(self, table: Array) -> Array:
        n = self.spec.units
        return np.concatenate([table[..., k * n : (k + 1) * n] for k in self.gates], axis=-1)

    def _products(self, g: Graph, x: str, h: str) -> tuple[str, str]:
        """Return the products of x and of h with all gates, their biases added."""
        z = g.op("MatMul", x, g.weight(f"{self.path}/kernel"))
        m = g.op("MatMul", h, g.weight(f"{self.path}/recurrent_kernel"))
        of_x, of_h = self.biases(g)
        return g.op("Add", z, g.constant(of_x)), g.op("Add", m, g.constant(of_h))

    def _gate(self, g: Graph, z: str, k: int) -> str:
        return g.slice(z, -1, k * self.spec.units, (k + 1) * self.spec.units)


class SimpleRnnCell(Cell):
    """h' = act(W x + R h + b)."""

    op = "RNN"
    gates = (0,)

    def step(self, g: Graph, x: str, states: list[str]) -> list[str]:
        return [activate(g, self.spec.activation, g.op("Add", *self._products(g, x, states[0])))]


class LstmCell(Cell):
    """Keras has the gates i, f, c, o side by side, and ONNX i, o, f, c."""

    op = "LSTM"
    gates = (0, 3, 1, 2)
    spec: Lstm

    @property
    def activations(self) -> tuple[str, ...]:
        return (self.spec.recurrent_activation, self.spec.activation, self.spec.activation)

    def step(self, g: Graph, x: str, states: list[str]) -> list[str]:
        z = g.op("Add", *self._products(g, x, states[0]))
        i, f, o = (activate(g, self.spec.recurrent_activation, self._gate(g, z, k)) for k in (0, 1, 3))
        new = activate(g, self.spec.activation, self._gate(g, z, 2))
        c = g.op("Add", g.op("Mul", f, states[1]), g.op("Mul", i, new))
        return [g.op("Mul", o, activate(g, self.spec.activation, c)), c]


class GruCell(Cell):
    """The gates z, r, h have one order in both; reset_after is linear_before_reset in ONNX."""

    op = "GRU"
    gates = (0, 1, 2)
    spec: Gru

    @property
    def activations(self) -> tuple[str, ...]:
        return (self.spec.recurrent_activation, self.spec.activation)

    def attributes(self) -> dict[str, Any]:
        return {"linear_before_reset": int(self.spec.reset_after)}

    def biases(self, g: Graph) -> tuple[Array, Array]:
        bias = g.weights[f"{self.path}/bias"]
        return (bias[0], bias[1]) if self.spec.reset_after else (bias, np.zeros_like(bias))

    def step(self, g: Graph, x: str, states: list[str]) -> list[str]:
        h, (of_x, of_h) = states[0], self._products(g, x, states[0])
        z, r = (
            activate(
                g, self.spec.recurrent_activation, g.op("Add", self._gate(g, of_x, k), self._gate(g, of_h, k))
            )
            for k in (0, 1)
        )
        if self.spec.reset_after:
            inner = g.op("Mul", r, self._gate(g, of_h, 2))
        else:
            n = self.spec.units
            kernel = g.constant(g.weights[f"{self.path}/recurrent_kernel"][:, 2 * n :])
            inner = g.op("MatMul", g.op("Mul", r, h), kernel)
        new = activate(g, self.spec.activation, g.op("Add", self._gate(g, of_x, 2), inner))
        kept, fresh = g.op("Mul", z, h), g.op("Mul", g.op("Sub", g.constant(1.0), z), new)
        return [g.op("Add", kept, fresh)]


class SlstmCell(Cell):
    """The gates i, f, z, o; the states h, c, n and m. See `loops.slstm.SLSTMCell`.

    For the stabiliser, log sigmoid(f) = min(f, 0) + log sigmoid(|f|) is taken as min(f, 0): any m gives the same h, and
    onnxruntime rounds logarithms and softplus in another way at the end of an array, so forecasts would depend on the
    batch.
    """

    spec: Slstm

    def step(self, g: Graph, x: str, states: list[str]) -> list[str]:
        h, c, n, m = states
        z = g.op("MatMul", x, g.weight(f"{self.path}/kernel"))
        z = g.op("Add", g.op("Add", z, self._of_state(g, h)), g.weight(f"{self.path}/bias"))
        i, f, new, o = (self._gate(g, z, k) for k in range(4))
        zero = g.constant(0.0)
        fades = self.spec.forget_gate == "sigmoid"
        kept, there = g.op("Add", g.op("Min", f, zero) if fades else f, m), g.op("Greater", n, zero)
        m = g.op("Where", there, g.op("Max", kept, i), i)
        old = g.op("Exp", g.op("Min", g.op("Sub", kept, m), zero))
        if fades:
            old = g.op("Mul", old, g.op("Sigmoid", g.op("Abs", f)))
        old, fresh = g.op("Where", there, old, zero), g.op("Exp", g.op("Sub", i, m))
        added = g.op("Mul", fresh, activate(g, self.spec.activation, new))
        c, n = g.op("Add", g.op("Mul", old, c), added), g.op("Add", g.op("Mul", old, n), fresh)
        return [g.op("Div", g.op("Mul", g.op("Sigmoid", o), c), n), c, n, m]

    def _of_state(self, g: Graph, h: str) -> str:
        blocks, size = self.spec.blocks, self.spec.units // self.spec.blocks
        apart = g.transpose(g.reshape(h, -1, blocks, size), 1, 0, 2)
        found = g.op("MatMul", apart, g.weight(f"{self.path}/recurrent_kernel"))
        together = g.transpose(g.reshape(found, blocks, -1, 4, size), 1, 2, 0, 3)
        return g.reshape(together, -1, 4 * self.spec.units)


class LinearCell(Cell):
    """h' = a h + b, with a and b from the input alone."""

    def coefficients(self, g: Graph, x: str) -> tuple[str, str]:
        """Return a and b of the steps of x: (..., features) -> (..., units) each."""
        raise NotImplementedError

    def step(self, g: Graph, x: str, states: list[str]) -> list[str]:
        a, b = self.coefficients(g, x)
        return [g.op("Add", g.op("Mul", a, states[0]), b)]

    def _parts(self, g: Graph, x: str) -> list[str]:
        """Return the gates before their activations, and the new values after theirs."""
        z, last = g.dense(x, self.path), self.spec.n_gates - 1
        return [
            *(self._gate(g, z, k) for k in range(last)),
            activate(g, self.spec.activation, self._gate(g, z, last)),
        ]


class MinGruCell(LinearCell):
    """See `loops.scan.MinGRUCell`."""

    def coefficients(self, g: Graph, x: str) -> tuple[str, str]:
        z, new = self._parts(g, x)
        z = g.op("Sigmoid", z)
        return g.op("Sub", g.constant(1.0), z), g.op("Mul", z, new)


class MinLstmCell(LinearCell):
    """See `loops.scan.MinLSTMCell`.

    f / (f + i) with f = 1 / (1 + exp(-f~)) is (1 + exp(-i~)) / (2 + exp(-i~) + exp(-f~)), all of it times exp(-s) with
    the largest exponent s. Without softplus, for the reason that `SlstmCell` has.
    """

    def coefficients(self, g: Graph, x: str) -> tuple[str, str]:
        f, i, new = self._parts(g, x)
        zero = g.constant(0.0)
        least = g.op("Min", g.op("Min", f, i), zero)
        one, of_f, of_i = (g.op("Exp", g.op("Sub", least, part)) for part in (zero, f, i))
        upper = g.op("Add", one, of_i)
        f = g.op("Div", upper, g.op("Add", upper, g.op("Add", one, of_f)))
        return f, g.op("Mul", g.op("Sub", g.constant(1.0), f), new)


# By the type of the YAML file.
CELLS: dict[str, type[Cell]] = {
    "simple_rnn": SimpleRnnCell,
    "lstm": LstmCell,
    "gru": GruCell,
    "slstm": SlstmCell,
    "min_gru": MinGruCell,
    "min_lstm": MinLstmCell,
}


def lacks_node(spec: Recurrent) -> str | None:
    """Return why the steps of a layer have to be written out one by one, as a phrase; None where they have not."""
    cell = CELLS[spec.type](spec, "")
    if cell.fused or isinstance(cell, LinearCell):
        return None
    if not cell.op:
        return f"of {spec.type}"
    odd = next(name for name in cell.activations if name not in FUSED)
    return f"with activation {odd}"


def cells_of(spec: Any, path: str, inner: str) -> list[Cell]:
    """Return the cell of each direction of a layer.

    Args:
        spec: The layer.
        path: Of the Keras layer, without the part of a direction.
        inner: The name of the Keras layer.
    """
    cell = CELLS[spec.type]
    paths = (
        [f"{path}/{way}_{inner}_inner" for way in ("forward", "backward")] if spec.bidirectional else [path]
    )
    return [cell(spec, f"{p}/{spec.type}_cell") for p in paths]


def run_fused(
    g: Graph,
    cells: Sequence[Cell],
    x: str,
    *,
    states: Sequence[str] | None = None,
    lengths: str | None = None,
) -> list[str]:
    """Add one recurrent node.

    With lengths the steps have to be in the opposite order, so that those that do not exist come last: the node then
    begins with the oldest of the others.

    Args:
        g: The graph.
        cells: One per direction.
        x: (steps, batch, features).
        states: The initial states, each (directions, batch, units); zeros where None.
        lengths: (batch,), how many steps exist; None where all do.

    Returns:
        Every output, (steps, directions, batch, units), in the order of x; then the final states, each (directions,
        batch, units).
    """
    first = cells[0]
    w, r, b = (np.stack(parts) for parts in zip(*(cell.fused_weights(g) for cell in cells), strict=True))
    direction = "bidirectional" if len(cells) == 2 else "forward"
    if lengths is not None:
        # The forward direction reads the opposite order from its end.
        w, r, b = w[::-1], r[::-1], b[::-1]
        direction = "bidirectional" if len(cells) == 2 else "reverse"
    inputs = [x, g.constant(w), g.constant(r), g.constant(b), lengths or "", *(states or ())]
    while inputs[-1] == "":
        inputs.pop()
    out = g.add(
        first.op,
        *inputs,
        outputs=1 + first.spec.n_states,
        hidden_size=first.spec.units,
        direction=direction,
        **fused_attributes(first.activations, len(cells)),
        **first.attributes(),
    )
    if lengths is not None and len(cells) == 2:
        out = [g.flip(out[0], 1), *(g.flip(state, 0) for state in out[1:])]
    return out
