"""Faults of requests as answers: JSON of the form that RFC 9457 calls problem details."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from forecaster.errors import (
    DataError,
    Diagnostic,
    EnvironmentError_,
    ForecasterError,
    UsageError,
    first_few,
    in_python,
)
from forecaster.text import joined, plain_json

MEDIA_TYPE = "application/problem+json"
_TITLES = {
    "options": "The options are not valid",
    "json": "The body is not JSON of the form that is needed",
    "table": "The table cannot be forecast",
    "run": "There is no such run",
    "path": "There is no such page",
    "method": "This address takes another method",
    "token": "A token is needed",
    "host": "The request is meant for another host",
    "media-type": "The form of the body is not known",
    "accept": "The answer cannot be given in a form that is asked for",
    "too-large": "The request is too large",
    "too-many-rows": "The table has too many rows",
    "too-slow": "The request did not arrive in time",
    "not-in-time": "The forecast was not made in time",
    "busy": "Too many requests wait",
    "stopping": "The service is stopping",
    "machine": "The machine cannot make the forecast",
    "internal": "An error inside the service",
}


class RequestError(Exception):
    """A request that is answered with a problem.

    Attributes:
        status: The HTTP status.
        kind: What is wrong, as the type of the problem names it; a key of the titles.
        diagnostics: The faults, at least one.
        headers: Further headers of the answer.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        diagnostics: Sequence[Diagnostic] = (),
        *,
        hint: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.kind = status, kind
        self.diagnostics = list(diagnostics) or [Diagnostic(detail, hint=hint)]
        self.headers = dict(headers or {})


def of_forecast(error: ForecasterError, names: Mapping[str, str]) -> RequestError:
    """Return the answer to a request that a forecast could not be made for.

    Args:
        error: The error.
        names: What to call paths of this machine, which are nobody else's business.
    """
    diagnostics = [_told(d, names) for d in error.diagnostics]
    if isinstance(error, UsageError):
        return RequestError(422, "options", diagnostics[0].summary, diagnostics)
    if isinstance(error, DataError):
        return RequestError(422, "table", diagnostics[0].summary, diagnostics)
    if isinstance(error, EnvironmentError_):
        return RequestError(503, "machine", "the machine lacks disk or memory, or a permission")
    return internal()


def of_router(status: int, headers: Mapping[str, str]) -> RequestError:
    """Return the answer to a request for an address or a method that there is not.

    Args:
        status: The status that the router gives.
        headers: Its headers, which name the methods that there are.
    """
    if status == 405:
        methods = joined(sorted(headers.get("Allow", "").split(", ")), word="or")
        return RequestError(405, "method", f"this address takes {methods}", headers=headers)
    return RequestError(404, "path", "there is no such address", hint="/openapi.json lists them")


def internal() -> RequestError:
    """Return the answer where the service itself is at fault, which the log explains."""
    return RequestError(500, "internal", "the log of the service says more, under the id of this request")


def without_paths(text: str, names: Mapping[str, str]) -> str:
    """Put what to call them in place of the paths in a text, where they stand whole: not of a part of another name.

    Args:
        text: The text.
        names: What to call each path; the first one that fits is taken.
    """
    for path, name in names.items():
        text = _renamed(text, path, name)
    return text


# What before a path or after it makes it a part of another name.
_BEFORE, _AFTER = re.compile(r"[\w./-]"), re.compile(r"[\w-]")


def _renamed(text: str, path: str, name: str) -> str:
    """Put a name in place of a path. A pattern of the path would be made anew for every request: each has its own."""
    pieces, begin, at = [], 0, text.find(path)
    while at >= 0:
        end = at + len(path)
        if _BEFORE.match(text[max(0, at - 1) : at]) or _AFTER.match(text[end : end + 1]):
            end = at + 1
        else:
            pieces += [text[begin:at], name]
            begin = end
        at = text.find(path, end)
    return "".join([*pieces, text[begin:]])


def _told(diagnostic: Diagnostic, names: Mapping[str, str]) -> Diagnostic:
    """Return a diagnostic in the words of requests: parameters for options, and no paths of this machine."""

    def told(text: str) -> str:
        return in_python(without_paths(text, names))

    location = diagnostic.location and replace(diagnostic.location, file=told(diagnostic.location.file))
    hint = diagnostic.hint and told(diagnostic.hint)
    return replace(
        diagnostic,
        summary=told(diagnostic.summary),
        hint=hint,
        location=location,
        path=told(diagnostic.path),
    )


def content(error: RequestError, request_id: str) -> bytes:
    """Return the body of the answer.

    Args:
        error: The fault.
        request_id: The id of the request, which the log has too.
    """
    shown, more = first_few(error.diagnostics)
    first = shown[0]
    details: dict[str, Any] = {
        "type": f"urn:forecaster:problem:{error.kind}",
        "title": _TITLES[error.kind],
        "status": error.status,
        "detail": str(replace(first, hint=None)),
        "hint": first.hint,
        "instance": f"urn:request:{request_id}",
        "diagnostics": [d.as_json() for d in shown],
    }
    if more is not None:
        details["more"] = more
    return plain_json(details).encode("utf-8", "backslashreplace")
