"""Addresses of tables, and what may be shown of them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from forecaster.errors import UsageError
from forecaster.text import SECRET_WORDS, joined, without_secrets

STDIO = "-"
# Stands for the path of a table that was handed over as a DataFrame.
IN_MEMORY = "<in memory>"
ENV = "env:"
HTTP, OBJECTS = ("http", "https"), ("s3", "gs")
DATABASES = ("postgresql", "postgres", "sqlite", "duckdb")
ENV_NAME = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*")
# Two letters at least: C:// is a drive.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_QUERY = re.compile(r"[?#].*", re.DOTALL)


@dataclass(frozen=True)
class TableAddress:
    """Where a table lies, or is written to.

    Attributes:
        text: The address, which may hold a password; no message shows it.
        name: What messages call it.
        scheme: Such as "https" and "s3", in lower case; empty for the path of a file.
    """

    text: str = field(repr=False)
    name: str
    scheme: str

    @classmethod
    def of(cls, given: str) -> TableAddress:
        """Take an address, or `env:NAME`, which stands for the address in that environment variable.

        Raises:
            UsageError: The variable is not set, or nothing reads such addresses.
        """
        text, name = given, masked(given)
        if given.startswith(ENV):
            text, name = _variable(given), given
        found = _SCHEME.match(text)
        scheme = found[1].lower() if found else ""
        if scheme and scheme not in (*HTTP, *OBJECTS, *DATABASES):
            known = joined([f"{s}://" for s in (*HTTP, *OBJECTS)], word="or")
            raise UsageError(
                f"{name}: no table can be reached by {scheme}://",
                hint=f"use {known}, or a path",
            )
        return cls(text, name, scheme)

    @property
    def is_database(self) -> bool:
        """Whether it names a database."""
        return self.scheme in DATABASES

    @property
    def base_name(self) -> str:
        """The last part of its path, such as sales.csv; empty where there is none."""
        path = _QUERY.sub("", self.text.split("://", 1)[-1]) if self.scheme else self.text
        return unquote(path.rstrip("/").rpartition("/")[2])


def is_address(text: str) -> bool:
    """Return whether a text is an address or `env:NAME`, and no path."""
    return text.startswith(ENV) or _SCHEME.match(text) is not None


def masked(text: str) -> str:
    """Return an address without its user, password and query, which may hold what is secret."""
    if _SCHEME.match(text) is None:
        return text
    return _QUERY.sub(lambda found: f"{found[0][0]}***", without_secrets(text))


def secret_in(text: str) -> str | None:
    """Return what is secret in an address, such as "a user or a password"; None where nothing is."""
    if _SCHEME.match(text) is None or without_secrets(text) == text:
        return None
    query = text.partition("?")[2].partition("#")[0]
    if without_secrets(text.partition("?")[0]) != text.partition("?")[0]:
        return "a user or a password"
    held = [name for name, _ in parse_qsl(query) if any(part in name.lower() for part in SECRET_WORDS)]
    return f"the parameter {held[0]!r}" if held else "a password"


def _variable(given: str) -> str:
    if ENV_NAME.fullmatch(given) is None:
        raise UsageError(
            f"{given}: names no environment variable", hint="write env: and the name, such as env:SALES_DB"
        )
    value = os.environ.get(given.removeprefix(ENV), "").strip()
    if not value:
        raise UsageError(
            f"{given}: the environment variable {given.removeprefix(ENV)} is not set",
            hint="set it to the address of the table or the database",
        )
    return value
