"""What holds for every request: limits, tokens, hosts, ids, log lines and counts."""

import asyncio
import errno
import json
import re
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from forecaster.service.settings import Limits
from tests.unit.service.stub import Stub, csv

TOKEN = "0123456789abcdef0123"
AS_CSV = {"content-type": "text/csv"}


def test_a_body_of_too_many_bytes_is_refused_before_and_while_it_is_read() -> None:
    stub = Stub(limits=Limits(body_bytes=100))
    said = stub.client.post("/v1/forecast", content=b"x" * 101, headers=AS_CSV)
    unsaid = stub.client.post("/v1/forecast", content=iter([b"x" * 60, b"x" * 60]), headers=AS_CSV)
    for answer in (said, unsaid):
        assert (answer.status_code, answer.json()["detail"]) == (413, "the body has more than 100 bytes")


def test_a_table_of_too_many_rows_is_refused() -> None:
    stub = Stub(limits=Limits(rows=7))
    answer = stub.client.post("/v1/forecast", content=csv(8), headers=AS_CSV)
    assert (answer.status_code, answer.json()["detail"]) == (422, "the table has 8 rows, and 7 are taken")
    assert stub.client.post("/v1/forecast", content=csv(7), headers=AS_CSV).status_code == 200


def test_a_forecast_that_takes_too_long_is_not_waited_for() -> None:
    stub = Stub(limits=Limits(timeout_s=0.2))
    answer = stub.client.post("/v1/forecast?horizon=14")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["detail"] == "the forecast was not made within 0.2 s"


@pytest.mark.parametrize(
    "given", [None, "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer \xe9"]
)
def test_a_token_is_asked_for(given: str | None) -> None:
    stub = Stub(token=TOKEN)
    headers = {} if given is None else {"authorization": given.encode("latin-1")}
    for path in ("/v1/runs", "/metrics", "/nowhere"):
        answer = stub.client.get(path, headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert stub.client.post("/invocations", headers=headers).status_code == 401


def test_the_right_token_opens_and_is_in_no_log() -> None:
    stub = Stub(token=TOKEN)
    assert stub.client.get("/v1/runs", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    for path in ("/ping", "/healthz", "/readyz", "/", "/assets/page.js", "/openapi.json"):
        assert stub.client.get(path).status_code == 200
    assert TOKEN not in stub.stream.getvalue()


def test_a_page_of_another_host_is_not_answered() -> None:
    stub = Stub(hosts=frozenset({"localhost", "::1"}))
    assert stub.client.get("/v1/runs", headers={"host": "evil.example"}).status_code == 421
    for host in ("localhost", "localhost:8080", "[::1]:8080", "LOCALHOST"):
        assert stub.client.get("/v1/runs", headers={"host": host}).status_code == 200


def test_one_line_a_request_whatever_it_holds() -> None:
    stub = Stub()
    stub.client.post("/v1/forecast?horizon=2", content=csv(), headers={**AS_CSV, "x-request-id": "abc.1"})
    stub.client.get('/evil%0A{"level":"error"}%1b[31m', headers={"x-request-id": "two\nlines"})
    first, second = stub.log
    assert {key: first[key] for key in ("level", "event", "id", "method", "path", "status", "bytes_in", "run", "series")} == {
        "level": "info", "event": "request", "id": "abc.1", "method": "POST", "path": "/v1/forecast", "status": 200,
        "bytes_in": len(csv()), "run": "one", "series": 1,
    }  # fmt: skip
    assert second["path"] == '/evil\n{"level":"error"}\x1b[31m'
    assert re.fullmatch("[0-9a-f]{32}", second["id"])
    assert "\x1b" not in stub.stream.getvalue()
    assert len(stub.stream.getvalue().splitlines()) == 2


def test_a_quiet_log_leaves_out_what_went_well() -> None:
    stub = Stub(quiet=True)
    stub.client.get("/ping")
    stub.client.get("/nowhere")
    stub.client.post("/v1/forecast?horizon=13")
    assert [(line["event"], line.get("status")) for line in stub.log] == [("bug", None), ("request", 500)]


def test_metrics_count_answers_faults_and_series() -> None:
    stub = Stub()
    stub.client.post("/v1/forecast", content=csv(ids=("a", "b")), headers=AS_CSV)
    stub.client.post("/v1/forecast?horizon=0")
    stub.client.get("/any/thing")
    text = stub.client.get("/metrics").text
    for line in (
        'forecaster_requests_total{method="POST",route="/v1/forecast",status="200"} 1.0',
        'forecaster_requests_total{method="POST",route="/v1/forecast",status="422"} 1.0',
        'forecaster_requests_total{method="GET",route="other",status="404"} 1.0',
        'forecaster_request_seconds_count{route="/v1/forecast"} 2.0',
        'forecaster_errors_total{kind="options"} 1.0',
        'forecaster_forecasts_total{run="one"} 2.0',
        f'forecaster_run_info{{learned_until="2024-01-01",run="one",sha256="{"1" * 64}"}} 1.0',
        'forecaster_run_stale{run="one"} 0.0',
    ):
        assert line in text.splitlines()


def test_addresses_and_methods_that_are_none_are_problems() -> None:
    stub = Stub()
    answer = stub.client.get("/invocations")
    assert (answer.status_code, answer.json()["detail"], answer.headers["allow"]) == (
        405, "this address takes POST", "POST",
    )  # fmt: skip
    assert stub.client.get("/assets/..%2f..%2fpage.py").status_code == 404
    assert stub.client.get("/assets/secret").json()["type"] == "urn:forecaster:problem:path"


def test_readiness_says_who_answers_and_ends_with_the_service() -> None:
    stub = Stub()
    assert stub.client.get("/readyz").json() == {
        "status": "ok",
        "runs": {"one": {"sha256": "1" * 64, "stale": False}},
    }
    stub.runs[0].problem = "this run is not complete"
    assert stub.client.get("/readyz").json()["status"] == "stale"
    stub.service.stopping = True
    assert stub.client.get("/readyz").status_code == 503
    assert stub.client.get("/ping").status_code == 200


def test_the_page_may_load_its_own_files_alone() -> None:
    stub = Stub()
    answer = stub.client.get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    named = re.findall(r'(?:src|href)="(assets/[^"]+)"', answer.text)
    assert len(named) == 6
    assert all(stub.client.get(f"/{name}").status_code == 200 for name in named)
    assert not re.search(r'(src|href)="(https?:)?//', answer.text)
    assert "<script>" not in answer.text
    assert "style=" not in answer.text


def test_openapi_describes_the_bodies() -> None:
    found = Stub().client.get("/openapi.json").json()
    assert set(found["paths"]) == {
        "/v1/forecast", "/invocations", "/v1/runs", "/v1/runs/{name}", "/ping", "/healthz", "/readyz", "/metrics",
    }  # fmt: skip
    body = found["paths"]["/v1/forecast"]["post"]["requestBody"]["content"]
    assert set(body["application/json"]["schema"]["properties"]) == {
        "data", "future", "run", "horizon", "cutoff", "expect_until", "levels", "series", "leave_out", "strict",
    }  # fmt: skip
    json.dumps(found)


def test_a_full_disk_is_no_fault_of_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    stub = Stub()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "mkstemp", full)
    answer = stub.client.post("/v1/forecast", content=csv(), headers=AS_CSV)
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:forecaster:problem:machine")
    assert "No space left on device" in stub.log[0]["traceback"]
    monkeypatch.undo()
    assert stub.client.post("/v1/forecast", content=csv(), headers=AS_CSV).status_code == 200


def test_no_file_of_a_request_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    stub = Stub()
    stub.client.post("/v1/forecast", content=csv(), headers=AS_CSV)
    stub.client.post("/v1/forecast", content=b"nonsense", headers=AS_CSV)
    stub.client.post("/v1/forecast?horizon=13", content=csv(), headers=AS_CSV)
    assert list(tmp_path.iterdir()) == []


def test_requests_are_answered_where_the_log_cannot_be_written() -> None:
    stub = Stub()
    stub.stream.close()
    assert stub.client.get("/ping").status_code == 200


def test_no_forecast_is_begun_that_nobody_waits_for() -> None:
    stub, gate = Stub(), threading.Event()
    stub.runs[0].version.thread.submit(gate.wait)
    begun: list[str] = []
    stub.runs[0].version = replace(stub.runs[0].version, forecast=lambda *_: begun.append("begun"))
    arrivals = iter([{"type": "http.request", "body": b"", "more_body": False}, {"type": "http.disconnect"}])
    sent: list[object] = []

    async def receive() -> dict[str, object]:
        return next(arrivals)

    async def send(message: object) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/forecast", "query_string": b"", "headers": [],
             "client": None, "state": {}}  # fmt: skip
    asyncio.run(stub.client.app(scope, receive, send))
    gate.set()
    stub.runs[0].version.thread.submit(lambda: None).result(timeout=5)
    assert (begun, sent, stub.log[0]["status"]) == ([], [], 499)
