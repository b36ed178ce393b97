"""The practice Pipedrive, asked by plain HTTP: both versions, both kinds of paging, refusals, limits; answers fit the vendor's own files."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from jsonschema import Draft7Validator

from sdrbot_skills import lab
from sdrbot_skills.lab.pipedrive.costs import cost
from tests.support import shared_path


@pytest.fixture(scope="module")
def process() -> Iterator[lab.Emulator]:
    with lab.running("pipedrive") as emulator:
        yield emulator


@pytest.fixture
def http(process: lab.Emulator) -> Iterator[httpx.Client]:
    process.reset()
    process.clear_faults()
    process.set_search_lag(0)
    headers = {"x-api-token": process.env["PIPEDRIVE_API_TOKEN"]}
    with httpx.Client(base_url=process.base_url, headers=headers, trust_env=False, timeout=30) as client:
        yield client


def make(http: httpx.Client, path: str, **body: Any) -> Any:
    answer = http.post(path, json=body)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()["data"]


def field(http: httpx.Client, kind: str, field_type: str, **more: Any) -> str:
    return str(make(http, f"/api/v2/{kind}", field_name=f"A {field_type}", field_type=field_type, **more)["field_code"])


# --- records ---------------------------------------------------------------------------------------------------------------


def test_a_person(http: httpx.Client) -> None:
    code = field(http, "personFields", "varchar")
    emails = [{"value": "a@b.example"}, {"value": "c@d.example", "label": "home"}]
    made = make(
        http,
        "/api/v2/persons",
        name="Jane van Doe",
        emails=emails,
        add_time="2020-01-05T10:00:00Z",
        custom_fields={code: "x"},
    )
    assert (made["first_name"], made["last_name"], made["add_time"]) == ("Jane", "van Doe", "2020-01-05T10:00:00Z")
    assert made["emails"][0] == {"value": "a@b.example", "primary": True, "label": "work"}
    assert (made["custom_fields"], made["is_deleted"]) == ({code: "x"}, False)
    assert http.delete(f"/api/v2/persons/{made['id']}").json() == {"success": True, "data": {"id": made["id"]}}
    assert http.get(f"/api/v2/persons?ids={made['id']}").json()["data"] == []
    assert http.delete(f"/api/v2/persons/{made['id']}").status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("persons", {"name": "A", "shoe": 1}, "shoe: Parameter 'shoe' is not allowed"),
        ("persons", {"name": "A", "custom_fields": {"title": "x"}}, "custom_fields: Unknown key 'title'"),
        ("persons", {"name": "A", "owner_id": "7"}, "owner_id: The value is not a valid 'integer'"),
        ("persons", {"name": "A" * 256}, "name: The length"),
        ("deals", {"title": "A", "add_time": "2020-01-01T00:00:00Z"}, "add_time: Parameter 'add_time' is not allowed"),
        ("deals", {"title": "A", "value": "5"}, "value: The value is not a valid 'number'"),
        ("deals", {"title": "A", "is_archived": 1}, "is_archived: The value is not a valid 'boolean'"),
        (
            "deals",
            {"title": "A", "expected_close_date": None},
            "expected_close_date: The value is not a valid 'string'",
        ),
        ("deals", {"title": "A", "lost_reason": "x"}, "lost_reason: It can only be set"),
        ("organizations", {"name": "A", "address": "1 Main St"}, "address: The value is not a valid 'object'"),
        ("organizations", {"name": "A", "annual_revenue": 1.5}, "annual_revenue: The value is not a valid 'integer'"),
    ],
)
def test_what_is_refused(http: httpx.Client, path: str, body: dict[str, Any], words: str) -> None:
    answer = http.post(f"/api/v2/{path}", json=body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert answer.json()["code"] == "ERR_SCHEMA_VALIDATION_FAILED"


def test_add_ons_that_are_off_refuse_the_whole_person(http: httpx.Client) -> None:
    assert http.post("/api/v2/persons", json={"name": "A", "job_title": "CEO"}).status_code == 403


def test_only_patch_changes_and_it_leaves_the_rest(http: httpx.Client) -> None:
    made = make(
        http, "/api/v2/organizations", name="A", website="https://a.example", address={"value": "x", "route": "x"}
    )
    assert http.put(f"/api/v2/organizations/{made['id']}", json={"name": "B"}).status_code == 404
    changed = http.patch(f"/api/v2/organizations/{made['id']}", json={"name": "B", "address": {"value": "y"}}).json()[
        "data"
    ]
    assert (changed["name"], changed["website"], changed["address"]["route"]) == ("B", "https://a.example", None)


def test_values_of_custom_fields(http: httpx.Client) -> None:
    options = field(http, "dealFields", "set", options=[{"label": "A"}, {"label": "B"}])
    money = field(http, "dealFields", "monetary")
    ids = [one["id"] for one in http.get(f"/api/v2/dealFields/{options}").json()["data"]["options"]]
    made = make(http, "/api/v2/deals", title="D", custom_fields={options: ids, money: {"value": 5, "currency": "USD"}})
    assert made["custom_fields"][options] == ids
    for value in ([], ["A"], [999_999]):
        refused = http.patch(f"/api/v2/deals/{made['id']}", json={"custom_fields": {options: value}})
        assert refused.status_code == 400
        assert options in refused.json()["error"]
    assert http.patch(f"/api/v2/deals/{made['id']}", json={"custom_fields": {money: {"value": 5}}}).status_code == 400
    cleared = http.patch(f"/api/v2/deals/{made['id']}", json={"custom_fields": {options: None}}).json()["data"]
    assert list(cleared["custom_fields"]) == [money]


def test_a_deals_end_and_its_archive(http: httpx.Client) -> None:
    made = make(
        http, "/api/v2/deals", title="D", stage_id=7, pipeline_id=1, status="won", won_time="2024-03-01T09:00:00Z"
    )
    assert (made["pipeline_id"], made["close_time"]) == (2, "2024-03-01T09:00:00Z")
    again = http.patch(f"/api/v2/deals/{made['id']}", json={"status": "open", "is_archived": True}).json()["data"]
    assert (again["won_time"], again["close_time"]) == (None, None)
    assert http.get("/api/v2/deals").json()["data"] == []
    assert len(http.get("/api/v2/deals/archived").json()["data"]) == 1


# --- lists -----------------------------------------------------------------------------------------------------------------


def test_v2_pages_by_an_opaque_cursor(http: httpx.Client) -> None:
    ids = [make(http, "/api/v2/persons", name=f"P{n}")["id"] for n in range(5)]
    seen, cursor = [], ""
    while True:
        told = http.get(f"/api/v2/persons?limit=2{cursor}").json()
        seen += [row["id"] for row in told["data"]]
        if told["additional_data"]["next_cursor"] is None:
            break
        cursor = f"&cursor={told['additional_data']['next_cursor']}"
    assert seen == ids
    newest = http.get("/api/v2/persons?sort_by=add_time&sort_direction=desc&limit=1").json()["data"]
    assert [row["id"] for row in newest] == ids[-1:]
    assert http.get("/api/v2/persons?cursor=nonsense").status_code == 400


def test_v1_pages_by_offset(http: httpx.Client) -> None:
    person = make(http, "/api/v2/persons", name="P")["id"]
    for number in range(3):
        make(http, "/api/v1/leads", title=f"L{number}", person_id=person)
    first = http.get("/api/v1/leads?limit=2").json()
    assert first["additional_data"]["pagination"] == {
        "start": 0,
        "limit": 2,
        "more_items_in_collection": True,
        "next_start": 2,
    }
    last = http.get("/v1/leads?limit=2&start=2").json()
    assert len(last["data"]) == 1
    assert last["additional_data"]["pagination"]["more_items_in_collection"] is False


def test_changed_since_takes_no_fractions(http: httpx.Client) -> None:
    make(http, "/api/v2/persons", name="P")
    assert len(http.get("/api/v2/persons?updated_since=2020-01-01T00:00:00Z").json()["data"]) == 1
    assert http.get("/api/v2/persons?updated_since=2020-01-01T00:00:00.000Z").status_code == 400


def test_search_lags_and_wants_two_characters(process: lab.Emulator, http: httpx.Client) -> None:
    process.set_search_lag(60)
    make(http, "/api/v2/persons", name="Jane", emails=[{"value": "jane@acme.example"}])
    query = "/api/v2/persons/search?term=JANE@acme.example&fields=email&exact_match=true"
    assert http.get(query).json()["data"]["items"] == []
    process.advance_clock(61)
    assert len(http.get(query).json()["data"]["items"]) == 1
    assert http.get("/api/v2/persons/search?term=j").status_code == 400


# --- leads, links ------------------------------------------------------------------------------------------------------------


def test_a_lead_is_flat_and_of_v1(http: httpx.Client) -> None:
    code = field(http, "dealFields", "varchar")
    person = make(http, "/api/v2/persons", name="P")["id"]
    assert http.post("/api/v1/leads", json={"title": "L"}).status_code == 400
    answer = http.post("/api/v1/leads", json={"title": "L", "person_id": person, code: "x", "visible_to": "3"})
    assert answer.status_code == 201
    lead = answer.json()["data"]
    assert (lead[code], lead["visible_to"], lead["add_time"][-5:-4]) == ("x", "3", ".")
    assert len(lead["id"]) == 36
    assert code in [one["key"] for one in http.get("/api/v1/leadFields").json()["data"]]
    missing = http.get("/api/v1/leads/nowhere")
    assert (missing.status_code, missing.json()["error"]) == (404, "requested lead not found")


def test_participants_and_parents(http: httpx.Client) -> None:
    person, deal = make(http, "/api/v2/persons", name="P")["id"], make(http, "/api/v2/deals", title="D")["id"]
    joined = make(http, f"/api/v1/deals/{deal}/participants", person_id=person)
    assert joined["person_id"]["value"] == person
    row = http.get(f"/api/v2/deals?ids={deal}&include_fields=participants_count").json()["data"][0]
    assert row["participants_count"] == 1
    parent, child = (make(http, "/api/v2/organizations", name=name)["id"] for name in "PC")
    make(http, "/api/v1/organizationRelationships", type="parent", rel_owner_org_id=parent, rel_linked_org_id=child)
    (seen,) = http.get(f"/api/v1/organizationRelationships?org_id={child}").json()["data"]
    assert (seen["calculated_type"], seen["calculated_related_org_id"]) == ("parent", parent)


# --- who may, and how often ----------------------------------------------------------------------------------------------------


def test_credentials(process: lab.Emulator, http: httpx.Client) -> None:
    refused = httpx.get(
        f"{process.base_url}/api/v2/persons?api_token={process.env['PIPEDRIVE_API_TOKEN']}", trust_env=False
    )
    assert (refused.status_code, refused.headers["x-401-by-gw"], refused.json()["errorCode"]) == (401, "true", 401)
    pair = ("lab-client", "lab-client-secret-of-practice")
    form = {"grant_type": "refresh_token", "refresh_token": "1:1:practice-refresh"}
    granted = httpx.post(f"{process.base_url}/oauth/token", data=form, auth=pair, trust_env=False).json()
    bearer = {"Authorization": f"Bearer {granted['access_token']}"}
    assert httpx.get(f"{process.base_url}/api/v2/persons", headers=bearer, trust_env=False).status_code == 200
    assert (granted["token_type"], granted["expires_in"]) == ("Bearer", 3599)


def test_limits() -> None:
    with lab.running("pipedrive", limits="vendor") as emulator:
        headers = {"x-api-token": emulator.env["PIPEDRIVE_API_TOKEN"]}
        with httpx.Client(base_url=emulator.base_url, headers=headers, trust_env=False) as http:
            first = http.get("/api/v2/persons")
            assert first.headers["x-ratelimit-limit"] == "20"
            assert first.headers["x-daily-ratelimit-token-remaining"] == str(30_000 - 10)
            answers = [http.get("/api/v2/persons") for _ in range(60)]
            assert 429 in {answer.status_code for answer in answers}
            assert answers[-1].status_code == 403
            assert answers[-1].headers["content-type"].startswith("text/html")


def test_costs_are_the_vendors(process: lab.Emulator) -> None:
    """For every operation that the practice CRM answers."""
    checked = 0
    for version in ("v1", "v2"):
        listed = shared_path("contracts", "pipedrive", f"token-costs-{version}.tsv").read_text(encoding="utf-8")
        for line in listed.splitlines()[1:]:
            method, template, price = line.split("\t")[:3]
            left_out = NOT_ANSWERED if method == "GET" else (*NOT_ANSWERED, *ONLY_READ)
            if any(word in template for word in ANSWERED) and not any(word in template for word in left_out):
                assert cost(method, template) == int(price), f"{method} {template}"
                checked += 1
    assert checked > 60


ANSWERED = (
    "/v2/persons", "/v2/organizations", "/v2/deals", "/v2/products", "/v2/activities", "Fields", "/pipelines", "/stages", "/leads",
    "/leadLabels", "/notes", "/users", "/currencies", "/participants", "/organizationRelationships", "/activityTypes",
)  # fmt: skip
NOT_ANSWERED = ("/comments", "/images", "/picture")
ONLY_READ = ("/v1/dealFields", "/v1/personFields", "/v1/organizationFields", "/v1/productFields")


# --- the vendor's own description -------------------------------------------------------------------------------------------------

SHOWN = [
    ("v2", "get", "/persons", "/api/v2/persons"),
    ("v2", "get", "/organizations", "/api/v2/organizations"),
    ("v2", "get", "/deals", "/api/v2/deals"),
    ("v2", "get", "/deals/archived", "/api/v2/deals/archived"),
    ("v2", "get", "/personFields", "/api/v2/personFields"),
    ("v2", "get", "/organizationFields", "/api/v2/organizationFields"),
    ("v2", "get", "/dealFields", "/api/v2/dealFields"),
    ("v2", "get", "/pipelines", "/api/v2/pipelines"),
    ("v2", "get", "/stages", "/api/v2/stages"),
    ("v2", "get", "/persons/search", "/api/v2/persons/search?term=Jane"),
    ("v2", "get", "/dealFields", "/api/v2/dealFields?include_fields=ui_visibility,required_fields"),
    ("v1", "get", "/personFields", "/api/v1/personFields"),
    ("v1", "get", "/leadFields", "/api/v1/leadFields"),
    ("v1", "get", "/users/me", "/api/v1/users/me"),
    ("v1", "get", "/users", "/api/v1/users"),
    ("v1", "get", "/leads", "/api/v1/leads"),
    ("v1", "get", "/currencies", "/api/v1/currencies"),
    ("v1", "get", "/leadLabels", "/api/v1/leadLabels"),
    ("v1", "get", "/activityTypes", "/api/v1/activityTypes"),
]


@pytest.mark.parametrize(("version", "method", "template", "path"), SHOWN)
def test_answers_fit_the_vendors_description(
    http: httpx.Client, version: str, method: str, template: str, path: str
) -> None:
    document = json.loads(shared_path("contracts", "pipedrive", f"openapi-{version}.json").read_text(encoding="utf-8"))
    code = field(http, "personFields", "enum", options=[{"label": "A"}])
    option = http.get(f"/api/v2/personFields/{code}").json()["data"]["options"][0]["id"]
    org = make(http, "/api/v2/organizations", name="Acme", address={"value": "1 Main St"})["id"]
    emails = [{"value": "jane@acme.example"}]
    person = make(http, "/api/v2/persons", name="Jane", org_id=org, emails=emails, custom_fields={code: option})["id"]
    deal = {"title": "D", "value": 5, "status": "lost", "lost_reason": "price"}
    make(http, "/api/v2/deals", person_id=person, org_id=org, **deal)
    make(http, "/api/v2/deals", person_id=person, org_id=org, is_archived=True, **deal)
    make(http, "/api/v1/leads", title="L", person_id=person, value={"amount": 5, "currency": "EUR"})
    assert misfits(http.get(path).json(), document, method, template) == []


def misfits(answer: Any, document: Any, method: str, template: str) -> list[str]:
    content = document["paths"][template][method]["responses"]["200"]["content"]["application/json"]
    validator = Draft7Validator(as_json_schema(content["schema"], document))
    return [f"{list(one.path)}: {one.message}" for one in validator.iter_errors(answer)][:5]


def test_answers_to_changes_of_the_schema_fit_too(http: httpx.Client) -> None:
    document = json.loads(shared_path("contracts", "pipedrive", "openapi-v2.json").read_text(encoding="utf-8"))

    def change(method: str, template: str, at: str, body: Any = None) -> Any:
        answer = http.request(method, f"/api/v2{at}", json=body)
        assert answer.status_code == 200, answer.text
        assert misfits(answer.json(), document, method.lower(), template) == []
        return answer.json()["data"]

    one, options = "/dealFields/{field_code}", "/dealFields/{field_code}/options"
    choice = {"field_name": "Tier", "field_type": "enum", "options": [{"label": "Gold"}], "description": "How"}
    code = change("POST", "/dealFields", "/dealFields", choice)["field_code"]
    change("PATCH", one, f"/dealFields/{code}", {"field_name": "Level", "required_fields": {"enabled": True}})
    (silver,) = change("POST", options, f"/dealFields/{code}/options", [{"label": "Silver"}])
    change("PATCH", options, f"/dealFields/{code}/options", [{"id": silver["id"], "label": "Steel"}])
    change("DELETE", options, f"/dealFields/{code}/options", [{"id": silver["id"]}])
    told = http.get(f"/api/v2/dealFields/{code}?include_fields=required_fields").json()["data"]
    assert (told["field_name"], told["required_fields"]["enabled"], len(told["options"])) == ("Level", True, 1)
    change("DELETE", one, f"/dealFields/{code}")
    pipeline = change("POST", "/pipelines", "/pipelines", {"name": "Partners"})["id"]
    change("PATCH", "/pipelines/{id}", f"/pipelines/{pipeline}", {"name": "Resellers"})
    stage = change("POST", "/stages", "/stages", {"name": "First", "pipeline_id": pipeline, "deal_probability": 20})[
        "id"
    ]
    change("PATCH", "/stages/{id}", f"/stages/{stage}", {"days_to_rotten": 7, "is_deal_rot_enabled": True})
    change("DELETE", "/stages/{id}", f"/stages/{stage}")
    change("DELETE", "/pipelines/{id}", f"/pipelines/{pipeline}")


def test_v1_tells_the_number_of_a_field(http: httpx.Client) -> None:
    """The tools of others name a field by it; v2 knows only codes."""
    code = field(http, "personFields", "varchar")
    (found,) = [one for one in http.get("/api/v1/personFields?limit=500").json()["data"] if one["key"] == code]
    alone = http.get(f"/v1/personFields/{found['id']}").json()["data"]
    assert (alone["key"], alone["edit_flag"]) == (code, True)
    assert http.get("/api/v1/personFields/7").status_code == 410
    assert http.get("/api/v1/personFields?limit=2").json()["additional_data"] == {
        "start": 0,
        "limit": 2,
        "more_items_in_collection": True,
    }


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/personFields", {"field_name": "A", "field_type": "varchar", "description": "only deals have one"}),
        ("POST", "/personFields", {"field_name": "", "field_type": "varchar"}),
        ("POST", "/personFields", {"field_name": "A", "field_type": "boolean"}),
        ("POST", "/personFields", {"field_name": "A", "field_type": "enum"}),
        ("PATCH", "/personFields/{code}", {"field_type": "text"}),
        ("PATCH", "/personFields/{code}", {}),
        ("POST", "/personFields/{code}/options", [{"label": "A"}]),
        ("PATCH", "/personFields/name", {"field_name": "Whole name"}),
        ("DELETE", "/personFields/name", None),
        ("POST", "/stages", {"name": "A"}),
        ("POST", "/pipelines", {"name": "A", "stages": []}),
    ],
)
def test_changes_of_the_schema_that_are_refused(http: httpx.Client, method: str, path: str, body: Any) -> None:
    code = field(http, "personFields", "varchar")
    assert http.request(method, f"/api/v2{path.format(code=code)}", json=body).status_code in (400, 403)


def as_json_schema(part: Any, document: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema. The vendor marks hardly anything as nullable although real answers hold null, so null is always let through."""
    if isinstance(part, list):
        return [as_json_schema(one, document) for one in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        found = document
        for name in part["$ref"].split("/")[1:]:
            found = found[name]
        return as_json_schema(found, document)
    if "properties" in part or "type" in part or "allOf" in part:
        kept = {name: value for name, value in part.items() if name not in ("example", "default", "nullable", "title")}
        if isinstance(kept.get("properties"), dict):
            names = {n: as_json_schema(v, document) for n, v in kept["properties"].items()}
            kept["properties"] = {name: value for name, value in names.items() if isinstance(value, dict)}
        for name in ("items", "allOf", "oneOf", "anyOf"):
            if name in kept:
                kept[name] = as_json_schema(kept[name], document)
        if isinstance(kept.get("additionalProperties"), dict):
            kept.pop("additionalProperties")
        return {"anyOf": [kept, {"type": "null"}]}
    return {name: as_json_schema(value, document) for name, value in part.items()}
