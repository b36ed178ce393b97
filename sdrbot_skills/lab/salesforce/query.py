"""Running SOQL: which records, in which order, rendered as the REST API shows them.

What makes 200,000 records bearable: candidates come from the key index where the WHERE clause names an id or an indexed
field, a keyset page (`WHERE Id > 'x' ORDER BY Id LIMIT n`) stops as soon as it is full, a result is a list of numbers
from which pages are rendered on demand.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.salesforce import ids
from sdrbot_skills.lab.salesforce.aggregates import aggregate
from sdrbot_skills.lab.salesforce.columns import Batch, Column, Tables, resolve
from sdrbot_skills.lab.salesforce.conditions import Compiler, Predicate
from sdrbot_skills.lab.salesforce.errors import Refusal
from sdrbot_skills.lab.salesforce.org import View
from sdrbot_skills.lab.salesforce.schema import Field
from sdrbot_skills.lab.salesforce.soql import (
    Call,
    Comparison,
    Condition,
    Logic,
    Membership,
    Path,
    Select,
    Wildcard,
    malformed,
)

MAX_OFFSET = 2000
FIELDS_LIMIT = 200
Doc = dict[str, Any]


@dataclass
class Children:
    """A subquery of the select list: child records by the reference field that points to the parent."""

    name: str
    query: "Query"
    link: Field


@dataclass
class Query:
    """A checked query, ready to run."""

    tables: Tables
    select: Select
    view: View
    columns: list[tuple[Column, str | None]]
    children: list[Children]
    predicate: Predicate | None
    compiler: Compiler
    archived: bool
    order: list[tuple[Column, bool, bool]] = field(default_factory=list)

    # --- which records ---

    def numbers(self) -> Sequence[int]:
        """The numbers of the matching records, in the query's order, LIMIT and OFFSET applied."""
        select = self.select
        first, last = select.offset, None if select.limit is None else select.offset + select.limit
        if self._by_id():
            return self._ordered_by_id(first, last)
        found: list[tuple[Any, ...]] = []
        for batch in self.matching():
            keys = [batch.column(column) for column, _, _ in self.order]
            found += [(row.id, *values) for row, *values in zip(batch.rows, *keys, strict=True)]
        for place, (column, descending, nulls_last) in reversed(list(enumerate(self.order, 1))):
            found.sort(key=_sort_key(place, column.field, nulls_last != descending), reverse=descending)
        return array("q", (entry[0] for entry in found))[first:last]

    def _by_id(self) -> bool:
        return not self.order or (self.order[0][0].key == "id" and not self.order[0][1])

    def _ordered_by_id(self, first: int, last: int | None) -> Sequence[int]:
        if self._is_whole():
            return self.tables.store.ids(self.view.sobject.name)[first:last]
        found = array("q")
        for batch in self.matching():
            found.extend(row.id for row in batch.rows)
            if last is not None and len(found) >= last and not self.archived:
                break
        return array("q", sorted(found))[first:last]

    def _is_whole(self) -> bool:
        """Whether nothing is filtered out, so that no document need be read."""
        return self.predicate is None and not self.archived and self.tables.stored(self.view.sobject.name)

    def matching(self) -> Iterator[Batch]:
        """Batches of the records that satisfy WHERE."""
        for rows in self._candidates():
            batch = Batch(self.tables, self.view.sobject, rows)
            if self.predicate is not None:
                hits = self.predicate(batch)
                if not all(hits):
                    batch = Batch(self.tables, self.view.sobject, [r for r, hit in zip(rows, hits, strict=True) if hit])
            if batch.rows:
                yield batch

    def _candidates(self) -> Iterator[list[Record]]:
        name = self.view.sobject.name
        terms = list(_conjunction(self.select.where))
        chosen = None if self.archived else self._by_key(terms)
        if chosen is not None:
            found = self.tables.get_many(name, chosen)
            rows = [found[number] for number in sorted(found) if not found[number].archived]
            yield from (rows[i : i + 1000] for i in range(0, len(rows), 1000))
            return
        after = max((self._lower_bound(term) for term in terms), default=0)
        yield from self.tables.slices(name, after, archived=False)
        if self.archived:
            yield from self.tables.slices(name, after, archived=True)

    def _by_key(self, terms: list[Condition]) -> list[int] | None:
        """Numbers of the only records that can match, where one term asks an id or an indexed field for values."""
        for term in terms:
            values = self._asked(term)
            if values is None:
                continue
            column, wanted = values
            texts = [value for value in wanted if value is not None]
            if len(texts) < len(wanted):
                continue
            if column.field.name == "Id":
                decoded = (ids.decode(text) for text in texts)
                prefix = self.view.sobject.prefix
                return [found[1] for found in decoded if found and found[0] == prefix]
            hits = self.tables.find(self.view.sobject.name, column.field.name, [column.field.key(t) for t in texts])
            if hits is not None:
                return [number for numbers in hits.values() for number in numbers]
        return None

    def _asked(self, term: Condition) -> tuple[Column, list[Any]] | None:
        if isinstance(term, Logic) or isinstance(term.left, Call):
            return None
        column = self.compiler.column(term.left)
        if column.hops or not (column.field.name == "Id" or column.field.is_indexed):
            return None
        if self.view.sobject.name == "Organization":
            return None
        if isinstance(term, Membership):
            return (column, self.compiler.members(column, term)) if term.operator == "IN" else None
        if term.operator != "=" or term.right.kind == "range":
            return None
        return column, [self.compiler.value(column.field, term.right)]

    def _lower_bound(self, term: Condition) -> int:
        """The number above which `Id > 'x'` looks."""
        if not isinstance(term, Comparison) or not isinstance(term.left, Path) or term.operator not in (">", ">="):
            return 0
        if str(term.left).lower() != "id" or not isinstance(term.right.value, str):
            return 0
        found = ids.decode(term.right.value)
        if found is None or found[0] != self.view.sobject.prefix:
            return 0
        return found[1] - (term.operator == ">=")

    def count(self) -> int:
        """For SELECT COUNT()."""
        select = self.select
        name = self.view.sobject.name
        whole = self._is_whole()
        total = self.tables.store.total(name) if whole else sum(len(batch.rows) for batch in self.matching())
        return total if select.limit is None else min(total, select.limit)

    # --- as the API shows them ---

    def render(self, numbers: Sequence[int], base: str, open_child: Any = None) -> list[Doc]:
        """`base` is /services/data/vNN.0; `open_child(query, numbers)` renders the first page of a subquery."""
        name = self.view.sobject.name
        found = self.tables.get_many(name, list(numbers))
        rows = [found[number] for number in numbers if number in found]
        batch = Batch(self.tables, self.view.sobject, rows)
        url = f"{base}/sobjects/{name}/"
        shown: list[Doc] = [
            {"attributes": {"type": name, "url": url + self.tables.record_id(self.view.sobject, row.id)}}
            for row in rows
        ]
        for column, alias in self.columns:
            values = batch.column(column)
            if column.hops:
                self._nest(shown, batch, column, values, base)
            else:
                label = alias or column.field.name
                for record, value in zip(shown, values, strict=True):
                    record[label] = value
        for children in self.children:
            self._attach(shown, rows, children, open_child)
        return shown

    def _nest(self, shown: list[Doc], batch: Batch, column: Column, values: list[Any], base: str) -> None:
        """Parent fields come as an object per relationship; null where there is no parent."""
        chain = [batch.parents(column.hops[: depth + 1]) for depth in range(len(column.hops))]
        for i, (record, value) in enumerate(zip(shown, values, strict=True)):
            for part, parents in zip(column.path, chain, strict=False):
                parent = parents[i]
                if parent is None:
                    record[part] = None
                    break
                if part not in record:
                    target, row = parent
                    url = f"{base}/sobjects/{target.name}/{self.tables.record_id(target, row.id)}"
                    kind = "Name" if column.hops[0].polymorphic else target.name
                    record[part] = {"attributes": {"type": kind, "url": url}}
                record = record[part]
            else:
                record[column.path[-1]] = value

    def _attach(self, shown: list[Doc], rows: list[Record], children: Children, open_child: Any) -> None:
        keys = {self.tables.record_id(self.view.sobject, row.id): [] for row in rows}  # type: dict[str, list[int]]
        inner = children.query
        hits = self.tables.find(inner.view.sobject.name, children.link.name, list(keys)) or {}
        candidates = self.tables.get_many(inner.view.sobject.name, [n for numbers in hits.values() for n in numbers])
        allowed = inner.numbers_among([row for row in candidates.values() if not row.archived])
        for number in allowed:
            keys[candidates[number].doc[children.link.name]].append(number)
        for record, numbers in zip(shown, keys.values(), strict=True):
            limit = inner.select.limit
            record[children.name] = open_child(inner, numbers[:limit]) if numbers else None

    def numbers_among(self, rows: list[Record]) -> list[int]:
        """Those of these records that satisfy WHERE, in order."""
        batch = Batch(self.tables, self.view.sobject, rows)
        if self.predicate is not None:
            hits = self.predicate(batch)
            batch = Batch(self.tables, self.view.sobject, [r for r, hit in zip(rows, hits, strict=True) if hit])
        keys = [batch.column(column) for column, _, _ in self.order]
        found = sorted((row.id, *values) for row, *values in zip(batch.rows, *keys, strict=True))
        for place, (column, descending, nulls_last) in reversed(list(enumerate(self.order, 1))):
            found.sort(key=_sort_key(place, column.field, nulls_last != descending), reverse=descending)
        return [entry[0] for entry in found]

    def aggregated(self) -> list[Doc]:
        """Rows of a query with GROUP BY or aggregate functions."""
        return aggregate(self)


def prepare(tables: Tables, select: Select, *, archived: bool, parent: View | None = None) -> Query:
    """Check a query against what the user may see. Raises Refusal INVALID_TYPE, INVALID_FIELD, MALFORMED_QUERY."""
    view = tables.view(select.sobject)
    if view is None:
        message = (
            f"sObject type '{select.sobject}' is not supported. If you are attempting to use a custom object, be sure"
            " to append the '__c' after the entity name. Please reference your WSDL or the describe call for the"
            " appropriate names."
        )
        raise malformed(select.text, select.position, message, "INVALID_TYPE")
    _check_shape(select)

    def column(path: Path) -> Column:
        return resolve(tables, select, view, path)

    def inner(subselect: Select) -> list[Any]:
        query = prepare(tables, subselect, archived=False)
        wanted = query.columns[0][0]
        return [value for batch in query.matching() for value in batch.column(wanted)]

    zone = "America/Los_Angeles"
    compiler = Compiler(select.text, column, inner, tables.store.clock.now(), zone)
    predicate = compiler.compile(select.where) if select.where else None
    query = Query(tables, select, view, [], [], predicate, compiler, archived or select.all_rows)
    if not is_aggregate(select):
        query.columns, query.children = _select_list(tables, select, view, column)
        query.order = [
            _order(select, order.by, column, order.descending, order.nulls_last) for order in select.order_by
        ]
    return query


def is_aggregate(select: Select) -> bool:
    return bool(select.group_by) or any(isinstance(item, Call) and item.function for item in select.items)


def is_bare_count(select: Select) -> bool:
    return len(select.items) == 1 and isinstance(select.items[0], Call) and select.items[0].argument is None


def _check_shape(select: Select) -> None:
    if select.offset > MAX_OFFSET:
        raise Refusal("NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {MAX_OFFSET}")
    wild = [item for item in select.items if isinstance(item, Wildcard)]
    if any(w.scope != "STANDARD" for w in wild) and (select.limit is None or select.limit > FIELDS_LIMIT):
        message = "The SOQL FIELDS function must have a LIMIT of at most 200"
        raise malformed(select.text, wild[0].position, message)
    if select.for_update and (select.order_by or is_aggregate(select)):
        raise malformed(select.text, select.position, "FOR UPDATE is not allowed with ORDER BY or aggregates")


def _select_list(
    tables: Tables, select: Select, view: View, column: Any
) -> tuple[list[tuple[Column, str | None]], list[Children]]:
    columns: list[tuple[Column, str | None]] = []
    children: list[Children] = []
    seen: set[str] = set()
    for item in select.items:
        if isinstance(item, Wildcard):
            wanted = [f for f in view.readable.values() if item.scope == "ALL" or f.custom == (item.scope == "CUSTOM")]
            columns += [(Column((f.name,), (), view.sobject, f), None) for f in wanted]
        elif isinstance(item, Select):
            children.append(_children(tables, item, view))
        elif isinstance(item, Path):
            found = column(item)
            if found.key in seen:
                raise malformed(
                    select.text, item.position, f"duplicate field selected: {found.path[-1]}", "INVALID_FIELD"
                )
            seen.add(found.key)
            columns.append((found, None))
        elif item.argument:
            columns.append((column(item.argument), item.alias))
    return columns, children


def _children(tables: Tables, select: Select, view: View) -> Children:
    for sobject in tables.org.objects():
        for f in sobject.fields.values():
            if f.children and f.children.lower() == select.sobject.lower() and view.sobject.name in f.to:
                inner = Select(**{**vars(select), "sobject": sobject.name})
                return Children(f.children, prepare(tables, inner, archived=False), f)
    message = f"Didn't understand relationship '{select.sobject}' in FROM part of query call."
    raise malformed(select.text, select.position, message, "INVALID_TYPE")


def _order(select: Select, by: Path | Call, column: Any, descending: bool, nulls_last: bool) -> Any:
    if isinstance(by, Call):
        raise malformed(select.text, by.position, f"unexpected token: '{by.function}'")
    found = column(by)
    if found.field.is_long_text or found.field.type in ("address", "multipicklist"):
        message = f"field '{found.field.name}' can not be sorted in a query call"
        raise malformed(select.text, by.position, message, "INVALID_FIELD")
    return found, descending, nulls_last


def _sort_key(place: int, f: Field, nulls_high: bool) -> Any:
    """Empty values first unless NULLS LAST, whatever the direction."""
    fold = f.folds_case and f.type != "boolean"

    def key(entry: tuple[Any, ...]) -> tuple[bool, Any]:
        value = entry[place]
        if value is None:
            return nulls_high, ""
        return not nulls_high, value.casefold() if fold else value

    return key


def _conjunction(condition: Condition | None) -> Iterator[Condition]:
    """The terms that must all hold."""
    if isinstance(condition, Logic) and condition.operator == "AND":
        for part in condition.parts:
            yield from _conjunction(part)
    elif condition is not None:
        yield condition
