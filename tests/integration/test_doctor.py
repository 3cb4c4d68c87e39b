"""doctor: what it looks at, and its exit status where something does not work."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import forecaster as fc
from forecaster.pipeline import doctor as module
from tests.integration.tiny_runs import call, done


def checks(*arguments: object, status: int = 0) -> dict[str, Any]:
    result = call("doctor", "--json", *arguments)
    assert result.exit_code == status, result.stderr
    return {check["name"]: check for check in json.loads(result.stdout)["checks"]}


def test_it_looks_at_versions_processors_memory_and_folders(tmp_path: Path) -> None:
    found = checks(tmp_path / "runs")
    assert set(found) >= {
        *(
            "forecaster",
            "tensorflow",
            "keras",
            "extras",
            "processors",
            "memory",
            "output folder",
            "cache folder",
        )
    }
    assert {check["level"] for check in found.values()} <= {"ok", "warning"}
    assert found["output folder"]["value"].startswith(f"{tmp_path / 'runs'}: ")
    assert found["output folder"]["value"].endswith(" free, to be created")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_status_3_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    below = tmp_path / "file" / "runs"
    found = checks(below, status=3)["output folder"]
    assert (found["level"], found["hint"]) == ("error", "get permission, or name another folder")
    assert found["value"] == f"{below}: cannot be written: is a file"
    text = call("doctor", below, "-q").stdout
    assert text.startswith(f"FAIL  output folder: {below}: cannot be written: is a file\n")


def test_a_file_in_place_of_the_folder_is_status_2(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    result = call("doctor", tmp_path / "file")
    assert result.exit_code == 2
    assert result.stderr == (
        f"error: {tmp_path / 'file'}: is no folder; name the folder in which runs are to be written\n"
    )


def test_a_disk_without_space_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.shutil, "disk_usage", lambda path: type("", (), {"free": 10 << 20}))
    found = checks(tmp_path)
    assert found["output folder"]["level"] == "warning"
    assert found["output folder"]["value"] == f"{tmp_path}: 10.0 MiB free"


def test_a_package_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "NEEDED", ("numpy", "no-such-package"))
    found = checks(tmp_path, status=3)["no-such-package"]
    assert (found["level"], found["value"]) == ("error", "is not installed")


def test_variables_that_matter_are_shown_and_no_secret_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "hunter2")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:hunter2@host/x")
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    monkeypatch.setenv("FORECASTER_CACHE", "off")
    monkeypatch.setenv("FORECASTER_ENGINE", "keras")
    # Terraform's variables begin as TensorFlow's do.
    monkeypatch.setenv("TF_VAR_database", "hunter2")
    found = checks(tmp_path)
    assert found["FORECASTER_ENGINE"]["value"] == "keras"
    assert "hunter2" not in json.dumps(found)
    assert found["MLFLOW_TRACKING_PASSWORD"]["value"] == "(set)"
    assert found["MLFLOW_TRACKING_URI"]["value"] == "https://***@host/x"
    assert found["KERAS_BACKEND"]["level"] == found["OMP_NUM_THREADS"]["level"] == "warning"
    assert found["cache folder"]["value"] == "FORECASTER_CACHE=off: large tables are read into memory"


def test_a_training_that_fails_is_an_error_with_its_last_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "SMOKE_PROGRAM", "raise SystemExit('no such instruction')")
    found = checks(tmp_path, "--smoke", status=3)["training"]
    assert found["value"] == "failed with status 1: no such instruction"
    kill = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    monkeypatch.setattr(module, "SMOKE_PROGRAM", kill)
    if sys.platform != "win32":
        found = checks(tmp_path, "--smoke", status=3)["training"]
        assert found["value"] == "failed with signal 15: no message"


def test_python_gets_the_same(tmp_path: Path) -> None:
    found = fc.doctor(tmp_path)
    assert found.ok
    assert [check.name for check in found.checks] == list(checks(tmp_path))


@pytest.mark.slow
def test_a_smoke_training_runs_and_leaves_nothing(tmp_path: Path) -> None:
    assert "training: one epoch on a few windows took" in done("doctor", tmp_path, "--smoke")
    assert list(tmp_path.iterdir()) == []
