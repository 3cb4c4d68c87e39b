"""`predict` and `backtest` on a local cluster of Ray that the commands start: the same bytes as without it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as parquet
import pytest
import ray

import forecaster as fc
from benchmarks.kills import ROOT
from forecaster.parts.predict import PartsOptions, predict_parts
from forecaster.runs.forecast_parts import ForecastParts
from tests.integration.test_predict_parts import SERIES, in_blocks, long_table
from tests.integration.tiny_runs import done, line, refused, write_config

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ray")
    parquet.write_table(long_table({f"known{i}": 60 for i in range(4)}), folder / "t.parquet")
    config = write_config(folder, {"path": "t.parquet", "id": "s", "targets": ["y"]})
    done("train", config, "--run-dir", folder / "run", "--smoke", "-q")
    return folder / "run"


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """One cluster for the module: an engine takes the one that there is."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # A fold asks for as many processors as a training in one process uses.
    ray.init(num_cpus=64, include_dashboard=False, log_to_driver=False, object_store_memory=80 << 20)
    yield
    ray.shutdown()


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_parts_are_the_same_bytes_on_ray_also_where_a_worker_is_killed(
    cluster: None, run: Path, tmp_path: Path
) -> None:
    table = tmp_path / "t.parquet"
    parquet.write_table(long_table({**SERIES, "short": 2}, order="mixed"), table)
    in_blocks(run, table, tmp_path / "here")
    killed: list[int] = []

    def kill(n: int, of: int) -> None:
        if not killed:
            workers = [
                p for p in psutil.process_iter(["name", "cmdline"]) if "_Served" in " ".join(p.cmdline())
            ]
            mine = [p for p in workers if os.getpid() in [q.pid for q in p.parents()]]
            killed.extend(p.pid for p in mine[:1])
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    predict_parts(
        fc.load(run)._opened,
        table,
        ForecastParts.of(tmp_path / "there"),
        PartsOptions(engine="ray", workers=2, block_series=5),
        on_block=kill,
    )
    assert killed
    assert content(tmp_path / "there") == content(tmp_path / "here")


def test_a_killed_command_goes_on(cluster: None, run: Path, tmp_path: Path) -> None:
    table = tmp_path / "t.parquet"
    parquet.write_table(long_table(SERIES), table)
    code = (
        "import time, sys; import forecaster.parts.predict as p; from pathlib import Path; import forecaster as fc;"
        "from forecaster.runs.forecast_parts import ForecastParts;"
        "p.predict_parts(fc.load(sys.argv[1])._opened, Path(sys.argv[2]), ForecastParts.of(sys.argv[3]),"
        "p.PartsOptions(block_series=5), on_block=lambda n, of: time.sleep(60 if n == 2 else 0))"
    )
    out = tmp_path / "out"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(run), str(table), str(out)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        while len(list(out.glob(".work/done/*"))) < 2:
            assert process.poll() is None
            time.sleep(0.02)
        process.kill()
    found = predict_parts(
        fc.load(run)._opened,
        table,
        ForecastParts.of(out),
        PartsOptions(engine="ray", workers=2, block_series=5),
    )
    assert (found.n_parts, found.n_kept) == (8, 2)
    in_blocks(run, table, tmp_path / "calm")
    assert content(out) == content(tmp_path / "calm")


def test_python_gets_the_table(cluster: None, run: Path, tmp_path: Path) -> None:
    table = tmp_path / "t.parquet"
    parquet.write_table(long_table(SERIES), table)
    opened = fc.load(run)
    notes: list[Any] = []
    found = opened.predict(table, engine="ray", on_note=notes.append)
    assert found.equals(opened.predict(table, on_note=notes.append))


def test_folds_are_the_same_on_ray(cluster: None, tmp_path: Path) -> None:
    config = line(tmp_path, training={"epochs": 2, "batch_size": 32})
    options = ["--folds", 2, "--refit", "-q"]
    done("backtest", config, *options, "--run-dir", tmp_path / "here")
    done("backtest", config, *options, "--run-dir", tmp_path / "there", "--engine", "ray")
    for name in ("metrics.json", "forecasts.csv", "resolved.yaml"):
        assert (tmp_path / "there" / name).read_bytes() == (tmp_path / "here" / name).read_bytes(), name
    listed = [
        sorted(p.relative_to(r).as_posix() for p in r.rglob("*"))
        for r in (tmp_path / "here", tmp_path / "there")
    ]
    assert listed[0] == listed[1]
    events = (tmp_path / "there/events.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(e)["event"] for e in events] == ["started", "fold_done", "fold_done", "done"]


def test_one_training_is_not_for_ray(tmp_path: Path) -> None:
    message = refused(2, "backtest", line(tmp_path), "--engine", "ray", "--run-dir", tmp_path / "r")
    assert message == (
        "--engine ray: there is one training, at the first cutoff; add --refit, or leave out --engine"
    )
    assert not (tmp_path / "r").exists()
