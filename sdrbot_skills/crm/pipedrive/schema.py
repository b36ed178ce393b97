"""What a Pipedrive account says about itself: fields, pipelines with their stages, users, currencies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sdrbot_skills.crm.pipedrive import leads
from sdrbot_skills.crm.pipedrive.client import V2, PipedriveClient
from sdrbot_skills.crm.pipedrive.objects import (
    ADDRESS_PARTS,
    LONG_TEXT,
    LOST,
    OTHER_SPELLINGS,
    REFERENCES,
    SHORT_TEXT,
    STANDARD,
    WON,
    PipedriveObject,
    SystemField,
    end_of,
    own_name,
)
from sdrbot_skills.crm.standard import standard_fields, standard_objects
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.schema import Field, ObjectSchema, ObjectSummary, Option, Pipeline, Stage, User
from sdrbot_skills.model.values import Kind

CODE = "code="
"""`Field.group` of a custom field says its 40-character key behind this."""

_KINDS = {
    "varchar": Kind.TEXT,
    "varchar_auto": Kind.TEXT,
    "varchar_options": Kind.TEXT,
    "text": Kind.LONG_TEXT,
    "double": Kind.DECIMAL,
    "int": Kind.INTEGER,
    "monetary": Kind.MONEY,
    "date": Kind.DATE,
    "phone": Kind.PHONES,
    "enum": Kind.CHOICE,
    "set": Kind.CHOICES,
    "user": Kind.USER,
    "org": Kind.REFERENCE,
    "people": Kind.REFERENCE,
    "address": Kind.ADDRESS,
    "boolean": Kind.BOOLEAN,
}
"""What a custom field of each type holds; times and ranges are read as text and not written."""

BY_ID = frozenset({"visible_to", "status"})
"""System fields whose options mean the same everywhere."""

_LENGTHS = {"varchar": SHORT_TEXT, "varchar_auto": SHORT_TEXT, "phone": SHORT_TEXT, "text": LONG_TEXT}


class Schema:
    """Definitions, read anew at each call: a plan is checked against what is there now."""

    def __init__(self, client: PipedriveClient) -> None:
        self._client = client
        self._stored: dict[str, dict[str, Any]] = {}

    def option_ids(self, field: Field) -> Mapping[str, Any]:
        """What records store for each option's value: the option's id, which `describe` has learnt; numbers for stages and the like."""
        learnt = self._stored.get(field.group, {})
        values = [option.value for option in field.options]
        return {value: learnt.get(value, int(value) if value.isdigit() else value) for value in values}

    def learn_options(self, group: str, entry: Mapping[str, Any]) -> None:
        """Remember the ids of a field's options."""
        listed = entry.get("options") or []
        options = _options(entry)
        self._stored[group] = {option.value: one["id"] for option, one in zip(options, listed, strict=True)}

    def objects(self) -> list[ObjectSummary]:
        known = standard_objects("pipedrive")
        return [
            ObjectSummary(name=one.name, label=one.plural, standard=known.get(one.name)) for one in STANDARD.values()
        ]

    def describe(self, object_name: str) -> ObjectSchema:
        """One object with its fields; parts of an address are fields of their own."""
        thing = self.object(object_name)
        fields: list[Field] = []
        entries = self.definitions(thing)
        display = Counter(entry["field_name"] for entry in entries)
        for entry in entries:
            if entry["is_custom_field"]:
                self.learn_options(CODE + entry["field_code"], entry)
                fields.append(to_field(entry, unique_name=display[entry["field_name"]] == 1))
            elif not entry.get("is_optional_response_field"):
                made = _system_fields(thing, entry)
                for field in made:
                    if field.kind in (Kind.CHOICE, Kind.CHOICES) and field.name not in BY_ID:
                        self.learn_options(field.group, entry)
                fields += made
        if object_name == "persons" and self.has_campaigns():
            fields.append(_consent())
        if object_name == "deals":
            fields = self._with_choices(fields)
        return ObjectSchema(
            crm="pipedrive",
            name=thing.name,
            label=thing.label,
            plural=thing.plural,
            standard=standard_objects("pipedrive").get(thing.name),
            fields=tuple({field.name: field for field in fields}.values()),
            created_field="add_time",
            modified_field="update_time",
            owner_field="owner_id",
            name_field=thing.name_field,
        )

    def object(self, object_name: str) -> PipedriveObject:
        """Raises `ConfigurationError` where there is none of that name."""
        if object_name not in STANDARD:
            raise ConfigurationError(f"Pipedrive has no object {object_name!r} here. Seen: {', '.join(STANDARD)}.")
        return STANDARD[object_name]

    def definitions(self, thing: PipedriveObject) -> list[dict[str, Any]]:
        found = [entry for rows in self._client.pages(f"{V2}/{thing.fields}") for entry in rows]
        return leads.definitions(self._client, found) if thing.v1 else found

    def has_campaigns(self) -> bool:
        """Whether the add-on that keeps marketing consent is on."""
        me = self._client.get(f"{self._client.v1}/users/me")["data"]
        return any(entry.get("app") == "campaigns" for entry in me.get("access") or ())

    def _with_choices(self, fields: list[Field]) -> list[Field]:
        """Pipelines, stages and currencies as options: their definitions carry none."""
        pipelines = self.pipelines("deals")
        options = {
            "pipeline_id": tuple(Option(value=one.id, label=one.label) for one in pipelines),
            "stage_id": tuple(
                Option(value=stage.id, label=f"{one.label} / {stage.label}")
                for one in pipelines
                for stage in one.stages
            ),
            "currency": self._currencies(),
        }
        return [
            field.model_copy(update={"options": options[field.name], "restricted": True})
            if field.name in options
            else field
            for field in fields
        ]

    def _currencies(self) -> tuple[Option, ...]:
        found = self._client.get(f"{self._client.v1}/currencies")["data"] or []
        return tuple(
            Option(value=one["code"], label=one["code"], active=bool(one.get("active_flag", True))) for one in found
        )

    def pipelines(self, object_name: str) -> list[Pipeline]:
        """Pipelines in Pipedrive's order, each with its stages and with an end for won and for lost deals."""
        if object_name != "deals":
            return []
        entries = [entry for rows in self._client.pages(f"{V2}/pipelines") for entry in rows]
        stages = [entry for rows in self._client.pages(f"{V2}/stages") for entry in rows]
        entries.sort(key=lambda entry: (entry.get("order_nr") or 0, entry["id"]))
        return [_to_pipeline(entry, stages, first=index == 0) for index, entry in enumerate(entries)]

    def users(self) -> list[User]:
        """All users, deactivated ones too: records go on pointing at them."""
        entries = self._client.get(f"{self._client.v1}/users")["data"] or []
        return [
            User(
                id=str(one["id"]),
                email=one.get("email") or None,
                name=one.get("name") or "",
                active=bool(one["active_flag"]),
            )
            for one in entries
        ]

    def deep_link(self, object_name: str, record_id: str) -> str:
        """`https://<company>.pipedrive.com/person/<id>`"""
        domain = self._client.connection.facts.get("company_domain") or "app"
        return f"https://{domain}.pipedrive.com/{STANDARD[object_name].page}/{record_id}"


def to_field(entry: Mapping[str, Any], *, unique_name: bool = True) -> Field:
    """A custom field. Its key stands in `group`; see `objects.own_name` for its name."""
    vendor_type = entry["field_type"]
    kind = _KINDS.get(vendor_type, Kind.TEXT)
    options = _options(entry)
    if kind is Kind.CHOICE and {one.label.casefold() for one in options} == {"yes", "no"}:
        kind = Kind.BOOLEAN
    own = own_name(entry["field_name"]) if unique_name else None
    settable = vendor_type in _KINDS
    return Field(
        name=own or entry["field_code"],
        label=entry["field_name"],
        kind=kind,
        vendor_type=vendor_type,
        creatable=settable,
        updatable=settable,
        custom=True,
        options=options,
        restricted=bool(options),
        capacity=1 if kind is Kind.PHONES else None,
        max_length=_LENGTHS.get(vendor_type),
        own_currency=kind is Kind.MONEY,
        references=_references(vendor_type),
        group=CODE + entry["field_code"],
        description=entry.get("description") or "",
    )


def _references(code: str) -> tuple[str, ...]:
    if code == "user":
        return ("users",)
    return (REFERENCES[code],) if code in REFERENCES else ()


def code_of(field: Field) -> str | None:
    """The 40-character key of a custom field."""
    return field.group.removeprefix(CODE) if field.custom else None


def _options(entry: Mapping[str, Any]) -> tuple[Option, ...]:
    """Options by label, since their ids mean nothing in another account; where two have one label, both by id."""
    listed = entry.get("options") or []
    labels = Counter(str(one["label"]) for one in listed)
    return tuple(
        Option(value=str(one["label"]) if labels[str(one["label"])] == 1 else str(one["id"]), label=str(one["label"]))
        for one in listed
    )


def _system_fields(thing: PipedriveObject, entry: Mapping[str, Any]) -> list[Field]:
    code = OTHER_SPELLINGS.get(entry["field_code"], entry["field_code"])
    spec = thing.system.get(code)
    if spec is None:
        spec = SystemField(_KINDS.get(entry["field_type"], Kind.TEXT))
        if spec.kind in (Kind.ADDRESS, Kind.MONEY, Kind.PHONES):
            return []
    if spec.kind is Kind.ADDRESS:
        return [
            _system_field(thing, f"{code}.{part}", f"{entry['field_name']} ({words})", _part(spec), entry)
            for part, words in ADDRESS_PARTS.items()
        ]
    return [_system_field(thing, code, entry["field_name"], spec, entry)]


def _part(spec: SystemField) -> SystemField:
    return SystemField(Kind.TEXT, spec.rights, length=SHORT_TEXT)


def _system_field(thing: PipedriveObject, name: str, label: str, spec: SystemField, entry: Mapping[str, Any]) -> Field:
    choosing = spec.kind in (Kind.CHOICE, Kind.CHOICES)
    listed = entry.get("options") or [] if choosing else []
    by_id = tuple(Option(value=str(one["id"]), label=str(one["label"])) for one in listed)
    single = spec.kind is Kind.URLS
    return Field(
        name=name,
        label=label,
        kind=spec.kind,
        vendor_type=entry["field_type"],
        required=spec.required,
        creatable="c" in spec.rights,
        updatable="u" in spec.rights,
        options=by_id if name in BY_ID else _options(entry) if choosing else (),
        restricted=bool(listed),
        capacity=1 if single else None,
        max_length=spec.length,
        scale=0 if name == "annual_revenue" else None,
        references=("users",) if spec.kind is Kind.USER else _references(name),
        currency_field="currency" if name == "value" and not thing.v1 else None,
        own_currency=name == "value" and thing.v1,
        group=f"{thing.name}.{name}",
        standard=standard_fields("pipedrive").get(thing.name, {}).get(name),
    )


def _consent() -> Field:
    return Field(
        name="marketing_status",
        label="Marketing status",
        kind=Kind.CONSENT,
        vendor_type="marketing_status",
        standard="person.email_opt_out",
        description="Can be changed once only; nobody is ever subscribed by a migration.",
    )


def _to_pipeline(entry: Mapping[str, Any], stages: list[dict[str, Any]], *, first: bool) -> Pipeline:
    mine = sorted(
        (one for one in stages if one["pipeline_id"] == entry["id"] and not one.get("is_deleted")),
        key=lambda one: (one.get("order_nr") or 0, one["id"]),
    )
    listed = [
        Stage(
            id=str(one["id"]),
            label=one["name"],
            position=position,
            probability=None if one.get("deal_probability") is None else one["deal_probability"] / 100,
        )
        for position, one in enumerate(mine)
    ]
    for status, label in ((WON, "Won"), (LOST, "Lost")):
        won = status == WON
        listed.append(
            Stage(
                id=end_of(status, entry["id"]),
                label=label,
                position=len(listed),
                probability=float(won),
                closed=True,
                won=won,
            )
        )
    return Pipeline(
        id=str(entry["id"]),
        label=entry["name"],
        stages=tuple(listed),
        active=not entry.get("is_deleted", False),
        default=first,
    )
