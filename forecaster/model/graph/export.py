"""The ONNX files of a network, and why a network has none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from forecaster.model.cells import RecurrentSpec
from forecaster.model.graph.builder import Graph
from forecaster.model.graph.cells import lacks_node
from forecaster.model.graph.heads import HEADS, Feedback, Head, States, widths
from forecaster.model.graph.parameters import assemble, split
from forecaster.model.graph.window import Frame, GraphWindow
from forecaster.model.outputs import order
from forecaster.model.shape import Shape
from forecaster.model.spec import DistributionOutput, ModelSpec

Array = npt.NDArray[Any]
# Steps that are written out one by one: a graph of more takes seconds to load.
MAX_WRITTEN_OUT = 1024
# Paths of a network that feeds back what was drawn.
NETWORK, FIRST, STEP = "network", "first", "step"
FORECAST = "forecast"


def refusal(spec: ModelSpec, shape: Shape) -> str | None:
    """Return why a network cannot be written as ONNX, as a phrase; None where it can.

    Args:
        spec: The network.
        shape: Sizes of the windows.
    """
    cells = [layer for layer in spec.stack if isinstance(layer, RecurrentSpec)]
    if spec.head.feeds_back and shape.horizon * len(cells) > MAX_WRITTEN_OUT:
        return (
            f"a horizon of {shape.horizon:,} steps that are fed back would be written out as "
            f"{shape.horizon * len(cells):,} nodes, and at most {MAX_WRITTEN_OUT:,} are"
        )
    steps = shape.lookback // (spec.patch or 1)
    lacking = [why for cell in cells if (why := lacks_node(cell)) is not None]
    written_out = sum(shape.n_targets if cell.over == "columns" else steps for cell in cells)
    if lacking and written_out > MAX_WRITTEN_OUT:
        layers = "one layer" if len(cells) == 1 else f"{len(cells)} layers"
        if any(cell.over == "columns" for cell in cells):
            return (
                f"ONNX has no recurrent node {lacking[0]}, and {written_out:,} steps and targets of {layers} are "
                f"too many to write out one by one: at most {MAX_WRITTEN_OUT:,} are"
            )
        return (
            f"ONNX has no recurrent node {lacking[0]}, and {steps:,} steps of {layers} are "
            f"too many to write out one by one: at most {MAX_WRITTEN_OUT:,} are"
        )
    return None


def samples_paths(spec: ModelSpec) -> bool:
    """Whether the quantiles of a network come from paths that are drawn step by step."""
    return isinstance(spec.output, DistributionOutput) and spec.head.feeds_back


def roles(spec: ModelSpec) -> tuple[str, ...]:
    """Return the graphs of a network: one, and two more where paths are sampled."""
    return (NETWORK, FIRST, STEP) if samples_paths(spec) else (NETWORK,)


def graph_of(role: str, spec: ModelSpec, shape: Shape, weights: Mapping[str, Array]) -> Graph:
    """Return one graph of a network.

    The graph `network` maps a batch of windows to `forecast`, (batch, horizon, targets x parameters), in the units of
    the scaler's output. Of a network that samples paths, `first` gives the parameters of the first step with all that
    the later ones need, and `step` those of the next one from a value that was drawn.

    Args:
        role: Which graph; see `roles`.
        spec: The network, against which `refusal` has nothing.
        shape: Sizes of the windows.
        weights: The saved weights by path.
    """
    g, frame = Graph(weights), Frame(spec, shape)
    head = HEADS[spec.head.type](frame)
    if role == NETWORK:
        _network(g, frame, head)
    elif role == FIRST and isinstance(head, Feedback):
        _first(g, frame, head)
    elif role == STEP and isinstance(head, Feedback):
        _step(g, frame, head)
    else:
        raise ValueError(f"a network of head {spec.head.type} has no graph {role}")
    return g


def state_names(layers: Sequence[RecurrentSpec]) -> list[list[str]]:
    """Return the names of the states of every recurrent layer, as inputs; outputs end in _after."""
    return [[f"state_{i}_{j}" for j in range(spec.n_states)] for i, spec in enumerate(layers)]


def _network(g: Graph, frame: Frame, head: Head) -> None:
    window = frame.window(g)
    states = None
    if frame.spec.stateful:
        states = _state_inputs(g, head.stack.recurrent, "rows")
    out, after = head.forward(g, window, states)
    raw = split(g, out, len(order(frame.spec.output)), frame.channels)
    if frame.spec.anchor is not None:
        raw[0] = _with_anchor(g, window, raw[0])
    parts = assemble(g, frame.spec.output, raw, frame.normalization, window.loc, window.scale)
    size = ("batch", frame.shape.horizon, frame.shape.n_targets * len(parts))
    g.output(FORECAST, g.join([frame.together(g, part) for part in parts]), size)
    if states is not None:
        _state_outputs(g, head.stack.recurrent, after, "rows")


def _with_anchor(g: Graph, window: GraphWindow, raw: str) -> str:
    """Return the weighted sum of the network and of its linear forecast."""
    of_network, of_anchor = (g.constant(w) for w in np.asarray(g.weights["forecaster/share"]))
    linear = g.op("MatMul", g.transpose(window.y, 0, 2, 1), g.weight("forecaster/anchor"))
    both = (g.op("Mul", raw, of_network), g.op("Mul", g.transpose(linear, 0, 2, 1), of_anchor))
    return g.op("Add", *both)


def _first(g: Graph, frame: Frame, head: Feedback) -> None:
    """Outputs: parameters, (rows, 1, channels x parameters); loc and scale; known; and the states.

    A row is a window or, with independent channels, a window and target.
    """
    window = frame.window(g)
    raw, states, known = head.first_step(g, window)
    _parameters(g, frame, g.unsqueeze(raw, 1), window.loc, window.scale)
    for name, tensor in (("loc", window.loc), ("scale", window.scale)):
        if tensor is not None:
            g.output(name, tensor, ("rows", 1, frame.channels))
    if known is not None:
        g.output("known", known, ("rows", frame.shape.horizon - 1, head.n_known))
    _state_outputs(g, head.steps.recurrent, states, "rows")


def _step(g: Graph, frame: Frame, head: Feedback) -> None:
    """Inputs: drawn, (rows, channels), in the scaler's units; loc; scale; known, of this step; and the states."""
    drawn = g.unsqueeze(g.input("drawn", ("rows", frame.channels)), 1)
    # Which of them a method has is told by a graph that is thrown away.
    trial = Graph(g.weights)
    found = frame.normalization.statistics(trial, "y", None, frame.shape.lookback)
    loc, scale = (
        None if there is None else g.input(name, ("rows", 1, frame.channels))
        for name, there in zip(("loc", "scale"), found, strict=True)
    )
    known = g.input("known", ("rows", head.n_known)) if head.n_known else None
    states = _state_inputs(g, head.steps.recurrent, "rows")
    fed = g.squeeze(frame.normalization.apply_to(g, drawn, loc, scale), 1)
    raw, after = head.next_step(g, fed, known, states)
    _parameters(g, frame, g.unsqueeze(raw, 1), loc, scale)
    _state_outputs(g, head.steps.recurrent, after, "rows")


def _parameters(g: Graph, frame: Frame, raw: str, loc: str | None, scale: str | None) -> None:
    n = len(order(frame.spec.output))
    parts = assemble(
        g,
        frame.spec.output,
        split(g, raw, n, frame.channels),
        frame.normalization,
        loc,
        scale,
    )
    g.output("parameters", g.join(parts), ("rows", 1, n * frame.channels))


def _state_inputs(g: Graph, layers: list[RecurrentSpec], rows: str) -> States:
    return [
        [g.input(name, (rows, width)) for name, width in zip(names, sizes, strict=True)]
        for names, sizes in zip(state_names(layers), widths(layers), strict=True)
    ]


def _state_outputs(g: Graph, layers: list[RecurrentSpec], states: States, rows: str) -> None:
    for names, sizes, state in zip(state_names(layers), widths(layers), states, strict=True):
        for name, width, tensor in zip(names, sizes, state, strict=True):
            g.output(f"{name}_after", tensor, (rows, width))
