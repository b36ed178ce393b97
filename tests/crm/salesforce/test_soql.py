"""SOQL: literals that cannot break out of their quotes, conditions by type, and lists that fit a URL."""

from __future__ import annotations

from typing import Any

import pytest

from sdrbot_skills.crm.salesforce import soql
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.records import Comparison, Condition
from sdrbot_skills.model.schema import Field, ObjectSchema
from sdrbot_skills.model.values import Kind


def field(name: str, kind: Kind, vendor_type: str) -> Field:
    return Field(name=name, label=name, kind=kind, vendor_type=vendor_type)


CONTACT = ObjectSchema(
    crm="salesforce",
    name="Contact",
    label="Contact",
    plural="Contacts",
    fields=(
        field("LastName", Kind.TEXT, "string"),
        field("Email", Kind.EMAILS, "email"),
        field("Age__c", Kind.INTEGER, "double"),
        field("CreatedDate", Kind.INSTANT, "datetime"),
        field("DoNotCall", Kind.CONSENT, "boolean"),
        field("Topics__c", Kind.CHOICES, "multipicklist"),
    ),
)


@pytest.mark.parametrize(
    ("name", "op", "value", "expected"),
    [
        ("LastName", Comparison.EQ, "O'Brien\\", "LastName = 'O\\'Brien\\\\'"),
        ("Email", Comparison.EQ, ["a@b.example"], "Email = 'a@b.example'"),
        ("LastName", Comparison.IN, ["a", "b"], "LastName IN ('a','b')"),
        ("LastName", Comparison.KNOWN, None, "LastName != null"),
        ("LastName", Comparison.UNKNOWN, None, "LastName = null"),
        ("Age__c", Comparison.GE, 18, "Age__c >= 18"),
        ("CreatedDate", Comparison.LT, "2024-01-02T03:04:05.000Z", "CreatedDate < 2024-01-02T03:04:05.000Z"),
        ("DoNotCall", Comparison.EQ, True, "DoNotCall = true"),
        ("Topics__c", Comparison.IN, ["A", "B"], "Topics__c INCLUDES ('A','B')"),
        ("Topics__c", Comparison.EQ, ["A", "B"], "Topics__c = 'A;B'"),
    ],
)
def test_conditions(name: str, op: Comparison, value: Any, expected: str) -> None:
    assert soql.conditions(CONTACT, [Condition(name, op, value)]) == [expected]


def test_an_unquoted_literal_takes_nothing_but_a_number_or_a_time() -> None:
    with pytest.raises(ConfigurationError, match="cannot be compared with Age__c"):
        soql.conditions(CONTACT, [Condition("Age__c", Comparison.EQ, "1 OR Id != null")])


def test_a_field_that_is_not_described_goes_into_no_query() -> None:
    with pytest.raises(ConfigurationError, match="no field 'Nope'"):
        soql.conditions(CONTACT, [Condition("Nope", Comparison.KNOWN)])


def test_lists_hold_every_literal_once_and_fit_a_url() -> None:
    literals = [f"'somebody.{number}@example.com'" for number in range(2000)]
    found = list(soql.lists(literals))
    assert [one for some in found for one in some[1:-1].split(",")] == literals
    assert all(soql.length(some) <= soql.LONGEST_QUERY + 6 for some in found)
    assert len(found) < 10
