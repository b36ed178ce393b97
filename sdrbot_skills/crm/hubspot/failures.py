"""HubSpot's refusals, turned into our errors (HubSpot's guide "Error handling").

What HubSpot says about single properties stands as JSON inside the message of a 400 and, in newer versions, in `errors`; both are read.
Every part of an error body may be missing, and bodies of 5xx may be HTML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from sdrbot_skills.crm.failures import Effect, Missing, credential_refused, from_broker, no_answer, object_of
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.errors import (
    BatchRejected,
    ConfigurationError,
    MigrationError,
    RateLimited,
)
from sdrbot_skills.transport.connection import Connection

TEN_SECONDS_PAUSE = 10.0
SEARCH_PAUSE = 1.0
LOCKED_PAUSE = 2.0

_RULES = {
    "PROPERTY_DOESNT_EXIST": Rule.UNKNOWN_FIELD,
    "INVALID_OPTION": Rule.UNKNOWN_OPTION,
    "INVALID_EMAIL": Rule.INVALID_EMAIL,
    "INVALID_OWNER_ID": Rule.INACTIVE_OWNER,
    "READ_ONLY_VALUE": Rule.READ_ONLY,
    "CONFLICTING_UNIQUE_VALUE": Rule.DUPLICATE,
    "CONFLICT": Rule.DUPLICATE,
    "MISSING_REQUIRED_PROPERTY": Rule.REQUIRED_MISSING,
    "MISSING_CONDITIONAL_REQUIRED_PROPERTY": Rule.REQUIRED_MISSING,
    "OBJECT_NOT_FOUND": Rule.NOT_FOUND,
    "MISSING_SCOPES": Rule.NO_ACCESS,
}


class Problem(NamedTuple):
    """One complaint: our rule, the property if one is to blame, HubSpot's code and words."""

    rule: Rule
    field: str | None
    code: str
    message: str


class Rejected(BatchRejected):
    """HubSpot refused a request for what it holds. `problem` may name the property; it never names the row of a batch."""

    def __init__(self, what: str, problem: Problem) -> None:
        about = f", property {problem.field}" if problem.field else ""
        super().__init__(
            f"{what}: HubSpot refused it ({problem.code}{about}). Nothing of it was written.",
            rule=problem.rule,
            vendor_code=problem.code,
        )
        self.problem = problem


class NoPermission(ConfigurationError):
    """The credential lacks a scope; any one of `scopes` will do."""

    def __init__(self, what: str, scopes: tuple[str, ...]) -> None:
        wanted = f" one of the scopes {', '.join(scopes)}" if scopes else " a permission it has not been given"
        super().__init__(f"{what}: this HubSpot key needs{wanted}. Add it in HubSpot's settings and run this again.")
        self.scopes = scopes


def failure(
    what: str, status: int, headers: Mapping[str, str], data: bytes, effect: Effect, connection: Connection
) -> MigrationError:
    """The error for an answer of status 300 or more; `what` names the request without values."""
    refusal = from_broker(status, headers, data)
    if refusal is not None:
        return refusal
    body = object_of(data)
    if status == 401:
        return credential_refused("HubSpot", connection.name, body.get("category") or "no reason given")
    if status in (423, 429, 477):
        return _pause(what, status, headers, body, connection)
    if status >= 500:
        return no_answer(what, effect, f"HTTP {status}")
    if status == 403:
        return NoPermission(what, _scopes(body))
    if status == 404:
        return Missing(f"{what}: HubSpot knows nothing there ({body.get('category') or 'not found'}).")
    problem = first_problem(body)
    if effect is Effect.READ:
        return ConfigurationError(f"{what}: HubSpot did not understand this ({problem.code}).")
    return Rejected(what, problem)


def first_problem(error: Mapping[str, Any]) -> Problem:
    """What an error body, or one entry of a 207's `errors`, complains about first."""
    message = str(error.get("message") or "")
    category = str(error.get("category") or error.get("subCategory") or "OTHER")
    for entry in _embedded(message):
        return _problem(str(entry.get("error") or category), entry.get("name"), str(entry.get("message") or message))
    for entry in error.get("errors") or ():
        names = (entry.get("context") or {}).get("propertyName") or [entry.get("in")]
        return _problem(str(entry.get("code") or category), names[0], str(entry.get("message") or message))
    names = (error.get("context") or {}).get("propertyName") or [None]
    return _problem(category, names[0], message)


def _problem(code: str, field: str | None, message: str) -> Problem:
    rule = _RULES.get(code)
    if rule is None and ("TOO_LONG" in code or "MAX_LENGTH" in code or "LENGTH_EXCEEDED" in code):
        rule = Rule.TOO_LONG
    if rule is None:
        rule = Rule.INVALID_VALUE if code.startswith("INVALID") else Rule.VENDOR_REJECTED
    return Problem(rule, field, code, message)


def _embedded(message: str) -> list[dict[str, Any]]:
    """The list of complaints HubSpot writes as JSON into the middle of a sentence."""
    start = message.find("[{")
    if start < 0:
        return []
    try:
        found = orjson.loads(message[start:])
    except orjson.JSONDecodeError:
        return []
    return [entry for entry in found if isinstance(entry, dict)]


def _pause(
    what: str, status: int, headers: Mapping[str, str], body: Mapping[str, Any], connection: Connection
) -> RateLimited:
    stated = headers.get("Retry-After", "")
    told = float(stated) if re.fullmatch(r"\d+(\.\d+)?", stated) else None
    if status == 423:
        return RateLimited(f"{what}: the record is locked by another change.", told or LOCKED_PAUSE)
    if status == 477:
        return RateLimited(f"{what}: HubSpot is moving this account between data centres.", told or 3600.0)
    policy = str(body.get("policyName") or "")
    if policy == "DAILY":
        return RateLimited(f"{what}: the day's allowance is spent.", told or _until_midnight(connection), daily=True)
    usual = SEARCH_PAUSE if policy == "SECONDLY" else TEN_SECONDS_PAUSE
    return RateLimited(f"{what}: HubSpot asks for a pause ({policy or 'rate limit'}).", told or usual)


def _until_midnight(connection: Connection) -> float:
    """Seconds until the allowance starts anew: midnight where the account is."""
    try:
        now = datetime.now(ZoneInfo(connection.account.time_zone or "UTC"))
    except ZoneInfoNotFoundError:
        now = datetime.now(UTC)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(1.0, midnight.timestamp() - now.timestamp())


def _scopes(body: Mapping[str, Any]) -> tuple[str, ...]:
    found: list[str] = []
    for entry in body.get("errors") or ():
        found += (entry.get("context") or {}).get("requiredGranularScopes") or ()
    return tuple(found)
