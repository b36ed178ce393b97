"""From Salesforce's describe to our schema (vendor doc "REST API Developer Guide", sObject Describe; "Object Reference", Field Types).

Describe shows what this user's field-level security lets through: a field that is absent may still exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdrbot_skills.crm.salesforce.client import SalesforceClient
from sdrbot_skills.crm.salesforce.failures import RequestFailed
from sdrbot_skills.crm.standard import standard_fields, standard_objects
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.schema import (
    Field,
    ObjectSchema,
    ObjectSummary,
    Option,
    Pipeline,
    RecordType,
    Stage,
    User,
)
from sdrbot_skills.model.values import Kind

KINDS: Mapping[str, Kind] = {
    "id": Kind.TEXT,
    "string": Kind.TEXT,
    "encryptedstring": Kind.TEXT,
    "combobox": Kind.TEXT,
    "time": Kind.TEXT,
    "textarea": Kind.LONG_TEXT,
    "email": Kind.EMAILS,
    "phone": Kind.PHONES,
    "url": Kind.URLS,
    "picklist": Kind.CHOICE,
    "multipicklist": Kind.CHOICES,
    "boolean": Kind.BOOLEAN,
    "int": Kind.INTEGER,
    "long": Kind.INTEGER,
    "double": Kind.DECIMAL,
    "percent": Kind.DECIMAL,
    "currency": Kind.MONEY,
    "date": Kind.DATE,
    "datetime": Kind.INSTANT,
    "reference": Kind.REFERENCE,
}
"""What is not here is not a value of its own: compounds (address, location) are written by their parts; base64 is a file's content."""

CONSENT = frozenset(
    {
        *("HasOptedOutOfEmail", "HasOptedOutOfFax", "DoNotCall"),
        *("PersonHasOptedOutOfEmail", "PersonHasOptedOutOfFax", "PersonDoNotCall"),
    }
)
LIST_TYPES = frozenset({"email", "phone", "url"})
CURRENCY_FIELD = "CurrencyIsoCode"
PERSON_FLAG = "IsPersonAccount"
PERSON_NAME_FIELDS = frozenset({"LastName", "FirstName", "MiddleName", "Suffix", "Salutation"})
MODIFIED = "SystemModstamp"


class Schema:
    """What the organisation says about itself. The data path reads each object once (`known`); `describe` always reads it anew."""

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client
        self._known: dict[str, ObjectSchema] = {}

    def objects(self) -> list[ObjectSummary]:
        """The objects this credential can query."""
        standard = standard_objects("salesforce")
        return [
            ObjectSummary(
                name=entry["name"],
                label=entry["label"],
                standard=standard.get(entry["name"]),
                custom=entry["custom"],
                creatable=entry["createable"],
            )
            for entry in self._client.read("GET", "sobjects")["sobjects"]
            if entry["queryable"] and not entry.get("deprecatedAndHidden")
        ]

    def describe(self, object_name: str) -> ObjectSchema:
        """All fields of one object this credential sees."""
        described = from_describe(self._client, raw_describe(self._client, object_name))
        self._known[object_name] = described
        return described

    def known(self, object_name: str) -> ObjectSchema:
        """The object as it was last described."""
        return self._known.get(object_name) or self.describe(object_name)

    def forget(self, object_name: str) -> None:
        """Let the data path read this object anew."""
        self._known.pop(object_name, None)

    def pipelines(self, object_name: str) -> list[Pipeline]:
        """The active opportunity stages as one pipeline; probabilities as fractions of one."""
        if object_name != "Opportunity":
            return []
        rows = self._client.query_all(
            "SELECT ApiName, MasterLabel, IsClosed, IsWon, DefaultProbability, SortOrder FROM OpportunityStage "
            "WHERE IsActive = true ORDER BY SortOrder"
        )
        stages = tuple(_stage(position, row) for position, row in enumerate(rows))
        return [Pipeline(id="opportunity_stages", label="Opportunity stages", stages=stages, default=True)]

    def users(self) -> list[User]:
        """All users, deactivated ones included."""
        return [
            User(id=row["Id"], email=row["Email"], name=row["Name"], active=row["IsActive"])
            for row in self._client.query_all("SELECT Id, Name, Email, IsActive FROM User ORDER BY Id")
        ]

    def deep_link(self, object_name: str, record_id: str) -> str:
        """The record's page; Salesforce knows the object by the id."""
        return f"{self._client.connection.facts.get('web_url') or self._client.origin}/{record_id}"


def raw_describe(client: SalesforceClient, object_name: str) -> dict[str, Any]:
    """The vendor's own answer. Raises `ConfigurationError` naming the object if there is none."""
    if not object_name.isidentifier():
        raise ConfigurationError(f"{object_name!r} is not the API name of a Salesforce object.")
    try:
        answer: dict[str, Any] = client.read("GET", f"sobjects/{object_name}/describe")
    except RequestFailed as error:
        if error.status != 404:
            raise
        raise ConfigurationError(
            f"Salesforce has no object {object_name!r} that this credential can see. It may exist without read permission."
        ) from error
    return answer


def from_describe(client: SalesforceClient, raw: Mapping[str, Any]) -> ObjectSchema:
    """The schema in a describe answer; `client` is asked which record types are for persons, where there are any."""
    object_name = raw["name"]
    names = {field["name"] for field in raw["fields"]}
    person_accounts = PERSON_FLAG in names
    standard = standard_fields("salesforce").get(object_name, {})
    fields = tuple(
        _field(raw, field, standard.get(field["name"]), names)
        for field in raw["fields"]
        if field["type"] in KINDS and not field.get("deprecatedAndHidden")
    )
    return ObjectSchema(
        crm="salesforce",
        name=object_name,
        label=raw["label"],
        plural=raw["labelPlural"],
        standard=standard_objects("salesforce").get(object_name),
        fields=fields,
        record_types=_record_types(client, raw, person_accounts and object_name == "Account"),
        created_field="CreatedDate" if "CreatedDate" in names else None,
        modified_field=MODIFIED if MODIFIED in names else None,
        owner_field="OwnerId" if "OwnerId" in names else None,
        name_field=next((field["name"] for field in raw["fields"] if field["nameField"]), None),
        record_type_field="RecordTypeId" if "RecordTypeId" in names else None,
        custom=raw["custom"],
    )


def _stage(position: int, row: Mapping[str, Any]) -> Stage:
    probability = row["DefaultProbability"]
    return Stage(
        id=row["ApiName"],
        label=row["MasterLabel"],
        position=position,
        probability=None if probability is None else probability / 100,
        closed=row["IsClosed"],
        won=row["IsWon"] if row["IsClosed"] else None,
    )


def _field(raw: Mapping[str, Any], field: Mapping[str, Any], standard: str | None, names: set[str]) -> Field:
    name, vendor_type = field["name"], field["type"]
    person_only = raw["name"] == "Account" and PERSON_FLAG in names and _of_persons(name)
    return Field(
        name=name,
        label=field["label"],
        kind=_kind(field),
        vendor_type=vendor_type,
        required=_required(raw["name"], field, names),
        unique=field["unique"],
        ignores_case=field["unique"] and not field.get("caseSensitive"),
        # A person field sent with a company would turn it into a person (vendor doc "Person Accounts").
        creatable=raw["createable"] and field["createable"] and not person_only,
        updatable=raw["updateable"] and field["updateable"] and not person_only,
        custom=field["custom"],
        # Contact.Email can be looked up by but is not unique: an upsert on it answers 300 for two contacts.
        upsert_key=(field["externalId"] or field["idLookup"]) and field["unique"],
        options=tuple(
            Option(value=option["value"], label=option["label"] or option["value"], active=option["active"])
            for option in field["picklistValues"]
        ),
        # Salesforce would store a stage it does not know, and count the deal as open at 0 %.
        restricted=field["restrictedPicklist"] or name == "StageName",
        capacity=1 if vendor_type in LIST_TYPES else None,
        max_length=field["length"] or None,
        keeps_blanks=False,
        precision=field["precision"] or field["digits"] or None,
        scale=_scale(field),
        references=tuple(field["referenceTo"]),
        currency_field=CURRENCY_FIELD if vendor_type == "currency" and CURRENCY_FIELD in names else None,
        group="person account" if person_only else "",
        description=field.get("inlineHelpText") or "",
        standard=standard,
        sensitive=vendor_type == "encryptedstring",
    )


def _kind(field: Mapping[str, Any]) -> Kind:
    if field["name"] in CONSENT:
        return Kind.CONSENT
    if field["type"] == "reference" and "User" in field["referenceTo"]:
        return Kind.USER
    if field["type"] == "double" and field["scale"] == 0 and not field["calculated"]:
        return Kind.INTEGER  # custom number fields are doubles even where they have no decimals
    return KINDS[field["type"]]


def _scale(field: Mapping[str, Any]) -> int | None:
    """Decimals of the canonical value: a percentage is a fraction of one there, so it has two more."""
    if field["type"] == "percent":
        return int(field["scale"]) + 2
    return field["scale"] if field["type"] in ("double", "currency") else None


def _required(object_name: str, field: Mapping[str, Any], names: set[str]) -> bool:
    if object_name == "Account" and PERSON_FLAG in names and field["name"] == "Name":
        return True  # describe says nillable there, since persons have none; companies still need it
    return bool(field["createable"] and not field["nillable"] and not field["defaultedOnCreate"])


def _of_persons(name: str) -> bool:
    return name in PERSON_NAME_FIELDS or name.endswith("__pc") or (name.startswith("Person") and "__" not in name)


def _record_types(client: SalesforceClient, raw: Mapping[str, Any], person_accounts: bool) -> tuple[RecordType, ...]:
    """Assigned and unassigned ones, without the master type that stands for "none"."""
    infos = [info for info in raw["recordTypeInfos"] if not info["master"]]
    persons: set[str] = set()
    if infos and person_accounts:
        soql = "SELECT Id FROM RecordType WHERE SobjectType = 'Account' AND IsPersonType = true"
        persons = {row["Id"] for row in client.query_all(soql)}
    return tuple(
        RecordType(
            id=info["recordTypeId"],
            name=info["developerName"],
            label=info["name"],
            person=info["recordTypeId"] in persons,
            active=info["active"],
            default=info["defaultRecordTypeMapping"],
        )
        for info in infos
    )
