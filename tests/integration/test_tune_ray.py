"""`forecaster tune --engine ray` on a local cluster that it starts; without the extra it says what to install."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.kills import MAIN, ROOT
from tests.integration.test_tune import scores, space
from tests.integration.tiny_runs import refused

pytestmark = pytest.mark.slow


def test_trials_run_on_ray_and_lost_ones_are_made_again(tmp_path: Path) -> None:
    config = space(tmp_path, name="dies-once", max_trials=3)
    # A process of its own: Ray keeps threads and a connection for as long as its driver lives.
    done = subprocess.run(
        [sys.executable, "-c", MAIN.replace("benchmarks.kills", "tests.integration.fake_trials"), "tune", str(config),
         "--run-dir", str(tmp_path / "r"), "--engine", "ray", "--json"],
        cwd=ROOT,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout.splitlines()[-1])["trials"] == {"completed": 3, "failed": 0, "running": 0}
    assert len(scores(tmp_path / "r")) == 3


def test_without_ray_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name, *more: None if name == "ray" else find(name, *more)
    )
    message = refused(3, "tune", space(tmp_path), "--run-dir", tmp_path / "r", "--engine", "ray")
    assert message == "--engine ray needs Ray, which is not installed; pip install 'keras-forecaster[ray]'"
    assert not (tmp_path / "r").exists()
