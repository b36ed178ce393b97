"""Conditions on HubSpot records: which of them search answers exactly, how it wants them, and the test made here for the others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sdrbot_skills.crm.conditions import COMPARE
from sdrbot_skills.model.records import Comparison, Condition
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import Kind, instant

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
_EQUAL = _ORDERED | {Kind.BOOLEAN, Kind.CONSENT, Kind.USER}


def searchable(conditions: Sequence[tuple[Condition, Field]]) -> bool:
    """Whether search answers these exactly: presence, order and equality of typed values; never text, sets or negations."""
    return len(conditions) <= MOST_SEARCH_CONDITIONS and all(
        condition.op in (Comparison.KNOWN, Comparison.UNKNOWN)
        or (condition.op is Comparison.EQ and field.kind in _EQUAL)
        or (condition.op in COMPARE and field.kind in _ORDERED)
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
