"""Rows as Bulk API 2.0 spells them (vendor doc "Bulk API 2.0", "Prepare CSV Files").

An empty cell leaves a field unchanged, `#N/A` clears it: `null` in a payload becomes `#N/A`, an absent field an empty cell. Answers are read
with quoted line breaks kept.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sdrbot_skills.model.records import Row
from sdrbot_skills.model.schema import ObjectSchema

CLEARED = "#N/A"
CHUNK = 256 * 1024
LONGEST_CELL = 32_000
"""Characters (vendor doc "Bulk API 2.0", Limits); a longer text area is sent as JSON."""

Retype = Callable[[str], Any]


def fits(row: Row) -> bool:
    """Whether a row can go by CSV: the text `#N/A` itself would clear its field, so such a row is sent as JSON."""
    values = row.payload.values()
    return CLEARED not in values and not any(type(one) is str and len(one) > LONGEST_CELL for one in values)


def upload_body(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[bytes]:
    """The CSV in chunks of about 256 KiB: a header of fixed order, then one line per row; nothing is held but one chunk."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.payload[name]) if name in row.payload else "" for name in columns])
        if text.tell() >= CHUNK:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def read_rows(stream: Any) -> Iterator[dict[str, str]]:
    """The lines of a CSV answer as they arrive; `stream` is a readable binary file."""
    with io.TextIOWrapper(stream, encoding="utf-8", newline="") as text:
        yield from csv.DictReader(text)


def retyper(schema: ObjectSchema, columns: Sequence[str]) -> Callable[[Mapping[str, str]], dict[str, Any]]:
    """From the cells of a query's answer to the values a REST answer would hold, so that one codec reads both."""
    types = {name: _RETYPES.get(field.vendor_type, str) for name in columns if (field := schema.field(name))}

    def retyped(cells: Mapping[str, str]) -> dict[str, Any]:
        return {name: (make(cells[name]) if cells[name] else None) for name, make in types.items()}

    return retyped


def _cell(value: Any) -> str:
    if value is None:
        return CLEARED
    if value is True or value is False:
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


def _boolean(text: str) -> bool:
    return text == "true"


_RETYPES: Mapping[str, Retype] = {
    "boolean": _boolean,
    "int": int,
    "long": int,
    "double": float,
    "percent": float,
    "currency": float,
}
