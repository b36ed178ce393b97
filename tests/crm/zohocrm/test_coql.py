"""Queries: no quotation mark ever goes into one, conditions are joined in pairs, what cannot be said is tested here."""

import pytest

from sdrbot_skills.crm.zohocrm import coql
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.records import Comparison, Condition
from sdrbot_skills.model.schema import Field, ObjectSchema
from sdrbot_skills.model.values import Kind

KINDS = {
    "City": Kind.TEXT,
    "Employees": Kind.INTEGER,
    "Seen": Kind.INSTANT,
    "Tags": Kind.CHOICES,
    "Out": Kind.CONSENT,
    "Story": Kind.LONG_TEXT,
}
SCHEMA = ObjectSchema(
    crm="zohocrm",
    name="Accounts",
    label="Account",
    plural="Accounts",
    fields=tuple(Field(name=name, label=name, kind=kind, vendor_type="text") for name, kind in KINDS.items()),
)


@pytest.mark.parametrize(
    ("condition", "clause", "exact"),
    [
        (Condition("City", Comparison.EQ, "Oslo"), "City = 'Oslo'", True),
        (Condition("City", Comparison.NE, "Oslo"), "(City != 'Oslo' or City is null)", True),
        (Condition("City", Comparison.IN, ["Oslo", "Rome"]), "City in ('Oslo', 'Rome')", True),
        (Condition("City", Comparison.UNKNOWN), "City is null", True),
        (Condition("Employees", Comparison.GE, 20), "Employees >= 20", True),
        (Condition("Seen", Comparison.LT, "2024-02-29T10:00:00.000Z"), "Seen < '2024-02-29T10:00:00+00:00'", True),
        (Condition("Out", Comparison.EQ, True), "Out = true", True),
        (Condition("City", Comparison.EQ, "L'Aquila"), None, False),
        (Condition("City", Comparison.IN, ["Oslo", "a\\b"]), None, False),
        (Condition("Tags", Comparison.EQ, ["North"]), "Tags is not null", False),
        (Condition("Story", Comparison.NE, "x"), None, False),
    ],
)
def test_conditions(condition: Condition, clause: str | None, exact: bool) -> None:
    clauses, tested = coql.conditions(SCHEMA, [condition])
    assert clauses == ([clause] if clause else [])
    assert (tested == []) is exact


def test_awkward_values_are_looked_for_by_a_piece() -> None:
    field = SCHEMA.by_name["City"]
    assert coql.any_of("City", field, ["Oslo", "L'Aquila"]) == ["City in ('Oslo', 'oslo')", "City like '%Aquila%'"]
    assert coql.any_of("City", field, ["'"]) == ["City is not null"]
    many = coql.any_of("City", field, [f"v{number}" for number in range(120)])
    assert [clause.count("'v") for clause in many] == [50, 50, 20]


def test_clauses_are_joined_in_pairs() -> None:
    assert coql.joined("and", ["a", "b", "c"]) == "((a and b) and c)"
    assert coql.joined("and", ["a"]) == "a"


def test_a_call_names_fifty_columns_and_a_thousand_characters() -> None:
    groups = coql.column_groups([f"F{number}" for number in range(120)])
    assert [len(group) for group in groups] == [49, 49, 22]
    assert all(len(",".join(group)) <= 1000 for group in coql.column_groups(["x" * 50 + str(n) for n in range(40)]))
    assert coql.column_groups([]) == [[]]


def test_only_known_names_go_into_a_query() -> None:
    with pytest.raises(ConfigurationError, match="Nothing"):
        coql.conditions(SCHEMA, [Condition("Nothing", Comparison.KNOWN)])
