"""Reading field values of many records at once: the lower half of the SOQL engine.

A `Column` is a resolved path such as Account.Owner.Name; a `Batch` holds records and hands out whole columns, parents
fetched once per batch.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.salesforce import ids
from sdrbot_skills.lab.salesforce.dates import stamp
from sdrbot_skills.lab.salesforce.org import Org, View
from sdrbot_skills.lab.salesforce.schema import Field, SObject
from sdrbot_skills.lab.salesforce.soql import Path, Select, malformed

Read = Callable[[Record], Any]
SLICE = 1000
_HINT = (
    "If you are attempting to use a custom {0}, be sure to append the '{1}' after the custom {0} name."
    " Please reference your WSDL or the describe call for the appropriate names."
)


class Tables:
    """Where a query finds its objects and rows; `SetupTables` adds objects whose rows are computed."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.store = org.store

    def view(self, name: str) -> View | None:
        return self.org.view(name)

    def stored(self, name: str) -> bool:
        """Whether every row of the store is a row of this object that the user sees."""
        return not self.org.has("partial_view")

    def by_prefix(self, prefix: str) -> SObject | None:
        return self.org.by_prefix(prefix)

    def slices(self, name: str, after: int, *, archived: bool) -> Iterator[list[Record]]:
        """Records by id that the user's sharing shows; `archived`: those of the recycle bin instead."""
        hides = self.org.has("partial_view")
        while rows := self.store.page(name, after, SLICE, archived=archived):
            after = rows[-1].id
            yield [r for r in rows if self.org.sees(name, r.id)] if hides else rows

    def get_many(self, name: str, numbers: list[int]) -> dict[int, Record]:
        """Those that exist and that sharing shows, archived ones included."""
        found = self.store.get_many(name, numbers)
        if self.org.has("partial_view"):
            return {number: row for number, row in found.items() if self.org.sees(name, number)}
        return found

    def find(self, name: str, field_name: str, values: list[str]) -> dict[str, list[int]] | None:
        """By key index; None where there is none."""
        return self.store.find(name, field_name, values)

    def record_id(self, sobject: SObject, number: int) -> str:
        return self.org.id if sobject.name == "Organization" else ids.encode(sobject.prefix, number)


@dataclass(frozen=True)
class Column:
    """`hops` are the reference fields on the way, `field` is None where parents of several objects are asked."""

    path: tuple[str, ...]
    hops: tuple[Field, ...]
    sobject: SObject
    field: Field

    @property
    def key(self) -> str:
        return ".".join(self.path).lower()


def resolve(tables: Tables, select: Select, view: View, path: Path) -> Column:
    """Raises Refusal INVALID_FIELD for what is not there or hidden by field-level security."""
    parts = path.parts
    if len(parts) > 1 and parts[0].lower() in (select.alias.lower(), view.sobject.name.lower()):
        parts = parts[1:]
    if whole := view.field(".".join(parts)):
        return Column((whole.name,), (), view.sobject, whole)
    hops: list[Field] = []
    canonical: list[str] = []
    for part in parts[:-1]:
        hop = view.sobject.parent(part)
        parent = tables.view(_parent_object(hop)) if hop and hop.name.lower() in view.readable else None
        if hop is None or parent is None:
            message = f"Didn't understand relationship '{part}' in field path. {_HINT.format('relationship', '__r')}"
            raise malformed(select.text, path.position, message, "INVALID_FIELD")
        hops.append(hop)
        canonical.append(hop.relationship or "")
        view = parent
    found = view.field(parts[-1])
    if found is None and hops and hops[-1].polymorphic and parts[-1].lower() == "type":
        found = Field("Type", "Type", "string", 40)
    if found is None:
        message = f"No such column '{parts[-1]}' on entity '{view.sobject.name}'. {_HINT.format('field', '__c')}"
        raise malformed(select.text, path.position, message, "INVALID_FIELD")
    return Column((*canonical, found.name), tuple(hops), view.sobject, found)


def _parent_object(hop: Field) -> str:
    """Of a polymorphic reference, the object whose fields a plain path can name."""
    return "User" if "User" in hop.to else hop.to[0]


@dataclass
class Batch:
    tables: Tables
    sobject: SObject
    rows: list[Record]
    _columns: dict[str, list[Any]] = field(default_factory=dict)
    _parents: dict[tuple[str, ...], list[tuple[SObject, Record] | None]] = field(default_factory=dict)

    def column(self, column: Column) -> list[Any]:
        found = self._columns.get(column.key)
        if found is None:
            found = self._columns[column.key] = self._read(column)
        return found

    def _read(self, column: Column) -> list[Any]:
        if not column.hops:
            read = reader(self.tables, self.sobject, column.field)
            return [read(row) for row in self.rows]
        parents = self.parents(column.hops)
        if column.field.name == "Type" and column.hops[-1].polymorphic:
            return [parent[0].name if parent else None for parent in parents]
        readers: dict[str, Read] = {}
        values: list[Any] = []
        for parent in parents:
            if parent is None:
                values.append(None)
                continue
            sobject, row = parent
            if sobject.name not in readers:
                own = sobject.field(column.field.name)
                readers[sobject.name] = reader(self.tables, sobject, own) if own else _nothing
            values.append(readers[sobject.name](row))
        return values

    def parents(self, hops: tuple[Field, ...]) -> list[tuple[SObject, Record] | None]:
        """The record behind each row's reference, with its object; None where empty, deleted or not visible."""
        path = tuple(hop.name for hop in hops)
        if path not in self._parents:
            if len(hops) == 1:
                keys = [row.doc.get(hops[0].name) for row in self.rows]
            else:
                keys = [above and above[1].doc.get(hops[-1].name) for above in self.parents(hops[:-1])]
            self._parents[path] = self._fetch(keys)
        return self._parents[path]

    def _fetch(self, keys: list[str | None]) -> list[tuple[SObject, Record] | None]:
        wanted: dict[str, set[int]] = {}
        decoded = {key: ids.decode(key) for key in set(keys) if key}
        for found in decoded.values():
            if found:
                wanted.setdefault(found[0], set()).add(found[1])
        records: dict[tuple[str, int], tuple[SObject, Record]] = {}
        for prefix, numbers in wanted.items():
            sobject = self.tables.by_prefix(prefix)
            if sobject:
                for number, row in self.tables.get_many(sobject.name, list(numbers)).items():
                    records[prefix, number] = (sobject, row)
        return [records.get(decoded[key] or ("", 0)) if key else None for key in keys]


def _nothing(row: Record) -> Any:
    return None


def reader(tables: Tables, sobject: SObject, f: Field) -> Read:
    """How to get this field's wire value out of a stored record."""
    name = f.name
    match name:
        case "Id":
            return lambda row: tables.record_id(sobject, row.id)
        case "IsDeleted":
            return lambda row: row.archived
        case "CreatedDate":
            return lambda row: stamp(row.created)
        case "LastModifiedDate" | "SystemModstamp":
            return lambda row: stamp(row.modified)
    if sobject.name == "Organization" and name == "IsSandbox":
        return lambda row: not (tables.org.options.production or tables.org.has("production_org"))
    if f.type == "boolean":
        return lambda row: row.doc.get(name, False)
    if f.type == "address":
        return _address_reader(sobject, name)
    return lambda row: row.doc.get(name)


def _address_reader(sobject: SObject, compound: str) -> Read:
    prefix = compound.removesuffix("Address")
    parts = [(f.name.removeprefix(prefix), f.name) for f in sobject.fields.values() if f.part_of == compound]
    keys = [(part[0].lower() + part[1:], name) for part, name in parts]

    def read(row: Record) -> Any:
        address = {key: row.doc.get(name) for key, name in keys}
        return address if any(value is not None for value in address.values()) else None

    return read
