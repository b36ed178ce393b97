"""Objects and fields of the workspace, read from the store's metadata and kept until it changes."""

from dataclasses import dataclass, field
from typing import Any

from sdrbot_skills.lab.core.store import Doc, Store
from sdrbot_skills.lab.twenty import errors
from sdrbot_skills.lab.twenty.standard import APPLICATION, stable_id

PARTS: dict[str, dict[str, str]] = {
    "FULL_NAME": {"firstName": "TEXT", "lastName": "TEXT"},
    "EMAILS": {"primaryEmail": "TEXT", "additionalEmails": "RAW_JSON"},
    "PHONES": {
        "primaryPhoneNumber": "TEXT",
        "primaryPhoneCountryCode": "TEXT",
        "primaryPhoneCallingCode": "TEXT",
        "additionalPhones": "RAW_JSON",
    },
    "LINKS": {"primaryLinkLabel": "TEXT", "primaryLinkUrl": "TEXT", "secondaryLinks": "RAW_JSON"},
    "CURRENCY": {"amountMicros": "NUMERIC", "currencyCode": "TEXT"},
    "ADDRESS": {
        "addressStreet1": "TEXT",
        "addressStreet2": "TEXT",
        "addressCity": "TEXT",
        "addressPostcode": "TEXT",
        "addressState": "TEXT",
        "addressCountry": "TEXT",
        "addressLat": "NUMERIC",
        "addressLng": "NUMERIC",
    },
    "RICH_TEXT": {"blocknote": "TEXT", "markdown": "TEXT"},
    "ACTOR": {"source": "SELECT", "workspaceMemberId": "UUID", "name": "TEXT", "context": "RAW_JSON"},
}
"""Composite types: part -> type."""

UNIQUE_PART = {"EMAILS": "primaryEmail", "LINKS": "primaryLinkUrl", "PHONES": "primaryPhoneNumber"}
NEVER_UNIQUE = frozenset({"CURRENCY", "ADDRESS", "FULL_NAME", "RICH_TEXT"})


@dataclass
class Field:
    """One field; `join` is the column of a many-to-one relation, `to` and `inverse` its other end."""

    doc: Doc
    name: str
    type: str
    join: str | None
    many: bool
    to: str | None
    inverse: str | None
    owner: str

    @property
    def options(self) -> list[str]:
        return [option["value"] for option in self.doc.get("options") or ()]

    @property
    def unique(self) -> bool:
        return bool(self.doc["isUnique"])

    @property
    def column(self) -> str:
        """Where a record's document holds the value."""
        return self.join or self.name


@dataclass
class ObjectType:
    doc: Doc
    fields: dict[str, Field] = field(default_factory=dict)
    joins: dict[str, Field] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.doc["nameSingular"])

    @property
    def plural(self) -> str:
        return str(self.doc["namePlural"])

    @property
    def pascal(self) -> str:
        return self.name[0].upper() + self.name[1:]

    @property
    def pascal_plural(self) -> str:
        return self.plural[0].upper() + self.plural[1:]

    @property
    def columns(self) -> list[Field]:
        """Fields that a record holds."""
        return [one for one in self.fields.values() if not one.many]

    def indexed(self) -> list[tuple[str, Field]]:
        """Places that can be looked up: unique values and relations; a place is "extKey" or "emails.primaryEmail"."""
        found = [(unique_place(one), one) for one in self.columns if one.unique]
        return found + [(one.join, one) for one in self.columns if one.join]


def unique_place(one: Field) -> str:
    part = UNIQUE_PART.get(one.type)
    return f"{one.name}.{part}" if part else one.name


def value_at(doc: Doc, place: str) -> Any:
    name, _, part = place.partition(".")
    value = doc.get(name)
    return value.get(part) if part and isinstance(value, dict) else value


class Schema:
    def __init__(self, store: Store) -> None:
        self.store = store
        self._version = -1
        self._by_name: dict[str, ObjectType] = {}
        self._by_plural: dict[str, ObjectType] = {}

    def objects(self) -> dict[str, ObjectType]:
        """By singular name."""
        if self._version != self.store.version:
            self._load()
        return self._by_name

    def plural(self, name: str) -> ObjectType:
        """The object of a path; 400 where there is none."""
        self.objects()
        found = self._by_plural.get(name)
        if found is not None:
            return found
        meant = self._by_name.get(name)
        hint = f". Did you mean '{meant.plural}'?" if meant else ". eg: companies"
        raise errors.bad_request(f"object '{name}' not found{hint}")

    def by_id(self, object_id: str) -> ObjectType | None:
        return next((one for one in self.objects().values() if one.doc["id"] == object_id), None)

    def field_by_id(self, field_id: str) -> tuple[ObjectType, Field] | None:
        for owner in self.objects().values():
            for one in owner.fields.values():
                if one.doc["id"] == field_id:
                    return owner, one
        return None

    def _load(self) -> None:
        self._version = self.store.version
        self._by_name = {name: ObjectType(doc) for name, doc in self.store.things("object").items()}
        for key, doc in self.store.things("field").items():
            owner = self._by_name[key.split("/")[0]]
            settings = doc.get("settings") or {}
            join = settings.get("joinColumnName")
            many = settings.get("relationType") == "ONE_TO_MANY"
            one = Field(doc, doc["name"], doc["type"], join, many, doc.get("_to"), doc.get("_inverse"), owner.name)
            owner.fields[one.name] = one
            if join:
                owner.joins[join] = one
        self._by_plural = {one.plural: one for one in self._by_name.values()}


def is_standard(doc: Doc) -> bool:
    return bool(doc["applicationId"] == stable_id("application", APPLICATION))


def public(doc: Doc) -> Doc:
    """A metadata document without the lab's own notes."""
    return {name: value for name, value in doc.items() if not name.startswith("_")}
