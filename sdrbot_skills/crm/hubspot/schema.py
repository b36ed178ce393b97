"""What a HubSpot account says about itself: objects, properties, pipelines, owners."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sdrbot_skills.crm.failures import Missing
from sdrbot_skills.crm.hubspot.client import HubSpotClient
from sdrbot_skills.crm.hubspot.failures import NoPermission
from sdrbot_skills.crm.hubspot.objects import STANDARD, TEXT_LENGTH, StandardObject
from sdrbot_skills.crm.standard import standard_fields, standard_objects, vocabulary
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.schema import Field, ObjectSchema, ObjectSummary, Option, Pipeline, Stage, User
from sdrbot_skills.model.values import Kind

FORWARD_ONLY = (
    "HubSpot moves this only forward: an earlier stage is accepted and ignored, unless the field was cleared before."
)

_SENSITIVITIES = ("non_sensitive", "sensitive", "highly_sensitive")

_TOPIC_OPT_OUT = re.compile(r"hs_email_optout_\d+")
"""One property per subscription type: whether the person has opted out of that topic."""

_CAN_HOLD = {
    "string": {Kind.TEXT, Kind.LONG_TEXT, Kind.EMAILS, Kind.PHONES, Kind.URLS},
    "number": {Kind.INTEGER, Kind.DECIMAL, Kind.MONEY},
    "bool": {Kind.BOOLEAN, Kind.CONSENT},
    "phone_number": {Kind.PHONES},
    "enumeration": {Kind.EMAILS},
}
"""Which kinds of the vocabulary a HubSpot type can hold; where it cannot, the type decides. `hs_additional_emails` is an enumeration."""


class Schema:
    """Definitions, read anew at each call: a plan is checked against what is there now."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client
        self._type_ids = {entry.name: entry.type_id for entry in STANDARD.values()}
        self._unseen: set[tuple[str, str]] = set()

    # -- objects ------------------------------------------------------------------------------------------------------

    def objects(self) -> list[ObjectSummary]:
        """HubSpot's own objects that a migration carries, then the account's custom ones."""
        known = standard_objects("hubspot")
        own = [
            ObjectSummary(name=entry.name, label=entry.plural, standard=known.get(entry.name))
            for entry in STANDARD.values()
        ]
        custom = [
            ObjectSummary(name=entry["fullyQualifiedName"], label=entry["labels"]["plural"], custom=True)
            for entry in self.custom_objects()
        ]
        return own + custom

    def custom_objects(self) -> list[dict[str, Any]]:
        """Definitions of custom objects; none where the plan or the key has none."""
        try:
            found = self._client.get(self._client.paths.schemas())["results"]
        except (NoPermission, Missing):
            return []
        self._type_ids.update({entry["fullyQualifiedName"]: entry["objectTypeId"] for entry in found})
        return list(found)

    def describe(self, object_name: str) -> ObjectSchema:
        """One object with its properties, the sensitive ones included where this key may see them."""
        own = STANDARD.get(object_name)
        custom = None if own else self._custom(object_name)
        required = frozenset(custom["requiredProperties"]) if custom else frozenset()
        names = standard_fields("hubspot").get(object_name, {})
        properties = self.properties(object_name)
        currency = "deal_currency_code" if any(entry["name"] == "deal_currency_code" for entry in properties) else None
        fields = [to_field(entry, names.get(entry["name"]), currency, required) for entry in properties]
        if own and own.pipeline_fields:
            fields = with_stages(fields, own, self.pipelines(object_name))
        return ObjectSchema(
            crm="hubspot",
            name=object_name,
            label=own.label if own else custom["labels"]["singular"] if custom else object_name,
            plural=own.plural if own else custom["labels"]["plural"] if custom else object_name,
            standard=standard_objects("hubspot").get(object_name),
            fields=tuple(fields),
            created_field=own.created_field if own else "hs_createdate",
            modified_field=own.modified_field if own else "hs_lastmodifieddate",
            owner_field="hubspot_owner_id",
            name_field=own.name_field if own else custom["primaryDisplayProperty"] if custom else None,
            custom=own is None,
        )

    def properties(self, object_name: str, *, archived: bool = False) -> list[dict[str, Any]]:
        """Property definitions. HubSpot lists only the non-sensitive ones unless asked for the others one by one."""
        found: list[dict[str, Any]] = []
        for sensitivity in _SENSITIVITIES:
            if (object_name, sensitivity) in self._unseen or not self._may_see(sensitivity):
                continue
            query = [("archived", str(archived).lower()), ("dataSensitivity", sensitivity)]
            try:
                found += self._client.get(self._client.paths.properties(object_name), query)["results"]
            except NoPermission:
                if sensitivity == "non_sensitive":
                    raise
                self._unseen.add((object_name, sensitivity))
        return found

    def _may_see(self, sensitivity: str) -> bool:
        """Whether asking is of use: not without any scope that names it, where the scopes are known."""
        scopes = self._client.connection.facts.get("scopes")
        return sensitivity == "non_sensitive" or scopes is None or any(f".{sensitivity}." in one for one in scopes)

    def _custom(self, object_name: str) -> dict[str, Any]:
        for entry in self.custom_objects():
            if object_name in (entry["fullyQualifiedName"], entry["objectTypeId"], entry["name"]):
                return entry
        raise ConfigurationError(
            f"This HubSpot account shows no object {object_name!r}. Seen: {', '.join(self._type_ids)}."
        )

    # -- pipelines and people -----------------------------------------------------------------------------------------

    def pipelines(self, object_name: str) -> list[Pipeline]:
        """Pipelines in HubSpot's order; none for objects without."""
        own = STANDARD.get(object_name)
        if own is not None and own.pipeline_fields is None:
            return []
        try:
            entries = self._client.get(self._client.paths.pipelines(object_name))["results"]
        except Missing:
            return []
        entries.sort(key=lambda entry: entry.get("displayOrder") or 0)
        return [_to_pipeline(entry, first=index == 0) for index, entry in enumerate(entries)]

    def users(self) -> list[User]:
        """Owners, the ones of deactivated users too: records go on pointing at them."""
        users = []
        for archived in ("false", "true"):
            for entry in self._client.pages(self._client.paths.owners(), [("limit", "100"), ("archived", archived)]):
                name = " ".join(part for part in (entry.get("firstName"), entry.get("lastName")) if part)
                email = entry.get("email") or None
                users.append(
                    User(id=str(entry["id"]), email=email, name=name or email or "", active=archived == "false")
                )
        return users

    def deep_link(self, object_name: str, record_id: str) -> str:
        """The record's page: the portal and its region's host are facts of the connection."""
        if object_name not in self._type_ids:
            self.custom_objects()
        facts = self._client.connection.facts
        type_id = self._type_ids.get(object_name, object_name)
        return f"https://{facts['ui_domain']}/contacts/{facts['portal_id']}/record/{type_id}/{record_id}"


def to_field(
    entry: Mapping[str, Any],
    standard: str | None = None,
    currency: str | None = None,
    required: frozenset[str] = frozenset(),
) -> Field:
    """One property definition as a field. `currency`: the object's currency property, where it has one."""
    name = entry["name"]
    kind = _kind(entry, standard)
    rights = entry.get("modificationMetadata") or {}
    settable = not (rights.get("readOnlyValue") or entry.get("calculated") or kind is Kind.FILE)
    unique = bool(entry.get("hasUniqueValue"))
    return Field(
        name=name,
        label=entry.get("label") or name,
        kind=kind,
        vendor_type=f"{entry['type']}/{entry.get('fieldType', '')}",
        required=name in required,
        unique=unique or standard == "person.email",
        creatable=settable,
        updatable=settable,
        custom=not entry.get("hubspotDefined", False),
        upsert_key=unique,
        options=tuple(_to_option(option) for option in entry.get("options") or ()),
        restricted=kind in (Kind.CHOICE, Kind.CHOICES),
        capacity=1 if kind in (Kind.PHONES, Kind.URLS) or standard == "person.email" else None,
        max_length=TEXT_LENGTH if entry["type"] in ("string", "phone_number") else None,
        references=("users",) if kind is Kind.USER else (),
        currency_field=currency if kind is Kind.MONEY else None,
        group=entry.get("groupName") or "",
        description=FORWARD_ONLY if name == "lifecyclestage" else entry.get("description") or "",
        standard=standard,
        sensitive=entry.get("dataSensitivity", "non_sensitive") != "non_sensitive",
    )


def _kind(entry: Mapping[str, Any], standard: str | None) -> Kind:
    vendor_type, shape = entry["type"], entry.get("fieldType")
    if standard is not None:
        thing, _, field = standard.partition(".")
        wanted = Kind(vocabulary()[thing][field]["kind"])
        if wanted in _CAN_HOLD.get(vendor_type, ()) or (wanted is Kind.CONSENT and shape == "booleancheckbox"):
            return wanted
    if _TOPIC_OPT_OUT.fullmatch(entry["name"]):
        return Kind.CONSENT
    if vendor_type == "enumeration":
        return _choice_kind(entry)
    if vendor_type == "number":
        money = entry.get("showCurrencySymbol") or entry.get("numberDisplayHint") == "currency"
        return Kind.MONEY if money else Kind.DECIMAL
    if vendor_type == "string":
        return {"phonenumber": Kind.PHONES, "textarea": Kind.LONG_TEXT, "html": Kind.LONG_TEXT, "file": Kind.FILE}.get(
            str(shape), Kind.TEXT
        )
    return {"bool": Kind.BOOLEAN, "date": Kind.DATE, "datetime": Kind.INSTANT, "phone_number": Kind.PHONES}.get(
        vendor_type, Kind.TEXT
    )


def _choice_kind(entry: Mapping[str, Any]) -> Kind:
    if entry.get("externalOptions") and entry.get("referencedObjectType") == "OWNER":
        return Kind.USER
    if entry.get("fieldType") == "checkbox":
        return Kind.CHOICES
    if entry.get("fieldType") == "booleancheckbox":
        return Kind.BOOLEAN
    return Kind.CHOICE


def _to_option(entry: Mapping[str, Any]) -> Option:
    return Option(value=entry["value"], label=entry.get("label") or entry["value"], active=not entry.get("hidden"))


def _to_pipeline(entry: Mapping[str, Any], *, first: bool) -> Pipeline:
    stages = sorted(entry["stages"], key=lambda stage: stage.get("displayOrder") or 0)
    return Pipeline(
        id=entry["id"],
        label=entry["label"],
        stages=tuple(_to_stage(stage, position) for position, stage in enumerate(stages)),
        active=not entry.get("archived", False),
        default=first,
    )


def _to_stage(entry: Mapping[str, Any], position: int) -> Stage:
    facts = entry.get("metadata") or {}
    probability = float(facts["probability"]) if facts.get("probability") not in (None, "") else None
    ended = facts.get("ticketState") == "CLOSED" or probability in (0.0, 1.0)
    closed = facts["isClosed"] == "true" if "isClosed" in facts else ended
    won = None if not closed or probability is None else probability == 1.0
    return Stage(
        id=entry["id"], label=entry["label"], position=position, probability=probability, closed=closed, won=won
    )


def with_stages(fields: list[Field], own: StandardObject, pipelines: list[Pipeline]) -> list[Field]:
    """The pipeline and stage properties with their options taken from the pipelines: a stage id alone does not say of which."""
    assert own.pipeline_fields is not None
    pipeline_field, stage_field = own.pipeline_fields
    options = {
        pipeline_field: tuple(Option(value=p.id, label=p.label, active=p.active) for p in pipelines),
        stage_field: tuple(
            Option(value=stage.id, label=f"{pipeline.label} / {stage.label}", active=pipeline.active)
            for pipeline in pipelines
            for stage in pipeline.stages
        ),
    }
    return [
        field.model_copy(update={"kind": Kind.CHOICE, "options": options[field.name], "restricted": True})
        if field.name in options
        else field
        for field in fields
    ]
