"""forecaster serve as a process: the numbers of predict, signals, replaced runs, slow and many clients."""

import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.integration.tiny_runs import done, hours, refused, write_config, write_table

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TOKEN = "0123456789abcdef0123456789abcdef"


class Process:
    """A service on a free port of this machine."""

    def __init__(self, *arguments: object, env: dict[str, str] | None = None, tls: bool = False) -> None:
        command = [sys.executable, "-m", "forecaster", "serve", *map(str, arguments), "--port", "0"]
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env={**os.environ, **(env or {})}, cwd=ROOT
        )
        self.lines: list[dict[str, Any]] = []
        self.tls, self.port = tls, 0
        assert self.process.stderr is not None
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        try:
            self.wait_for("listening", seconds=120)
        except AssertionError:
            self.__exit__()
            raise
        self.port = int(self.said("listening")[0]["url"].rpartition(":")[2])

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(json.loads(line) if line.startswith("{") else {"event": "text", "text": line})

    def said(self, event: str) -> list[dict[str, Any]]:
        return [line for line in list(self.lines) if line["event"] == event]

    def wait_for(self, event: str, *, seconds: float = 30, times: int = 1) -> None:
        end = time.monotonic() + seconds
        while len(self.said(event)) < times:
            assert time.monotonic() < end, (event, self.lines)
            assert self.process.poll() is None or len(self.said(event)) >= times, self.lines
            time.sleep(0.02)

    def connect(self) -> http.client.HTTPConnection:
        if not self.tls:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=context)

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, bytes, http.client.HTTPMessage]:
        connection = self.connect()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body=body, headers=named)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content, answer.headers

    def json(self, path: str, **headers: str) -> Any:
        return json.loads(self.ask("GET", path, **headers)[1])

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=8)

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(timeout=10)
        self.reader.join(timeout=10)
        assert self.process.stderr is not None
        self.process.stderr.close()


def table(n: int, ids: tuple[str, ...] = ("a", "b"), *, first: int = 0) -> list[tuple[object, ...]]:
    return [(t, name, (i * 7 + len(name)) % 11) for name in ids for i, t in enumerate(hours(n, first=first))]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two series, and a table of newer rows beside it."""
    folder = tmp_path_factory.mktemp("served")
    write_table(folder / "t.csv", "t,id,y", table(60))
    write_table(folder / "newer.csv", "t,id,y", table(20, first=70))
    config = write_config(folder, {"targets": ["y"], "id": "id"})
    done("train", config, "--run-dir", folder / "run", "-q")
    return folder / "run"


@pytest.fixture(scope="module")
def service(run: Path) -> Iterator[Process]:
    with Process(run, "--timeout", 6) as process:
        yield process


def test_the_answer_is_what_predict_writes(run: Path, service: Process) -> None:
    newer = run.parent / "newer.csv"
    body = newer.read_bytes()
    status, content, headers = service.ask("POST", "/v1/forecast", body, content_type="text/csv")
    assert (status, headers["forecaster-run"]) == (200, "run")
    assert content.decode() == done("predict", run, "--data", newer, "-q")
    assert service.ask("POST", "/v1/forecast", accept="text/csv")[1].decode() == done("predict", run, "-q")
    cut = service.ask("POST", "/v1/forecast?cutoff=2024-01-02T20:00:00&horizon=2", accept="text/csv")
    assert cut[1].decode() == done("predict", run, "--from", "2024-01-02 20:00:00", "--horizon", 2, "-q")
    rows = [dict(zip(("t", "id", "y"), row, strict=True)) for row in table(20, first=70)]
    by_json = json.dumps({"dataframe_records": rows, "params": {"series": ["b"], "levels": [80]}}).encode()
    [first, *_] = json.loads(
        service.ask("POST", "/invocations", by_json, content_type="application/json")[1]
    )["predictions"]
    expected = json.loads(done("predict", run, "--data", newer, "--json"))["forecasts"]
    [row] = [row for row in expected if row["id"] == "b" and row["t"] == first["t"]]
    assert first == {key: value for key, value in row.items() if "95" not in key}


def test_faults_are_those_of_predict(run: Path, service: Process) -> None:
    short = write_table(run.parent / "short.csv", "t,id,y", table(3))
    status, content, _ = service.ask("POST", "/v1/forecast", short.read_bytes(), content_type="text/csv")
    assert status == 422
    said = refused(2, "predict", run, "--data", short).replace(str(short), "the table")
    assert said.startswith(json.loads(content)["detail"])
    for query, detail in (
        ("horizon=4", "horizon 4: this network was trained for 3 steps and cannot forecast more"),
        ("levels=70", "levels 70: this run has intervals of 80 and 95 %"),
        ("series=z", "series 'z': not among the series to forecast"),
        ("cutoff=1999-01-01", "cutoff: 1999-01-01 is outside"),
    ):
        status, content, _ = service.ask("POST", f"/v1/forecast?{query}")
        assert status == 422
        assert json.loads(content)["detail"].startswith(detail)
        assert str(run.parent) not in content.decode()


def test_many_clients_get_the_answers_to_their_own_questions(run: Path, service: Process) -> None:
    names = [f"s{i}" for i in range(12)]
    bodies = {n: ("t,id,y\n" + "".join(f"{t},{n},{i + 5 * k}\n" for i, t in enumerate(hours(8)))).encode() for k, n in enumerate(names)}  # fmt: skip
    expected = {n: service.ask("POST", "/v1/forecast", bodies[n], content_type="text/csv")[1] for n in names}
    assert len(set(expected.values())) == len(names)

    def ask(name: str) -> bytes:
        return service.ask("POST", "/v1/forecast", bodies[name], content_type="text/csv")[1]

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(ask, names * 10)) == [expected[name] for name in names * 10]


def test_slow_and_broken_clients_hold_up_nobody(run: Path, service: Process) -> None:
    slow = socket.create_connection(("127.0.0.1", service.port))
    slow.sendall(
        b"POST /v1/forecast HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/csv\r\ncontent-length: 99\r\n\r\nt,id"
    )
    cut = socket.create_connection(("127.0.0.1", service.port))
    cut.sendall(
        b"POST /v1/forecast HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/csv\r\ncontent-length: 99\r\n\r\nt,id"
    )
    cut.close()
    junk = socket.create_connection(("127.0.0.1", service.port))
    junk.sendall(b"\x16\x03\x01\x02\x00 no HTTP at all\r\n\r\n")
    assert service.ask("POST", "/v1/forecast")[0] == 200
    slow.settimeout(20)
    assert slow.recv(65_536).startswith(b"HTTP/1.1 408 ")
    junk.settimeout(10)
    assert b" 400 " in junk.recv(65_536)
    assert service.json("/readyz")["status"] == "ok"


def test_a_run_in_its_place_answers_after_it_and_a_broken_one_does_not(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "first")
    write_table(tmp_path / "t.csv", "t,id,y", table(60))
    config = write_config(tmp_path, {"targets": ["y"], "id": "id"}, seed=9)
    done("train", config, "--run-dir", tmp_path / "second", "-q")
    shutil.copytree(run, tmp_path / "broken")
    (tmp_path / "broken" / "model" / "weights.safetensors").write_bytes(b"no weights")
    manifest = json.loads((tmp_path / "broken" / "manifest.json").read_text())
    manifest["name"] = "other"
    (tmp_path / "broken" / "manifest.json").write_text(json.dumps(manifest))
    link = tmp_path / "current"
    link.symlink_to("first")

    def publish(name: str) -> None:
        (tmp_path / "next").symlink_to(name)
        (tmp_path / "next").replace(link)

    with Process(link) as process:
        before = process.ask("POST", "/v1/forecast", accept="text/csv")[1]
        assert before.decode() == done("predict", run, "-q")
        publish("broken")
        process.wait_for("not-reloaded")
        assert process.json("/readyz")["status"] == "stale"
        assert process.ask("POST", "/v1/forecast", accept="text/csv")[1] == before
        publish("second")
        process.wait_for("reloaded")
        assert process.json("/readyz")["status"] == "ok"
        after = process.ask("POST", "/v1/forecast", accept="text/csv")[1]
        assert after.decode() == done("predict", tmp_path / "second", "-q")
        assert after != before
        assert process.end() == 0


def test_sigterm_lets_requests_end_and_a_second_signal_does_not(run: Path) -> None:
    with Process(run) as process:
        half = socket.create_connection(("127.0.0.1", process.port))
        half.sendall(
            b"POST /v1/forecast HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n"
            b"content-length: 2\r\n\r\n{"
        )
        process.ask("GET", "/ping")
        process.process.send_signal(signal.SIGTERM)
        process.wait_for("stopping")
        time.sleep(0.5)
        half.sendall(b"}")
        half.settimeout(10)
        answer = b""
        while part := half.recv(65_536):
            answer += part
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert process.process.wait(timeout=5) == 0
    with Process(run) as process:
        stuck = socket.create_connection(("127.0.0.1", process.port))
        stuck.sendall(b"POST /v1/forecast HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{")
        process.ask("GET", "/ping")
        process.process.send_signal(signal.SIGTERM)
        process.wait_for("stopping")
        process.process.send_signal(signal.SIGTERM)
        assert process.process.wait(timeout=2) == 0
        stuck.close()


def test_a_signal_stops_it_as_soon_as_it_says_that_it_listens(run: Path) -> None:
    for _ in range(3):
        with Process(run) as process:
            assert process.end() == 0
            process.wait_for("stopped")


def test_a_client_that_never_ends_does_not_keep_the_service_from_stopping(run: Path) -> None:
    with Process(run) as process:
        stuck = socket.create_connection(("127.0.0.1", process.port))
        stuck.sendall(b"POST /v1/forecast HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{")
        process.ask("GET", "/ping")
        begin = time.monotonic()
        assert process.end() == 0
        assert time.monotonic() - begin < 7
        stuck.close()


def test_workers_answer_alike_and_count_together(run: Path) -> None:
    with Process(run, "--workers", 2, "--quiet") as process:
        process.wait_for("listening", times=2, seconds=120)
        answers = {process.ask("POST", "/v1/forecast", accept="text/csv")[1] for _ in range(8)}
        assert answers == {done("predict", run, "-q").encode()}
        counts = [
            line for line in process.ask("GET", "/metrics")[1].decode().splitlines()
            if line.startswith('forecaster_requests_total{method="POST",route="/v1/forecast",status="200"}')
        ]  # fmt: skip
        assert [float(line.split()[-1]) for line in counts] == [8.0]
        assert process.end() == 0


def test_a_worker_is_started_again_and_none_outlives_the_service(run: Path) -> None:
    with Process(run, "--workers", 2) as process:
        process.wait_for("listening", times=2, seconds=120)
        # One that ends sooner is taken for one that cannot start.
        time.sleep(11)
        os.kill(process.said("listening")[0]["pid"], signal.SIGKILL)
        process.wait_for("worker-ended")
        process.wait_for("listening", times=3, seconds=120)
        assert process.ask("POST", "/v1/forecast")[0] == 200
        process.process.kill()
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", process.port)).close()
            except ConnectionRefusedError:
                break
            time.sleep(0.1)
        else:
            pytest.fail("a worker still answers")


def test_https_and_a_token(run: Path, tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
         "-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    options = (
        "--certfile",
        tmp_path / "cert.pem",
        "--keyfile",
        tmp_path / "key.pem",
        "--token-env",
        "TOKEN_OF_TEST",
    )
    with Process(run, "--host", "0.0.0.0", *options, env={"TOKEN_OF_TEST": TOKEN}, tls=True) as process:
        assert process.said("listening")[0]["url"].startswith("https://0.0.0.0:")
        assert process.ask("GET", "/ping")[0] == 200
        assert process.ask("POST", "/v1/forecast")[0] == 401
        assert process.ask("POST", "/v1/forecast", authorization=f"Bearer {TOKEN}")[0] == 200
        assert process.end() == 0
        assert TOKEN not in json.dumps(process.lines)


def test_what_is_refused_before_it_starts(run: Path, tmp_path: Path) -> None:
    assert refused(2, "serve", tmp_path / "none").startswith(
        f"{tmp_path / 'none'}: there is no such run directory"
    )
    assert refused(2, "serve", run, "--host", "0.0.0.0").startswith(
        "--host 0.0.0.0: everyone who reaches this address could ask for forecasts"
    )
    assert refused(2, "serve", run, "--port", 99999) == "--port 99999: needs a number from 0 to 65,535"
    assert refused(2, "serve", run, "--certfile", run / "none.pem").startswith("--certfile")
    assert refused(2, "serve", run, run).startswith("several runs are called 'run'")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(2, "serve", run, "--port", port)
    assert (
        said
        == f"--host 127.0.0.1 --port {port}: Address already in use; use another port, or 0 for a free one"
    )
