"""Every operation class worth testing, by table: the traps first."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

from sdrbot_skills.broker.checks import run_checks
from sdrbot_skills.broker.policy import Policy, load_policy
from sdrbot_skills.broker.refusal import Refusal

SF = "/services/data/v66.0"
ID = "003000000000001AAA"


@pytest.fixture(scope="module")
def hubspot() -> Policy:
    return load_policy("hubspot")


@pytest.fixture(scope="module")
def salesforce() -> Policy:
    return load_policy("salesforce")


def judged(policy: Policy, method: str, path: str, query: list[tuple[str, str]] | None = None, body: Any = None) -> str:
    """The class of a request, or the code of its refusal."""
    try:
        match = policy.match(method, path)
        run_checks(match.rule.checks, policy, query or [], body)
    except Refusal as refusal:
        return refusal.code
    return match.rule.kind


HUBSPOT_TABLE = [
    ("POST", "/crm/v3/objects/contacts/search", "read"),
    ("POST", "/crm/objects/2026-03/contacts/search", "read"),
    ("POST", "/crm/v3/objects/0-1/batch/read", "read"),
    ("POST", "/crm/v4/associations/contacts/companies/batch/read", "read"),
    ("GET", "/crm/v3/objects/contacts/a%40b.co", "read"),
    ("GET", "/crm/v3/owners/", "read"),
    ("POST", "/crm/v3/objects/contacts/batch/archive", "delete"),
    ("DELETE", "/crm/v3/objects/contacts/1", "delete"),
    ("POST", "/crm/v3/objects/contacts/batch/upsert", "write"),
    ("POST", "/crm/v3/objects/contacts/batch/create", "write"),
    ("POST", "/crm/v3/objects/contacts/batch/update", "write"),
    ("POST", "/crm/v3/objects/contacts", "write"),
    ("PATCH", "/crm/v3/objects/contacts/1", "write"),
    ("POST", "/crm/v3/objects/contacts/gdpr-delete", "never"),
    ("POST", "/crm/v3/objects/contacts/merge", "never"),
    ("POST", "/crm/v3/imports/", "never"),
    ("POST", "/crm/v3/exports/export/async", "never"),
    ("POST", "/crm/v4/associations/contacts/companies/batch/create", "link"),
    ("POST", "/crm/v4/associations/contacts/companies/batch/archive", "link"),
    ("PUT", "/crm/v4/objects/contacts/1/associations/companies/2", "link"),
    ("POST", "/crm/v4/associations/contacts/companies/labels", "schema"),
    ("POST", "/crm/v3/properties/contacts", "schema"),
    ("PATCH", "/crm/v3/properties/contacts/lifecyclestage", "schema"),
    ("PUT", "/crm/v3/pipelines/deals/default", "schema"),
    ("POST", "/communication-preferences/v3/subscribe", "never"),
    ("POST", "/communication-preferences/v4/statuses/a%40b.co/unsubscribe-all", "write"),
    ("POST", "/communication-preferences/v4/statuses/batch/read", "read"),
    ("POST", "/oauth/v1/token", "never"),
    ("POST", "/crm/v3/extensions/calling/1/settings", "unknown_operation"),
    ("POST", "/automation/v4/workflows", "unknown_operation"),
    ("GET", "/crm/v3/objects/contacts/1/2/3/4/5/6", "unknown_operation"),
    ("DELETE", "/crm/v3/objects/contacts", "unknown_operation"),
]


@pytest.mark.parametrize(("method", "path", "expected"), HUBSPOT_TABLE)
def test_hubspot_table(hubspot: Policy, method: str, path: str, expected: str) -> None:
    assert judged(hubspot, method, path) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("UNSUBSCRIBED", "write"),
        ("SUBSCRIBED", "forbidden_operation"),
        ("unsubscribed", "forbidden_operation"),
        (None, "forbidden_operation"),
    ],
)
def test_nobody_is_ever_subscribed(hubspot: Policy, state: str | None, expected: str) -> None:
    one = {"statusState": state, "subscriptionId": 1}
    assert judged(hubspot, "POST", "/communication-preferences/v4/statuses/a%40b.co", body=one) == expected
    several = {"inputs": [{"statusState": "UNSUBSCRIBED"}, one]}
    assert judged(hubspot, "POST", "/communication-preferences/v4/statuses/batch/write", body=several) == expected


SALESFORCE_TABLE = [
    ("GET", f"{SF}/sobjects/Contact/describe", "read"),
    ("GET", f"{SF}/sobjects/Contact/{ID}", "read"),
    ("GET", f"{SF}/sobjects/Contact/Ext__c/a%20b%2Fc", "read"),
    ("GET", f"{SF}/query/01gxx0000000001-2000", "read"),
    ("POST", f"{SF}/composite/sobjects/Contact", "read"),
    ("GET", f"{SF}/tooling/executeAnonymous/", "never"),
    ("GET", f"{SF}/tooling/executeAnonymous", "never"),
    ("GET", f"{SF}/tooling/runTestsAsynchronous/", "never"),
    ("POST", f"{SF}/tooling/runTestsSynchronous", "never"),
    ("GET", "/services/apexrest/anything", "never"),
    ("GET", "/services/apexrest/anything/else", "unknown_operation"),
    ("POST", "/services/oauth2/token", "never"),
    ("POST", "/services/Soap/m/66.0", "never"),
    ("POST", "/services/async/66.0/job", "never"),
    ("POST", f"{SF}/composite/graph", "never"),
    ("POST", f"{SF}/composite/tree/Account", "never"),
    ("POST", f"{SF}/composite/sobjects", "write"),
    ("PATCH", f"{SF}/composite/sobjects/Contact/Ext__c", "write"),
    ("DELETE", f"{SF}/composite/sobjects", "delete"),
    ("POST", f"{SF}/sobjects/Contact/", "write"),
    ("PATCH", f"{SF}/sobjects/Contact/{ID}", "write"),
    ("PATCH", f"{SF}/sobjects/Contact/Ext__c/hs-5", "write"),
    ("DELETE", f"{SF}/sobjects/Contact/{ID}", "delete"),
    ("POST", f"{SF}/sobjects/Contact/{ID}", "unknown_operation"),
    ("POST", f"{SF}/sobjects/FieldPermissions", "schema"),
    ("POST", f"{SF}/tooling/sobjects/CustomField", "schema"),
    ("POST", f"{SF}/tooling/sobjects/ApexClass", "unknown_operation"),
    ("POST", f"{SF}/jobs/ingest", "write"),
    ("PUT", f"{SF}/jobs/ingest/750000000000001AAA/batches", "write"),
    ("POST", f"{SF}/actions/standard/emailSimple", "never"),
    ("POST", f"{SF}/process/approvals", "never"),
    ("GET", "/services/data/v66.0/chatter/users/me", "unknown_operation"),
]


@pytest.mark.parametrize(("method", "path", "expected"), SALESFORCE_TABLE)
def test_salesforce_table(salesforce: Policy, method: str, path: str, expected: str) -> None:
    assert judged(salesforce, method, path) == expected


SOQL = [
    ("SELECT Id FROM Contact", "read"),
    ("SELECT Id FROM Contact WHERE Name = 'look FOR VIEW of it'", "read"),
    (r"SELECT Id FROM Contact WHERE Name = 'it\'s FOR UPDATE'", "read"),
    ("SELECT Id FROM Contact WHERE Id = '1' FOR VIEW", "side_effect"),
    ("SELECT Id FROM Contact for\n\treference", "side_effect"),
    ("SELECT Id FROM Contact FOR UPDATE", "side_effect"),
    ("SELECT Id FROM Contact FOR VIEW, REFERENCE", "side_effect"),
    (r"SELECT Id FROM Contact WHERE Name = '\\' FOR UPDATE", "side_effect"),
    ("SELECT Title FROM FAQ__kav WHERE x = 1 UPDATE VIEWSTAT", "side_effect"),
    ("SELECT Id FROM Contact WHERE Name = 'open", "bad_request"),
]


@pytest.mark.parametrize(("soql", "expected"), SOQL)
@pytest.mark.parametrize("path", ["/query", "/queryAll", "/tooling/query/"])
def test_soql_that_changes_something_is_no_read(salesforce: Policy, path: str, soql: str, expected: str) -> None:
    assert judged(salesforce, "GET", SF + path, [("q", soql)]) == expected


def test_a_query_given_twice_is_refused(salesforce: Policy) -> None:
    query = [("q", "SELECT Id FROM Contact"), ("q", "SELECT Id FROM Contact FOR UPDATE")]
    assert judged(salesforce, "GET", f"{SF}/query", query) == "bad_request"


@pytest.mark.parametrize(
    ("soql", "expected"), [("SELECT Id FROM Contact", "job"), ("SELECT Id FROM Contact FOR VIEW", "side_effect")]
)
def test_a_query_job_is_a_job(salesforce: Policy, soql: str, expected: str) -> None:
    assert judged(salesforce, "POST", f"{SF}/jobs/query", body={"operation": "query", "query": soql}) == expected


def sub(method: str, url: str, **more: Any) -> dict[str, Any]:
    return {"method": method, "url": url, "referenceId": "r", **more}


READ = sub("GET", f"{SF}/sobjects/Contact/{ID}")
COMPOSITES = [
    ([READ], "read"),
    ([READ, sub("GET", f"{SF}/query?q=SELECT+Id+FROM+Contact")], "read"),
    ([READ, sub("PATCH", f"{SF}/sobjects/Contact/{ID}", body={"LastName": "x"})], "side_effect"),
    ([sub("GET", f"{SF}/query?q=SELECT+Id+FROM+Contact+FOR+UPDATE")], "side_effect"),
    ([sub("GET", f"{SF}/tooling/executeAnonymous/?anonymousBody=x")], "side_effect"),
    ([sub("GET", f"{SF}/sobjects/Contact/@{{r.id}}")], "bad_request"),
    ([sub("POST", f"{SF}/composite", body={"compositeRequest": [READ]})], "read"),
    (
        [sub("POST", f"{SF}/composite", body={"compositeRequest": [sub("DELETE", f"{SF}/sobjects/Contact/{ID}")]})],
        "side_effect",
    ),
    ([sub("POST", f"{SF}/sobjects/Contact/{ID}?_HttpMethod=PATCH")], "method_override"),
    ([sub("GET", f"{SF}/limits", httpHeaders={"X-HTTP-Method-Override": "DELETE"})], "method_override"),
    ([{**READ, "Method": "DELETE"}], "body_unreadable"),
    (["GET"], "body_unreadable"),
    (None, "body_unreadable"),
]


@pytest.mark.parametrize(("requests", "expected"), COMPOSITES)
def test_a_composite_is_a_read_only_if_all_of_it_is(salesforce: Policy, requests: Any, expected: str) -> None:
    assert (
        judged(salesforce, "POST", f"{SF}/composite", body={"allOrNone": False, "compositeRequest": requests})
        == expected
    )


def test_a_batch_spells_its_urls_without_a_slash(salesforce: Policy) -> None:
    good = {"batchRequests": [{"method": "GET", "url": "v66.0/sobjects/Contact/describe"}]}
    bad = {"batchRequests": [{"method": "DELETE", "url": f"v66.0/sobjects/Contact/{ID}"}]}
    assert judged(salesforce, "POST", f"{SF}/composite/batch", body=good) == "read"
    assert judged(salesforce, "POST", f"{SF}/composite/batch", body=bad) == "side_effect"


# --- completeness against the SDK --------------------------------------------------------------------------------------------

FAMILIES = re.compile(
    r"/crm/v[34]/(objects|associations|properties|pipelines|owners)\b|/crm-object-schemas/|/communication-preferences/"
)
CALL = re.compile(r'call_api\(\s*"(?P<path>/[^"]+)",\s*"(?P<method>[A-Z]+)"')


def sdk_operations() -> set[tuple[str, str]]:
    found = importlib.util.find_spec("hubspot")
    assert found is not None
    assert found.origin is not None
    operations: set[tuple[str, str]] = set()
    for source in Path(found.origin).parent.rglob("api/*_api.py"):
        for call in CALL.finditer(source.read_text(encoding="utf-8")):
            if FAMILIES.match(call["path"]):
                operations.add((call["method"], re.sub(r"\{[^}]+\}", "12345", call["path"])))
    return operations


def test_every_operation_of_the_sdk_is_classified(hubspot: Policy) -> None:
    operations = sdk_operations()
    assert len(operations) > 250
    unknown = sorted(
        f"{method} {path}"
        for method, path in operations
        if judged(hubspot, method, path, body={}) == "unknown_operation"
    )
    assert unknown == []


def test_what_the_sdk_can_write_is_never_a_read(hubspot: Policy) -> None:
    reading = re.compile(r"/(search|batch/read|read)$")
    for method, path in sdk_operations():
        if method != "GET" and hubspot.match(method, path).rule.kind == "read":
            assert reading.search(path), f"{method} {path} is classified as read"


def test_every_never_says_why(hubspot: Policy, salesforce: Policy) -> None:
    for policy in (hubspot, salesforce):
        for group in policy.data.groups:
            assert [rule.path for rule in group.rules if (rule.kind == "never") != bool(rule.why)] == []
