"""The test of a condition on a record, for conditions that a vendor cannot answer or not exactly."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from sdrbot_skills.crm.base import Decode
from sdrbot_skills.model.records import Comparison, Condition
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import LIST_KINDS, Kind

_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY})

COMPARE: dict[Comparison, Callable[[Any, Any], bool]] = {
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
    if op in COMPARE:
        compare, bound = COMPARE[op], _comparable(field.kind, wanted)
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
