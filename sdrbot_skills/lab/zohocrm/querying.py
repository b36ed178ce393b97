"""COQL carried out on the store: growing ids and indexed look-ups without reading every record."""

import fnmatch
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.zohocrm.coql import Both, Query, Test, parse
from sdrbot_skills.lab.zohocrm.errors import refusal
from sdrbot_skills.lab.zohocrm.org import Field, Module, Org
from sdrbot_skills.lab.zohocrm.reading import number
from sdrbot_skills.lab.zohocrm.values import Values

MOST_OFFSET = 100_000
Passes = Callable[[Record], bool]
_NUMERIC = frozenset({"integer", "double", "currency", "percent"})
_TIMES = frozenset({"datetime"})


class Querying:
    def __init__(self, org: Org, values: Values) -> None:
        self.org = org
        self.store = org.store
        self.values = values

    def answer(self, request: Request) -> Response:
        body = request.json()
        text = body.get("select_query") if isinstance(body, dict) else None
        if not isinstance(text, str):
            raise refusal("MANDATORY_NOT_FOUND", {"api_name": "select_query", "json_path": "$.select_query"})
        query = parse(text)
        request.context["rows"] = query.limit
        module = self.org.module(query.module)
        if module is None:
            raise refusal("INVALID_QUERY", {"module": query.module}, "module name given seems to be invalid")
        if query.offset + query.limit > MOST_OFFSET:
            raise refusal("LIMIT_EXCEEDED", {"limit": MOST_OFFSET})
        columns = [(name, self._column(module, name)) for name in query.columns]
        found = self._sorted(module, query, self._matching(module, query))
        if query.count:
            total = sum(1 for _ in found)
            return reply(200, {"data": [{query.count: total}], "info": {"count": 1, "more_records": False}})
        rows = []
        for position, record in enumerate(found):
            if position >= query.offset + query.limit:
                break
            if position >= query.offset:
                rows.append({"id": str(record.id), **{name: spell(record) for name, spell in columns}})
        else:
            return self._told(rows, more=False)
        return self._told(rows, more=True)

    def _told(self, rows: list[dict[str, Any]], *, more: bool) -> Response:
        if not rows:
            return Response(204)
        return reply(200, {"data": rows, "info": {"count": len(rows), "more_records": more}})

    # --- which records ---

    def _matching(self, module: Module, query: Query) -> Iterator[Record]:
        passes = self._passes(module, query.where)
        return (record for record in self._candidates(module, query.where) if passes(record))

    def _candidates(self, module: Module, where: Test | Both) -> Iterator[Record]:
        """In order of ids; as few as the criteria on ids and indexed fields allow."""
        tests = list(_always(where))
        for test in tests:
            ids = self._held(module, test)
            if ids is not None:
                found = self.store.get_many(module.api_name, ids).values()
                return (record for record in sorted(found) if not record.archived)
        after = max(map(_above, tests), default=0)
        return self.store.scan(module.api_name, after - 1 if after else 0)

    def _held(self, module: Module, where: Test | Both) -> set[int] | None:
        """Ids of all records that can fulfil this; None where only reading can tell."""
        if isinstance(where, Both):
            parts = [self._held(module, part) for part in where.parts]
            known = [part for part in parts if part is not None]
            return set().union(*known) if where.word == "or" and len(known) == len(parts) else None
        if where.op not in ("=", "in"):
            return None
        values = where.value if isinstance(where.value, list) else [where.value]
        if where.column == "id":
            return {number(str(value)) for value in values}
        if where.column not in module.indexed():
            return None
        found = self.store.find(module.api_name, where.column, [str(value).casefold() for value in values])
        return {one for ids in found.values() for one in ids}

    def _sorted(self, module: Module, query: Query, found: Iterator[Record]) -> Iterator[Record]:
        if not query.order or query.order == [("id", False)]:
            return found
        records = list(found)
        for name, descending in reversed(query.order):
            value = self._comparable(self._field(module, name))
            records.sort(key=lambda record: ((one := value(record)) is not None, one), reverse=descending)
        return iter(records)

    # --- one record ---

    def _passes(self, module: Module, where: Test | Both) -> Passes:
        if isinstance(where, Test):
            return self._test(module, where)
        parts = [self._passes(module, part) for part in where.parts]
        join = all if where.word == "and" else any
        return lambda record: join(part(record) for part in parts)

    def _test(self, module: Module, test: Test) -> Passes:
        field = self._field(module, test.column)
        value = self._comparable(field)
        if test.op in ("null", "not null"):
            return lambda record: (value(record) is None) == (test.op == "null")
        if test.op.endswith("like"):
            pattern = re.compile(fnmatch.translate(_glob(str(test.value).casefold())))
            return lambda record: bool(pattern.match(str(value(record) or ""))) != test.op.startswith("not")
        given = [_given(field, one) for one in (test.value if isinstance(test.value, list) else [test.value])]
        return lambda record: _compare(test.op, value(record), given)

    def _comparable(self, field: Field) -> Callable[[Record], Any]:
        """A record's value as criteria compare it: text without case, numbers, times as seconds."""
        match field.api_name:
            case "id":
                return lambda record: record.id
            case "Created_Time":
                return lambda record: record.created / 1000
            case "Modified_Time" | "Last_Activity_Time":
                return lambda record: record.modified / 1000
        name = field.api_name

        def held(record: Record) -> Any:
            value = record.doc.get(name)
            if value is None or value == []:
                return None
            if field.data_type == "multiselectpicklist":
                return ";".join(sorted(value)).casefold()
            return _given(field, value)

        return held

    def _field(self, module: Module, name: str) -> Field:
        field = module.names.get(name.removesuffix(".id"))
        if field is None:
            raise refusal("INVALID_QUERY", {"column_name": name}, "column given seems to be invalid")
        return field

    def _column(self, module: Module, name: str) -> Callable[[Record], Any]:
        """What a column gives; a looked-up record is its id alone, `Lookup.Field` the other record's value under that very name."""
        first, _, rest = name.partition(".")
        field = self._field(module, first)
        if rest and field.data_type == "lookup" and rest != "id":
            other = self.org.module(field.to)
            if other is None or rest not in other.names:
                raise refusal("INVALID_QUERY", {"column_name": name}, "column given seems to be invalid")
            return lambda record: self._joined(record, field, rest)
        if field.data_type in ("lookup", "ownerlookup", "userlookup"):
            return lambda record: None if (held := record.doc.get(first)) is None else {"id": held}
        return lambda record: self.values.shown(module, field, record)

    def _joined(self, record: Record, field: Field, name: str) -> Any:
        held = record.doc.get(field.api_name)
        other = self.store.get(field.to, int(held)) if held else None
        module = self.org.module(field.to)
        return None if other is None or module is None else self.values.shown(module, module.names[name], other)


def _always(where: Test | Both) -> Iterator[Test | Both]:
    """The criteria that every match fulfils."""
    if isinstance(where, Both) and where.word == "and":
        for part in where.parts:
            yield from _always(part)
    else:
        yield where


def _above(test: Test | Both) -> int:
    """The id that a criterion starts at; 0 for one that says nothing about it."""
    if isinstance(test, Test) and test.column == "id" and test.op in (">", ">="):
        return number(str(test.value))
    return 0


def _given(field: Field, value: Any) -> Any:
    """A value of a query, or of a record, in its comparable form."""
    if field.api_name == "id":
        return number(str(value))
    if field.data_type in _NUMERIC:
        return float(value)
    if field.data_type == "bigint":
        return int(value)
    if field.data_type in _TIMES:
        return datetime.fromisoformat(str(value)).timestamp()
    if field.data_type == "boolean":
        return value if isinstance(value, bool) else str(value) == "true"
    return str(value).casefold()


def _compare(op: str, held: Any, given: list[Any]) -> bool:
    """No value fulfils nothing, as in SQL."""
    if held is None:
        return False
    if op in ("=", "in"):
        return held in given
    if op in ("!=", "not in"):
        return held not in given
    if op == "between":
        return bool(given[0] <= held <= given[1])
    return bool({"<": held < given[0], "<=": held <= given[0], ">": held > given[0], ">=": held >= given[0]}[op])


def _glob(pattern: str) -> str:
    """`%` stands for anything; what fnmatch would take for its own signs is put in brackets."""
    return "".join("*" if one == "%" else f"[{one}]" if one in "*?[" else one for one in pattern)
