"""Objects of S3 and of Google Cloud Storage, through Arrow's own file systems."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from forecaster.errors import DataError, EnvironmentError_, UsageError
from forecaster.remote.address import TableAddress

CHUNK = 8 << 20
# How long a store may be silent, seconds.
CONNECT_S, PATIENCE_S = 10, 60
# What the stores say where the address or the permission is at fault, in lower case.
_ABSENT = ("no_such_bucket", "no_such_key", "not found", "no such", "notfound", "404", "path does not exist")
_FORBIDDEN = (
    *("access_denied", "forbidden", "permission", "unauthenticated", "unauthorized"),
    *("invalid_access_key", "signature", "credentials", "401", "403"),
)


@dataclass(frozen=True)
class Item:
    """An object.

    Attributes:
        path: Its bucket and key.
        relative: Its place below the address; its own name where it is the address.
        size: Bytes.
        changed: When it was written last, in nanoseconds since 1970.
    """

    path: str
    relative: str
    size: int
    changed: int


class Store:
    """The bucket and the key of an address, in a store that is open."""

    def __init__(self, address: TableAddress) -> None:
        """Open the store.

        Raises:
            UsageError: The address names no object.
            EnvironmentError_: The store cannot be opened.
        """
        self.address = address
        parts = urlsplit(address.text)
        bucket, key = parts.netloc.rpartition("@")[2], unquote(parts.path).strip("/")
        if not bucket or not key:
            raise UsageError(f"{address.name}: names no object", hint=f"write {address.scheme}://BUCKET/PATH")
        self.path = f"{bucket}/{key}"
        with self._explained("opened"):
            self._fs = _OPEN[address.scheme](address, bucket)

    def items(self) -> list[Item]:
        """Return the object, or those of the folder, by their paths.

        Raises:
            DataError: There is nothing, or it may not be read.
            EnvironmentError_: The store is not reached.
        """
        from pyarrow import fs

        with self._explained("read"):
            found = self._fs.get_file_info(self.path)
            if found.type == fs.FileType.NotFound:
                raise DataError(f"{self.address.name}: there is no such object", hint="check the address")
            if found.type == fs.FileType.File:
                return [self._item(found, found.base_name)]
            inside = self._fs.get_file_info(fs.FileSelector(self.path, recursive=True))
        files = [f for f in inside if f.type == fs.FileType.File]
        return sorted(
            (self._item(f, f.path.removeprefix(self.path).lstrip("/")) for f in files),
            key=lambda item: item.relative,
        )

    def parts(self, item: Item) -> Iterator[bytes]:
        """Yield the bytes of an object. Raises EnvironmentError_ where they stop before the end."""
        n = 0
        with self._explained("read"), self._fs.open_input_stream(item.path) as stream:
            while part := stream.read(CHUNK):
                n += len(part)
                yield part
        if n != item.size:
            raise EnvironmentError_(
                f"{self.address.name}: the download ended after {n:,} of {item.size:,} bytes",
                hint="try again later",
            )

    def write(self, content: bytes) -> None:
        """Write the object whole, or not at all.

        Raises:
            DataError: The bucket is not there, or may not be written to.
            EnvironmentError_: The store is not reached.
        """
        with self._explained("written"), self._fs.open_output_stream(self.path) as stream:
            stream.write(content)

    def _item(self, found: Any, relative: str) -> Item:
        return Item(found.path, relative, int(found.size or 0), int(found.mtime_ns or 0))

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        """Turn the words of the store into an error with a next move. Its words may name the key, never a password."""
        import pyarrow as pa

        try:
            yield
        except (OSError, pa.ArrowException) as error:
            said = (str(error).splitlines() or [type(error).__name__])[0].rstrip(". ")
            said, low = said.replace(self.address.text, self.address.name), said.lower()
            name = self.address.name
            if any(word in low for word in _FORBIDDEN):
                hint = "check the credentials of this machine and the permission of the bucket"
                raise DataError(f"{name}: may not be {what}: {said}", hint=hint) from None
            if any(word in low for word in _ABSENT):
                raise DataError(f"{name}: cannot be {what}: {said}", hint="check the address") from None
            raise EnvironmentError_(
                f"{name}: cannot be {what}: {said}", hint="check the network, or try again later"
            ) from None


def _s3(address: TableAddress, bucket: str) -> Any:
    from pyarrow import fs

    parts = urlsplit(address.text)
    asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    endpoint = asked.get("endpoint_override") or os.environ.get("AWS_ENDPOINT_URL_S3")
    endpoint = endpoint or os.environ.get("AWS_ENDPOINT_URL")
    region = asked.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if region is None and endpoint is None:
        region = fs.resolve_s3_region(bucket)
    options: dict[str, Any] = {"region": region or "us-east-1"}
    if endpoint:
        scheme, _, host = endpoint.rpartition("://")
        options |= {"endpoint_override": host.rstrip("/"), "scheme": asked.get("scheme") or scheme or "https"}
    user, _, _ = parts.netloc.rpartition("@")
    if user:
        access, _, secret = user.partition(":")
        options |= {"access_key": unquote(access), "secret_key": unquote(secret)}
    return fs.S3FileSystem(
        **options,
        connect_timeout=CONNECT_S,
        request_timeout=PATIENCE_S,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=3),
    )


def _gs(address: TableAddress, bucket: str) -> Any:
    from pyarrow import fs

    options: dict[str, Any] = {}
    emulator = os.environ.get("STORAGE_EMULATOR_HOST")
    if emulator:
        scheme, _, host = emulator.rpartition("://")
        options = {"endpoint_override": host.rstrip("/"), "scheme": scheme or "http", "anonymous": True}
    return fs.GcsFileSystem(retry_time_limit=timedelta(seconds=PATIENCE_S), **options)


_OPEN = {"s3": _s3, "gs": _gs}
