"""Attio's objects and attributes as ours (Attio's pages "Objects", "Attribute types", "Standard objects").

A part of a name or a location is a dotted field (`name.first_name`). Options and stages are told by title: that is what records are read and
written with. Attributes of one slug on people, companies and deals that a plan makes (`close_date`, `email_opt_out`) are standard too.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from sdrbot_skills.crm.attio.client import AttioClient, attributes
from sdrbot_skills.crm.failures import Missing
from sdrbot_skills.crm.standard import first_of_each, standard_fields, standard_objects, vocabulary
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.schema import Field, ObjectSchema, ObjectSummary, Option, Pipeline, Stage, User
from sdrbot_skills.model.values import Kind

PLACE = ("line_1", "line_2", "line_3", "line_4", "locality", "region", "postcode", "country_code", "latitude", "longitude")  # fmt: skip
NAMES = ("first_name", "last_name", "full_name")
PARTS = {"personal-name": NAMES, "location": PLACE}
"""Types that are told part by part."""

PAGES = {"people": "person", "companies": "company", "deals": "deal"}
"""What the address of a record's page calls its object."""

SYSTEM = frozenset({"record_id", "created_at", "created_by"})
KINDS = {
    "text": Kind.TEXT,
    "number": Kind.DECIMAL,
    "checkbox": Kind.BOOLEAN,
    "currency": Kind.MONEY,
    "date": Kind.DATE,
    "timestamp": Kind.INSTANT,
    "rating": Kind.INTEGER,
    "status": Kind.CHOICE,
    "select": Kind.CHOICE,
    "record-reference": Kind.REFERENCE,
    "actor-reference": Kind.USER,
    "domain": Kind.URLS,
    "email-address": Kind.EMAILS,
    "phone-number": Kind.PHONES,
    "interaction": Kind.INSTANT,
}
_CAN_HOLD = {
    "text": frozenset({Kind.TEXT, Kind.LONG_TEXT, Kind.URLS, Kind.PHONES, Kind.EMAILS}),
    "number": frozenset({Kind.INTEGER, Kind.DECIMAL}),
    "checkbox": frozenset({Kind.CONSENT}),
}
_LABELS = {
    "first_name": "First name", "last_name": "Last name", "full_name": "Full name", "line_1": "Street", "line_2": "Second line",
    "line_3": "Third line", "line_4": "Fourth line", "locality": "City", "region": "Region", "postcode": "Postal code",
    "country_code": "Country", "latitude": "Latitude", "longitude": "Longitude",
}  # fmt: skip


class Attribute(NamedTuple):
    """One attribute as writing needs it. `objects`: the slugs a reference may point at."""

    id: str
    slug: str
    type: str
    multi: bool
    unique: bool
    writable: bool
    objects: tuple[str, ...]
    options: frozenset[str]


class Schema:
    """What is defined in the workspace. `describe` reads it anew; writing uses what was read last."""

    def __init__(self, client: AttioClient) -> None:
        self._client = client
        self._known: dict[str, dict[str, Attribute]] = {}
        self._slugs: dict[str, str] = {}
        self._objects: dict[str, dict[str, Any]] = {}
        self._raw: dict[str, list[dict[str, Any]]] = {}

    def objects(self) -> list[ObjectSummary]:
        """Objects that are switched on."""
        standard = standard_objects("attio")
        return [
            ObjectSummary(
                name=entry["api_slug"],
                label=entry["plural_noun"] or entry["api_slug"],
                standard=standard.get(entry["api_slug"]),
                custom=entry["api_slug"] not in ("people", "companies", "deals", "users", "workspaces"),
            )
            for entry in self._entries()
        ]

    def _entries(self) -> list[dict[str, Any]]:
        entries = [entry for entry in self._client.get("/v2/objects") if entry["api_slug"]]
        self._slugs = {entry["id"]["object_id"]: entry["api_slug"] for entry in entries}
        self._objects = {entry["api_slug"]: entry for entry in entries}
        return entries

    def references(self, object_name: str) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """An object's attributes as Attio tells them, as read last, and each object's slug by its id."""
        if object_name not in self._raw:
            self.describe(object_name)
        return self._raw[object_name], self._slugs

    def describe(self, object_name: str) -> ObjectSchema:
        """One object with its attributes, archived ones left out."""
        if object_name not in self._objects:
            self._entries()
        entries = self._objects
        if object_name not in entries:
            raise ConfigurationError(
                f"This Attio workspace shows no object {object_name!r}. Seen: {', '.join(entries)}. "
                "Deals are off until an admin switches them on."
            )
        entry, found = entries[object_name], self._client.get(attributes(object_name))
        choices = {
            one["api_slug"]: self._choices(object_name, one) for one in found if one["type"] in ("select", "status")
        }
        self._raw[object_name] = found
        self._known[object_name] = {one["api_slug"]: self._attribute(one, choices) for one in found}
        names = {name for one in found for name in _names(one)}
        standard = first_of_each(standard_fields("attio").get(object_name, {}), names)
        fields = [
            field for one in found for field in to_fields(one, choices.get(one["api_slug"], ()), standard, self._slugs)
        ]
        return ObjectSchema(
            crm="attio",
            name=object_name,
            label=entry["singular_noun"] or object_name,
            plural=entry["plural_noun"] or object_name,
            standard=standard_objects("attio").get(object_name),
            fields=tuple(fields),
            created_field="created_at",
            owner_field="owner" if "owner" in names else None,
            name_field="name" if "name" in names else "name.full_name" if "name.full_name" in names else None,
            custom=object_name not in standard_objects("attio"),
        )

    def attributes(self, object_name: str) -> dict[str, Attribute]:
        """By slug, as read last."""
        if object_name not in self._known:
            self.describe(object_name)
        return self._known[object_name]

    def attribute(self, object_name: str, slug: str) -> Attribute | None:
        """One attribute; looked up anew where it was not there last time."""
        found = self.attributes(object_name).get(slug)
        if found is None:
            self.describe(object_name)
        return found or self._known[object_name].get(slug)

    def _attribute(self, entry: Mapping[str, Any], choices: Mapping[str, tuple[Option, ...]]) -> Attribute:
        allowed = entry["config"]["record_reference"]["allowed_object_ids"] or ()
        return Attribute(
            id=entry["id"]["attribute_id"],
            slug=entry["api_slug"],
            type=entry["type"],
            multi=entry["is_multiselect"],
            unique=entry["is_unique"],
            writable=entry["is_writable"] and entry["api_slug"] not in SYSTEM,
            objects=tuple(self._slugs[one] for one in allowed if one in self._slugs),
            options=frozenset(one.value for one in choices.get(entry["api_slug"], ()) if one.active),
        )

    def _choices(self, object_name: str, entry: Mapping[str, Any]) -> tuple[Option, ...]:
        tail = "statuses" if entry["type"] == "status" else "options"
        found = self._client.get(attributes(object_name, entry["api_slug"], tail), {"show_archived": "true"})
        return tuple(Option(value=one["title"], label=one["title"], active=not one["is_archived"]) for one in found)

    # -- pipelines and people -----------------------------------------------------------------------------------------

    def pipelines(self, object_name: str) -> list[Pipeline]:
        """The status attribute of deals is their one pipeline."""
        if object_name != "deals":
            return []
        try:
            found = self._client.get(attributes("deals", "stage", "statuses"), {"show_archived": "true"})
        except Missing:
            return []
        stages = tuple(_stage(one, position) for position, one in enumerate(found) if not one["is_archived"])
        return [Pipeline(id="stage", label="Deal stage", stages=stages, default=True)]

    def users(self) -> list[User]:
        """Workspace members; suspended ones stay readable, since records go on pointing at them."""
        return [
            User(
                id=one["id"]["workspace_member_id"],
                email=one["email_address"],
                name=f"{one['first_name']} {one['last_name']}".strip() or one["email_address"],
                active=one["access_level"] != "suspended",
            )
            for one in self._client.get("/v2/workspace_members")
        ]

    def deep_link(self, object_name: str, record_id: str) -> str:
        """`https://app.attio.com/<workspace>/person/<id>`"""
        workspace = self._client.connection.facts.get("workspace_slug", "")
        return f"https://app.attio.com/{workspace}/{PAGES.get(object_name, object_name)}/{record_id}"


def _names(entry: Mapping[str, Any]) -> list[str]:
    """What an attribute's fields are called: its slug, or its parts."""
    slug = str(entry["api_slug"])
    return [f"{slug}.{part}" for part in PARTS[entry["type"]]] if entry["type"] in PARTS else [slug]


def to_fields(
    entry: Mapping[str, Any], options: tuple[Option, ...], standard: Mapping[str, str], slugs: Mapping[str, str]
) -> list[Field]:
    """One attribute as a field, or as one field for each of its parts. `slugs`: object slugs by id."""
    slug, kind = entry["api_slug"], entry["type"]
    writable = entry["is_writable"] and slug not in SYSTEM
    if kind in PARTS:
        return [_part(entry, part, writable, standard.get(f"{slug}.{part}")) for part in PARTS[kind]]
    multi = entry["is_multiselect"]
    allowed = entry["config"]["record_reference"]["allowed_object_ids"] or ()
    own = Kind.CHOICES if kind == "select" and multi else _kind(kind, standard.get(slug))
    settable = writable and not (kind == "record-reference" and multi) and kind != "interaction"
    return [
        Field(
            name=slug,
            label=entry["title"],
            kind=own,
            vendor_type=kind,
            required=entry["is_required"],
            unique=entry["is_unique"],
            creatable=settable,
            updatable=settable,
            custom=not entry["is_system_attribute"],
            upsert_key=entry["is_unique"] and not multi,
            options=options,
            restricted=own in (Kind.CHOICE, Kind.CHOICES),
            capacity=1 if own in (Kind.EMAILS, Kind.PHONES, Kind.URLS) and not multi else None,
            international=kind == "phone-number",
            scale=4 if kind == "currency" else None,
            precision=1 if kind == "rating" else None,
            references=("users",) if own is Kind.USER else tuple(slugs[one] for one in allowed if one in slugs),
            description=entry["description"] or "",
            standard=standard.get(slug),
        )
    ]


def _kind(vendor_type: str, standard: str | None) -> Kind:
    """The vocabulary's kind where the type can hold it."""
    if standard is not None:
        thing, _, name = standard.partition(".")
        wanted = Kind(vocabulary()[thing][name]["kind"])
        if wanted in _CAN_HOLD.get(vendor_type, ()):
            return wanted
    return KINDS[vendor_type]


def _part(entry: Mapping[str, Any], part: str, writable: bool, standard: str | None) -> Field:
    """A full name follows from its parts; a country is one of a list."""
    settable = writable and part != "full_name"
    country = part == "country_code"
    return Field(
        name=f"{entry['api_slug']}.{part}",
        label=f"{entry['title']}: {_LABELS[part]}",
        kind=Kind.CHOICE if country else Kind.TEXT,
        vendor_type=entry["type"],
        creatable=settable,
        updatable=settable,
        custom=not entry["is_system_attribute"],
        options=_countries() if country else (),
        restricted=country,
        standard=standard,
    )


@cache
def _countries() -> tuple[Option, ...]:
    text = files("sdrbot_skills.crm.attio").joinpath("countries.yaml").read_text(encoding="utf-8")
    return tuple(Option(value=code, label=name) for code, name in YAML(typ="safe").load(text).items())


def _stage(entry: Mapping[str, Any], position: int) -> Stage:
    """Attio does not mark ended stages; a celebrated one is won, and its own default stages are known by name."""
    title = entry["title"]
    won = True if entry["celebration_enabled"] or title == "Won 🎉" else False if title == "Lost" else None
    return Stage(id=title, label=title, position=position, closed=won is not None, won=won)
