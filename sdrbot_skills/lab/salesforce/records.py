"""Writing records: insert, update, upsert and delete as every API of the platform does them.

A save goes through all rows step by step (read, find the record, resolve lookups, complete, check) and writes only at
the end, so that a row is either written or refused whole. The caller's transaction holds it together.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.salesforce import addresses, dates, ids, objectrules, personaccounts
from sdrbot_skills.lab.salesforce.duplicates import apply_rules
from sdrbot_skills.lab.salesforce.errors import Refusal
from sdrbot_skills.lab.salesforce.org import Org, View
from sdrbot_skills.lab.salesforce.references import check_references, resolve_parents
from sdrbot_skills.lab.salesforce.rows import Doc, Reader, Row, refuse_unwritable
from sdrbot_skills.lab.salesforce.schema import Field
from sdrbot_skills.lab.salesforce.values import Unparsable


@dataclass(frozen=True)
class SaveOptions:
    """What headers and the call say. `base` is /services/data/vNN.0, for links in refusals.

    `parse_by_row`: a value that cannot be parsed refuses its row (Bulk) and not the request (REST).
    """

    all_or_none: bool = False
    allow_save: bool = False
    auto_assign: bool = True
    base: str = "/services/data/v60.0"
    parse_by_row: bool = False


class Writer:
    def __init__(self, org: Org) -> None:
        self.org = org
        self.store = org.store
        self.reader = Reader(org)

    # --- insert, update, upsert ---

    def insert(self, view: View, raws: Iterable[Doc], options: SaveOptions) -> list[Row]:
        """Raises Unparsable where the request as a whole cannot be read."""
        rows = self._read(view, raws, options)
        for row in rows:
            row.created = True
            if row.id:
                row.refuse(Refusal("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", ["Id"]))
        return self._save(view, rows, options)

    def update(self, view: View, raws: Iterable[Doc], options: SaveOptions) -> list[Row]:
        rows = self._read(view, raws, options)
        for row in rows:
            if row.id is None:
                row.refuse(Refusal("MISSING_ARGUMENT", "Id not specified in an update call", []))
        self._load(view, rows)
        return self._save(view, rows, options)

    def upsert(self, view: View, key: Field, raws: Iterable[Doc], options: SaveOptions) -> list[Row]:
        rows = self._read(view, raws, options)
        if key.name == "Id":
            for row in rows:
                row.created = row.id is None
            self._load(view, rows)
        else:
            self._find(view, key, rows)
        return self._save(view, rows, options)

    def _read(self, view: View, raws: Iterable[Doc], options: SaveOptions) -> list[Row]:
        if not options.parse_by_row:
            return [self.reader.read(view, raw) for raw in raws]
        return [self._read_alone(view, raw) for raw in raws]

    def _read_alone(self, view: View, raw: Doc) -> Row:
        try:
            return self.reader.read(view, raw)
        except Unparsable as problem:
            return Row(raw, refusal=Refusal("INVALID_TYPE_ON_FIELD_IN_RECORD", problem.message))

    def _find(self, view: View, key: Field, rows: list[Row]) -> None:
        """Which record each row means, by its external id."""
        for row in rows:
            if row.id:
                row.refuse(Refusal("INVALID_FIELD", "cannot specify Id in an upsert by external id", ["Id"]))
            elif row.ok and row.given.get(key.name) is None:
                row.refuse(Refusal("MISSING_ARGUMENT", f"{key.name} not specified", []))
        keyed = [row for row in rows if row.ok]
        values = Counter(key.key(row.given[key.name]) for row in keyed)
        found = self.store.find(view.sobject.name, key.name, values)
        for row in keyed:
            value = key.key(row.given[key.name])
            hits = found.get(value, [])
            if values[value] > 1:
                message = f"Duplicate external id specified: {row.given[key.name]}"
                row.refuse(Refusal("DUPLICATE_EXTERNAL_ID", message, [key.name]))
            elif len(hits) > 1:
                listed = ", ".join(ids.encode(view.sobject.prefix, hit) for hit in hits)
                message = f"{key.name}: more than one record found for external id field: [{listed}]"
                row.refuse(Refusal("DUPLICATE_EXTERNAL_ID", message, [key.name]))
            elif hits:
                row.id = ids.encode(view.sobject.prefix, hits[0])
                if row.given[key.name] == row.raw.get(key.name) and not key.updateable:
                    del row.given[key.name]
            else:
                row.created = True
        self._load(view, keyed)

    def _load(self, view: View, rows: list[Row]) -> None:
        """Read the records that rows with an id mean."""
        known = [row for row in rows if row.ok and row.id]
        numbers = {row.id: ids.decode(row.id) for row in known if row.id}
        found = self.store.get_many(view.sobject.name, [place[1] for place in numbers.values() if place])
        seen: set[str] = set()
        for row in known:
            place = numbers[row.id] if row.id else None
            record = found.get(place[1]) if place else None
            if record is None:
                row.refuse(Refusal("NOT_FOUND", "The requested resource does not exist", []))
            elif record.archived:
                row.refuse(Refusal("ENTITY_IS_DELETED", "entity is deleted", []))
            elif not self.org.sees(view.sobject.name, record.id):
                message = f"insufficient access rights on object id: {row.id}"
                row.refuse(Refusal("INSUFFICIENT_ACCESS_OR_READONLY", message, []))
            elif row.id in seen:
                row.refuse(Refusal("DUPLICATE_VALUE", f"Duplicate id in list: {row.id}", ["Id"]))
            else:
                row.number, row.before = record.id, record
                seen.add(row.id or "")

    def _save(self, view: View, rows: list[Row], options: SaveOptions) -> list[Row]:
        name = view.sobject.name
        for row in rows:
            allowed = view.createable if row.created else view.updateable
            if not allowed:
                message = "insufficient access rights on cross-reference id"
                row.refuse(Refusal("INSUFFICIENT_ACCESS_OR_READONLY", message, []))
            refuse_unwritable(view, row, creating=row.created)
        resolve_parents(self.org, rows)
        check_references(self.org, view, rows)
        for row in rows:
            if row.ok:
                self._complete(view, row, options)
        self._check_unique(view, rows)
        apply_rules(self.org, view, rows, allow_save=options.allow_save, base=options.base)
        if options.all_or_none and not all(row.ok for row in rows):
            for row in rows:
                message = (
                    "Record rolled back because not all records were valid and the request was using AllOrNone header"
                )
                row.refuse(Refusal("ALL_OR_NONE_OPERATION_ROLLED_BACK", message, []))
            return rows
        good = [row for row in rows if row.ok]
        self._insert(view, [row for row in good if row.created])
        self._update(view, [row for row in good if not row.created])
        if good and name in objectrules.PERMISSION_OBJECTS:
            self.org.changed()
        return rows

    # --- completing and checking ---

    def _complete(self, view: View, row: Row, options: SaveOptions) -> None:
        """The whole document as it will be: defaults, what was, what is given, what follows from it."""
        name = view.sobject.name
        try:
            if row.before is not None:
                objectrules.refuse_update(name, row.before.doc)
                row.doc = row.before.doc | row.given
            else:
                row.doc = self._defaults(view, options) | row.given
            row.doc["LastModifiedById"] = row.given.get("LastModifiedById", self.org.user_id)
            personaccounts.classify(self.org, name, row)
            addresses.settle(self.org, view, row.doc, row.given)
            objectrules.check(self.org, name, row.doc, row.given)
        except Refusal as refusal:
            row.refuse(refusal)
            return
        missing = [f.name for f in self._required(view, row) if row.doc.get(f.name) is None]
        if missing:
            message = f"Required fields are missing: [{', '.join(missing)}]"
            row.refuse(Refusal("REQUIRED_FIELD_MISSING", message, missing))
            return
        objectrules.complete(self.org, name, row.doc, row.given)
        row.doc = {key: value for key, value in row.doc.items() if value is not None}

    def _required(self, view: View, row: Row) -> Sequence[Field]:
        if personaccounts.active(self.org, view.sobject.name):
            return personaccounts.required(view, row.doc)
        if row.created:
            return view.sobject.required
        return [view.sobject.fields[n] for n in row.given if not view.sobject.fields[n].nillable]

    def _defaults(self, view: View, options: SaveOptions) -> Doc:
        user = self.org.user_id
        doc: Doc = {"CreatedById": user}
        fields = view.sobject.fields
        doc |= view.sobject.defaults
        if "OwnerId" in fields:
            doc["OwnerId"] = user
        if "CurrencyIsoCode" in fields:
            doc["CurrencyIsoCode"] = "USD"
        if "RecordTypeId" in fields:
            doc["RecordTypeId"] = self.org.default_record_type(view.sobject.name)
        if view.sobject.name == "Lead" and options.auto_assign and self.org.has("assignment_rules"):
            doc["OwnerId"] = self.org.setting("manager")
        return doc

    def _check_unique(self, view: View, rows: list[Row]) -> None:
        for f in view.sobject.unique:
            users = [row for row in rows if row.ok and row.given.get(f.name) is not None]
            taken = self.store.find(view.sobject.name, f.name, [f.key(row.given[f.name]) for row in users])
            first: dict[str, Row] = {}
            for row in users:
                value = f.key(row.given[f.name])
                others = [number for number in taken.get(value, []) if number != row.number]
                if others or value in first:
                    seen = others and self.org.sees(view.sobject.name, others[0])
                    other = ids.encode(view.sobject.prefix, others[0]) if seen else "<unknown>"
                    message = f"duplicate value found: {f.name} duplicates value on record with id: {other}"
                    row.refuse(Refusal("DUPLICATE_VALUE", message, [f.name]))
                else:
                    first[value] = row

    # --- writing ---

    def _insert(self, view: View, rows: list[Row]) -> None:
        if not rows:
            return
        now, name = self.store.clock.now_ms(), view.sobject.name
        for row, number in zip(rows, self.store.next_ids(len(rows)), strict=True):
            row.number, row.id = number, ids.encode(view.sobject.prefix, number)
        self.store.insert(name, [
            Record(row.number, row.doc, _moment(row, "CreatedDate", now), _moment(row, "LastModifiedDate", now))
            for row in rows
        ])  # fmt: skip
        self.store.add_keys(name, self._keys(view, [(row.number, row.doc) for row in rows]))
        personaccounts.after_insert(self, view, rows)

    def _update(self, view: View, rows: list[Row]) -> None:
        if not rows:
            return
        now, name = self.store.clock.now_ms(), view.sobject.name
        self.store.update(name, [Record(row.number, row.doc, 0, now) for row in rows])
        old = set(self._keys(view, [(row.number, row.before.doc) for row in rows if row.before]))
        new = set(self._keys(view, [(row.number, row.doc) for row in rows]))
        self.store.drop_keys(name, old - new)
        self.store.add_keys(name, new - old)
        personaccounts.after_update(self, view, rows)

    def index(self, name: str, docs: list[tuple[int, Doc]]) -> None:
        """Add the keys of records written elsewhere."""
        if view := self.org.view(name):
            self.store.add_keys(name, self._keys(view, docs))

    def reindex(self, name: str, number: int, before: Doc, after: Doc) -> None:
        """Bring the keys of a record changed elsewhere up to date."""
        if view := self.org.view(name):
            old, new = set(self._keys(view, [(number, before)])), set(self._keys(view, [(number, after)]))
            self.store.drop_keys(name, old - new)
            self.store.add_keys(name, new - old)

    def _keys(self, view: View, docs: list[tuple[int, Doc]]) -> list[tuple[str, str, int]]:
        indexed = view.sobject.indexed
        return [
            (f.name, f.key(doc[f.name]), number) for number, doc in docs for f in indexed if doc.get(f.name) is not None
        ]

    # --- delete ---

    def delete(self, wanted: list[str], *, all_or_none: bool = False) -> list[Row]:
        """Move records, of any objects, to the recycle bin, with what hangs on them."""
        rows = [self._deletable(text) for text in wanted]
        if all_or_none and not all(row.ok for row in rows):
            for row in rows:
                row.refuse(Refusal("ALL_OR_NONE_OPERATION_ROLLED_BACK", "Record rolled back", []))
            return rows
        by_object: dict[str, list[int]] = {}
        for row in rows:
            if row.ok and (place := ids.decode(row.id or "")):
                by_object.setdefault(place[0], []).append(place[1])
        for prefix, numbers in by_object.items():
            if sobject := self.org.by_prefix(prefix):
                self.remove(sobject.name, numbers)
        return rows

    def remove(self, name: str, numbers: list[int]) -> None:
        view = self.org.view(name)
        found = self.store.get_many(name, numbers)
        alive = {number: record for number, record in found.items() if not record.archived}
        if view is None or not alive:
            return
        for child, link in objectrules.CASCADE.get(name, ()):
            keys = [ids.encode(view.sobject.prefix, number) for number in alive]
            hits = self.store.find(child, link, keys)
            self.remove(child, [number for numbers in hits.values() for number in numbers])
        self.store.archive(name, list(alive))
        self.store.drop_keys(name, self._keys(view, [(number, record.doc) for number, record in alive.items()]))
        if name in objectrules.PERMISSION_OBJECTS:
            self.org.changed()

    def _deletable(self, text: str) -> Row:
        row = Row({}, id=ids.restore(text) or text)
        place = ids.decode(text)
        sobject = self.org.by_prefix(place[0]) if place else None
        view = self.org.view(sobject.name) if sobject else None
        if place is None or view is None:
            row.refuse(Refusal("MALFORMED_ID", f"malformed id {text}", []))
            return row
        record = self.store.get(view.sobject.name, place[1])
        if record is None or not self.org.sees(view.sobject.name, record.id):
            row.refuse(Refusal("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", []))
        elif record.archived:
            row.refuse(Refusal("ENTITY_IS_DELETED", "entity is deleted", []))
        elif not view.deletable:
            row.refuse(Refusal("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", []))
        else:
            try:
                objectrules.refuse_delete(self.org, view.sobject.name, row.id or "", record.doc)
            except Refusal as refusal:
                row.refuse(refusal)
        return row


def _moment(row: Row, name: str, now: int) -> int:
    """Set Audit Fields upon Record Creation: the row's own time, else now."""
    given = row.given.get(name) or (row.given.get("CreatedDate") if name == "LastModifiedDate" else None)
    return dates.milliseconds(given) if given else now
