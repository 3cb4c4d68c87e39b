"""A network as a TensorFlow SavedModel, written by Keras."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

from forecaster.model.graph.window import Frame
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec


def save_model(network: Any, spec: ModelSpec, shape: Shape, folder: Path) -> None:
    """Write a network as a SavedModel, with the inputs of its ONNX graph and any number of windows.

    Args:
        network: The network with its weights.
        spec: Its spec.
        shape: Sizes of the windows.
        folder: Where to; it does not exist yet.

    Raises:
        OSError: When it cannot be written.
    """
    import keras
    import tensorflow as tf

    signature = {
        name: keras.InputSpec(shape=(None, *size[1:]), dtype=dtype, name=name)
        for name, (size, dtype) in Frame(spec, shape).inputs().items()
    }
    try:
        network.export(str(folder), format="tf_saved_model", input_signature=[signature], verbose=False)
    except tf.errors.OpError as error:
        # TensorFlow writes by itself, and says of a full disk only this.
        raise OSError(errno.EIO, str(error.message).splitlines()[0], str(folder)) from error
