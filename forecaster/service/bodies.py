"""Bodies of requests: read within their bounds, and turned into what a forecast needs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecaster.data.reading.sources import TableSource
from forecaster.service.forms import JSON, media_type_of
from forecaster.service.guard import too_large
from forecaster.service.json_tables import table_of_json
from forecaster.service.problems import RequestError
from forecaster.service.requests import Asked, asked_of, invocation_of, options_of, parse_json, query_options
from forecaster.service.settings import Limits
from forecaster.service.tables import NAMES_OF_JSON, table_of_body

if TYPE_CHECKING:
    from starlette.requests import Request


@dataclass(frozen=True)
class Body:
    """The body of a request.

    Attributes:
        content: Its bytes.
        media_type: Its form; "" where nothing says so.
        query: The options of the address.
    """

    content: bytes
    media_type: str
    query: dict[str, Any]

    def asked(self, *, mlflow: bool) -> Asked:
        """Return what the request asks for. A table in another form than JSON stays in the body.

        Args:
            mlflow: Whether the body is that of `/invocations`.

        Raises:
            RequestError: When the body or an option is not valid.
        """
        if self.is_table:
            return Asked(options_of(self.query))
        value = parse_json(self.content) if self.content.strip() else {}
        return invocation_of(value, self.query) if mlflow else asked_of(value, self.query)

    @property
    def is_table(self) -> bool:
        """Whether the body is a table by itself."""
        return self.media_type not in ("", JSON) and bool(self.content)


async def read_body(request: Request, limits: Limits) -> Body:
    """Read the body of a request.

    Args:
        request: The request.
        limits: The most bytes and seconds.

    Raises:
        RequestError: When it is too large, does not arrive in time, or its form is not known.
    """
    if request.headers.get("content-encoding", "identity") != "identity":
        raise RequestError(
            415, "media-type", "the body is compressed", hint="send it as it is, or as Parquet"
        )
    media_type = media_type_of(request.headers.get("content-type"))
    parts, size = [], 0
    try:
        async with asyncio.timeout(limits.timeout_s):
            async for part in request.stream():
                size += len(part)
                if size > limits.body_bytes:
                    raise too_large(limits.body_bytes)
                parts.append(part)
    except TimeoutError:
        raise RequestError(
            408,
            "too-slow",
            f"the body did not arrive within {limits.timeout_s:g} s",
            headers={"connection": "close"},
        ) from None
    content = b"".join(parts)
    request.state.bytes_in = size
    if content.strip() and not media_type:
        # What curl sends by itself is no form of a table.
        media_type = JSON if content.lstrip()[:1] == b"{" else media_type
        if not media_type:
            raise RequestError(
                415, "media-type", "the body has no content type", hint="say what it is, such as text/csv"
            )
    return Body(content, media_type, query_options(request.query_params.multi_items()))


@dataclass(frozen=True)
class Tables:
    """The tables of a request.

    Attributes:
        data: The rows to forecast from; None for the last training rows.
        future: The future covariates; None without any.
        names: What to call their files in messages.
    """

    data: TableSource | None
    future: TableSource | None
    names: dict[str, str]


@contextlib.contextmanager
def tables_of(body: Body, asked: Asked, limits: Limits) -> Iterator[Tables]:
    """Yield the tables of a request, which are gone afterwards.

    Raises:
        RequestError: When one is none, or has too many rows.
    """
    if body.is_table:
        with table_of_body(body.content, body.media_type, most_rows=limits.rows) as (file, names):
            yield Tables(file, None, names)
        return
    data = None if asked.data is None else table_of_json(asked.data, path="data", most_rows=limits.rows)
    future = (
        None if asked.future is None else table_of_json(asked.future, path="future", most_rows=limits.rows)
    )
    yield Tables(data, future, dict(NAMES_OF_JSON))
