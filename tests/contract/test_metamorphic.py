"""Changes of a table that must change nothing, or everything in a known way."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.integration.tiny_runs import csv_rows, done, hours, read, write_config, write_table

pytestmark = pytest.mark.slow

N = 60
RNG = np.random.default_rng(11)
Y = {name: np.round(20 + 5 * RNG.normal(size=N).cumsum(), 2) for name in ("a", "b", "c")}
SERIES = tuple(Y)


def rows(scale: float = 1.0, shift: float = 0.0) -> list[tuple[Any, ...]]:
    return [(t, k, scale * Y[k][i] + shift, i % 5) for k in SERIES for i, t in enumerate(hours(N))]


def run(folder: Path, header: str, found: list[tuple[Any, ...]], **sections: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    write_table(folder / "t.csv", header, found)
    columns = {"id": "id", "targets": ["y"], "past_covariates": ["x"]}
    config = write_config(folder, columns, **sections)
    done("train", config, "--run-dir", folder / "r", "-q")
    return folder / "r"


def forecasts(run: Path) -> np.ndarray:
    table = csv_rows((run / "forecasts.csv").read_text())
    column = table[0].index("forecast")
    return np.array([float(row[column]) for row in table[1:]])


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("usual"), "t,id,y,x", rows())


def test_units_and_levels_of_the_target_go_through(usual: Path, tmp_path: Path) -> None:
    """f(a y + b) = a f(y) + b: windows lose their last value, and the scaler its units."""
    other = run(tmp_path, "t,id,y,x", rows(scale=8.0, shift=-1000.0))
    np.testing.assert_allclose(forecasts(other), 8.0 * forecasts(usual) - 1000.0, rtol=1e-4, atol=2e-2)
    one, two = (read(r, "metrics.json")["splits"]["test"]["scores"]["model"] for r in (usual, other))
    assert two["mae"] == pytest.approx(8.0 * one["mae"], rel=1e-3)
    assert two["mase"] == pytest.approx(one["mase"], rel=1e-3)


@pytest.mark.parametrize("what", ["rows", "series", "columns"])
def test_order_of_rows_and_series_and_other_columns_change_nothing(
    usual: Path, what: str, tmp_path: Path
) -> None:
    header, found = "t,id,y,x", rows()
    if what == "rows":
        found = [found[i] for i in np.random.default_rng(2).permutation(len(found))]
    elif what == "series":
        found = found[2 * N :] + found[:N] + found[N : 2 * N]
    else:
        header, found = "unused,x,y,more,id,t", [("?", x, y, 1e9, k, t) for t, k, y, x in found]
    other = run(tmp_path, header, found)
    for name in (
        "forecasts.csv",
        "model/weights.safetensors",
        "model/state.json",
        "splits.json",
        "metrics.json",
    ):
        assert (other / name).read_bytes() == (usual / name).read_bytes(), name
