"""Connections of HTTP that end where nothing arrives, nobody reads the answer, or the head of a request never ends."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

# Seconds for the head of a request, and for a client to read more of an answer.
HEAD_S, READ_S = 10.0, 30.0
# The most bytes of the head of a request, beside those that arrive with its beginning.
MOST_HEAD = 64 << 10


class PatientConnection(HttpToolsProtocol):
    """A connection that is closed when the head of a request is too slow or too long, or a reader too slow.

    Without it a client could hold connections for ever, by sending a byte now and then or by not reading, or fill the
    memory with a head that never ends.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head: asyncio.TimerHandle | None = None
        self._reader: asyncio.TimerHandle | None = None
        self._in_head = self._begun = False
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head."""
        super().connection_made(transport)
        self._head = self.loop.call_later(HEAD_S, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_waiting()
        if self._reader is not None:
            self._reader.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; a head that is whole ends the waiting, and the first bytes of the next one begin it."""
        before = cast("RequestResponseCycle | None", self.cycle)
        idle = before is None or before.response_complete
        self._begun = False
        super().data_received(data)
        self._head_bytes = self._head_bytes + len(data) if self._in_head and not self._begun else 0
        if self._head_bytes > MOST_HEAD:
            self.send_400_response("The head of the request is too long.")
            return
        if self.cycle is not before:
            self._stop_waiting()
        elif idle and self._head is None:
            self._head = self.loop.call_later(HEAD_S, self._give_up)

    def on_message_begin(self) -> None:
        """The head of a request begins."""
        super().on_message_begin()
        self._in_head = self._begun = True

    def on_headers_complete(self) -> None:
        """The head of a request is whole."""
        self._in_head = False
        super().on_headers_complete()

    def pause_writing(self) -> None:
        """Begin to wait for the client to read."""
        super().pause_writing()
        self._reader = self.loop.call_later(READ_S, self._give_up)

    def resume_writing(self) -> None:
        """The client reads."""
        super().resume_writing()
        if self._reader is not None:
            self._reader.cancel()
            self._reader = None

    def _stop_waiting(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _give_up(self) -> None:
        # Not close, which would wait for the client to read.
        self.transport.abort()
