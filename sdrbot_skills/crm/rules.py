"""Why a row was not carried out, in our own terms: what `RowResult.rule` says for every CRM. The vendor's words go into `message`."""

from __future__ import annotations

from enum import StrEnum


class Rule(StrEnum):
    """One reason; quarantine groups by it and the person reads a sentence made of it."""

    UNKNOWN_FIELD = "unknown_field"
    READ_ONLY = "read_only"
    TOO_LONG = "too_long"
    UNKNOWN_OPTION = "unknown_option"
    INVALID_VALUE = "invalid_value"
    MISSING_REQUIRED = "missing_required"
    DUPLICATE = "duplicate"
    DUPLICATE_IN_BATCH = "duplicate_in_batch"
    NOT_FOUND = "not_found"
    NO_ACCESS = "no_access"
    LOCKED = "locked"
    LIMIT_REACHED = "limit_reached"
    VENDOR_RULE = "vendor_rule"
    UNANSWERED = "unanswered"
    UNCONFIRMED = "unconfirmed"
    OTHER = "other"
