"""Batches as HubSpot answers them: all or nothing, or row by row with trace ids (doc "Error handling")."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sdrbot_skills import lab

BASE = "/crm/v3/objects/contacts/batch"
UNIQUE = {
    "name": "migration_source_id",
    "label": "Source ID",
    "type": "string",
    "fieldType": "text",
    "groupName": "contactinformation",
    "hasUniqueValue": True,
}


def rows(*emails: str, trace: bool = False, **more: Any) -> dict[str, Any]:
    inputs = [{"properties": {"email": email}, **more} for email in emails]
    for number, row in enumerate(inputs if trace else ()):
        row["objectWriteTraceId"] = f"row-{number}"
    return {"inputs": inputs}


@pytest.fixture
def key(http: httpx.Client) -> str:
    """A unique custom property, as a migration makes it."""
    assert http.post("/crm/v3/properties/contacts", json=UNIQUE).status_code == 201
    return "migration_source_id"


def upsert(http: httpx.Client, key: str, *inputs: tuple[str, dict[str, Any]], trace: bool = True) -> httpx.Response:
    listed = [
        {"id": value, "idProperty": key, "properties": given, **({"objectWriteTraceId": f"t{i}"} if trace else {})}
        for i, (value, given) in enumerate(inputs)
    ]
    return http.post(f"{BASE}/upsert", json={"inputs": listed})


def test_create_answers_201_in_another_order(http: httpx.Client) -> None:
    emails = [f"p{number}@x.example" for number in range(9)]
    answer = http.post(f"{BASE}/create", json=rows(*emails))
    assert answer.status_code == 201
    assert answer.json()["status"] == "COMPLETE"
    told = [row["properties"]["email"] for row in answer.json()["results"]]
    assert sorted(told) == emails
    assert told != emails


def test_one_existing_address_refuses_the_whole_batch(
    http: httpx.Client, hubspot: lab.Emulator, create: Callable[..., str]
) -> None:
    known = create("contacts", email="known@x.example")
    answer = http.post(f"{BASE}/create", json=rows("new@x.example", "KNOWN@x.example"))
    assert answer.status_code == 409
    assert answer.json()["message"] == f"Contact already exists. Existing ID: {known}"
    assert hubspot.writes() == {"contacts/inserted": 1}


def test_with_trace_ids_rows_fail_on_their_own(http: httpx.Client, create: Callable[..., str]) -> None:
    create("contacts", email="known@x.example")
    body = rows("new@x.example", "known@x.example", "bad", "new@x.example", trace=True)
    answer = http.post(f"{BASE}/create", json=body)
    assert answer.status_code == 207
    told = answer.json()
    assert [row["objectWriteTraceId"] for row in told["results"]] == ["row-0"]
    assert told["numErrors"] == 3
    categories = {e["context"]["objectWriteTraceId"][0]: e["category"] for e in told["errors"]}
    assert categories == {"row-1": "CONFLICT", "row-2": "VALIDATION_ERROR", "row-3": "CONFLICT"}


def test_a_repeated_trace_id_is_as_good_as_none(http: httpx.Client) -> None:
    body = rows("new@x.example", "bad")
    for row in body["inputs"]:
        row["objectWriteTraceId"] = "same"
    assert http.post(f"{BASE}/create", json=body).status_code == 400


@pytest.mark.parametrize("operation", ["create", "read", "update", "upsert", "archive"])
def test_a_hundred_and_one_rows_are_too_many(http: httpx.Client, operation: str) -> None:
    inputs = [{"id": str(number), "idProperty": "email", "properties": {}} for number in range(101)]
    assert http.post(f"{BASE}/{operation}", json={"inputs": inputs}).status_code == 400


def test_reading_names_what_is_missing(http: httpx.Client, create: Callable[..., str]) -> None:
    record = create("contacts", email="a@x.example")
    answer = http.post(f"{BASE}/read", json={"properties": ["email"], "inputs": [{"id": record}, {"id": "9"}]})
    assert answer.status_code == 207
    assert [row["id"] for row in answer.json()["results"]] == [record]
    (error,) = answer.json()["errors"]
    assert (error["category"], error["context"]) == ("OBJECT_NOT_FOUND", {"ids": ["9"]})
    by_email = {"idProperty": "email", "inputs": [{"id": "A@x.example"}]}
    assert http.post(f"{BASE}/read", json=by_email).status_code == 200


def test_update_goes_by_record_id_only(http: httpx.Client, create: Callable[..., str]) -> None:
    record = create("contacts", email="a@x.example")
    for field in ("email", "hs_object_id"):
        row = {"id": "a@x.example", "idProperty": field, "properties": {"phone": "1"}}
        answer = http.post(f"{BASE}/update", json={"inputs": [row]})
        assert answer.status_code == 400
        assert "Unable to perform update/upsert by non-unique 0-1 property" in answer.json()["message"]
    row = {"id": record, "properties": {"phone": "1"}}
    assert http.post(f"{BASE}/update", json={"inputs": [row]}).status_code == 200


def test_update_of_an_unknown_id_is_silent_without_trace_ids(http: httpx.Client, hubspot: lab.Emulator) -> None:
    row: dict[str, Any] = {"id": "999999", "properties": {"phone": "1"}}
    silent = http.post(f"{BASE}/update", json={"inputs": [row]})
    assert (silent.status_code, silent.json()["results"]) == (200, [])
    told = http.post(f"{BASE}/update", json={"inputs": [{**row, "objectWriteTraceId": "t"}]})
    assert told.status_code == 207
    assert told.json()["errors"][0]["context"] == {"ids": ["999999"], "objectWriteTraceId": ["t"]}
    assert hubspot.writes() == {}


def test_upsert_creates_then_updates(http: httpx.Client, key: str) -> None:
    first = upsert(http, key, ("sf-1", {"lastname": "A"}), ("sf-2", {"lastname": "B"}))
    assert first.status_code == 200
    assert {row["objectWriteTraceId"]: row["new"] for row in first.json()["results"]} == {"t0": True, "t1": True}
    again = upsert(http, key, ("sf-2", {"lastname": "B2"}), ("sf-3", {"lastname": "C"}))
    assert {row["properties"]["lastname"]: row["new"] for row in again.json()["results"]} == {"B2": False, "C": True}
    assert again.json()["results"][0]["properties"][key].startswith("sf-")


def test_upsert_by_a_property_that_is_not_unique_is_refused(http: httpx.Client, key: str) -> None:
    answer = upsert(http, "lastname", ("A", {}))
    assert answer.status_code == 400
    assert answer.json()["message"] == "Unable to perform update/upsert by non-unique 0-1 property: lastname"
    row = {"id": "acme.example", "idProperty": "domain", "properties": {}}
    assert http.post("/crm/v3/objects/companies/batch/upsert", json={"inputs": [row]}).status_code == 400


def test_two_rows_for_one_record_refuse_the_whole_upsert(
    http: httpx.Client, hubspot: lab.Emulator, create: Callable[..., str]
) -> None:
    create("contacts", email="a@x.example", hs_additional_emails="b@x.example")
    before = hubspot.writes()
    for pair in (("c@x.example", "C@x.example"), ("a@x.example", "b@x.example")):
        answer = upsert(http, "email", *((value, {"phone": "1"}) for value in pair))
        assert answer.status_code == 400
    assert hubspot.writes() == before


def test_an_upserted_row_can_clash_with_another_contact(
    http: httpx.Client, key: str, create: Callable[..., str]
) -> None:
    other = create("contacts", email="taken@x.example")
    answer = upsert(http, key, ("sf-1", {"email": "taken@x.example"}), ("sf-2", {"email": "free@x.example"}))
    assert answer.status_code == 207
    (error,) = answer.json()["errors"]
    assert error["message"] == f"Contact already exists. Existing ID: {other}"
    assert [row["objectWriteTraceId"] for row in answer.json()["results"]] == ["t1"]


def test_a_custom_unique_value_clashes_with_400(http: httpx.Client, key: str, create: Callable[..., str]) -> None:
    create("contacts", email="a@x.example", migration_source_id="sf-1")
    record = create("contacts", email="b@x.example")
    answer = http.patch(f"/crm/v3/objects/contacts/{record}", json={"properties": {key: "sf-1"}})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "CONFLICTING_UNIQUE_VALUE"


def test_a_unique_value_is_free_again_once_changed(http: httpx.Client, key: str, create: Callable[..., str]) -> None:
    first = create("contacts", email="a@x.example", migration_source_id="sf-1")
    http.patch(f"/crm/v3/objects/contacts/{first}", json={"properties": {key: "", "email": "z@x.example"}})
    assert create("contacts", email="a@x.example", migration_source_id="sf-1") != first


def test_archiving_answers_204_for_missing_ids_too(http: httpx.Client, create: Callable[..., str]) -> None:
    record = create("contacts", email="a@x.example")
    body = {"inputs": [{"id": record}, {"id": "999999"}]}
    answer = http.post(f"{BASE}/archive", json=body)
    assert (answer.status_code, answer.content) == (204, b"")


def test_all_rows_of_a_batch_carry_one_timestamp(http: httpx.Client) -> None:
    answer = http.post(f"{BASE}/create", json=rows(*(f"p{number}@x.example" for number in range(100))))
    assert len({row["updatedAt"] for row in answer.json()["results"]}) == 1
