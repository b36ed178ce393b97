"""Search as HubSpot answers it (doc "Search the CRM")."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sdrbot_skills import lab

SEARCH = "/crm/v3/objects/contacts/search"


def find(http: httpx.Client, *filters: dict[str, Any], **more: Any) -> httpx.Response:
    groups = [{"filters": list(filters)}] if filters else []
    return http.post(SEARCH, json={"filterGroups": groups, **more})


def rule(name: str, operator: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"propertyName": name, "operator": operator, **({} if value is None else {"value": value}), **more}


@pytest.fixture
def people(create: Callable[..., str]) -> dict[str, str]:
    return {
        "ada": create("contacts", email="ada@x.example", city="London", hs_buying_role="CHAMPION;OTHER", fax="1"),
        "bo": create("contacts", email="bo@x.example", city="Oslo", lifecyclestage="lead"),
        "cy": create("contacts", email="cy@y.example", city="london", lifecyclestage="customer"),
    }


@pytest.mark.parametrize(
    ("filter_", "names"),
    [
        (rule("city", "EQ", "LONDON"), "ada cy"),
        (rule("city", "NEQ", "london"), "bo"),
        (rule("email", "IN", values=["ada@x.example", "cy@y.example", "no@x.example"]), "ada cy"),
        (rule("lifecyclestage", "NOT_IN", values=["lead"]), "ada cy"),
        (rule("fax", "HAS_PROPERTY"), "ada"),
        (rule("fax", "NOT_HAS_PROPERTY"), "bo cy"),
        (rule("hs_buying_role", "EQ", "OTHER"), "ada"),
        (rule("email", "CONTAINS_TOKEN", "*@x.example"), "ada bo"),
        (rule("createdate", "GT", "1700000000000"), "ada bo cy"),
        (rule("createdate", "BETWEEN", "2001-01-01", highValue="2002-01-01"), ""),
        (rule("hs_marketable_status", "EQ", "false"), "ada bo cy"),
    ],
)
def test_filters(http: httpx.Client, people: dict[str, str], filter_: dict[str, Any], names: str) -> None:
    answer = find(http, filter_).json()
    assert [row["id"] for row in answer["results"]] == [people[name] for name in names.split()]
    assert answer["total"] == len(names.split())


def test_groups_are_alternatives_and_query_searches_all_text(http: httpx.Client, people: dict[str, str]) -> None:
    groups = [{"filters": [rule("city", "EQ", "Oslo")]}, {"filters": [rule("email", "EQ", "ADA@x.example")]}]
    found = http.post(SEARCH, json={"filterGroups": groups}).json()["results"]
    assert {row["id"] for row in found} == {people["ada"], people["bo"]}
    assert [row["id"] for row in find(http, query="y.example").json()["results"]] == [people["cy"]]


def test_pages_and_one_sort(http: httpx.Client, people: dict[str, str]) -> None:
    sorts = [{"propertyName": "email", "direction": "DESCENDING"}]
    first = find(http, sorts=sorts, limit=2, properties=["email"]).json()
    assert [row["id"] for row in first["results"]] == [people["cy"], people["bo"]]
    rest = find(http, sorts=sorts, limit=2, after=first["paging"]["next"]["after"]).json()
    assert [row["id"] for row in rest["results"]] == [people["ada"]]
    assert "paging" not in rest
    assert find(http, sorts=sorts * 2).status_code == 400


def test_keyset_by_id(http: httpx.Client, people: dict[str, str]) -> None:
    sorts = [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
    answer = find(http, rule("hs_object_id", "GT", people["ada"]), sorts=sorts).json()
    assert [row["id"] for row in answer["results"]] == [people["bo"], people["cy"]]


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"limit": 200, "after": "9900"},
        {"filterGroups": [{"filters": [rule("city", "EQ", "x")]}] * 6},
        {"filterGroups": [{"filters": [rule("city", "EQ", "x")] * 7}]},
        {"filterGroups": [{"filters": [rule("city", "EQ", "x")] * 6}] * 4},
        {"filterGroups": [{"filters": [rule("nonsense", "EQ", "x")]}]},
        {"filterGroups": [{"filters": [rule("city", "LIKE", "x")]}]},
        {"filterGroups": [{"filters": [rule("city", "IN")]}]},
        {"query": "x" * 3001},
    ],
)
def test_what_search_refuses(http: httpx.Client, body: dict[str, Any]) -> None:
    answer = http.post(SEARCH, json=body)
    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"


def test_the_last_of_ten_thousand_can_still_be_asked_for(http: httpx.Client) -> None:
    assert http.post(SEARCH, json={"limit": 200, "after": "9800"}).status_code == 200


def test_the_index_lags_behind_writes(
    http: httpx.Client, hubspot: lab.Emulator, people: dict[str, str], create: Callable[..., str]
) -> None:
    hubspot.set_search_lag(60)
    new = create("contacts", email="new@x.example", city="Oslo")
    http.patch(f"/crm/v3/objects/contacts/{people['bo']}", json={"properties": {"city": "Rome"}})
    assert [row["id"] for row in find(http, rule("city", "EQ", "Oslo")).json()["results"]] == [people["bo"]]
    assert find(http, rule("email", "EQ", "new@x.example")).json()["total"] == 0
    read = http.post("/crm/v3/objects/contacts/batch/read", json={"inputs": [{"id": new}]})
    assert len(read.json()["results"]) == 1
    hubspot.advance_clock(61)
    assert [row["id"] for row in find(http, rule("city", "EQ", "Oslo")).json()["results"]] == [new]


def test_archived_records_are_never_found_and_searches_carry_no_rate_headers(
    http: httpx.Client, people: dict[str, str]
) -> None:
    http.delete(f"/crm/v3/objects/contacts/{people['bo']}")
    answer = find(http)
    assert answer.json()["total"] == 2
    assert not [name for name in answer.headers if "ratelimit" in name]
