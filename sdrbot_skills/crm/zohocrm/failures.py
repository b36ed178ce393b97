"""What Zoho's refusals mean in our errors and rules (API v8 "Status Codes", error schemas of its OpenAPI files)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sdrbot_skills.crm.failures import Effect, credential_refused, from_broker, json_of, no_answer
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.errors import BatchRejected, ConfigurationError, MigrationError, RateLimited
from sdrbot_skills.transport.connection import Connection

USUAL_PAUSE = 2.0
"""Seconds after a 429; Zoho names no time, and does not say whether credits or calls at once ran out."""

RULES: Mapping[str, Rule] = {
    "MANDATORY_NOT_FOUND": Rule.REQUIRED_MISSING,
    "EXPECTED_FIELD_MISSING": Rule.REQUIRED_MISSING,
    "DEPENDENT_FIELD_MISSING": Rule.REQUIRED_MISSING,
    "DEPENDENT_MISMATCH": Rule.INVALID_VALUE,
    "INVALID_DATA": Rule.INVALID_VALUE,
    "DUPLICATE_DATA": Rule.DUPLICATE,
    "NO_PERMISSION": Rule.NO_ACCESS,
    "AUTHORIZATION_FAILED": Rule.NO_ACCESS,
    "RECORD_LOCKED": Rule.LOCKED,
    "RECORD_IN_BLUEPRINT": Rule.LOCKED,
    "NOT_APPROVED": Rule.LOCKED,
    "LIMIT_EXCEEDED": Rule.LIMIT_REACHED,
}

RETRIABLE = frozenset({"RECORD_LOCKED", "INTERNAL_ERROR", "DEPENDENT_SERVICE_ERROR"})
"""A lock may be another request's for a moment, or a person's that stays ("Record Locking"): it is tried again, and named where it stays."""

OWNER_FIELDS = frozenset({"Owner"})


class Complaint(NamedTuple):
    """The first thing Zoho says against a row or a request."""

    code: str
    message: str
    details: Mapping[str, Any]

    @property
    def field(self) -> str | None:
        """The field to blame: Zoho's `api_name`, else the field that its JSON path starts with (`$.data[3].Owner.id`)."""
        name = self.details.get("api_name")
        path = str(self.details.get("json_path") or "").split(".")
        return path[2].split("[")[0] if len(path) > 3 else str(name) if name else None

    @property
    def rule(self) -> Rule:
        """Our name for it; what a value is wrong for stands in the details."""
        found = RULES.get(self.code, Rule.VENDOR_REJECTED)
        if found is not Rule.INVALID_VALUE:
            return found
        if "maximum_length" in self.details:
            return Rule.TOO_LONG
        if "supported_values" in self.details:
            return Rule.UNKNOWN_OPTION
        if self.details.get("expected_data_type") == "email":
            return Rule.INVALID_EMAIL
        if self.field == "id" or "api_name" not in self.details:
            return Rule.NOT_FOUND
        if self.field in OWNER_FIELDS:
            return Rule.INACTIVE_OWNER
        return Rule.INVALID_VALUE if "expected_data_type" in self.details else Rule.BAD_REFERENCE

    @property
    def holder(self) -> str | None:
        """The id of the record that holds a unique value already."""
        named = self.details.get("duplicate_record") or {}
        found = (named.get("id") if isinstance(named, Mapping) else None) or self.details.get("id")
        return str(found) if found else None

    @property
    def text(self) -> str:
        """The vendor's code and words; of a clash the field and the record that holds the value."""
        if self.rule is Rule.DUPLICATE and self.holder:
            words = f"{self.code}: the target's record {self.holder} holds this value in {self.field}, which is unique."
            return f"{words} That record is left as it is."
        return f"{self.code}: {self.message}"


class RequestFailed(ConfigurationError):
    """Zoho refused a whole request that changes nothing, or a change of the schema."""

    def __init__(self, what: str, status: int, complaint: Complaint) -> None:
        super().__init__(f"{what}: refused ({status} {complaint.text}).")
        self.status = status
        self.complaint = complaint


class Rejected(BatchRejected):
    """Zoho refused a whole batch without saying which row is to blame; nothing of it was written."""

    def __init__(self, what: str, complaint: Complaint) -> None:
        super().__init__(f"{what}: refused ({complaint.text}).", rule=complaint.rule, vendor_code=complaint.code)
        self.complaint = complaint


SETTINGS = ("fields", "modules", "pipeline", "profiles", "tags")
"""What a call of the settings calls its list; a refused element stands in it, where other calls complain at the root (OpenAPI v8 "fields")."""


def complaint(entry: Any) -> Complaint:
    """What one element or a whole body complains about; of several problems of a record the first."""
    if not isinstance(entry, Mapping):
        return Complaint("UNREADABLE_ANSWER", "the answer is not what Zoho documents", {})
    if refused := refused_element(entry):
        return complaint(refused)
    details = entry.get("details") or {}
    several = details.get("errors") if isinstance(details, Mapping) else None
    if isinstance(several, list) and several:
        return complaint(several[0])
    code, message = entry.get("code") or entry.get("error") or "UNKNOWN", entry.get("message") or ""
    return Complaint(str(code), str(message), details if isinstance(details, Mapping) else {})


def holder(entry: Any) -> str | None:
    """The id of the record that an element clashes with; None where it was refused for another reason, or for none."""
    found = complaint(entry)
    return found.holder if found.rule is Rule.DUPLICATE else None


def refused_element(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The first element of a settings answer that was not carried out, whatever the answer's status."""
    elements: list[Any] = next((body[name] for name in SETTINGS if isinstance(body.get(name), list)), [])
    refused = (one for one in elements if isinstance(one, Mapping) and one.get("status") == "error")
    return next(refused, None)


def failure(
    what: str, status: int, headers: Mapping[str, str], content: bytes, effect: Effect, connection: Connection
) -> MigrationError:
    """The error for an answer that is not a success; `what` names the request without values."""
    if ours := from_broker(status, headers, content):
        return ours
    found = complaint(json_of(content))
    if status == 401 and found.code == "OAUTH_SCOPE_MISMATCH":
        words = f"{what}: the refresh token of {connection.name!r} lacks a scope. Make one with the scopes that"
        return ConfigurationError(f"{words} `crm-migrate setup --connect zohocrm` lists, and connect again.")
    if status == 401:
        return credential_refused("Zoho", connection.name, found.code)
    if status == 429:
        return RateLimited(f"{what}: Zoho asks for a pause ({found.code}).", USUAL_PAUSE)
    if status >= 500:
        return no_answer(what, effect, f"{status} {found.code}")
    if effect is Effect.ONCE and status in (400, 413):
        return Rejected(what, found)
    return RequestFailed(what, status, found)
