"""Heads as ONNX, and the registry of them.

To add a head, write its class here and name it in `HEADS`; a test holds these names to those of `model.spec`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from forecaster.model.cells import RecurrentSpec
from forecaster.model.graph.activations import activate
from forecaster.model.graph.builder import Graph
from forecaster.model.graph.parameters import located
from forecaster.model.graph.stack import GraphStack, Seen
from forecaster.model.graph.window import Frame, GraphWindow
from forecaster.model.outputs import order

States = list[list[str]]


class Head:
    """A head.

    Args:
        frame: The network around it.
    """

    blocks: ClassVar[bool] = False
    """Whether the layers are blocks whose state can be read; see `stack_layers`."""

    def __init__(self, frame: Frame) -> None:
        self.frame, self.spec, self.shape = frame, frame.spec, frame.shape
        self.per_step = frame.channels * len(order(frame.spec.output))
        blocks = self.blocks or frame.spec.stateful
        columns = frame.shape.n_targets
        self.stack = GraphStack(frame.spec.stack, "network", blocks=blocks, columns=columns)

    def forward(self, g: Graph, window: GraphWindow, states: States | None = None) -> tuple[str, States]:
        """Return the head's numbers, (batch, horizon, channels x parameters), and the final states of the stack.

        Args:
            g: The graph.
            window: The window.
            states: The initial states of the stack, for a network that carries them; zeros where None.
        """
        raise NotImplementedError

    @property
    def width(self) -> int:
        """Units of the first recurrent layer."""
        return self.stack.recurrent[0].units

    def opened(self, g: Graph, window: GraphWindow) -> Seen:
        """Return what the first layer of the stack sees: the window, or with patch its embedded segments."""
        frame, patch = self.frame, self.spec.patch
        seen = Seen(frame.past(g, window), self.shape.lookback, frame.features, window.present)
        return _embedded(g, seen, patch, frame.own_features, self.width) if patch else seen

    def activated(self, g: Graph, out: str) -> str:
        """Apply the activation of the head."""
        return activate(g, self.spec.head.activation, out)


class Direct(Head):
    """All steps at once; also with a carried state."""

    def forward(self, g: Graph, window: GraphWindow, states: States | None = None) -> tuple[str, States]:
        z, after = self.stack.run(g, self.opened(g, window), states)
        steps = (-1, self.shape.horizon, self.per_step)
        if window.future is None:
            return g.reshape(self.activated(g, g.dense(z, "network/head")), *steps), after
        from_state = g.dense(z, "forecaster/ahead/from_state", bias=False)
        from_future = g.dense(window.future, "forecaster/ahead/from_future")
        mixed = g.op("Relu", g.op("Add", g.unsqueeze(from_state, 1), from_future))
        without = g.reshape(g.dense(z, "forecaster/ahead/base"), *steps)
        return self.activated(g, g.op("Add", without, g.dense(mixed, "forecaster/ahead/out"))), after


class SequenceHead(Head):
    """In use only the last step of the window forecasts."""

    def forward(self, g: Graph, window: GraphWindow, states: States | None = None) -> tuple[str, States]:
        z, after = self.stack.run(g, self.opened(g, window))
        steps = (-1, self.shape.horizon, self.per_step)
        if window.future is None:
            return g.reshape(self.activated(g, g.dense(z, "network/head")), *steps), after
        known = g.reshape(window.future, -1, self.shape.horizon * self.shape.n_future)
        out = g.dense(g.join([z, known]), "forecaster/head")
        return g.reshape(self.activated(g, out), *steps), after


class Segments(Head):
    """One further step of the stack for each segment of the horizon, each a row of the batch of its own."""

    blocks = True

    def forward(self, g: Graph, window: GraphWindow, states: States | None = None) -> tuple[str, States]:
        patch, horizon, width = self.spec.patch or 1, self.shape.horizon, self.width
        n = -(-horizon // patch)
        _, after = self.stack.run(g, self.opened(g, window))
        place = g.weight("forecaster/place")
        if window.future is not None:
            after_end = n * patch - horizon
            future = g.pad(window.future, (0, 0, 0), (0, after_end, 0)) if after_end else window.future
            known = g.reshape(future, -1, n, patch * self.shape.n_future)
            x = g.op("Add", g.dense(known, "forecaster/known", bias=False), place)
        else:
            batch = g.op("Shape", window.y, start=0, end=1)
            size = g.join([batch, g.constant([n, width], "int64")], axis=0)
            x = g.op("Expand", g.unsqueeze(place, 0), size)
        rows = [
            [g.repeat(s, 0, n, -1, spec.width) for s in state]
            for spec, state in zip(self.stack.recurrent, after, strict=True)
        ]
        z, _ = self.stack.step(g, g.reshape(x, -1, width), rows, beside=n)
        out = self.activated(g, g.dense(z, "forecaster/head"))
        return g.slice(g.reshape(out, -1, n * patch, self.per_step), 1, 0, horizon), after


class Feedback(Head):
    """A head whose steps are fed the forecast of the one before, written out for the steps of the horizon."""

    blocks = True
    out: ClassVar[str]
    """The path of the Dense at the end."""

    def forward(self, g: Graph, window: GraphWindow, states: States | None = None) -> tuple[str, States]:
        raw, after, known = self.first_step(g, window)
        outputs = [raw]
        for t in range(self.shape.horizon - 1):
            here = None if known is None else g.at(known, 1, t)
            raw, after = self.next_step(g, self.fed(g, raw), here, after)
            outputs.append(raw)
        return g.join([g.unsqueeze(one, 1) for one in outputs], axis=1), after

    @property
    def n_known(self) -> int:
        """Known inputs of each step of the horizon."""
        return self.shape.n_future + self.shape.n_static

    def first_step(self, g: Graph, window: GraphWindow) -> tuple[str, States, str | None]:
        """Read the window and forecast the first step.

        Returns:
            The output, (batch, channels x parameters); the states after it; and the known inputs of the later steps,
            (batch, horizon - 1, n_known), or None.
        """
        raise NotImplementedError

    @property
    def steps(self) -> GraphStack:
        """The stack that steps through the horizon."""
        return self.stack

    def next_step(self, g: Graph, fed: str, known: str | None, states: States) -> tuple[str, States]:
        """Run one step.

        Args:
            g: The graph.
            fed: What is fed back, normalised, (batch, channels).
            known: The known inputs of the step, (batch, n_known), or None.
            states: The states before it.
        """
        z, after = self.steps.step(g, g.join([fed, known]), states)
        return self.activated(g, g.dense(z, self.out)), after

    def fed(self, g: Graph, raw: str) -> str:
        """Return the part of an output that is fed to the next step."""
        single = self.per_step == self.frame.channels
        return located(g, self.spec.output, raw if single else g.slice(raw, 1, 0, self.frame.channels))

    def known_ahead(self, g: Graph, window: GraphWindow, first: int) -> str | None:
        """Return the known inputs of the horizon from a step on."""
        left = self.shape.horizon - first
        if not self.n_known or not left:
            return None
        future = window.future and (g.slice(window.future, 1, first) if first else window.future)
        return g.join([future, self.frame.at_every_step(g, window.static, left)])


class EncoderDecoder(Feedback):
    """A decoder starts from the final states of the encoder."""

    out = "forecaster/decoder/head"

    @property
    def steps(self) -> GraphStack:
        layers = [
            s.model_copy(update={"units": s.width, "bidirectional": False})
            if isinstance(s, RecurrentSpec)
            else s
            for s in self.spec.stack
        ]
        return GraphStack(layers, "forecaster/decoder", blocks=True, prefix="decoder_")

    def first_step(self, g: Graph, window: GraphWindow) -> tuple[str, States, str | None]:
        _, states = self.stack.run(g, self.opened(g, window))
        known = self.known_ahead(g, window, 0)
        here = None if known is None else g.at(known, 1, 0)
        last = g.at(window.y, 1, self.shape.lookback - 1)
        raw, after = self.next_step(g, last, here, states)
        return raw, after, self.known_ahead(g, window, 1)


class Recursive(Feedback):
    """One-step forecasts of the stack that has read the window."""

    out = "network/head"

    def first_step(self, g: Graph, window: GraphWindow) -> tuple[str, States, str | None]:
        lookback, after = self.shape.lookback, None
        if window.future is not None:
            # The input of a step is its value, then what is known of the step that it forecasts.
            first = g.slice(window.future, 1, 0, 1)
            after = g.join([g.slice(window.x, 1, 1), first], axis=1) if window.x else first
        static = self.frame.at_every_step(g, window.static, lookback)
        features = self.frame.channels + self.n_known
        seen = Seen(g.join([window.y, after, static]), lookback, features, window.present)
        z, states = self.stack.run(g, seen)
        return self.activated(g, g.dense(z, self.out)), states, self.known_ahead(g, window, 1)


# By the name of the YAML file.
HEADS: dict[str, type[Head]] = {
    "direct": Direct,
    "recursive": Recursive,
    "encoder_decoder": EncoderDecoder,
    "sequence": SequenceHead,
    "segments": Segments,
}


def _embedded(g: Graph, seen: Seen, patch: int, own: int, width: int) -> Seen:
    """Embed each segment of the window; see `layers.stack.PatchEmbedding`."""
    steps, more = seen.steps // patch, seen.features - own
    targets = g.slice(seen.x, 2, 0, own) if more else seen.x
    z = g.dense(g.reshape(targets, -1, steps, patch * own), "network/embed/dense")
    if more:
        covariates = g.reshape(g.slice(seen.x, 2, own), -1, steps, patch * more)
        z = g.op("Add", z, g.dense(covariates, "network/embed/covariates", bias=False))
    present = seen.present
    if present is not None:
        segments = g.reshape(present, -1, steps, patch)
        present = g.op("ReduceMax", segments, g.constant([2], "int64"), keepdims=1)
    return Seen(g.op("Relu", z), steps, width, present)


def widths(layers: Sequence[RecurrentSpec]) -> list[list[int]]:
    """Return the width of every state of every recurrent layer."""
    return [[spec.width] * spec.n_states for spec in layers]
