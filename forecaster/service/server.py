"""The server: an address, the signals that end it, and one process or several."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from forecaster.errors import EnvironmentError_, UsageError
from forecaster.service.app import Service, app_of
from forecaster.service.connection import PatientConnection
from forecaster.service.logs import Log, take_over_server_log
from forecaster.service.settings import Settings

# Requests that are being answered when the service is told to stop have as long to end.
DRAIN_S = 4
# Connections at a time; further ones are told to come back.
MOST_CONNECTIONS = 1_000
# How long a thread may keep the interpreter from others.
SWITCH_S = 0.0005
_SIGNALS = [signal.SIGTERM, signal.SIGINT]


@dataclass(frozen=True)
class Endpoint:
    """Where a service listens.

    Attributes:
        host: The host or its address.
        port: The port; 0 takes a free one.
        certfile: The certificate in PEM, for TLS; None without.
        keyfile: Its key; None where the certificate's file holds it.
    """

    host: str
    port: int
    certfile: Path | None = None
    keyfile: Path | None = None

    def bound(self) -> socket.socket:
        """Return a socket that listens here.

        Raises:
            UsageError: When the host is none of this machine, or the port is taken.
            EnvironmentError_: When it may not be used.
        """
        shown = f"--host {self.host} --port {self.port}"
        try:
            family, kind, protocol, _, where = socket.getaddrinfo(
                self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            # With its protocol, by which asyncio knows that answers need not wait for one another.
            listener = socket.socket(family, kind, protocol)
        except (OSError, UnicodeError) as error:
            raise UsageError(
                f"{shown}: {getattr(error, 'strerror', None) or error}", hint="check the host"
            ) from None
        try:
            if os.name == "posix":
                # A service that is started again need not wait for the connections of the one before.
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(where)
        except PermissionError as error:
            listener.close()
            raise EnvironmentError_(
                f"{shown}: {error.strerror}", hint="ports below 1024 need a privilege"
            ) from None
        except OSError as error:
            listener.close()
            raise UsageError(
                f"{shown}: {error.strerror}", hint="use another port, or 0 for a free one"
            ) from None
        return listener

    def url(self, listener: socket.socket) -> str:
        """Return the address for a browser."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        scheme = "http" if self.certfile is None else "https"
        return f"{scheme}://{host}:{listener.getsockname()[1]}"

    def check(self) -> None:
        """Raise UsageError when the certificate and its key cannot be used."""
        if self.certfile is None:
            if self.keyfile is not None:
                raise UsageError("--keyfile needs --certfile", hint="name the certificate too")
            return
        import ssl

        for option, path in (("--certfile", self.certfile), ("--keyfile", self.keyfile)):
            # A pipe would wait for somebody to write into it.
            if path is not None and path.exists() and not path.is_file():
                raise UsageError(f"{option} {path}: is no file", hint="name a file in PEM")
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            # A key with a passphrase would wait for somebody to type it.
            context.load_cert_chain(self.certfile, self.keyfile, password="")
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or getattr(error, "reason", None) or str(error)
            raise UsageError(
                f"--certfile {self.certfile}: the certificate and its key cannot be used: {why}",
                hint="both are in PEM, and the key has no passphrase",
            ) from None


def answer_requests(settings: Settings, address: Endpoint, listener: socket.socket, log: Log) -> None:
    """Load the runs and answer requests in this process until it is told to stop.

    Args:
        settings: The settings.
        address: Where it listens.
        listener: The socket that listens there.
        log: Takes a line for each request.
    """
    app = app_of(settings, log=log)
    take_over_server_log(log)
    # What is loaded stays: collecting garbage need not look through it again and again, for milliseconds each time.
    gc.collect()
    gc.freeze()
    # An answer that is ready is not sent before the thread that works on the next one lets go of the interpreter, which
    # is after five milliseconds at most unless said otherwise.
    sys.setswitchinterval(SWITCH_S)
    config = uvicorn.Config(
        app,
        http=PatientConnection,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=DRAIN_S,
        timeout_keep_alive=30,
        limit_concurrency=MOST_CONNECTIONS,
        ssl_certfile=address.certfile,
        ssl_keyfile=address.keyfile,
    )
    server = _Server(config, app.state.service, log)
    # From when it says so on, not only once its loop runs, a signal stops it as it should.
    with server.capture_signals():
        log.write("info", "listening", url=address.url(listener), runs=list(settings.runs), pid=os.getpid())
        server.run([listener])
    log.write("info", "stopped", pid=os.getpid())


class _Server(uvicorn.Server):
    """A server that a signal stops: the first lets requests end, the second does not."""

    def __init__(self, config: uvicorn.Config, service: Service, log: Log) -> None:
        super().__init__(config)
        self._service, self._log = service, log

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals inside the block. Elsewhere than in the main thread none arrive."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop. A second signal ends the process at once."""
        if self.should_exit:
            os._exit(0)
        self._service.stopping = True
        self.should_exit = True
        self._log.write("info", "stopping", signal=signal.Signals(sig).name, within_s=DRAIN_S)


def wait_until(stop: Any, *, within_s: float) -> bool:
    """Return whether something ends within some seconds.

    Args:
        stop: Returns whether it has ended.
        within_s: The seconds.
    """
    end = time.monotonic() + within_s
    while not stop():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
