"""A table that is mapped from files gives the same bytes as one that is read into memory."""

from __future__ import annotations

import json
import math
import resource
import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import load_file

from forecaster.config.experiment import Experiment
from forecaster.data import arrays as mapped
from forecaster.data.reading import cache
from forecaster.data.reading import parquet_file as read_parquet
from forecaster.data.transforms import scalers
from forecaster.evaluation import scales
from tests.integration.tiny_runs import call, done, hours, write_config, write_table
from tests.preparing import prepare

DATA = {
    "id": "id",
    "targets": ["y"],
    "past_covariates": ["p", "kind"],
    "future_covariates": ["f"],
    "categorical": {"kind": "embedding"},
    "calendar": ["hour"],
    "missing": "mask",
}


def panel(folder: Path) -> Path:
    """Three series with a gap, an empty cell, and rows ahead; not in order."""
    rows = [
        (name, t, "" if i == 20 or i >= 60 else round(n + math.sin(i) * 3, 3), i % 5, "ab"[i % 2], i % 7)
        for n, name in enumerate(["x", "z", "y"])
        for i, t in enumerate(hours(64, first=n))
        if i != 33
    ]
    write_table(folder / "t.csv", "id,t,y,p,kind,f", rows)
    return write_config(folder, DATA)


def results(folder: Path, config: Path, name: str) -> dict[str, object]:
    run = folder / name
    done("train", config, "--run-dir", run, "-q")
    found: dict[str, object] = {"validate": json.loads(done("validate", config, "--json"))}
    for file in ("forecasts.csv", "metrics.json", "splits.json", "scores/by_series.csv"):
        found[file] = (run / file).read_bytes()
    for file in run.glob("model/*.safetensors"):
        found[file.name] = {key: array.tobytes() for key, array in load_file(file).items()}
    found["predict"] = done("predict", run, "--data", folder / "t.csv", "--from", hours(1, first=50)[0])
    return found


@pytest.mark.slow
def test_the_memory_of_a_mapped_table_is_that_of_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """300 series of 1,000 rows and 4 columns: 9.6 MB of values. The last one comes first in the file, with gaps."""
    n, steps = 300, 1_000
    rng, at = np.random.default_rng(1), np.arange(n * steps)
    series = (at // steps + n - 1) % n
    columns = {name: rng.normal(size=n * steps) for name in ("y", "p", "f", "g")}
    columns["y"][at % steps == 500] = np.nan
    table = pa.table({"id": np.char.add("s", series.astype(str)), "t": at % steps, **columns})
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=5_000)
    data = {"path": "t.parquet", "freq": 1, "id": "id", "targets": ["y"], "missing": "interpolate"}
    data |= {"past_covariates": ["p"], "future_covariates": ["f", "g"]}
    config = write_config(tmp_path, data, window={"lookback": 6, "horizon": 3, "stride": 50})

    def peak() -> float:
        """The most that Python and numpy held at a time, in MB."""
        loaded = Experiment.from_yaml(config)
        tracemalloc.start()
        try:
            found = prepare(loaded)
            assert len(found.windows["train"]) > n
            return tracemalloc.get_traced_memory()[1] / 1e6
        finally:
            tracemalloc.stop()

    monkeypatch.setattr(read_parquet, "_ROWS", 5_000)
    monkeypatch.setattr(mapped, "BLOCK", 5_000)
    monkeypatch.setattr(scalers, "_BLOCK", 5_000)
    monkeypatch.setattr(scales, "ELEMENTS_PER_BLOCK", 5_000)
    in_memory = peak()
    monkeypatch.setattr(cache, "LEAST_BYTES", 0)
    monkeypatch.setenv("FORECASTER_CACHE", str(tmp_path / "cache"))
    first, second = peak(), peak()
    assert in_memory > 19
    assert second < 3
    # Rows that are not in order are sorted in memory: 24 bytes each, 7.2 MB.
    assert first < 10


@pytest.mark.slow
def test_trained_from_files_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = panel(tmp_path)
    in_memory = results(tmp_path, config, "memory")
    monkeypatch.setattr(cache, "LEAST_BYTES", 0)
    monkeypatch.setattr(mapped, "BLOCK", 50)
    monkeypatch.setenv("FORECASTER_CACHE", str(tmp_path / "cache"))
    first, second = (results(tmp_path, config, name) for name in ("first", "second"))
    assert any("safetensors" in name for name in first)
    assert first == in_memory
    assert second == in_memory
    # Validate and train read the same rows; predict takes in those ahead of another axis.
    assert len(list((tmp_path / "cache" / "tables").iterdir())) == 2


def test_a_disk_that_is_full_later_on_is_an_error_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table is kept already, and the one without its gaps has no room."""
    monkeypatch.setattr(cache, "LEAST_BYTES", 0)
    monkeypatch.setenv("FORECASTER_CACHE", str(tmp_path / "cache"))
    config = panel(tmp_path)
    done("validate", config)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        result = call("validate", config)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert result.exit_code == 3
    assert result.stderr == (
        f"error: {tmp_path}/cache: cannot hold the arrays of a large table: File too large; make space, set "
        "FORECASTER_CACHE to another folder, or to off\n"
    )
