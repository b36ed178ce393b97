"""Reading HubSpot records: all of them by listing, some of them by search where that is exact, single ones by id or unique value.

A list is ordered by id and does not move when records are added or edited, so it is the way to read everything. Search stops at 10,000,
lags behind writes and folds text, so it is used only for conditions it answers exactly, page by page on a growing id; every other
condition is applied here to the listed records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from sdrbot_skills.crm.batching import chunks
from sdrbot_skills.crm.conditions import passes
from sdrbot_skills.crm.hubspot.capabilities import CAPABILITIES
from sdrbot_skills.crm.hubspot.client import HubSpotClient, next_page
from sdrbot_skills.crm.hubspot.codec import HubSpotCodec
from sdrbot_skills.crm.hubspot.conditions import filters, groups, searchable
from sdrbot_skills.crm.hubspot.links import Inline, Links
from sdrbot_skills.crm.hubspot.schema import Schema
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.records import Comparison, Condition, Link, Page, Record
from sdrbot_skills.model.schema import Field, LinkType
from sdrbot_skills.model.values import Kind, instant

SEARCH_PAGE = 200
WITH_HISTORY = 50
LONGEST_QUERY = 6000
"""Characters of a query string; longer ones come back as 414, so the properties are then fetched by batch read."""

ID = "hs_object_id"


class Records:
    """Pages, single records and look-ups."""

    def __init__(self, client: HubSpotClient, schema: Schema, links: Links, codec: HubSpotCodec) -> None:
        self._client = client
        self._schema = schema
        self._links = links
        self._codec = codec
        self._fields: dict[str, Mapping[str, Field]] = {}
        self._secondary: dict[str, dict[str, str]] = {}

    # -- pages --------------------------------------------------------------------------------------------------------

    def read(
        self,
        object_name: str,
        fields: Sequence[str],
        where: Sequence[Condition],
        cursor: str | None,
        links: Sequence[LinkType],
    ) -> Page:
        """One page. The cursor says by which way it was made (`list:` or `search:`), so that a new process goes on the same way."""
        conditions = self._typed(object_name, where)
        wanted = [*fields, *(condition.field for condition in where)]
        if cursor is None:
            way, after = ("search" if where and searchable(conditions) else "list"), None
        else:
            way, _, after = cursor.partition(":")
        if way == "list":
            page = self._list_page(object_name, wanted, after, links)
            if not conditions:
                return page
        else:
            page = self._search_page(object_name, wanted, conditions, after)
        tests = [passes(condition, field, self._codec.decoder(field)) for condition, field in conditions]
        records = [record for record in page.records if all(test(record.values) for test in tests)]
        kept = {record.id for record in records}
        found = page.links if way == "list" else self._links.of_types(links, sorted(kept))
        return Page(records, [link for link in found if link.from_id in kept], page.cursor)

    def count(self, object_name: str, where: Sequence[Condition]) -> int:
        """How many: what search says (moments late) where search is exact, else by reading them."""
        conditions = self._typed(object_name, where)
        if searchable(conditions):
            body = {"filterGroups": groups(conditions), "limit": 1, "properties": [ID]}
            return int(self._client.read(self._client.paths.objects(object_name, "search"), body)["total"])
        total, cursor = 0, None
        while True:
            page = self.read(object_name, [], where, cursor, ())
            total, cursor = total + len(page.records), page.cursor
            if cursor is None:
                return total

    def _list_page(self, object_name: str, fields: Sequence[str], after: str | None, links: Sequence[LinkType]) -> Page:
        inline = [entry for link in links if (entry := self._links.inline(link)) is not None]
        query = [("limit", str(CAPABILITIES.page_size)), *([("after", after)] if after else [])]
        query += [("associations", name) for name in sorted({entry.to_object for entry in inline})]
        properties = [("properties", name) for name in _unique([ID, *fields])]
        too_long = len(urlencode(properties)) > LONGEST_QUERY
        path = self._client.paths.objects(object_name)
        answer = self._client.get(path, query + (properties[:1] if too_long else properties))
        rows = answer["results"]
        records = [_record(row) for row in rows]
        if too_long and rows:
            records = self.get(object_name, [row["id"] for row in rows], fields)
        found = self._inline_links(rows, inline)
        others = [link for link in links if self._links.inline(link) is None]
        found += self._links.of_types(others, [record.id for record in records])
        following = next_page(answer)
        return Page(records, found, None if following is None else f"list:{following}")

    def _inline_links(self, rows: Sequence[Mapping[str, Any]], inline: Sequence[Inline]) -> list[Link]:
        """The links in a list answer. One target comes twice when it is the primary one; long lists are cut off and read again whole."""
        found: dict[Link, None] = {}
        for entry in inline:
            told = {str(row["id"]): (row.get("associations") or {}).get(entry.to_object) for row in rows}
            parts = {record_id: part for record_id, part in told.items() if part is not None}
            cut_off = [record_id for record_id, part in parts.items() if next_page(part) is not None]
            for record_id in (one for one in parts if one not in cut_off):
                targets = [one for one in parts[record_id]["results"] if one["type"] == entry.type_name]
                found |= {Link(entry.link_type.name, record_id, str(one["id"])): None for one in targets}
            for ids in chunks(cut_off, CAPABILITIES.link_read_batch):
                found |= dict.fromkeys(self._links.read(entry.link_type, ids))
        return list(found)

    def _search_page(
        self, object_name: str, fields: Sequence[str], conditions: Sequence[tuple[Condition, Field]], after: str | None
    ) -> Page:
        keyset = {"propertyName": ID, "operator": "GT", "value": after or "0"}
        rows = self._search(object_name, [{"filters": [*filters(conditions), keyset]}], fields)
        last = str(max(int(row["id"]) for row in rows)) if rows else None
        return Page([_record(row) for row in rows], [], f"search:{last}" if len(rows) == SEARCH_PAGE else None)

    def _search(
        self, object_name: str, filter_groups: list[dict[str, Any]], fields: Sequence[str]
    ) -> list[dict[str, Any]]:
        body = {
            "filterGroups": filter_groups,
            "sorts": [{"propertyName": ID, "direction": "ASCENDING"}],
            "properties": _unique([ID, *fields]),
            "limit": SEARCH_PAGE,
        }
        return list(self._client.read(self._client.paths.objects(object_name, "search"), body)["results"])

    # -- single records -----------------------------------------------------------------------------------------------

    def get(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
        """By id. HubSpot answers the id of a merged record with its survivor; that is another record, so it is left out."""
        asked = set(ids)
        return [record for record in self._batch_read(object_name, ids, fields, None) if record.id in asked]

    def find(self, object_name: str, field: str, values: Sequence[str], fields: Sequence[str]) -> list[Record]:
        """By the value of a property; unique ones are looked up at once, others by search, which lags some moments behind writes."""
        alternates = CAPABILITIES.alternate_keys.get(object_name, {}).get(field, ())
        wanted = _unique([*fields, field, *alternates])
        if field == ID:
            return self.get(object_name, values, wanted)
        known = self._field(object_name, field)
        if not known.unique:
            return self._find_by_search(object_name, field, values, wanted)
        asked = [_folded(value) for value in values] if known.kind is Kind.EMAILS else values
        found = {record.id: record for record in self._batch_read(object_name, asked, wanted, field)}
        for alternate in alternates:
            matched = {part for record in found.values() for part in _spellings(record, (field, *alternates))}
            held = self._holders(object_name, alternate)
            ids = _unique([held[value] for value in asked if value not in matched and value in held])
            found.update({record.id: record for record in self.get(object_name, ids, wanted)} if ids else {})
        return list(found.values())

    def _batch_read(
        self, object_name: str, values: Sequence[str], fields: Sequence[str], id_property: str | None
    ) -> list[Record]:
        body: dict[str, Any] = {
            "inputs": [{"id": value} for value in _unique(values) if value],
            "properties": _unique([ID, *fields]),
            "propertiesWithHistory": [],
            **({"idProperty": id_property} if id_property else {}),
        }
        if not body["inputs"]:
            return []
        answer = self._client.read(self._client.paths.objects(object_name, "batch", "read"), body)
        for error in answer.get("errors") or ():
            if error.get("category") != "OBJECT_NOT_FOUND":
                raise ConfigurationError(f"Reading {object_name}: HubSpot left records out ({error.get('category')}).")
        return list({row["id"]: _record(row) for row in answer["results"] if not row.get("archived")}.values())

    def edited_after(self, object_name: str, moments: Mapping[str, str]) -> dict[str, bool]:
        """By the history of the properties that people can fill; those that HubSpot calculates move a record's stamp by themselves.

        At most 50 records a call with history (HubSpot developer docs, "CRM API: Objects").
        """
        names = [one.name for one in self._schema.describe(object_name).fields if one.updatable]
        found: dict[str, bool] = {}
        for ids in chunks(list(moments), WITH_HISTORY):
            body = {"inputs": [{"id": one} for one in ids], "properties": [ID], "propertiesWithHistory": names}
            answer = self._client.read(self._client.paths.objects(object_name, "batch", "read"), body)
            for row in answer["results"]:
                versions = [one for history in row["propertiesWithHistory"].values() for one in history]
                found[row["id"]] = any(instant(one["timestamp"]) > moments[row["id"]] for one in versions)
        return found

    def _find_by_search(
        self, object_name: str, field: str, values: Sequence[str], fields: Sequence[str]
    ) -> list[Record]:
        """IN wants text in lower case and compares without case; what comes back is compared again here."""
        asked = {_folded(value) for value in values if value.strip()}
        found: list[Record] = []
        last = "0"
        while asked:
            filters = [
                {"propertyName": field, "operator": "IN", "values": sorted(asked)},
                {"propertyName": ID, "operator": "GT", "value": last},
            ]
            rows = self._search(object_name, [{"filters": filters}], fields)
            found += [record for record in map(_record, rows) if _folded(record.values[field] or "") in asked]
            if len(rows) < SEARCH_PAGE:
                break
            last = str(max(int(row["id"]) for row in rows))
        return found

    def _holders(self, object_name: str, field: str) -> dict[str, str]:
        """Who holds which alternate value: read once, since HubSpot has no look-up by it and few records have any."""
        if field not in self._secondary:
            holders: dict[str, str] = {}
            condition = Condition(field, Comparison.KNOWN)
            cursor: str | None = None
            while True:
                page = self.read(object_name, [field], [condition], cursor, ())
                for record in page.records:
                    holders.update(dict.fromkeys(_spellings(record, (field,)), record.id))
                cursor = page.cursor
                if cursor is None:
                    break
            self._secondary[field] = holders
        return self._secondary[field]

    # -- conditions ---------------------------------------------------------------------------------------------------

    def _typed(self, object_name: str, where: Sequence[Condition]) -> list[tuple[Condition, Field]]:
        return [(condition, self._field(object_name, condition.field)) for condition in where]

    def _field(self, object_name: str, name: str) -> Field:
        if name not in self._fields.get(object_name, {}):
            self._fields[object_name] = self._schema.describe(object_name).by_name
        field = self._fields[object_name].get(name)
        if field is None:
            raise ConfigurationError(f"HubSpot's {object_name} have no property {name!r} that this key can see.")
        return field


def _record(row: Mapping[str, Any]) -> Record:
    modified = row.get("updatedAt")
    return Record(str(row["id"]), row["properties"], instant(modified) if modified else None)


def _spellings(record: Record, fields: Sequence[str]) -> set[str]:
    """Every entry these fields hold, in the spelling look-ups compare."""
    parts: set[str] = set()
    for name in fields:
        parts |= {_folded(part) for part in (record.values.get(name) or "").split(";") if part.strip()}
    return parts


def _folded(text: str) -> str:
    return text.strip().lower()


def _unique(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))
