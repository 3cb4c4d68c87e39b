"""Each file operation of a run fails once, or is where it is killed; `benchmarks/torture.py` tries every one of them."""

import errno
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from forecaster.runs.directory import RunDir
from tests.integration import fake_training
from tests.integration.killed_cases import CASES, on_a_disk
from tests.integration.killed_commands import KILLED, Kill, fake_command, kill_within
from tests.integration.killed_runs import FAULTS, Case
from tests.integration.tiny_runs import done

pytestmark = [pytest.mark.slow, pytest.mark.faults]

if sys.platform != "linux":
    pytest.skip("asks Linux what a folder is called", allow_module_level=True)

SAMPLED = 9


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks, pictures and pages that take no time."""
    fake_training.install(monkeypatch)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("make", CASES.values(), ids=CASES)
def test_operation_that_fails_is_named_and_the_run_goes_on(
    tmp_path: Path, make: Callable[[Path], Case]
) -> None:
    case = make(tmp_path)
    operations = case.operations()
    statuses = [
        case.check_fault(at, FAULTS[i % 2]) for i, at in enumerate(range(0, len(operations), SAMPLED))
    ]
    assert statuses.count(3) > len(statuses) / 2


@pytest.mark.timeout(600)
@pytest.mark.parametrize("make", CASES.values(), ids=CASES)
def test_kill_within_a_write_is_taken_up(tmp_path: Path, make: Callable[[Path], Case]) -> None:
    case = make(tmp_path)
    writes = [at for at, o in enumerate(case.operations()) if o.kind in ("write", "fsync")]
    assert len(writes) > 10
    for at in writes[:: SAMPLED // 2]:
        case.check_kill(at, cut_short=True)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("output", ["in/r/report.html", "in/new/out.html"])
@pytest.mark.parametrize("fault", [None, errno.ENOSPC])
def test_report_that_is_stopped_anywhere_is_the_old_one_or_none(
    tmp_path: Path, output: str, fault: int | None
) -> None:
    """The run stays as it is, and the same command writes the report."""
    case, out = CASES["train"](tmp_path), tmp_path / output
    done(*case.words)
    words: list[object] = ["report", case.run, "-q", "--output", out]
    done(*words)
    new, old = out.read_bytes(), b"of another day"
    manifest = RunDir(case.run).file("manifest.json").read_bytes()
    _, operations = kill_within(fake_command(*words), case.folder, Kill(fine=True))
    written = [at for at, o in enumerate(operations) if o.kind != "read"]
    assert len(written) >= 4
    for at in written:
        if out.parent == case.run:
            out.write_bytes(old)
        else:
            shutil.rmtree(out.parent)
        kill = Kill(at, fine=True, fault=fault, said=case.said)
        status, _ = kill_within(fake_command(*words), case.folder, kill)
        assert status == (KILLED if fault is None else 3)
        assert not out.exists() if out.parent != case.run else out.read_bytes() == old
        if fault is not None:
            assert case.said.read_text() == (
                f"error: {out}: cannot be written: No space left on device; make space, get permission to write "
                "there, or choose another folder\n"
            )
            assert not list(out.parent.glob(".*.part"))
        done(*words)
        assert out.read_bytes() == new
        assert not list(out.parent.glob(".*.part"))
        assert RunDir(case.run).file("manifest.json").read_bytes() == manifest


@pytest.mark.timeout(600)
def test_disk_that_fills_up_is_said_and_the_run_goes_on_once_there_is_room(tmp_path: Path) -> None:
    statuses = []
    for kib in (4, 12, 28, 48, 64, 4000):
        (tmp_path / str(kib)).mkdir()
        statuses.append(on_a_disk(tmp_path / str(kib), kib))
    if None in statuses:
        pytest.skip("this user may not mount a file system")
    assert statuses[0] == 3
    assert statuses[-1] == 0


def test_parts_that_kills_left_are_in_no_complete_run(tmp_path: Path) -> None:
    """Also in folders, also of files that this run has not, and a link stays unfollowed."""
    case = CASES["train"](tmp_path)
    status, _ = kill_within(fake_command(*case.words), case.folder, Kill(120, fine=True))
    assert status == KILLED
    for name in (".metrics.json.part", "model/.weights.safetensors.part", "plots/.old.png.part"):
        (case.run / name).parent.mkdir(exist_ok=True)
        (case.run / name).write_bytes(b"half of")
    (case.run / "model/.spec.json.part").unlink(missing_ok=True)
    (case.run / "model/.spec.json.part").symlink_to(tmp_path / "mine")
    (tmp_path / "mine").write_text("years of work")
    case.take_up()
    assert (tmp_path / "mine").read_text() == "years of work"
