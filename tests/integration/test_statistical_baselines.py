"""auto_ets, auto_theta and auto_arima through the command line, with the extra and without."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from tests.integration.tiny_runs import done, hours, read, refused, write_config, write_table

NAMES = ["auto_ets", "auto_theta", "auto_arima"]


def config(folder: Path, n: int = 80, **sections: object) -> Path:
    """Two series of two targets, a season of 4 steps, a gap that is filled."""
    chance = np.random.default_rng(5)
    rows = [
        (t, s, round(base + wave + e, 3), round(2 * base - wave, 3))
        for s, base in (("a", 50), ("b", 90))
        for i, (t, wave, e) in enumerate(
            zip(hours(n), np.resize([0, 6, 2, -4], n), chance.normal(size=n), strict=True)
        )
        if i not in (30, 31)
    ]
    write_table(folder / "t.csv", "t,s,y,z", rows)
    sections = {
        "evaluation": {"seasonality": 4, "levels": [80], "baselines": ["seasonal_naive", *NAMES]},
        "split": {"val": 14, "test": 14},
        **sections,
    }
    data = {"id": "s", "targets": ["y", "z"], "missing": "mask"}
    return write_config(folder, data, **sections)


@pytest.mark.skipif(
    importlib.util.find_spec("statsforecast") is not None, reason="the extra stats is installed"
)
@pytest.mark.parametrize("verb", ["validate", "train", "tune", "backtest"])
def test_without_the_extra_nothing_is_begun(tmp_path: Path, verb: str) -> None:
    path = config(
        tmp_path,
        training={"batch_size": {"int": {"min": 8, "max": 16, "default": 8}}} if verb == "tune" else {},
    )
    extra = [] if verb == "validate" else ["--run-dir", tmp_path / "r"]
    assert refused(3, verb, path, *extra) == (
        "evaluation.baselines: auto_ets needs statsforecast, which is not installed; pip install 'keras-forecaster[stats]'"
    )
    assert not (tmp_path / "r").exists()


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("statsforecast") is None, reason="the extra stats is not installed"
)
def test_in_every_score_table(tmp_path: Path) -> None:
    path, run = config(tmp_path), tmp_path / "r"
    done("validate", path)
    done("train", path, "--run-dir", run, "-q")
    trained = read(run, "metrics.json")["splits"]
    for split in ("val", "test"):
        assert list(trained[split]["scores"]) == ["model", "seasonal_naive", *NAMES]
    for name in NAMES:
        # The season, of 10 from trough to crest, is found; noise of 1 is left on one target of two.
        assert trained["test"]["scores"][name]["mae"] < 2
        assert 40 <= trained["test"]["intervals"][name]["coverage_80"] <= 100
    page = (run / "report.html").read_text(encoding="utf-8")
    assert all(name in page for name in NAMES)

    (again,) = json.loads(done("evaluate", run, "--json"))["runs"]
    (newer,) = json.loads(done("evaluate", run, "--data", tmp_path / "t.csv", "--json"))["runs"]
    for name in NAMES:
        assert again["scores"][name] == pytest.approx(trained["test"]["scores"][name], rel=1e-5)
        # Behind validation, the rows before the first target are known, and are fitted to.
        assert newer["scores"][name]["mae"] < 2
        assert newer["intervals"][name]["coverage_80"] is not None

    done("backtest", path, "--folds", 2, "--smoke", "--run-dir", tmp_path / "b", "-q")
    assert set(NAMES) < set(read(tmp_path / "b", "metrics.json")["summary"]["scores"])
