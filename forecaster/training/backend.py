"""Start Keras on TensorFlow: once per process, before anything else imports Keras."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from forecaster.errors import EnvironmentError_
from forecaster.training.spec import RuntimeSpec

MIB = 1 << 20
# mallopt(3) of the GNU C library: parameter numbers of malloc.h, and their values here.
# A training step allocates and frees the same few MiB; by default every thread returns them to the
# system each time and has the pages cleared again at the next step (docs/decisions/0011).
KEPT_MEMORY = {
    "M_TRIM_THRESHOLD": (-1, 256 * MIB),
    "M_TOP_PAD": (-2, 16 * MIB),
    "M_MMAP_THRESHOLD": (-3, 32 * MIB),
}


# Starting changes the whole process (environment, allocator, devices): one thread does it at a time.
_starting = threading.Lock()
_started = threading.Event()
# Two redirections that overlap would restore file descriptor 2 in the wrong order, and lose it.
_redirecting = threading.RLock()


def start_backend(runtime: RuntimeSpec) -> None:
    """Import Keras on TensorFlow, quietly, with threads, precision and determinism set.

    The number of threads and determinism on a GPU belong to the process: the first call
    decides, and a later call may only repeat them. Precision belongs to the thread, because Keras keeps
    one dtype policy per thread: call this in every thread that builds, trains or runs a network.

    Args:
        runtime: The `runtime` section of the experiment. `threads: null` takes what the process has.

    Raises:
        EnvironmentError_: TensorFlow is not installed, Keras runs on another backend in this process already, or
            TensorFlow has started with another number of threads.
    """
    with _starting:
        keras = _import_keras(runtime)
    keras.config.set_dtype_policy(runtime.precision)


def _import_keras(runtime: RuntimeSpec) -> Any:
    keep_freed_memory()
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        # Only the first start writes anything; later ones leave the process's stderr alone.
        with contextlib.nullcontext() if _started.is_set() else silent_native_logs():
            import keras

            _start_tensorflow(runtime)
    except ImportError as error:
        raise EnvironmentError_(
            f"TensorFlow is not installed: {error}", hint="pip install tensorflow"
        ) from error
    if keras.backend.backend() != "tensorflow":
        raise EnvironmentError_(
            f"Keras already runs on {keras.backend.backend()} in this process, and forecaster needs TensorFlow",
            hint="start a new process",
        )
    _started.set()
    return keras


def keep_freed_memory() -> bool:
    """Let this process keep freed memory for its next step.

    Returns:
        False where the C library has no such setting: training is slower there, and nothing else differs.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is None:
        return False
    return all(mallopt(number, value) == 1 for number, value in KEPT_MEMORY.values())


def forget_networks() -> None:
    """Let TensorFlow give back what it keeps about networks that are no longer used."""
    import keras

    from forecaster.model.kept_networks import forget

    forget()
    keras.backend.clear_session()


def has_gpu() -> bool:
    """Whether TensorFlow, once started, computes on a GPU."""
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
        # On a CPU the operations used here are deterministic anyway, and asking TensorFlow for
        # determinism would switch XLA off (Keras: model_supports_jit).
        tf.config.experimental.enable_op_determinism()
    # The first operation makes TensorFlow look for devices, and log what it finds.
    tf.constant(0.0)


@contextlib.contextmanager
def silent_native_logs() -> Iterator[None]:
    """Discard what native code writes to file descriptor 2 inside the block, such as notes about devices.

    The descriptor belongs to the process, so other threads' standard error is discarded too, and blocks
    in two threads run one after the other. A failed import still raises, with a message of its own.
    """
    with _redirecting, Path(os.devnull).open("wb") as nowhere:
        if sys.stderr is not None:  # as it is in a program without a terminal
            sys.stderr.flush()
        saved = os.dup(2)
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)
