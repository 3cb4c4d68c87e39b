"""Arrow IPC files hold the same table as a Parquet file of the same columns, in each of their spellings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.ipc as ipc
import pytest

from forecaster.data.reading import arrow_file
from forecaster.data.reading.formats import FORMATS, format_of
from forecaster.data.reading.table import read_table
from forecaster.data.spec import DataSpec
from forecaster.errors import DataError

SPEC = DataSpec.model_validate(
    {"path": "t", "time": "time", "freq": 1, "id": "shop", "targets": ["y"], "past_covariates": ["x"]}
)
COLUMNS: dict[str, Any] = {
    "unused": [[1], [2], [3]],
    "time": pa.array([1, 2, 1], pa.int32()),
    "y": pa.array([1, None, 3], pa.int8()),
    "x": pa.array([0.5, 1.5, 2.5], pa.float32()),
    "shop": ["b", "b", "a"],
}


def _feather(compression: str) -> Callable[[pa.Table, Path], None]:
    return lambda table, path: feather.write_feather(table, str(path), compression=compression)


def _stream(table: pa.Table, path: Path) -> None:
    with ipc.new_stream(str(path), table.schema) as writer:
        writer.write_table(table, 2)


@pytest.mark.parametrize("write", [_feather("lz4"), _feather("zstd"), _feather("uncompressed"), _stream])
@pytest.mark.parametrize(
    "shops",
    [
        pa.array(COLUMNS["shop"]),
        pa.array(COLUMNS["shop"], pa.large_string()),
        pa.array(COLUMNS["shop"], pa.string_view()),
        pa.array(COLUMNS["shop"]).dictionary_encode(),
        pa.array(COLUMNS["shop"]).cast(pa.dictionary(pa.uint8(), pa.large_string())),
    ],
    ids=lambda shops: str(shops.type),
)
@pytest.mark.parametrize("rows_together", [1, 100])
def test_reads_every_spelling(
    write: Callable[[pa.Table, Path], None],
    shops: pa.Array,
    rows_together: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(arrow_file, "_ROWS", rows_together)
    path = tmp_path / "t.arrow"
    write(pa.table({**COLUMNS, "shop": shops}), path)
    panel, findings = read_table(SPEC, path)
    assert panel.ids == ("a", "b")
    assert panel.values.tolist() == [[3, 2.5], [1, 0.5]]
    assert findings.trailing.tolist() == [0, 1]


def test_folder_is_one_table(tmp_path: Path) -> None:
    folder = tmp_path / "t"
    folder.mkdir()
    table = pa.table(COLUMNS)
    feather.write_feather(table.slice(0, 1), str(folder / "a.feather"))
    _stream(table.slice(2, 1), folder / "b.arrow")
    assert read_table(SPEC, folder)[0].values.tolist() == [[3, 2.5], [1, 0.5]]


def test_truncated_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.feather"
    feather.write_feather(pa.table(COLUMNS), str(path))
    whole = path.read_bytes()
    for n in range(0, len(whole), 7):
        path.write_bytes(whole[:n])
        with pytest.raises(DataError, match="is not a whole Arrow file"):
            read_table(SPEC, path)


def test_every_ending_has_one_format() -> None:
    endings = [ending for f in FORMATS for ending in f.endings]
    assert len(endings) == len(set(endings))
    assert all(format_of(Path(f"T{ending}".upper())) is f for f in FORMATS for ending in f.endings)
    assert format_of(Path("t.ods")) is None
