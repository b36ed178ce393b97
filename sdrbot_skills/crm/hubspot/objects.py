"""HubSpot's own objects and association types, as data (HubSpot's guides "Understanding the CRM" and "Associations v4")."""

from __future__ import annotations

from typing import NamedTuple

TEXT_LENGTH = 65_536
"""Characters a text property holds."""


class StandardObject(NamedTuple):
    """One object HubSpot ships. `pipeline_fields`: (pipeline, stage), the properties that hold ids of both."""

    name: str
    type_id: str
    singular: str
    label: str
    plural: str
    name_field: str
    created_field: str
    modified_field: str
    pipeline_fields: tuple[str, str] | None = None

    @property
    def scope(self) -> str:
        """The scope's stem: `tickets` has one scope for both reading and writing."""
        return "tickets" if self.name == "tickets" else f"crm.objects.{self.name}"


CONTACTS = StandardObject(
    "contacts", "0-1", "contact", "Contact", "Contacts", "lastname", "createdate", "lastmodifieddate"
)
COMPANIES = StandardObject(
    "companies", "0-2", "company", "Company", "Companies", "name", "createdate", "hs_lastmodifieddate"
)
DEALS = StandardObject(
    "deals", "0-3", "deal", "Deal", "Deals", "dealname", "createdate", "hs_lastmodifieddate", ("pipeline", "dealstage")
)
TICKETS = StandardObject(
    "tickets",
    "0-5",
    "ticket",
    "Ticket",
    "Tickets",
    "subject",
    "createdate",
    "hs_lastmodifieddate",
    ("hs_pipeline", "hs_pipeline_stage"),
)

STANDARD = {entry.name: entry for entry in (CONTACTS, COMPANIES, DEALS, TICKETS)}

POINTS_AT = {
    "contacts": ("companies", "contacts"),
    "companies": ("companies",),
    "deals": ("companies", "contacts", "deals"),
    "tickets": ("companies", "contacts", "deals"),
}
"""Associations have two directions; each pair of objects is looked at from one side only, so that no link is carried twice."""


class Association(NamedTuple):
    """One HUBSPOT_DEFINED association type: `name` after the colon of a link's name, `inline` what a list answer calls it."""

    type_id: int
    name: str
    standard: str | None = None
    single: bool = False
    inline: str | None = None
    with_unlabelled: int | None = None


KNOWN_ASSOCIATIONS = {
    ("contacts", "companies"): (
        Association(1, "primary", "person.company", True, "contact_to_company", with_unlabelled=279),
        Association(279, "", inline="contact_to_company_unlabeled"),
    ),
    ("deals", "companies"): (
        Association(5, "primary", "deal.company", True, "deal_to_company", with_unlabelled=341),
        Association(341, "", inline="deal_to_company_unlabeled"),
    ),
    ("deals", "contacts"): (Association(3, "", "deal.person", inline="deal_to_contact"),),
    ("companies", "companies"): (Association(14, "parent", "company.parent", True),),
    ("tickets", "companies"): (
        Association(26, "primary", single=True, inline="ticket_to_company", with_unlabelled=339),
        Association(339, "", inline="ticket_to_company_unlabeled"),
    ),
    ("tickets", "contacts"): (Association(16, "", inline="ticket_to_contact"),),
}
"""By (from, to). HubSpot changelog "Parent <-> Child Associations via API": 14 leads from the child to its parent, 13 back."""

INVERSE_TYPES = frozenset({13})
"""The far side of a type above; the same link seen from its other end."""
