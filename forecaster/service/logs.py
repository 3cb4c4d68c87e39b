"""The log of the service: one JSON object on a line, for a program to read."""

from __future__ import annotations

import contextlib
import logging
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TextIO

from forecaster.text import plain_json


class Log:
    """Writes events as lines of JSON. Odd characters are escapes, so that no name forges a line.

    Args:
        stream: Where the lines go; None is stderr, as it is at each line.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def write(self, level: str, event: str, **facts: Any) -> None:
        """Write one line with the time (UTC), the level, the event and its facts.

        Args:
            level: "info", "warning" or "error".
            event: What happened, in a word.
            facts: Further keys; None leaves one out.
        """
        entry = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": level, "event": event}
        entry |= {key: value for key, value in facts.items() if value is not None}
        stream = self._stream or sys.stderr
        line = plain_json(entry).encode("utf-8", "backslashreplace").decode()
        # Forecasts go on where the log cannot: its disk is full, or whatever read it has gone.
        with contextlib.suppress(OSError, ValueError):
            stream.write(line + "\n")
            stream.flush()

    def bug(self, error: BaseException, **facts: Any) -> None:
        """Write the traceback of an error that is ours."""
        trace = "".join(traceback.format_exception(error))
        self.write("error", "bug", error=repr(error)[:500], traceback=trace, **facts)


class _Relay(logging.Handler):
    """Passes what the HTTP server logs to a function."""

    def __init__(self, pass_on: Callable[[logging.LogRecord], None]) -> None:
        super().__init__(logging.WARNING)
        self._pass_on = pass_on

    def emit(self, record: logging.LogRecord) -> None:
        self._pass_on(record)


def take_over_server_log(log: Log) -> None:
    """Let the warnings and errors of the HTTP server be lines of the log."""

    def pass_on(record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            log.bug(error)
        else:
            log.write(record.levelname.lower(), "server", message=record.getMessage()[:500])

    logger = logging.getLogger("uvicorn.error")
    logger.handlers, logger.propagate = [_Relay(pass_on)], False
    logger.setLevel(logging.WARNING)
