"""Describe answers against real recorded ones: every key, and the facts of each standard field that both have."""

import json
from typing import Any

import pytest

from sdrbot_skills import lab
from tests.lab.salesforce_org import Org
from tests.support import shared_path

OBJECTS = ("Account", "Contact", "Lead", "Opportunity", "OpportunityContactRole")
# Recorded orgs have objects and settings that the lab has not.
OPEN = {("Lead", "Status", "defaultValue"), ("Lead", "Salutation", "picklistValues")}


def recorded(name: str) -> dict[str, Any]:
    return dict(json.loads(shared_path("contracts", "salesforce", "describe", f"{name}.json").read_text()))


def differences(name: str, ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    """Facts that differ in fields which both have; the lab may know fewer fields."""
    found = []
    for field, facts in ours.items():
        for key, value in theirs.get(field, {}).items():
            if facts[key] != value and (name, field, key) not in OPEN:
                found.append(f"{name}.{field}.{key}: lab {facts[key]!r}, recorded {value!r}")
    return found


@pytest.mark.parametrize("name", OBJECTS)
def test_fields_are_as_recorded(org: Org, name: str) -> None:
    contract = recorded(name)
    theirs = {f["name"]: f for f in contract["fields"] if not f["custom"] and not f["name"].endswith("__c")}
    answer = org.call("GET", f"/sobjects/{name}/describe").json()
    ours = {f["name"]: f for f in answer["fields"]}
    assert set(contract) - set(answer) == set()
    assert all(set(facts) == set(theirs["Id"]) for facts in ours.values())
    shared = set(ours) & set(theirs)
    assert len(shared) >= 0.85 * len(theirs), sorted(set(theirs) - set(ours))
    assert differences(name, ours, theirs) == []
    for flag in ("createable", "updateable", "deletable", "queryable", "undeletable", "mergeable", "keyPrefix"):
        assert answer[flag] == contract[flag], flag


def test_person_account_fields_are_as_recorded() -> None:
    contract = recorded("Account.person-accounts")
    theirs = {f["name"]: f for f in contract["fields"] if not f["custom"] and not f["name"].endswith(("__c", "__pc"))}
    with lab.running("salesforce", variants=["person_accounts"]) as emulator, Org(emulator) as org:
        ours = org.described("Account")
    people = {name for name in theirs if name.startswith("Person")}
    assert people <= set(ours)
    facts = ("type", "length", "nillable", "createable", "updateable", "permissionable", "label", "extraTypeInfo")
    for name in people | {"IsPersonAccount", "Name", "LastName", "FirstName"}:
        assert {key: ours[name][key] for key in facts} == {key: theirs[name][key] for key in facts}, name


def test_required_fields_are_the_known_ones(org: Org) -> None:
    for name, required in {
        "Account": {"Name"},
        "Contact": {"LastName"},
        "Lead": {"LastName", "Company"},
        "Opportunity": {"Name", "StageName", "CloseDate"},
    }.items():
        fields = org.described(name).values()
        assert required == {
            f["name"] for f in fields if f["createable"] and not f["nillable"] and not f["defaultedOnCreate"]
        }


def test_describe_is_cacheable_until_the_schema_changes(org: Org) -> None:
    first = org.call("GET", "/sobjects/Lead/describe")
    since = {"If-Modified-Since": first.headers["Last-Modified"]}
    assert org.call("GET", "/sobjects/Lead/describe", headers=since).status_code == 304
    org.lab.advance_clock(2)
    org.field("Lead", "Ext__c")
    assert org.call("GET", "/sobjects/Lead/describe", headers=since).status_code == 200


def test_global_describe_lists_objects(org: Org) -> None:
    listed = org.call("GET", "/sobjects").json()
    assert listed["maxBatchSize"] == 200 and listed["encoding"] == "UTF-8"
    assert set(OBJECTS) < {one["name"] for one in listed["sobjects"]}
    theirs = json.loads(shared_path("contracts", "salesforce", "describe", "_global.trimmed.json").read_text())
    for one in listed["sobjects"]:
        assert set(theirs["sobjects"][0]) <= set(one), one["name"]


def test_opt_out_fields_can_be_hidden_even_from_the_administrator(org: Org) -> None:
    assert "HasOptedOutOfEmail" in org.described("Contact")
    org.variants("hidden_opt_out")
    assert "HasOptedOutOfEmail" not in org.described("Contact")
    hidden = org.rows(
        "SELECT QualifiedApiName FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 'Contact'",
        "/tooling/query",
    )
    assert "HasOptedOutOfEmail" in {row["QualifiedApiName"] for row in hidden}, "tooling shows what FLS hides"
    org.grant("Contact", "HasOptedOutOfEmail")
    assert "HasOptedOutOfEmail" in org.described("Contact")
