"""Every operation of the vendor's own description is classified, or refused by name."""

import json
import re

import pytest

from sdrbot_skills.broker.checks import run_checks
from sdrbot_skills.broker.policy import load_policy
from sdrbot_skills.broker.refusal import Refusal
from tests.support import shared_path

ID = "7a93d1e5-3f74-4945-8a65-d7f996083f72"


@pytest.mark.parametrize("name", ["core", "metadata"])
def test_the_vendors_operations_are_all_in_the_table(name: str) -> None:
    document = json.loads(shared_path("contracts", "twenty", f"openapi-{name}.json").read_text("utf-8"))
    policy = load_policy("twenty")
    prefix = "/rest" if name == "core" else "/rest/metadata"
    missing = []
    for path, operations in document["paths"].items():
        for method in (one.upper() for one in operations if one in ("get", "post", "put", "patch", "delete")):
            concrete = ("/rest" if path.startswith("/open-api") else prefix) + re.sub(r"\{\w+\}", ID, path)
            try:
                match = policy.match(method, concrete)
            except Refusal:
                missing.append(f"{method} {path}")
                continue
            if method == "GET":
                assert match.rule.kind in ("read", "never"), path
            elif match.rule.kind == "read":
                assert path.endswith("/duplicates"), path
    assert missing == []


@pytest.mark.parametrize(
    ("method", "path", "query", "operation"),
    [
        ("POST", "/rest/batch/people", (), "create"),
        ("POST", "/rest/batch/people", (("upsert", "true"),), "upsert"),
        ("POST", "/rest/batch/people", (("upsert", "true"), ("by", "id")), "update"),
        ("DELETE", f"/rest/people/{ID}", (("soft_delete", "true"),), "delete"),
        ("DELETE", "/rest/people", (("soft_delete", "true"), ("filter", ""), ("ids", "")), "delete"),
    ],
)
def test_what_a_write_is(method: str, path: str, query: tuple[tuple[str, str], ...], operation: str) -> None:
    assert load_policy("twenty").match(method, path, query).rule.operation == operation


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("PATCH", "/rest/people", ()),
        ("DELETE", "/rest/people", ()),
        ("DELETE", f"/rest/people/{ID}", ()),
        ("DELETE", f"/rest/people/{ID}", (("soft_delete", "true"), ("soft_delete", "false"))),
        ("POST", f"/rest/people/{ID}", ()),
        ("POST", "/rest/workspaceMembers", ()),
        ("POST", "/rest/metadata/webhooks", ()),
        ("DELETE", f"/rest/metadata/apiKeys/{ID}", ()),
        ("PATCH", f"/rest/metadata/pageLayouts/{ID}", ()),
    ],
)
def test_what_is_never_let_through(method: str, path: str, query: tuple[tuple[str, str], ...]) -> None:
    assert load_policy("twenty").match(method, path, query).rule.kind == "never"


@pytest.mark.parametrize("kind", ["objects", "fields", "views", "viewFields", "viewFilters", "viewSorts", "viewGroups"])
def test_definitions_and_views_change_by_sealed_requests_alone(kind: str) -> None:
    policy, path = load_policy("twenty"), f"/rest/metadata/{kind}"
    assert policy.match("GET", path).rule.kind == policy.match("GET", f"{path}/{ID}").rule.kind == "read"
    changes = [("POST", path), ("PATCH", f"{path}/{ID}"), ("DELETE", f"{path}/{ID}")]
    assert {policy.match(method, where).rule.kind for method, where in changes} == {"schema"}


@pytest.mark.parametrize(
    ("check", "query", "body"),
    [
        ("graphql_reads_only", (), {"query": "mutation { deletePeople(filter: {}) { id } }"}),
        ("graphql_reads_only", (), {"query": "query A { people { totalCount } } mutation B { x }"}),
        ("graphql_reads_only", (), {"query": "no document"}),
        ("graphql_reads_only", (), [{"query": "{ people { totalCount } }"}]),
        ("no_upsert", (("upsert", "TRUE"),), []),
        ("ids_in_all_rows", (), [{"id": ID}, {"name": "x"}]),
        ("no_other_id", (), {"id": ID}),
        ("filter_names_ids", (("filter", "name[neq]:x"), ("soft_delete", "true"), ("ids", ID)), None),
        ("filter_names_ids", (("filter", "id[in]:[]"), ("soft_delete", "true"), ("ids", "")), None),
    ],
)
def test_what_a_check_refuses(check: str, query: tuple[tuple[str, str], ...], body: object) -> None:
    with pytest.raises(Refusal):
        run_checks([check], load_policy("twenty"), query, body)


def test_a_query_is_given_in_the_body_alone() -> None:
    """Servers that look into the address too could carry out a mutation there, beside a harmless body."""
    policy, check = load_policy("twenty"), ("graphql_reads_only",)
    run_checks(check, policy, (), {"query": "{ people { id } }"})
    with pytest.raises(Refusal):
        run_checks(check, policy, (("query", "mutation { deletePeople { id } }"),), {"query": "{ people { id } }"})
    with pytest.raises(Refusal):
        run_checks(check, policy, (), {"query": "query a { people { id } } mutation b { x }", "operationName": "a"})
