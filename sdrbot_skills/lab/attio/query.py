"""Filters and sorts of `records/query` (doc "Filtering and sorting"): shorthand and verbose, `$and $or $not`, paths through references."""

import operator
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from sdrbot_skills.lab.attio import errors
from sdrbot_skills.lab.attio.ids import number_of, uid
from sdrbot_skills.lab.attio.records import KEYED, Records, created_at, key_text
from sdrbot_skills.lab.attio.schema import Attribute
from sdrbot_skills.lab.attio.values import nine_decimals
from sdrbot_skills.lab.core.store import Doc, Record

DEFAULTS = {
    "text": "value", "number": "value", "checkbox": "value", "date": "value", "timestamp": "value", "rating": "value",
    "currency": "currency_value", "select": "option", "status": "status", "domain": "domain", "email-address": "email_address",
    "phone-number": "phone_number", "personal-name": "full_name", "record-reference": "target_record_id",
    "actor-reference": "referenced_actor_id", "interaction": "interacted_at", "location": "line_1",
}  # fmt: skip
"""The property that a shorthand compares."""

_TIMES = ("timestamp", "interaction")
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "$lt": operator.lt,
    "$lte": operator.le,
    "$gt": operator.gt,
    "$gte": operator.ge,
}
_TEXT: dict[str, Callable[[str, str], bool]] = {
    "$contains": lambda value, part: part.casefold() in value.casefold(),
    "$starts_with": lambda value, part: value.casefold().startswith(part.casefold()),
    "$ends_with": lambda value, part: value.casefold().endswith(part.casefold()),
}
Test = Callable[[Record], bool]


class Query:
    """Finds the records of one object."""

    def __init__(self, records: Records, object_slug: str) -> None:
        self._records, self._schema, self._slug = records, records.schema, object_slug

    def run(self, body: Doc) -> list[Record]:
        """The page that a query body asks for."""
        test = self._test(body.get("filter") or {})
        found = [record for record in self._candidates(body.get("filter") or {}) if test(record)]
        for sort in reversed(body.get("sorts") or []):
            found = self._sorted(found, sort)
        limit, offset = _whole(body, "limit", 500), _whole(body, "offset", 0)
        if not 1 <= limit <= 500 or offset < 0:
            raise errors.invalid("limit has to be from 1 to 500, offset 0 or more.")
        return found[offset : offset + limit]

    # --- which records can be meant at all ---

    def _candidates(self, condition: Doc) -> Iterable[Record]:
        ids = self._indexed(condition)
        store = self._records.store
        if ids is None:
            return store.scan(self._slug)
        return sorted(store.get_many(self._slug, ids).values(), key=lambda record: record.id)

    def _indexed(self, condition: Any) -> set[int] | None:
        """Ids from the index, where the condition is an equality of an indexed type, or a combination of such."""
        if not isinstance(condition, dict) or len(condition) != 1:
            return None
        (key, value), *_ = condition.items()
        if key in ("$and", "$or") and isinstance(value, list):
            parts = [self._indexed(part) for part in value]
            known = [part for part in parts if part is not None]
            if key == "$and":
                return set.intersection(*known) if known else None
            return set().union(*known) if known and len(known) == len(parts) else None
        attribute = self._schema.find(self._slug, key)
        wanted = _equalities(attribute, value) if attribute else None
        if attribute is None or wanted is None:
            return None
        if attribute.slug == "record_id":
            return {number_of(f"record {self._slug}", str(one)) for one in wanted}
        found = self._records.store.find(self._slug, attribute.key, [key_text(one) for one in wanted])
        return {number for ids in found.values() for number in ids}

    # --- whether a record is meant ---

    def _test(self, condition: Any) -> Test:
        if not isinstance(condition, dict):
            raise errors.filter_error("A filter has to be an object.")
        tests: list[Test] = []
        if "path" in condition:
            return self._path(condition)
        for key, value in condition.items():
            if key == "$and":
                tests.append(_all([self._test(part) for part in value]))
            elif key == "$or":
                tests.append(_any([self._test(part) for part in value]))
            elif key == "$not":
                tests.append(_none(self._test(value)))
            else:
                tests.append(self._constraint(key, value))
        return _all(tests)

    def _path(self, condition: Doc) -> Test:
        """Each step but the last follows a reference."""
        steps, constraint = condition["path"], condition.get("constraints", {})
        (_, key), *rest = steps
        if not rest:
            return self._constraint(key, constraint)
        attribute = self._attribute(key)
        further = Query(self._records, self._schema.object(rest[0][0])["slug"])
        test = further._test({"path": rest, "constraints": constraint})

        def follow(record: Record) -> bool:
            targets = [one["record"] for one in self._records.entries(attribute, record)]
            return any(test(one) for one in self._records.store.get_many(further._slug, targets).values())

        return follow

    def _attribute(self, key: str) -> Attribute:
        attribute = self._schema.find(self._slug, key)
        if attribute is None:
            raise errors.filter_error(f'Error in filter: no attribute "{key}".')
        return attribute

    def _constraint(self, key: str, value: Any) -> Test:
        attribute = self._attribute(key)
        if isinstance(value, dict) and "$not_empty" in value:
            wanted = bool(value["$not_empty"])
            return lambda record: bool(self._properties(attribute, record)) is wanted
        checks = [(name, _compare(attribute, ops)) for name, ops in _by_property(attribute, value)]

        def test(record: Record) -> bool:
            return any(
                all(check(properties.get(name)) for name, check in checks)
                for properties in self._properties(attribute, record)
            )

        return test

    def _properties(self, attribute: Attribute, record: Record) -> list[Doc]:
        """A record's values of one attribute with what may be compared; options and statuses by title and id."""
        if attribute.slug == "record_id":
            return [{"value": uid(f"record {self._slug}", record.id)}]
        if attribute.slug == "created_at":
            return [{"value": created_at(record)}]
        shown = [
            self._records.values.show(attribute, {name: one for name, one in stored.items() if name != "@"})
            for stored in self._records.entries(attribute, record)
        ]
        if attribute.type in ("select", "status"):
            name = "status" if attribute.type == "status" else "option"
            return [{name: {one[name]["title"], one[name]["id"][f"{name}_id"]}} for one in shown]
        return shown

    def _sorted(self, found: list[Record], sort: Doc) -> list[Record]:
        key = sort.get("attribute") or sort["path"][-1][1]
        attribute = self._attribute(key)
        name = sort.get("field") or DEFAULTS[attribute.type]

        def rank(record: Record) -> tuple[bool, Any]:
            values = self._properties(attribute, record)
            first = values[0].get(name) if values else None
            return (first is None, sorted(first)[0] if isinstance(first, set) else first or "")

        return sorted(found, key=rank, reverse=sort.get("direction") == "desc")


def _whole(body: Doc, name: str, default: int) -> int:
    """JSON has one kind of number: 10 may be written 10.0."""
    number = body.get(name, default)
    if isinstance(number, bool) or not isinstance(number, int | float) or number != int(number):
        raise errors.invalid(f"{name} has to be a whole number.")
    return int(number)


def _by_property(attribute: Attribute, value: Any) -> Iterator[tuple[str, Doc]]:
    """`{property: {operator: value}}` from any of the spellings."""
    default = DEFAULTS[attribute.type]
    if not isinstance(value, dict):
        yield default, {"$eq": value}
    elif all(name.startswith("$") for name in value):
        yield default, value
    else:
        for name, ops in value.items():
            yield name, ops if isinstance(ops, dict) else {"$eq": ops}


def _compare(attribute: Attribute, ops: Doc) -> Callable[[Any], bool]:
    checks = [_operation(attribute, name, wanted) for name, wanted in ops.items()]
    return lambda value: all(check(value) for check in checks)


def _operation(attribute: Attribute, name: str, wanted: Any) -> Callable[[Any], bool]:
    wanted = [_same(attribute, one) for one in wanted] if isinstance(wanted, list) else _same(attribute, wanted)
    if name == "$eq":
        return lambda value: wanted in value if isinstance(value, set) else value == wanted
    if name == "$in" and isinstance(wanted, list):
        return lambda value: bool(value & set(wanted)) if isinstance(value, set) else value in wanted
    if name in _ORDER:
        compare = _ORDER[name]
        return lambda value: value is not None and compare(value, wanted)
    if name in _TEXT and isinstance(wanted, str):
        matches = _TEXT[name]
        return lambda value: isinstance(value, str) and matches(value, wanted)
    raise errors.filter_error(f'Error in filter: operator "{name}" is not known for {attribute.type}.')


def _same(attribute: Attribute, wanted: Any) -> Any:
    """A wanted value in the spelling that values have."""
    if attribute.type == "email-address" and isinstance(wanted, str):
        return wanted.strip().lower()
    if attribute.type in _TIMES and isinstance(wanted, str):
        try:
            moment = datetime.fromisoformat(wanted)
        except ValueError:
            raise errors.filter_error(f'Error in filter: "{attribute.slug}" is compared with a time.') from None
        return nine_decimals(moment if moment.tzinfo else moment.replace(tzinfo=UTC), wanted)
    return wanted


def _equalities(attribute: Attribute, value: Any) -> list[Any] | None:
    """The values one of which has to be there, for types that are indexed."""
    if attribute.type not in KEYED:
        return None
    parts = list(_by_property(attribute, value))
    if len(parts) != 1 or parts[0][0] != KEYED[attribute.type] or len(parts[0][1]) != 1:
        return None
    ((name, wanted),) = parts[0][1].items()
    if name not in ("$eq", "$in"):
        return None
    return [_same(attribute, one) for one in (wanted if name == "$in" else [wanted])]


def _all(tests: list[Test]) -> Test:
    return lambda record: all(test(record) for test in tests)


def _any(tests: list[Test]) -> Test:
    return lambda record: any(test(record) for test in tests)


def _none(test: Test) -> Test:
    return lambda record: not test(record)
