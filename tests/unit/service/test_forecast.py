"""/v1/forecast and /invocations: forms of bodies and answers, options, and the words of faults."""

import io
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from forecaster.service.forms import ARROW_FILE, ARROW_STREAM, PARQUET, WRITERS
from tests.unit.service.stub import Stub, csv, hours, records

FORECAST = "id,t,forecast\n" + "".join(f"a,2024-01-01 {h:02d}:00:00,7\n" for h in (8, 9, 10))
ROWS = [{"id": "a", "t": f"2024-01-01 {h:02d}:00:00", "forecast": 7.0} for h in (8, 9, 10)]


def table(n: int = 8) -> pa.Table:
    return pa.table({"t": hours(n), "id": ["a"] * n, "y": [float(i) for i in range(n)]})


@pytest.fixture(scope="module")
def stub() -> Stub:
    return Stub("one", "two")


def test_csv_in_is_csv_out(stub: Stub) -> None:
    answer = stub.client.post("/v1/forecast", content=csv(), headers={"content-type": "text/csv"})
    assert answer.status_code == 200
    assert answer.text == FORECAST
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["forecaster-run"] == "one"
    assert answer.headers["forecaster-sha256"] == "1" * 64


@pytest.mark.parametrize("form", [PARQUET, ARROW_STREAM, ARROW_FILE])
def test_arrow_and_parquet_in_are_the_same_out(stub: Stub, form: str) -> None:
    answer = stub.client.post("/v1/forecast", content=WRITERS[form](table()), headers={"content-type": form})
    assert answer.status_code == 200, answer.text
    if form == PARQUET:
        found = parquet.read_table(io.BytesIO(answer.content))
    else:
        opened = pa.ipc.open_stream if form == ARROW_STREAM else pa.ipc.open_file
        found = opened(answer.content).read_all()
    assert found.to_pylist() == ROWS


@pytest.mark.parametrize(
    "data",
    [
        records(),
        {"columns": ["t", "id", "y"], "data": [[r["t"], r["id"], r["y"]] for r in records()]},
        {"t": hours(8), "id": ["a"] * 8, "y": list(range(8))},
        {"t": hours(8), "id": ["a"] * 8, "y": [*range(7), "7"]},
    ],
    ids=["records", "split", "columns", "numbers as text"],
)
def test_json_in_is_json_out(stub: Stub, data: Any) -> None:
    answer = stub.client.post("/v1/forecast", json={"data": data})
    assert answer.json() == {
        "format_version": 1,
        "run": "one",
        "sha256": "1" * 64,
        "series": 1,
        "notes": [],
        "forecasts": ROWS,
    }


def test_without_a_table_the_forecast_goes_on_from_the_training_rows(stub: Stub) -> None:
    answer = stub.client.post("/v1/forecast")
    assert [row["forecast"] for row in answer.json()["forecasts"]] == [7.0] * 3


def test_the_form_of_the_answer_is_the_one_that_is_wanted_most(stub: Stub) -> None:
    headers = {"accept": "text/html, application/json;q=0.3, text/csv;q=0.9"}
    assert stub.client.post("/v1/forecast", headers=headers).headers["content-type"].startswith("text/csv")
    assert stub.client.post("/v1/forecast", headers={"accept": "text/*"}).text.startswith("id,t,forecast\n")
    refused = stub.client.post("/v1/forecast", headers={"accept": "image/png"})
    assert refused.status_code == 406
    assert refused.json()["detail"] == "the answer cannot be given as 'image/png'"


def test_options_stand_in_the_address_or_in_the_body(stub: Stub) -> None:
    by_address = stub.client.post(
        "/v1/forecast?horizon=1&run=two", content=csv(), headers={"content-type": "text/csv"}
    )
    assert by_address.text == "".join(FORECAST.splitlines(keepends=True)[:2])
    assert by_address.headers["forecaster-run"] == "two"
    by_body = stub.client.post("/v1/forecast", json={"horizon": 1, "run": "two"})
    assert (by_body.json()["run"], len(by_body.json()["forecasts"])) == ("two", 1)
    both = stub.client.post("/v1/forecast?horizon=1", json={"horizon": 1})
    assert both.json()["detail"] == "horizon: horizon: given in the address and in the body"


def test_invocations_answer_as_mlflow_does(stub: Stub) -> None:
    split = {"columns": ["t", "id", "y"], "data": [[r["t"], r["id"], r["y"]] for r in records()]}
    for body in ({"dataframe_split": split}, {"dataframe_records": records()}, {"instances": records()}):
        assert stub.client.post("/invocations", json=body).json() == {"predictions": ROWS}
    one = stub.client.post("/invocations", json={"dataframe_split": split, "params": {"horizon": 1}})
    assert one.json() == {"predictions": ROWS[:1]}
    by_csv = stub.client.post("/invocations", content=csv(), headers={"content-type": "text/csv"})
    assert by_csv.json() == {"predictions": ROWS}
    as_csv = {"content-type": "text/csv", "accept": "text/csv"}
    assert stub.client.post("/invocations", content=csv(), headers=as_csv).text == FORECAST


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (
            {"dataframe_split": {}, "inputs": {}},
            "the body holds dataframe_split and inputs, and one table is forecast",
        ),
        ({"rows": []}, "the body holds 'rows'"),
        ({"params": [1]}, "params: is not an object"),
        ({"params": {"steps": 3}}, "steps: there is no such option"),
        ({"inputs": [[1, 2]]}, "data: row 1: is no object"),
    ],
)
def test_what_an_invocation_is_refused_for(stub: Stub, body: Any, detail: str) -> None:
    answer = stub.client.post("/invocations", json=body)
    assert (answer.status_code, answer.json()["detail"]) == (422, detail)


def test_a_fault_in_a_table_names_row_and_column_and_no_path(stub: Stub) -> None:
    body = csv().replace(b",a,3\n", b",a,three\n")
    answer = stub.client.post("/v1/forecast", content=body, headers={"content-type": "text/csv"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert found["type"] == "urn:forecaster:problem:table"
    assert found["title"] == "The table cannot be forecast"
    assert found["detail"] == "the table:5: y: 'three' is not a number"
    assert found["diagnostics"][0]["range"] == {"start": {"line": 5, "column": 1}}
    assert found["diagnostics"][0]["path"] == "y"
    assert found["instance"] == f"urn:request:{answer.headers['x-request-id']}"
    assert "/tmp" not in answer.text


def test_too_few_rows_are_said_as_of_a_request(stub: Stub) -> None:
    answer = stub.client.post("/v1/forecast", content=csv(4), headers={"content-type": "text/csv"})
    assert answer.status_code == 422
    assert answer.json()["detail"] == "the table: a forecast needs 6 rows before its cutoff, and 'a' has 4"
    assert answer.json()["hint"] == "pass more rows with data"


def test_a_series_that_is_too_short_is_a_note(stub: Stub) -> None:
    body = csv(8) + b"2024-01-01 00:00:00,b,1\n"
    answer = stub.client.post("/v1/forecast", content=body, headers={"content-type": "text/csv"})
    assert answer.headers["forecaster-notes"] == (
        "[\"the table: a forecast needs 6 rows before its cutoff, and 'b' has 1; not forecast\"]"
    )


def test_an_unknown_run_is_not_found(stub: Stub) -> None:
    answer = stub.client.post("/v1/forecast?run=three")
    assert (answer.status_code, answer.json()["hint"]) == (404, "choose from 'one', 'two'")
    assert stub.client.get("/v1/runs/three").status_code == 404


def test_our_own_bug_is_a_500_that_tells_nothing_and_a_traceback_in_the_log(stub: Stub) -> None:
    answer = stub.client.post("/v1/forecast?horizon=13", headers={"x-request-id": "mine-1"})
    assert answer.status_code == 500
    assert answer.json()["title"] == "An error inside the service"
    assert "secret" not in answer.text
    [bug] = [line for line in stub.log if line["event"] == "bug"]
    assert bug["id"] == "mine-1"
    assert "RuntimeError: secret of the inside" in bug["traceback"]


def test_the_page_gets_what_it_draws(stub: Stub) -> None:
    [line] = stub.client.post("/v1/chart", content=csv(), headers={"content-type": "text/csv"}).json()[
        "lines"
    ]
    assert (line["series"], line["target"], line["bands"]) == ("a", "y", [])
    assert line["past"] == [0, 1, 2, 3, 4, 5, 6, 7]
    assert line["forecast"] == [7.0, 7.0, 7.0]
    assert line["labels"][-1] == "2024-01-01 10:00:00"
    assert line["times"][-1] == 1_704_103_200
    assert len(line["times"]) == len(line["labels"]) == 11


def test_a_run_is_described_with_the_ids_that_are_looked_for(stub: Stub) -> None:
    assert [run["name"] for run in stub.client.get("/v1/runs").json()["runs"]] == ["one", "two"]
    assert "ids" not in stub.client.get("/v1/runs").json()["runs"][0]
    assert stub.client.get("/v1/runs/two").json()["ids"] == ["a", "b"]
    assert stub.client.get("/v1/runs/two?find=B").json()["ids"] == ["b"]
