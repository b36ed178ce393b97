"""What a Salesforce org hides from a user, and what it shows twice: told before anything is planned, and kept apart on the way to another CRM."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sdrbot_skills import lab, planning
from sdrbot_skills.lab import Emulator
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.runs import preparing, proposing, rehearsing
from tests.e2e.judge import Salesforce

PEOPLE, SEEN = 84, 68  # 81 %


@pytest.fixture(scope="module")
def labs() -> Iterator[tuple[Emulator, Emulator]]:
    with lab.running("salesforce", "hubspot") as (salesforce, hubspot):
        people = [{"LastName": f"Person {n}", "Email": f"p{n}@example.com"} for n in range(PEOPLE)]
        Salesforce(salesforce.base_url, salesforce.env).create("Contact", people)
        yield salesforce, hubspot


@pytest.fixture(autouse=True)
def _person(labs: tuple[Emulator, Emulator], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of their own and both accounts connected."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for name in [one for one in os.environ if one.startswith(("HUBSPOT_", "SF_", "CRM_MIGRATE_"))]:
        monkeypatch.delenv(name)
    for name, value in (labs[0].env | labs[1].env).items():
        monkeypatch.setenv(name, value)


def _rehearsed(plan: Plan) -> dict[str, Any]:
    for question in plan.open_questions():
        plan = planning.answer(plan, question.id, question.suggestion or next(iter(question.choices)))
    return rehearsing.rehearse(preparing.prepare(plan))


def test_a_user_who_sees_four_contacts_of_five_is_told_before_planning(labs: tuple[Emulator, Emulator]) -> None:
    salesforce = labs[0]
    salesforce.control("variants", add=["partial_view"])
    try:
        proposed = proposing.propose("salesforce", "hubspot", ["contacts"])
        rehearsed = _rehearsed(proposed.plan)
    finally:
        salesforce.control("variants", remove=["partial_view"])
    told = {one.subject: one for one in proposed.blind["salesforce"]}
    assert told["Contact"].message == f"This user sees {SEEN} of about {PEOPLE} Contacts."
    assert "View All Data" in told["Contact"].cure
    assert rehearsed["counts"]["contacts"]["read"] == SEEN, "a count under the same permission shows nothing"
    finding = next(one for one in rehearsed["findings"] if one["rule"] == "cannot_see" and "Contacts" in one["message"])
    assert f"{SEEN} of about {PEOPLE}" in finding["message"] and finding["severity"] == "warning"


def test_person_accounts_do_not_become_companies(labs: tuple[Emulator, Emulator]) -> None:
    salesforce = labs[0]
    org = Salesforce(salesforce.base_url, salesforce.env)
    salesforce.control("variants", add=["person_accounts"])
    try:
        (kind,) = (row["Id"] for row in org.query("SELECT Id, IsPersonType FROM RecordType") if row["IsPersonType"])
        john = {"FirstName": "John", "LastName": "Smith", "PersonEmail": "john@example.com", "RecordTypeId": kind}
        org.create("Account", [{"Name": "Acme"}])
        org.create("Account", [john])
        assert org.query("SELECT Name FROM Account WHERE IsPersonAccount = true") == [{"Name": "John Smith"}]
        rehearsed = _rehearsed(proposing.propose("salesforce", "hubspot", ["companies", "contacts"]).plan)
    finally:
        salesforce.control("variants", remove=["person_accounts"])
    made = Counter({name: counts["create"] for name, counts in rehearsed["counts"].items()})
    assert made == {"companies": 1, "contacts": PEOPLE + 1}, rehearsed["counts"]
