"""From the cells of a bulk write to the values of a record (vendor doc "Create Bulk Write Job"; Kaizen #13).

Every cell is text: numbers and truth are read from it, several choices are joined by semicolons, days and moments follow the mapping's
`format` (usually MM/dd/yyyy), a looked-up record is found by the mapping's `find_by`. A choice that the list does not have is added to it.
"""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sdrbot_skills.lab.zohocrm.errors import RowError, refusal
from sdrbot_skills.lab.zohocrm.org import Field, Module, Org
from sdrbot_skills.lab.zohocrm.values import USER_TYPES

USUAL = {"date": "MM/dd/yyyy", "datetime": "MM/dd/yyyy HH:mm:ss"}
NUMBERS = {"integer": int, "double": float, "currency": float, "percent": float}
_LETTERS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S", "XXX": "%z"}
_PIECES = re.compile(r"'([^']*)'|([A-Za-z]+)|([^A-Za-z']+)")


class Cells:
    """Reads the lines of one job's file by its mappings."""

    def __init__(self, org: Org, module: Module, mappings: list[dict[str, Any]], *, ignore_empty: bool) -> None:
        self.org, self.module, self.mappings = org, module, mappings
        self.ignore_empty = ignore_empty

    def row(self, line: list[str]) -> dict[str, Any]:
        """The record of a line; raises RowError for a cell that cannot be read."""
        row: dict[str, Any] = {}
        for mapping in self.mappings:
            text = line[mapping["index"]] if mapping.get("index") is not None else ""
            text = text or str((mapping.get("default_value") or {}).get("value", ""))
            name = mapping["api_name"]
            if text:
                row[name] = self._value(self.module.names.get(name), mapping, text)
            elif not self.ignore_empty:
                row[name] = None
        return row

    def _value(self, field: Field | None, mapping: dict[str, Any], text: str) -> Any:
        if field is None:
            return text
        if field.data_type == "lookup" or field.data_type in USER_TYPES:
            return self._found(field, str(mapping.get("find_by") or "id"), text)
        if field.data_type in ("picklist", "multiselectpicklist"):
            choices = text.split(";") if field.data_type == "multiselectpicklist" else [text]
            self._extend(field, choices)
            return choices if field.data_type == "multiselectpicklist" else text
        if field.data_type == "boolean":
            return text.strip().lower() == "true"
        try:
            if field.data_type in USUAL:
                return self._day(field, mapping.get("format") or USUAL[field.data_type], text)
            return NUMBERS[field.data_type](text) if field.data_type in NUMBERS else text
        except ValueError:
            raise RowError("INVALID_DATA", {"api_name": field.api_name}) from None

    def _day(self, field: Field, layout: str, text: str) -> str:
        moment = datetime.strptime(text, strptime_of(layout))
        if field.data_type == "date":
            return moment.date().isoformat()
        known = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(self.org.zone))
        return known.isoformat(timespec="seconds")

    def _found(self, field: Field, find_by: str, text: str) -> Any:
        if find_by == "id":
            return {"id": text}
        if field.to == "users":
            ids = [user["id"] for user in self.org.users() if str(user.get(find_by)).casefold() == text.casefold()]
        else:
            ids = self.org.store.find(field.to, find_by, [text.casefold()]).get(text.casefold(), [])
        if not ids:
            raise RowError("INVALID_DATA", {"api_name": field.api_name})
        return {"id": str(ids[0])}

    def _extend(self, field: Field, choices: list[str]) -> None:
        new = [one for one in choices if one != "-None-" and one not in field.values()]
        for one in new:
            field.options.append(self.org.option(one, len(field.options) + 1))
        if new:
            self.org.save(self.module)


def strptime_of(layout: str) -> str:
    """The vendor's spelling of a format as Python's; raises the vendor's refusal."""
    made = ""
    for quoted, letters, rest in _PIECES.findall(layout):
        if letters and letters not in _LETTERS:
            raise refusal("INVALID_DATA", {"format": layout})
        made += _LETTERS.get(letters, "") or quoted or rest
    return made
