"""What a refusal means to the caller."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
import requests

from sdrbot_skills.crm.failures import Effect
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.crm.salesforce.failures import RequestFailed, complaint, failure
from sdrbot_skills.errors import OutcomeUnknown, RateLimited, ReauthenticateNeeded, Refused, Retriable


def answer(status: int, body: Any, headers: dict[str, str] | None = None) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response._content = body if isinstance(body, bytes) else orjson.dumps(body)
    response.headers.update(headers or {})
    return response


def meaning(response: requests.Response, effect: Effect = Effect.READ) -> Exception:
    return failure(response, "salesforce", "Salesforce GET query", effect)


LIMIT = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]


def test_the_days_requests_and_the_concurrent_ones_are_told_apart_by_the_usage() -> None:
    spent = meaning(answer(403, LIMIT, {"Sforce-Limit-Info": "api-usage=5000/5000"}))
    busy = meaning(answer(403, LIMIT, {"Sforce-Limit-Info": "api-usage=18/5000"}))
    assert isinstance(spent, RateLimited) and spent.daily
    assert isinstance(busy, RateLimited) and not busy.daily and busy.retry_after < 60


@pytest.mark.parametrize(("effect", "expected"), [(Effect.ONCE, OutcomeUnknown), (Effect.READ, Retriable)])
def test_a_server_error_leaves_a_write_in_doubt_and_a_read_to_be_repeated(effect: Effect, expected: type) -> None:
    body = [{"errorCode": "SERVER_UNAVAILABLE", "message": "..."}]
    assert type(meaning(answer(503, body), effect)) is expected


def test_a_body_that_is_not_a_list_of_errors_is_no_crash() -> None:
    for body in (b"<html>", b"", b"{}", b"[]", b"null"):
        assert isinstance(meaning(answer(401, body)), ReauthenticateNeeded)
        assert isinstance(meaning(answer(404, body)), RequestFailed)


def test_the_brokers_no_is_not_the_vendors() -> None:
    body = {"code": "write_in_dry_run", "message": "no", "operation": "create"}
    refused = meaning(answer(403, body, {"X-Broker-Refused": "1"}))
    assert isinstance(refused, Refused) and refused.code == "write_in_dry_run"


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("REQUIRED_FIELD_MISSING", Rule.REQUIRED_MISSING),
        ("DUPLICATES_DETECTED", Rule.DUPLICATE),
        ("INACTIVE_OWNER_OR_USER", Rule.INACTIVE_OWNER),
        ("SOMETHING_NEW", Rule.VENDOR_REJECTED),
    ],
)
def test_codes_of_rows_have_our_names(code: str, rule: Rule) -> None:
    found = complaint([{"statusCode": code, "message": "text", "fields": ["LastName"]}])
    assert (found.rule, found.field, found.text) == (rule, "LastName", f"{code}: text")
