"""Each file operation of a run fails once, or is where it is killed; `benchmarks/torture.py` tries every one of them."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration import fake_training
from tests.integration.killed_cases import CASES
from tests.integration.killed_runs import FAULTS, Case

pytestmark = pytest.mark.slow

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
    assert len(writes) > 20
    for at in writes[:: SAMPLED // 2]:
        case.check_kill(at, cut_short=True)
