"""Starts the Keras backend: once per process, before anything imports Keras."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from forecaster.errors import EnvironmentError_
from forecaster.training.spec import RuntimeSpec

MIB = 1 << 20
# mallopt(3) of the GNU C library: parameter numbers of malloc.h, and their values here.
# A training step takes and gives back the same few MiB; by default every thread returns them to
# the system each time and pays for the pages anew (docs/decisions/0011).
KEPT_MEMORY = {
    "M_TRIM_THRESHOLD": (-1, 256 * MIB),
    "M_TOP_PAD": (-2, 16 * MIB),
    "M_MMAP_THRESHOLD": (-3, 32 * MIB),
}


def start_backend(runtime: RuntimeSpec) -> None:
    """Import Keras on the chosen backend, quietly, with threads, precision and determinism set.

    Raises EnvironmentError_ when the backend is not installed or another one is running.
    """
    os.environ["KERAS_BACKEND"] = runtime.backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    keep_freed_memory()
    try:
        with silent_native_logs():
            import keras

            if runtime.backend == "tensorflow":
                _start_tensorflow(runtime)
    except ImportError as error:
        raise EnvironmentError_(
            f"the backend {runtime.backend} is not installed: {error}",
            hint=f"pip install {runtime.backend}, or set runtime.backend to tensorflow",
            path="runtime.backend",
        ) from error
    if keras.backend.backend() != runtime.backend:
        raise EnvironmentError_(
            f"Keras already runs on {keras.backend.backend()} in this process, and the config asks for "
            f"{runtime.backend}",
            hint="start a new process",
            path="runtime.backend",
        )
    keras.config.set_dtype_policy(runtime.precision)


def keep_freed_memory() -> bool:
    """Let this process keep memory that was freed, for its next step. False where the C library
    cannot be asked: then training is slower, and nothing else differs."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is None:
        return False
    return all(mallopt(number, value) == 1 for number, value in KEPT_MEMORY.values())


def has_gpu() -> bool:
    """Whether the started backend computes on a GPU."""
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


def _start_tensorflow(runtime: RuntimeSpec) -> None:
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    if runtime.threads is not None:
        try:
            tf.config.threading.set_intra_op_parallelism_threads(runtime.threads)
            tf.config.threading.set_inter_op_parallelism_threads(runtime.threads)
        except RuntimeError as error:
            raise EnvironmentError_(
                "runtime.threads cannot change once TensorFlow has started in this process",
                hint="start a new process",
                path="runtime.threads",
            ) from error
    if runtime.deterministic and has_gpu():
        # On a processor the operations used here give the same bytes as they are, and asking
        # TensorFlow for determinism would switch XLA off (Keras: model_supports_jit).
        tf.config.experimental.enable_op_determinism()
    # The first operation makes TensorFlow look for devices, with notes of its own.
    tf.constant(0.0)


@contextlib.contextmanager
def silent_native_logs() -> Iterator[None]:
    """Keep what native code writes to file descriptor 2 while it loads off the terminal.

    A failed import still raises, with a message of its own.
    """
    with Path(os.devnull).open("wb") as nowhere:
        if sys.stderr is not None:  # as it is in a program without a terminal
            sys.stderr.flush()
        saved = os.dup(2)
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
