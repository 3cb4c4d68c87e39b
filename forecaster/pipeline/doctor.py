"""Doctor: is this machine fit for training, and where may runs and tables be written?"""

from __future__ import annotations

import os
import platform
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from forecaster.data.arrays import OFF, WHERE, cache_folder
from forecaster.errors import DISTRIBUTION, UsageError
from forecaster.system import free_memory, memory, memory_limit, processors, time_limit
from forecaster.text import amount, one_line, without_secrets
from forecaster.version import __version__

Level = Literal["ok", "warning", "error"]
GIB = 1 << 30
# A training of a small table takes about this much memory, most of it TensorFlow.
LEAST_MEMORY, LEAST_DISK = GIB, GIB
SMOKE_TIMEOUT_S = 300
SMOKE_PROGRAM = "import forecaster as fc; fc.train(fc.example('sunspots'), run_dir='run', smoke=True)"
NEEDED = (
    *(
        "tensorflow",
        "keras",
        "keras-tuner",
        "onnx",
        "onnxruntime",
        "numpy",
        "pandas",
        "pyarrow",
        "scikit-learn",
    ),
    "scipy",
)
EXTRAS = ("holidays", "ray", "statsforecast", "mlflow-skinny", "fastapi", "openpyxl", "adbc-driver-manager")
# Variables that change what forecaster or its libraries do, and the beginnings of the names of more.
VARIABLES = (
    *(
        "FORECASTER_CACHE",
        "FORECASTER_ENGINE",
        "XDG_CACHE_HOME",
        "TMPDIR",
        "NO_COLOR",
        "COLUMNS",
        "LANG",
        "LC_ALL",
        "PYTHONUTF8",
    ),
    *("PYTHONIOENCODING", "KERAS_BACKEND", "KERAS_HOME", "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES"),
    *("RAY_ADDRESS", "XLA_FLAGS"),
)
# Terraform's begin with TF_ too, and are nobody else's business.
BEGINNINGS = (
    "TF_CPP_",
    "TF_NUM_",
    "TF_DETERMINISTIC_",
    "TF_ENABLE_",
    "TF_DISABLE_",
    "TF_USE_",
    "TF_XLA_",
    "TF_GPU_",
    "TF_FORCE_GPU_",
    "TF_CUDNN_",
    "MLFLOW_TRACKING_",
)
SECRET = ("PASSWORD", "TOKEN", "SECRET", "KEY")


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: What it is, such as "memory".
        level: "ok", "warning" (it works, with a caveat) or "error" (it does not work).
        value: What was found.
        hint: What to do about it; None where there is nothing to do.
    """

    name: str
    level: Level
    value: str
    hint: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the attributes as plain values."""
        return {"name": self.name, "level": self.level, "value": self.value, "hint": self.hint}


@dataclass(frozen=True)
class Checkup:
    """Everything that was looked at.

    Attributes:
        checks: One for each thing.
    """

    checks: list[Check]

    @property
    def ok(self) -> bool:
        """Whether nothing is an error."""
        return all(check.level != "error" for check in self.checks)


def doctor(folder: Path, *, smoke: bool = False) -> Checkup:
    """Look at this machine. Loads no TensorFlow, and leaves nothing behind.

    Args:
        folder: The folder in which runs are to be written; it need not exist yet.
        smoke: Whether to train for some seconds too, in a process of its own.

    Raises:
        UsageError: The folder is something else.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: is no folder", hint="name the folder in which runs are to be written")
    checks = [*_versions(), *_machine(), _folder("output folder", folder), _cache(), *_environment()]
    if smoke:
        checks.append(_smoke())
    return Checkup(checks)


def _versions() -> Iterator[Check]:
    yield Check(
        "forecaster", "ok", f"{__version__}, Python {platform.python_version()} on {platform.platform()}"
    )
    missing = []
    for package in NEEDED:
        version = _version(package)
        if version is None:
            missing.append(package)
        else:
            yield Check(package, "ok", version)
    for package in missing:
        yield Check(package, "error", "is not installed", f"pip install {DISTRIBUTION}")
    extras = [f"{package} {version}" for package in EXTRAS if (version := _version(package))]
    yield Check("extras", "ok", ", ".join(extras) or "none")


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _machine() -> Iterator[Check]:
    share = time_limit()
    granted = "" if share is None else f", of which a limit leaves {share:g}"
    few = None if share is None or share >= 1 else "training is slow with less than one processor"
    yield Check("processors", "warning" if few else "ok", f"{processors():,}{granted}", few)
    limit = memory_limit()
    total = memory() if limit is None else min(limit, memory())
    free = min(free_memory(), total)
    shown = f"{amount(free)} free of {amount(total)}"
    if free < LEAST_MEMORY:
        hint = "end other programs, or lower training.batch_size and window.lookback"
        yield Check("memory", "warning", shown, hint)
    else:
        yield Check("memory", "ok", shown)


def _cache() -> Check:
    folder = cache_folder()
    if folder is None:
        return Check("cache folder", "ok", f"{WHERE}={OFF}: large tables are read into memory")
    return _folder(
        "cache folder", folder, level="warning", hint=f"set {WHERE} to another folder, or to {OFF}"
    )


def _folder(name: str, folder: Path, *, level: Level = "error", hint: str | None = None) -> Check:
    """Check that files can be written, locked and renamed in a folder, and that its disk has space."""
    at = next((part for part in (folder, *folder.absolute().parents) if part.exists()), Path("/"))
    try:
        _write(at)
        free = shutil.disk_usage(at).free
    except (OSError, NotImplementedError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return Check(
            name,
            level,
            f"{folder}: cannot be written: {reason}",
            hint or "get permission, or name another folder",
        )
    shown = f"{folder}: {amount(free)} free" + ("" if at == folder else ", to be created")
    if free < LEAST_DISK:
        return Check(name, "warning", shown, hint or "make space there, or name another folder")
    return Check(name, "ok", shown)


def _write(folder: Path) -> None:
    """Write, lock, rename and remove a file. Raises OSError or NotImplementedError where one of these fails."""
    from filelock import FileLock

    if not folder.is_dir():
        raise NotADirectoryError(20, "is a file")
    name = f".forecaster-doctor-{secrets.token_hex(8)}"
    part, whole, lock = folder / name, folder / f"{name}.whole", folder / f"{name}.lock"
    try:
        with part.open("xb") as file:
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
        part.replace(whole)
        # The lock of a run directory, which some network disks lack.
        with FileLock(lock, blocking=False, fallback_to_soft=False):
            pass
    finally:
        for left in (part, whole, lock):
            left.unlink(missing_ok=True)


def _environment() -> Iterator[Check]:
    """Yield the variables that are set, those that do harm with what to do about them."""
    for name in sorted(os.environ):
        if name in VARIABLES or name.startswith(BEGINNINGS):
            value = (
                "(set)"
                if any(word in name for word in SECRET)
                else one_line(without_secrets(os.environ[name]), 200)
            )
            hint = FAULTS[name](os.environ[name]) if name in FAULTS else None
            yield Check(name, "warning" if hint else "ok", value, hint)


def _of_backend(value: str) -> str | None:
    return None if value in ("", "tensorflow") else "forecaster runs on TensorFlow, whatever this says"


def _of_devices(value: str) -> str | None:
    return "it hides every GPU" if value in ("", "-1") else None


def _of_threads(value: str) -> str | None:
    fits = value.isdecimal() and 1 <= int(value) <= 4 * processors()
    return None if fits else f"it is no number that fits {processors():,} processors; unset it"


FAULTS: dict[str, Callable[[str], str | None]] = {
    "KERAS_BACKEND": _of_backend,
    "CUDA_VISIBLE_DEVICES": _of_devices,
    "OMP_NUM_THREADS": _of_threads,
}


def _smoke() -> Check:
    """Train a few windows of a shipped table in a process of its own, which a fault of the machine may end."""
    with tempfile.TemporaryDirectory(prefix="forecaster-doctor-") as folder:
        began = time.monotonic()
        try:
            done = subprocess.run(
                [sys.executable, "-W", "ignore", "-c", SMOKE_PROGRAM],
                cwd=folder,
                env=os.environ | {"PYTHONPATH": _import_path()},
                capture_output=True,
                text=True,
                errors="replace",
                timeout=SMOKE_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Check(
                "training", "error", f"did not end in {SMOKE_TIMEOUT_S} s", "see whether the machine is busy"
            )
        seconds = time.monotonic() - began
    if done.returncode == 0:
        return Check("training", "ok", f"one epoch on a few windows took {seconds:.1f} s")
    last = (done.stderr.strip().splitlines() or ["no message"])[-1]
    end = f"signal {-done.returncode}" if done.returncode < 0 else f"status {done.returncode}"
    return Check(
        "training", "error", f"failed with {end}: {one_line(last, 300)}", "mend what the message names"
    )


def _import_path() -> str:
    """Return the folders that modules are imported from here: the process starts in another folder."""
    return os.pathsep.join(str(Path(place).absolute()) for place in sys.path if place)
