"""The REST filter grammar: `and(name[eq]:"x",or(...))`. It knows no escaping, and misreads what the vendor's misreads."""

import re
from typing import Any

from sdrbot_skills.lab.twenty import errors

COMPARATORS = "eq, neq, in, containsAny, is, gt, gte, lt, lte, startsWith, endsWith, like, ilike"
_CLAUSE = re.compile(r"([^\[\]]+)\[([^\[\]]*)\]:(.*)", re.DOTALL)
_CONJUNCTIONS = ("and", "or", "not")


def parse(text: str) -> dict[str, Any]:
    """The filter in GraphQL's shape; 400 where it cannot be read."""
    if not text:
        return {}
    _balanced(text)
    name, inner = _conjunction(text)
    return _joined(name, inner) if name else {"and": [_part(one) for one in _split(text)]}


def _balanced(text: str) -> None:
    missing = text.count("(") - text.count(")")
    if missing:
        which = "close" if missing > 0 else "open"
        be = "is" if abs(missing) == 1 else "are"
        s = "" if abs(missing) == 1 else "s"
        raise errors.bad_request(f"'filter' invalid. {abs(missing)} {which} bracket{s} {be} missing in the query")


def _conjunction(text: str) -> tuple[str, str]:
    for name in _CONJUNCTIONS:
        if text.startswith(f"{name}(") and text.endswith(")") and _closes_at_end(text[len(name) :]):
            return name, text[len(name) + 1 : -1]
    return "", ""


def _closes_at_end(text: str) -> bool:
    depth = 0
    for position, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return position == len(text) - 1
    return False


def _joined(name: str, inner: str) -> dict[str, Any]:
    parts = [_part(one) for one in _split(inner)]
    return {"not": parts[0]} if name == "not" else {name: parts}


def _part(text: str) -> dict[str, Any]:
    name, inner = _conjunction(text)
    return _joined(name, inner) if name else _clause(text)


def _split(text: str) -> list[str]:
    """At the commas outside brackets and quotes. Both kinds of quote toggle on their own: an apostrophe swallows what follows."""
    parts, start, depth = [], 0, 0
    double = single = False
    for position, character in enumerate(text):
        double ^= character == '"'
        single ^= character == "'"
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(character, 0)
        if character == "," and depth == 0 and not double and not single:
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]


def _clause(text: str) -> dict[str, Any]:
    match = _CLAUSE.fullmatch(text)
    if match is None:
        raise errors.bad_request(f"'filter' invalid for '{text}'. eg: price[gte]:10")
    field, comparator, value = match.groups()
    if comparator not in COMPARATORS.split(", "):
        words = f"comparator {comparator} not in {COMPARATORS}"
        raise errors.bad_request(f"'filter' invalid for '{text}', {words}")
    nested: Any = {comparator: _value(comparator, value)}
    for name in reversed(field.split(".")):
        nested = {name: nested}
    return dict(nested)


def _value(comparator: str, text: str) -> Any:
    if comparator in ("in", "containsAny"):
        if not (text.startswith("[") and text.endswith("]")):
            words = f"'filter' invalid for '{comparator}' operator. Received '{text}' but array value expected"
            raise errors.bad_request(f"{words} eg: 'field[in]:[value_1,value_2]'")
        inner = text[1:-1]
        return [_scalar(one) for one in inner.split(",")] if inner else []
    if comparator == "is":
        if text not in ("NULL", "NOT_NULL"):
            words = "'NULL' or 'NOT_NULL' expected"
            raise errors.bad_request(f"'filter' invalid for 'is' operator. Received '{text}' but {words}")
        return text
    return _scalar(text)


def _scalar(text: str) -> Any:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    if text in ("true", "false"):
        return text == "true"
    try:
        return (
            int(text)
            if re.fullmatch(r"-?\d{1,15}", text)
            else float(text)
            if re.fullmatch(r"-?\d+\.\d+", text)
            else text
        )
    except ValueError:
        return text
