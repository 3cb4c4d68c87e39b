"""Graphs that onnxruntime runs. This module and what it imports need neither Keras nor `onnx`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from forecaster.model.graph.content import check_content

Tensors = Mapping[str, npt.NDArray[Any]]
# onnxruntime's own log would write what the error says already, in red: only what ends the process is logged.
_FATAL = 4
# Of the errors of onnxruntime, none has a base that is not Exception.
_TYPES = {"tensor(float)": np.float32, "tensor(int32)": np.int32, "tensor(int64)": np.int64}


class GraphError(ValueError):
    """A graph that cannot be loaded or run; its text says why, as a phrase after the name of the file."""


class GraphSession:
    """One graph, ready to run.

    A forecast does not depend on the batch that it stands in, or on how many run at a time. A single row goes through
    other code of onnxruntime's than several, and would differ in the last digits: it is run twice over. And an operator
    has one thread, because several would split a batch into single rows; batches may run in threads of the caller's.

    Args:
        content: The ONNX file.

    Raises:
        GraphError: When the file is no graph of a network.
    """

    def __init__(self, content: bytes) -> None:
        import onnxruntime

        try:
            check_content(content)
        except ValueError as error:
            raise GraphError(f"is no network of forecaster: it {error}") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = _FATAL
        # Memory of the largest batch is not kept for the next one.
        options.enable_cpu_mem_arena = False
        try:
            # Without its own way out of an error, which writes to stdout.
            self._session = onnxruntime.InferenceSession(
                content, options, ["CPUExecutionProvider"], enable_fallback=0
            )
            self.inputs = {one.name: _TYPES.get(one.type, np.float32) for one in self._session.get_inputs()}
            self.outputs = [one.name for one in self._session.get_outputs()]
        except Exception as error:
            raise GraphError(f"cannot be loaded ({_first_line(error)})") from error

    def run(self, arrays: Tensors) -> dict[str, npt.NDArray[Any]]:
        """Return every output by name.

        Args:
            arrays: Every input by name, rows first; others are ignored.

        Raises:
            GraphError: When the graph does not take them.
        """
        missing = [name for name in self.inputs if name not in arrays]
        if missing:
            raise GraphError(f"wants the input {ascii(missing[0])[:40]}, which its windows do not have")
        given = {n: np.ascontiguousarray(arrays[n], dtype=t) for n, t in self.inputs.items()}
        single = all(len(part) == 1 for part in given.values())
        if single:
            given = {name: np.concatenate([part, part]) for name, part in given.items()}
        try:
            found = self._session.run(None, given)
        except Exception as error:
            raise GraphError(f"cannot be run ({_first_line(error)})") from error
        halves = [part[: len(part) // 2] if single else part for part in found]
        return dict(zip(self.outputs, halves, strict=True))


def _first_line(error: Exception) -> str:
    text = str(error).splitlines()
    return ascii(text[0] if text else type(error).__name__)[1:160]
