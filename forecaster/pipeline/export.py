"""Export: write the networks of a run for other programs, as ONNX or as a TensorFlow SavedModel."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from forecaster.errors import UsageError
from forecaster.forecasting.fitted import STATE, Fitted
from forecaster.forecasting.graphs import NETWORK_FILE, network_json, write_graphs
from forecaster.model.graph.export import refusal
from forecaster.runs.files import disk_errors, write_json, write_whole
from forecaster.stages.graphs import describe
from forecaster.stages.loaded import fitted_of
from forecaster.stages.opened import OpenedRun

FORMATS = ("onnx", "saved_model")


@dataclass(frozen=True)
class Exported:
    """The exported networks of a run.

    Attributes:
        folder: The folder.
        format: onnx or saved_model.
        files: The files in it, relative to it.
        bytes: Their sizes together.
    """

    folder: Path
    format: str
    files: tuple[str, ...]
    bytes: int


def export(opened: OpenedRun, output: Path, *, form: str = "onnx") -> Exported:
    """Write the networks that `predict` uses, with all that a program in another language needs to forecast.

    Args:
        opened: The run.
        output: The folder to write, which must not exist or be empty.
        form: onnx or saved_model.

    Returns:
        The folder and its files.

    Raises:
        UsageError: When the folder holds something, the format is unknown, or the network does not have it.
        DataError: When a file of the run is damaged.
        EnvironmentError_: When the folder cannot be written.
    """
    if form not in FORMATS:
        raise UsageError(f"--format {form}: there is no such format", hint=f"use one of {', '.join(FORMATS)}")
    fitted = fitted_of(opened)
    _check_possible(opened, fitted, form)
    with _new_folder(output) as folder:
        if form == "onnx":
            write_graphs(folder, fitted.spec, fitted.shape, fitted.members)
        else:
            _save_models(opened, fitted, folder)
        description = describe(opened.spec, fitted)
        write_json(
            folder / NETWORK_FILE, network_json(fitted.spec, fitted.shape, fitted.members, description)
        )
        write_whole(folder / "state.json", opened.run.read(STATE))
    files = sorted(path for path in output.rglob("*") if path.is_file())
    names = tuple(path.relative_to(output).as_posix() for path in files)
    return Exported(output, form, names, sum(path.stat().st_size for path in files))


def _check_possible(opened: OpenedRun, fitted: Fitted, form: str) -> None:
    why = refusal(fitted.spec, fitted.shape)
    if form == "onnx" and why is not None:
        raise UsageError(
            f"{opened.run.path}: its network cannot be written as ONNX: {why}",
            hint="use --format saved_model",
        )
    if form == "saved_model" and fitted.spec.stateful:
        raise UsageError(
            f"{opened.run.path}: its network carries its state from window to window, which a SavedModel would hide",
            hint="use --format onnx, where the state is an input and an output",
        )


def _save_models(opened: OpenedRun, fitted: Fitted, folder: Path) -> None:
    from forecaster.training.backend import silent_native_logs, start_backend

    start_backend(opened.spec.runtime)
    from forecaster.forecasting.engine import fill_weights
    from forecaster.model.build import build
    from forecaster.model.saved_model import save_model

    for member, weights in enumerate(fitted.members):
        network = build(fitted.spec, fitted.shape)
        fill_weights(network, weights)
        target = folder / f"network-{member}"
        with disk_errors(target), silent_native_logs():
            save_model(network, fitted.spec, fitted.shape, target)


@contextmanager
def _new_folder(output: Path) -> Iterator[Path]:
    """Give a folder beside `output` that takes its name at the end, so that a half-written one is never there."""
    with disk_errors(output):
        if output.exists() and (not output.is_dir() or any(output.iterdir())):
            raise UsageError(f"--output {output}: is already there", hint="choose a new folder")
        output.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".", suffix=".part", dir=output.parent))
    try:
        yield folder
        with disk_errors(output):
            # It was made for its owner alone; the result gets what the umask gives.
            folder.chmod(output.parent.stat().st_mode & 0o777)
            if output.exists():
                output.rmdir()
            folder.rename(output)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
