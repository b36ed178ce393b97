"""Attio's refusals, turned into our errors (OpenAPI document; Attio's page "Rate limiting").

Every failure has one flat shape: `status_code`, `type`, `code`, `message`. Messages name attributes by id, not by slug.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from sdrbot_skills.crm.failures import Effect, Missing, credential_refused, from_broker, no_answer, object_of
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.errors import ConfigurationError, MigrationError, RateLimited, Retriable
from sdrbot_skills.transport.connection import Connection

PAUSE = 1.0
"""Seconds; Attio's limits are by the second."""

RULES = {
    "validation_type": Rule.INVALID_VALUE,
    "value_not_found": Rule.UNKNOWN_OPTION,
    "missing_value": Rule.REQUIRED_MISSING,
    "uniqueness_conflict": Rule.DUPLICATE,
    "multiple_match_results": Rule.DUPLICATE,
    "system_edit_unauthorized": Rule.READ_ONLY,
    "formula_edit_unauthorized": Rule.READ_ONLY,
    "immutable_value": Rule.READ_ONLY,
    "multiple_values_for_single_value_attribute": Rule.INVALID_VALUE,
    "duplicate_values": Rule.INVALID_VALUE,
    "limit_reached": Rule.LIMIT_REACHED,
    "quota_exceeded": Rule.LIMIT_REACHED,
    "not_found": Rule.NOT_FOUND,
}
AGAIN = frozenset({"concurrent_write_conflict", "merge_in_progress"})
"""Codes that say nothing was carried out and that the same can be sent after a pause."""

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Problem(NamedTuple):
    """One complaint: our rule, Attio's code and words, and the id of the attribute it names, if any."""

    rule: Rule
    code: str
    message: str
    attribute_id: str | None


class Rejected(ConfigurationError):
    """Attio refused a request for what it holds."""

    def __init__(self, what: str, problem: Problem) -> None:
        super().__init__(f"{what}: Attio refused it ({problem.code}). Nothing of it was carried out.")
        self.problem = problem


class NoPermission(ConfigurationError):
    """The token lacks a scope, or the plan a feature."""


def failure(
    what: str, status: int, headers: Mapping[str, str], data: bytes, effect: Effect, connection: Connection
) -> MigrationError:
    """The error for an answer of status 300 or more; `what` names the request without values."""
    refusal = from_broker(status, headers, data)
    if refusal is not None:
        return refusal
    body = object_of(data)
    code = str(body.get("code") or "other")
    if status == 401:
        return credential_refused("Attio", connection.name, code)
    if status == 429:
        return RateLimited(f"{what}: Attio asks for a pause.", _pause(headers))
    if status >= 500:
        return no_answer(what, effect, f"HTTP {status}")
    if code in AGAIN:
        return Retriable(f"{what}: the record is being written or merged by another ({code}). It is sent again.")
    if status == 403:
        return NoPermission(f"{what}: this Attio token may not do that ({code}). Give it the scope, or ask an admin.")
    if status == 404:
        return Missing(f"{what}: Attio knows nothing there ({code}).")
    message = str(body.get("message") or "")
    named = _ID.search(message)
    return Rejected(what, Problem(RULES.get(code, Rule.VENDOR_REJECTED), code, message, named[0] if named else None))


def _pause(headers: Mapping[str, str]) -> float:
    """`Retry-After` is an HTTP date, compared with the answer's own `Date` where it has one: our clock may be wrong."""
    asked = headers.get("Retry-After", "")
    if asked.isdigit():
        return max(float(asked), 0.05)
    try:
        until = parsedate_to_datetime(asked).timestamp()
        now = parsedate_to_datetime(headers["Date"]).timestamp() if "Date" in headers else time.time()
    except ValueError:
        return PAUSE
    return max(until - now, 0.05)
