"""Tables of other libraries: taken in, and answered in kind."""

import datetime
import decimal

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from forecaster.api.frames import has_native_times, kind_of, to_kind
from forecaster.data.reading import arrow_table, table_digest
from forecaster.data.reading.arrow_table import ArrowTable
from forecaster.data.reading.sources import as_source
from forecaster.errors import DataError, UsageError

DAYS = pd.date_range("2024-01-01", periods=3)
PANDAS = pd.DataFrame({"t": DAYS, "id": ["a", "b", "b"], "y": [1.0, 2.5, np.nan]})
TABLES = {
    "pandas": PANDAS,
    "polars": pl.DataFrame({"t": DAYS.to_list(), "id": ["a", "b", "b"], "y": [1.0, 2.5, None]}),
    "pyarrow": pa.Table.from_pandas(PANDAS),
    "duckdb": duckdb.sql("SELECT * FROM PANDAS"),
}


class Foreign:
    """A table of a library that nobody here knows, with Arrow's C stream interface."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return TABLES["pyarrow"].__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_is_taken_in_and_answered_in_kind(kind: str) -> None:
    table = TABLES[kind]
    assert kind_of(table) == kind
    taken = ArrowTable.of(table)
    assert taken.columns == ["t", "id", "y"]
    assert taken.n_rows == 3
    assert taken.table.column("y").to_pandas().tolist()[:2] == [1.0, 2.5]
    answer = to_kind(taken.table, kind)
    # A DuckDB table of rows is a relation, whose module has a private name.
    assert kind_of(answer) == kind
    assert ArrowTable.of(answer).table.column("id").to_pylist() == ["a", "b", "b"]


def test_a_table_of_an_unknown_library_is_answered_in_pyarrow() -> None:
    assert kind_of(Foreign()) == "pyarrow"
    assert ArrowTable.of(Foreign()).columns == ["t", "id", "y"]


def test_a_path_is_answered_in_pandas() -> None:
    assert kind_of("t.csv") == kind_of(None) == "pandas"


def test_numbers_are_not_copied() -> None:
    taken = ArrowTable.of(TABLES["polars"])
    [y] = taken.table.column("y").chunks
    assert y.buffers()[1].address == TABLES["polars"]["y"].to_arrow().buffers()[1].address


def test_the_fingerprint_is_that_of_names_types_and_values_alone() -> None:
    whole = ArrowTable.of(TABLES["pyarrow"])
    parts = pa.concat_tables([TABLES["pyarrow"].slice(0, 1), TABLES["pyarrow"].slice(1)])
    assert ArrowTable.of(parts).sha256 == whole.sha256
    assert ArrowTable.of(TABLES["pyarrow"].replace_schema_metadata({"a": "b"})).sha256 == whole.sha256
    for other in (
        TABLES["pyarrow"].rename_columns(["t", "id", "z"]),
        TABLES["pyarrow"].slice(0, 2),
        TABLES["pyarrow"].set_column(2, "y", pa.array([1.0, 2.5, 3.0])),
        TABLES["pyarrow"].set_column(2, "y", TABLES["pyarrow"].column("y").cast(pa.float32())),
    ):
        assert ArrowTable.of(other).sha256 != whole.sha256


CELLS = {
    "float": pa.array([1.5, None, 2.5, 2.5, -0.0] * 3),
    "narrow": pa.array([1, 2, None, 2, 2] * 3, pa.int8()),
    "time": pa.array(
        [datetime.datetime(2024, 1, 1), None, datetime.datetime(2025, 1, 1)] * 5, pa.timestamp("us", "UTC")
    ),
    "decimal": pa.array([decimal.Decimal("1.5"), None, decimal.Decimal("2.5")] * 5),
    "bool": pa.array([True, None, False, True, True] * 3),
    "text": pa.array(["a", None, "", "a text too long for a view", "a text too long for a view"] * 3),
    "bytes": pa.array([b"a", None, b"", b"bytes too long for a view", b"a"] * 3),
    "coded numbers": pa.array([7, None, 5, 5, 7] * 3).dictionary_encode(),
    "list of text": pa.array(
        [["a text too long for a view"], None, [None], [], []] * 3, pa.list_(pa.string_view())
    ),
    "struct": pa.array([{"a": 1}, None, {"a": 2}] * 5),
    "null": pa.nulls(15),
}


@pytest.mark.parametrize("kind", CELLS)
def test_chunks_and_offsets_do_not_change_the_fingerprint(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Blocks of four rows: some lie in one chunk, others in two.
    monkeypatch.setattr(table_digest, "_ROWS", 4)
    cells = CELLS[kind]
    whole = table_digest.table_digest(pa.table({"c": cells}))
    for cut in (1, 4, 7):
        parts = pa.chunked_array([cells[:cut], cells[cut:]])
        assert table_digest.table_digest(pa.table({"c": parts})) == whole
    later = pa.concat_arrays([cells[2:5], cells])[3:]
    assert table_digest.table_digest(pa.table({"c": later})) == whole


@pytest.mark.parametrize("kind", [kind for kind in CELLS if kind != "null"])
@pytest.mark.parametrize("block", [4, 100])
def test_every_cell_counts_in_the_fingerprint(kind: str, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_digest, "_ROWS", block)
    cells = CELLS[kind].to_pylist()
    found = {table_digest.table_digest(pa.table({"c": CELLS[kind]}))}
    for i in range(len(cells)):
        value = next(v for v in cells if v != cells[i])
        other = pa.array([*cells[:i], value, *cells[i + 1 :]], CELLS[kind].type)
        found.add(table_digest.table_digest(pa.table({"c": other})))
    assert len(found) == 1 + len(cells)


def test_the_layout_of_text_does_not_change_the_fingerprint() -> None:
    text = CELLS["text"]
    layouts = [text.cast(kind) for kind in (pa.string(), pa.large_string(), pa.string_view())]
    layouts += [
        text.dictionary_encode(),
        text.dictionary_encode().cast(pa.dictionary(pa.int8(), pa.large_string())),
    ]
    assert len({ArrowTable.of(pa.table({"c": cells})).sha256 for cells in layouts}) == 1


def test_categories_of_polars_and_pandas_are_read_as_their_texts() -> None:
    ids = ["a", "a text too long for a view", None, "a"]
    frames = [
        pl.DataFrame({"id": ids}),
        pl.DataFrame({"id": pl.Series(ids, dtype=pl.Categorical)}),
        pl.DataFrame({"id": pl.Series(ids, dtype=pl.Enum([ids[1], ids[0]]))}),
        pd.DataFrame({"id": ids}),
        pd.DataFrame({"id": pd.Categorical(ids)}),
    ]
    tables = [ArrowTable.of(frame) for frame in frames]
    assert len({table.sha256 for table in tables}) == 1
    for table in tables:
        for named in ([], ["id"]):
            [[cells]] = table.keeping(named).batches(["id"])
            assert cells.to_pylist() == ids


def test_texts_that_run_together_differ_in_the_fingerprint() -> None:
    tables = [["ab", "c"], ["a", "bc"], ["abc", ""], ["abc"], ["a", "a", "b"], ["a", "b", "b"]]
    assert len({ArrowTable.of(pa.table({"c": cells})).sha256 for cells in tables}) == len(tables)


def test_what_lies_behind_a_null_does_not_change_the_fingerprint() -> None:
    valid = pa.array([True, False, True]).buffers()[1]
    tables = [
        pa.table({"c": pa.Array.from_buffers(pa.int64(), 3, [valid, pa.py_buffer(np.array([1, behind, 3]))])})
        for behind in (0, 2)
    ]
    assert tables[0].equals(tables[1])
    assert ArrowTable.of(tables[0]).sha256 == ArrowTable.of(tables[1]).sha256


def test_the_chunks_of_a_polars_dataframe_are_taken_as_they_are() -> None:
    halves = [pl.DataFrame({"id": ["a", "b"], "y": [1.0, 2.0]}), pl.DataFrame({"id": ["c"], "y": [3.0]})]
    frame = pl.concat(halves, rechunk=False)
    taken = ArrowTable.of(frame)
    assert frame.n_chunks("all") == [2, 2]
    assert [column.num_chunks for column in taken.table.columns] == [2, 2]
    assert taken.table.column("y").to_pylist() == [1.0, 2.0, 3.0]
    assert taken.sha256 == ArrowTable.of(pl.concat(halves, rechunk=True)).sha256


def test_batches_are_the_rows_in_order_across_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow_table, "_ROWS", 2)
    parts = [
        pa.table({"id": pa.array(ids).dictionary_encode(), "y": y})
        for ids, y in ((["b"], [1]), (["a", "b"], [2, 3]))
    ]
    batches = list(ArrowTable.of(pa.concat_tables(parts)).keeping(["id"]).batches(["y", "id"]))
    assert [[cells.to_pylist() for cells in batch] for batch in batches] == [
        [[1, 2], ["b", "a"]],
        [[3], ["b"]],
    ]


def test_an_index_with_a_name_is_a_column_and_one_without_is_left_out() -> None:
    assert ArrowTable.of(PANDAS.set_index("t")).columns == ["id", "y", "t"]
    assert ArrowTable.of(PANDAS[PANDAS["id"] == "b"]).columns == ["t", "id", "y"]


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        as_source([1, 2])
    assert str(caught.value) == (
        "data is a list, needs a path or a table; give a DataFrame of pandas or polars, a pyarrow table or a "
        "DuckDB relation"
    )


def test_a_column_of_mixed_values_is_refused_by_name() -> None:
    with pytest.raises(DataError, match=r"^<in memory>: the table cannot be read: .*\by\b.*drop the columns"):
        ArrowTable.of(pd.DataFrame({"y": [1, "a", datetime.date(2024, 1, 1)]}))


def test_an_answer_has_the_types_of_the_question() -> None:
    """Dates stay dates and ids stay large strings, so that the answer can be joined; new columns keep their types."""
    like = pa.schema([("t", pa.date32()), ("id", pa.large_string()), ("y", pa.float32())])
    table = pa.table(
        {
            "id": ["a"],
            "t": pa.array(DAYS[1:2]),
            "cutoff": pa.array(DAYS[:1]),
            "forecast": [1.5],
        }
    )
    answer = to_kind(table, "pyarrow", like)
    assert answer.schema.types == [pa.large_string(), pa.date32(), pa.date32(), pa.float64()]
    assert answer.column("t").to_pylist() == [datetime.date(2024, 1, 2)]


def test_times_between_dates_stay_times() -> None:
    noon = pa.array([np.datetime64("2024-01-01T12:00", "ns")])
    answer = to_kind(pa.table({"t": noon}), "pyarrow", pa.schema([("t", pa.date32())]))
    assert answer.column("t").to_pylist() == [datetime.datetime(2024, 1, 1, 12)]


@pytest.mark.parametrize(
    ("kind", "native"),
    [
        (pa.string(), False),
        (pa.large_string(), False),
        (pa.string_view(), False),
        (pa.dictionary(pa.int8(), pa.string()), False),
        (pa.timestamp("ns"), True),
        (pa.date32(), True),
        (pa.int64(), True),
    ],
)
def test_times_that_were_text_are_answered_as_text(kind: pa.DataType, native: bool) -> None:
    assert has_native_times(pa.schema([("t", kind)]), "t") is native
    assert has_native_times(pa.schema([("t", kind)]), "other")
    assert has_native_times(None, "t")
