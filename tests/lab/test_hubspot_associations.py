"""Associations as HubSpot answers them (doc "Associations API v4")."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

BASE = "/crm/v4/associations/contacts/companies"


def typed(*ids: int, category: str = "HUBSPOT_DEFINED") -> list[dict[str, Any]]:
    return [{"associationCategory": category, "associationTypeId": type_id} for type_id in ids]


def pair(source: str, target: str, *ids: int) -> dict[str, Any]:
    return {"from": {"id": source}, "to": {"id": target}, "types": typed(*ids)}


@pytest.fixture
def contact(create: Callable[..., str]) -> str:
    return create("contacts", email="a@x.example")


@pytest.fixture
def company(create: Callable[..., str]) -> str:
    return create("companies", name="C")


def types_of(http: httpx.Client, source: str, record: str, target: str) -> dict[int, list[int]]:
    answer = http.get(f"/crm/v4/objects/{source}/{record}/associations/{target}").json()
    return {row["toObjectId"]: [one["typeId"] for one in row["associationTypes"]] for row in answer["results"]}


def test_both_directions_have_their_own_type_ids(http: httpx.Client, contact: str, company: str) -> None:
    answer = http.post(f"{BASE}/batch/create", json={"inputs": [pair(contact, company, 1)]})
    assert answer.status_code == 201
    assert answer.json()["results"][0]["labels"] == ["Primary"]
    assert types_of(http, "contacts", contact, "companies") == {int(company): [1, 279]}
    assert types_of(http, "companies", company, "contacts") == {int(contact): [2, 280]}
    shown = http.get(f"/crm/v3/objects/contacts/{contact}?properties=associatedcompanyid").json()
    assert shown["properties"]["associatedcompanyid"] == company


def test_a_type_of_the_other_direction_is_refused(http: httpx.Client, contact: str, company: str) -> None:
    body = {"inputs": [{"from": {"id": company}, "to": {"id": contact}, "types": typed(279)}]}
    assert http.post("/crm/v4/associations/companies/contacts/batch/create", json=body).status_code == 400


def test_the_unlabelled_type_alone_makes_no_primary_company(http: httpx.Client, contact: str, company: str) -> None:
    http.post(f"{BASE}/batch/create", json={"inputs": [pair(contact, company, 279)]})
    shown = http.get(f"/crm/v3/objects/contacts/{contact}?properties=associatedcompanyid").json()
    assert shown["properties"]["associatedcompanyid"] is None


@pytest.mark.parametrize("together", [True, False])
def test_a_new_primary_company_demotes_the_old_one(
    http: httpx.Client, contact: str, company: str, create: Callable[..., str], together: bool
) -> None:
    other = create("companies", name="Other")
    first, second = pair(contact, company, 1), pair(contact, other, 1)
    for inputs in [[first, second]] if together else [[first], [second]]:
        assert http.post(f"{BASE}/batch/create", json={"inputs": inputs}).status_code == 201
    assert types_of(http, "contacts", contact, "companies") == {int(company): [279], int(other): [1, 279]}
    assert types_of(http, "companies", company, "contacts") == {int(contact): [280]}


def test_linking_again_succeeds_and_unknown_ends_fail_alone(http: httpx.Client, contact: str, company: str) -> None:
    good = pair(contact, company, 279)
    for _ in range(2):
        assert http.post(f"{BASE}/batch/create", json={"inputs": [good]}).status_code == 201
    answer = http.post(f"{BASE}/batch/create", json={"inputs": [good, pair(contact, "99", 279)]})
    assert answer.status_code == 207
    assert (len(answer.json()["results"]), answer.json()["numErrors"]) == (1, 1)
    assert answer.json()["errors"][0]["context"]["toObjectId"] == ["99"]


def test_batch_read_names_records_without_associations(http: httpx.Client, contact: str, company: str) -> None:
    answer = http.post(f"{BASE}/batch/read", json={"inputs": [{"id": contact}]})
    assert answer.status_code == 207
    assert answer.json()["errors"][0]["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    http.post(f"{BASE}/batch/associate/default", json={"inputs": [pair(contact, company)]})
    answer = http.post(f"{BASE}/batch/read", json={"inputs": [{"id": contact}]})
    assert answer.status_code == 200
    (row,) = answer.json()["results"]
    assert row["from"] == {"id": contact}
    assert row["to"][0]["associationTypes"] == [{"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None}]


@pytest.mark.parametrize(("path", "most"), [("read", 1000), ("create", 2000)])
def test_batch_sizes(http: httpx.Client, path: str, most: int) -> None:
    inputs = [{"id": str(n), **pair(str(n), "1", 279)} for n in range(most + 1)]
    assert http.post(f"{BASE}/batch/{path}", json={"inputs": inputs}).status_code == 400
    assert http.post(f"{BASE}/batch/{path}", json={"inputs": inputs[1:]}).status_code == 207


@pytest.mark.parametrize(("path", "status"), [("/crm/v4/associations", 204), ("/crm/associations/2026-03", 200)])
def test_archiving_takes_all_types_of_a_pair(
    http: httpx.Client, contact: str, company: str, path: str, status: int
) -> None:
    http.post(f"{BASE}/batch/create", json={"inputs": [pair(contact, company, 1)]})
    body = {"inputs": [{"from": {"id": contact}, "to": [{"id": company}]}]}
    assert http.post(f"{path}/contacts/companies/batch/archive", json=body).status_code == status
    assert types_of(http, "companies", company, "contacts") == {}


def test_labels_have_an_id_per_direction_and_add_to_what_is_there(
    http: httpx.Client, contact: str, company: str
) -> None:
    given = {"name": "billing", "label": "Billing contact", "inverseLabel": "Bills to"}
    made = http.post(f"{BASE}/labels", json=given)
    assert made.status_code == 200
    forward, backward = (row["typeId"] for row in made.json()["results"])
    assert http.post(f"{BASE}/labels", json=given).status_code == 409
    row = {**pair(contact, company), "types": typed(forward, category="USER_DEFINED")}
    http.post(f"{BASE}/batch/create", json={"inputs": [pair(contact, company, 1), row]})
    assert sorted(types_of(http, "contacts", contact, "companies")[int(company)]) == sorted([1, 279, forward])
    assert backward in types_of(http, "companies", company, "contacts")[int(contact)]
    listed = http.get("/crm/associations/v4/companies/contacts/labels").json()["results"]
    assert {"category": "USER_DEFINED", "typeId": backward, "label": "Bills to"} in listed
    gone = {"inputs": [{**pair(contact, company), "types": typed(forward, category="USER_DEFINED")}]}
    assert http.post(f"{BASE}/batch/labels/archive", json=gone).status_code == 204
    assert types_of(http, "contacts", contact, "companies") == {int(company): [1, 279]}
    plain = {"inputs": [{**pair(contact, company), "types": typed(279)}]}
    http.post(f"{BASE}/batch/labels/archive", json=plain)
    assert types_of(http, "contacts", contact, "companies") == {}
    assert http.delete(f"{BASE}/labels/{forward}").status_code == 204


def test_inline_associations_name_a_primary_company_twice(http: httpx.Client, contact: str, company: str) -> None:
    http.put(f"/crm/v4/objects/contacts/{contact}/associations/companies/{company}", json=typed(1))
    shown = http.get(f"/crm/v3/objects/contacts/{contact}?associations=companies").json()
    assert shown["associations"]["companies"]["results"] == [
        {"id": company, "type": "contact_to_company"},
        {"id": company, "type": "contact_to_company_unlabeled"},
    ]


def test_many_associations_come_in_pages(http: httpx.Client, company: str) -> None:
    ids: list[str] = []
    for part in range(6):
        inputs = [{"properties": {"email": f"p{part}-{n}@x.example"}} for n in range(100)]
        made = http.post("/crm/v3/objects/contacts/batch/create", json={"inputs": inputs}).json()["results"]
        ids += [row["id"] for row in made]
    http.post(f"{BASE}/batch/create", json={"inputs": [pair(contact, company, 279) for contact in ids]})
    inline = http.get(f"/crm/v3/objects/companies/{company}?associations=contacts").json()["associations"]["contacts"]
    assert len(inline["results"]) == 100
    assert inline["paging"]["next"]["after"]
    path = f"/crm/v4/objects/companies/{company}/associations/contacts"
    first = http.get(path).json()
    rest = http.get(f"{path}?after={first['paging']['next']['after']}").json()
    assert {str(row["toObjectId"]) for row in first["results"] + rest["results"]} == set(ids)
    assert (len(first["results"]), len(rest["results"])) == (500, 100)
    batch = {"inputs": [{"id": company, "after": first["paging"]["next"]["after"]}]}
    read = http.post("/crm/v4/associations/companies/contacts/batch/read", json=batch).json()["results"][0]
    assert len(read["to"]) == 100


def test_deleting_a_record_takes_its_associations_away(http: httpx.Client, contact: str, company: str) -> None:
    http.put(f"/crm/v4/objects/contacts/{contact}/associations/default/companies/{company}")
    http.delete(f"/crm/v3/objects/contacts/{contact}")
    assert types_of(http, "companies", company, "contacts") == {}
