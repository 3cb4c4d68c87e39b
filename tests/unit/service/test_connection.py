"""Connections on which nothing arrives, or whose answers nobody reads, are closed."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from forecaster.service import connection
from forecaster.service.connection import PatientConnection
from tests.unit.service.stub import Stub

PING = b"GET /ping HTTP/1.1\r\nhost: localhost\r\n\r\n"


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A service that waits for a fifth of a second."""
    monkeypatch.setattr(connection, "HEAD_S", 0.2)
    monkeypatch.setattr(connection, "READ_S", 0.2)
    config = uvicorn.Config(Stub().client.app, http=PatientConnection, log_config=None, timeout_keep_alive=1)
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join(timeout=10)


def rest(client: socket.socket) -> bytes:
    """Everything that comes until the service closes the connection."""
    client.settimeout(10)
    found = b""
    try:
        while part := client.recv(65_536):
            found += part
    except ConnectionResetError:
        pass
    return found


@pytest.mark.parametrize("sent", [b"", PING[:20], PING + PING[:20]])
def test_a_head_that_does_not_come_ends_the_connection(port: int, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(sent)
        assert rest(client).count(b"HTTP/1.1 200 OK") == (len(sent) > len(PING))


def test_a_connection_with_whole_requests_stays(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        for _ in range(3):
            client.sendall(PING)
            found = b""
            while not found.endswith(b'{"status": "ok"}'):
                found += client.recv(65_536)
            time.sleep(0.3)
        client.sendall(PING.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
        assert rest(client).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("line", [b"x-more: " + b"y" * 1_000 + b"\r\n", b"y" * 1_000])
def test_a_head_that_never_ends_is_refused(port: int, line: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(PING[:-2] + b"x-long: ")
        with contextlib.suppress(OSError):  # closed before all is sent
            for _ in range(1_000):
                client.sendall(line)
        assert rest(client).partition(b"\r\n")[0] in (b"HTTP/1.1 400 Bad Request", b"")


def test_the_head_after_a_long_body_is_a_head_of_its_own(port: int) -> None:
    long = b"POST /ping HTTP/1.1\r\nhost: localhost\r\ncontent-length: 200000\r\n\r\n" + b"x" * 200_000
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(long + PING[:10])
        time.sleep(0.05)
        client.sendall(PING[10:-2] + b"connection: close\r\n\r\n")
        assert rest(client).endswith(b'{"status": "ok"}')


def test_a_client_that_does_not_read_is_let_go(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1_024)
        client.settimeout(0.5)
        with pytest.raises(OSError):  # noqa: PT011  closed, or full
            client.sendall(b"GET /assets/uPlot.iife.min.js HTTP/1.1\r\nhost: localhost\r\n\r\n" * 1_000_000)
    with socket.create_connection(("127.0.0.1", port)) as other:
        other.sendall(PING)
        assert other.recv(65_536).startswith(b"HTTP/1.1 200 OK")
