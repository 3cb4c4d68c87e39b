"""Nodes and weights of one ONNX graph, added one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
# Operators of this version are in every onnxruntime since 1.14.
OPSET = 18
# The form of the file that goes with it.
IR_VERSION = 8


class Graph:
    """A graph in the making. Tensors are known by their names; a method adds a node and returns its output.

    Args:
        weights: The saved weights by path, which become initializers of the same name where they are used as they
            are.
    """

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self.weights = weights
        self._nodes: list[Any] = []
        self._constants: dict[Any, str] = {}
        self._arrays: dict[str, Array] = {}
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []
        self._count = 0

    # -- names ---------------------------------------------------------------------

    def input(self, name: str, shape: Sequence[int | str], dtype: str = "float32") -> str:
        """Declare an input. A size that is a text, such as batch, is free."""
        self._inputs.append((name, tuple(shape), dtype))
        return name

    def output(self, name: str, tensor: str, shape: Sequence[int | str]) -> None:
        """Declare an output, float32."""
        self._nodes.append(("Identity", [tensor], [name], {}))
        self._outputs.append((name, tuple(shape), "float32"))

    def weight(self, path: str) -> str:
        """Return saved weights as they are."""
        self._arrays.setdefault(path, self.weights[path])
        return path

    def constant(self, value: Any, dtype: str = "float32") -> str:
        """Return a constant. Equal ones are stored once."""
        array = np.asarray(value, dtype=dtype, order="C")
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            name = f"constant_{len(self._constants)}"
            self._constants[key] = name
            self._arrays[name] = array
        return self._constants[key]

    # -- nodes ---------------------------------------------------------------------

    def add(self, op: str, *inputs: str, outputs: int = 1, **attributes: Any) -> list[str]:
        """Add a node.

        Args:
            op: The operator.
            *inputs: Names of tensors; "" leaves an optional one out.
            outputs: How many outputs it has.
            **attributes: Those of the operator.

        Returns:
            The names of its outputs.
        """
        names = [f"t{self._count + i}" for i in range(outputs)]
        self._count += outputs
        self._nodes.append((op, list(inputs), names, attributes))
        return names

    def op(self, op: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output; see `add`."""
        return self.add(op, *inputs, **attributes)[0]

    def join(self, parts: Sequence[str | None], axis: int = -1) -> str:
        """Concatenate what is not None. At least one part has to be there."""
        there = [part for part in parts if part is not None]
        return there[0] if len(there) == 1 else self.op("Concat", *there, axis=axis)

    def slice(self, x: str, axis: int, begin: int, end: int | None = None) -> str:
        """Return x[begin:end] on one axis."""
        last = np.iinfo(np.int64).max if end is None else end
        bounds = (self.constant([value], "int64") for value in (begin, last, axis))
        return self.op("Slice", x, *bounds)

    def at(self, x: str, axis: int, index: int) -> str:
        """Return x at one index of an axis, which is dropped."""
        return self.op("Gather", x, self.constant(index, "int64"), axis=axis)

    def flip(self, x: str, axis: int) -> str:
        """Return x in the opposite order on one axis."""
        least = int(np.iinfo(np.int64).min)
        bounds = (self.constant([value], "int64") for value in (-1, least, axis, -1))
        return self.op("Slice", x, *bounds)

    def reshape(self, x: str, *shape: int) -> str:
        """Return x in another shape; 0 keeps a size, and -1 is what remains."""
        return self.op("Reshape", x, self.constant(shape, "int64"))

    def unsqueeze(self, x: str, axis: int) -> str:
        """Add an axis of size 1."""
        return self.op("Unsqueeze", x, self.constant([axis], "int64"))

    def squeeze(self, x: str, axis: int) -> str:
        """Drop an axis of size 1."""
        return self.op("Squeeze", x, self.constant([axis], "int64"))

    def transpose(self, x: str, *axes: int) -> str:
        """Put the axes in another order."""
        return self.op("Transpose", x, perm=list(axes))

    def mean(self, x: str, axis: int) -> str:
        """Return the mean over an axis, which stays with size 1."""
        return self.op("ReduceMean", x, self.constant([axis], "int64"), keepdims=1)

    def sum(self, x: str, axis: int) -> str:
        """Return the sum over an axis, which stays with size 1."""
        return self.op("ReduceSum", x, self.constant([axis], "int64"), keepdims=1)

    def pad(self, x: str, before: Sequence[int], after: Sequence[int]) -> str:
        """Add zeros before and after each axis."""
        return self.op("Pad", x, self.constant([*before, *after], "int64"), self.constant(0.0))

    def repeat(self, x: str, axis: int, times: int, *shape: int) -> str:
        """Repeat each entry of an axis, as `numpy.repeat` does.

        Args:
            x: A tensor.
            axis: Which axis.
            times: How often.
            *shape: The shape of the result, 0 for a size that stays and -1 for one that follows from the rest.
        """
        ones = [1] * len(shape)
        wide = self.op(
            "Expand",
            self.unsqueeze(x, axis + 1),
            self.constant([*ones[: axis + 1], times, *ones[axis + 1 :]], "int64"),
        )
        return self.reshape(wide, *shape)

    def dense(self, x: str, path: str, *, bias: bool = True) -> str:
        """Return x @ kernel + bias of the Dense layer at a path of the saved weights."""
        z = self.op("MatMul", x, self.weight(f"{path}/kernel"))
        return self.op("Add", z, self.weight(f"{path}/bias")) if bias else z

    # -- the file ------------------------------------------------------------------

    @property
    def operators(self) -> set[str]:
        """The operators that occur."""
        return {op for op, *_ in self._nodes}

    def content(self, producer_version: str) -> bytes:
        """Return the ONNX file, checked by `onnx.checker`.

        Args:
            producer_version: The version of forecaster.
        """
        import onnx
        from onnx import helper, numpy_helper

        def value(name: str, shape: tuple[int | str, ...], dtype: str) -> Any:
            kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
            return helper.make_tensor_value_info(name, kind, list(shape))

        nodes = [
            helper.make_node(op, inputs, outputs, name=f"{op}_{i}", **attributes)
            for i, (op, inputs, outputs, attributes) in enumerate(self._nodes)
        ]
        used = {name for _, inputs, *_ in self._nodes for name in inputs}
        graph = helper.make_graph(
            nodes,
            "forecaster",
            [value(*one) for one in self._inputs],
            [value(*one) for one in self._outputs],
            [
                numpy_helper.from_array(np.asarray(a, order="C"), n)
                for n, a in self._arrays.items()
                if n in used
            ],
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            producer_name="forecaster",
            producer_version=producer_version,
            ir_version=IR_VERSION,
        )
        onnx.checker.check_model(model)
        content: bytes = model.SerializeToString(deterministic=True)
        return content
