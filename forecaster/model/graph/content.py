"""A check of ONNX files that were read: only what `builder` writes is let through to onnxruntime.

A run may come from anyone, and onnxruntime reads far more than forecaster writes: files named by the graph, loops,
functions and operators of other libraries. The check reads the protocol buffer itself, so that forecasting need not
import the package `onnx`; the numbers of the fields are those of onnx.proto3.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

OPERATORS = frozenset().union(
    {"LSTM", "GRU", "RNN"},
    {
        "MatMul",
        "Add",
        "Sub",
        "Mul",
        "Div",
        "Abs",
        "Sqrt",
        "Erf",
        "Exp",
        "Log",
        "Neg",
        "Max",
        "Min",
        "Greater",
        "Less",
        "Where",
        "Identity",
        "Cast",
    },
    {"ReduceMean", "ReduceSum", "ReduceMax", "LayerNormalization"},
    {"Elu", "HardSigmoid", "Relu", "Selu", "Sigmoid", "Softplus", "Softsign", "Tanh"},
    {"Concat", "Expand", "Gather", "Pad", "Reshape", "Shape", "Slice", "Squeeze", "Transpose", "Unsqueeze"},
)
"""Every operator of a graph of ours. Loop, Scan and If are not among them."""
MOST_NODES = 200_000
# Bytes of an element by the number of its type: float32, int32, int64.
_SIZES = {1: 4, 6: 4, 7: 8}
Value = int | memoryview


def check_content(content: bytes) -> None:
    """Check that a file holds one plain graph of known operators and stored constants.

    Args:
        content: An ONNX file.

    Raises:
        ValueError: When it holds anything else; says what.
    """
    graphs = 0
    for field, value in _fields(memoryview(content)):
        if field == 7:
            graphs += 1
            _check_graph(_message(value))
        elif field == 8:
            _check_opset(_message(value))
        elif field not in (1, 2, 3):
            raise ValueError(f"has the field {field}, which no network needs")
    if graphs != 1:
        raise ValueError(f"has {graphs} graphs")


def _check_opset(opset: memoryview) -> None:
    for field, value in _fields(opset):
        if field == 1 and len(_message(value)):
            raise ValueError("needs operators of another library")


def _check_graph(graph: memoryview) -> None:
    nodes = 0
    for field, value in _fields(graph):
        if field == 1:
            nodes += 1
            _check_node(_message(value))
        elif field == 5:
            _check_constant(_message(value))
        elif field not in (2, 11, 12):
            raise ValueError(f"its graph has the field {field}, which no network needs")
    if nodes > MOST_NODES:
        raise ValueError(f"has {nodes:,} nodes, and at most {MOST_NODES:,} are read")


def _check_node(node: memoryview) -> None:
    for field, value in _fields(node):
        if field == 4 and bytes(_message(value)).decode("ascii", "replace") not in OPERATORS:
            raise ValueError(f"has the operator {bytes(_message(value))[:40]!a}, which no network needs")
        if field == 7 and len(_message(value)):
            raise ValueError("has an operator of another library")
        if field == 5 and any(inner in (5, 6, 10, 11, 21, 22, 23) for inner, _ in _fields(_message(value))):
            raise ValueError("has a node with a graph or a tensor of its own")
        if field not in (1, 2, 3, 4, 5, 7):
            raise ValueError(f"has a node with the field {field}, which no network needs")


def _check_constant(tensor: memoryview) -> None:
    size, item, stored = 1, 0, -1
    for field, value in _fields(tensor):
        if field == 1:
            size *= math.prod(_numbers(value))
        elif field == 2 and isinstance(value, int):
            item = _SIZES.get(value, 0)
        elif field == 9:
            stored = len(_message(value))
        elif field != 8:
            raise ValueError(f"has a constant with the field {field}, which no network needs")
    if not item or size * item != stored:
        raise ValueError("has a constant whose bytes do not fit its shape")


def _numbers(value: Value) -> list[int]:
    """Return repeated whole numbers, packed or single."""
    if isinstance(value, int):
        return [value]
    found, at = [], 0
    while at < len(value):
        number, at = _varint(value, at)
        found.append(number)
    return found


def _message(value: Value) -> memoryview:
    if isinstance(value, int):
        raise ValueError("has a number where a message belongs")
    return value


def _fields(message: memoryview) -> Iterator[tuple[int, Value]]:
    """Yield the number and the value of every field of a message."""
    at, end = 0, len(message)
    while at < end:
        key, at = _varint(message, at)
        field, kind = key >> 3, key & 7
        if kind == 0:
            number, at = _varint(message, at)
            yield field, number
            continue
        if kind == 2:
            length, at = _varint(message, at)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ValueError("is no protocol buffer")
        if at + length > end:
            raise ValueError("is cut short")
        yield field, message[at : at + length]
        at += length


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    number = shift = 0
    while at < len(message) and shift < 70:
        byte = message[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7
    raise ValueError("is cut short")
