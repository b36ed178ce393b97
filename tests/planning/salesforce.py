"""A Salesforce organisation in memory, with what matters to planning: required fields, picklists, stages, opt-outs, record types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sdrbot_skills.crm.registry import capabilities
from sdrbot_skills.crm.standard import standard_fields, standard_objects
from sdrbot_skills.model.schema import Field, LinkType, ObjectSchema, Option, Pipeline, RecordType, Stage, User
from sdrbot_skills.model.values import Kind
from tests.planning.fakes import FakeCrm

KINDS = {
    "emails": ("Email",),
    "phones": ("Phone", "MobilePhone", "Fax"),
    "urls": ("Website",),
    "instant": ("CreatedDate", "SystemModstamp"),
    "date": ("CloseDate", "Birthdate"),
    "user": ("OwnerId",),
    "money": ("Amount", "AnnualRevenue"),
    "integer": ("NumberOfEmployees",),
    "decimal": ("Probability", "Lead_Score__c"),
    "consent": ("HasOptedOutOfEmail", "HasOptedOutOfFax", "DoNotCall"),
    "choice": (
        "Industry",
        "LeadSource",
        "Status",
        "StageName",
        "Type",
        "Salutation",
        "Customer_Tier__c",
        "Tier_Of_Client__c",
    ),
    "long_text": ("Description",),
    "reference": ("AccountId", "ParentId"),
    "boolean": ("IsConverted",),
}

LABELS = {
    "Lead_Score__c": "Lead Score",
    "Customer_Tier__c": "Customer Tier",
    "StageName": "Stage",
    "CloseDate": "Close Date",
    "HasOptedOutOfEmail": "Email Opt Out",
    "LastName": "Last Name",
}

REQUIRED = {
    "Account": {"Name"},
    "Contact": {"LastName"},
    "Lead": {"LastName", "Company"},
    "Opportunity": {"Name", "StageName", "CloseDate"},
}

OPTIONS = {
    "Industry": ["Banking", "Technology", "Media"],
    "Status": ["Open - Not Contacted", "Closed - Not Converted"],
    "Type": ["New Business", "Existing Business"],
    "Customer_Tier__c": ["Gold", "Silver"],
    "LeadSource": ["Web", "Other"],
}

STAGES = (
    Stage(id="Prospecting", label="Prospecting", position=0, probability=0.1),
    Stage(id="Qualification", label="Qualification", position=1, probability=0.1),
    Stage(id="Needs Analysis", label="Needs Analysis", position=2, probability=0.2),
    Stage(id="Closed Won", label="Closed Won", position=3, probability=1.0, closed=True, won=True),
    Stage(id="Closed Lost", label="Closed Lost", position=4, probability=0.0, closed=True, won=False),
)

READ_ONLY = {"CreatedDate", "SystemModstamp", "Probability", "IsConverted"}

OBJECTS = {
    "Account": "Name Website Phone Industry NumberOfEmployees AnnualRevenue Description BillingStreet BillingCity BillingState "
    "BillingPostalCode BillingCountry OwnerId ParentId CreatedDate SystemModstamp",
    "Contact": "Salutation FirstName LastName Email Phone MobilePhone Title Description MailingStreet MailingCity MailingState "
    "MailingPostalCode MailingCountry HasOptedOutOfEmail HasOptedOutOfFax DoNotCall OwnerId AccountId CreatedDate SystemModstamp Lead_Score__c",
    "Lead": "FirstName LastName Email Phone Title Company Website LeadSource Status Street City State PostalCode Country HasOptedOutOfEmail "
    "OwnerId IsConverted CreatedDate SystemModstamp",
    "Opportunity": "Name Amount StageName CloseDate Type LeadSource NextStep Description Probability OwnerId AccountId CreatedDate SystemModstamp",
}

LINKS = [
    LinkType(
        name="AccountId",
        object="Contact",
        to_object="Account",
        label="Account",
        field="AccountId",
        single=True,
        standard="person.company",
    ),
    LinkType(
        name="AccountId",
        object="Opportunity",
        to_object="Account",
        label="Account",
        field="AccountId",
        single=True,
        standard="deal.company",
    ),
    LinkType(
        name="OpportunityContactRole",
        object="Opportunity",
        to_object="Contact",
        label="Contact roles",
        standard="deal.person",
    ),
    LinkType(
        name="ParentId",
        object="Account",
        to_object="Account",
        label="Parent",
        field="ParentId",
        single=True,
        standard="company.parent",
    ),
]

USERS = [
    User(id="005A", email="ann@acme.com", name="Ann"),
    User(id="005B", email="bob@acme.com", name="Bob"),
    User(id="005C", email="old@acme.com", name="Old", active=False),
]


def schema(
    name: str, *, hidden: Sequence[str] = (), extra: Sequence[Field] = (), types: Sequence[RecordType] = ()
) -> ObjectSchema:
    """One object, without the `hidden` fields."""
    standard = standard_fields("salesforce")[name]
    fields = tuple(_field(name, field, standard.get(field)) for field in OBJECTS[name].split() if field not in hidden)
    return ObjectSchema(
        crm="salesforce",
        name=name,
        label=name,
        plural=f"{name}s",
        standard=standard_objects("salesforce")[name],
        fields=(*fields, *extra),
        record_types=tuple(types),
        created_field="CreatedDate",
        modified_field="SystemModstamp",
        owner_field="OwnerId",
    )


def _field(object_name: str, name: str, standard: str | None) -> Field:
    kind = next((Kind(kind) for kind, names in KINDS.items() if name in names), Kind.TEXT)
    options = (
        [(stage.id, stage.label) for stage in STAGES]
        if name == "StageName"
        else [(one, one) for one in OPTIONS.get(name, [])]
    )
    return Field(
        name=name,
        label=LABELS.get(name, name.removesuffix("__c")),
        kind=kind,
        vendor_type="string",
        required=name in REQUIRED[object_name],
        creatable=name not in READ_ONLY,
        updatable=name not in READ_ONLY,
        custom=name.endswith("__c"),
        options=tuple(Option(value=value, label=label) for value, label in options),
        restricted=name == "StageName",
        capacity=1 if kind in (Kind.EMAILS, Kind.PHONES, Kind.URLS) else None,
        max_length={"LastName": 80, "Name": 120, "Title": 128}.get(name, 255) if kind is Kind.TEXT else None,
        references=("Account",) if kind is Kind.REFERENCE else (),
        standard=standard,
    )


def leads() -> list[dict[str, Any]]:
    """Two leads."""
    return [
        {
            "LastName": "Lee",
            "Email": ["lee@example.com"],
            "Company": "Acme",
            "Status": "Open - Not Contacted",
            "DoNotCall": False,
        },
        {"LastName": "Poe", "Email": ["poe@example.com"], "Company": "Toons", "HasOptedOutOfEmail": True},
    ]


def organisation(
    *,
    hidden: Sequence[str] = (),
    contact_extra: Sequence[Field] = (),
    account_types: Sequence[RecordType] = (),
    **records: Any,
) -> FakeCrm:
    """The organisation; `hidden` fields are not visible to the credential."""
    return FakeCrm(
        "salesforce",
        capabilities("salesforce"),
        [
            schema("Account", hidden=hidden, types=account_types),
            schema("Contact", hidden=hidden, extra=contact_extra),
            schema("Lead", hidden=hidden),
            schema("Opportunity", hidden=hidden),
        ],
        links=LINKS,
        users=USERS,
        pipelines={
            "Opportunity": [Pipeline(id="opportunity_stages", label="Opportunity stages", stages=STAGES, default=True)]
        },
        records={"Lead": leads(), **records},
    )
