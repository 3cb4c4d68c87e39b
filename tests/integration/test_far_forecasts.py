"""A network that learned far too fast in logarithms forecasts numbers that are none; every command says so."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd
import pytest

import forecaster as fc
from forecaster.errors import DataError
from forecaster.parts.remarks import far_remarks
from forecaster.runs.forecast_parts import BlockFacts
from tests.integration.tiny_runs import call, csv_rows, done, hours, refused, write_config, write_table

pytestmark = pytest.mark.slow
HINT = "look for values that are no measurements, or train with another scaling.method or model.anchor"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("far")
    rows = [(t, name, 20 + 5 * (i % 6) + k) for k, name in enumerate("abc") for i, t in enumerate(hours(90))]
    write_table(folder / "t.csv", "t,id,y", rows)
    config = write_config(
        folder,
        {"id": "id", "targets": ["y"]},
        scaling={"method": "log"},
        model={"layers": [{"type": "gru", "units": 8}], "anchor": None},
        training={"epochs": 2, "optimizer": {"learning_rate": 10.0}},
        evaluation={"levels": [80], "baselines": ["seasonal_naive"]},
    )
    said = " ".join(done("train", config, "--run-dir", folder / "r").split())
    for split in ("val", "test"):
        assert " by model reaches " in said
        assert f" {split} windows are like this; {HINT}" in said
    assert "After the last row: the forecast of " in said
    assert "seasonal_naive reaches" not in said
    return folder / "r"


def test_predict_writes_them_with_a_note(run: Path, tmp_path: Path) -> None:
    ended = call("predict", run, "--output", tmp_path / "o.csv")
    assert ended.exit_code == 0
    assert "note: the forecast of " in ended.stderr
    assert ", far beyond its known values, which lie from " in ended.stderr
    assert HINT in ended.stderr
    with pytest.warns(fc.ForecasterWarning, match="far beyond its known values"):
        fc.load(run).predict()


def test_strict_refuses_them_and_writes_nothing(run: Path, tmp_path: Path) -> None:
    said = refused(2, "predict", run, "--strict", "--output", tmp_path / "o.csv")
    assert "--strict: the forecast of " in said
    assert not (tmp_path / "o.csv").exists()


def test_evaluate_says_so_too(run: Path) -> None:
    [scored] = json.loads(done("evaluate", run, "--json"))["runs"]
    assert any(" by model reaches " in note and HINT in note for note in scored["notes"])


def test_every_interval_holds_its_forecast_all_the_same(run: Path, tmp_path: Path) -> None:
    done("predict", run, "--output", tmp_path / "o.csv", "-q")
    head, *rows = csv_rows((tmp_path / "o.csv").read_text(encoding="utf-8"))
    at = [head.index(name) for name in ("forecast-lo-80", "forecast", "forecast-hi-80")]
    for row in rows:
        low, forecast, high = (float(row[i]) for i in at)
        assert math.isfinite(forecast)
        assert low <= forecast <= high


def test_a_forecast_in_parts_counts_them(run: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(run.parent / "t.csv", parse_dates=["t"])
    frame.to_parquet(tmp_path / "t.parquet")
    notes: list[str] = []
    found = fc.load(run).predict_to(tmp_path / "t.parquet", tmp_path / "o", on_note=notes.append)
    said = "the forecasts of 3 of 3 series reach far beyond all their values"
    assert said in notes
    assert found.n_series == 3
    with pytest.raises(DataError, match=said):
        fc.load(run).predict_to(tmp_path / "t.parquet", tmp_path / "o2", strict=True)
    assert (tmp_path / "o2").is_dir()


def test_blocks_of_an_earlier_version_do_not_count_them() -> None:
    block: BlockFacts = {"series": 4, "rows": 8, "bytes": 1, "older": 0, "new": 0, "ends": {}, "errors": []}
    assert far_remarks([block]) == []
    assert far_remarks([block, {**block, "far": 2}]) == [
        "the forecasts of 2 of 8 series reach far beyond all their values"
    ]
