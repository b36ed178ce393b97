"""Lists of records: filter, order, cursor, relations at depth 1.

A cursor is base64 of the ordering values and the id of a row. Lists are kept (as numbers only) until something is written.
"""

import base64
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from sdrbot_skills.lab.core.store import Doc, Record, Store
from sdrbot_skills.lab.twenty import errors
from sdrbot_skills.lab.twenty.access import Access, Role
from sdrbot_skills.lab.twenty.matching import Filter, Test, compile_filter, mentions_deleted
from sdrbot_skills.lab.twenty.records import Records
from sdrbot_skills.lab.twenty.schema import PARTS, Field, ObjectType, Schema

DIRECTIONS = ("AscNullsFirst", "AscNullsLast", "DescNullsFirst", "DescNullsLast")
RELATED_MOST = 60
_KEPT = 16

Order = list[tuple[str, str | None, str]]
"""(field, part, direction)"""


@dataclass
class Listing:
    """One page: documents in order, the cursors of first and last, and the count of the whole."""

    docs: list[Doc]
    total: int
    start: str | None = None
    end: str | None = None
    more: bool = False
    cursors: list[str] = field(default_factory=list)

    @property
    def page_info(self) -> dict[str, Any]:
        cursors = {"startCursor": self.start, "endCursor": self.end}
        return {**cursors, "hasNextPage": self.more, "hasPreviousPage": False}


class Reading:
    def __init__(self, store: Store, schema: Schema, records: Records, access: Access) -> None:
        self.store, self.schema, self.records, self.access = store, schema, records, access
        self._kept: OrderedDict[str, tuple[int, list[int]]] = OrderedDict()

    def page(
        self, kind: ObjectType, given: Filter, order: Order, limit: int, *, after: str = "", before: str = ""
    ) -> Listing:
        """The rows after (or before) a cursor."""
        if after and before:
            raise errors.bad_request("Cannot provide both before and after")
        numbers = self.matching(kind, given, order)
        start = self._place(kind, numbers, order, after) if after else 0
        stop = self._place(kind, numbers, order, before, before=True) if before else len(numbers)
        chosen = numbers[max(start, stop - limit) : stop] if before else numbers[start : start + limit]
        records = self.store.get_many(kind.name, chosen)
        docs = [records[number].doc for number in chosen]
        cursors = [_cursor(doc, order) for doc in docs]
        first, last = (cursors[0], cursors[-1]) if cursors else (None, None)
        if before:  # the vendor swaps them
            return Listing(docs, len(numbers), last, first, stop - limit > 0, cursors)
        return Listing(docs, len(numbers), first, last, start + limit < len(numbers), cursors)

    def matching(self, kind: ObjectType, given: Filter, order: Order = ()) -> list[int]:  # type: ignore[assignment]
        """The numbers of all records that fit, in order."""
        key = orjson.dumps([kind.name, given, order], default=str).decode()
        kept = self._kept.get(key)
        if kept and kept[0] == self.records.writes + (self.store.version << 32):
            return kept[1]
        found = self._search(kind, given)
        numbers = [number for number, _ in self._sorted(kind, found, order)]
        self._kept[key] = (self.records.writes + (self.store.version << 32), numbers)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return numbers

    def fitting(self, kind: ObjectType, given: Filter) -> list[Record]:
        """The records themselves."""
        numbers = self.matching(kind, given)
        records = self.store.get_many(kind.name, numbers)
        return [records[number] for number in numbers]

    def _search(self, kind: ObjectType, given: Filter) -> list[tuple[int, Doc]]:
        test = compile_filter(kind, given, self._related)
        deleted = mentions_deleted(given)
        candidates = self._candidates(kind, given)
        if candidates is not None:
            pool = [record for record in candidates if deleted or not record.archived]
            return [(record.id, record.doc) for record in pool if test(record.doc)]
        found = [(r.id, r.doc) for r in self.store.scan(kind.name) if test(r.doc)]
        if deleted:
            found += [(r.id, r.doc) for r in self.store.scan(kind.name, archived=True) if test(r.doc)]
        return found

    def _candidates(self, kind: ObjectType, given: Any) -> list[Record] | None:
        """Records that the index finds, where a condition that must hold is on an indexed place; None: look at all."""
        clauses = [given] if "and" not in given else [*given["and"], {k: v for k, v in given.items() if k != "and"}]
        places = {"id": "id", **{place: place for place, _ in kind.indexed()}}
        for clause in clauses:
            for place in places:
                name, _, part = place.partition(".")
                held = clause.get(name)
                held = held.get(part) if part and isinstance(held, dict) else held
                wanted = (
                    (held.get("in") or ([held["eq"]] if held.get("eq") else None)) if isinstance(held, dict) else None
                )
                if wanted:
                    numbers = {
                        n for found in self.store.find(kind.name, place, map(str, wanted)).values() for n in found
                    }
                    return list(self.store.get_many(kind.name, numbers).values())
        return None

    def _related(self, kind: ObjectType, one: Field, given: Filter) -> Test:
        """One hop: the relation's other end fits."""
        target = self.schema.objects()[one.to or ""]
        ids = {doc["id"] for _, doc in self._search(target, given)} if given else set()
        return lambda doc: doc.get(one.column) in ids

    # --- order and cursors ---

    def _sorted(self, kind: ObjectType, found: list[tuple[int, Doc]], order: Order) -> list[tuple[int, Doc]]:
        found.sort(key=lambda entry: entry[1]["id"])
        for name, part, direction in reversed(order):
            found.sort(key=_sort_key(name, part, direction), reverse=direction.startswith("Desc"))
        return found

    def check_order(self, kind: ObjectType, order: Order, role: Role) -> None:
        for name, part, direction in order:
            if direction not in DIRECTIONS:
                listed = ", ".join(f"'{one}'" for one in DIRECTIONS)
                words = f"'order_by' direction '{direction}' invalid. Allowed values are {listed}"
                raise errors.bad_request(
                    f"{words}. eg: ?order_by=field_1[AscNullsFirst],field_2[DescNullsLast],field_3"
                )
            one = kind.fields.get(name) or kind.joins.get(name)
            if one is None or (one.to and name not in kind.joins):
                raise errors.invalid(f'Field "{name}" does not exist or is not sortable', "FIELD_NOT_FOUND")
            role.need_readable(kind, [name])
            if one.type in PARTS and part not in PARTS[one.type]:
                words = f'Composite field "{name}" requires a subfield to be specified'
                raise errors.invalid(words, "INVALID_QUERY_INPUT")

    def _place(self, kind: ObjectType, numbers: list[int], order: Order, cursor: str, *, before: bool = False) -> int:
        """Where the list goes on: after (or before) the row of the cursor, there or not."""
        values = read_cursor(cursor)
        there = self.records.numbers(kind, [str(values.get("id"))]).get(str(values.get("id")))
        if there in numbers:
            position = numbers.index(there)
            return position if before else position + 1
        ids = {number: record.doc["id"] for number, record in self.store.get_many(kind.name, numbers).items()}
        return sum(1 for number in numbers if ids[number] < str(values.get("id")))

    # --- relations ---

    def with_relations(self, kind: ObjectType, docs: Sequence[Doc], role: Role) -> list[Doc]:
        """Depth 1: the other ends of all relations that the role may read."""
        shown = [dict(doc) for doc in docs]
        for one in kind.fields.values():
            if one.to is None or not role.can(self.schema.objects()[one.to], "read"):
                continue
            target = self.schema.objects()[one.to]
            for doc in shown:
                doc[one.name] = self.related(kind, one, target, doc, role)
        return shown

    def related(self, kind: ObjectType, one: Field, target: ObjectType, doc: Doc, role: Role) -> Any:
        """A record, None, or a list of at most 60."""
        if not one.many:
            record_id = doc.get(one.column)
            found = self.records.by_ids(target, [record_id]).get(record_id) if record_id else None
            return role.visible(target, found.doc) if found and not found.archived else None
        column = inverse_column(kind, one, target)
        numbers = self.store.find(target.name, column, [doc["id"]]).get(doc["id"], []) if column else []
        records = self.store.get_many(target.name, numbers).values()
        return [role.visible(target, record.doc) for record in records if not record.archived][:RELATED_MOST]


def inverse_column(kind: ObjectType, one: Field, target: ObjectType) -> str | None:
    """The column at the other end of a one-to-many relation: `companyId`, or `targetCompanyId` of a morph relation."""
    if one.inverse and one.inverse in target.fields:
        return target.fields[one.inverse].join
    morph = f"{one.inverse}{kind.pascal}"
    return target.fields[morph].join if morph in target.fields else None


def read_cursor(cursor: str) -> Doc:
    try:
        values = orjson.loads(base64.b64decode(cursor, validate=True))
        if isinstance(values, dict):
            return values
    except ValueError:
        pass
    raise errors.bad_request(f"Invalid cursor: {cursor}")


def _cursor(doc: Doc, order: Order) -> str:
    values: Doc = {}
    for name, part, _ in order:
        held = doc.get(name)
        if part:
            values.setdefault(name, {})[part] = held.get(part) if isinstance(held, dict) else None
        else:
            values[name] = held
    return base64.b64encode(orjson.dumps({**values, "id": doc["id"]})).decode()


def _sort_key(name: str, part: str | None, direction: str) -> Callable[[tuple[int, Doc]], Any]:
    descending, nulls_last = direction.startswith("Desc"), direction.endswith("Last")

    def key(entry: tuple[int, Doc]) -> Any:
        held = entry[1].get(name)
        if part:
            held = held.get(part) if isinstance(held, dict) else None
        return _ranked(held, nulls_last, descending)

    return key


def _ranked(held: Any, nulls_last: bool, descending: bool) -> tuple[int, Any]:
    """Sorts ascending or, reversed, descending; records without a value come where the direction says."""
    if held not in (None, "") and not isinstance(held, list | dict):
        return (1, held)
    return ((0 if nulls_last else 2) if descending else (2 if nulls_last else 0), 0)
