"""CSV of Bulk API 2.0: reading uploads, writing results (vendor doc "Prepare CSV Files")."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sdrbot_skills.lab.salesforce.errors import Refusal
from sdrbot_skills.lab.salesforce.org import View

Doc = dict[str, Any]
DELIMITERS = {"COMMA": ",", "SEMICOLON": ";", "TAB": "\t", "PIPE": "|", "CARET": "^", "BACKQUOTE": "`"}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}
CLEAR = "#N/A"


def rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """Header first; newlines inside quoted cells stay."""
    return csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[delimiter])


def check_header(view: View, header: list[str]) -> None:
    """Raises Refusal InvalidBatch for a column that is no field the user sees."""
    for name in header:
        relation, _, rest = name.rpartition(":")[2].partition(".")
        known = view.sobject.parent(relation) if rest else view.field(name)
        if known is None or known.name.lower() not in view.readable:
            raise Refusal("InvalidBatch", f"Field name not found : {name}")


def record(header: list[str], cells: list[str]) -> Doc:
    """An empty cell leaves the field alone, #N/A clears it. `Account.Ext__c` names a parent by external id."""
    found: Doc = {}
    for name, cell in zip(header, cells, strict=False):
        if cell == "":
            continue
        value = None if cell == CLEAR else cell
        target, _, path = name.rpartition(":")
        relation, _, key = path.partition(".")
        if not key:
            found[path] = value
        elif value is not None:
            found[relation] = {key: value} | ({"attributes": {"type": target}} if target else {})
    return found


def write(lines: Iterable[Sequence[Any]], delimiter: str = "COMMA", line_ending: str = "LF") -> str:
    """Every cell quoted, as the platform writes it; None is an empty cell."""
    out = io.StringIO(newline="")
    writer = csv.writer(
        out, delimiter=DELIMITERS[delimiter], lineterminator=LINE_ENDINGS[line_ending], quoting=csv.QUOTE_ALL
    )
    writer.writerows([_cell(value) for value in line] for line in lines)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.endswith(".000+0000"):
        return value.removesuffix("+0000") + "Z"
    return "" if value is None else value
