"""What Salesforce's and the broker's refusals mean in our errors and rules.

Sources: REST API Developer Guide, "Status Codes and Error Responses"; SOAP API Developer Guide, "StatusCode"; Duplicate Rule Header.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import requests

from sdrbot_skills.crm.failures import Effect, credential_refused, from_broker, json_of, no_answer
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.errors import ConfigurationError, MigrationError, RateLimited

BUSY_PAUSE = 5.0
"""Seconds to wait for one of the account's concurrent requests to end; Salesforce names no time itself."""

DAY = 86_400.0

RULES: Mapping[str, Rule] = {
    "REQUIRED_FIELD_MISSING": Rule.REQUIRED_MISSING,
    "STRING_TOO_LONG": Rule.TOO_LONG,
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": Rule.UNKNOWN_OPTION,
    "INVALID_EMAIL_ADDRESS": Rule.INVALID_EMAIL,
    "NUMBER_OUTSIDE_VALID_RANGE": Rule.INVALID_VALUE,
    "INVALID_TYPE_ON_FIELD_IN_RECORD": Rule.INVALID_VALUE,
    "JSON_PARSER_ERROR": Rule.INVALID_VALUE,
    "FIELD_INTEGRITY_EXCEPTION": Rule.INVALID_VALUE,
    "DUPLICATE_VALUE": Rule.DUPLICATE,
    "DUPLICATE_EXTERNAL_ID": Rule.DUPLICATE,
    "DUPLICATES_DETECTED": Rule.DUPLICATE,
    "INVALID_FIELD_FOR_INSERT_UPDATE": Rule.READ_ONLY,
    "CANNOT_UPDATE_CONVERTED_LEAD": Rule.READ_ONLY,
    "INVALID_FIELD": Rule.UNKNOWN_FIELD,
    "INVALID_CROSS_REFERENCE_KEY": Rule.BAD_REFERENCE,
    "MALFORMED_ID": Rule.BAD_REFERENCE,
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": Rule.BAD_REFERENCE,
    "INACTIVE_OWNER_OR_USER": Rule.INACTIVE_OWNER,
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": Rule.VALIDATION_RULE,
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": Rule.VALIDATION_RULE,
    "UNABLE_TO_LOCK_ROW": Rule.LOCKED,
    "ENTITY_IS_DELETED": Rule.NOT_FOUND,
    "NOT_FOUND": Rule.NOT_FOUND,
    "INSUFFICIENT_ACCESS_OR_READONLY": Rule.NO_ACCESS,
    "STORAGE_LIMIT_EXCEEDED": Rule.LIMIT_REACHED,
}

RETRIABLE = frozenset({"UNABLE_TO_LOCK_ROW", "QUERY_TIMEOUT", "SERVER_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED"})


class Complaint(NamedTuple):
    """The first thing Salesforce says against a row or a request."""

    code: str
    message: str
    field: str | None

    @property
    def rule(self) -> Rule:
        """Our name for it."""
        return RULES.get(self.code, Rule.VENDOR_REJECTED)

    @property
    def text(self) -> str:
        """The vendor's code and words."""
        return f"{self.code}: {self.message}"


class RequestFailed(ConfigurationError):
    """Salesforce refused a whole request; `status` is HTTP's, `complaint` the vendor's."""

    def __init__(self, what: str, status: int, complaint: Complaint) -> None:
        super().__init__(f"{what}: refused ({status} {complaint.text}).")
        self.status = status
        self.complaint = complaint


def complaint(errors: Any) -> Complaint:
    """The first of a list of errors: collections say `statusCode`, single requests `errorCode`; a body of neither kind is kept short."""
    first = errors[0] if isinstance(errors, Sequence) and errors and isinstance(errors[0], Mapping) else errors
    if not isinstance(first, Mapping):
        return Complaint("UNREADABLE_ANSWER", "the answer is not the list of errors Salesforce documents", None)
    fields = first.get("fields") or [None]
    code = first.get("statusCode") or first.get("errorCode") or first.get("error") or "UNKNOWN"
    message = first.get("message") or first.get("error_description") or ""
    return Complaint(str(code), str(message).strip(), fields[0])


def failure(response: requests.Response, connection: str, what: str, effect: Effect) -> MigrationError:
    """The error for an answer that is not a success; `what` names the request without values."""
    if ours := from_broker(response.status_code, response.headers, response.content):
        return ours
    found = complaint(json_of(response.content))
    if response.status_code == 401:
        return credential_refused("Salesforce", connection, found.code)
    if found.code == "REQUEST_LIMIT_EXCEEDED":
        return _limit(response, found)
    if response.status_code >= 500:
        return no_answer(what, effect, f"{response.status_code} {found.code}")
    return RequestFailed(what, response.status_code, found)


def _limit(response: requests.Response, found: Complaint) -> RateLimited:
    """The day's requests and the concurrent ones share a code; the usage header of the same answer tells them apart."""
    usage = response.headers.get("Sforce-Limit-Info", "").partition("api-usage=")[2].split(";")[0].split(",")[0]
    used, _, allowed = usage.strip().partition("/")
    daily = used.isdigit() and allowed.isdigit() and int(used) >= int(allowed)
    return RateLimited(f"Salesforce: {found.message}", DAY if daily else BUSY_PAUSE, daily=daily)
