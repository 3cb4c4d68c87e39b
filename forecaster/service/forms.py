"""The forms of bodies and answers: their media types, and who wants which."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from forecaster.runs.tables import csv_bytes
from forecaster.service.problems import RequestError
from forecaster.text import shortened

if TYPE_CHECKING:
    import pyarrow as pa

JSON, CSV = "application/json", "text/csv"
PARQUET = "application/vnd.apache.parquet"
ARROW_STREAM, ARROW_FILE = "application/vnd.apache.arrow.stream", "application/vnd.apache.arrow.file"
# Other names of the same forms.
SAME = {
    "application/parquet": PARQUET,
    "application/x-parquet": PARQUET,
    "application/csv": CSV,
    "application/octet-stream": "",
}


def _parquet(table: pa.Table) -> bytes:
    from pyarrow import parquet

    out = io.BytesIO()
    parquet.write_table(table, out)
    return out.getvalue()


def _stream(table: pa.Table) -> bytes:
    import pyarrow as pa

    out = io.BytesIO()
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue()


def _file(table: pa.Table) -> bytes:
    import pyarrow as pa

    out = io.BytesIO()
    with pa.ipc.new_file(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue()


# Tables as bodies.
WRITERS: dict[str, Callable[[Any], bytes]] = {
    CSV: csv_bytes,
    PARQUET: _parquet,
    ARROW_STREAM: _stream,
    ARROW_FILE: _file,
}


def media_type_of(header: str | None) -> str:
    """Return the form of a body by its Content-Type; "" without one.

    Raises:
        RequestError: When the form is not known.
    """
    named = (header or "").partition(";")[0].strip().lower()
    found = SAME.get(named, named)
    if found and found not in (JSON, *WRITERS):
        raise RequestError(
            415,
            "media-type",
            f"the body is {shortened(named, 60)!r}",
            hint=f"send {', '.join((JSON, *WRITERS))}",
            headers={"accept": ", ".join((JSON, *WRITERS))},
        )
    return found


def answer_type(accept: str | None, default: str) -> str:
    """Return the form of the answer: the one of those asked for that is wanted most.

    Args:
        accept: The Accept header; None takes the default.
        default: The form for whoever takes any.

    Raises:
        RequestError: When none of them can be given.
    """
    wanted: list[tuple[float, int, str]] = []
    parts = [part for part in (accept or "*/*").lower().split(",") if part.strip()]
    for place, part in enumerate(parts):
        name, _, rest = part.partition(";")
        name = SAME.get(name.strip(), name.strip())
        wanted.append((-_quality(rest), place, name))
    for quality, _, name in sorted(wanted):
        if quality == 0:
            continue
        if name in ("*/*", "") or name == default.partition("/")[0] + "/*":
            return default
        known = [form for form in (JSON, *WRITERS) if form == name or name == form.partition("/")[0] + "/*"]
        if known:
            return known[0]
    raise RequestError(
        406,
        "accept",
        f"the answer cannot be given as {shortened(accept or '', 100)!r}",
        hint=f"accept {', '.join((JSON, *WRITERS))}",
    )


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            with contextlib.suppress(ValueError):
                return min(max(float(value), 0.0), 1.0)
            return 0.0
    return 1.0
