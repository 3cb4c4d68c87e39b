"""The form of every JSON file of a run directory, by which it is read: types, keys and bounds.

A key that an earlier version did not write is `NotRequired`. An unknown key is an error, because a reader that ignored
it would take a run for something else than it is; an incompatible form has another `format_version`.
"""

from __future__ import annotations

from forecaster.runs.schemas.directory import MANIFEST, SPLITS, STARTED, VERSIONED
from forecaster.runs.schemas.logs import LOGGED, MLFLOW, POINT, PROGRESS
from forecaster.runs.schemas.model import ARRAYS, SPEC, STATE
from forecaster.runs.schemas.network import NETWORK
from forecaster.runs.schemas.scores import BACKTEST, IMPORTANCE, METRICS

__all__ = [
    "ARRAYS",
    "BACKTEST",
    "IMPORTANCE",
    "LOGGED",
    "MANIFEST",
    "METRICS",
    "MLFLOW",
    "NETWORK",
    "POINT",
    "PROGRESS",
    "SPEC",
    "SPLITS",
    "STARTED",
    "STATE",
    "VERSIONED",
]
