"""Attio's policy: every operation of the vendor's list is classified, and references are all that may be appended."""

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

ID = "0c1d2e3f-0000-4000-8000-000000000001"
RECORD = f"/v2/objects/deals/records/{ID}"


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy("attio")


TABLE = [
    ("GET", "/v2/self", "read"),
    ("POST", "/v2/objects/people/records/query", "read"),
    ("POST", "/v2/objects/records/search", "read"),
    ("POST", "/v2/objects/people/records", "write"),
    ("PUT", "/v2/objects/people/records", "write"),
    ("PUT", RECORD, "write"),
    ("PATCH", RECORD, "link"),
    ("DELETE", RECORD, "delete"),
    ("PUT", f"{RECORD}/attributes/stage/values", "never"),
    ("POST", "/v2/objects/people/records/merge", "never"),
    ("POST", "/v2/objects/people/attributes", "schema"),
    ("PATCH", "/v2/objects/people/attributes/tier", "schema"),
    ("POST", "/v2/lists/sales/attributes", "schema"),
    ("DELETE", "/v2/objects/projects", "schema"),
    ("POST", "/v2/sequences/unsubscribed_emails", "never"),
    ("POST", "/v2/comments", "never"),
    ("POST", "/v2/webhooks", "never"),
    ("POST", "/v2/sql", "never"),
]


@pytest.mark.parametrize(("method", "path", "expected"), TABLE)
def test_table(policy: Policy, method: str, path: str, expected: str) -> None:
    assert policy.match(method, path).rule.kind == expected


def test_every_operation_of_the_vendor_is_classified(policy: Policy) -> None:
    operations = json.loads(shared_path("contracts", "attio", "operations-2026-10.json").read_bytes())
    reading = {"search", "query"}
    for one in operations:
        path = one["path"].replace("{target}", "objects")
        kind = policy.match(one["method"], re.sub(r"\{[a-z_]+\}", "some-thing", path)).rule.kind
        reads = one["method"] == "GET" or path.rsplit("/", 1)[-1] in reading
        assert (kind == "read") is reads, (one["method"], one["path"], kind)


@pytest.mark.parametrize(
    "values",
    [
        {"job_title": ["CEO"]},
        {"people": [{"target_object": "people", "target_record_id": ID}], "job_title": ["CEO"]},
        {"people": [{"target_object": "people", "email_addresses": [{"email_address": "a@b.c"}]}]},
        {"people": ID},
        {"people": []},
        {},
        None,
    ],
)
def test_only_references_are_appended(policy: Policy, values: Any) -> None:
    with pytest.raises(Refusal):
        run_checks(policy.match("PATCH", RECORD).rule.checks, policy, [], {"data": {"values": values}})


def test_appended_references_are_counted_as_links(policy: Policy) -> None:
    match = policy.match("PATCH", RECORD)
    body = {"data": {"values": {"people": [{"target_object": "people", "target_record_id": one} for one in "ab"]}}}
    run_checks(match.rule.checks, policy, [], body)
    operation = RowReader(policy, {}).operation(match, [], body)
    assert (operation.object, operation.operation) == ("deals->records", "link")
    assert [row.key for row in operation.rows] == [f"{ID}:a", f"{ID}:b"]


@pytest.mark.parametrize(
    ("created", "new"), [("2026-11-22T10:00:01.123456789Z", True), ("2026-11-22T09:00:00Z", False)]
)
def test_an_assert_has_created_what_was_made_at_the_time_of_its_answer(policy: Policy, created: str, new: bool) -> None:
    match = policy.match("PUT", "/v2/objects/deals/records")
    body = {"data": {"values": {"migration_source_id": [{"value": "hs:5"}], "name": [{"value": "Big"}]}}}
    operation = RowReader(policy, {"deals": "migration_source_id"}).operation(match, [], body)
    assert [row.key for row in operation.rows] == ["hs:5"]
    answer = {"data": {"id": {"record_id": ID}, "created_at": created}}
    (result,) = read_results(match, operation, 200, answer, "migration_source_id", "Sun, 22 Nov 2026 10:00:02 GMT")
    assert (result.id, result.created, result.key) == (ID, new, "hs:5")
