"""The run directory: events, checkpoints, manifest and checks."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from forecaster.errors import DataError
from forecaster.runs.checkpoints import FileCheckpoints
from forecaster.runs.claim import claim
from forecaster.runs.directory import RunDir, new_name
from tests.unit.runs.sealed_runs import DONE, sealed


def test_name_is_the_time_in_utc() -> None:
    noon = datetime(2026, 11, 21, 12, 30, 5, tzinfo=timezone(timedelta(hours=3)))
    assert new_name("nyc", noon) == "nyc-20261121T093005Z"
    assert new_name("nyc", noon.astimezone(UTC)) == "nyc-20261121T093005Z"


def test_manifest_lists_size_and_hash_of_every_file(tmp_path: Path) -> None:
    run = sealed(tmp_path / "r")
    manifest = json.loads(run.file("manifest.json").read_text())
    assert manifest["format_version"] == 1
    assert manifest["name"] == "a"
    assert sorted(manifest["files"]) == [
        "events.jsonl",
        "history.csv",
        "metrics.json",
        "model/weights.safetensors",
        "resolved.yaml",
    ]
    assert manifest["files"]["history.csv"]["bytes"] == 8
    assert not run.file("checkpoints").exists()


@pytest.mark.parametrize(
    "name", ["events.jsonl", "history.csv", "metrics.json", "model/weights.safetensors", "resolved.yaml"]
)
def test_changed_byte_is_found_in_any_file(tmp_path: Path, name: str) -> None:
    run = sealed(tmp_path / "r")
    run.check(name)
    content = bytearray(run.file(name).read_bytes())
    content[len(content) // 2] ^= 1
    run.file(name).write_bytes(bytes(content))
    with pytest.raises(DataError) as caught:
        run.check(name)
    assert str(caught.value) == (
        f"{run.file(name)}: was changed or cut short since the run was complete; restore the run directory from a "
        "copy, or train again"
    )


def test_file_cut_short_or_gone_is_found(tmp_path: Path) -> None:
    run = sealed(tmp_path / "r")
    weights = run.file("model/weights.safetensors")
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(DataError, match="was changed or cut short"):
        run.check("model/weights.safetensors")
    weights.unlink()
    with pytest.raises(DataError, match="the file is missing"):
        run.check("model/weights.safetensors")
    with pytest.raises(DataError, match="the file is missing"):
        run.check("model/never-there.json")


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "[]",
        "null",
        "{",
        '{"format_version": 1}',
        '{"format_version": 1, "files": []}',
        '{"format_version": 1, "files": {"metrics.json": 3}}',
    ],
)
def test_damaged_manifest_is_an_error_with_its_place(tmp_path: Path, manifest: str) -> None:
    run = sealed(tmp_path / "r")
    run.file("manifest.json").write_text(manifest)
    with pytest.raises(DataError) as caught:
        run.check("metrics.json")
    assert str(run.path) in str(caught.value)


def test_manifest_of_another_version_is_refused(tmp_path: Path) -> None:
    run = sealed(tmp_path / "r")
    run.file("manifest.json").write_text('{"format_version": 2, "files": {}}')
    with pytest.raises(DataError) as caught:
        run.manifest()
    assert str(caught.value) == (
        f"{run.path}: has format_version 2, this forecaster reads 1; train again, or use the version of forecaster "
        "that made it"
    )


def test_what_is_no_complete_run_is_named(tmp_path: Path) -> None:
    sealed(tmp_path / "good")
    with pytest.raises(DataError) as caught:
        RunDir(tmp_path / "goood").manifest()
    assert str(caught.value) == (
        f"{tmp_path}/goood: there is no such run directory; did you mean {tmp_path}/good?"
    )
    for name in ("other", "third", "fourth"):
        sealed(tmp_path / name)
    with pytest.raises(DataError) as caught:
        RunDir(tmp_path / "x").manifest()
    assert str(caught.value) == (
        f"{tmp_path}/x: there is no such run directory; complete runs in {tmp_path}: good, other, third and 1 more"
    )
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="is not a run directory"):
        RunDir(tmp_path / "empty").manifest()
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "resolved.yaml").write_text("")
    with pytest.raises(DataError) as caught:
        RunDir(tmp_path / "half").manifest()
    assert str(caught.value.diagnostics[0]) == (
        f"{tmp_path}/half: this run is not complete; repeat the command that was to make it, with --resume"
    )


def test_sealing_removes_the_checkpoints_and_follows_no_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "thesis.txt").write_text("years of work")
    with claim(tmp_path / "r") as run:
        run.file("checkpoints").symlink_to(outside)
        run.seal(DONE)
    assert (outside / "thesis.txt").read_text() == "years of work"


def test_a_name_that_windows_takes_for_a_device_is_changed(tmp_path: Path) -> None:
    noon = datetime(2026, 11, 21, 12, 30, 5, tzinfo=UTC)
    assert new_name("con.v2", noon) == "con_.v2-20261121T123005Z"
    assert new_name("Nul", noon) == "Nul_-20261121T123005Z"
    assert new_name("con-v2", noon) == "con-v2-20261121T123005Z"


def test_the_command_to_go_on_with_can_be_typed(tmp_path: Path) -> None:
    run = RunDir(tmp_path / "my runs" / "größe")
    run.path.mkdir(parents=True)
    run.event("started", config="my configs/c.yaml", options=["--set seed=1"])
    with pytest.raises(DataError) as caught:
        run.manifest()
    assert caught.value.diagnostics[0].hint == (
        "finish it with: forecaster train 'my configs/c.yaml' --set seed=1 "
        f"--run-dir '{tmp_path}/my runs/größe' --resume"
    )


def test_events_are_lines_with_a_time(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    run.event("started", smoke=True)
    run.event("done", notes=["größer"])
    first, second = (json.loads(line) for line in run.file("events.jsonl").read_text().splitlines())
    assert (first["event"], first["smoke"]) == ("started", True)
    assert datetime.fromisoformat(first["time"]).utcoffset() == timedelta(0)
    assert second["notes"] == ["größer"]


def test_line_that_a_kill_cut_short_spoils_no_other(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    assert run.started() is None
    run.file("events.jsonl").write_text('{"time": "2026-11-21T09:30:00.000+00:00", "event": "sta')
    assert run.started() is None
    run.event("started", smoke=True)
    started = run.started()
    assert started is not None
    assert started["smoke"] is True


def test_checkpoint_is_none_until_one_is_saved_and_then_the_newest(tmp_path: Path) -> None:
    store = FileCheckpoints(tmp_path / "checkpoints" / "member-0.safetensors")
    assert store.load() is None
    store.save({"a": np.zeros(2)}, {"epoch": 1})
    store.save({"a": np.ones(2)}, {"epoch": 2})
    loaded = store.load()
    assert loaded is not None
    assert loaded[0]["a"].tolist() == [1, 1]
    assert loaded[1] == {"epoch": 2}
    assert sorted(p.name for p in (tmp_path / "checkpoints").iterdir()) == [
        "member-0.before.safetensors",
        "member-0.safetensors",
    ]
