"""Checkpoints: the newest that is whole is taken, the one before it is kept, and nothing damaged is ever used."""

import errno
import json
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecaster.errors import EnvironmentError_
from forecaster.runs.checkpoints import FileCheckpoints
from forecaster.training.progress import progress_fault
from tests.integration.hostile_runs import VALUES, mutate_weights, places

FIRST, SECOND = {"a": np.zeros(6, np.float32)}, {"a": np.ones(6, np.float32)}
ROW = {"member": 0, "loss": 0.5, "learning_rate": 0.1, "seconds": 1.0, "best": True, "val": {}, "members": 1}


def progress(epoch: int) -> dict[str, Any]:
    return {
        "epoch": epoch,
        "step": 0,
        "best": 0.5,
        "best_epoch": epoch,
        "waited": 0,
        "plateau_waited": 0,
        "plateau_share": 1.0,
        "stopped": False,
        "seconds": 0.0,
        "history": [{**ROW, "epoch": e + 1} for e in range(epoch)],
    }


def fits(arrays: dict[str, Any], found: dict[str, Any]) -> str | None:
    if {name: (a.shape, a.dtype.name) for name, a in arrays.items()} != {"a": ((6,), "float32")}:
        return "it has other arrays"
    return progress_fault(found, member=0, epochs=9, steps=5)


def two(folder: Path) -> FileCheckpoints:
    store = FileCheckpoints(folder / "member-0.safetensors")
    store.save(FIRST, progress(1))
    store.save(SECOND, progress(2))
    return store


def loaded_epoch(store: FileCheckpoints) -> int | None:
    found = store.load(fits)
    if found is None:
        return None
    assert found[0]["a"].tolist() == [found[1]["epoch"] - 1.0] * 6
    epoch: int = found[1]["epoch"]
    return epoch


def test_every_flipped_byte_of_the_newest_falls_back_to_the_one_before(tmp_path: Path) -> None:
    store = two(tmp_path)
    whole, before = store.path.read_bytes(), store.before.read_bytes()
    for at in range(len(whole)):
        content = bytearray(whole)
        content[at] ^= 0x20
        store.path.write_bytes(content)
        store.before.write_bytes(before)
        # A space of the header that becomes a NUL, or an X, is damage as well.
        assert loaded_epoch(store) == 1, at
    assert len(store.notes) == len(whole)


def test_zeroed_stretches_are_never_taken_up(tmp_path: Path) -> None:
    store = two(tmp_path)
    whole, before = store.path.read_bytes(), store.before.read_bytes()
    for at in range(0, len(whole) - 4, 4):
        store.path.write_bytes(whole[:at] + bytes(8) + whole[at + 8 :])
        store.before.write_bytes(before)
        assert loaded_epoch(store) == 1, at


def test_what_is_said_of_a_damaged_checkpoint(tmp_path: Path) -> None:
    store = two(tmp_path)
    store.path.write_bytes(b"")
    assert loaded_epoch(store) == 1
    why = "is not a complete weights file (its header is cut short or too long)"
    assert store.notes == [f"{store.path}: is damaged ({why}); the checkpoint before it is used"]
    store.notes.clear()
    store.before.write_bytes(b"")
    assert loaded_epoch(store) is None
    assert store.notes == [f"{store.before}: is damaged ({why}); this network is trained anew"]


def test_the_one_before_is_not_overwritten_by_a_damaged_one(tmp_path: Path) -> None:
    store = two(tmp_path)
    store.path.write_bytes(b"")
    assert loaded_epoch(store) == 1
    store.save(SECOND, progress(2))
    assert loaded_epoch(store) == 2
    store.path.unlink()
    assert loaded_epoch(store) == 1


def test_a_checkpoint_that_cannot_be_moved_is_named_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Path, __: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    store = two(tmp_path)
    with monkeypatch.context() as full:
        full.setattr(Path, "replace", fail)
        with pytest.raises(EnvironmentError_) as caught:
            store.save(FIRST, progress(3))
    assert str(caught.value) == (
        f"{store.path}: cannot be written: No space left on device; make space, get permission to "
        "write there, or choose another folder"
    )
    assert loaded_epoch(store) == 2


def test_a_kill_between_the_two_steps_of_a_save_loses_one_checkpoint(tmp_path: Path) -> None:
    store = two(tmp_path)
    store.path.replace(store.before)
    assert loaded_epoch(store) == 2
    assert store.notes == []


def test_a_checkpoint_without_a_checksum_is_not_taken_up(tmp_path: Path) -> None:
    from forecaster.runs.arrays import save_arrays

    store = FileCheckpoints(tmp_path / "member-0.safetensors")
    save_arrays(store.path, FIRST, progress(1))
    assert loaded_epoch(store) is None
    why = "its checksum does not match its content"
    assert store.notes == [f"{store.path}: is damaged ({why}); this network is trained anew"]


@pytest.mark.parametrize("seed", range(0, 120, 20))
def test_a_hostile_checkpoint_is_never_more_than_a_note(tmp_path: Path, seed: int) -> None:
    for one in range(seed, seed + 20):
        store, rng = two(tmp_path / str(one)), random.Random(one)
        what = mutate_weights(store.path.parent, rng, store.path.name)
        # Damage that leaves names, types, shapes and bytes as they are has changed nothing.
        assert loaded_epoch(store) in (1, 2), (one, what)


@pytest.mark.parametrize("seed", range(0, 150, 30))
def test_a_progress_that_no_training_has_is_refused_under_a_checksum_of_its_own(
    tmp_path: Path, seed: int
) -> None:
    for one in range(seed, seed + 30):
        rng = random.Random(one)
        value = progress(2)
        place = rng.choice(list(places(value))[1:])
        holder: Any = value
        for key in place[:-1]:
            holder = holder[key]
        try:
            holder[place[-1]] = json.loads(rng.choice(VALUES))
        except (ValueError, RecursionError):
            continue
        store = FileCheckpoints(tmp_path / str(one) / "member-0.safetensors")
        store.save(FIRST, progress(1))
        try:
            store.save(SECOND, value)
        except (ValueError, RecursionError):
            continue
        found = store.load(fits)
        assert found is not None, (one, place)
        assert found[1]["epoch"] in (1, 2)
        assert fits(*found) is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"epoch": 3}, "its epochs do not follow one another"),
        ({"epoch": 10, "history": []}, "its progress is beyond the end of the training"),
        ({"step": 5}, "its progress is beyond the end of the training"),
        ({"best_epoch": 3}, "its progress is beyond the end of the training"),
        ({"waited": -1}, "progress: waited: Input should be greater than or equal to 0"),
        ({"stopped": "no"}, "progress: stopped: Input should be a valid boolean"),
        ({"unknown": 1}, "progress: unknown: Extra inputs are not permitted"),
        ({"seconds": float("nan")}, "progress: seconds: Input should be a finite number"),
        ({"history": [ROW]}, "progress: history.0.epoch: Field required"),
    ],
)
def test_why_a_progress_is_refused(change: dict[str, Any], why: str) -> None:
    assert progress_fault(progress(2), member=0, epochs=9, steps=5) is None
    assert progress_fault({**progress(2), **change}, member=0, epochs=9, steps=5) == why
