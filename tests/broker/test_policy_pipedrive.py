"""Every operation that Pipedrive publishes is classified; what changes something is never a read."""

import re

import pytest

from sdrbot_skills.broker.policy import Policy, load_policy
from sdrbot_skills.broker.refusal import Refusal
from tests.support import shared_path

TABLE = [
    ("GET", "/api/v2/persons", "read"),
    ("GET", "/api/v2/deals/archived", "read"),
    ("GET", "/api/v2/persons/search", "read"),
    ("POST", "/api/v2/persons", "write"),
    ("PATCH", "/api/v2/deals/9", "write"),
    ("PUT", "/api/v2/deals/9", "unknown_operation"),
    ("DELETE", "/api/v2/organizations/9", "delete"),
    ("DELETE", "/api/v1/persons", "unknown_operation"),
    ("POST", "/v1/deals/9/participants", "write"),
    ("POST", "/api/v1/leads", "write"),
    ("PATCH", "/v1/leads/adf21080-0e10-11eb-879b-05d71fb426ec", "write"),
    ("POST", "/api/v2/personFields", "schema"),
    ("DELETE", "/api/v2/dealFields/9f1c0e5f9f1c0e5f9f1c0e5f9f1c0e5f9f1c0e5f", "schema"),
    ("POST", "/api/v2/pipelines", "schema"),
    ("PUT", "/api/v1/persons/9/merge", "never"),
    ("POST", "/api/v2/leads/adf21080/convert/deal", "never"),
    ("POST", "/api/v1/webhooks", "never"),
    ("POST", "/v1/oauth/token", "never"),
    ("GET", "/api/v1/files/9/download", "never"),
    ("POST", "/api/v2/activities", "never"),
    ("POST", "/api/v3/persons", "unknown_operation"),
]


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy("pipedrive")


def judged(policy: Policy, method: str, path: str) -> str:
    try:
        return policy.match(method, path).rule.kind
    except Refusal as refusal:
        return refusal.code


@pytest.mark.parametrize(("method", "path", "expected"), TABLE)
def test_table(policy: Policy, method: str, path: str, expected: str) -> None:
    assert judged(policy, method, path) == expected


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_every_published_operation_is_classified(policy: Policy, version: str) -> None:
    listed = shared_path("contracts", "pipedrive", f"token-costs-{version}.tsv").read_text(encoding="utf-8")
    operations = [tuple(line.split("\t")[:2]) for line in listed.splitlines()[1:]]
    assert len(operations) > 100
    for method, template in operations:
        path = re.sub(r"\{[^}]+\}", "12345", template)
        for spelling in (path, path.replace("/api/v1/", "/v1/")):
            kind = judged(policy, method, spelling)
            assert kind != "unknown_operation", f"{method} {spelling}"
            assert (kind == "read") <= (method == "GET"), f"{method} {spelling} is no read"


def test_every_never_says_why(policy: Policy) -> None:
    for group in policy.data.groups:
        assert [rule.path for rule in group.rules if (rule.kind == "never") != bool(rule.why)] == []
