"""Reading Pipedrive records: all of them by listing, ordered by id; single ones by a hundred ids a call; by value through an index kept here.

v2 filters by almost nothing, so conditions are tested here; a condition on the last change is also sent, since it saves pages. Deals in
the archive are not in the list of deals and are read after it. Search is never used: it costs twenty tokens a record and finds by likeness.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sdrbot_skills.crm.conditions import passes
from sdrbot_skills.crm.pipedrive import leads
from sdrbot_skills.crm.pipedrive.client import V2, PipedriveClient
from sdrbot_skills.crm.pipedrive.codec import PipedriveCodec
from sdrbot_skills.crm.pipedrive.keys import KeyIndex, Listing
from sdrbot_skills.crm.pipedrive.links import Links
from sdrbot_skills.crm.pipedrive.schema import Schema
from sdrbot_skills.crm.pipedrive.wire import Layout
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.records import Comparison, Condition, Page, Record
from sdrbot_skills.model.schema import Field, LinkType, ObjectSchema
from sdrbot_skills.model.values import instant

MOST_CUSTOM = 15
"""Custom fields a list can be narrowed to; with more of them it shows all."""

Query = list[tuple[str, str]]


class Records:
    """Pages, single records and look-ups."""

    def __init__(self, client: PipedriveClient, schema: Schema, links: Links, codec: PipedriveCodec) -> None:
        self._client, self._schema, self._links, self._codec = client, schema, links, codec
        self._layouts: dict[str, Layout] = {}
        self._indexes: dict[tuple[str, str], KeyIndex] = {}

    def keep(self, schema: ObjectSchema) -> None:
        """Use these fields, just read, from now on."""
        self._layouts[schema.name] = Layout(schema)

    def layout(self, object_name: str, names: Sequence[str] = ()) -> Layout:
        """How the object's records are laid out; its fields are read anew where a name is not known yet."""
        layout = self._layouts.get(object_name)
        if layout is None or any(layout.schema.field(name) is None for name in names):
            layout = self._layouts[object_name] = Layout(self._schema.describe(object_name))
        return layout

    # -- pages --------------------------------------------------------------------------------------------------------

    def read(
        self,
        object_name: str,
        fields: Sequence[str],
        where: Sequence[Condition],
        cursor: str | None,
        links: Sequence[LinkType],
    ) -> Page:
        """One page. The cursor says which of the object's lists it belongs to: `0:...`, for archived deals `1:...`."""
        number, _, after = (cursor or "0:").partition(":")
        lists = self._schema.object(object_name).lists
        wanted = [*fields, *(condition.field for condition in where)]
        layout = self.layout(object_name, wanted)
        rows, following = self._page(layout, lists[int(number)], wanted, where, links, after or None)
        records = self._passing(layout, [_record(layout, row) for row in rows], where)
        kept = {record.id for record in records}
        found = self._links.of_page([row for row in rows if str(row["id"]) in kept], links)
        if following is not None:
            return Page(records, found, f"{number}:{following}")
        return Page(records, found, f"{int(number) + 1}:" if int(number) + 1 < len(lists) else None)

    def _page(
        self,
        layout: Layout,
        place: str,
        wanted: Sequence[str],
        where: Sequence[Condition],
        links: Sequence[LinkType],
        after: str | None,
    ) -> tuple[list[dict[str, Any]], str | None]:
        if layout.schema.name == leads.OBJECT:
            return leads.page(self._client, place, after)
        query = [("sort_by", "id"), ("sort_direction", "asc"), *self._query(layout, wanted, links), *_since(where)]
        return self._client.page(f"{V2}/{place}", query, after)

    def count(self, object_name: str, where: Sequence[Condition]) -> int:
        """How many there are: Pipedrive does not say, so they are listed, 500 for ten tokens."""
        total, cursor = 0, None
        while True:
            page = self.read(object_name, [], where, cursor, ())
            total, cursor = total + len(page.records), page.cursor
            if cursor is None:
                return total

    def _passing(self, layout: Layout, records: list[Record], where: Sequence[Condition]) -> list[Record]:
        tests = []
        for condition in where:
            field = self._field(layout, condition.field)
            tests.append(passes(condition, field, self._codec.decoder(field)))
        return [record for record in records if all(test(record.values) for test in tests)]

    def _query(self, layout: Layout, wanted: Sequence[str], links: Sequence[LinkType] = ()) -> Query:
        """What narrows a list to these fields, and what has to be asked for by name."""
        codes = sorted({layout.codes[name] for name in wanted if name in layout.codes})
        query = [("custom_fields", ",".join(codes))] if 0 < len(codes) <= MOST_CUSTOM else []
        extra = ["marketing_status"] if "marketing_status" in wanted else []
        extra += ["participants_count"] if any(link.name == "participants" for link in links) else []
        return query + ([("include_fields", ",".join(extra))] if extra else [])

    # -- single records -----------------------------------------------------------------------------------------------

    def get(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
        """By id, archived deals too; deleted ones are silently left out by Pipedrive."""
        layout = self.layout(object_name, fields)
        if object_name == leads.OBJECT:
            return [_record(layout, row) for row in leads.by_ids(self._client, ids)]
        query = self._query(layout, fields)
        found: dict[str, Record] = {}
        for place in self._schema.object(object_name).lists:
            missing = [one for one in dict.fromkeys(ids) if one not in found and one.isdigit()]
            if missing:
                rows, _ = self._client.page(f"{V2}/{place}", [*query, ("ids", ",".join(missing))])
                found |= {str(row["id"]): _record(layout, row) for row in rows if not row.get("is_deleted")}
        return [found[one] for one in dict.fromkeys(ids) if one in found]

    def find(self, object_name: str, field: str, values: Sequence[str], fields: Sequence[str]) -> list[Record]:
        """By a field's value, through an index that is read once and then kept up to date by what has changed since."""
        if field == "id":
            return self.get(object_name, values, fields)
        layout = self.layout(object_name, [field, *fields])
        known = self._field(layout, field)
        index = self._indexes.get((object_name, field))
        if index is None:
            index = KeyIndex(self._listing(object_name, layout, field), layout, known, self._codec.decoder(known))
            self._indexes[object_name, field] = index
        asked = {_folded(value) for value in values}
        ids = index.ids(asked)
        decode = self._codec.decoder(known)
        found: list[Record] = []
        for start in range(0, len(ids), 100):
            found += self.get(object_name, ids[start : start + 100], [*fields, field])
        return [record for record in found if asked & set(_entries(decode(record.values)))]

    def _listing(self, object_name: str, layout: Layout, field: str) -> Listing:
        if object_name == leads.OBJECT:
            return lambda since: leads.changed(self._client, since)
        places, query = self._schema.object(object_name).lists, self._query(layout, [field])

        def list_pages(since: str | None) -> Iterator[list[dict[str, Any]]]:
            order = [("updated_since", since)] if since else [("sort_by", "id")]
            for place in places:
                yield from self._client.pages(f"{V2}/{place}", [*query, *order])

        return list_pages

    def _field(self, layout: Layout, name: str) -> Field:
        field = layout.schema.field(name)
        if field is None:
            raise ConfigurationError(f"Pipedrive's {layout.schema.name} have no field {name!r}.")
        return field


def _record(layout: Layout, row: dict[str, Any]) -> Record:
    modified = row.get("update_time") or row.get("add_time")
    return Record(str(row["id"]), layout.unfold(row), instant(modified) if modified else None)


def _since(where: Sequence[Condition]) -> Query:
    """A lower bound for the last change, in whole seconds: Pipedrive answers 400 to a fraction."""
    bounds = [
        instant(condition.value)
        for condition in where
        if condition.field == "update_time" and condition.op in (Comparison.GE, Comparison.GT)
    ]
    return [("updated_since", f"{max(bounds)[:19]}Z")] if bounds else []


def _entries(value: Any) -> list[str]:
    if value is None:
        return []
    return [_folded(str(one)) for one in (value if isinstance(value, list) else [value])]


def _folded(text: str) -> str:
    return text.strip().casefold()
