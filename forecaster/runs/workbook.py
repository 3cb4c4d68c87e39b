"""Arrow tables as Excel workbooks."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

from forecaster.errors import UsageError, install_hint
from forecaster.text import visible

if TYPE_CHECKING:
    import pyarrow as pa

EXTRA = "excel"
SHEET = "forecast"
# Of a sheet, the header included.
MOST_ROWS = 1_048_576
# The oldest time of an archive: a workbook has the same bytes whenever it is written.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_WRITTEN_AT = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def check_installed() -> None:
    """Raise UsageError unless the library that writes workbooks is installed."""
    try:
        import openpyxl  # noqa: F401
    except ImportError:
        raise UsageError(
            "writing Excel files needs openpyxl, which is not installed", hint=install_hint(EXTRA)
        ) from None


def workbook_bytes(table: pa.Table) -> bytes:
    """Return a table as a workbook of one sheet, the same bytes for the same table.

    Texts are never formulas. Times without a zone are those of Excel, which has no zones: others are text.

    Raises:
        UsageError: The table has more rows than a sheet.
    """
    from openpyxl import Workbook

    if table.num_rows >= MOST_ROWS:
        raise UsageError(f"{table.num_rows:,} rows are more than a sheet holds", hint="write CSV or Parquet")
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(SHEET)
    sheet.append([_cell(sheet, name) for name in table.column_names])
    for batch in table.to_batches(max_chunksize=1 << 14):
        columns = [_values(column) for column in batch.columns]
        for row in zip(*columns, strict=True):
            sheet.append([_cell(sheet, value) for value in row])
    out = io.BytesIO()
    workbook.save(out)
    return _steady(out.getvalue())


def _values(column: pa.Array) -> list[Any]:
    import pyarrow as pa

    kind = column.type
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
        if kind.tz is not None:
            return [None if v is None else v.isoformat(" ") for v in column.to_pylist()]
    found: list[Any] = column.to_pylist()
    return found


def _cell(sheet: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, visible(value))
    cell.data_type = "s"
    return cell


def _steady(content: bytes) -> bytes:
    """Return a workbook without the times at which it was written."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = _WRITTEN_AT.sub(rb"\g<1>1980-01-01T00:00:00Z", part)
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, part)
    return out.getvalue()
