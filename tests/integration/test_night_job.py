"""A job that cron starts: docs/how-to/nightly-job.md as it stands, stale and incomplete tables, the same bytes twice."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

import forecaster as fc
from tests.integration.tiny_runs import call, done, refused, write_config, write_table

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SCRIPT = re.compile(r"```text\n(#!/bin/sh\n# (\w+\.sh).*?)```", re.DOTALL)
YESTERDAY = date.today() - timedelta(days=1)


def days(n: int, *, until: date = YESTERDAY) -> list[str]:
    return [str(until - timedelta(days=n - 1 - i)) for i in range(n)]


def table(path: Path, *, b_until: date = YESTERDAY, a_until: date = YESTERDAY, b: bool = True) -> Path:
    rows = [(day, "a", i) for i, day in enumerate(days(60, until=a_until))]
    rows += [(day, "b", 2 * i) for i, day in enumerate(days(60, until=b_until))] if b else []
    return write_table(path, "t,id,y", rows)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the job: a run, a table that ends yesterday, the script, and the command where the page has it."""
    folder = tmp_path_factory.mktemp("srv")
    table(folder / "t.csv")
    config = write_config(folder, {"id": "id", "targets": ["y"], "freq": "D"})
    done("train", config, "--run-dir", folder / "runs" / "current", "-q")
    for text, name in SCRIPT.findall((ROOT / "docs/how-to/nightly-job.md").read_text(encoding="utf-8")):
        (folder / name).write_text(text.replace("/srv/forecasts", str(folder)), encoding="utf-8")
        (folder / name).chmod(0o755)
    assert {path.name for path in folder.glob("*.sh")} == {"retrain.sh", "refit.sh", "forecast.sh"}
    command = folder / ".venv" / "bin" / "forecaster"
    command.parent.mkdir(parents=True)
    command.write_text(
        f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m forecaster "$@"\n', encoding="utf-8"
    )
    command.chmod(0o755)
    return folder


def night(folder: Path, script: str = "forecast.sh") -> subprocess.CompletedProcess[str]:
    """A script as cron starts it: few variables, no terminal, another folder."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    variables = {"HOME": str(home), "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}
    return subprocess.run(
        ["/bin/sh", "-c", str(folder / script)],
        env=variables,
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_the_script_of_the_page_runs_under_cron(folder: Path) -> None:
    output = folder / "forecast.csv"
    table(folder / "newer.csv")
    result = night(folder)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    first = output.read_bytes()
    assert first.splitlines()[1].startswith(f"a,{date.today()},".encode())
    assert night(folder).returncode == 0
    assert output.read_bytes() == first

    # The next night nothing has arrived for one series: the forecast of the night before stays, and cron mails the reason.
    table(folder / "newer.csv", b_until=YESTERDAY - timedelta(days=1))
    result = night(folder)
    assert (result.returncode, result.stdout) == (2, "")
    assert "end before the last time of the table" in result.stderr
    assert f"'b' at {YESTERDAY - timedelta(days=1)}" in result.stderr
    assert output.read_bytes() == first
    assert not list(folder.glob("*.part")) + list(folder.glob(".*.part"))


def test_a_table_that_is_old_as_a_whole_is_stale(folder: Path, tmp_path: Path) -> None:
    run, old = folder / "runs" / "current", YESTERDAY - timedelta(days=3)
    stale = table(tmp_path / "t.csv", a_until=old, b_until=old)
    said = f"2 of 2 series end before {YESTERDAY}, up to which rows are expected: 'a' at {old}, 'b' at {old}"
    result = call("predict", run, "--data", stale, "--expect-until", "-1d")
    assert result.exit_code == 0
    assert f"note: {said}" in result.stderr.splitlines()
    found = refused(2, "predict", run, "--data", stale, "--expect-until", "-1d", "--strict").splitlines()
    assert f"--strict: {said}; add their rows, or name those that have ended with --leave-out" in found
    assert call("predict", run, "--expect-until", str(YESTERDAY), "--strict").exit_code == 0
    with pytest.raises(fc.DataError, match="up to which rows are expected"):
        fc.load(run).predict(stale, strict=True, expect_until=YESTERDAY)


def test_a_series_that_is_missing_or_ahead_is_refused(folder: Path, tmp_path: Path) -> None:
    run = folder / "runs" / "current"
    assert "1 of 2 series of the training are not in" in refused(
        2, "predict", run, "--data", table(tmp_path / "t.csv", b=False), "--strict"
    )
    ahead = table(tmp_path / "t.csv", b_until=YESTERDAY + timedelta(days=2))
    assert f"'a' at {YESTERDAY}" in refused(2, "predict", run, "--data", ahead, "--strict")


def test_a_time_that_is_none_is_refused_before_the_table_is_read(folder: Path, tmp_path: Path) -> None:
    run = folder / "runs" / "current"
    said = refused(2, "predict", run, "--data", tmp_path / "none.csv", "--expect-until", "soon")
    assert said == (
        "--expect-until: 'soon' is not an ISO 8601 date or time such as 2024-01-31 or 2024-01-31T06:00; give a time such as "
        "2026-11-25, or one counted back from now such as -1d, -6h, yesterday or today-1h"
    )


@pytest.mark.parametrize("ending", ["csv", "parquet", "json"])
def test_the_same_command_twice_writes_the_same_bytes(folder: Path, tmp_path: Path, ending: str) -> None:
    outputs = [tmp_path / f"{n}.{ending}" for n in range(2)]
    for output in outputs:
        done("predict", folder / "runs" / "current", "--output", output)
    assert outputs[0].read_bytes() == outputs[1].read_bytes()


@pytest.mark.parametrize("wins", [True, False])
def test_the_scripts_that_train_publish_runs_of_their_own(folder: Path, tmp_path: Path, wins: bool) -> None:
    """y is a line: a correction of its ridge regression is exact, and a network that learns nothing loses to any repetition."""
    place = tmp_path / "srv"
    shutil.copytree(folder, place, symlinks=True)
    for script in place.glob("*.sh"):
        script.write_text(script.read_text().replace(str(folder), str(place)), encoding="utf-8")
    shutil.rmtree(place / "runs")
    (place / "configs").mkdir()
    settings = json.loads((place / "c.yaml").read_text(encoding="utf-8"))
    settings["data"]["path"] = "../t.csv"
    settings["training"]["epochs"] = 1
    learned = {"normalization": "last", "anchor": {"type": "ridge"}}
    settings["model"] |= learned if wins else {"normalization": "none"}
    settings["training"]["optimizer"] = {"learning_rate": 1e-3 if wins else 1e-9}
    (place / "configs" / "nightly.yaml").write_text(json.dumps(settings), encoding="utf-8")
    trained = night(place, "retrain.sh")
    assert trained.returncode == (0 if wins else 1), trained.stderr
    [first] = [path for path in (place / "runs").iterdir() if not path.is_symlink()]
    done("predict", first, "-q")
    current = place / "runs" / "current"
    assert current.exists() == wins
    if not wins:
        assert "error: " in trained.stderr
        assert "seasonal_naive" in trained.stderr
        return
    assert current.resolve() == first
    # The minute has passed, or the name would be taken.
    first.rename(place / "runs" / "of-last-month")
    current.unlink()
    current.symlink_to("of-last-month")
    table(place / "newer.csv")
    assert (night(place, "refit.sh").returncode, night(place).returncode) == (0, 0)
    assert current.resolve().name != "of-last-month"
    assert done("show", current.resolve()).count("have learned all rows") == 1
