"""Building SOQL (vendor doc "SOQL and SOSL Reference"): literals by field type, conditions, and queries short enough for a URL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote_plus

from simple_salesforce import format_soql

from sdrbot_skills.crm.salesforce.schema import PERSON_FLAG
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.records import Comparison, Condition
from sdrbot_skills.model.schema import Field, ObjectSchema

LONGEST_QUERY = 12_000
"""Characters of a query in its URL; Salesforce answers 414 or 431 above about 16 KB with headers."""

UNQUOTED = frozenset({"date", "datetime", "boolean", "int", "long", "double", "currency", "percent"})
"""Vendor types whose literals stand without quotation marks."""


def field_of(schema: ObjectSchema, name: str) -> Field:
    """The field of that name, so that nothing but names that Salesforce itself gave goes into a query."""
    field = schema.field(name)
    if field is None:
        raise ConfigurationError(f"Salesforce {schema.name} has no field {name!r} that this credential can see.")
    return field


def columns_of(schema: ObjectSchema, fields: Sequence[str]) -> list[str]:
    """The columns to ask for: always the id, the time of the last change and whether it is a person account."""
    always = [name for name in ("Id", schema.modified_field, PERSON_FLAG) if name and schema.field(name)]
    return list(dict.fromkeys([*always, *(field_of(schema, name).name for name in fields)]))


def companies_only(schema: ObjectSchema) -> list[str]:
    """A person account is an Account and a Contact at once: people are read as contacts (`AccountId` is their other id), never as companies."""
    return [f"{PERSON_FLAG} = false"] if schema.name == "Account" and schema.field(PERSON_FLAG) else []


def literal(field: Field, value: Any) -> str:
    """A canonical value as SOQL writes it for this field."""
    if field.vendor_type not in UNQUOTED or value is None:
        return str(format_soql("{}", value if value is None else str(value)))
    if field.vendor_type == "boolean":
        return "true" if value in (True, "true") else "false"
    plain = str(value)
    if not plain or set(plain) - set("0123456789-+.:TZeE"):
        raise ConfigurationError(f"{plain!r} is not a {field.vendor_type} and cannot be compared with {field.name}.")
    return plain


def conditions(schema: ObjectSchema, where: Sequence[Condition]) -> list[str]:
    """The conditions as SOQL, to be joined by AND."""
    return [_condition(field_of(schema, one.field), one) for one in where]


def select(columns: Iterable[str], object_name: str, clauses: Sequence[str], tail: str = "") -> str:
    """A whole query."""
    where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
    return f"SELECT {', '.join(columns)} FROM {object_name}{where}{' ' + tail if tail else ''}"


def length(query: str) -> int:
    """Characters of a query in its URL."""
    return len(quote_plus(query))


def lists(literals: Sequence[str], room: int = LONGEST_QUERY) -> Iterator[str]:
    """The literals as `(a,b,...)` lists, each at most `room` characters in a URL."""
    batch: list[str] = []
    length = 0
    for one in literals:
        size = len(quote_plus(one)) + 3  # the comma is %2C
        if batch and length + size > room:
            yield f"({','.join(batch)})"
            batch, length = [], 0
        batch.append(one)
        length += size
    if batch:
        yield f"({','.join(batch)})"


def ids(values: Sequence[str]) -> list[str]:
    """Record ids as literals."""
    return [str(format_soql("{}", value)) for value in values]


def _condition(field: Field, condition: Condition) -> str:
    if condition.op is Comparison.KNOWN:
        return f"{field.name} != null"
    if condition.op is Comparison.UNKNOWN:
        return f"{field.name} = null"
    if field.vendor_type == "multipicklist":
        return _multipicklist(field, condition)
    if condition.op is Comparison.IN:
        return f"{field.name} IN ({','.join(literal(field, _single(value)) for value in condition.value)})"
    return f"{field.name} {condition.op.value} {literal(field, _single(condition.value))}"


def _multipicklist(field: Field, condition: Condition) -> str:
    """`=` compares the whole set, which is written joined by semicolons; `in` asks for any of the values."""
    values = condition.value if isinstance(condition.value, list) else [condition.value]
    if condition.op is Comparison.IN:
        return f"{field.name} INCLUDES ({','.join(str(format_soql('{}', value)) for value in values)})"
    return f"{field.name} {condition.op.value} {format_soql('{}', ';'.join(values))}"


def _single(value: Any) -> Any:
    """A list kind of capacity one compares by its only entry, money by its amount."""
    if isinstance(value, list):
        return value[0] if value else None
    return value["amount"] if isinstance(value, dict) else value
