"""What happens to every request before and after its answer: id, host, token, time, counts and one line of the log."""

from __future__ import annotations

import asyncio
import hmac
import re
import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from forecaster.service.logs import Log
from forecaster.service.metrics import Metrics
from forecaster.service.problems import MEDIA_TYPE, RequestError, content, internal
from forecaster.service.settings import Settings
from forecaster.text import shortened

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

# Whoever watches over the process has no token, and the page asks for one itself.
OPEN = ("/ping", "/healthz", "/readyz", "/", "/openapi.json")
ASSETS = "/assets/"
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LOGGED_PATH = 200
_SAFE = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
]


class Guard:
    """An ASGI application around another one.

    Args:
        app: The application.
        settings: The token, the hosts and the limits.
        metrics: Counts the answers.
        log: Takes a line for each.
    """

    def __init__(self, app: Asgi, *, settings: Settings, metrics: Metrics, log: Log) -> None:
        self._app, self._settings, self._metrics, self._log = app, settings, metrics, log
        self._token = None if settings.token is None else f"Bearer {settings.token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; anything else, such as the start of the server, is passed on."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        begin = time.perf_counter()
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        facts = scope.setdefault("state", {})
        facts["id"] = given if _ID.fullmatch(given) else uuid.uuid4().hex
        answer = _Answer(send, facts)
        try:
            self._check(scope["path"], headers)
            await self._app(scope, receive, answer.send)
        except RequestError as error:
            await answer.problem(error)
        except asyncio.CancelledError:
            # The service stops and waits no longer.
            await answer.problem(RequestError(503, "stopping", "the service is stopping"))
        except ConnectionError:
            pass
        except Exception as bug:  # noqa: BLE001  it is logged, and the next request is answered
            self._log.bug(bug, id=facts["id"])
            await answer.problem(internal())
        self._note(scope, answer, facts, time.perf_counter() - begin)

    def _check(self, path: str, headers: dict[bytes, bytes]) -> None:
        """Raise RequestError for a foreign host, a body that says it is too large, or a missing token."""
        hosts = self._settings.hosts
        if hosts is not None and _host(headers.get(b"host", b"")) not in hosts:
            raise RequestError(
                421,
                "host",
                "this service answers by the names of its own machine",
                hint="ask it at localhost, or start it with --without-token behind a proxy",
            )
        if self._token is not None and path not in OPEN and not path.startswith(ASSETS):
            given = headers.get(b"authorization", b"")
            if not hmac.compare_digest(given, self._token):
                raise RequestError(
                    401,
                    "token",
                    "the request carries no valid token",
                    hint="send the header Authorization: Bearer TOKEN",
                    headers={"www-authenticate": "Bearer"},
                )
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length[:20]) > self._settings.limits.body_bytes:
            raise too_large(self._settings.limits.body_bytes)

    def _note(self, scope: Scope, answer: _Answer, facts: dict[str, Any], seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        status = answer.status or 499
        method = shortened(scope["method"], 20)
        self._metrics.answered(
            method=method, route=route, status=status, seconds=seconds, kind=facts.get("kind")
        )
        level = "error" if status >= 500 else "info"
        if level == "info" and self._settings.quiet:
            return
        client = scope.get("client")
        self._log.write(
            level,
            "request",
            id=facts["id"],
            method=method,
            path=shortened(scope["path"], _LOGGED_PATH),
            status=status,
            ms=round(seconds * 1e3, 2),
            client=client and client[0],
            bytes_in=facts.get("bytes_in"),
            bytes_out=answer.n_bytes,
            run=facts.get("run"),
            sha256=facts.get("sha256"),
            series=facts.get("series"),
            problem=facts.get("kind"),
        )


class _Answer:
    """The answer to one request, as it is sent."""

    def __init__(self, send: Send, facts: dict[str, Any]) -> None:
        self._send, self._facts = send, facts
        self.status: int | None = None
        self.n_bytes = 0

    async def send(self, message: Message) -> None:
        """Send a part of the answer, with the headers that all answers have."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = {name.lower() for name, _ in message.get("headers", ())}
            more = [(name, value) for name, value in _SAFE if name not in own]
            message = {
                **message,
                "headers": [
                    *message.get("headers", ()),
                    *more,
                    (b"x-request-id", self._facts["id"].encode()),
                ],
            }
        else:
            self.n_bytes += len(message.get("body", b""))
        await self._send(message)

    async def problem(self, error: RequestError) -> None:
        """Send a problem, where no other answer has begun."""
        self._facts["kind"] = error.kind
        if self.status is not None:
            return
        body = content(error, self._facts["id"])
        headers = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            *((name.encode(), value.encode()) for name, value in error.headers.items()),
        ]
        await self.send({"type": "http.response.start", "status": error.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})


def too_large(most: int) -> RequestError:
    """Return the answer to a body of too many bytes."""
    return RequestError(
        413,
        "too-large",
        f"the body has more than {most:,} bytes",
        hint="send the last rows of each series, or fewer series, or Parquet",
        headers={"connection": "close"},
    )


def _host(header: bytes) -> str:
    """Return the host of a header without its port, and an address of version 6 without its brackets."""
    text = header.decode("latin-1").lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0]
