"""Activations: as nodes after a layer, and as the names that recurrent nodes of ONNX take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from forecaster.model.graph.builder import Graph

# Numbers of types in ONNX.
_SINGLE, _DOUBLE = 1, 11
# Constants of selu (Klambauer et al., 2017), as Keras has them.
SELU_ALPHA, SELU_GAMMA = 1.6732632423543772848, 1.0507009873554804934


def _gelu(g: Graph, x: str) -> str:
    inner = g.op("Erf", g.op("Mul", x, g.constant(0.5**0.5)))
    return g.op("Mul", g.op("Mul", x, g.constant(0.5)), g.op("Add", inner, g.constant(1.0)))


def _in_double(g: Graph, x: str) -> str:
    return g.op("Cast", x, to=_DOUBLE)


def softplus(g: Graph, x: str) -> str:
    """Return log(1 + exp(x)), which is the same for a value wherever it stands in an array.

    onnxruntime computes exponentials and logarithms of single precision with vectors, and the values at the end of an
    array without: they differ in the last digit, so that a forecast would depend on how many there are. In double
    precision the difference is gone when the result is rounded.
    """
    small = g.op("Exp", g.op("Neg", g.op("Abs", _in_double(g, x))))
    log = g.op("Log", g.op("Add", small, _in_double(g, g.constant(1.0))))
    return g.op("Add", g.op("Relu", x), g.op("Cast", log, to=_SINGLE))


def _halves(g: Graph, x: str) -> tuple[str, str]:
    """Return x where it is positive, and exp(x) - 1 elsewhere, each 0 in the places of the other.

    In double precision for the reason that `softplus` has.
    """
    power = g.op("Exp", _in_double(g, g.op("Min", x, g.constant(0.0))))
    below = g.op("Sub", power, _in_double(g, g.constant(1.0)))
    return g.op("Relu", x), g.op("Cast", below, to=_SINGLE)


def _elu(g: Graph, x: str) -> str:
    return g.op("Add", *_halves(g, x))


def _selu(g: Graph, x: str) -> str:
    above, below = _halves(g, x)
    sized = g.op("Mul", below, g.constant(SELU_ALPHA))
    return g.op("Mul", g.op("Add", above, sized), g.constant(SELU_GAMMA))


def _silu(g: Graph, x: str) -> str:
    return g.op("Mul", x, g.op("Sigmoid", x))


# By the name of the YAML file.
NODES: dict[str, Callable[[Graph, str], str]] = {
    "linear": lambda g, x: x,
    "tanh": lambda g, x: g.op("Tanh", x),
    "relu": lambda g, x: g.op("Relu", x),
    "sigmoid": lambda g, x: g.op("Sigmoid", x),
    "hard_sigmoid": lambda g, x: g.op("HardSigmoid", x, alpha=1 / 6, beta=0.5),
    "elu": _elu,
    "selu": _selu,
    "gelu": _gelu,
    "silu": _silu,
    "softplus": softplus,
    "softsign": lambda g, x: g.op("Softsign", x),
}


class Fused(NamedTuple):
    """An activation inside a recurrent node."""

    name: str
    alpha: float = 0.0
    beta: float = 0.0


# Those that a recurrent node of ONNX has; the others need one node per step and gate.
FUSED: dict[str, Fused] = {
    "linear": Fused("Affine", 1.0, 0.0),
    "tanh": Fused("Tanh"),
    "relu": Fused("Relu"),
    "sigmoid": Fused("Sigmoid"),
    "hard_sigmoid": Fused("HardSigmoid", 1 / 6, 0.5),
    "elu": Fused("Elu", 1.0),
    "softplus": Fused("Softplus"),
    "softsign": Fused("Softsign"),
}
# Of those, the ones that have parameters, which onnxruntime reads in the order of the activations.
_WITH_ALPHA, _WITH_BETA = {"Affine", "HardSigmoid", "Elu"}, {"Affine", "HardSigmoid"}


def activate(g: Graph, name: str, x: str) -> str:
    """Return an activation of x."""
    return NODES[name](g, x)


def fused_attributes(names: Sequence[str], directions: int) -> dict[str, list[str] | list[float]]:
    """Return the attributes of a recurrent node for its activations, in the order in which ONNX names them."""
    chosen = [FUSED[name] for name in names] * directions
    found: dict[str, list[str] | list[float]] = {"activations": [a.name for a in chosen]}
    alpha = [a.alpha for a in chosen if a.name in _WITH_ALPHA]
    beta = [a.beta for a in chosen if a.name in _WITH_BETA]
    if alpha:
        found["activation_alpha"] = alpha
    if beta:
        found["activation_beta"] = beta
    return found
