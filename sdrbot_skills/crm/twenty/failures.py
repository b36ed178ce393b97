"""Twenty's refusals, turned into our errors.

A body is `{"messages": [...]}`, `{"message": "..." or [...]}`, or a bare string. Permanent faults, permissions and raw database errors are all 400: a
refusal is told by its `code` where it has one, else by the fixed sentence that stands for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from sdrbot_skills.crm.failures import Effect, Missing, credential_refused, from_broker, json_of, no_answer
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.errors import BatchRejected, ConfigurationError, MigrationError, RateLimited
from sdrbot_skills.transport.connection import Connection

PAUSE = 10.0
"""Seconds after a 429, which names none; one call is given back every 0.6 s, and the broker keeps the pace."""

_CODES = {
    "INVALID_PHONE_NUMBER": Rule.INVALID_VALUE,
    "INVALID_PHONE_COUNTRY_CODE": Rule.INVALID_VALUE,
    "CONFLICTING_PHONE_COUNTRY_CODE": Rule.INVALID_VALUE,
    "INVALID_URL": Rule.INVALID_VALUE,
    "INVALID_QUERY_INPUT": Rule.INVALID_VALUE,
    "FIELD_NOT_FOUND": Rule.UNKNOWN_FIELD,
    "FIELD_MUTATION_NOT_ALLOWED": Rule.READ_ONLY,
    "OBJECT_MUTATION_NOT_ALLOWED": Rule.READ_ONLY,
}
_SENTENCES: tuple[tuple[re.Pattern[str], Rule], ...] = (
    (re.compile(r"A duplicate entry was detected"), Rule.DUPLICATE),
    (re.compile(r"Multiple records found with the same unique field values for (?P<field>\w+)"), Rule.DUPLICATE),
    (re.compile(r'Object \w+ doesn\'t have any "(?P<field>[^"]+)" field'), Rule.UNKNOWN_FIELD),
    (re.compile(r'Invalid subfield \S+ for .*field "(?P<field>[^"]+)"'), Rule.UNKNOWN_FIELD),
    (re.compile(r"(?P<field>\w+) TS_VECTOR-typed field does not support write operations"), Rule.READ_ONLY),
    (re.compile(r"One-to-many relation (?P<field>\w+) field does not support"), Rule.READ_ONLY),
    (re.compile(r'Invalid value ".*" for field "(?P<field>[^"]+)"\. Valid values are'), Rule.UNKNOWN_OPTION),
    (re.compile(r'Invalid value .* for multi select field "(?P<field>[^"]+)"'), Rule.UNKNOWN_OPTION),
    (re.compile(r'Invalid string value .* for email field "(?P<field>[^"]+)"', re.DOTALL), Rule.INVALID_EMAIL),
    (re.compile(r'Invalid .* for .*field "(?P<field>[^"]+)"', re.DOTALL), Rule.INVALID_VALUE),
    (re.compile(r"violates foreign key constraint"), Rule.BAD_REFERENCE),
    (re.compile(r"Expected 1 record to connect to (?P<field>\w+)"), Rule.BAD_REFERENCE),
    (re.compile(r'null value in column "(?P<field>[^"]+)"'), Rule.REQUIRED_MISSING),
    (re.compile(r"Provided phone number is invalid"), Rule.INVALID_VALUE),
)


_FAMILIES = ("objectMetadata", "fieldMetadata")
"""Of the failures of one refused definition, these are the cause; what is told of its indexes and views follows from it."""


class Problem(NamedTuple):
    """One complaint: our rule, the field if one is to blame, Twenty's code and words."""

    rule: Rule
    field: str | None
    code: str
    message: str


class Rejected(BatchRejected):
    """Twenty refused a request for what it holds; of a batch, it never says which row."""

    def __init__(self, what: str, problem: Problem) -> None:
        about = f", field {problem.field}" if problem.field else ""
        super().__init__(
            f"{what}: Twenty refused it ({problem.rule}{about}). Nothing of it was written.",
            rule=problem.rule,
            vendor_code=problem.code,
        )
        self.problem = problem


class NoPermission(ConfigurationError):
    """The key's role does not allow it."""


def failure(
    what: str, status: int, headers: Mapping[str, str], data: bytes, effect: Effect, connection: Connection
) -> MigrationError:
    """The error for an answer of status 300 or more; `what` names the request without values."""
    refusal = from_broker(status, headers, data)
    if refusal is not None:
        return refusal
    body = json_of(data)
    if status == 401 or (status == 403 and isinstance(body, dict) and body.get("error") == "FORBIDDEN_EXCEPTION"):
        return credential_refused("Twenty", connection.name, f"HTTP {status}")
    if status == 429:
        return RateLimited(f"{what}: Twenty's allowance of calls is used up.", PAUSE)
    if status == 404:
        return Missing(f"{what}: Twenty knows nothing there.")
    problem = first_problem(body)
    if problem.rule is Rule.NO_ACCESS or (status == 403 and problem.rule is not Rule.READ_ONLY):
        return NoPermission(f"{what}: the role of this Twenty key does not allow it. Give the key another role.")
    if status == 431:
        return ConfigurationError(f"{what}: the request is longer than Twenty takes.")
    if status >= 500 and not problem.message.startswith(_PERMANENT):
        return no_answer(what, effect, f"HTTP {status}")
    if effect is Effect.READ:
        return ConfigurationError(f"{what}: Twenty did not understand this ({problem.code}).")
    return Rejected(what, problem)


_PERMANENT = ("Data validation error.", "Migration action ")
"""How a 500 begins that would say it again."""


def first_problem(body: Any) -> Problem:
    """What an error body complains about first."""
    message = _words(body)
    code = str(body.get("code") or body.get("error") or "") if isinstance(body, dict) else ""
    if code == "PERMISSION_DENIED":
        return Problem(Rule.NO_ACCESS, None, code, message)
    for pattern, rule in _SENTENCES:
        if found := pattern.search(message):
            return Problem(rule, found.groupdict().get("field"), code, message)
    return Problem(_CODES.get(code, Rule.VENDOR_REJECTED), None, code, message)


def _words(body: Any) -> str:
    if isinstance(body, str):
        return body
    if not isinstance(body, dict):
        return ""
    failed = body.get("errors")
    if isinstance(failed, dict):
        for family in (*(name for name in _FAMILIES if name in failed), *failed):
            for error in (error for entry in failed[family] for error in entry.get("errors") or ()):
                return str(error.get("message") or "")
    said = body.get("messages") or body.get("message") or ""
    return "; ".join(map(str, said)) if isinstance(said, list) else str(said)
