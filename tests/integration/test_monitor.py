"""forecaster monitor: quiet on rows like those before, and an alarm where something has changed."""

import html
import json
from pathlib import Path

import numpy as np
import pytest

import forecaster as fc
from tests.integration.tiny_runs import call, done, hours, refused, write_config, write_table

pytestmark = pytest.mark.slow

N = 600
SHAPE = np.array([0.0, 2.0, 5.0, 7.0, 4.0, 1.0])


def values(n: int) -> np.ndarray:
    """Two noisy seasons of 6 hours, at 20 and 30."""
    chance = np.random.default_rng(5)
    whole = np.tile(SHAPE, n)[:n, None] + [20.0, 30.0] + chance.normal(size=(N + 400, 2))[:n] * 0.7
    return np.asarray(whole)


def table(path: Path, found: np.ndarray, ids: str = "ab", ends: dict[str, int] | None = None) -> Path:
    rows = (
        (t, name, "" if np.isnan(found[i, k]) else round(found[i, k], 3))
        for k, name in enumerate(ids)
        for i, t in enumerate(hours((ends or {}).get(name, len(found))))
    )
    return write_table(path, "t,s,y", rows)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("monitor")
    table(folder / "t.csv", values(N))
    config = write_config(
        folder,
        {"id": "s", "targets": ["y"], "missing": "interpolate"},
        split={"val": 120, "test": 180},
        window={"lookback": 12, "horizon": 6},
        model={"layers": [{"type": "gru", "units": 8}]},
        training={"epochs": 20, "batch_size": 32, "optimizer": {"learning_rate": 0.01}},
        evaluation={"seasonality": 6, "levels": [80]},
    )
    done("train", config, "--run-dir", folder / "r", "-q")
    return folder / "r"


def watched(run: Path, data: Path, *options: object) -> tuple[int, dict[str, object]]:
    result = call("monitor", run, "--data", data, "--json", *options)
    assert result.exit_code in (0, 1), result.stderr
    return result.exit_code, json.loads(result.stdout)


def test_rows_like_those_before_are_no_alarm(run: Path, tmp_path: Path) -> None:
    status, found = watched(run, table(tmp_path / "newer.csv", values(N + 60)))
    assert status == 0, found["alarms"]
    assert (found["steps"], found["first"], found["last"]) == (12, hours(N + 49)[-1], hours(N + 60)[-1])
    names = [one["name"] for one in found["checks"]]  # type: ignore[index,attr-defined]
    assert names == ["error", "bias", "coverage", "level", "spread", "calendar"]
    assert all(one["p"] is not None for one in found["checks"])  # type: ignore[index,attr-defined]
    text = done("monitor", run, "--data", tmp_path / "newer.csv").splitlines()
    assert text[2].split() == ["check", "now", "usual", "from", "to", "p", "alarm"]
    assert [line.split()[-1] for line in text[4:10]] == ["no"] * 6
    # A share ends at 1.
    assert text[6].split()[:1] + text[6].split()[4:5] == ["coverage", "1.00"]


def test_looks_at_clean_rows_raise_no_alarm(run: Path, tmp_path: Path) -> None:
    alarms = [
        watched(run, table(tmp_path / "t.csv", values(n)))[1]["alarms"] for n in range(N + 24, N + 384, 24)
    ]
    assert sum(map(bool, alarms)) <= 1, alarms


def test_a_shift_of_a_fifth_is_found_within_two_horizons(run: Path, tmp_path: Path) -> None:
    shifted = values(N + 60)
    shifted[-12:] *= 1.2
    status, found = watched(run, table(tmp_path / "newer.csv", shifted))
    assert status == 1
    assert any(text.startswith("the level is ") for text in found["alarms"])  # type: ignore[attr-defined]


def test_another_rhythm_is_found(run: Path, tmp_path: Path) -> None:
    moved = values(N + 60)
    moved[-12:] = np.roll(moved[-15:], 3, axis=0)[-12:]
    _, found = watched(run, table(tmp_path / "newer.csv", moved))
    assert any(text.startswith("the calendar is ") for text in found["alarms"])  # type: ignore[attr-defined]


def test_series_that_end_early_or_are_absent_are_an_alarm(run: Path, tmp_path: Path) -> None:
    _, found = watched(run, table(tmp_path / "early.csv", values(N + 60), ends={"b": N + 40}))
    assert found["stale"] == ["b"]
    assert found["alarms"] == ["stale: 1 series end early: 'b'"]
    _, found = watched(run, table(tmp_path / "absent.csv", values(N + 60), ids="a"))
    assert found["absent"] == ["b"]
    assert "absent: 1 series are not in the table: 'b'" in found["alarms"]  # type: ignore[operator]
    jump = 100.0 * (np.arange(N + 60)[:, None] >= N + 48)
    result = call("monitor", run, "--data", table(tmp_path / "far.csv", values(N + 60) + jump))
    [level] = [line.split() for line in result.stdout.splitlines() if line.startswith("level ")]
    assert level[-3:] == ["<", "0.0001", "yes"]


def test_missing_values_are_an_alarm(run: Path, tmp_path: Path) -> None:
    holes = values(N + 60)
    holes[-12:-6, 0] = np.nan
    _, found = watched(run, table(tmp_path / "newer.csv", holes))
    assert found["missing"] == {"share": 0.25, "usual": 0.0}
    assert "missing: 25% of the values are missing" in found["alarms"]  # type: ignore[operator]


def test_newer_rows_alone_are_held_against_the_table_of_the_run(run: Path, tmp_path: Path) -> None:
    path = table(tmp_path / "newer.csv", values(N + 60))
    lines = path.read_text().splitlines()
    late = [line for line in lines[1:] if line[:19] > hours(N - 30)[-1]]
    path.write_text("\n".join([lines[0], *late]) + "\n")
    status, found = watched(run, path)
    assert status == 0, found["alarms"]
    assert all(one["p"] is not None for one in found["checks"])  # type: ignore[index,attr-defined]


def test_the_page_and_the_text(run: Path, tmp_path: Path) -> None:
    shifted = values(N + 60)
    shifted[-12:] *= 1.2
    newer, page = table(tmp_path / "newer.csv", shifted), tmp_path / "m.html"
    result = call("monitor", run, "--data", newer, "--output", page)
    assert result.exit_code == 1
    assert "error: the level is " in result.stderr
    assert f"page: {page}" in result.stdout
    text = page.read_text()
    assert "Something has changed" in text
    assert "<script" not in text
    assert "default-src 'none'; style-src 'sha256-" in html.unescape(text)
    quiet = call("monitor", run, "--data", table(tmp_path / "q.csv", values(N + 60)))
    assert "No alarm: they are like those that the run knows." in quiet.stdout


def test_python_gives_the_same(run: Path, tmp_path: Path) -> None:
    newer = table(tmp_path / "newer.csv", values(N + 60))
    found = fc.load(run).monitor(newer)
    assert found.alarms == []
    assert found.as_json().items() <= watched(run, newer)[1].items()


def test_wrong_input(run: Path, tmp_path: Path) -> None:
    newer = table(tmp_path / "newer.csv", values(N + 60))
    own = run.parent / "t.csv"
    assert "has 0 rows after those of" in refused(2, "monitor", run, "--data", own)
    assert "--last 3: is less than the horizon of 6 steps" in refused(
        2, "monitor", run, "--data", newer, "--last", 3
    )
    assert "--false-alarms 2.0: needs a number" in refused(
        2, "monitor", run, "--data", newer, "--false-alarms", 2
    )
    assert "the page is HTML" in refused(2, "monitor", run, "--data", newer, "-o", tmp_path / "m.txt")


def test_coverage_is_held_against_that_of_the_same_intervals(tmp_path: Path) -> None:
    """Errors grow where the test range begins and stay so: intervals of validation hold as few values then as now."""
    found = values(N + 60)
    found[N - 180 :] += np.random.default_rng(6).normal(scale=6.0, size=(240, 2))
    table(tmp_path / "t.csv", found[:N])
    config = write_config(
        tmp_path,
        {"id": "s", "targets": ["y"]},
        split={"val": 120, "test": 180},
        window={"lookback": 12, "horizon": 6},
        training={"epochs": 5},
        evaluation={"seasonality": 6, "levels": [80], "calibration": "scaled"},
    )
    done("train", config, "--run-dir", tmp_path / "r", "-q")
    state = json.loads((tmp_path / "r" / "model" / "state.json").read_text())
    assert state["validation_calibration"]["windows"] < state["calibration"]["windows"]
    _, said = watched(tmp_path / "r", table(tmp_path / "newer.csv", found))
    (coverage,) = (one for one in said["checks"] if one["name"] == "coverage")  # type: ignore[attr-defined]
    assert coverage["usual"] < 0.6
    assert abs(coverage["value"] - coverage["usual"]) < 0.2
    assert not coverage["alarm"]
