"""What becomes of creation dates: carried where the target lets a new record have one, told where it does not."""

from __future__ import annotations

import pytest

from sdrbot_skills.model.plan import ObjectPlan, Plan, Side
from sdrbot_skills.model.schema import CREATION_DATES, Blindness, Environment, Field, ObjectSchema
from sdrbot_skills.model.values import Kind
from sdrbot_skills.runs.rehearsing import creation_dates


def _plan() -> Plan:
    ours, theirs = (
        Side(connection=crm, crm=crm, account_id="1", account_name="Acme", environment=Environment.LAB)
        for crm in ("hubspot", "attio")
    )
    objects = {"contacts": ObjectPlan(source="contacts", target="people", fields=[])}
    return Plan(source=ours, target=theirs, objects=objects)


def _schemas(creatable: bool) -> dict[str, ObjectSchema]:
    made = Field(name="made", label="Made", kind=Kind.INSTANT, vendor_type="timestamp", creatable=creatable)
    people = ObjectSchema(crm="attio", name="people", label="", plural="", fields=(made,), created_field="made")
    return {"people": people}


@pytest.mark.parametrize(("creatable", "told"), [(False, 1), (True, 0)])
def test_it_is_told_where_the_target_sets_them(creatable: bool, told: int) -> None:
    found = creation_dates(_plan(), _schemas(creatable), [])
    assert len(found) == told
    assert all("new contacts carry the day of the migration" in finding.message for finding in found)


def test_an_account_that_says_it_itself_is_not_spoken_over() -> None:
    itself = Blindness(subject=CREATION_DATES, message="This user may not set them.")
    assert creation_dates(_plan(), _schemas(False), [itself]) == []
