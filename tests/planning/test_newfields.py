"""Choices on their way into each of the six: what their options will be stored as, and value maps that point at that."""

from __future__ import annotations

import pytest

from sdrbot_skills.crm.registry import capabilities
from sdrbot_skills.model.schema import Field, ObjectSchema, Option
from sdrbot_skills.model.values import Kind
from sdrbot_skills.planning.newfields import copy_of, mapping_to
from sdrbot_skills.planning.valuemaps import match_options

OURS = (
    Option(value="newbusiness", label="New Business"),
    Option(value="1", label="1st choice"),
    Option(value="Ost & Übersee", label="Ost & Übersee"),
)

NEW = {
    "hubspot": {"newbusiness": "newbusiness", "1": "1", "Ost & Übersee": "Ost & Übersee"},
    "salesforce": {"newbusiness": "newbusiness", "1": "1", "Ost & Übersee": "Ost & Übersee"},
    "zohocrm": {"newbusiness": "newbusiness", "1": "1", "Ost & Übersee": "Ost & Übersee"},
    "pipedrive": {"newbusiness": "New Business", "1": "1st choice", "Ost & Übersee": "Ost & Übersee"},
    "attio": {"newbusiness": "New Business", "1": "1st choice", "Ost & Übersee": "Ost & Übersee"},
    "twenty": {"newbusiness": "NEWBUSINESS", "1": "OPT_1", "Ost & Übersee": "OST_UBERSEE"},
}
"""Option -> what a new field's option is stored as."""

THERE = {
    "hubspot": (("newbusiness", "New business"), ("first", "1st Choice"), ("ost", "Ost & Übersee")),
    "salesforce": (("New Business", "New Business"), ("1st choice", "1st choice"), ("OST", "Ost & Übersee")),
    "zohocrm": (("New Business", "Neukunde"), ("1st choice", "1st choice"), ("Ost & Übersee", "Ost & Übersee")),
    "pipedrive": (("New Business", "New Business"), ("1st choice", "1st choice"), ("Ost & Übersee", "Ost & Übersee")),
    "attio": (("New business", "New business"), ("1st choice", "1st choice"), ("Ost & Übersee", "Ost & Übersee")),
    "twenty": (("NEW_BUSINESS", "New Business"), ("FIRST", "1st choice"), ("OST_UBERSEE", "Ost & Übersee")),
}
"""Options of a field that is there already, as the adapters give them: stored value, label."""


@pytest.mark.parametrize("crm", NEW)
@pytest.mark.parametrize("kind", [Kind.CHOICE, Kind.CHOICES])
def test_options_of_a_new_field(crm: str, kind: Kind) -> None:
    source = Field(name="tier", label="Tier", kind=kind, vendor_type="", options=OURS, custom=True)
    target = ObjectSchema(crm=crm, name="x", label="X", plural="Xs", fields=())
    change = copy_of(source, target, capabilities(crm), "kept")
    mapping = mapping_to(change, source, capabilities(crm))
    assert (mapping.value_map or {one.value: one.value for one in OURS}) == NEW[crm]
    assert {one.value for one in change.field.options} == set(NEW[crm].values())
    assert [one.label for one in change.field.options] == [one.label for one in OURS]


@pytest.mark.parametrize("crm", THERE)
def test_value_maps_point_at_what_is_stored(crm: str) -> None:
    theirs = [Option(value=value, label=label) for value, label in THERE[crm]]
    found = match_options(OURS, theirs)
    values = [value for value, _ in THERE[crm]]
    assert found.sure == dict(zip([one.value for one in OURS], values, strict=True))
    assert not found.unmatched


def test_two_options_that_a_crm_would_store_alike_stay_two() -> None:
    alike = (Option(value="a-b", label="A-B"), Option(value="a b", label="A B"), Option(value="x", label="A B"))
    source = Field(name="tier", label="Tier", kind=Kind.CHOICE, vendor_type="", options=alike, custom=True)
    target = ObjectSchema(crm="twenty", name="x", label="X", plural="Xs", fields=())
    change = copy_of(source, target, capabilities("twenty"), "kept")
    assert [one.value for one in change.field.options] == ["A_B", "A_B_2"]
    assert mapping_to(change, source, capabilities("twenty")).value_map == {"a-b": "A_B", "a b": "A_B_2", "x": "A_B_2"}
