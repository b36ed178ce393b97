"""A HubSpot account in memory, with what matters to planning: standard and own properties, stages, owners, opt-outs."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.registry import capabilities
from sdrbot_skills.crm.standard import standard_fields, standard_objects
from sdrbot_skills.model.schema import Field, LinkType, ObjectSchema, Option, Pipeline, Stage, User
from sdrbot_skills.model.values import Kind
from tests.planning.fakes import FakeCrm

KINDS = {
    "emails": ("email",),
    "phones": ("phone", "mobilephone"),
    "urls": ("website", "domain"),
    "instant": ("createdate", "hs_lastmodifieddate", "lastmodifieddate", "closedate"),
    "user": ("hubspot_owner_id",),
    "money": ("amount", "annualrevenue"),
    "integer": ("numberofemployees",),
    "consent": ("hs_email_optout",),
    "choice": ("lifecyclestage", "hs_lead_status", "industry", "dealstage", "pipeline", "dealtype", "tier"),
    "long_text": ("description",),
    "decimal": ("lead_score",),
}

LABELS = {
    "firstname": "First name",
    "lastname": "Last name",
    "email": "Email",
    "company": "Company name",
    "jobtitle": "Job title",
    "hs_email_optout": "Unsubscribed from all email",
    "dealname": "Deal name",
    "closedate": "Close date",
    "dealstage": "Deal stage",
    "hubspot_owner_id": "Owner",
    "lead_score": "Lead score",
    "tier": "Customer tier",
    "shoe_size": "Shoe size",
}

OPTIONS = {
    "industry": [("COMPUTER_SOFTWARE", "Computer Software"), ("BANKING", "Banking"), ("ANIMATION", "Animation")],
    "hs_lead_status": [("NEW", "New"), ("OPEN", "Open"), ("UNQUALIFIED", "Unqualified")],
    "tier": [("gold", "Gold"), ("silver", "Silver")],
    "dealtype": [("newbusiness", "New Business"), ("existingbusiness", "Existing Business")],
    "lifecyclestage": [("lead", "Lead"), ("customer", "Customer")],
}

PIPELINE = Pipeline(
    id="default",
    label="Sales Pipeline",
    default=True,
    stages=(
        Stage(id="appointmentscheduled", label="Appointment Scheduled", position=0, probability=0.2),
        Stage(id="qualifiedtobuy", label="Qualification", position=1, probability=0.1),
        Stage(id="closedwon", label="Closed Won", position=2, probability=1.0, closed=True, won=True),
        Stage(id="closedlost", label="Closed Lost", position=3, probability=0.0, closed=True, won=False),
    ),
)

READ_ONLY = {"createdate", "hs_lastmodifieddate", "lastmodifieddate", "hs_email_optout"}

OBJECTS = {
    "companies": "name domain website phone industry numberofemployees annualrevenue description address address2 city state zip country "
    "hubspot_owner_id createdate hs_lastmodifieddate",
    "contacts": "firstname lastname email phone mobilephone jobtitle company lifecyclestage hs_lead_status address city state zip country "
    "hs_email_optout hubspot_owner_id createdate lastmodifieddate lead_score tier shoe_size",
    "deals": "dealname amount dealstage pipeline closedate dealtype description hubspot_owner_id createdate hs_lastmodifieddate",
}

OWN = {"lead_score", "tier", "shoe_size"}

LINKS = [
    LinkType(
        name="company:primary",
        object="contacts",
        to_object="companies",
        label="Primary company",
        single=True,
        standard="person.company",
    ),
    LinkType(
        name="company:primary",
        object="deals",
        to_object="companies",
        label="Primary company",
        single=True,
        standard="deal.company",
    ),
    LinkType(name="contact", object="deals", to_object="contacts", label="Contacts", standard="deal.person"),
]

USERS = [
    User(id="51", email="Ann@acme.com", name="Ann"),
    User(id="52", email="gone@acme.com", name="Gone"),
    User(id="53", email="old@acme.com", name="Old", active=False),
]


def schema(name: str, *extra: Field) -> ObjectSchema:
    """One object."""
    standard = standard_fields("hubspot")[name]
    fields = tuple(_field(field, standard.get(field)) for field in OBJECTS[name].split())
    modified = "lastmodifieddate" if name == "contacts" else "hs_lastmodifieddate"
    return ObjectSchema(
        crm="hubspot",
        name=name,
        label=name[:-1].capitalize(),
        plural=name.capitalize(),
        standard=standard_objects("hubspot")[name],
        fields=(*fields, *extra),
        created_field="createdate",
        modified_field=modified,
        owner_field="hubspot_owner_id",
    )


def _field(name: str, standard: str | None) -> Field:
    kind = next((Kind(kind) for kind, names in KINDS.items() if name in names), Kind.TEXT)
    options = OPTIONS.get(name, [])
    if name == "dealstage":
        options = [(stage.id, stage.label) for stage in PIPELINE.stages]
    if name == "pipeline":
        options = [(PIPELINE.id, PIPELINE.label)]
    return Field(
        name=name,
        label=LABELS.get(name, name.replace("_", " ").capitalize()),
        kind=kind,
        vendor_type="string",
        creatable=name not in READ_ONLY,
        updatable=name not in READ_ONLY,
        custom=name in OWN,
        options=tuple(Option(value=value, label=label) for value, label in options),
        restricted=kind is Kind.CHOICE,
        capacity=1 if kind in (Kind.EMAILS, Kind.PHONES, Kind.URLS) else None,
        max_length=65536 if kind is Kind.TEXT else None,
        standard=standard,
    )


def contacts(count: int = 20) -> list[dict[str, Any]]:
    """Contacts: every fourth without a last name, every second without a company, one opted out, one owned by nobody we know."""
    return [
        {
            "firstname": f"First{number}",
            "lastname": f"Last{number}" if number % 4 else None,
            "email": [f"person{number}@example.com"],
            "company": "Acme" if number % 2 else None,
            "phone": ["+49 30 1"],
            "hs_lead_status": "NEW" if number % 3 else "UNQUALIFIED",
            "hs_email_optout": number == 1,
            "hubspot_owner_id": "52" if number == 2 else "51",
            "createdate": "2026-01-02T10:00:00.000Z",
            "lead_score": 5,
            "tier": "gold",
        }
        for number in range(count)
    ]


def companies() -> list[dict[str, Any]]:
    """Two companies."""
    return [
        {
            "name": "Acme",
            "domain": ["acme.com"],
            "industry": "BANKING",
            "address": "1 Road",
            "address2": "Floor 2",
            "hubspot_owner_id": "51",
        },
        {
            "name": "Toons",
            "domain": ["toons.example"],
            "website": ["https://toons.example"],
            "industry": "ANIMATION",
            "hubspot_owner_id": "51",
        },
    ]


def deals() -> list[dict[str, Any]]:
    """Two deals, one without a close date."""
    return [
        {
            "dealname": "Big",
            "dealstage": "appointmentscheduled",
            "closedate": "2026-03-01T22:30:00.000Z",
            "pipeline": "default",
        },
        {"dealname": "Small", "dealstage": "closedwon", "pipeline": "default"},
    ]


def account(*extra: Field, **records: Any) -> FakeCrm:
    """The account; `extra` fields go on contacts."""
    return FakeCrm(
        "hubspot",
        capabilities("hubspot"),
        [schema("companies"), schema("contacts", *extra), schema("deals")],
        links=LINKS,
        users=USERS,
        pipelines={"deals": [PIPELINE]},
        records={"companies": companies(), "contacts": contacts(), "deals": deals(), **records},
    )
