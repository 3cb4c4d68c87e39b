"""forecaster: recurrent networks for time series, from one YAML file or from Python.

import forecaster as fc

experiment = fc.Experiment.from_yaml("config.yaml")
run = fc.train(experiment)
forecast = run.predict()

Names are imported when they are first used, so `import forecaster` loads neither TensorFlow nor pandas.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from forecaster.version import __version__ as __version__

if TYPE_CHECKING:
    from forecaster.api.collection import clean as clean
    from forecaster.api.collection import diff as diff
    from forecaster.api.collection import doctor as doctor
    from forecaster.api.collection import list_runs as list_runs
    from forecaster.api.evaluation import Evaluation as Evaluation
    from forecaster.api.evaluation import compare as compare
    from forecaster.api.frames import spreadsheet_safe as spreadsheet_safe
    from forecaster.api.results import Backtest as Backtest
    from forecaster.api.results import Search as Search
    from forecaster.api.run import Run as Run
    from forecaster.api.run import load as load
    from forecaster.api.verbs import backtest as backtest
    from forecaster.api.verbs import example as example
    from forecaster.api.verbs import inspect as inspect
    from forecaster.api.verbs import schema as schema
    from forecaster.api.verbs import train as train
    from forecaster.api.verbs import tune as tune
    from forecaster.api.verbs import validate as validate
    from forecaster.config.experiment import Experiment as Experiment
    from forecaster.errors import ConfigError as ConfigError
    from forecaster.errors import DataError as DataError
    from forecaster.errors import Diagnostic as Diagnostic
    from forecaster.errors import EnvironmentError_ as EnvironmentError_
    from forecaster.errors import ForecasterError as ForecasterError
    from forecaster.errors import ForecasterWarning as ForecasterWarning
    from forecaster.errors import Location as Location
    from forecaster.errors import RunTakenError as RunTakenError
    from forecaster.errors import TrainingError as TrainingError
    from forecaster.errors import UsageError as UsageError
    from forecaster.service import create_app as create_app
    from forecaster.service.run import serve as serve
    from forecaster.training.progress import EpochRow as EpochRow

# Where each public name is defined.
_HOMES = {
    "forecaster.api.collection": ("clean", "diff", "doctor", "list_runs"),
    "forecaster.api.evaluation": ("Evaluation", "compare"),
    "forecaster.api.frames": ("spreadsheet_safe",),
    "forecaster.api.results": ("Backtest", "Search"),
    "forecaster.api.run": ("Run", "load"),
    "forecaster.api.verbs": ("backtest", "example", "inspect", "schema", "train", "tune", "validate"),
    "forecaster.config.experiment": ("Experiment",),
    "forecaster.errors": (
        "ConfigError",
        "DataError",
        "Diagnostic",
        "EnvironmentError_",
        "ForecasterError",
        "ForecasterWarning",
        "Location",
        "RunTakenError",
        "TrainingError",
        "UsageError",
    ),
    "forecaster.service": ("create_app",),
    "forecaster.service.run": ("serve",),
    "forecaster.training.progress": ("EpochRow",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [  # noqa: RUF022  in the order in which they are read
    "Experiment",
    "inspect",
    "example",
    "validate",
    "train",
    "load",
    "tune",
    "backtest",
    "compare",
    "list_runs",
    "diff",
    "clean",
    "doctor",
    "schema",
    "serve",
    "create_app",
    "spreadsheet_safe",
    "Run",
    "Evaluation",
    "Search",
    "Backtest",
    "EpochRow",
    "ForecasterError",
    "UsageError",
    "ConfigError",
    "DataError",
    "TrainingError",
    "EnvironmentError_",
    "RunTakenError",
    "ForecasterWarning",
    "Diagnostic",
    "Location",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    # Without what this module imports for itself.
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
