"""Reading Twenty records: pages by id, single ones, and look-ups.

A list is ordered by id, which does not move when records are edited; ids are random, so a record that is made meanwhile may fall behind the cursor: it
came after the scope was settled. Values a person typed never go into a REST filter, whose grammar knows no escaping: they go through GraphQL variables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sdrbot_skills.crm.batching import chunks
from sdrbot_skills.crm.conditions import passes
from sdrbot_skills.crm.twenty.capabilities import BATCH
from sdrbot_skills.crm.twenty.client import TwentyClient
from sdrbot_skills.crm.twenty.codec import TwentyCodec, host_of
from sdrbot_skills.crm.twenty.schema import Schema, TwentyObject, fields_of
from sdrbot_skills.crm.twenty.wire import OTHERS, PRIMARY, SELECTION, reader
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.records import Comparison, Condition, Link, Page, Record
from sdrbot_skills.model.schema import Field, LinkType
from sdrbot_skills.model.values import Kind

GRAPHQL_PAGE = 1000
_SAFE = {Comparison.LT: "lt", Comparison.LE: "lte", Comparison.GT: "gt", Comparison.GE: "gte"}
_SAFE_KINDS = frozenset({Kind.INSTANT, Kind.INTEGER, Kind.DECIMAL})
EVERYTHING = {"or": [{"deletedAt": {"is": "NULL"}}, {"deletedAt": {"is": "NOT_NULL"}}]}
"""A filter part by which soft-deleted records show too."""


class Records:
    """Pages, single records and look-ups."""

    def __init__(self, client: TwentyClient, schema: Schema, codec: TwentyCodec) -> None:
        self._client = client
        self._schema = schema
        self._codec = codec

    def read(
        self,
        object_name: str,
        fields: Sequence[str],
        where: Sequence[Condition],
        cursor: str | None,
        links: Sequence[LinkType],
    ) -> Page:
        """One page; conditions that a filter cannot carry safely are applied here."""
        found = self._schema.definition(object_name, anew=cursor is None)
        conditions = self._typed(found, where)
        query = {"limit": str(BATCH), **({"starting_after": cursor} if cursor else {}), **_filter(conditions)}
        page = self._client.get(f"/rest/{object_name}", query)
        flat = _flattener(found, [*fields, *(condition.field for condition, _ in conditions)])
        tests = [passes(condition, field, self._codec.decoder(field)) for condition, field in conditions]
        records = [flat(doc) for doc in page["data"][object_name]]
        kept = [record for record in records if all(test(record.values) for test in tests)]
        ids = {record.id for record in kept}
        docs = [doc for doc in page["data"][object_name] if doc["id"] in ids]
        after = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None
        return Page(kept, [link for one in links for link in links_in(one, docs)], after)

    def count(self, object_name: str, where: Sequence[Condition]) -> int:
        """By the server's own count where a filter says it all."""
        conditions = self._typed(self._schema.definition(object_name, anew=False), where)
        if all(_safe(condition, field) for condition, field in conditions):
            page = self._client.get(f"/rest/{object_name}", {"limit": "1", **_filter(conditions)})
            return int(page["totalCount"])
        total, cursor = 0, None
        while True:
            part = self.read(object_name, [], where, cursor, ())
            total, cursor = total + len(part.records), part.cursor
            if cursor is None:
                return total

    def docs(self, object_name: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        """The records of these ids as Twenty answers them; missing and deleted ones are left out."""
        found: list[dict[str, Any]] = []
        for some in chunks(list(dict.fromkeys(ids)), BATCH):
            query = {"limit": str(BATCH), "filter": f"id[in]:[{','.join(some)}]"}
            found += self._client.get(f"/rest/{object_name}", query)["data"][object_name]
        return found

    def binned(self, object_name: str, key: str) -> set[str]:
        """Ids of the records in Twenty's bin that have a value in this field: an upsert by it brings them back."""
        ids: set[str] = set()
        query = {"limit": str(BATCH), "filter": f"and(deletedAt[is]:NOT_NULL,{key}[is]:NOT_NULL)", "bin": "true"}
        while True:
            page = self._client.get(f"/rest/{object_name}", query)
            ids |= {doc["id"] for doc in page["data"][object_name]}
            if not page["data"][object_name] or not page["pageInfo"]["hasNextPage"]:
                return ids
            query["starting_after"] = page["pageInfo"]["endCursor"]

    def get(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
        """In the order of the ids."""
        flat = _flattener(self._schema.definition(object_name, anew=False), fields)
        by_id = {doc["id"]: flat(doc) for doc in self.docs(object_name, ids)}
        return [by_id[record_id] for record_id in ids if record_id in by_id]

    def find(self, object_name: str, field: str, values: Sequence[str], fields: Sequence[str]) -> list[Record]:
        """Records whose field equals one of the values, without case where Twenty does not keep one; further addresses count too."""
        found = self._schema.definition(object_name, anew=False)
        if field.partition(".")[0] not in found.kinds:
            found = self._schema.definition(object_name)
        kind = found.kinds.get(field.partition(".")[0])
        if kind is None:
            raise ConfigurationError(f"Twenty's {object_name} have no field {field!r}.")
        alternates = [f"{field}.{OTHERS[kind]}"] if kind == "EMAILS" and "." not in field else []
        names = list(dict.fromkeys([*fields, field, *alternates]))
        docs = self.search(found, looked_up(found, field, kind, values), [name.partition(".")[0] for name in names])
        flat, wanted = _flattener(found, names), {_folded(value, kind) for value in values}
        records = [flat(doc) for doc in docs]
        return [one for one in records if wanted & _held(one.values, [field, *alternates], kind)]

    def search(self, found: TwentyObject, given: Mapping[str, Any], names: Sequence[str]) -> list[dict[str, Any]]:
        """All records that fit a GraphQL filter, with these fields."""
        nodes = " ".join(dict.fromkeys(["id", "updatedAt", *(_selected(found, name) for name in names)]))
        query = (
            f"query Find($f: {found.pascal}FilterInput, $n: Int, $a: String) {{ {found.plural}(filter: $f, first: $n, after: $a) "
            f"{{ edges {{ node {{ {nodes} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        )
        docs: list[dict[str, Any]] = []
        after = None
        while True:
            page = self._client.graphql(query, {"f": given, "n": GRAPHQL_PAGE, "a": after})[found.plural]
            docs += [edge["node"] for edge in page["edges"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return docs

    def _typed(self, found: TwentyObject, where: Sequence[Condition]) -> list[tuple[Condition, Field]]:
        if not where:
            return []
        known = {field.name: field for entry in found.doc["fieldsList"] for field in fields_of(found.plural, entry)}
        for condition in where:
            if condition.field not in known:
                raise ConfigurationError(f"Twenty's {found.plural} have no field {condition.field!r} to filter by.")
        return [(condition, known[condition.field]) for condition in where]


def links_in(link_type: LinkType, docs: Sequence[Mapping[str, Any]]) -> list[Link]:
    """The links of records as they were read."""
    column = link_type.field or ""
    return [Link(link_type.name, doc["id"], doc[column]) for doc in docs if doc.get(column)]


def looked_up(found: TwentyObject, field: str, kind: str, values: Sequence[str]) -> dict[str, Any]:
    """The GraphQL filter that finds a superset of what equals the values."""
    if kind == "EMAILS":
        folded = [value.strip().lower() for value in values]
        name = field.partition(".")[0]
        further = [{name: {"additionalEmails": {"like": f"%{_escaped(value)}%"}}} for value in folded]
        return {"or": [{name: {"primaryEmail": {"in": folded}}}, *further]}
    if kind == "LINKS":
        hosts = dict.fromkeys(spelling for value in values for spelling in spellings(value))
        return {field: {PRIMARY[kind]: {"in": list(hosts)}}}
    whole, _, part = field.partition(".")
    if kind in ("UUID", "SELECT") or found.definitions.get(whole, {}).get("isUnique"):
        return {field: {"in": list(values)}}
    tests = [{"ilike": _escaped(value)} for value in values]
    return {"or": [{whole: {part: test} if part else test} for test in tests]}


def spellings(address: str) -> list[str]:
    """The ways in which one and the same site may have been written."""
    host = host_of(address)
    sites = [f"{scheme}{www}{host}" for scheme in ("https://", "http://", "") for www in ("", "www.")] if host else []
    return [address, *sites]


def _escaped(text: str) -> str:
    """For `like`: the three signs that mean something there."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _folded(value: Any, kind: str) -> str:
    return (host_of(str(value)) or str(value).casefold()) if kind == "LINKS" else str(value).strip().casefold()


def _held(values: Mapping[str, Any], names: Sequence[str], kind: str) -> set[str]:
    held: set[str] = set()
    for name in names:
        value = values.get(name)
        held |= {_folded(one, kind) for one in (value if isinstance(value, list) else [value]) if one}
    return held


def _flattener(found: TwentyObject, fields: Sequence[str]) -> Callable[[Mapping[str, Any]], Record]:
    """From a record as answered to one with flat values, compiled once per page."""
    kinds = found.kinds
    readers = {name: reader(name, kinds.get(name.partition(".")[0], "")) for name in dict.fromkeys(fields)}

    def flat(doc: Mapping[str, Any]) -> Record:
        return Record(doc["id"], {name: read(doc) for name, read in readers.items()}, doc.get("updatedAt"))

    return flat


def _selected(found: TwentyObject, name: str) -> str:
    parts = SELECTION.get(found.kinds.get(name, ""))
    return f"{name} {{ {parts} }}" if parts else name


def _safe(condition: Condition, field: Field) -> bool:
    """Whether a REST filter carries the condition without anything in it that its grammar could take for its own."""
    return condition.op in _SAFE and field.kind in _SAFE_KINDS


def _filter(conditions: Sequence[tuple[Condition, Field]]) -> dict[str, str]:
    clauses = [
        f'{condition.field}[{_SAFE[condition.op]}]:"{condition.value}"'
        if field.kind is Kind.INSTANT
        else f"{condition.field}[{_SAFE[condition.op]}]:{condition.value}"
        for condition, field in conditions
        if _safe(condition, field)
    ]
    return {"filter": ",".join(clauses)} if clauses else {}
