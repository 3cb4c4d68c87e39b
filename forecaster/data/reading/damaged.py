"""Parquet and Arrow files that are not whole: what their reader raises, and how it is said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from forecaster.errors import DataError, Location


def damage() -> tuple[type[Exception], ...]:
    """Return the exceptions that pyarrow raises over a damaged file.

    Beside its own, it raises UnicodeDecodeError for a column's name that is no UTF-8, and MemoryError and
    OverflowError for sizes that the file only claims.
    """
    import pyarrow as pa

    return (pa.ArrowException, OSError, UnicodeDecodeError, MemoryError, OverflowError)


@contextmanager
def explained(name: str, label: str) -> Iterator[None]:
    """Turn the failures of pyarrow over a file into errors with the file and a next move.

    Args:
        name: What messages call the file.
        label: The format, such as "Parquet".

    Raises:
        DataError: When the file cannot be read.
    """
    try:
        yield
    except PermissionError as error:
        raise DataError(
            f"the file cannot be read: {error.strerror}",
            hint="check its permissions",
            location=Location(name),
        ) from None
    except damage() as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise DataError(
            f"the file is not a whole {label} file: {reason}",
            hint="make or download it again",
            location=Location(name),
        ) from None
