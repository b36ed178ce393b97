"""Conditions on HubSpot records: which of them search answers exactly, how it wants them, and the test made here for the others."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sdrbot_skills.crm.base import Decode
from sdrbot_skills.model.records import Comparison, Condition
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import LIST_KINDS, Kind, instant

MOST_SEARCH_CONDITIONS = 5
"""HubSpot takes six to a group; one is kept for the page's first id."""

_OPERATORS = {
    Comparison.EQ: "EQ",
    Comparison.LT: "LT",
    Comparison.LE: "LTE",
    Comparison.GT: "GT",
    Comparison.GE: "GTE",
    Comparison.KNOWN: "HAS_PROPERTY",
    Comparison.UNKNOWN: "NOT_HAS_PROPERTY",
}
_ORDERED = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY, Kind.DATE, Kind.INSTANT})
_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY})
_EQUAL = _ORDERED | {Kind.BOOLEAN, Kind.CONSENT, Kind.USER}

_COMPARE: dict[Comparison, Callable[[Any, Any], bool]] = {
    Comparison.LT: operator.lt,
    Comparison.LE: operator.le,
    Comparison.GT: operator.gt,
    Comparison.GE: operator.ge,
}

Test = Callable[[Mapping[str, Any]], bool]


def passes(condition: Condition, field: Field, decode: Decode) -> Test:
    """Whether a record's vendor values fulfil a condition; list kinds and money compare by their entries and amounts."""
    op, wanted = condition.op, condition.value

    def entries(values: Mapping[str, Any]) -> list[Any]:
        value = decode(values)
        if value is None:
            return []
        if field.kind is Kind.MONEY:
            return [value["amount"]]
        return value if field.kind in LIST_KINDS else [value]

    if op is Comparison.KNOWN:
        return lambda values: bool(entries(values))
    if op is Comparison.UNKNOWN:
        return lambda values: not entries(values)
    if op in _COMPARE:
        compare, bound = _COMPARE[op], _comparable(field.kind, wanted)
        return lambda values: any(compare(entry, bound) for entry in entries(values))
    accepted = [_folded(_comparable(field.kind, value)) for value in (wanted if op is Comparison.IN else [wanted])]
    if op is Comparison.NE:
        return lambda values: all(_folded(entry) not in accepted for entry in entries(values))
    return lambda values: any(_folded(entry) in accepted for entry in entries(values))


def _comparable(kind: Kind, value: Any) -> Any:
    """A plan's number, however it was written, as the codec reads numbers."""
    return Decimal(str(value)) if kind in _NUMBERS else value


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def searchable(conditions: Sequence[tuple[Condition, Field]]) -> bool:
    """Whether search answers these exactly: presence, order and equality of typed values; never text, sets or negations."""
    return len(conditions) <= MOST_SEARCH_CONDITIONS and all(
        condition.op in (Comparison.KNOWN, Comparison.UNKNOWN)
        or (condition.op is Comparison.EQ and field.kind in _EQUAL)
        or (condition.op in _COMPARE and field.kind in _ORDERED)
        for condition, field in conditions
    )


def groups(conditions: Sequence[tuple[Condition, Field]]) -> list[dict[str, Any]]:
    """The conditions as search wants them; no group at all finds everything."""
    return [{"filters": filters(conditions)}] if conditions else []


def filters(conditions: Sequence[tuple[Condition, Field]]) -> list[dict[str, Any]]:
    """The conditions as the filters of one group, which are joined by "and"."""
    return [
        {
            "propertyName": condition.field,
            "operator": _OPERATORS[condition.op],
            **({} if condition.value is None else {"value": _search_value(field.kind, condition.value)}),
        }
        for condition, field in conditions
    ]


def _search_value(kind: Kind, value: Any) -> str:
    """Search compares times as milliseconds (HubSpot's guide "Search the CRM")."""
    if kind in (Kind.DATE, Kind.INSTANT):
        moment = datetime.fromisoformat(instant(value))
        return str(round(moment.timestamp() * 1000))
    return str(value).lower() if isinstance(value, bool) else str(value)
