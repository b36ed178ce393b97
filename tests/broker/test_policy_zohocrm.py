"""Zoho's policy: the traps by table, and every operation of the vendor's OpenAPI files classified."""

import json
import re
from typing import Any

import pytest

from sdrbot_skills.broker.answers import read_results
from sdrbot_skills.broker.checks import run_checks
from sdrbot_skills.broker.policy import Policy, load_policy
from sdrbot_skills.broker.refusal import Refusal
from sdrbot_skills.broker.rows import RowReader
from tests.support import shared_path

API = "/crm/v8"
ID = "5725767000000001357"
QUIET = {"data": [{"Last_Name": "Doe"}], "trigger": []}


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy("zohocrm")


def judged(policy: Policy, method: str, path: str, body: Any = None) -> str:
    """The class of a request, or the code of its refusal."""
    try:
        match = policy.match(method, path)
        run_checks(match.rule.checks, policy, [], body)
    except Refusal as refusal:
        return refusal.code
    return match.rule.kind


TABLE = [
    ("POST", f"{API}/coql", "read"),
    ("GET", f"{API}/Contacts", "read"),
    ("GET", f"{API}/Contacts/{ID}", "read"),
    ("GET", f"{API}/Contacts/actions/count", "read"),
    ("GET", f"{API}/settings/fields", "read"),
    ("DELETE", f"{API}/Contacts", "delete"),
    ("PUT", f"{API}/Deals/{ID}/Contact_Roles", "link"),
    ("DELETE", f"{API}/Deals/{ID}/Contact_Roles", "link"),
    ("POST", f"{API}/settings/fields", "schema"),
    ("DELETE", f"{API}/settings/fields/{ID}", "schema"),
    ("POST", f"{API}/Leads/{ID}/actions/convert", "never"),
    ("POST", f"{API}/Contacts/{ID}/actions/merge", "never"),
    ("POST", f"{API}/Contacts/actions/mass_delete", "never"),
    ("POST", f"{API}/Contacts/actions/mass_update", "never"),
    ("POST", f"{API}/__composite_requests", "never"),
    ("POST", f"{API}/settings/recycle_bin/actions/empty", "never"),
    ("POST", f"{API}/Notes", "never"),
    ("POST", f"{API}/Contacts/{ID}/Attachments", "never"),
    ("PUT", f"{API}/Contacts/{ID}", "never"),
    ("POST", "/oauth/v2/token", "never"),
    ("POST", "/crm/bulk/v8/write", "write"),
    ("POST", f"{API}/upload", "never"),
    ("POST", "/crm/bulk/v8/read", "forbidden_operation"),
    ("GET", f"/crm/bulk/v8/read/{ID}/result", "read"),
    ("GET", "/crm/v2/Contacts", "read"),
    ("POST", "/crm/v2/settings/fields", "unknown_operation"),
    ("DELETE", "/crm/v2/Contacts", "unknown_operation"),
    ("GET", "/crm/v3/Contacts", "unknown_operation"),
    ("POST", f"{API}/settings/automation/workflow_rules", "unknown_operation"),
    ("PATCH", f"{API}/Contacts", "unknown_operation"),
    ("POST", f"{API}/contacts/upsert", "unknown_operation"),
]


@pytest.mark.parametrize(("method", "path", "expected"), TABLE)
def test_table(policy: Policy, method: str, path: str, expected: str) -> None:
    assert judged(policy, method, path) == expected


def test_files_and_results_have_hosts_of_their_own(policy: Policy) -> None:
    assert policy.match("POST", f"{API}/upload", host="upload").rule.operation == "file_upload"
    result = "/v2/crm/691602767/bulk-write/5725767000000001357/5725767000000001357.zip"
    assert policy.match("GET", result, host="download").rule.kind == "read"
    for host in ("upload", "download"):
        assert set(policy.data.further_hosts[host]) == set(policy.data.instance_hosts), "all eight data centres"
        for method, path in (("GET", f"{API}/Contacts"), ("POST", f"{API}/Contacts/upsert"), ("DELETE", result)):
            with pytest.raises(Refusal):
                policy.match(method, path, host=host)


@pytest.mark.parametrize("path", [f"{API}/Contacts", f"{API}/Contacts/upsert", "/crm/v2/Contacts/upsert"])
@pytest.mark.parametrize(
    "wrong",
    [{"trigger": None}, {"trigger": ["workflow"]}, {"lar_id": "1"}, {"apply_feature_execution": []}],
)
def test_nothing_may_fire_at_customers(policy: Policy, path: str, wrong: dict[str, Any]) -> None:
    named = {**QUIET, "duplicate_check_fields": ["Source_Key"]}
    assert judged(policy, "POST", path, named) == "write"
    assert judged(policy, "POST", path, {**named, **wrong}) == "forbidden_operation"
    assert judged(policy, "PUT", f"{API}/Contacts", {"data": []}) == "forbidden_operation"


@pytest.mark.parametrize("fields", [None, [], "Source_Key"])
def test_an_upsert_has_to_say_what_it_goes_by(policy: Policy, fields: Any) -> None:
    body = {**QUIET, "duplicate_check_fields": fields}
    assert judged(policy, "POST", f"{API}/Deals/upsert", body) == "forbidden_operation"


def test_rows_and_results_are_read(policy: Policy) -> None:
    match = policy.match("POST", f"{API}/Contacts/upsert")
    body = {"data": [{"Key": "hubspot:1:5"}, {"Key": "hubspot:1:6"}, {"Key": "hubspot:1:7"}], "trigger": []}
    operation = RowReader(policy, {"Contacts": "Key"}).operation(match, [], body)
    assert (operation.object, operation.operation, [row.key for row in operation.rows]) == (
        "Contacts",
        "upsert",
        ["hubspot:1:5", "hubspot:1:6", "hubspot:1:7"],
    )
    answer = {
        "data": [
            {"code": "SUCCESS", "status": "success", "action": "insert", "details": {"id": "11"}},
            {"code": "DUPLICATE_DATA", "status": "error", "details": {"id": "99"}},
            {"code": "SUCCESS", "status": "success", "action": "update", "details": {"id": "13"}},
        ]
    }
    results = read_results(match, operation, 207, answer, "Key")
    assert [(one.id, one.created, one.key) for one in results] == [
        ("11", True, "hubspot:1:5"),
        ("13", False, "hubspot:1:7"),
    ]


def test_links_of_a_deal_are_counted_one_by_one(policy: Policy) -> None:
    reader = RowReader(policy, {})
    body = {"data": [{"id": "7", "Contact_Role": {"id": "1"}}, {"id": "8", "Contact_Role": {"id": "1"}}]}
    made = reader.operation(policy.match("PUT", f"{API}/Deals/5/Contact_Roles"), [], body)
    gone = reader.operation(policy.match("DELETE", f"{API}/Deals/5/Contact_Roles"), [("ids", "7,8")], None)
    for operation, word in ((made, "link"), (gone, "unlink")):
        assert (operation.object, operation.operation) == ("Deals->Contacts", word)
        assert [row.key for row in operation.rows] == ["5:7", "5:8"]


# --- completeness ------------------------------------------------------------------------------------------------------------


def operations() -> list[tuple[str, str]]:
    found = []
    for file in sorted(shared_path("contracts", "zoho", "oas-2026-08").glob("*.json")):
        prefix = "/crm/bulk/v8" if file.name.startswith("bulk") else API
        for path, methods in json.loads(file.read_text()).get("paths", {}).items():
            named = re.sub(r"\{(module\w*|parentRecordModule)\}", "Contacts", path, flags=re.IGNORECASE)
            named = named.replace("{relatedList}", "Deals").replace("{moduleIdentifier}", "Contacts")
            named = named.replace("{feature}", "custom_modules")
            filled = prefix + re.sub(r"\{[^}]+\}", ID, named)
            found += [
                (method.upper(), filled) for method in methods if method in ("get", "post", "put", "patch", "delete")
            ]
    return found


def test_every_operation_of_the_vendors_files_is_classified(policy: Policy) -> None:
    known = operations()
    assert len(known) > 170
    classes = {f"{method} {path}": judged(policy, method, path, QUIET) for method, path in known}
    assert [name for name, kind in classes.items() if kind == "unknown_operation"] == []
    assert [name for name, kind in classes.items() if kind == "read" and not name.startswith("GET ")] == [
        f"POST {API}/coql"
    ]
    assert [name for name, kind in classes.items() if name.startswith("GET ") and kind != "read"] == []


def test_every_never_says_why(policy: Policy) -> None:
    for group in policy.data.groups:
        assert [rule.path for rule in group.rules if (rule.kind == "never") != bool(rule.why)] == []
