"""Property definitions, groups, pipelines, owners and schemas as HubSpot answers them."""

from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest

from sdrbot_skills import lab

BASE = "/crm/v3/properties/contacts"


def field(name: str = "tier", **more: Any) -> dict[str, Any]:
    options = [{"label": label, "value": label.lower()} for label in ("Gold", "Silver")]
    given = {"name": name, "label": name, "type": "enumeration", "fieldType": "select", "options": options}
    return {**given, "groupName": "contactinformation", **more}


def test_standard_definitions_are_complete(http: httpx.Client) -> None:
    found = {row["name"]: row for row in http.get(BASE).json()["results"]}
    stage = found["lifecyclestage"]
    assert [option["value"] for option in stage["options"]][:2] == ["subscriber", "lead"]
    assert found["hs_email_optout"]["modificationMetadata"]["readOnlyValue"] is True
    assert found["hubspot_owner_id"]["referencedObjectType"] == "OWNER"
    assert found["hs_object_id"]["type"] == "number"
    assert not [row["name"] for row in found.values() if "required" in row]
    industries = http.get("/crm/v3/properties/companies/industry").json()["options"]
    assert {"COMPUTER_SOFTWARE", "BANKING"} <= {option["value"] for option in industries}


def test_creating_reading_archiving_and_bringing_back(http: httpx.Client) -> None:
    assert http.post(BASE, json=field()).status_code == 201
    again = http.post(BASE, json=field())
    assert again.status_code == 409
    assert again.json()["category"] == "OBJECT_ALREADY_EXISTS"
    assert again.json()["subCategory"] == "Properties.PROPERTY_WITH_NAME_EXISTS"
    assert http.delete(f"{BASE}/tier").status_code == 204
    missing = http.get(f"{BASE}/tier")
    assert (missing.status_code, missing.json()["category"]) == (404, "OBJECT_NOT_FOUND")
    assert http.get(f"{BASE}/tier?archived=true").json()["archived"] is True
    restored = http.post(BASE, json=field(label="Tier again"))
    assert (restored.status_code, restored.json()["label"]) == (201, "Tier again")


def test_a_new_definition_can_be_read_a_moment_later_only(http: httpx.Client, hubspot: lab.Emulator) -> None:
    hubspot.control("property-lag", seconds=30)
    assert http.post(BASE, json=field()).status_code == 201
    assert http.get(f"{BASE}/tier").status_code == 404
    assert http.post("/crm/v3/objects/contacts", json={"properties": {"tier": "gold"}}).status_code == 201
    hubspot.advance_clock(31)
    assert http.get(f"{BASE}/tier").status_code == 200
    hubspot.control("property-lag", seconds=0)


def test_patching_options_replaces_them_and_leaves_orphans(http: httpx.Client, create: Callable[..., str]) -> None:
    http.post(BASE, json=field())
    record = create("contacts", email="a@x.example", tier="gold")
    assert len(http.patch(f"{BASE}/tier", json={"label": "T"}).json()["options"]) == 2
    http.patch(f"{BASE}/tier", json={"options": [{"label": "Bronze", "value": "bronze"}]})
    options = http.get(f"{BASE}/tier").json()["options"]
    assert [option["value"] for option in options] == ["bronze"]
    shown = http.get(f"/crm/v3/objects/contacts/{record}?properties=tier").json()
    assert shown["properties"]["tier"] == "gold"
    refused = http.post("/crm/v3/objects/contacts", json={"properties": {"tier": "gold"}})
    assert refused.status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Tier"},
        {"name": "1tier"},
        {"name": "x" * 101},
        {"label": ""},
        {"fieldType": "text"},
        {"type": "picture"},
        {"groupName": "nowhere"},
        {"options": []},
        {"options": [{"label": "A", "value": "a"}, {"label": "B", "value": "a"}]},
    ],
)
def test_what_a_new_property_may_not_be(http: httpx.Client, wrong: dict[str, Any]) -> None:
    answer = http.post(BASE, json=field(**wrong) if "name" not in wrong else {**field(), **wrong})
    assert answer.status_code == 400


def test_at_most_ten_unique_properties_and_uniqueness_cannot_be_added(http: httpx.Client) -> None:
    plain = {"type": "string", "fieldType": "text", "options": []}
    for number in range(10):
        made = http.post(BASE, json=field(f"key_{number}", hasUniqueValue=True, **plain))
        assert made.status_code == 201
    assert http.post(BASE, json=field("key_10", hasUniqueValue=True, **plain)).status_code == 400
    http.post(BASE, json=field("plain", **plain))
    changed = http.patch(f"{BASE}/plain", json={"hasUniqueValue": True, "name": "other"}).json()
    assert (changed["name"], changed["hasUniqueValue"]) == ("plain", False)


def test_standard_properties_stay(http: httpx.Client) -> None:
    assert http.delete(f"{BASE}/email").status_code == 400
    assert http.patch(f"{BASE}/email", json={"label": "Mail"}).status_code == 400
    stage = http.get(f"{BASE}/hs_lead_status").json()
    more = [*stage["options"], {"label": "Later", "value": "LATER"}]
    assert http.patch(f"{BASE}/hs_lead_status", json={"options": more}).status_code == 200


def test_batches_of_definitions(http: httpx.Client) -> None:
    inputs = [field("one"), field("two"), field("email")]
    made = http.post(f"{BASE}/batch/create", json={"inputs": inputs})
    assert (made.status_code, made.json()["numErrors"]) == (207, 1)
    read = http.post(f"{BASE}/batch/read", json={"archived": False, "inputs": [{"name": "one"}, {"name": "two"}]})
    assert (read.status_code, len(read.json()["results"])) == (200, 2)
    assert http.post(f"{BASE}/batch/archive", json={"inputs": [{"name": "one"}]}).status_code == 204


def test_a_group_in_use_is_refused_with_json_in_the_message(http: httpx.Client) -> None:
    assert http.post(f"{BASE}/groups", json={"name": "mig", "label": "Migration"}).status_code == 201
    http.post(BASE, json=field(groupName="mig"))
    answer = http.delete(f"{BASE}/groups/mig")
    assert answer.status_code == 400
    assert answer.json()["subCategory"] == "PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES"
    assert orjson.loads(answer.json()["message"])["properties"] == ["tier"]
    http.delete(f"{BASE}/tier")
    assert http.delete(f"{BASE}/groups/mig").status_code == 204
    assert "contactinformation" in {row["name"] for row in http.get(f"{BASE}/groups").json()["results"]}


def test_pipelines_and_stages(http: httpx.Client, create: Callable[..., str]) -> None:
    base = "/crm/v3/pipelines/deals"
    stages = [{"label": "Open", "metadata": {"probability": "0.5"}, "displayOrder": 0}]
    made = http.post(base, json={"label": "Partners", "displayOrder": 3, "stages": stages})
    assert made.status_code == 201
    pipeline, stage = made.json()["id"], made.json()["stages"][0]["id"]
    wrong = http.post(f"{base}/{pipeline}/stages", json={"label": "X", "metadata": {"probability": "0.55"}})
    assert wrong.status_code == 400
    won = http.post(f"{base}/{pipeline}/stages", json={"label": "Won", "metadata": {"probability": "1.0"}})
    assert (won.status_code, won.json()["metadata"]["isClosed"]) == (201, "true")
    create("deals", dealname="D", pipeline=pipeline, dealstage=stage)
    assert http.delete(f"/crm/pipelines/2026-09/deals/{pipeline}").status_code == 400
    assert http.delete(f"{base}/{pipeline}?validateDealStageUsagesBeforeDelete=true").status_code == 400
    assert http.delete(f"{base}/{pipeline}").status_code == 204
    labels = [row["label"] for row in http.get(base).json()["results"]]
    assert labels == ["Sales Pipeline", "Renewals"]


def test_owners_by_id_user_and_address(http: httpx.Client) -> None:
    owners = http.get("/crm/v3/owners/?limit=2").json()
    assert [row["id"] for row in owners["results"]] == ["51", "52"]
    rest = http.get(f"/crm/v3/owners?after={owners['paging']['next']['after']}").json()
    assert [row["id"] for row in rest["results"]] == ["53", "54"]
    (archived,) = http.get("/crm/v3/owners/?archived=true").json()["results"]
    assert archived["id"] == "55"
    assert archived["userIdIncludingInactive"] == 9000055
    assert http.get("/crm/v3/owners/9000052?idProperty=userId").json()["id"] == "52"
    mail = "priya.raman@northwind-practice.example"
    assert http.get("/crm/owners/2026-03", params={"email": mail}).json()["results"][0]["id"] == "53"
    assert http.get("/crm/v3/owners/1").status_code == 404


def test_a_custom_object_can_be_made_and_filled(http: httpx.Client) -> None:
    body = {
        "name": "car",
        "labels": {"singular": "Car", "plural": "Cars"},
        "primaryDisplayProperty": "vin",
        "requiredProperties": ["vin"],
        "properties": [{"name": "vin", "label": "VIN", "type": "string", "fieldType": "text", "hasUniqueValue": True}],
        "associatedObjects": ["CONTACT"],
    }
    made = http.post("/crm-object-schemas/v3/schemas", json=body)
    assert made.status_code == 201
    kind = made.json()["objectTypeId"]
    record = http.post(f"/crm/v3/objects/{kind}", json={"properties": {"vin": "W1"}}).json()["id"]
    by_name = http.get(f"/crm/v3/objects/{made.json()['fullyQualifiedName']}/W1?idProperty=vin")
    assert by_name.json()["id"] == record
    assert http.delete(f"/crm-object-schemas/v3/schemas/{kind}").status_code == 400
    http.delete(f"/crm/v3/objects/{kind}/{record}").raise_for_status()
    assert http.delete(f"/crm-object-schemas/v3/schemas/{kind}").status_code == 204
    assert http.get(f"/crm-object-schemas/v3/schemas/{kind}").status_code == 400
    assert http.get("/crm-object-schemas/v3/schemas").json()["results"] == []
    assert http.post("/crm-object-schemas/v3/schemas", json=body).status_code == 409, "its name stays taken"
    assert http.delete(f"/crm-object-schemas/v3/schemas/{kind}?archived=true").status_code == 204
    assert http.post("/crm-object-schemas/v3/schemas", json=body).status_code == 201


def test_validation_rules_tell_the_longest_text(http: httpx.Client) -> None:
    rules = http.get("/crm/v3/property-validations/0-1/firstname").json()["results"]
    assert rules[0]["ruleType"] == "MAX_LENGTH"
    assert rules[0]["ruleArguments"] == ["65536"]
