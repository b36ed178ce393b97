"""Building COQL (API v8 "Query API"): literals by field type, conditions, joined in pairs as the language wants them.

How a quotation mark or a backslash inside a string is to be written, no source proves. So none is ever written: such values are looked for by a
piece without them, and compared here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.records import Comparison, Condition
from sdrbot_skills.model.schema import Field, ObjectSchema
from sdrbot_skills.model.values import Kind

MOST_IN = 50
MOST_COLUMNS = 49
"""Zoho takes fifty; one is kept for the id."""

LONGEST_LIST = 1000
"""Characters of a list of names or ids in an address (maxLength 1024 in the vendor's OpenAPI file)."""

_AWKWARD = re.compile(r"['\\%_\r\n]")
_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY})
_FLAGS = frozenset({Kind.BOOLEAN, Kind.CONSENT})
_COMPARED_HERE = frozenset({Kind.CHOICES, Kind.LONG_TEXT, Kind.FILE})


def field_of(schema: ObjectSchema, name: str) -> Field:
    """The field of that name, so that nothing but names that Zoho itself gave goes into a query."""
    field = schema.field(name)
    if field is None:
        raise ConfigurationError(f"Zoho's {schema.name} have no field {name!r} that this credential can see.")
    return field


def quotable(value: str) -> bool:
    """Whether a text can stand in a query as it is."""
    return not re.search(r"['\\\r\n]", value)


def literal(field: Field, value: Any) -> str:
    """A canonical value as COQL writes it for this field; a text has to be `quotable`."""
    single = _single(value)
    if field.kind in _FLAGS:
        return "true" if single in (True, "true") else "false"
    if field.kind in _NUMBERS:
        number = Decimal(str(single)) * (100 if field.vendor_type == "percent" else 1)
        return format(number.normalize(), "f")
    if field.kind is Kind.INSTANT:
        return f"'{str(single)[:19]}+00:00'"
    return f"'{single}'"


def select(columns: Sequence[str], object_name: str, clause: str, *, limit: int) -> str:
    """A whole query in order of ids."""
    return f"select {', '.join(columns)} from {object_name} where {clause} order by id asc limit {limit}"


def joined(word: str, clauses: Sequence[str]) -> str:
    """Clauses joined in pairs: `((a and b) and c)`."""
    whole = clauses[0]
    for clause in clauses[1:]:
        whole = f"({whole} {word} {clause})"
    return whole


def above(record_id: str) -> str:
    """Ids greater than this one; also the condition that a query without any needs."""
    return f"id > '{int(record_id)}'"


def conditions(schema: ObjectSchema, where: Sequence[Condition]) -> tuple[list[str], list[Condition]]:
    """The conditions as clauses, and those that only narrow (or cannot be said) and have to be tested here as well."""
    clauses, tested = [], []
    for condition in where:
        clause, exact = _clause(field_of(schema, condition.field), condition)
        if clause:
            clauses.append(clause)
        if not exact:
            tested.append(condition)
    return clauses, tested


def any_of(name: str, field: Field, values: Sequence[str]) -> list[str]:
    """Clauses, to be joined by "or", that find every record whose field has one of these values (and perhaps some more)."""
    plain = sorted({spelling for value in values if quotable(value) for spelling in (value, value.lower())})
    clauses = [
        f"{name} in ({', '.join(literal(field, value) for value in plain[start : start + MOST_IN])})"
        for start in range(0, len(plain), MOST_IN)
    ]
    return clauses + [_containing(name, value) for value in values if not quotable(value)]


def column_groups(names: Sequence[str]) -> list[list[str]]:
    """Names in as few groups as one call takes each; at least one group."""
    groups: list[list[str]] = [[]]
    length = 0
    for name in dict.fromkeys(names):
        if len(groups[-1]) == MOST_COLUMNS or length + len(name) + 1 > LONGEST_LIST:
            groups.append([])
            length = 0
        groups[-1].append(name)
        length += len(name) + 1
    return groups


def _clause(field: Field, condition: Condition) -> tuple[str, bool]:
    """The clause, and whether it says exactly what the condition says."""
    name, op = field.name, condition.op
    if op is Comparison.KNOWN:
        return f"{name} is not null", True
    if op is Comparison.UNKNOWN:
        return f"{name} is null", True
    if field.kind in _COMPARED_HERE:
        return ("", False) if op is Comparison.NE else (f"{name} is not null", False)
    values = condition.value if op is Comparison.IN else [condition.value]
    if not all(quotable(str(_single(value))) for value in values):
        return "", False
    if op is Comparison.IN:
        spelled = [literal(field, value) for value in values]
        parts = [spelled[start : start + MOST_IN] for start in range(0, len(spelled), MOST_IN)]
        return joined("or", [f"{name} in ({', '.join(part)})" for part in parts]), True
    clause = f"{name} {op.value} {literal(field, values[0])}"
    # Whether "not this" takes in records without a value is not documented.
    return (f"({clause} or {name} is null)", True) if op is Comparison.NE else (clause, True)


def _containing(name: str, value: str) -> str:
    piece = max(_AWKWARD.split(value), key=len)
    return f"{name} like '%{piece}%'" if piece else f"{name} is not null"


def _single(value: Any) -> Any:
    """A list kind of capacity one compares by its only entry, money by its amount."""
    if isinstance(value, list):
        return value[0] if value else None
    return value["amount"] if isinstance(value, dict) else value
