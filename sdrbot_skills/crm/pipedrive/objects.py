"""Pipedrive's own objects and their system fields, as data (API reference v2: the bodies of persons, organizations and deals)."""

from __future__ import annotations

import re
from typing import NamedTuple

from sdrbot_skills.model.values import Kind

SHORT_TEXT, LONG_TEXT = 255, 65_000
ADDRESS_PARTS = {
    "value": "whole",
    "route": "street",
    "street_number": "house number",
    "subpremise": "apartment",
    "sublocality": "district",
    "locality": "city",
    "admin_area_level_1": "state or region",
    "admin_area_level_2": "county",
    "postal_code": "postal code",
    "country": "country",
}
OPEN, WON, LOST = "open", "won", "lost"


class SystemField(NamedTuple):
    """What a system field holds. `rights`: c where a new record can be given it, u where an old one can."""

    kind: Kind
    rights: str = ""
    required: bool = False
    length: int | None = None


class PipedriveObject(NamedTuple):
    """One object. `fields`: where its definitions are; `lists`: where its records are, in the order they are read; `v1`: only v1 has them."""

    name: str
    singular: str
    label: str
    plural: str
    fields: str
    name_field: str
    page: str
    lists: tuple[str, ...]
    system: dict[str, SystemField]
    v1: bool = False


_COMMON = {
    "owner_id": SystemField(Kind.USER, "cu"),
    "add_time": SystemField(Kind.INSTANT, "c"),
    "update_time": SystemField(Kind.INSTANT),
    "visible_to": SystemField(Kind.CHOICE, "cu"),
    "label_ids": SystemField(Kind.CHOICES, "cu"),
}

PERSONS = PipedriveObject(
    "persons",
    "person",
    "Person",
    "People",
    "personFields",
    "name",
    "person",
    ("persons",),
    _COMMON
    | {
        "name": SystemField(Kind.TEXT, "cu", required=True, length=SHORT_TEXT),
        "first_name": SystemField(Kind.TEXT, length=SHORT_TEXT),
        "last_name": SystemField(Kind.TEXT, length=SHORT_TEXT),
        "emails": SystemField(Kind.EMAILS, "cu"),
        "phones": SystemField(Kind.PHONES, "cu"),
        "org_id": SystemField(Kind.REFERENCE, "cu"),
        "job_title": SystemField(Kind.TEXT, "cu", length=SHORT_TEXT),
        "birthday": SystemField(Kind.DATE, "cu"),
        "notes": SystemField(Kind.LONG_TEXT, "cu", length=LONG_TEXT),
        "postal_address": SystemField(Kind.ADDRESS, "cu"),
        "marketing_status": SystemField(Kind.CONSENT, "cu"),
    },
)
ORGANIZATIONS = PipedriveObject(
    "organizations",
    "organization",
    "Organization",
    "Organizations",
    "organizationFields",
    "name",
    "organization",
    ("organizations",),
    _COMMON
    | {
        "name": SystemField(Kind.TEXT, "cu", required=True, length=SHORT_TEXT),
        "address": SystemField(Kind.ADDRESS, "cu"),
        "website": SystemField(Kind.URLS, "cu", length=SHORT_TEXT),
        "linkedin": SystemField(Kind.URLS, "cu", length=SHORT_TEXT),
        "industry": SystemField(Kind.CHOICE, "cu"),
        "annual_revenue": SystemField(Kind.MONEY, "cu"),
        "employee_count": SystemField(Kind.INTEGER, "cu"),
    },
)
DEALS = PipedriveObject(
    "deals",
    "deal",
    "Deal",
    "Deals",
    "dealFields",
    "title",
    "deal",
    ("deals", "deals/archived"),
    _COMMON
    | {
        "title": SystemField(Kind.TEXT, "cu", required=True, length=SHORT_TEXT),
        "value": SystemField(Kind.MONEY, "cu"),
        "currency": SystemField(Kind.CHOICE, "cu"),
        "person_id": SystemField(Kind.REFERENCE, "cu"),
        "org_id": SystemField(Kind.REFERENCE, "cu"),
        "pipeline_id": SystemField(Kind.CHOICE, "cu"),
        "stage_id": SystemField(Kind.CHOICE, "cu"),
        "status": SystemField(Kind.CHOICE),
        "probability": SystemField(Kind.DECIMAL, "cu"),
        "lost_reason": SystemField(Kind.TEXT, "cu", length=SHORT_TEXT),
        "expected_close_date": SystemField(Kind.DATE, "cu"),
        "close_time": SystemField(Kind.INSTANT, "cu"),
        "won_time": SystemField(Kind.INSTANT, "cu"),
        "lost_time": SystemField(Kind.INSTANT, "cu"),
        "stage_change_time": SystemField(Kind.INSTANT),
        "is_archived": SystemField(Kind.BOOLEAN, "cu"),
        "archive_time": SystemField(Kind.INSTANT),
        # Only persons and organizations can be given the time at which they were made.
        "add_time": SystemField(Kind.INSTANT),
    },
)

LEADS = PipedriveObject(
    "leads",
    "lead",
    "Lead",
    "Leads",
    "dealFields",
    "title",
    "leads/inbox",
    ("leads", "leads/archived"),
    {
        "title": SystemField(Kind.TEXT, "cu", required=True, length=SHORT_TEXT),
        "value": SystemField(Kind.MONEY, "cu"),
        "owner_id": SystemField(Kind.USER, "cu"),
        "label_ids": SystemField(Kind.CHOICES, "cu"),
        "person_id": SystemField(Kind.REFERENCE, "cu"),
        "organization_id": SystemField(Kind.REFERENCE, "cu"),
        "expected_close_date": SystemField(Kind.DATE, "cu"),
        "visible_to": SystemField(Kind.CHOICE, "cu"),
        "was_seen": SystemField(Kind.BOOLEAN, "cu"),
        "is_archived": SystemField(Kind.BOOLEAN, "cu"),
        "source_name": SystemField(Kind.TEXT, length=SHORT_TEXT),
        "add_time": SystemField(Kind.INSTANT),
        "update_time": SystemField(Kind.INSTANT),
    },
    v1=True,
)

STANDARD = {entry.name: entry for entry in (ORGANIZATIONS, PERSONS, DEALS, LEADS)}

OTHER_SPELLINGS = {"email": "emails", "phone": "phones", "label": "label_ids"}
"""Field lists of some accounts still spell the codes of v1; records have those of v2."""

REFERENCES = {
    "org_id": "organizations",
    "person_id": "persons",
    "org": "organizations",
    "people": "persons",
    "organization_id": "organizations",
}

_HASH = re.compile(r"[0-9a-f]{40}")
_OWN_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


def is_hash(code: str) -> bool:
    """Whether this is the key of a custom field."""
    return _HASH.fullmatch(code) is not None


def own_name(display_name: str) -> str | None:
    """The name of a field that a migration made. Pipedrive gives it a key that nobody can know before, so such a field is named by what it
    is called there, where that is spelled like an API name (`migration_source_id`); all others are named by their key."""
    return display_name if _OWN_NAME.fullmatch(display_name) and not is_hash(display_name) else None


def end_of(status: str, pipeline_id: object) -> str:
    """The value that stands for the end of a pipeline: Pipedrive's won and lost deals keep the stage they were in."""
    return f"{status}:{pipeline_id}"
