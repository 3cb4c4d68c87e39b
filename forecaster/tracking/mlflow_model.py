"""The model of a run for MLflow: the plain files that `predict` reads, and nothing that could run by itself."""

from __future__ import annotations

import shutil
from pathlib import Path

from forecaster.errors import DISTRIBUTION
from forecaster.runs.directory import EVENTS, MANIFEST, RESOLVED, RunDir
from forecaster.version import __version__

# What `predict` reads of a run besides model/.
NEEDED = (RESOLVED, EVENTS, "metrics.json", "splits.json")
# The module that MLflow imports to open the model, named here because it stands above this room.
LOADER = "forecaster.api.mlflow_model"


def save_model(path: Path, to: Path) -> None:
    """Write the MLflow model of a complete run, of the flavour `pyfunc`.

    Args:
        path: The run directory.
        to: The folder of the model, which is made.
    """
    from mlflow import pyfunc

    copy = to.with_name("run")
    names = [name for name in RunDir(path).manifest()["files"] if name in NEEDED or name.startswith("model/")]
    for name in (MANIFEST, *names):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path / name, copy / name, follow_symlinks=False)
    requirement = f"{DISTRIBUTION}=={__version__}"
    pyfunc.save_model(str(to), loader_module=LOADER, data_path=str(copy), pip_requirements=[requirement])
