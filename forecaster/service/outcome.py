"""What becomes of a request that waits for its forecast."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from forecaster.service.problems import RequestError

if TYPE_CHECKING:
    from starlette.requests import Request


async def outcome(forecast: asyncio.Future[Any], request: Request, timeout_s: float) -> Any:
    """Return the result of a forecast. It is left out, where it has not begun, once nobody waits for it.

    Raises:
        RequestError: When it is not made in time.
        ConnectionError: When whoever asked has gone.
    """
    # After the body, all that comes is word that the client has gone.
    gone = asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait({forecast, gone}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        gone.cancel()
    if forecast.done():
        return forecast.result()
    forecast.cancel()
    if gone.done():
        raise ConnectionError("the client has gone")
    raise RequestError(
        503,
        "not-in-time",
        f"the forecast was not made within {timeout_s:g} s",
        hint="send fewer series or rows, or try again later",
        headers={"retry-after": "5"},
    )


def busy() -> RequestError:
    """Return the answer where too many requests wait."""
    return RequestError(
        503,
        "busy",
        "too many requests wait for this run",
        hint="try again later",
        headers={"retry-after": "5"},
    )
