"""Telephone numbers without a country, for a target that needs one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.plan import Otherwise, Plan
from sdrbot_skills.planning.answers import accept_proposals, answer
from sdrbot_skills.script.transforms import phones_in
from tests.planning import hubspot, salesforce
from tests.planning.conftest import propose, question


def planned(numbers: list[list[str]], country: str = "", international: bool = True) -> Plan:
    """HubSpot with people of these numbers, to a target whose field of numbers needs a country (or does not)."""
    hub, org = hubspot.account(), salesforce.organisation()
    hub._records = {"contacts": [{"lastname": "Li", "phone": one, "country": country or None} for one in numbers]}
    contact = org.describe("Contact")
    fields = [
        one.model_copy(update={"international": international}) if one.name == "Phone" else one
        for one in contact.fields
    ]
    org._schemas["Contact"] = contact.model_copy(update={"fields": fields})
    return propose(hub, org, ["contacts"])


QUESTION = "contacts.phones.Phone"


def test_numbers_without_a_country_are_asked_about_and_read_as_answered() -> None:
    plan = planned([["030 901820"], ["+49 30 901821"]])
    assert "1 of 2 phone numbers" in question(plan, QUESTION).text
    mapping = answer(plan, QUESTION, "de").objects["contacts"].mapping("Phone")
    assert mapping is not None and mapping.transform is not None
    assert mapping.transform.name == "phones_in" and mapping.transform.settings["country"] == "DE"
    kept = accept_proposals(plan).objects["contacts"].mapping("Phone")
    assert kept is not None and kept.transform is None and kept.otherwise is Otherwise.REJECT
    with pytest.raises(ConfigurationError, match="two letters"):
        answer(plan, QUESTION, "Atlantis")


def test_an_answer_may_be_changed_back() -> None:
    plan = answer(planned([["030 901820"]]), QUESTION, "DE")
    mapping = answer(plan, QUESTION, "leave").objects["contacts"].mapping("Phone")
    assert mapping is not None and mapping.transform is None and mapping.otherwise is Otherwise.NOTE


def test_the_records_own_country_is_proposed_and_goes_before() -> None:
    plan = planned([["01 42 68 53 00"]], country="FR")
    assert question(plan, QUESTION).suggestion == "FR"
    mapping = answer(plan, QUESTION, "DE").objects["contacts"].mapping("Phone")
    assert mapping is not None and mapping.transform is not None
    assert mapping.source[-1] == "country" and mapping.transform.settings == {"country": "DE", "own_country": True}


@pytest.mark.parametrize(("numbers", "international"), [([["+49 30 901820"]], True), ([["030 901820"]], False)])
def test_nothing_is_asked_where_nothing_is_missing(numbers: list[list[str]], international: bool) -> None:
    assert QUESTION not in {one.id for one in planned(numbers, international=international).questions}


@pytest.mark.parametrize(
    ("values", "own", "carried"),
    [
        ((["030 901820"],), False, ["+4930901820"]),
        ((["030 901820", "+33 1 42 68 53 00"],), False, ["+4930901820", "+33 1 42 68 53 00"]),
        ((["01 42 68 53 00"], "fr"), True, ["+33142685300"]),
        ((["030 901820"], None), True, ["+4930901820"]),
        ((["030 901820"], "Atlantis"), True, ["030 901820"]),
        ((["12"],), False, ["12"]),
        ((None,), False, None),
    ],
)
def test_numbers_are_read_in_a_country(values: tuple[object, ...], own: bool, carried: list[str] | None) -> None:
    assert phones_in(*values, country="DE", own_country=own) == carried


@given(st.text(max_size=20))
def test_reading_a_number_again_changes_nothing(text: str) -> None:
    once = phones_in([text], country="DE")
    assert phones_in(once, country="DE") == once
