"""Single records and lists as HubSpot answers them (doc "Objects API")."""

from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest

from sdrbot_skills import lab

CONTACTS = "/crm/v3/objects/contacts"


def embedded(answer: httpx.Response) -> list[dict[str, Any]]:
    """The JSON inside the message of a refused write."""
    frame, _, text = answer.json()["message"].partition(": ")
    assert frame == "Property values were not valid"
    problems: list[dict[str, Any]] = orjson.loads(text)
    return problems


def test_a_created_record_comes_back_as_text_with_the_default_properties(http: httpx.Client) -> None:
    answer = http.post(CONTACTS, json={"properties": {"email": " Ada@Example.COM ", "hs_lead_status": "NEW"}})
    assert answer.status_code == 201
    assert answer.json()["properties"]["email"] == "ada@example.com"
    shown = http.get(f"{CONTACTS}/{answer.json()['id']}").json()
    assert sorted(shown["properties"]) == [
        "createdate",
        "email",
        "firstname",
        "hs_object_id",
        "lastmodifieddate",
        "lastname",
    ]
    assert shown["properties"]["firstname"] is None
    assert shown["id"] == shown["properties"]["hs_object_id"]


def test_only_asked_properties_come_and_unknown_names_are_passed_over(
    http: httpx.Client, create: Callable[..., str]
) -> None:
    record = create("contacts", email="a@b.example", phone="1", city="Ulm")
    repeated = http.get(f"{CONTACTS}/{record}?properties=phone&properties=nonsense").json()
    joined = http.get(f"{CONTACTS}/{record}?properties=phone,fax").json()
    always = {"createdate", "hs_object_id", "lastmodifieddate"}
    assert set(repeated["properties"]) == {"phone"} | always
    assert set(joined["properties"]) == {"phone", "fax"} | always
    assert joined["properties"]["fax"] is None


def test_every_problem_of_a_row_is_told_as_json_inside_the_message(http: httpx.Client) -> None:
    given = {
        "foo": "1",
        "hs_lead_status": "New",
        "email": "not an address",
        "hs_email_optout": "true",
        "lifecyclestage": "Lead",
    }
    answer = http.post(CONTACTS, json={"properties": given})
    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"
    assert answer.json()["correlationId"]
    assert {problem["name"]: problem["error"] for problem in embedded(answer)} == {
        "foo": "PROPERTY_DOESNT_EXIST",
        "hs_lead_status": "INVALID_OPTION",
        "lifecyclestage": "INVALID_OPTION",
        "email": "INVALID_EMAIL",
        "hs_email_optout": "READ_ONLY_VALUE",
    }


@pytest.mark.parametrize(
    ("kind", "name", "value", "error"),
    [
        ("companies", "numberofemployees", "1,200", "INVALID_LONG"),
        ("deals", "closedate", "next week", "INVALID_DATE"),
        ("contacts", "firstname", "see https://spam.example", "INVALID_NAME"),
        ("contacts", "message", "x" * 65_537, "VALUE_TOO_LONG"),
        ("companies", "is_public", "Yes", "INVALID_OPTION"),
        ("contacts", "hubspot_owner_id", "9000051", "INVALID_OWNER_ID"),
        ("contacts", "createdate", "2020-01-01", "READ_ONLY_VALUE"),
        ("deals", "dealstage", "Closed Won", "INVALID_OPTION"),
    ],
)
def test_a_bad_value_is_refused(http: httpx.Client, kind: str, name: str, value: str, error: str) -> None:
    answer = http.post(f"/crm/v3/objects/{kind}", json={"properties": {name: value}})
    assert answer.status_code == 400
    assert [(p["name"], p["error"]) for p in embedded(answer)] == [(name, error)]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1704067200000", "2024-01-01T00:00:00Z"),
        ("2024-01-01T10:00:00+02:00", "2024-01-01T08:00:00Z"),
        ("2024-01-01T10:00:00", "2024-01-01T10:00:00Z"),
        ("1704067200", "1970-01-20T17:21:07.200Z"),
        ("2024-01-01", "2024-01-01T00:00:00Z"),
    ],
)
def test_instants_are_shown_in_utc_and_seconds_land_in_1970(
    http: httpx.Client, create: Callable[..., str], written: str, read: str
) -> None:
    record = create("deals", dealname="D", closedate=written)
    assert http.get(f"/crm/v3/objects/deals/{record}").json()["properties"]["closedate"] == read


def test_a_date_in_milliseconds_must_be_midnight(http: httpx.Client, create: Callable[..., str]) -> None:
    field = {"name": "renewed_on", "label": "R", "type": "date", "fieldType": "date", "groupName": "dealinformation"}
    assert http.post("/crm/v3/properties/deals", json=field).status_code == 201
    record = create("deals", renewed_on="1704067200000")
    shown = http.get(f"/crm/v3/objects/deals/{record}?properties=renewed_on").json()
    assert shown["properties"]["renewed_on"] == "2024-01-01"
    answer = http.post("/crm/v3/objects/deals", json={"properties": {"renewed_on": "1635535865"}})
    assert embedded(answer)[0]["message"] == "1635535865 is at 22:18:55.865 UTC, not midnight!"


def test_empty_text_clears_and_false_is_a_value(http: httpx.Client, create: Callable[..., str]) -> None:
    record = create("companies", name="N", phone="1", is_public=False)
    http.patch(f"/crm/v3/objects/companies/{record}", json={"properties": {"phone": ""}})
    shown = http.get(f"/crm/v3/objects/companies/{record}?properties=phone,is_public").json()["properties"]
    assert shown["phone"] is None
    assert shown["is_public"] == "false"


def test_email_is_unique_over_case_and_secondary_addresses(http: httpx.Client, create: Callable[..., str]) -> None:
    first = create("contacts", email="ada@example.com", hs_additional_emails="Ada.Two@example.com")
    for taken in ("ADA@example.com", "ada.two@example.com"):
        answer = http.post(CONTACTS, json={"properties": {"email": taken}})
        assert answer.status_code == 409
        assert answer.json()["category"] == "CONFLICT"
        assert answer.json()["message"] == f"Contact already exists. Existing ID: {first}"
    assert http.get(f"{CONTACTS}/ada.two%40example.com?idProperty=email").json()["id"] == first
    http.delete(f"{CONTACTS}/{first}")
    assert create("contacts", email="ada@example.com") != first


def test_companies_have_no_unique_domain(create: Callable[..., str]) -> None:
    assert create("companies", domain="https://www.acme.example/x") != create("companies", domain="acme.example")


def test_lifecycle_stage_moves_forward_only_and_says_nothing(http: httpx.Client, create: Callable[..., str]) -> None:
    record = create("contacts", lifecyclestage="customer")

    def stage(value: str) -> str | None:
        answer = http.patch(f"{CONTACTS}/{record}", json={"properties": {"lifecyclestage": value}})
        assert answer.status_code == 200
        shown = http.get(f"{CONTACTS}/{record}?properties=lifecyclestage").json()
        return shown["properties"]["lifecyclestage"]

    assert stage("lead") == "customer"
    assert stage("") is None
    assert stage("lead") == "lead"


def test_choices_replace_unless_they_begin_with_a_semicolon(http: httpx.Client, create: Callable[..., str]) -> None:
    record = create("contacts", hs_buying_role="CHAMPION;BLOCKER")
    http.patch(f"{CONTACTS}/{record}", json={"properties": {"hs_buying_role": "END_USER"}})
    answer = http.patch(f"{CONTACTS}/{record}", json={"properties": {"hs_buying_role": ";OTHER"}})
    assert answer.json()["properties"]["hs_buying_role"] == "END_USER;OTHER"


def test_a_stage_must_belong_to_its_pipeline(http: httpx.Client, create: Callable[..., str]) -> None:
    wrong = {"dealname": "D", "pipeline": "default", "dealstage": "2001001"}
    assert http.post("/crm/v3/objects/deals", json={"properties": wrong}).status_code == 400
    record = create("deals", dealname="D", pipeline="2001000", dealstage="2001003", amount="17.50")
    asked = "properties=hs_is_closed_won,hs_deal_stage_probability,amount"
    shown = http.get(f"/crm/v3/objects/deals/{record}?{asked}").json()["properties"]
    assert (shown["hs_is_closed_won"], shown["hs_deal_stage_probability"]) == ("true", "1.0")
    assert shown["amount"] == "17.50"


def test_lists_go_by_id_and_end_without_paging(http: httpx.Client, create: Callable[..., str]) -> None:
    ids = [create("companies", name=f"C{number}") for number in range(5)]
    first = http.get("/crm/v3/objects/companies?limit=3").json()
    after = first["paging"]["next"]["after"]
    second = http.get(f"/crm/v3/objects/companies?limit=3&after={after}").json()
    assert [row["id"] for row in first["results"] + second["results"]] == ids
    assert "paging" not in second
    assert http.get("/crm/v3/objects/companies?limit=101").status_code == 400
    exact = http.get("/crm/v3/objects/companies?limit=5").json()
    assert "paging" not in exact


def test_the_cursor_is_the_last_id_seen(http: httpx.Client, create: Callable[..., str]) -> None:
    ids = [create("companies", name=f"C{number}") for number in range(3)]
    after = http.get("/crm/v3/objects/companies?limit=2").json()["paging"]["next"]["after"]
    assert after == ids[1]


def test_too_many_properties_make_the_address_too_long(http: httpx.Client) -> None:
    answer = http.get(CONTACTS, params={"properties": [f"a_long_property_name_{n}" for n in range(800)]})
    assert answer.status_code == 414
    assert answer.text.startswith("<html>")


def test_automation_can_make_companies_nobody_sent(
    http: httpx.Client, hubspot: lab.Emulator, create: Callable[..., str]
) -> None:
    hubspot.control("settings", auto_companies=True)
    known = create("companies", domain="known.example")
    first, second = create("contacts", email="a@known.example"), create("contacts", email="b@new.example")
    asked = "properties=associatedcompanyid"
    assert http.get(f"{CONTACTS}/{first}?{asked}").json()["properties"]["associatedcompanyid"] == known
    phantom = http.get(f"{CONTACTS}/{second}?{asked}").json()["properties"]["associatedcompanyid"]
    assert http.get(f"/crm/v3/objects/companies/{phantom}").json()["properties"]["domain"] == "new.example"


def test_archived_records_show_only_on_request(http: httpx.Client, create: Callable[..., str]) -> None:
    record = create("companies", name="Gone")
    assert http.delete(f"/crm/v3/objects/companies/{record}").status_code == 204
    assert http.delete(f"/crm/v3/objects/companies/{record}").status_code == 204
    missing = http.get(f"/crm/v3/objects/companies/{record}")
    assert missing.status_code == 404
    assert missing.json()["message"] == "resource not found"
    assert "category" not in missing.json()
    assert http.get("/crm/v3/objects/companies").json()["results"] == []
    binned = http.get("/crm/v3/objects/companies?archived=true").json()["results"]
    assert [(row["id"], row["archived"]) for row in binned] == [(record, True)]


def test_merging_keeps_the_old_id_and_address_reachable(http: httpx.Client, create: Callable[..., str]) -> None:
    keep, lose = create("contacts", email="a@x.example"), create("contacts", email="b@x.example", phone="5")
    company = create("companies", name="C")
    http.put(f"/crm/v4/objects/contacts/{lose}/associations/default/companies/{company}")
    answer = http.post(f"{CONTACTS}/merge", json={"primaryObjectId": keep, "objectIdToMerge": lose})
    assert answer.status_code == 200
    shown = http.get(f"{CONTACTS}/{lose}?properties=phone,hs_merged_object_ids,hs_additional_emails").json()
    assert shown["id"] == keep
    assert shown["properties"]["phone"] == "5"
    assert shown["properties"]["hs_merged_object_ids"] == lose
    assert shown["properties"]["hs_additional_emails"] == "b@x.example"
    linked = http.get(f"/crm/v4/objects/contacts/{keep}/associations/companies").json()
    assert [row["toObjectId"] for row in linked["results"]] == [int(company)]


def test_create_with_associations_to_nowhere_fails_whole(http: httpx.Client, hubspot: lab.Emulator) -> None:
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}
    body = {"properties": {"email": "a@b.example"}, "associations": [{"to": {"id": "99"}, "types": [spec]}]}
    assert http.post(CONTACTS, json=body).status_code == 400
    assert hubspot.writes() == {}


def test_gdpr_delete_leaves_nothing_in_the_bin(http: httpx.Client, create: Callable[..., str]) -> None:
    create("contacts", email="gone@example.com")
    body = {"objectId": "gone@example.com", "idProperty": "email"}
    assert http.post(f"{CONTACTS}/gdpr-delete", json=body).status_code == 204
    assert http.get(f"{CONTACTS}?archived=true").json()["results"] == []


def test_the_three_versions_speak_of_the_same_records(http: httpx.Client, create: Callable[..., str]) -> None:
    record = create("contacts", email="a@b.example")
    for path in ("/crm/objects/2026-03/contacts", "/crm/objects/2026-09/contacts", "/crm/v3/objects/0-1"):
        assert http.get(f"{path}/{record}").json()["id"] == record
    assert http.get(f"/crm/objects/2026-03/contacts/{record}").json()["url"].endswith(f"/record/0-1/{record}")


def test_2026_09_enforces_required_rules_that_v3_does_not(http: httpx.Client, hubspot: lab.Emulator) -> None:
    rule = {"if": {"dealstage": "closedlost"}, "then": ["closed_lost_reason"]}
    hubspot.control("required", type="deals", create=["dealname", "amount"], conditional=[rule])
    given = {"properties": {"dealname": "D", "dealstage": "closedlost"}}
    assert http.post("/crm/v3/objects/deals", json=given).status_code == 201
    assert http.post("/crm/objects/2026-03/deals", json=given).status_code == 201
    answer = http.post("/crm/objects/2026-09/deals", json=given)
    assert answer.status_code == 400
    codes = {p["context"]["propertyName"][0]: p["code"] for p in answer.json()["errors"]}
    assert codes == {
        "amount": "MISSING_REQUIRED_PROPERTY",
        "closed_lost_reason": "MISSING_CONDITIONAL_REQUIRED_PROPERTY",
    }


def test_a_lead_needs_somebody(http: httpx.Client, create: Callable[..., str]) -> None:
    contact = create("contacts", email="a@b.example")
    given: dict[str, Any] = {"properties": {"hs_lead_name": "L"}}
    assert http.post("/crm/v3/objects/leads", json=given).status_code == 400
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 608}
    given["associations"] = [{"to": {"id": contact}, "types": [spec]}]
    assert http.post("/crm/v3/objects/leads", json=given).status_code == 201


def test_malformed_json_is_told_with_its_place(http: httpx.Client) -> None:
    answer = http.post(CONTACTS, content=b'{"properties": ', headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Invalid input JSON on line 1, column ")
