"""Malformed requests are answered with a 4xx that says why, never with a 500."""

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecaster.service.forms import ARROW_STREAM, PARQUET, WRITERS
from tests.unit.service.stub import Stub, csv, hours, records

pytestmark = pytest.mark.slow

STUB = Stub()
FORMS = [
    "application/json",
    "text/csv",
    PARQUET,
    ARROW_STREAM,
    "application/vnd.apache.arrow.file",
    "text/plain",
    "",
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(["data", "future", "run", "levels", "series", "cutoff", "strict", "params", "inputs"])


def refused(answer: Any) -> None:
    """An answer is a forecast, or a problem that says what is wrong."""
    assert answer.status_code < 500, answer.text
    if answer.status_code != 200:
        found = answer.json()
        assert found["status"] == answer.status_code
        assert found["detail"]
        assert "Traceback" not in answer.text
        assert "/tmp" not in answer.text


@given(
    body=st.binary(max_size=300),
    form=st.sampled_from(FORMS),
    path=st.sampled_from(["/v1/forecast", "/invocations"]),
)
def test_any_bytes_in_any_form(body: bytes, form: str, path: str) -> None:
    refused(STUB.client.post(path, content=body, headers={"content-type": form}))


@given(body=st.dictionaries(KEYS, VALUES, max_size=4))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_json(body: Any) -> None:
    for path in ("/v1/forecast", "/invocations"):
        refused(
            STUB.client.post(path, content=json.dumps(body), headers={"content-type": "application/json"})
        )


@given(
    at=st.integers(0, 3_000),
    byte=st.integers(0, 255),
    form=st.sampled_from([PARQUET, ARROW_STREAM, "text/csv"]),
)
def test_any_byte_of_a_table_changed(at: int, byte: int, form: str) -> None:
    table = pa.table({"t": hours(8), "id": ["a"] * 8, "y": [float(i) for i in range(8)]})
    body = bytearray(WRITERS[form](table))
    body[at % len(body)] = byte
    refused(STUB.client.post("/v1/forecast", content=bytes(body), headers={"content-type": form}))


@given(n=st.integers(0, 3_000), form=st.sampled_from([PARQUET, ARROW_STREAM, "text/csv"]))
def test_any_table_cut_short(n: int, form: str) -> None:
    table = pa.table({"t": hours(8), "id": ["a"] * 8, "y": [float(i) for i in range(8)]})
    refused(
        STUB.client.post("/v1/forecast", content=WRITERS[form](table)[:n], headers={"content-type": form})
    )


@given(query=st.dictionaries(st.text(max_size=10) | KEYS, st.text(max_size=20), max_size=3))
def test_any_options(query: dict[str, str]) -> None:
    refused(STUB.client.post("/v1/forecast", params=query))


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        (b"{", 400, "the body is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        (b"[1]", 400, "the body is not a JSON object"),
        (b'{"data": NaN}', 400, "the body is not JSON: NaN is not a JSON number; write null for a missing value"),
        (b'{"data":' + b"[" * 100_000, 400, "the body is nested too deeply"),
        (b'{"data": 1}', 422, "data: is no table"),
        (b'{"data": [1]}', 422, "data: row 1: is no object"),
        (b'{"data": {"t": 1}}', 422, "data: the column 't' is no list of cells"),
        (b'{"data": {"t": [1], "y": [1, 2]}}', 422, "data: its columns have from 1 to 2 cells"),
        (b'{"data": {"columns": ["t", "t"], "data": []}}', 422, "data: columns has 't' twice"),
        (b'{"data": {"columns": ["t"], "data": [[1, 2]]}}', 422, "data: row 1: is no list of 1 cells"),
        (b'{"data": [{"t": [1]}]}', 422, "data: the column 't' holds lists or objects"),
        (b'{"horizon": 0}', 422, "horizon: input should be greater than or equal to 1"),
        (b'{"horizon": "x"}', 422, "horizon: input should be a valid integer, unable to parse string as an integer"),
        (b'{"levels": [101]}', 422, "levels.0: input should be less than 100"),
        (b'{"steps": 1}', 422, "steps: there is no such option"),
        (b"\xff\xfe", 400, None),
    ],
)  # fmt: skip
def test_what_a_json_body_is_refused_for(body: bytes, status: int, detail: str | None) -> None:
    answer = STUB.client.post("/v1/forecast", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert detail is None or answer.json()["detail"] == detail


def test_forms_that_are_not_known_are_refused() -> None:
    for headers in ({"content-type": "text/html"}, {"content-encoding": "gzip", "content-type": "text/csv"}):
        assert STUB.client.post("/v1/forecast", content=csv(), headers=headers).status_code == 415
    assert STUB.client.post("/v1/forecast", content=csv()).status_code == 415


def test_arrow_that_would_unpack_to_much_more_is_refused() -> None:
    table = pa.table({"t": hours(8), "id": ["a"] * 8, "y": [0.0] * 8})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    body = sink.getvalue().to_pybytes()
    answer = STUB.client.post("/v1/forecast", content=body, headers={"content-type": ARROW_STREAM})
    assert (answer.status_code, answer.json()["detail"]) == (422, "the Arrow batches are compressed")


@pytest.mark.parametrize("form", [PARQUET, ARROW_STREAM])
def test_one_long_text_that_each_row_repeats_is_refused(form: str) -> None:
    n = 200_000
    text = pa.DictionaryArray.from_arrays(pa.array([0] * n, pa.int32()), pa.array(["x" * 10_000]))
    body = WRITERS[form](pa.table({"t": text, "id": text, "y": [0.0] * n}))
    assert len(body) < 16 << 20
    answer = STUB.client.post("/v1/forecast", content=body, headers={"content-type": form})
    assert answer.status_code == 422
    assert answer.json()["detail"].endswith(" MiB, and 256 are taken")


def test_parquet_that_would_unpack_to_much_more_is_refused() -> None:
    table = pa.table(
        {
            "t": hours(8),
            "id": ["a"] * 8,
            "y": [0.0] * 8,
            "text": ["x" * 9_000_000] * 4 + ["y" * 9_000_000] * 4,
        }
    )
    body = io.BytesIO()
    pq.write_table(table, body, compression="zstd", use_dictionary=False)
    answer = STUB.client.post("/v1/forecast", content=body.getvalue(), headers={"content-type": PARQUET})
    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        "the table unpacks to more than 100 times its size",
    )


@pytest.mark.parametrize("form", [PARQUET, ARROW_STREAM])
def test_every_byte_of_a_table_damaged(form: str) -> None:
    table = pa.table({"t": hours(8), "id": ["a"] * 8, "y": [float(i) for i in range(8)]})
    whole = WRITERS[form](table)
    for at in range(0, len(whole), 11):
        for byte in {0, 128, whole[at] ^ 1} - {whole[at]}:
            body = bytearray(whole)
            body[at] = byte
            refused(STUB.client.post("/v1/forecast", content=bytes(body), headers={"content-type": form}))


@pytest.mark.parametrize(
    ("form", "at", "byte"),
    [
        (ARROW_STREAM, 140, 128),  # a column's name is no UTF-8
        (PARQUET, 370, 0),  # a column whose sizes do not fit its type, which pyarrow ends the process for
    ],
)
def test_a_byte_that_was_taken_badly(form: str, at: int, byte: int) -> None:
    body = bytearray(
        WRITERS[form](pa.table({"t": hours(8), "id": ["a"] * 8, "y": [float(i) for i in range(8)]}))
    )
    body[at] = byte
    assert (
        STUB.client.post("/v1/forecast", content=bytes(body), headers={"content-type": form}).status_code
        == 422
    )


def test_rows_of_arrow_are_counted_before_they_are_read() -> None:
    from forecaster.service.arrow_messages import rows_of_stream

    table = pa.table({"id": pa.array(["a", "b"] * 50).dictionary_encode(), "y": [0.0] * 100})
    assert rows_of_stream(WRITERS[ARROW_STREAM](table)) == 100


def test_records_may_lack_a_cell() -> None:
    rows = records()
    del rows[3]["y"]
    assert STUB.client.post("/v1/forecast", json={"data": rows}).status_code == 200
