"""A table as a CSV file that spreadsheets open as it is, and take for data only (RFC 4180)."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

_BOM = "\ufeff"  # without it Excel takes UTF-8 for another alphabet
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
TYPE = "text/csv; charset=utf-8"


def csv_text(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> str:
    """The rows under their columns' names; what is not known is an empty cell."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    return _BOM + out.getvalue()


def _cell(value: Any) -> str:
    """A number stays one; a text that a spreadsheet would run as a formula begins with an apostrophe."""
    if value is None:
        return ""
    text = str(value)
    dangerous = not isinstance(value, int | float) and text.startswith(_BEGINS_A_FORMULA)
    return f"'{text}" if dangerous else text
