"""Between flat values by field name and Pipedrive's nested records: custom fields, addresses, and the stage that says won or lost.

`unfold` makes the values of a `Record`; `fold` makes the body of a write. Neither interprets a value: that is the codec's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdrbot_skills.crm.pipedrive import leads
from sdrbot_skills.crm.pipedrive.objects import ADDRESS_PARTS, LOST, OPEN, WON, end_of
from sdrbot_skills.crm.pipedrive.schema import code_of
from sdrbot_skills.model.schema import ObjectSchema

_JOINED = ("route", "locality", "admin_area_level_1", "postal_code", "country")
_NO_LIST = ("emails", "phones", "label_ids")


class Layout:
    """How the records of one object are laid out."""

    def __init__(self, schema: ObjectSchema) -> None:
        self.schema = schema
        self.codes = {field.name: code for field in schema.fields if (code := code_of(field))}
        self._names = {code: name for name, code in self.codes.items()}
        self._types = {code: field.vendor_type for field in schema.fields if (code := code_of(field))}
        self._addresses = sorted({field.name.partition(".")[0] for field in schema.fields if "." in field.name})

    def unfold(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A record's values by field name."""
        if self.schema.name == leads.OBJECT:
            return leads.unfolded(row, self._names, self._types)
        values = {name: value for name, value in row.items() if name != "custom_fields"}
        for code, value in (row.get("custom_fields") or {}).items():
            values[self._names.get(code, code)] = value
        for address in self._addresses:
            parts = values.pop(address, None) or {}
            for part in ADDRESS_PARTS:
                values[f"{address}.{part}"] = parts.get(part)
        if row.get("status") in (WON, LOST) and "stage_id" in row:
            values["stage_id"] = end_of(row["status"], row.get("pipeline_id"))
        return values

    def fold(self, payload: Mapping[str, Any], *, new: bool, last_stages: Mapping[str, int]) -> dict[str, Any]:
        """The body of a write. A new record leaves out what is empty; `last_stages`: of each pipeline, for deals that are won or lost."""
        body: dict[str, Any] = {}
        custom: dict[str, Any] = {}
        addresses: dict[str, dict[str, Any]] = {}
        for name, value in payload.items():
            if new and (value is None or value == []):
                continue
            address, _, part = name.partition(".")
            if name in self.codes:
                custom[self.codes[name]] = value
            elif part and address in self._addresses:
                addresses.setdefault(address, {})[part] = value
            else:
                body[name] = [] if value is None and name in _NO_LIST else value
        if custom:
            body["custom_fields"] = custom
        for address, parts in addresses.items():
            if (whole := _whole(parts)) is not None or not new:
                body[address] = whole
        _settle_stage(body, last_stages)
        return leads.folded(body) if self.schema.name == leads.OBJECT else body

    def addresses_in(self, payload: Mapping[str, Any]) -> set[str]:
        """The addresses of which the payload has a part: what is left out of an address that is written is lost."""
        found = {name.partition(".")[0] for name in payload if "." in name}
        return found & set(self._addresses)

    def parts(self, address: str) -> list[str]:
        return [f"{address}.{part}" for part in ADDRESS_PARTS]


def _whole(parts: Mapping[str, Any]) -> dict[str, Any] | None:
    """An address needs its whole text; where only parts are known, that is made of them."""
    given = {part: value for part, value in parts.items() if value}
    if not given:
        return None
    text = given.get("value") or ", ".join(str(given[part]) for part in _JOINED if part in given)
    return {**given, "value": text or ", ".join(str(value) for value in given.values())}


def _settle_stage(body: dict[str, Any], last_stages: Mapping[str, int]) -> None:
    """A stage decides the pipeline, so a pipeline beside it is not sent; an end of a pipeline is a status."""
    stage = body.get("stage_id")
    if stage is None:
        return
    status, ended, pipeline = str(stage).partition(":")
    body.pop("pipeline_id", None)
    if not ended:
        body["status"] = OPEN
        return
    body["status"] = status
    if pipeline in last_stages:
        body["stage_id"] = last_stages[pipeline]
