"""Reading and finding records: by COQL on growing ids (never by page tokens, which die with a day and end at 100,000), single ones by id.

A query names fifty columns at most; more are asked for by further queries over the same range of ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sdrbot_skills.crm.base import Codec
from sdrbot_skills.crm.batching import chunks
from sdrbot_skills.crm.conditions import passes
from sdrbot_skills.crm.zohocrm import bulk_read, coql, roles
from sdrbot_skills.crm.zohocrm.capabilities import CAPABILITIES
from sdrbot_skills.crm.zohocrm.client import ZohoClient
from sdrbot_skills.crm.zohocrm.schema import RICH_TEXT, Schema
from sdrbot_skills.model.records import Condition, Link, Page, Record
from sdrbot_skills.model.schema import LinkType, ObjectSchema
from sdrbot_skills.model.values import Kind, instant

PAGE = CAPABILITIES.page_size
FIND_PAGE = 200
"""Rows that a query gives for one credit."""

IDS = CAPABILITIES.get_batch
CUT_AT = 500
"""Lists show this much of a rich text."""

Rows = dict[str, dict[str, Any]]


class Records:
    """Reading and finding."""

    def __init__(self, client: ZohoClient, schema: Schema, codec: Codec) -> None:
        self._client, self._schema, self._codec = client, schema, codec

    def read(
        self,
        object_name: str,
        fields: Sequence[str],
        where: Sequence[Condition],
        cursor: str | None,
        links: Sequence[LinkType],
    ) -> Page:
        """One page in order of ids; the cursor is the id to go on after."""
        schema = self._schema.known(object_name)
        found, after = self._read(schema, [*fields, *_link_columns(links)], where, cursor)
        return Page(found, self.links_of(links, found), after)

    def _read(
        self, schema: ObjectSchema, fields: Sequence[str], where: Sequence[Condition], after: str | None
    ) -> tuple[list[Record], str | None]:
        """One page in order of ids, and the id to go on after (`None`: that was the last page)."""
        clauses, tested = coql.conditions(schema, where)
        columns = _columns_of(schema, [*fields, *(condition.field for condition in tested)])
        groups = coql.column_groups(columns)
        rows, more = self._page(schema.name, groups[0], clauses, after or "0", PAGE)
        if not rows:
            return [], None
        last = next(reversed(rows))
        for group in groups[1:]:
            rows = _widened(rows, self._between(schema.name, group, clauses, after or "0", last))
        records = self._records(schema, rows.values(), fields)
        return self._fitting(schema, records, tested), last if more else None

    def read_by_job(
        self,
        object_name: str,
        fields: Sequence[str],
        where: Sequence[Condition],
        cursor: str | None,
        links: Sequence[LinkType],
    ) -> Iterator[Page]:
        """Every page of bulk read jobs; conditions are tested here."""
        schema = self._schema.known(object_name)
        columns = _columns_of(schema, [*fields, *_link_columns(links), *(one.field for one in where)])
        for found, after in bulk_read.read(self._client, schema, columns, cursor):
            fitting = self._fitting(schema, found, where)
            yield Page(fitting, self.links_of(links, fitting), after)

    def count(self, object_name: str, where: Sequence[Condition]) -> int:
        """How many records this credential sees: counted by Zoho, or by reading them where a condition can only be tested here."""
        schema = self._schema.known(object_name)
        if not where:
            return int(self._client.get(f"{schema.name}/actions/count")["count"])
        clauses, tested = coql.conditions(schema, where)
        if not tested:
            clause = coql.joined("and", [coql.above("0"), *clauses])
            rows = self._client.query(f"select COUNT(id) from {schema.name} where {clause}").get("data") or [{}]
            # Under which name the figure comes is not documented; it is the only number of the row.
            return next((int(value) for name, value in rows[0].items() if name != "id" and isinstance(value, int)), 0)
        total, after = 0, None
        while True:
            records, after = self._read(schema, [], where, after)
            total += len(records)
            if after is None:
                return total

    def get(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
        """The records of these ids; missing ones are left out."""
        schema = self._schema.known(object_name)
        groups = coql.column_groups(_columns_of(schema, fields))
        found: list[Record] = []
        for some in chunks(list(dict.fromkeys(one for one in ids if one.isdigit())), IDS):
            rows = self._by_ids(schema.name, some, groups[0])
            for group in groups[1:]:
                rows = _widened(rows, self._by_ids(schema.name, some, group))
            found += self._records(schema, rows.values(), fields)
        return found

    def find(self, object_name: str, field: str, values: Sequence[str], fields: Sequence[str]) -> list[Record]:
        """Records whose field, or one of its alternates, equals one of the values without regard to case."""
        if field == "id":
            return self.get(object_name, values, [*fields, field])
        schema = self._schema.known(object_name)
        names = (field, *CAPABILITIES.alternate_keys.get(schema.name, {}).get(field, ()))
        known = [name for name in names if schema.field(name)] or [coql.field_of(schema, field).name]
        asked = [value for value in values if value.strip()]
        if not asked:
            return []
        parts = [clause for name in known for clause in coql.any_of(name, coql.field_of(schema, name), asked)]
        columns = _columns_of(schema, [*fields, *known])
        groups = coql.column_groups(columns)
        found: Rows = {}
        last, more = "0", True
        while more:
            rows, more = self._page(schema.name, groups[0], [coql.joined("or", parts)], last, FIND_PAGE)
            found |= rows
            last = next(reversed(rows), last)
        for group in groups[1:] if found else ():
            found = _widened(
                found,
                {k: v for ids in chunks(list(found), IDS) for k, v in self._by_ids(schema.name, ids, group).items()},
            )
        holding = [row for row in found.values() if _holds(schema, row, known, asked)]
        return self._records(schema, holding, fields)

    def links_of(self, types: Sequence[LinkType], records: Sequence[Record]) -> list[Link]:
        """The links of these types that records have; the fields they stand in were read with the records."""
        found: list[Link] = []
        for link_type in types:
            if link_type.field:
                found += _references(link_type.name, link_type.field, records)
            else:
                people = [link for record in records for link in roles.people(self._client, record.id)]
                found += dict.fromkeys([*people, *_references(roles.ROLES, roles.PRIMARY, records)])
        return found

    def linked(self, link_type: LinkType, ids: Sequence[str]) -> list[Link]:
        """The links of one type that start at these ids."""
        return self.links_of([link_type], self.get(link_type.object, ids, _link_columns([link_type])))

    # -- rows -----------------------------------------------------------------------------------------------------------

    def _page(
        self, name: str, columns: Sequence[str], clauses: Sequence[str], after: str, limit: int
    ) -> tuple[Rows, bool]:
        """Rows by id in growing order, and whether there are more."""
        clause = coql.joined("and", [coql.above(after), *clauses])
        answer = self._client.query(coql.select(["id", *columns], name, clause, limit=limit))
        rows = {str(row["id"]): row for row in answer.get("data") or ()}
        return rows, bool((answer.get("info") or {}).get("more_records"))

    def _between(self, name: str, columns: Sequence[str], clauses: Sequence[str], after: str, last: str) -> Rows:
        """The rows of a range of ids, further columns of those a first query gave."""
        found: Rows = {}
        more = True
        while more:
            rows, more = self._page(name, columns, [*clauses, f"id <= '{int(last)}'"], after, PAGE)
            found |= rows
            after = next(reversed(rows), last)
        return found

    def _by_ids(self, name: str, ids: Sequence[str], columns: Sequence[str]) -> Rows:
        answer = self._client.get(
            name, {"ids": ",".join(ids), "fields": ",".join(columns or ["id"]), "per_page": "200"}
        )
        return {str(row["id"]): row for row in answer.get("data") or ()}

    def _records(self, schema: ObjectSchema, rows: Iterable[dict[str, Any]], fields: Sequence[str]) -> list[Record]:
        """Rows as records. The row itself becomes the values; fields that Zoho leaves out have no value."""
        rich = [name for name in fields if (known := schema.field(name)) and known.vendor_type == RICH_TEXT]
        found = []
        for row in rows:
            for name in fields:
                row.setdefault(name, None)
            changed = row.get(schema.modified_field or "")
            found.append(Record(str(row["id"]), row, instant(changed) if changed else None))
        return self._whole_texts(schema, found, rich) if rich else found

    def _whole_texts(self, schema: ObjectSchema, records: list[Record], rich: Sequence[str]) -> list[Record]:
        """Long rich texts are cut in lists, and read again whole."""
        cut = [one.id for one in records if any(len(one.values.get(name) or "") >= CUT_AT for name in rich)]
        whole: Rows = {}
        for some in chunks(cut, IDS):
            query = {"ids": ",".join(some), "fields": ",".join(rich)}
            answer = self._client.get(f"{schema.name}/actions/fetch_full_data", query)
            whole |= {
                str(row["id"]): {name: row[name] for name in rich if name in row} for row in answer.get("data") or ()
            }
        return [one._replace(values={**one.values, **whole.get(one.id, {})}) for one in records]

    def _fitting(self, schema: ObjectSchema, records: list[Record], conditions: Sequence[Condition]) -> list[Record]:
        """The records that meet all conditions."""
        fields = [(condition, coql.field_of(schema, condition.field)) for condition in conditions]
        tests = [passes(condition, field, self._codec.decoder(field)) for condition, field in fields]
        return [record for record in records if all(test(record.values) for test in tests)]


def _widened(rows: Rows, more: Rows) -> Rows:
    """Rows with further columns; one that has gone meanwhile is left out."""
    return {key: {**row, **more[key]} for key, row in rows.items() if key in more}


def _columns_of(schema: ObjectSchema, fields: Sequence[str]) -> list[str]:
    """The columns to ask for, the time of the last change always, the id never (it always comes)."""
    names = [coql.field_of(schema, name).name for name in fields]
    always = [schema.modified_field] if schema.modified_field else []
    return [name for name in dict.fromkeys([*always, *names]) if name != "id"]


def _holds(schema: ObjectSchema, row: dict[str, Any], names: Sequence[str], asked: Sequence[str]) -> bool:
    """Whether the row has one of the values: unique keys exactly as they are (ids may differ in case alone), others without case."""
    field = coql.field_of(schema, names[0])
    if field.unique and field.kind is Kind.TEXT:
        return row.get(names[0]) in asked
    wanted = {value.strip().casefold() for value in asked}
    return any(text.strip().casefold() in wanted for name in names for text in _texts(row.get(name)))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (str(part) for part in (value.get("id"), value.get("name")) if part)
    elif value is not None:
        yield str(value)


def _link_columns(types: Sequence[LinkType]) -> list[str]:
    """The fields that links of these types are read from."""
    return [one.field or roles.PRIMARY for one in types]


def _references(name: str, field: str, records: Iterable[Record]) -> Iterable[Link]:
    for record in records:
        value = record.values.get(field)
        to_id = value.get("id") if isinstance(value, Mapping) else value
        if to_id:
            yield Link(name, record.id, str(to_id))
