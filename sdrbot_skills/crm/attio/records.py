"""Reading Attio records (Attio's pages "Pagination", "Filtering and sorting").

Offsets move when records come and go, so a page starts at a time of creation instead: the cursor holds the last one and the ids already seen
at that very time. Conditions are tested here, but for those on the time of creation, which Attio answers exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from sdrbot_skills.crm.attio.capabilities import CAPABILITIES
from sdrbot_skills.crm.attio.client import PAGE, AttioClient
from sdrbot_skills.crm.attio.codec import AttioCodec
from sdrbot_skills.crm.attio.schema import Attribute, Schema
from sdrbot_skills.crm.attio.wire import links_of, to_record
from sdrbot_skills.crm.conditions import passes
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.records import Comparison, Condition, Page, Record
from sdrbot_skills.model.schema import Field, LinkType

CREATED = "created_at"
OLDEST_FIRST = [{"direction": "asc", "attribute": CREATED}]
_ON_SERVER = {Comparison.GE: "$gte", Comparison.GT: "$gt", Comparison.LE: "$lte", Comparison.LT: "$lt"}
_EQUAL = {
    "text": "value",
    "number": "value",
    "email-address": "email_address",
    "domain": "domain",
    "record-reference": "target_record_id",
    "actor-reference": "referenced_actor_id",
    "personal-name": "full_name",
}
"""Types that can be asked for by equality, and the property that is compared."""

Row = dict[str, Any]


class Records:
    """Pages, single records and look-ups."""

    def __init__(self, client: AttioClient, schema: Schema, codec: AttioCodec) -> None:
        self._client, self._schema, self._codec = client, schema, codec
        self._fields: dict[str, Mapping[str, Field]] = {}

    # -- pages --------------------------------------------------------------------------------------------------------

    def read(
        self,
        object_name: str,
        fields: Sequence[str],
        where: Sequence[Condition],
        cursor: str | None,
        links: Sequence[LinkType],
    ) -> Page:
        """One page; a page can hold fewer records than Attio answered where conditions are tested here."""
        conditions = [(condition, self._field(object_name, condition.field)) for condition in where]
        rows, after = self._page(object_name, conditions, cursor)
        here = [pair for pair in conditions if not _on_server(pair[0])]
        tests = [passes(condition, field, self._codec.decoder(field)) for condition, field in here]
        wanted = [*dict.fromkeys([*fields, *(name for _, field in here for name in self._codec.reads(field))])]
        found = [(to_record(row, wanted), row) for row in rows]
        kept = [(record, row) for record, row in found if all(test(record.values) for test in tests)]
        page_links = [one for _, row in kept for link_type in links for one in links_of(link_type, row)]
        return Page([record for record, _ in kept], page_links, after)

    def count(self, object_name: str, where: Sequence[Condition]) -> int:
        """Attio counts nothing: all pages are read."""
        total, cursor = 0, None
        while True:
            page = self.read(object_name, [], where, cursor, ())
            total, cursor = total + len(page.records), page.cursor
            if cursor is None:
                return total

    def _page(
        self, object_name: str, conditions: Sequence[tuple[Condition, Field]], cursor: str | None
    ) -> tuple[list[Row], str | None]:
        start, seen = ("", []) if cursor is None else orjson.loads(cursor)
        filters = [_created(condition.op, condition.value) for condition, _ in conditions if _on_server(condition)]
        if start:
            filters.append(_created(Comparison.GE, start))
        body: Row = {"sorts": OLDEST_FIRST, "limit": PAGE}
        if filters:
            body["filter"] = {"$and": filters}
        offset, known = 0, set(seen)
        while True:
            rows = self._client.query(object_name, {**body, "offset": offset})
            fresh = [row for row in rows if row["id"]["record_id"] not in known]
            if len(rows) < PAGE:
                return fresh, None
            if fresh:
                return fresh, _cursor(fresh, start, seen)
            offset += PAGE  # more than a page of records of one moment, all seen

    # -- single ones --------------------------------------------------------------------------------------------------

    def get(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
        """The records of these ids, in one query."""
        return [to_record(row, list(fields)) for row in self.rows(object_name, ids)]

    def rows(self, object_name: str, ids: Sequence[str]) -> Iterator[Row]:
        """Records as Attio answers them."""
        if ids:
            yield from self._client.all_records(object_name, {"record_id": {"$in": list(dict.fromkeys(ids))}})

    def find(self, object_name: str, field: str, values: Sequence[str], fields: Sequence[str]) -> list[Record]:
        """Whether Attio compares text with case is not documented: our own keys are asked for exactly, other text by what contains it."""
        wanted = list(dict.fromkeys([field, *fields]))
        return [to_record(row, wanted) for row in self.find_rows(object_name, field, values)]

    def find_rows(self, object_name: str, field: str, values: Sequence[str]) -> list[Row]:
        """As `find`, as Attio answers them."""
        slug, _, part = field.partition(".")
        attribute = self._schema.attribute(object_name, slug)
        if attribute is None:
            raise ConfigurationError(f"Attio's {object_name} have no attribute {slug!r} that this token can see.")
        if not values:
            return []
        asked = [_equality(attribute, part, value) for value in values]
        found = {row["id"]["record_id"]: row for row in self._client.all_records(object_name, {"$or": asked})}
        return [row for row in found.values() if _holds(attribute, field, row, values)]

    def _field(self, object_name: str, name: str) -> Field:
        if name not in self._fields.get(object_name, {}):
            self._fields[object_name] = self._schema.describe(object_name).by_name
        field = self._fields[object_name].get(name)
        if field is None:
            raise ConfigurationError(f"Attio's {object_name} have no attribute {name!r} that this token can see.")
        return field


def _on_server(condition: Condition) -> bool:
    return condition.field == CREATED and condition.op in _ON_SERVER


def _created(op: Comparison, moment: Any) -> Row:
    return {CREATED: {"value": {_ON_SERVER[op]: moment}}}


def _cursor(rows: Sequence[Row], start: str, seen: Sequence[str]) -> str:
    last = rows[-1]["created_at"]
    ids = [row["id"]["record_id"] for row in rows if row["created_at"] == last]
    return orjson.dumps([last, [*seen, *ids] if last == start else ids]).decode()


def _exact(attribute: Attribute) -> bool:
    return attribute.type != "text" or attribute.unique or attribute.slug == CAPABILITIES.migration_key_field


def _equality(attribute: Attribute, part: str, value: str) -> Row:
    if attribute.type not in _EQUAL:
        raise ConfigurationError(f"Attio records cannot be looked up by {attribute.slug} ({attribute.type}).")
    asked = value.strip().lower() if attribute.type in ("email-address", "domain") else value
    number = float(asked) if attribute.type == "number" else asked
    operator = "$eq" if _exact(attribute) and not part else "$contains"
    return {attribute.slug: {part or _EQUAL[attribute.type]: {operator: number}}}


def _holds(attribute: Attribute, field: str, row: Row, values: Sequence[str]) -> bool:
    """Of what contains a text, what equals it but for case."""
    if _exact(attribute) and "." not in field:
        return True
    wanted = {value.strip().casefold() for value in values}
    return str(to_record(row, [field]).values[field] or "").strip().casefold() in wanted
