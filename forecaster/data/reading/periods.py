"""Columns of periods of pandas, such as quarters, as the times at which the periods begin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.errors import DataError, Location

if TYPE_CHECKING:
    import pyarrow as pa

_NAME = b"pandas.period"
_NO_PERIOD = np.iinfo(np.int64).min


def period_freqs(schema: pa.Schema) -> dict[str, str]:
    """Return the frequency of each column of periods. Without pandas they look like integers."""
    found = {}
    for field in schema:
        freq = getattr(field.type, "freq", None)
        metadata = field.metadata or {}
        if isinstance(freq, str) and "pandas.period" in str(field.type):
            found[field.name] = freq
        elif metadata.get(b"ARROW:extension:name") == _NAME:
            try:
                found[field.name] = str(json.loads(metadata[b"ARROW:extension:metadata"])["freq"])
            except (ValueError, KeyError, TypeError):
                found[field.name] = ""
    return found


def period_starts(column: pa.Array, freq: str, *, name: str, source: str) -> pa.Array:
    """Return the times at which periods begin.

    Args:
        column: The periods, or the integers that they are stored as.
        freq: Their frequency.
        name: The column.
        source: The table, for messages.

    Raises:
        DataError: pandas knows no such frequency, or a period is beyond its years.
    """
    import pandas as pd
    import pyarrow as pa

    numbers = column.storage if isinstance(column, pa.ExtensionArray) else column
    try:
        ordinals = numbers.fill_null(_NO_PERIOD).to_numpy(zero_copy_only=False)
        index: Any = pd.PeriodIndex
        periods = index.from_ordinals(ordinals, freq=freq)
        return pa.array(periods.to_timestamp().to_numpy().astype("M8[us]"))
    except (ValueError, OverflowError, AttributeError) as error:
        raise DataError(
            f"the column {name!r} holds periods of pandas that cannot be read: {str(error).splitlines()[0]}",
            hint="store the beginning of each period, as to_timestamp() returns it",
            location=Location(source),
        ) from None
