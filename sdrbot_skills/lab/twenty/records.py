"""Records: written all or nothing, found by id or unique value, deleted softly or for good.

The store's index holds, per object: "id" (every record), "live" (those not soft-deleted), each unique place and each relation's column.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import uuid4

from sdrbot_skills.lab.core.clock import iso_z
from sdrbot_skills.lab.core.store import Doc, Record, Store
from sdrbot_skills.lab.twenty import errors, values
from sdrbot_skills.lab.twenty.incoming import Incoming
from sdrbot_skills.lab.twenty.schema import ObjectType, Schema, value_at

MOST_ROWS = 200
_WORD = re.compile(r"[\w@.+-]+")


class Records:
    def __init__(self, store: Store, schema: Schema) -> None:
        self.store = store
        self.schema = schema
        self.incoming = Incoming(self)
        self.writes = 0
        self._positions: dict[str, tuple[float, float]] = {}

    def forget(self) -> None:
        """After a reset."""
        self._positions.clear()
        self.writes += 1

    # --- finding ---

    def numbers(self, kind: ObjectType, ids: Iterable[str], place: str = "id") -> dict[str, int]:
        """The store's number of each id that is there, soft-deleted ones included."""
        return {value: found[0] for value, found in self.store.find(kind.name, place, ids).items()}

    def by_ids(self, kind: ObjectType, ids: Sequence[str]) -> dict[str, Record]:
        numbers = self.numbers(kind, ids)
        records = self.store.get_many(kind.name, numbers.values())
        return {record_id: records[number] for record_id, number in numbers.items() if number in records}

    def one(self, kind: ObjectType, record_id: str, *, deleted: bool = False) -> Record:
        """404 where there is none; soft-deleted ones are there only for some calls."""
        found = self.by_ids(kind, [record_id]).get(record_id)
        if found is None or (found.archived and not deleted):
            raise errors.not_found()
        return found

    # --- writing ---

    def create(self, kind: ObjectType, rows: Sequence[Any], actor: Doc, *, upsert: bool = False) -> list[Doc]:
        """The records as they are afterwards. An upsert tells the changed ones first, then the new ones."""
        if len(rows) > MOST_ROWS:
            raise errors.bad_request(f"Maximum number of records to upsert is {MOST_ROWS}.")
        prepared = [self.incoming.prepare(kind, row) for row in rows]
        matches = self._matches(kind, prepared) if upsert else [None] * len(rows)
        changed: dict[int, Record] = {}
        for row, number in zip(prepared, matches, strict=True):
            if number is None:
                continue
            record = changed.get(number) or self.store.get_many(kind.name, [number])[number]
            given = {name: value for name, value in row.items() if name not in ("id", "createdBy", "updatedBy")}
            # An upsert takes a record out of the bin, whether or not the row says so.
            changed[number] = self._changed(kind, record, {"deletedAt": None, **given}, actor)
        new = [row for row, number in zip(prepared, matches, strict=True) if number is None]
        before = self.store.get_many(kind.name, list(changed))
        self._save(kind, before, changed)
        made = self._insert(kind, new, actor)
        return [record.doc for record in changed.values()] + made

    def update(self, kind: ObjectType, records: Sequence[Record], body: Any, actor: Doc) -> list[Doc]:
        row = self.incoming.prepare(kind, body)
        row.pop("updatedBy", None)
        changed = {record.id: self._changed(kind, record, row, actor) for record in records}
        self._save(kind, {record.id: record for record in records}, changed)
        return [record.doc for record in changed.values()]

    def _insert(self, kind: ObjectType, rows: Sequence[Doc], actor: Doc) -> list[Doc]:
        if not rows:
            return []
        now = self.store.clock.now_ms()
        blank = {one.column: values.default(one) for one in kind.columns}
        docs = [
            self._new(kind, row, {**blank, "createdAt": iso_z(now), "updatedAt": iso_z(now)}, actor) for row in rows
        ]
        self._check_unique(kind, docs, {})
        numbers = self.store.next_ids(len(docs))
        records = [
            Record(number, doc, now, now, doc["deletedAt"] is not None)
            for number, doc in zip(numbers, docs, strict=True)
        ]
        self.store.insert(kind.name, records)
        self.store.add_keys(kind.name, [entry for record in records for entry in _entries(kind, record)])
        self.writes += 1
        return docs

    def _new(self, kind: ObjectType, row: Doc, blank: Doc, actor: Doc) -> Doc:
        doc = dict(blank)
        doc["id"] = row.get("id") or str(uuid4())
        doc["position"] = self._position(kind, row.pop("position", "first"))
        doc["createdBy"], doc["updatedBy"] = dict(actor), dict(actor)
        self.incoming.apply(kind, doc, {name: value for name, value in row.items() if name != "updatedBy"})
        if doc["createdAt"] is None:
            doc["createdAt"] = blank["createdAt"]
        doc["searchVector"] = _search_vector(doc)
        return doc

    def _changed(self, kind: ObjectType, record: Record, row: Doc, actor: Doc) -> Record:
        now = self.store.clock.now_ms()
        doc = {**record.doc, "updatedBy": dict(actor), "updatedAt": iso_z(now)}
        given = dict(row)
        if "position" in given:
            doc["position"] = self._position(kind, given.pop("position"))
        self.incoming.apply(kind, doc, given)
        doc["searchVector"] = _search_vector(doc)
        return Record(record.id, doc, record.created, now, doc["deletedAt"] is not None)

    def _save(self, kind: ObjectType, before: dict[int, Record], after: dict[int, Record]) -> None:
        if not after:
            return
        self._check_unique(kind, [record.doc for record in after.values()], {r.doc["id"]: n for n, r in before.items()})
        self.store.drop_keys(kind.name, [entry for record in before.values() for entry in _entries(kind, record)])
        self.store.add_keys(kind.name, [entry for record in after.values() for entry in _entries(kind, record)])
        self.store.update(kind.name, list(after.values()))
        for archived in (True, False):
            moved = [n for n, r in after.items() if r.archived is archived and before[n].archived is not archived]
            if moved:
                self.store.archive(kind.name, moved, archived=archived)
        self.writes += 1

    # --- unique values ---

    def _matches(self, kind: ObjectType, rows: Sequence[Doc]) -> list[int | None]:
        """The record each row of an upsert means, by id or any unique value; 400 where they mean different ones."""
        places = [("id", None), *((place, one) for place, one in kind.indexed() if one.unique)]
        found: list[dict[str, int]] = [{} for _ in rows]
        for place, one in places:
            wanted = [_key_of(value_at(row, place)) for row in rows]
            there = self.store.find(kind.name, place, [value for value in wanted if value is not None])
            for value, matches in zip(wanted, found, strict=True):
                if value is not None and value in there:
                    name = one.name if one else "id"
                    matches[f"{name} ({place}: {value})"] = there[value][0]
        return [_single(matches) for matches in found]

    def _check_unique(self, kind: ObjectType, docs: Sequence[Doc], own: dict[str, int]) -> None:
        """`own`: numbers of the records that these documents replace, by their former id."""
        ours = set(own.values())
        for place, label in [("id", "Id"), *((p, one.doc["label"]) for p, one in kind.indexed() if one.unique)]:
            keyed = [(key, doc) for doc in docs if (key := _key_of(value_at(doc, place))) is not None]
            taken = self.store.find(kind.name, place, [key for key, _ in keyed])
            seen: dict[str, str] = {}
            for key, doc in keyed:
                others = [number for number in taken.get(key, ()) if number not in ours]
                if key in seen:
                    raise errors.duplicate(kind.name, seen[key], label)
                if others:
                    raise errors.duplicate(
                        kind.name, self.store.get_many(kind.name, others)[others[0]].doc["id"], label
                    )
                seen[key] = doc["id"]

    def _position(self, kind: ObjectType, wanted: Any) -> float:
        if kind.name not in self._positions:
            known = [
                r.doc["position"] for archived in (False, True) for r in self.store.scan(kind.name, archived=archived)
            ]
            self._positions[kind.name] = (min(known, default=1), max(known, default=-1))
        lowest, highest = self._positions[kind.name]
        if wanted in ("first", "last"):
            wanted = lowest - 1 if wanted == "first" else highest + 1
        self._positions[kind.name] = (min(lowest, wanted), max(highest, wanted))
        return float(wanted) if wanted != int(wanted) else int(wanted)

    # --- deleting ---

    def soft_delete(self, kind: ObjectType, records: Sequence[Record]) -> list[Doc]:
        now = self.store.clock.now_ms()
        return self._stamp(kind, records, iso_z(now))

    def restore(self, kind: ObjectType, records: Sequence[Record]) -> list[Doc]:
        return self._stamp(kind, records, None)

    def _stamp(self, kind: ObjectType, records: Sequence[Record], deleted: str | None) -> list[Doc]:
        now = self.store.clock.now_ms()
        after = {
            r.id: Record(
                r.id, {**r.doc, "deletedAt": deleted, "updatedAt": iso_z(now)}, r.created, now, deleted is not None
            )
            for r in records
        }
        self._save(kind, {r.id: r for r in records}, after)
        return [r.doc for r in after.values()]

    def destroy(self, kind: ObjectType, records: Sequence[Record]) -> list[Doc]:
        """For good; what points here loses its link, or goes as well where the relation says so."""
        self.store.drop_keys(kind.name, [entry for record in records for entry in _entries(kind, record)])
        self.store.purge(kind.name, [record.id for record in records])
        self.writes += 1
        ids = [record.doc["id"] for record in records]
        for other in self.schema.objects().values():
            for column, one in other.joins.items():
                if one.to == kind.name:
                    self._let_go(other, column, ids, cascade=one.doc["settings"].get("onDelete") == "CASCADE")
        return [{"id": record_id} for record_id in ids]

    def _let_go(self, kind: ObjectType, column: str, ids: Sequence[str], *, cascade: bool) -> None:
        numbers = [number for found in self.store.find(kind.name, column, ids).values() for number in found]
        records = list(self.store.get_many(kind.name, numbers).values()) if numbers else []
        if cascade and records:
            self.destroy(kind, records)
        elif records:
            after = {r.id: r._replace(doc={**r.doc, column: None}) for r in records}
            self._save(kind, {r.id: r for r in records}, after)


def _entries(kind: ObjectType, record: Record) -> list[tuple[str, str, int]]:
    """The index entries of a record."""
    doc = record.doc
    entries = [("id", doc["id"], record.id)]
    if doc["deletedAt"] is None:
        entries.append(("live", doc["id"], record.id))
    for place, _ in kind.indexed():
        key = _key_of(value_at(doc, place))
        if key is not None:
            entries.append((place, key, record.id))
    return entries


def _key_of(value: Any) -> str | None:
    """An empty value is never a key."""
    return None if value in (None, "", []) else str(value)


def _single(matches: dict[str, int]) -> int | None:
    if len(set(matches.values())) > 1:
        listed = "; ".join(matches)
        raise errors.bad_request(
            f"Multiple records found with the same unique field values for {listed}. "
            "Cannot determine which record to update."
        )
    return next(iter(matches.values()), None)


def _search_vector(doc: Doc) -> str:
    texts = [doc.get("title"), doc.get("jobTitle")]
    name = doc.get("name")
    texts += list(name.values()) if isinstance(name, dict) else [name]
    texts.append((doc.get("emails") or {}).get("primaryEmail"))
    words = _WORD.findall(" ".join(text for text in texts if isinstance(text, str)).lower())
    return " ".join(f"'{word}':{position}" for position, word in enumerate(words, 1))
