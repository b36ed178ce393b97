"""HubSpot's refusals become the right errors, by status and code, never by words in a text."""

import json
from typing import Any

import pytest

from sdrbot_skills.crm.failures import Effect, Missing
from sdrbot_skills.crm.hubspot.failures import NoPermission, Rejected, failure, first_problem
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.errors import (
    ConfigurationError,
    MigrationError,
    OutcomeUnknown,
    RateLimited,
    ReauthenticateNeeded,
    Refused,
    Retriable,
)
from sdrbot_skills.model.schema import Account, Environment
from sdrbot_skills.transport.connection import Connection

ACCOUNT = Account(crm="hubspot", id="1", name="Acme", environment=Environment.LAB, time_zone="Europe/Berlin")
CONNECTION = Connection("hubspot", "hubspot", "target", "https://api.hubapi.com", "v3", ACCOUNT, "/nowhere")

INVALID = {
    "category": "VALIDATION_ERROR",
    "message": 'Property values were not valid: [{"isValid":false,"message":"secret@example.org is invalid","error":"%s","name":"email"}]',
}


def error(status: int, body: Any = b"", effect: Effect = Effect.ONCE, **headers: str) -> MigrationError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return failure("POST /crm/v3/objects/contacts/batch/create", status, named, data, effect, CONNECTION)


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("PROPERTY_DOESNT_EXIST", Rule.UNKNOWN_FIELD),
        ("INVALID_OPTION", Rule.UNKNOWN_OPTION),
        ("READ_ONLY_VALUE", Rule.READ_ONLY),
        ("INVALID_EMAIL", Rule.INVALID_EMAIL),
        ("INVALID_DATE", Rule.INVALID_VALUE),
        ("VALUE_TOO_LONG", Rule.TOO_LONG),
        ("CONFLICTING_UNIQUE_VALUE", Rule.DUPLICATE),
        ("MISSING_CONDITIONAL_REQUIRED_PROPERTY", Rule.REQUIRED_MISSING),
        ("SOMETHING_NEW", Rule.VENDOR_REJECTED),
    ],
)
def test_the_embedded_complaint_is_read(code: str, rule: Rule) -> None:
    rejection = error(400, {**INVALID, "message": INVALID["message"] % code})
    assert isinstance(rejection, Rejected)
    assert (rejection.problem.rule, rejection.problem.field, rejection.vendor_code) == (rule, "email", code)
    assert "secret@example.org" not in str(rejection)


def test_the_newer_list_of_complaints_is_read_too() -> None:
    entry = {"message": "no", "code": "INVALID_OPTION", "context": {"propertyName": ["dealtype"]}}
    problem = first_problem(
        {"category": "VALIDATION_ERROR", "message": "Property values were not valid", "errors": [entry]}
    )
    assert (problem.rule, problem.field) == (Rule.UNKNOWN_OPTION, "dealtype")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"message": "broken [{"}', b"{}"])
def test_bodies_may_be_anything(body: bytes) -> None:
    assert isinstance(error(400, body), Rejected)
    assert isinstance(error(502, body), OutcomeUnknown)
    assert isinstance(error(401, body), ReauthenticateNeeded)


@pytest.mark.parametrize(
    ("effect", "kind"),
    [(Effect.READ, Retriable), (Effect.REPEATABLE, Retriable), (Effect.ONCE, OutcomeUnknown)],
)
def test_a_server_error_after_sending(effect: Effect, kind: type[MigrationError]) -> None:
    assert type(error(503, b"<html>", effect)) is kind
    assert type(error(524, b"", effect)) is kind


@pytest.mark.parametrize(
    ("status", "policy", "seconds", "daily"),
    [(429, "TEN_SECONDLY_ROLLING", 10, False), (429, "SECONDLY", 1, False), (429, "", 10, False), (423, "", 2, False)],
)
def test_pauses(status: int, policy: str, seconds: float, daily: bool) -> None:
    limited = error(status, {"policyName": policy, "message": "429"})
    assert isinstance(limited, RateLimited)
    assert (limited.retry_after, limited.daily) == (seconds, daily)


def test_a_spent_day_waits_for_midnight_of_the_account() -> None:
    limited = error(429, {"policyName": "DAILY"})
    assert isinstance(limited, RateLimited)
    assert limited.daily
    assert 0 < limited.retry_after <= 25 * 3600
    told = error(477, b"", Retry_After="7200")
    assert isinstance(told, RateLimited)
    assert told.retry_after == 7200


def test_missing_scopes_are_named() -> None:
    body = {
        "category": "MISSING_SCOPES",
        "errors": [{"context": {"requiredGranularScopes": ["crm.objects.deals.read"]}}],
    }
    refused = error(403, body)
    assert isinstance(refused, NoPermission)
    assert "crm.objects.deals.read" in str(refused)


def test_the_brokers_own_words() -> None:
    body = {"code": "write_in_dry_run", "message": "A dry run only reads.", "operation": "create"}
    refused = error(403, body, X_Broker_Refused="1")
    assert isinstance(refused, Refused)
    assert (refused.code, str(refused)) == ("write_in_dry_run", "A dry run only reads.")
    paused = error(429, b"{}", X_Broker_Retry_After="42")
    assert isinstance(paused, RateLimited)
    assert paused.retry_after == 42
    assert type(error(502, b"{}", X_Broker_Upstream="not-sent")) is Retriable
    assert type(error(502, b"{}", X_Broker_Upstream="unknown")) is OutcomeUnknown


def test_what_is_not_there_and_what_is_not_understood() -> None:
    assert isinstance(error(404), Missing)
    asked_wrongly = error(400, {"category": "VALIDATION_ERROR"}, Effect.READ)
    assert type(asked_wrongly) is ConfigurationError
