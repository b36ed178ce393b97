"""Filters in GraphQL's shape, on stored documents: `{"and": [{"emails": {"primaryEmail": {"in": [...]}}}, ...]}`."""

import re
from collections.abc import Callable
from functools import lru_cache
from operator import ge, gt, le, lt
from typing import Any

import orjson

from sdrbot_skills.lab.core.store import Doc
from sdrbot_skills.lab.twenty import errors, values
from sdrbot_skills.lab.twenty.schema import PARTS, Field, ObjectType

Filter = dict[str, Any]
Test = Callable[[Doc], bool]
Held = Callable[[Any], bool]
Related = Callable[[ObjectType, Field, Filter], Test]

ALL = ("eq", "neq", "in", "is", "gt", "gte", "lt", "lte", "startsWith", "endsWith", "like", "ilike")
_SETS = ("containsAny", "is", "isEmptyArray")
ALLOWED = {"MULTI_SELECT": _SETS, "ARRAY": _SETS, "RAW_JSON": ("is", "like")}


def compile_filter(kind: ObjectType, given: Filter, related: Related) -> Test:
    """The test of a whole filter; several names at one level are joined by "and"."""
    tests = [_clause(kind, name, value, related) for name, value in (given or {}).items()]
    return tests[0] if len(tests) == 1 else lambda doc: all(test(doc) for test in tests)


def mentions_deleted(given: Any) -> bool:
    """Whether soft-deleted records are meant too: some clause names `deletedAt`."""
    if isinstance(given, list):
        return any(mentions_deleted(one) for one in given)
    return isinstance(given, dict) and ("deletedAt" in given or any(mentions_deleted(v) for v in given.values()))


def _clause(kind: ObjectType, name: str, value: Any, related: Related) -> Test:
    if name in ("and", "or"):
        tests = [compile_filter(kind, one, related) for one in (value if isinstance(value, list) else [value])]
        gather = all if name == "and" else any
        return lambda doc: gather(test(doc) for test in tests)
    if name == "not":
        inner = compile_filter(kind, value, related)
        return lambda doc: not inner(doc)
    one = kind.joins.get(name) or kind.fields.get(name)
    if one is None or one.many:
        raise errors.unknown_field(kind.name, name)
    if name in kind.fields and one.to:
        return related(kind, one, value)
    if one.type in PARTS:
        return _composite(one, value)
    return _compared(one, name, None, value)


def _composite(one: Field, value: Any) -> Test:
    tests = []
    for part, comparison in value.items():
        if part not in PARTS[one.type]:
            raise errors.bad_request(f'Sub field "{part}" not found for composite type: {one.type}')
        tests.append(_compared(one, one.name, part, comparison))
    return lambda doc: all(test(doc) for test in tests)


def _compared(one: Field, column: str, part: str | None, comparison: Any) -> Test:
    kind = PARTS[one.type][part] if part else "UUID" if one.join else one.type
    label = f"{one.name}.{part}" if part else column
    tests = []
    for operator, given in comparison.items():
        allowed = ALLOWED.get(kind, ALL)
        if operator not in allowed:
            words = f'Operator "{operator}" is not valid for field "{label}" of type {kind}'
            raise errors.bad_request(f"{words} - Allowed operators: {', '.join(allowed)}")
        tests.append(_operator(operator, _needle(one, kind, label, operator, given)))

    def test(doc: Doc) -> bool:
        held = doc.get(column)
        if part:
            held = held.get(part) if isinstance(held, dict) else None
        return all(one_test(held) for one_test in tests)

    return test


def _needle(one: Field, kind: str, label: str, operator: str, given: Any) -> Any:
    """The value compared with, checked as the vendor checks it."""
    if operator in ("is", "isEmptyArray", "like", "ilike", "startsWith", "endsWith"):
        return given
    several = isinstance(given, list)
    needles = [_typed(one, kind, label, each) for each in (given if several else [given])]
    return needles if several else needles[0]


def _typed(one: Field, kind: str, label: str, given: Any) -> Any:
    if kind == "DATE_TIME":
        return values.instant(given, label)
    if kind == "UUID":
        return values.uuid(given, label)
    if kind in ("NUMBER", "NUMERIC", "POSITION") and isinstance(given, str):
        try:
            return float(given)
        except ValueError:
            raise errors.bad_request(f"Invalid number value '{given}' for field \"{label}\"") from None
    if kind == "SELECT" and one.type == "SELECT" and given not in one.options:
        words = f'invalid input value for enum workspace_lab.{one.owner}_{one.name}_enum: "{given}"'
        raise errors.bad_request(words)
    return given


def _operator(operator: str, needle: Any) -> Held:
    match operator:
        case "is":
            empty = needle == "NULL"
            return lambda held: (held in (None, "", [])) is empty
        case "isEmptyArray":
            return lambda held: (held in (None, [])) is bool(needle)
        case "eq":
            return lambda held: held == needle or (needle == "" and held is None)
        case "neq":
            return lambda held: held != needle
        case "in":
            known = set(needle)
            return lambda held: held in known
        case "containsAny":
            wanted = set(needle if isinstance(needle, list) else [needle])
            return lambda held: not wanted.isdisjoint(held or ())
        case "startsWith":
            return lambda held: isinstance(held, str) and held.startswith(needle)
        case "endsWith":
            return lambda held: isinstance(held, str) and held.endswith(needle)
        case "like" | "ilike":
            pattern = _pattern(str(needle), operator == "ilike")
            return lambda held: held is not None and pattern.fullmatch(_as_text(held)) is not None
    compare = {"lt": lt, "lte": le, "gt": gt, "gte": ge}[operator]
    return lambda held: held not in (None, "") and bool(compare(held, needle))


def _as_text(held: Any) -> str:
    return held if isinstance(held, str) else orjson.dumps(held).decode()


@lru_cache(maxsize=256)
def _pattern(like: str, folded: bool) -> re.Pattern[str]:
    parts = []
    signs = iter(like)
    for sign in signs:  # a backslash takes the meaning from what follows
        sign_means = {"%": ".*", "_": "."}.get(sign)
        parts.append(sign_means or re.escape(next(signs, "") if sign == "\\" else sign))
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if folded else 0))
