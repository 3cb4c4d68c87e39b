"""Tables by http from a server of this process: copies, redirects, refusals, and everything that goes wrong on the way."""

from __future__ import annotations

import base64
import gzip
import os
import socket
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import forecaster as fc
from forecaster.data.reading import elsewhere
from forecaster.data.reading.cache import load_table
from forecaster.data.reading.sources import as_source, fingerprint, held_in_memory, same_table, source_name
from forecaster.data.spec import DataSpec
from forecaster.errors import DataError, EnvironmentError_, ForecasterError
from forecaster.remote import http as downloads

TABLE = b"t,y\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n"
OTHER = TABLE.replace(b",3", b",4")
SPEC = DataSpec(path="t", time="t", freq="D", targets=["y"])


@dataclass
class Said:
    """What the server says to one path."""

    body: bytes = TABLE
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    silent_s: float = 0.0


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.says: dict[str, Said] = {}
        self.asked: list[tuple[str, dict[str, str], int]] = []

    def address(self, path: str, user: str = "") -> str:
        return f"http://{user}127.0.0.1:{self.server_port}{path}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        said = self.server.says.get(self.path.partition("?")[0], Said(b"", 404))
        etag = said.headers.get("ETag")
        status = 304 if etag and self.headers.get("If-None-Match") == etag else said.status
        self.server.asked.append((self.path, dict(self.headers), status))
        self.send_response(status)
        for name, value in said.headers.items():
            self.send_header(name, value)
        if status != 304 and "Transfer-Encoding" not in said.headers:
            self.send_header("Content-Length", str(len(said.body) if said.length is None else said.length))
        self.end_headers()
        time.sleep(said.silent_s)
        if status != 304:
            self.wfile.write(said.body)

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FORECASTER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def values(address: str) -> list[list[float]]:
    panel, _ = load_table(SPEC, as_source(address))
    found: list[list[float]] = panel.values.tolist()
    return found


def refused(address: str, kind: type[ForecasterError]) -> str:
    with pytest.raises(ForecasterError) as caught:
        load_table(SPEC, as_source(address))
    assert type(caught.value) is kind, caught.value
    return str(caught.value)


def test_a_table_is_read_and_kept(server: Server, cache: Path) -> None:
    address = server.address("/sold.csv")
    server.says["/sold.csv"] = Said(headers={"ETag": '"1"'})
    assert values(address) == values(address) == [[1], [2], [3]]
    assert [status for _, _, status in server.asked] == [200, 304]
    server.says["/sold.csv"] = Said(OTHER, headers={"ETag": '"2"'})
    assert values(address) == [[1], [2], [4]]
    folder = cache / "remote"
    assert stat.S_IMODE((folder / "copies").stat().st_mode) == 0o700
    assert len(list((folder / "copies").iterdir())) == 2


def test_a_damaged_copy_is_fetched_again(server: Server, cache: Path) -> None:
    address = server.address("/sold.csv")
    server.says["/sold.csv"] = Said(headers={"ETag": '"1"'})
    values(address)
    [copy] = (cache / "remote" / "copies").rglob("sold.csv")
    copy.write_bytes(OTHER)
    assert values(address) == [[1], [2], [3]]
    for pointer in (cache / "remote").glob("*.json"):
        pointer.write_text("{")
    assert values(address) == [[1], [2], [3]]


def test_nothing_is_kept_where_the_cache_is_off(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FORECASTER_CACHE", "off")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    server.says["/sold.csv"] = Said(headers={"ETag": '"1"'})
    assert values(server.address("/sold.csv")) == [[1], [2], [3]]
    assert not cache.exists()
    assert not list(tmp_path.glob("forecaster-*"))


def test_the_fingerprint_is_that_of_the_bytes(server: Server, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(TABLE)
    server.says["/sold.csv"] = Said()
    source = as_source(server.address("/sold.csv"))
    assert fingerprint(source) == fingerprint(tmp_path / "t.csv")
    assert same_table(source, fingerprint(source))
    assert not same_table(as_source(server.address("/gone.csv")), fingerprint(source))


def test_a_name_without_an_ending_is_read_by_its_content(server: Server) -> None:
    server.says["/export"] = Said()
    server.says["/packed"] = Said(gzip.compress(TABLE))
    server.says["/sold.csv"] = Said(gzip.compress(TABLE), headers={"Content-Encoding": "gzip"})
    for path in ("/export?format=csv", "/packed", "/sold.csv"):
        assert values(server.address(path)) == [[1], [2], [3]]


def test_faults_of_the_table_name_the_address(server: Server) -> None:
    server.says["/sold.csv"] = Said(TABLE.replace(b",2", b",x"))
    address = server.address("/sold.csv")
    assert refused(address, DataError).startswith(f"{address}:3: y: 'x' is not a number")


def test_a_redirect_is_followed_and_takes_no_password_with_it(server: Server) -> None:
    server.says["/old.csv"] = Said(b"", 302, {"Location": server.address("/new.csv")})
    server.says["/new.csv"] = Said()
    assert values(server.address("/old.csv", user="me:pa%40ss@")) == [[1], [2], [3]]
    (_, first, _), (_, second, _) = server.asked
    assert base64.b64decode(first["Authorization"].removeprefix("Basic ")) == b"me:pa@ss"
    assert "Authorization" not in second


def test_redirects_that_lead_elsewhere_are_not_followed(server: Server) -> None:
    server.says["/file.csv"] = Said(b"", 302, {"Location": "file:///etc/passwd"})
    assert "the redirect is not followed: the server says 302" in refused(
        server.address("/file.csv"), DataError
    )
    server.says["/round.csv"] = Said(b"", 302, {"Location": server.address("/round.csv")})
    assert "the redirect is not followed" in refused(server.address("/round.csv"), DataError)


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (404, DataError, "no such table: the server says 404 Not Found; check the address"),
        (410, DataError, "no such table: the server says 410 Gone; check the address"),
        (
            401,
            DataError,
            "the server does not give it: 401 Unauthorized; check the address and the permission",
        ),
        (403, DataError, "the server does not give it: 403 Forbidden; check the address and the permission"),
        (400, DataError, "the server refuses: 400 Bad Request; check the address"),
        (429, EnvironmentError_, "the server fails: 429 Too Many Requests; try again later"),
        (500, EnvironmentError_, "the server fails: 500 Internal Server Error; try again later"),
        (503, EnvironmentError_, "the server fails: 503 Service Unavailable; try again later"),
    ],
)
def test_refusals(server: Server, status: int, kind: type[ForecasterError], said: str) -> None:
    server.says["/t.csv"] = Said(b"no", status)
    address = server.address("/t.csv", user="me:secret@") + "?token=secret"
    found = refused(address, kind)
    assert found.startswith(f"{server.address('/t.csv', user='***@')}?***: {said}")
    assert "secret" not in found


def test_bodies_that_end_early(server: Server, cache: Path) -> None:
    server.says["/t.csv"] = Said(length=len(TABLE) + 10)
    said = refused(server.address("/t.csv"), EnvironmentError_)
    assert said.endswith(f"the download ended after {len(TABLE)} of {len(TABLE) + 10} bytes; try again later")
    chunks = b"10\r\n" + TABLE[:16] + b"\r\n5\r\nab"
    server.says["/c.csv"] = Said(chunks, headers={"Transfer-Encoding": "chunked"})
    assert "the download ended after" in refused(server.address("/c.csv"), EnvironmentError_)
    assert not list((cache / "remote").glob("*.json"))


def test_a_server_that_is_silent(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "PATIENCE_S", 0.1)
    server.says["/t.csv"] = Said(silent_s=0.5)
    assert "cannot be reached: no answer within 0.1 seconds" in refused(
        server.address("/t.csv"), EnvironmentError_
    )


def test_a_table_that_is_too_large(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elsewhere, "MOST_BYTES", 20)
    server.says["/t.csv"] = Said()
    assert "is larger than" in refused(server.address("/t.csv"), DataError)
    part = b"%x\r\n%b\r\n" % (len(TABLE), TABLE)
    server.says["/c.csv"] = Said(part * 3 + b"0\r\n\r\n", headers={"Transfer-Encoding": "chunked"})
    assert "is larger than" in refused(server.address("/c.csv"), DataError)


def test_servers_that_are_not_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = refused(f"http://127.0.0.1:{port}/t.csv", EnvironmentError_)
    assert "cannot be reached: Connection refused" in said
    assert "cannot be reached" in refused("http://nowhere.invalid/t.csv", EnvironmentError_)
    assert "is no address" in refused("http://[::1/t.csv", DataError)


def test_a_full_disk(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int) -> None:
        raise OSError(28, os.strerror(28))

    server.says["/t.csv"] = Said()
    monkeypatch.setattr("os.fsync", full)
    said = refused(server.address("/t.csv"), EnvironmentError_)
    assert "what is fetched cannot be written there: No space left on device; make space, or set" in said


def test_what_trials_read_is_the_same_table(server: Server) -> None:
    server.says["/sold.csv"] = Said()
    source = as_source(server.address("/sold.csv"))
    held = held_in_memory(source, SPEC)
    assert load_table(SPEC, held)[0].values.tolist() == [[1], [2], [3]]
    assert source_name(held) == source_name(source)


def test_a_config_is_drafted_from_an_address(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    days = "".join(f"2024-01-{1 + i:02},{i % 7}\n" for i in range(31))
    server.says["/sold.csv"] = Said(f"day,sold\n{days}".encode())
    draft = fc.inspect(server.address("/sold.csv"))
    assert (draft.name, draft.spec.data.path) == ("sold", server.address("/sold.csv"))
    secret = server.address("/sold.csv", user="me:pw@")
    with pytest.raises(
        fc.UsageError, match="the address holds a user or a password, and a config is copied"
    ) as caught:
        fc.inspect(secret)
    assert "pw" not in str(caught.value)
    monkeypatch.setenv("SOLD", secret)
    draft = fc.inspect("env:SOLD")
    assert (draft.name, draft.spec.data.path) == ("sold", "env:SOLD")
    assert "pw" not in draft.to_yaml()
