"""A service whose forecasts are made without a network: the last value of each series, again and again."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from starlette.testclient import TestClient

from forecaster.data.reading.sources import TableSource
from forecaster.data.reading.table import read_table
from forecaster.data.spec import DataSpec, WindowSpec
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.transforms.cutoff import long_enough
from forecaster.forecasting.forecast import Forecast
from forecaster.pipeline.predict import Predicted
from forecaster.reporting.newest import NewestForecasts
from forecaster.service.app import Service
from forecaster.service.logs import Log
from forecaster.service.requests import Options
from forecaster.service.served import ServedRun, Version
from forecaster.service.settings import Limits, Settings
from forecaster.service.work_thread import WorkThread
from forecaster.stages.graphs import EngineUsed

DATA = DataSpec.model_validate({"path": "t.csv", "time": "t", "freq": "h", "id": "id", "targets": ["y"]})
LOOKBACK, HORIZON = 6, 3
HOUR = 3_600_000_000_000


def axis() -> TimeAxis:
    return TimeAxis.fit("h", None, np.array([0, HORIZON * HOUR]))


def stub_forecast(data: TableSource | None, future: TableSource | None, options: Options) -> Predicted:
    """Repeat the last value of each series; without a table, 7 for the series a."""
    if options.horizon == 13:
        raise RuntimeError("secret of the inside")
    if options.horizon == 14:
        time.sleep(1.5)
    source = data if data is not None else pa_table([7.0] * LOOKBACK)
    panel, _ = read_table(DATA, source, time_axis=axis())
    panel, known, notes = long_enough(panel, panel.lengths, WindowSpec(lookback=LOOKBACK, horizon=HORIZON))
    steps = options.horizon or HORIZON
    last = panel.values[panel.offsets[1:] - 1, :1]
    point = np.repeat(last[:, None, :], steps, axis=1)
    forecast = Forecast(point, np.arange(len(panel.ids)), panel.offsets[1:])
    table = forecast.table(panel, DATA)
    used = EngineUsed("onnxruntime", None)
    return Predicted(table, len(panel.ids), notes, used, (), NewestForecasts.of(panel, known, forecast, ()))


def pa_table(values: list[float], name: str = "a") -> TableSource:
    from forecaster.data.reading.arrow_table import ArrowTable

    return ArrowTable.of(pa.table({"t": hours(len(values)), "id": [name] * len(values), "y": values}))


def hours(n: int) -> list[str]:
    return [f"2024-01-{1 + i // 24:02d} {i % 24:02d}:00:00" for i in range(n)]


def csv(n: int = 8, ids: tuple[str, ...] = ("a",)) -> bytes:
    """y counts the hours, so a forecast of the last value is n - 1."""
    rows = [f"{t},{name},{i}" for name in ids for i, t in enumerate(hours(n))]
    return ("t,id,y\n" + "\n".join(rows) + "\n").encode()


def records(n: int = 8) -> list[dict[str, Any]]:
    return [{"t": t, "id": "a", "y": i} for i, t in enumerate(hours(n))]


def version(name: str = "one", sha256: str = "1" * 64) -> Version:
    facts = {"name": name, "sha256": sha256, "ids": ["a", "b"], "n_series": 2, "learned_until": "2024-01-01"}
    return Version(facts, sha256, WorkThread(name), stub_forecast)


class Stub:
    """A service of stub runs, a client of it, and the lines of its log."""

    def __init__(self, *names: str, limits: Limits | None = None, **settings: Any) -> None:
        self.runs = [ServedRun(name, Path("nowhere") / name, version(name)) for name in names or ("one",)]
        paths = {run.name: run.path for run in self.runs}
        self.stream = io.StringIO()
        given = Settings(paths, limits or Limits(), **settings)
        self.service = Service(self.runs, given, Log(self.stream))
        # An error of the service is an answer, as in a server.
        self.client = TestClient(self.service.app(), raise_server_exceptions=False)

    @property
    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]
