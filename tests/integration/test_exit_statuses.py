"""Exit statuses that only a process of its own has: output that cannot be written, odd paths, and the last moment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.tiny_runs import line

pytestmark = pytest.mark.slow

PROGRAM = [sys.executable, "-m", "forecaster"]
LONG = "a" * 5_000
FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


def run(folder: Path, *arguments: str, **streams: object) -> subprocess.CompletedProcess[str]:
    options: dict[str, object] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    return subprocess.run([*PROGRAM, *arguments], cwd=folder, text=True, check=False, **options)  # type: ignore[call-overload, no-any-return]


@needs_full
@pytest.mark.parametrize(
    "arguments", [["--help"], ["show", "--help"], ["--version"], ["schema"], ["validate", "c.yaml"]]
)
def test_output_on_a_full_disk(tmp_path: Path, arguments: list[str]) -> None:
    line(tmp_path)
    with FULL.open("w") as full:
        ended = run(tmp_path, *arguments, stdout=full)
    assert ended.returncode == 3
    assert "No space left on device" in ended.stderr
    assert "Traceback" not in ended.stderr
    with FULL.open("w") as full:
        assert run(tmp_path, *arguments, stdout=full, stderr=full).returncode == 3


@needs_full
def test_an_error_that_cannot_be_written(tmp_path: Path) -> None:
    with FULL.open("w") as full:
        assert run(tmp_path, "validate", "absent.yaml", stderr=full).returncode == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", LONG],
        ["show", LONG],
        ["predict", LONG],
        ["evaluate", LONG],
        ["init", f"{LONG}.csv"],
        ["init", "t.csv", "-o", f"{LONG}.yaml"],
        ["init", "t.csv", "-o", "/", "--force"],
        ["train", "c.yaml", "--run-dir", LONG],
        ["tune", "c.yaml", "--run-dir", LONG],
        ["backtest", "c.yaml", "--run-dir", LONG],
        ["validate", "/"],
        ["show", "/"],
    ],
    ids=lambda words: " ".join(words)[:24],
)
def test_a_path_that_no_disk_makes_good_is_wrong_usage(tmp_path: Path, arguments: list[str]) -> None:
    line(tmp_path)
    ended = run(tmp_path, *arguments)
    assert ended.returncode == 2, ended.stderr
    assert ended.stderr.startswith("error: ")
    assert "Traceback" not in ended.stderr


def test_a_table_that_is_refused_while_it_is_read_ends_in_2_every_time(tmp_path: Path) -> None:
    """Arrow reads ahead in threads of its own, which must not meet an interpreter that is being taken apart."""
    line(tmp_path, n=300)
    table = tmp_path / "t.csv"
    table.write_text(table.read_text() + "2024-02-01 00:00,1,2,3\n")
    statuses = {run(tmp_path, "validate", "c.yaml").returncode for _ in range(12)}
    assert statuses == {2}
