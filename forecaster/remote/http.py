"""Downloads: one request, which a server answers with the file or with the word that it has not changed."""

from __future__ import annotations

import base64
import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from forecaster.errors import DataError, EnvironmentError_, ForecasterError
from forecaster.remote.address import HTTP, TableAddress
from forecaster.version import __version__

# How long a server may be silent, seconds.
PATIENCE_S = 60.0
CHUNK = 1 << 20
_NOT_MODIFIED = 304
_LATER = "try again later"


@dataclass(frozen=True)
class Download:
    """The answer of a server that has the file.

    Attributes:
        parts: The bytes, some at a time. Raises EnvironmentError_ where they stop before the end.
        validators: The headers that tell this version of the file from others, empty where there are none.
        packed: Whether the bytes are gzip data that the server made of the file.
    """

    parts: Iterator[bytes]
    validators: dict[str, str]
    packed: bool


def request(address: TableAddress, before: Mapping[str, str], *, most: int) -> Download | None:
    """Ask for a file.

    Args:
        address: The address.
        before: The validators of the copy that is kept; empty for none.
        most: The most bytes to take.

    Returns:
        The answer, whose parts are read by the caller; None where the copy is still the file.

    Raises:
        DataError: The server has no such file, or does not give it, or it is larger than `most`.
        EnvironmentError_: The server is not reached, does not answer, or fails.
    """
    asked = _request(address, before)
    try:
        response = _OPENER.open(asked, None, PATIENCE_S)
    except urllib.error.HTTPError as error:
        with closing(error):
            if error.code == _NOT_MODIFIED and before:
                return None
            raise _refused(address, error.code) from None
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        raise _unreached(address, error) from None
    headers = response.headers
    expected = headers.get("Content-Length")
    size = int(expected) if expected is not None and expected.isdecimal() else None
    if size is not None and size > most:
        response.close()
        raise _too_large(address, most)
    names = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
    validators = {asked: headers[name] for name, asked in names.items() if headers.get(name)}
    packed = headers.get("Content-Encoding", "").lower() in ("gzip", "x-gzip")
    return Download(_parts(response, address, size, most), validators, packed)


def _request(address: TableAddress, before: Mapping[str, str]) -> urllib.request.Request:
    try:
        parts = urlsplit(address.text)
        user, _, host = parts.netloc.rpartition("@")
        # Blanks and letters beyond ASCII, as people copy them from the bar of a browser.
        path, query = (quote(part, safe="/%:@!$&'()*+,;=?~[]") for part in (parts.path, parts.query))
        url = urlunsplit((parts.scheme, host.encode("idna").decode(), path, query, ""))
    except (ValueError, UnicodeError):
        raise DataError(f"{address.name}: is no address", hint="check how it is written") from None
    found = urllib.request.Request(url, headers={"User-Agent": f"forecaster/{__version__}", **before})
    if user:
        code = base64.b64encode(unquote(user).encode()).decode()
        # Not sent on to where a redirect leads.
        found.add_unredirected_header("Authorization", f"Basic {code}")
    return found


def _parts(response: Any, address: TableAddress, size: int | None, most: int) -> Iterator[bytes]:
    n = 0
    with closing(response):
        while True:
            try:
                part = response.read(CHUNK)
            except (http.client.HTTPException, OSError, ValueError) as error:
                if isinstance(error, TimeoutError):
                    raise _unreached(address, error) from None
                raise _cut_off(address, n, size) from None
            if not part:
                break
            n += len(part)
            if n > most:
                raise _too_large(address, most)
            yield part
    if size is not None and n != size:
        raise _cut_off(address, n, size)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a server to another address, but to no other protocol, and from https to no http."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        scheme = urlsplit(newurl).scheme
        if scheme not in HTTP or (req.type == "https" and scheme != "https"):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


_OPENER = urllib.request.build_opener(_Redirects)


def _refused(address: TableAddress, code: int) -> ForecasterError:
    said = f"{code} {http.client.responses.get(code, '')}".strip()
    if 300 <= code < 400:
        hint = "give the address that it leads to, of https:// or http://"
        return DataError(f"{address.name}: the redirect is not followed: the server says {said}", hint=hint)
    if code in (404, 410):
        return DataError(f"{address.name}: no such table: the server says {said}", hint="check the address")
    if code in (401, 403, 407):
        return DataError(
            f"{address.name}: the server does not give it: {said}",
            hint="check the address and the permission; an address with a password stands in an environment variable, "
            "as env:NAME",
        )
    if code in (408, 425, 429) or code >= 500:
        return EnvironmentError_(f"{address.name}: the server fails: {said}", hint=_LATER)
    return DataError(f"{address.name}: the server refuses: {said}", hint="check the address")


def _unreached(address: TableAddress, error: Exception) -> EnvironmentError_:
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        said = f"no answer within {PATIENCE_S:g} seconds"
    elif isinstance(reason, OSError) and reason.strerror:
        said = reason.strerror
    else:
        said = str(reason) or type(error).__name__
    return EnvironmentError_(
        f"{address.name}: cannot be reached: {said}", hint=f"check the address and the network, or {_LATER}"
    )


def _cut_off(address: TableAddress, n: int, size: int | None) -> EnvironmentError_:
    of = "" if size is None else f" of {size:,}"
    return EnvironmentError_(f"{address.name}: the download ended after {n:,}{of} bytes", hint=_LATER)


def _too_large(address: TableAddress, most: int) -> DataError:
    return DataError(
        f"{address.name}: is larger than {most >> 20:,} MiB",
        hint="download it to a file, or offer fewer rows",
    )
