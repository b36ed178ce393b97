"""What a Twenty workspace says about itself, read by GraphQL: REST hides where relations lead, and asks for a right that readers lack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sdrbot_skills.crm.standard import standard_fields, standard_objects, vocabulary
from sdrbot_skills.crm.twenty.client import TwentyClient
from sdrbot_skills.crm.twenty.wire import OTHERS, PARTS
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.schema import Field, ObjectSchema, ObjectSummary, Option, Pipeline, Stage, User
from sdrbot_skills.model.values import Kind

MEMBERS = "workspaceMembers"
STAGE = "stage"

_QUERY = """query { objects(paging: {first: 1000}) { edges { node {
  id nameSingular namePlural labelSingular labelPlural description icon isSystem isActive labelIdentifierFieldMetadataId
  fieldsList { id name label type description icon isActive isSystem isUnique isNullable isUIEditable defaultValue options settings
    relation { type targetObjectMetadata { nameSingular namePlural } } }
} } } }"""

_KINDS = {
    "TEXT": Kind.TEXT,
    "UUID": Kind.TEXT,
    "BOOLEAN": Kind.BOOLEAN,
    "DATE": Kind.DATE,
    "DATE_TIME": Kind.INSTANT,
    "SELECT": Kind.CHOICE,
    "RATING": Kind.CHOICE,
    "MULTI_SELECT": Kind.CHOICES,
    "CURRENCY": Kind.MONEY,
    "ARRAY": Kind.LONG_TEXT,
}
_ENTRIES = {"EMAILS": Kind.EMAILS, "PHONES": Kind.PHONES, "LINKS": Kind.URLS}
_STANDARD = {
    "companies": "name domainName address linkedinLink annualRevenue accountOwner employees xLink annualRecurringRevenue "
    "idealCustomerProfile tagline introVideo workPolicy visaSponsorship",
    "people": "name emails linkedinLink jobTitle phones avatarUrl avatarFile company city xLink intro whatsapp workPreference performanceRating",
    "opportunities": "name amount closeDate stage company pointOfContact owner probability",
    "notes": "title bodyV2 body",
    "tasks": "title bodyV2 body dueAt status assignee",
}
"""Fields the vendor has made, of this or an older version; the API does not tell which ones are an admin's."""

_SETTABLE = frozenset({"createdAt"})


@dataclass(frozen=True)
class TwentyObject:
    """One object as the workspace defines it."""

    doc: Mapping[str, Any]

    @property
    def plural(self) -> str:
        return str(self.doc["namePlural"])

    @property
    def singular(self) -> str:
        return str(self.doc["nameSingular"])

    @property
    def pascal(self) -> str:
        return self.singular[0].upper() + self.singular[1:]

    @property
    def definitions(self) -> dict[str, Mapping[str, Any]]:
        """Field definitions by name."""
        return {entry["name"]: entry for entry in self.doc["fieldsList"]}

    @property
    def kinds(self) -> dict[str, str]:
        """Field types by name; a relation also by its column."""
        found = {entry["name"]: str(entry["type"]) for entry in self.doc["fieldsList"]}
        for entry in self.doc["fieldsList"]:
            if join := (entry.get("settings") or {}).get("joinColumnName"):
                found[join] = "UUID"
        return found


class Schema:
    """Definitions as they are now: one answer holds all objects, and serves each of them once before it is asked for again."""

    def __init__(self, client: TwentyClient) -> None:
        self._client = client
        self._known: dict[str, TwentyObject] = {}
        self._unasked: set[str] = set()

    def definitions(self) -> dict[str, TwentyObject]:
        """All objects by plural name."""
        edges = self._client.graphql(_QUERY, path="/metadata")["objects"]["edges"]
        self._known = {edge["node"]["namePlural"]: TwentyObject(edge["node"]) for edge in edges}
        self._unasked = set(self._known)
        return self._known

    def definition(self, object_name: str, *, anew: bool = True) -> TwentyObject:
        """One object; for sending and reading rows, what was read before will do."""
        stale = object_name not in (self._unasked if anew else self._known)
        known = self.definitions() if stale else self._known
        if anew:
            self._unasked.discard(object_name)
        if object_name not in known:
            raise ConfigurationError(
                f"This Twenty workspace shows no object {object_name!r}. Seen: {', '.join(sorted(known))}."
            )
        return known[object_name]

    def objects(self) -> list[ObjectSummary]:
        """What people work with: not the objects by which Twenty runs itself."""
        known = standard_objects("twenty")
        return [
            ObjectSummary(
                name=one.plural,
                label=one.doc["labelPlural"],
                standard=known.get(one.plural),
                custom=one.plural not in _STANDARD and one.plural not in ("dashboards", "workflows"),
            )
            for one in self.definitions().values()
            if one.doc["isActive"] and not one.doc["isSystem"]
        ]

    def describe(self, object_name: str) -> ObjectSchema:
        """One object with its fields, composites spread over flat names."""
        found = self.definition(object_name)
        fields = tuple(field for entry in found.doc["fieldsList"] for field in fields_of(object_name, entry))
        names = {field.name for field in fields}
        owner = next((name for name in ("accountOwnerId", "ownerId", "assigneeId") if name in names), None)
        title = next((name for name in ("name", "title", "name.lastName") if name in names), None)
        return ObjectSchema(
            crm="twenty",
            name=object_name,
            label=found.doc["labelSingular"],
            plural=found.doc["labelPlural"],
            standard=standard_objects("twenty").get(object_name),
            fields=fields,
            created_field="createdAt",
            modified_field="updatedAt",
            owner_field=owner,
            name_field=title,
            custom=object_name not in _STANDARD and not found.doc["isSystem"],
        )

    def pipelines(self, object_name: str) -> list[Pipeline]:
        """Opportunities have one, which is the options of their stage; what is won or lost shows in the names only."""
        stage = self.definition(object_name).definitions.get(STAGE)
        if object_name != "opportunities" or stage is None:
            return []
        options = sorted(stage.get("options") or (), key=lambda option: option.get("position") or 0)
        stages = tuple(_stage(option, position) for position, option in enumerate(options))
        return [Pipeline(id=STAGE, label="Opportunities", stages=stages, default=True)]

    def users(self) -> list[User]:
        """Members of the workspace; those who left are not told."""
        return [
            User(id=row["id"], email=row.get("userEmail") or None, name=_full(row.get("name")) or row["userEmail"])
            for row in self._client.pages(MEMBERS)
        ]

    def deep_link(self, object_name: str, record_id: str) -> str:
        """`<web application>/object/person/<id>`"""
        origin = str(self._client.connection.facts.get("web_url") or self._client.connection.base_url)
        return f"{origin}/object/{self.definition(object_name, anew=False).singular}/{record_id}"


def fields_of(object_name: str, entry: Mapping[str, Any]) -> Iterator[Field]:
    """One definition as one field, or as the parts of a composite."""
    kind, name = str(entry["type"]), str(entry["name"])
    if kind in _ENTRIES:
        yield _field(object_name, entry, name, _ENTRIES[kind], capacity=1, unique=bool(entry["isUnique"]))
        yield _field(object_name, entry, f"{name}.{OTHERS[kind]}", _ENTRIES[kind], suffix="further")
    elif kind in PARTS:
        for part in PARTS[kind]:
            held = Kind.LONG_TEXT if kind == "RICH_TEXT" else Kind.TEXT
            yield _field(object_name, entry, f"{name}.{part}", held, suffix="" if kind == "RICH_TEXT" else part)
    elif kind == "NUMBER":
        decimals = (entry.get("settings") or {}).get("decimals")
        whole = decimals == 0 or (decimals is None and name == "employees")
        yield _field(object_name, entry, name, Kind.INTEGER if whole else Kind.DECIMAL)
    elif kind == "RELATION" and (entry.get("relation") or {}).get("type") == "MANY_TO_ONE":
        yield _reference(object_name, entry)
    elif kind in _KINDS:
        many_rows = (entry.get("settings") or {}).get("displayedMaxRows") or 1
        held = Kind.LONG_TEXT if kind == "TEXT" and many_rows > 1 else _KINDS[kind]
        yield _field(object_name, entry, name, held, unique=bool(entry["isUnique"]))


def _field(
    object_name: str,
    entry: Mapping[str, Any],
    name: str,
    kind: Kind,
    *,
    suffix: str = "",
    capacity: int | None = None,
    unique: bool = False,
) -> Field:
    standard = standard_fields("twenty").get(object_name, {}).get(name)
    by_server = entry["isSystem"] or entry["type"] in ("ACTOR", "ARRAY", "POSITION")
    settable = name in _SETTABLE or not by_server
    label, meant = _label(entry["label"], suffix), _meant(kind, standard)
    return Field(
        name=name,
        label=label,
        kind=meant,
        vendor_type=str(entry["type"]),
        required=entry["type"] == "SELECT" and not entry["isNullable"] and entry.get("defaultValue") is None,
        unique=unique,
        creatable=settable,
        updatable=settable and name not in _SETTABLE,
        custom=is_custom(object_name, entry),
        upsert_key=unique and entry["type"] in ("TEXT", "UUID"),
        options=options_of(entry),
        restricted=kind in (Kind.CHOICE, Kind.CHOICES),
        capacity=1 if meant in _ENTRIES.values() and kind is Kind.TEXT else capacity,
        scale=6 if kind is Kind.MONEY else None,
        precision=18 if kind is Kind.MONEY else None,
        international=entry["type"] == "PHONES",
        own_currency=kind is Kind.MONEY,
        standard=standard,
    )


def _reference(object_name: str, entry: Mapping[str, Any]) -> Field:
    target = entry["relation"]["targetObjectMetadata"]["namePlural"]
    name = (entry.get("settings") or {}).get("joinColumnName") or f"{entry['name']}Id"
    return Field(
        name=name,
        label=entry["label"],
        kind=Kind.USER if target == MEMBERS else Kind.REFERENCE,
        vendor_type="RELATION",
        custom=is_custom(object_name, entry),
        references=(target,),
        standard=standard_fields("twenty").get(object_name, {}).get(name),
    )


def is_custom(object_name: str, entry: Mapping[str, Any]) -> bool:
    """Whether an admin or a migration made the field."""
    return not entry["isSystem"] and entry["name"] not in _STANDARD.get(object_name, "").split()


def options_of(entry: Mapping[str, Any]) -> tuple[Option, ...]:
    """In the vendor's order."""
    if entry["type"] not in ("SELECT", "MULTI_SELECT", "RATING"):
        return ()
    options = sorted(entry.get("options") or (), key=lambda option: option.get("position") or 0)
    return tuple(Option(value=option["value"], label=option.get("label") or option["value"]) for option in options)


def _meant(kind: Kind, standard: str | None) -> Kind:
    """A yes/no field that the vocabulary knows as consent is consent, a text that it knows as a telephone number is one."""
    if standard is None or kind not in (Kind.BOOLEAN, Kind.TEXT):
        return kind
    thing, _, name = standard.partition(".")
    wanted = Kind(vocabulary()[thing][name]["kind"])
    fits = wanted is Kind.CONSENT if kind is Kind.BOOLEAN else wanted in _ENTRIES.values()
    return wanted if fits else kind


def _label(label: str, suffix: str) -> str:
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in suffix).strip()
    return f"{label} ({words})" if words else label


def _full(name: Mapping[str, Any] | None) -> str:
    return " ".join(part for part in ((name or {}).get("firstName"), (name or {}).get("lastName")) if part)


def _stage(option: Mapping[str, Any], position: int) -> Stage:
    words = str(option["value"]).split("_")
    won = True if {"WON", "CUSTOMER"} & set(words) else False if "LOST" in words else None
    return Stage(id=option["value"], label=option["label"], position=position, closed=won is not None, won=won)
