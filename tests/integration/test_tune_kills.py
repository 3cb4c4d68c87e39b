"""A search that is killed, in its main process and its workers; benchmarks/kills.py does it 200 times."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.kills import MAIN, ROOT, kill_often
from forecaster.search.log import TrialLog
from tests.integration.test_tune import scores, space

pytestmark = [pytest.mark.slow, pytest.mark.faults]


def test_no_kill_loses_or_repeats_a_completed_trial(tmp_path: Path) -> None:
    count = kill_often(tmp_path, kills=8, seed=3)
    assert count.main >= 2
    assert count.workers >= 4
    assert count.clean, count
    assert len(count.completed) > 3


@pytest.mark.parametrize(("sign", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_keeps_what_is_done(tmp_path: Path, sign: signal.Signals, status: int) -> None:
    config = space(tmp_path, name="slow", max_trials=10_000)
    run = tmp_path / "r"
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN.replace("benchmarks.kills", "tests.integration.fake_trials"), "tune", str(config),
         "--run-dir", str(run)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    until = time.monotonic() + 60
    while len(TrialLog(run / "tune/trials.jsonl").entries) < 12 and time.monotonic() < until:
        time.sleep(0.1)
    process.send_signal(sign)
    _, said = process.communicate(timeout=30)
    assert process.returncode == status, said.decode()
    assert b"continue an unfinished run with --resume" in said
    assert (run / "tune/best.yaml").is_file()
    rows = (run / "tune/trials.csv").read_text().splitlines()
    assert sum(",completed," in row for row in rows) == len(scores(run))
    assert not any(",failed," in row for row in rows)
