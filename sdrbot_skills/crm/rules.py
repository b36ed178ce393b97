"""Why a row was not carried out, in our own terms: what `RowResult.rule` says for every CRM. The vendor's words go into `message`."""

from __future__ import annotations

from enum import StrEnum


class Rule(StrEnum):
    """One reason; quarantine groups by it and the person reads a sentence made of it."""

    REQUIRED_MISSING = "required_missing"
    UNKNOWN_FIELD = "unknown_field"
    READ_ONLY = "read_only"
    TOO_LONG = "too_long"
    UNKNOWN_OPTION = "unknown_option"
    INVALID_EMAIL = "invalid_email"
    INVALID_VALUE = "invalid_value"
    DUPLICATE = "duplicate"
    DUPLICATE_IN_BATCH = "duplicate_in_batch"
    BAD_REFERENCE = "bad_reference"
    INACTIVE_OWNER = "inactive_owner"
    NOT_FOUND = "not_found"
    NO_ACCESS = "no_access"
    LOCKED = "locked"
    LIMIT_REACHED = "limit_reached"
    VALIDATION_RULE = "validation_rule"
    UNANSWERED = "unanswered"
    UNCONFIRMED = "unconfirmed"
    VENDOR_REJECTED = "vendor_rejected"
