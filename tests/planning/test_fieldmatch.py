"""Own fields that meet by name, and those that must not."""

from __future__ import annotations

import pytest

from sdrbot_skills import planning
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.model.schema import Field, Option
from sdrbot_skills.model.values import Kind
from sdrbot_skills.planning.names import words_of
from tests.planning import hubspot, salesforce
from tests.planning.conftest import propose


def proposed(ours: list[Field], theirs: list[Field]) -> Plan:
    values = {field.name: field.options[0].value if field.options else "1" for field in ours}
    records = [{**record, **values} for record in hubspot.contacts()]
    return propose(
        hubspot.account(*ours, contacts=records), salesforce.organisation(contact_extra=theirs), ["contacts"]
    )


def text(name: str, label: str, kind: Kind = Kind.TEXT, *options: str) -> Field:
    listed = tuple(Option(value=one.lower(), label=one) for one in options)
    return Field(name=name, label=label, kind=kind, vendor_type="string", custom=True, options=listed)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("x_cust_no", "Kundennummer__c"),
        ("nbr_employes", "Anzahl_Mitarbeiter__c"),
        ("date_de_fin_du_contrat", "Contract_End_Date__c"),
        ("cmpgn_score", "Campaign_Score__c"),
        ("onbaording_status", "Onboarding_Status__c"),
    ],
)
def test_names_meet_in_whatever_spelling(ours: str, theirs: str) -> None:
    plan = proposed([text(ours, ours)], [text(theirs, theirs)])
    mapping = plan.objects["contacts"].mapping(theirs)
    assert mapping is not None and mapping.source == [ours]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Contract start date", "Contract end date"),
        ("Revenue 2023", "Revenue 2024"),
        ("Delivery city", "Billing city"),
        ("Opted in", "Opted out"),
        ("Inbound calls", "Outbound calls"),
        ("Contract number", "Contract amount"),
        ("Act date", "Contact date"),
        ("Internal rating", "External rating"),
        ("Column 7", "Column 8"),
        ("Number of seats", "Number of sites"),
    ],
)
def test_names_that_only_look_alike_are_never_proposed(ours: str, theirs: str) -> None:
    plan = proposed([text("our_one", ours)], [text("Their_Own__c", theirs)])
    assert plan.objects["contacts"].mapping("Their_Own__c") is None


def test_a_date_need_not_say_that_it_is_one() -> None:
    start = text("contract_start_dt", "Contract start", Kind.DATE)
    plan = proposed([start], [text("acme__Vertragsbeginn__c", "Vertragsbeginn", Kind.DATE)])
    assert plan.objects["contacts"].mapping("acme__Vertragsbeginn__c") is not None


def test_a_hash_says_nothing_and_its_label_all() -> None:
    key = "9f1c0b2e" * 5
    assert words_of(key) == () == words_of("Custom_Field12") == words_of("cf_77")
    plan = proposed([text(key, "Marktsegment")], [text("Mkt_Seg__c", "Segment")])
    mapping = plan.objects["contacts"].mapping("Mkt_Seg__c")
    assert mapping is not None and mapping.source == [key]


def test_two_fields_of_one_label_are_asked_about_with_no_proposal() -> None:
    plan = proposed([text("b2" * 20, "Region"), text("c3" * 20, "Region")], [text("Region__c", "Region")])
    assert plan.objects["contacts"].mapping("Region__c") is None
    asked = [one for one in plan.questions if ".place." in one.id]
    assert len(asked) == 2 and all(one.suggestion is None for one in asked)


def test_the_better_field_gets_the_place_whatever_comes_first() -> None:
    plan = proposed(
        [text("score_old", "Score old", Kind.INTEGER), text("health_score", "Health score", Kind.INTEGER)],
        [text("Health_Score__c", "Health Score", Kind.INTEGER)],
    )
    mapping = plan.objects["contacts"].mapping("Health_Score__c")
    assert mapping is not None and mapping.source == ["health_score"]


def test_a_choice_of_ranges_does_not_become_a_number() -> None:
    ranges = text("company_size", "Company size", Kind.CHOICE, "1-10", "11-50")
    numbers = text("years", "Years", Kind.CHOICE, "1", "2")
    plan = proposed(
        [ranges, numbers],
        [text("Company_Size__c", "Company size", Kind.INTEGER), text("Years__c", "Years", Kind.INTEGER)],
    )
    assert plan.objects["contacts"].mapping("Company_Size__c") is None
    assert plan.objects["contacts"].mapping("Years__c") is not None


def test_text_that_may_not_be_a_date_is_left_out_and_counted_not_its_person() -> None:
    plan = proposed([text("anniversary", "Anniversary")], [text("Anniversary__c", "Anniversary", Kind.DATE)])
    mapping = plan.objects["contacts"].mapping("Anniversary__c")
    assert mapping is not None and mapping.otherwise == "note"


def test_the_same_options_under_another_name_are_a_question() -> None:
    options = ("Gold", "Silver", "Bronze", "Basic")
    plan = proposed(
        [text("loyalty", "Loyalty", Kind.CHOICE, *options)], [text("Plan__c", "Plan", Kind.CHOICE, *options)]
    )
    assert plan.objects["contacts"].mapping("Plan__c") is None
    asked = next(one for one in plan.questions if one.id == "contacts.place.loyalty")
    assert asked.suggestion == "Plan__c"
    answered = planning.answer(plan, asked.id, "Plan__c").objects["contacts"].mapping("Plan__c")
    assert answered is not None and answered.value_map == {one.lower(): one.lower() for one in options}
