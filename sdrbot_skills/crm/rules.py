"""Why a CRM did not take a row: our own names, the same for every CRM. The vendor's own code stays at the front of the result's message."""

from __future__ import annotations

from typing import Final

REQUIRED_MISSING: Final = "required_missing"
TOO_LONG: Final = "too_long"
UNKNOWN_OPTION: Final = "unknown_option"
INVALID_EMAIL: Final = "invalid_email"
INVALID_VALUE: Final = "invalid_value"
DUPLICATE: Final = "duplicate"
READ_ONLY: Final = "read_only"
UNKNOWN_FIELD: Final = "unknown_field"
BAD_REFERENCE: Final = "bad_reference"
INACTIVE_OWNER: Final = "inactive_owner"
VALIDATION_RULE: Final = "validation_rule"
NOT_FOUND: Final = "not_found"
NOT_PERMITTED: Final = "not_permitted"
STORAGE_FULL: Final = "storage_full"
LOCKED: Final = "locked"
VENDOR_REJECTED: Final = "vendor_rejected"

MEANING: Final = {
    REQUIRED_MISSING: "a field that must be filled is empty",
    TOO_LONG: "the text is longer than the field allows",
    UNKNOWN_OPTION: "the value is not one of the field's options",
    INVALID_EMAIL: "this is not an e-mail address the CRM accepts",
    INVALID_VALUE: "the value does not fit the field's type",
    DUPLICATE: "the CRM already has a record like this one",
    READ_ONLY: "the field cannot be written",
    UNKNOWN_FIELD: "the CRM does not have this field, or hides it from this credential",
    BAD_REFERENCE: "the record it points at is not there",
    INACTIVE_OWNER: "the owner is a deactivated user",
    VALIDATION_RULE: "a rule of the CRM's administrator refused it",
    NOT_FOUND: "the record is no longer there",
    NOT_PERMITTED: "this credential may not do that",
    STORAGE_FULL: "the account's storage is full",
    LOCKED: "another program was changing the record at the same moment",
    VENDOR_REJECTED: "the CRM refused it for a reason of its own",
}
"""What each rule says to a person."""
