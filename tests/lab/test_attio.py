"""The practice Attio: append and replace, uniqueness, required values, both sides of relationships, paging, errors."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sdrbot_skills import lab
from tests.lab.attio_workspace import Workspace
from tests.support import shared_path

PLACE = ("line_1", "line_2", "line_3", "line_4", "locality", "region", "postcode", "country_code", "latitude", "longitude")  # fmt: skip


@pytest.fixture(scope="module")
def emulator() -> Iterator[lab.Emulator]:
    with lab.running("attio") as running:
        yield running


@pytest.fixture
def attio(emulator: lab.Emulator) -> Iterator[Workspace]:
    emulator.reset()
    emulator.control("settings", make_companies=False)
    workspace = Workspace(emulator)
    yield workspace
    workspace.close()


def emails(answer: Any) -> list[str]:
    return [one["email_address"] for one in answer["data"]["values"]["email_addresses"]]


def titles(answer: Any, slug: str) -> list[str]:
    return [one["option"]["title"] for one in answer["data"]["values"][slug]]


def test_three_writes_differ_in_what_they_do_to_lists(attio: Workspace) -> None:
    attio.attribute("people", "tags", "select", is_multiselect=True)
    for title in "xyz":
        attio.call("POST", "/objects/people/attributes/tags/options", {"data": {"title": title}})
    path = "/objects/people/records"

    def person() -> str:
        made = attio.create("people", email_addresses=["a@x.com", "b@x.com"], tags=["x", "y"], job_title="CEO")
        return attio.id_of(made)

    given = {"data": {"values": {"email_addresses": ["c@x.com"], "tags": ["z"]}}}
    first = person()
    answer = attio.call("PATCH", f"{path}/{first}", given)
    assert (emails(answer), titles(answer, "tags")) == (["c@x.com", "a@x.com", "b@x.com"], ["z", "x", "y"])
    answer = attio.call("PUT", f"{path}/{first}", given)
    assert (emails(answer), titles(answer, "tags")) == (["c@x.com"], ["z"])
    assert answer["data"]["values"]["job_title"][0]["value"] == "CEO"
    attio.call("DELETE", f"{path}/{first}")
    second = person()
    asserted = {"data": {"values": {"email_addresses": ["a@x.com", "c@x.com"], "tags": ["z"]}}}
    answer = attio.call("PUT", f"{path}?matching_attribute=email_addresses", asserted)
    assert attio.id_of(answer) == second
    assert sorted(emails(answer)) == ["a@x.com", "b@x.com", "c@x.com"]
    assert titles(answer, "tags") == ["z"]


def test_an_assert_needs_a_unique_attribute_and_one_record(attio: Workspace) -> None:
    path = "/objects/people/records?matching_attribute="
    body = {"data": {"values": {"job_title": "CEO"}}}
    assert attio.call("PUT", path + "job_title", body, 400)["code"] == "validation_type"
    assert attio.call("PUT", path + "no_such", body, 400)["code"] == "value_not_found"
    for address in ("a@x.com", "b@x.com"):
        attio.create("people", email_addresses=[address])
    both = {"data": {"values": {"email_addresses": ["a@x.com", "b@x.com"]}}}
    assert attio.call("PUT", path + "email_addresses", both, 400)["code"] == "uniqueness_conflict"


def test_a_taken_value_is_a_400_that_names_the_attribute_by_id(attio: Workspace) -> None:
    attio.create("companies", domains=["https://www.Acme.com/path"])
    refusal = attio.create("companies", 400, domains=["acme.com"])
    attribute = attio.call("GET", "/objects/companies/attributes/domains")["data"]["id"]["attribute_id"]
    assert (refusal["status_code"], refusal["code"]) == (400, "uniqueness_conflict")
    assert attribute in refusal["message"]


def test_deals_need_name_stage_and_owner(attio: Workspace) -> None:
    assert attio.create("deals", 400, name="Big one")["code"] == "missing_value"
    assert attio.create("deals", 400, name="Big one", stage="No such", owner="maya.okafor@northwind-practice.example")["code"] == "value_not_found"  # fmt: skip
    made = attio.create(
        "deals", name="Big one", stage="Lead", owner="maya.okafor@northwind-practice.example", value=9.5
    )
    assert made["data"]["values"]["stage"][0]["status"]["title"] == "Lead"
    assert made["data"]["values"]["value"][0]["currency_code"] == "USD"
    path = f"/objects/deals/records/{attio.id_of(made)}"
    assert attio.call("PUT", path, {"data": {"values": {"stage": []}}}, 400)["code"] == "missing_value"


def test_both_sides_of_a_relationship_change_together(attio: Workspace) -> None:
    old, new = (attio.id_of(attio.create("companies", name=name)) for name in ("Old", "New"))
    person = attio.id_of(attio.create("people", company=[{"target_object": "companies", "target_record_id": old}]))
    (shown,) = attio.query("companies", filter={"name": "Old"})
    assert [one["target_record_id"] for one in shown["values"]["team"]] == [person]
    team = [{"target_object": "people", "target_record_id": person}]
    attio.call("PATCH", f"/objects/companies/records/{new}", {"data": {"values": {"team": team}}})
    read = attio.call("GET", f"/objects/people/records/{person}")
    assert [one["target_record_id"] for one in read["data"]["values"]["company"]] == [new]


def test_a_person_brings_the_company_of_its_domain(attio: Workspace) -> None:
    attio.lab.control("settings", make_companies=True)
    attio.create("people", email_addresses=["ann@acme.com"])
    attio.create("people", email_addresses=["bob@acme.com"])
    attio.create("people", email_addresses=["someone@gmail.com"])
    (company,) = attio.query("companies")
    assert (company["values"]["name"], len(company["values"]["team"])) == ([], 2)


def test_pages_go_by_limit_and_offset(attio: Workspace) -> None:
    for number in range(7):
        attio.create("companies", name=f"C{number}")
    order = [{"direction": "asc", "attribute": "created_at"}]
    pages = [attio.query("companies", sorts=order, limit=3, offset=offset) for offset in (0, 3, 6)]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [one["values"]["name"][0]["value"] for page in pages for one in page] == [f"C{n}" for n in range(7)]
    since = pages[1][0]["created_at"]
    assert len(attio.query("companies", filter={"created_at": {"$gte": since}})) == 4


def test_filters(attio: Workspace) -> None:
    ann = attio.create("people", name="Lee, Ann", email_addresses=["Ann@Acme.com"])
    attio.create("people", name="Bob", job_title="CTO")

    def found(condition: Any) -> list[str]:
        return [one["values"]["name"][0]["full_name"] for one in attio.query("people", filter=condition)]

    assert found({"email_addresses": "ann@acme.com"}) == ["Ann Lee"]
    assert found({"name": {"last_name": {"$contains": "le"}}}) == ["Ann Lee"]
    assert found({"record_id": {"$in": [attio.id_of(ann)]}}) == ["Ann Lee"]
    assert found({"$not": {"job_title": {"$not_empty": True}}}) == ["Ann Lee"]
    assert found({"$or": [{"job_title": "CTO"}, {"email_addresses": "ann@acme.com"}]}) == ["Ann Lee", "Bob"]
    refusal = attio.call("POST", "/objects/people/records/query", {"filter": {"nothing": 1}}, 400)
    assert refusal["code"] == "filter_error"


@pytest.mark.parametrize(
    ("slug", "value"),
    [
        ("phone_numbers", ["call me"]),
        ("phone_numbers", ["+44 20 7946 0958 x12"]),
        ("phone_numbers", ["020 7946 0958"]),
        ("email_addresses", ["nobody"]),
        ("primary_location", [{"line_1": "Main Street 1"}]),
        ("primary_location", [dict.fromkeys(PLACE) | {"country_code": "Germany"}]),
        ("name", [{"first_name": "Ann"}]),
        ("avatar_url", ["https://example.org/a.png"]),
    ],
)
def test_a_value_that_does_not_fit_refuses_the_record(attio: Workspace, slug: str, value: Any) -> None:
    assert attio.create("people", 400, **{slug: value})["code"] == "validation_type"
    assert attio.query("people") == []


def test_attributes_are_archived_and_keep_their_slug(attio: Workspace) -> None:
    attio.attribute("deals", "source_id", "text", is_unique=True)
    assert attio.attribute("people", "source_id", "text", 400, is_unique=True)["code"] == "validation_type"
    assert attio.attribute("deals", "kind", "personal-name", 400)["code"] == "validation_type"
    attio.call("PATCH", "/objects/deals/attributes/source_id", {"data": {"is_archived": True}})
    listed = [one["api_slug"] for one in attio.call("GET", "/objects/deals/attributes")["data"]]
    assert "source_id" not in listed
    assert attio.attribute("deals", "source_id", "text", 409)["code"] == "slug_conflict"
    refusal = attio.call("PATCH", "/objects/deals/attributes/stage", {"data": {"title": "x"}}, 400)
    assert refusal["code"] == "system_edit_unauthorized"


def test_a_custom_object_is_renamed_with_its_records_and_removed_with_them(attio: Workspace) -> None:
    names = {"api_slug": "plans", "singular_noun": "Plan", "plural_noun": "Plans"}
    attio.call("POST", "/objects", {"data": names})
    assert attio.call("POST", "/objects", {"data": {**names, "api_slug": "others"}}, 409)["code"] == "slug_conflict"
    assert attio.call("PATCH", "/objects/plans", {"data": {}}, 400)["code"] == "validation_type"
    attio.attribute("plans", "note", "text", is_unique=True)
    record = attio.id_of(attio.create("plans", note="first"))
    attio.attribute("people", "plan", "record-reference", config={"record_reference": {"allowed_objects": ["plans"]}})
    attio.call("PATCH", "/objects/plans", {"data": {"api_slug": "offers"}})
    attio.call("PATCH", "/objects/offers/attributes/note", {"data": {"api_slug": "remark"}})
    attio.call("GET", "/objects/plans", expect=404)
    kept = attio.call("GET", f"/objects/offers/records/{record}")["data"]["values"]
    assert kept["remark"][0]["value"] == "first"
    person = attio.create("people", plan=[{"target_object": "offers", "target_record_id": record}])
    assert person["data"]["values"]["plan"][0]["target_object"] == "offers"
    assert attio.call("DELETE", "/objects/people", expect=400)["code"] == "system_edit_unauthorized"
    assert attio.call("DELETE", "/objects/offers") == {}
    attio.call("GET", f"/objects/offers/records/{record}", expect=404)


def test_a_list_has_attributes_of_its_own(attio: Workspace) -> None:
    access = {"workspace_access": "full-access", "workspace_member_access": []}
    made = attio.call(
        "POST", "/lists", {"data": {"name": "Sales", "api_slug": "sales", "parent_object": "deals", **access}}
    )
    _check(_document(), "post", "/v2/lists", made)
    assert attio.call("GET", "/lists/sales")["data"]["parent_object"] == ["deals"]
    data: dict[str, Any] = {
        "title": "Step",
        "description": None,
        "api_slug": "step",
        "type": "status",
        "is_required": False,
    }
    data |= {"is_unique": False, "is_multiselect": False, "config": {}}
    path = "/lists/sales/attributes"
    attio.call("POST", path, {"data": data})
    assert attio.call("POST", path, {"data": data}, 409)["message"].startswith(
        "An attribute with the same API slug already exists on this list"
    )
    status = attio.call("POST", f"{path}/step/statuses", {"data": {"title": "New"}})["data"]["id"]["status_id"]
    changed = {"data": {"celebration_enabled": True, "target_time_in_status": "P3D"}}
    attio.call("PATCH", f"{path}/step/statuses/{status}", changed)
    (shown,) = attio.call("GET", f"{path}/step/statuses")["data"]
    assert (shown["celebration_enabled"], shown["target_time_in_status"]) == (True, "P3D")
    assert [one["api_slug"] for one in attio.call("GET", path)["data"]][-1] == "step"


def test_a_dead_key_is_told_by_self_and_refused_elsewhere(attio: Workspace) -> None:
    attio.lab.fault("expire_token")
    assert attio.call("GET", "/self") == {"active": False}
    assert attio.call("GET", "/objects", expect=401)["type"] == "auth_error"


def test_a_scope_that_is_missing_is_a_403(attio: Workspace) -> None:
    attio.lab.control("key", token="reader", scopes=["object_configuration:read", "record_permission:read"])
    attio.http.headers["Authorization"] = "Bearer reader"
    assert attio.query("people") == []
    assert attio.create("people", 403)["code"] == "unauthorized"


def test_a_rate_limit_names_a_date(attio: Workspace) -> None:
    attio.lab.fault("form", form="rate_limited")
    answer = attio.http.get("/v2/objects")
    assert answer.status_code == 429
    assert parsedate_to_datetime(answer.headers["Retry-After"]).tzinfo is not None


# -- the vendor's own document -----------------------------------------------------------------------------------------


def _document() -> Any:
    return _mended(json.loads(shared_path("contracts", "attio", "openapi-2026-03-08.json").read_bytes()))


def _mended(node: Any) -> Any:
    """The document without a fault of its own: where null is allowed it stands in no enumeration."""
    if isinstance(node, list):
        return [_mended(one) for one in node]
    if not isinstance(node, dict):
        return node
    mended = {name: _mended(one) for name, one in node.items()}
    kind = mended.get("type")
    if isinstance(kind, str) and mended.pop("nullable", False):
        mended["type"] = kind = [kind, "null"]
    if isinstance(kind, list) and "null" in kind and isinstance(mended.get("enum"), list):
        mended["enum"] = [*mended["enum"], None]
    return mended


def _check(document: Any, method: str, path: str, answer: Any, status: str = "200") -> None:
    schema = document["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]
    validator = jsonschema.Draft202012Validator({**schema, "components": document["components"]})
    faults = [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(answer)]
    assert faults == []


def test_answers_are_as_the_openapi_document_says(attio: Workspace) -> None:
    document = _document()
    company = attio.id_of(attio.create("companies", name="Acme", domains=["acme.com"], categories=["SaaS"]))
    reference = [{"target_object": "companies", "target_record_id": company}]
    person = attio.create(
        "people",
        name="Lee, Ann",
        email_addresses=["ann@acme.com"],
        phone_numbers=["+442079460958"],
        primary_location=[dict.fromkeys(PLACE) | {"line_1": "Main St 1", "country_code": "GB"}],
        company=reference,
    )
    deal = attio.create("deals", name="Big", stage="Lead", owner="maya.okafor@northwind-practice.example", value=5)
    record = "/v2/objects/{object}/records"
    _check(document, "post", record, person)
    _check(document, "post", record, deal)
    _check(document, "post", record + "/query", {"data": attio.query("companies")})
    _check(
        document, "get", record + "/{record_id}", attio.call("GET", f"/objects/people/records/{attio.id_of(person)}")
    )
    attributes = "/v2/{target}/{identifier}/attributes"
    for slug in ("people", "companies", "deals"):
        _check(document, "get", attributes, attio.call("GET", f"/objects/{slug}/attributes"))
    made = attio.attribute("people", "tier", "select")
    _check(document, "post", attributes, made)
    option = attio.call("POST", "/objects/people/attributes/tier/options", {"data": {"title": "Gold"}})
    _check(document, "post", attributes + "/{attribute}/options", option)
    stages = attio.call("GET", "/objects/deals/attributes/stage/statuses")
    _check(document, "get", attributes + "/{attribute}/statuses", stages)
    _check(document, "get", "/v2/objects", attio.call("GET", "/objects"))
    _check(document, "get", "/v2/workspace_members", attio.call("GET", "/workspace_members"))
    _check(document, "get", "/v2/self", attio.call("GET", "/self"))
    missing = attio.call("GET", "/objects/nothing", expect=404)
    _check(document, "get", "/v2/objects/{object}", missing, "404")


def test_the_generated_client_makes_a_trip(emulator: lab.Emulator, tmp_path: Path) -> None:
    """PyPI `attio` checks every answer with pydantic models made of Attio's newer document."""
    emulator.reset()
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(tmp_path), "attio==0.26.1"]
    done = subprocess.run(install, capture_output=True, text=True, timeout=100, check=False)
    if done.returncode:
        pytest.skip("the package index cannot be reached, or has no attio 0.26.1")
    script = Path(__file__).parent / "clients" / "attio_trip.py"
    environment = {**os.environ, **emulator.env, "PYTHONPATH": str(tmp_path)}
    trip = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert trip.returncode == 0, trip.stderr[-3000:]
    assert trip.stdout.strip().endswith("trip done")
