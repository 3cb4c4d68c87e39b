import errno
import hashlib
import json
import os
import subprocess
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter

from forecaster.errors import DataError, EnvironmentError_, UsageError
from forecaster.runs.arrays import load_arrays, save_arrays
from forecaster.runs.files import (
    sha256_of,
    write_json,
    write_long_json,
    write_parts,
    write_text,
    write_whole,
)
from forecaster.runs.reading import parse_json, read_file

ANYTHING: TypeAdapter[object] = TypeAdapter(object)
HINT = "restore the run directory from a copy, or train again"


def read_json(path: Path) -> object:
    return parse_json(path, read_file(path.parent, path.name), ANYTHING)


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def fail_with(code: int):  # type: ignore[no-untyped-def]
    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    return fail


def test_file_is_replaced_and_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "f.txt"
    write_whole(path, b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert names(path.parent) == ["f.txt"]


def test_failure_before_the_last_step_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f.txt"
    write_whole(path, b"old")
    monkeypatch.setattr(os, "fsync", fail_with(errno.ENOSPC))
    with pytest.raises(EnvironmentError_) as caught:
        write_whole(path, b"new")
    assert caught.value.exit_code == 3
    assert str(caught.value) == (
        f"{path}: cannot be written: No space left on device; make space, get permission to "
        "write there, or choose another folder"
    )
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["f.txt"]


def test_file_that_cannot_be_made_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not that the part, which never was, is missing."""
    monkeypatch.setattr(Path, "open", fail_with(errno.EACCES))
    with pytest.raises(EnvironmentError_, match="cannot be written: Permission denied"):
        write_whole(tmp_path / "f.txt", b"new")


def test_interrupt_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "f.txt"
    write_whole(path, b"old")
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["f.txt"]


def test_a_folder_in_the_place_of_the_file_is_an_error_of_usage(tmp_path: Path) -> None:
    (tmp_path / "f.txt").mkdir()
    with pytest.raises(UsageError) as caught:
        write_whole(tmp_path / "f.txt", b"new")
    assert str(caught.value) == f"{tmp_path}/f.txt: cannot be written: it is a folder; choose another path"
    assert names(tmp_path) == ["f.txt"]


def test_file_in_the_place_of_the_folder_is_an_error_of_the_environment(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    with pytest.raises(EnvironmentError_):
        write_whole(tmp_path / "f" / "g.txt", b"new")


def test_link_is_replaced_and_what_it_points_at_is_not(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "f.txt").symlink_to(tmp_path / "precious")
    write_whole(tmp_path / "f.txt", b"new")
    assert (tmp_path / "precious").read_text() == "mine"
    assert (tmp_path / "f.txt").read_bytes() == b"new"


def test_link_in_the_place_of_the_part_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / ".f.txt.part").symlink_to(tmp_path / "precious")
    write_whole(tmp_path / "f.txt", b"new")
    assert (tmp_path / "precious").read_text() == "mine"
    assert (tmp_path / "f.txt").read_bytes() == b"new"
    assert not (tmp_path / "f.txt").is_symlink()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a file system")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_disk_that_is_really_full(small_disk: Path) -> None:
    write_whole(small_disk / "f", b"old")
    with pytest.raises(EnvironmentError_, match="No space left on device"):
        write_whole(small_disk / "f", bytes(1 << 20))
    assert (small_disk / "f").read_bytes() == b"old"
    assert names(small_disk) == ["f"]


def test_json_comes_back(tmp_path: Path) -> None:
    write_json(tmp_path / "f.json", {"ä": [1, None, 0.1]})
    assert read_json(tmp_path / "f.json") == {"ä": [1, None, 0.1]}


def test_nan_is_not_json(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "f.json", {"a": float("nan")})
    assert names(tmp_path) == []


@pytest.mark.parametrize("content", [b"", b'{"a": 1', b"\xff\xfe", b"not json"])
def test_damaged_json_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "f.json").write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_json(tmp_path / "f.json")
    assert caught.value.diagnostics[0].hint == HINT
    assert str(caught.value).startswith(f"{tmp_path / 'f.json'}: ")


def test_place_in_damaged_json_is_told(tmp_path: Path) -> None:
    (tmp_path / "f.json").write_bytes(b'{"a": 1')
    with pytest.raises(DataError) as caught:
        read_json(tmp_path / "f.json")
    assert str(caught.value) == (
        f"{tmp_path / 'f.json'}: Invalid JSON: EOF while parsing an object at line 1 column 7; {HINT}"
    )


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_json(tmp_path / "f.json")
    assert str(caught.value) == f"{tmp_path / 'f.json'}: the file is missing; {HINT}"


ARRAYS = {
    "weights/a": np.arange(6, dtype=np.float32).reshape(2, 3),
    "scalar": np.array(7, dtype=np.int64),
    "empty": np.zeros((0, 3)),
    "seed": np.array([1, 2], dtype=np.uint32),
    "yes": np.array([True, False]),
}


def test_arrays_and_meta_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_arrays(path, ARRAYS, {"epoch": 3, "best": None, "history": [{"loss": 0.1}]})
    arrays, meta = load_arrays(path)
    assert meta == {"epoch": 3, "best": None, "history": [{"loss": 0.1}]}
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert arrays[name].shape == array.shape
        assert (arrays[name] == array).all()


def test_arrays_that_are_views_are_written_in_their_own_order(tmp_path: Path) -> None:
    view = np.arange(12.0).reshape(3, 4).T[::2]
    save_arrays(tmp_path / "w.safetensors", {"v": view})
    assert (load_arrays(tmp_path / "w.safetensors")[0]["v"] == view).all()


def test_same_arrays_are_the_same_bytes(tmp_path: Path) -> None:
    save_arrays(tmp_path / "a", ARRAYS, {"x": 1, "y": 2})
    save_arrays(tmp_path / "b", dict(reversed(ARRAYS.items())), {"y": 2, "x": 1})
    assert sha256_of(tmp_path / "a") == sha256_of(tmp_path / "b")


def test_file_cut_anywhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_arrays(path, ARRAYS, {"epoch": 3})
    whole = path.read_bytes()
    for length in (0, 1, 7, 8, 9, 60, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match="is not a complete weights file"):
            load_arrays(path)


@pytest.mark.parametrize("junk", [b"\xff" * 64, b"PK\x03\x04" + bytes(64), b"\x80\x04pickle" * 20, bytes(64)])
def test_other_files_are_refused(tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "w.safetensors").write_bytes(junk)
    with pytest.raises(DataError, match="is not a complete weights file"):
        load_arrays(tmp_path / "w.safetensors")


def test_garbled_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_arrays(path, ARRAYS)
    content = bytearray(path.read_bytes())
    content[12] ^= 0xFF
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match="is not a complete weights file"):
        load_arrays(path)


def test_sha256_by_a_published_value(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    assert sha256_of(tmp_path / "f") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_an_output_name_may_be_as_long_as_the_file_system_takes(tmp_path: Path) -> None:
    """It is written under another name first, which must not be longer."""
    for name in ("x" * 251 + ".csv", "東" * 83 + ".csv"):
        write_whole(tmp_path / name, b"a")
        assert (tmp_path / name).read_bytes() == b"a"
    assert len(list(tmp_path.iterdir())) == 2


def test_sha256_of_a_file_of_several_reads(tmp_path: Path) -> None:
    """2.5 MiB of one letter, read a mebibyte at a time."""
    content = b"a" * (5 << 19)
    (tmp_path / "f").write_bytes(content)
    assert sha256_of(tmp_path / "f") == hashlib.sha256(content).hexdigest()


def test_sha256_of_a_large_file_holds_little_of_it_at_a_time(tmp_path: Path) -> None:
    """Of 8 MiB, the mebibyte that is read and the one before it."""
    with (tmp_path / "f").open("wb") as file:
        file.truncate(8 << 20)
    tracemalloc.start()
    try:
        digest = sha256_of(tmp_path / "f")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert digest == hashlib.sha256(bytes(8 << 20)).hexdigest()
    assert most < 5 << 19


def test_folders_that_are_there_are_no_error_and_their_mates_stay(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "other").write_text("mine")
    write_whole(tmp_path / "a" / "f", b"new")
    assert names(tmp_path / "a") == ["f", "other"]


def test_file_is_written_beside_its_place_and_on_the_disk_before_it_is_moved_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As fsync is called the new file is whole under another name, and the old one still stands."""
    seen: list[tuple[list[str], bytes, bytes]] = []
    path, sync = tmp_path / "f.txt", os.fsync

    def watched(descriptor: int) -> None:
        seen.append((names(tmp_path), path.read_bytes(), (tmp_path / ".f.txt.part").read_bytes()))
        sync(descriptor)

    write_whole(path, b"old")
    monkeypatch.setattr(os, "fsync", watched)
    write_parts(path, [b"n", b"", b"ew"])
    assert seen == [([".f.txt.part", "f.txt"], b"old", b"new")]
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["f.txt"]


def test_failure_of_the_parts_leaves_the_old_file(tmp_path: Path) -> None:
    def parts() -> Iterator[bytes]:
        yield b"new"
        raise RuntimeError("no more")

    path = tmp_path / "f.txt"
    write_whole(path, b"old")
    with pytest.raises(RuntimeError, match="no more"):
        write_parts(path, parts())
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["f.txt"]


def test_text_is_utf_8(tmp_path: Path) -> None:
    write_text(tmp_path / "f.txt", "süß\n")
    assert (tmp_path / "f.txt").read_bytes() == b"s\xc3\xbc\xc3\x9f\n"


def test_json_is_indented_and_keeps_letters(tmp_path: Path) -> None:
    write_json(tmp_path / "f.json", {"ä": [1], "a": None})
    assert (tmp_path / "f.json").read_text(encoding="utf-8") == ('{\n  "ä": [\n    1\n  ],\n  "a": null\n}\n')


def test_long_json_has_an_item_a_line(tmp_path: Path) -> None:
    write_long_json(tmp_path / "f.json", {"ä": 1, "b": [2]}, "items", iter([{"ß": 1}, [2, None]]))
    assert (tmp_path / "f.json").read_text(encoding="utf-8") == (
        '{\n  "ä": 1,\n  "b": [\n    2\n  ],\n  "items": [\n    {"ß": 1},\n    [2, null]\n  ]\n}\n'
    )
    assert read_json(tmp_path / "f.json") == {"ä": 1, "b": [2], "items": [{"ß": 1}, [2, None]]}


def test_long_json_refuses_what_is_not_json(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_long_json(tmp_path / "f.json", {"a": float("inf")}, "items", [])
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_long_json(tmp_path / "f.json", {"a": 1}, "items", [1, float("nan")])
    assert names(tmp_path) == []


def test_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A folder in its place, which no right to read mends, is the same to the reader."""
    (tmp_path / "f.json").mkdir()
    with pytest.raises(DataError) as caught:
        read_json(tmp_path / "f.json")
    assert str(caught.value) == f"{tmp_path / 'f.json'}: is not a plain file; {HINT}"


def test_weights_file_that_is_not_whole_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(b"")
    with pytest.raises(DataError) as caught:
        load_arrays(path)
    assert str(caught.value).startswith(f"{path}: is not a complete weights file (")
    assert caught.value.diagnostics[0].hint == HINT
    with pytest.raises(DataError, match="the file is missing"):
        load_arrays(tmp_path / "absent")


def test_arrays_without_meta_have_none(tmp_path: Path) -> None:
    """As a file that another program wrote, with no header of its own or with another one."""
    from safetensors.numpy import save

    save_arrays(tmp_path / "a", ARRAYS)
    assert load_arrays(tmp_path / "a")[1] == {}
    for metadata in (None, {"format": "np"}):
        (tmp_path / "b").write_bytes(save({"v": np.arange(3)}, metadata=metadata))
        arrays, meta = load_arrays(tmp_path / "b")
        assert arrays["v"].tolist() == [0, 1, 2]
        assert meta == {}


def test_meta_stands_in_the_header_as_text(tmp_path: Path) -> None:
    """By the format: eight bytes of length, least first, then as much JSON, padded with spaces."""
    save_arrays(tmp_path / "w", {"v": np.zeros(2)}, {"b": 1, "a": 2})
    content = (tmp_path / "w").read_bytes()
    length = int.from_bytes(content[:8], "little")
    assert json.loads(content[8 : 8 + length])["__metadata__"] == {"meta": '{"a": 2, "b": 1}'}


def test_damaged_meta_is_refused(tmp_path: Path) -> None:
    from safetensors.numpy import save

    (tmp_path / "w").write_bytes(save({"v": np.zeros(2)}, metadata={"meta": "not json"}))
    with pytest.raises(DataError, match="is not a complete weights file"):
        load_arrays(tmp_path / "w")
