"""What a CRM says about itself: accounts, objects, fields, options, pipelines, users.

Names are always the vendor's own API names, exactly as its API spells them. A part of a composite vendor field has a dotted name
(`name.firstName`) and is a field of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from sdrbot_skills.model.values import Kind


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Environment(StrEnum):
    """Where a connection leads; derived from what answers, never declared."""

    LAB = "lab"
    SANDBOX = "sandbox"
    PRODUCTION = "production"


class Account(_Frozen):
    """One account (portal, org, company, workspace) of a CRM."""

    crm: str
    id: str
    name: str
    environment: Environment
    currency: str | None = None
    time_zone: str | None = None


class Option(_Frozen):
    """One entry of a choice field: records store `value`, people see `label`."""

    value: str
    label: str
    active: bool = True


class Field(_Frozen):
    """One field of an object.

    `capacity` is how many entries a list kind can hold (`None`: no limit); a text field that holds one e-mail has kind `emails`, capacity 1.
    `restricted`: only listed options are accepted. `max_length` counts characters. `keeps_blanks`, `keeps_line_ends`: whether a text stays as it
    was sent at its ends and at its line ends. `international`: telephone numbers need their country code, and lose an extension.
    `standard` is the field's name in the shared vocabulary (`person.email`), where it has one. Of money, `currency_field` is the field beside it
    that names its currency; `own_currency`: each value names it itself; neither: it is in the account's. `ignores_case`: values of a unique
    field that differ in case alone are the same.
    """

    name: str
    label: str
    kind: Kind
    vendor_type: str
    required: bool = False
    unique: bool = False
    ignores_case: bool = False
    creatable: bool = True
    updatable: bool = True
    custom: bool = False
    upsert_key: bool = False
    options: tuple[Option, ...] = ()
    restricted: bool = False
    capacity: int | None = None
    max_length: int | None = None
    keeps_blanks: bool = True
    keeps_line_ends: bool = True
    international: bool = False
    precision: int | None = None
    scale: int | None = None
    references: tuple[str, ...] = ()
    currency_field: str | None = None
    own_currency: bool = False
    group: str = ""
    description: str = ""
    standard: str | None = None
    sensitive: bool = False

    @property
    def writable(self) -> bool:
        """Whether a new record can be given this value."""
        return self.creatable


class RecordType(_Frozen):
    """A discriminator inside one object: record type, person account, layout."""

    id: str
    name: str
    label: str
    person: bool = False
    active: bool = True
    default: bool = False


class ObjectSchema(_Frozen):
    """One object with all its fields as this credential sees them.

    `standard` is what the object is in the shared vocabulary: `company`, `person`, `lead`, `deal`, or `None`.
    `record_type_field`: the field in which a record says its record type, by id, where records do.
    """

    crm: str
    name: str
    label: str
    plural: str
    standard: str | None = None
    fields: tuple[Field, ...]
    record_types: tuple[RecordType, ...] = ()
    created_field: str | None = None
    modified_field: str | None = None
    owner_field: str | None = None
    name_field: str | None = None
    record_type_field: str | None = None
    custom: bool = False

    def field(self, name: str) -> Field | None:
        """The field of that API name, or `None`."""
        return self.by_name.get(name)

    def with_fields(self, made: Iterable[Field]) -> ObjectSchema:
        """This object with further fields."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return ObjectSchema(**{**values, "fields": (*self.fields, *made)})

    @property
    def by_name(self) -> dict[str, Field]:
        """Fields by API name."""
        cached = self.__dict__.get("_by_name")
        if cached is None:
            cached = {field.name: field for field in self.fields}
            self.__dict__["_by_name"] = cached
        return cached


class ObjectSummary(_Frozen):
    """One line of the list of objects."""

    name: str
    label: str
    standard: str | None = None
    custom: bool = False
    creatable: bool = True


class Stage(_Frozen):
    """A stage of a pipeline; `id` is what records store. `won` is `None` while a deal is open there."""

    id: str
    label: str
    position: int = 0
    probability: float | None = None
    closed: bool = False
    won: bool | None = None


class Pipeline(_Frozen):
    """A pipeline of one object with its stages in order."""

    id: str
    label: str
    stages: tuple[Stage, ...]
    active: bool = True
    default: bool = False


class User(_Frozen):
    """A user that can own records."""

    id: str
    email: str | None
    name: str
    active: bool = True


class LinkType(_Frozen):
    """One way in which records of `object` point at records of `to_object`.

    `name` is what a plan says: a reference field's API name (`AccountId`) or an association (`company`, `company:primary`, `contact:label text`).
    `field` is set where the link is a field of the record; `single`: a record has at most one such link. `required`: the record cannot be made without.
    `counted_as`: what the broker's policy counts such links under, where that is not `object->to_object`.
    `read_apart`: a page of records does not carry these links although it carries others; they cost a call for each page.
    `primary_of`: the link of that name may be many, and this single one tells the main one of them.
    `standard` is its name in the shared vocabulary: `person.company`, `deal.company`, `deal.person`, `company.parent`, or `None`.
    """

    name: str
    object: str
    to_object: str
    label: str
    field: str | None = None
    single: bool = False
    required: bool = False
    counted_as: str | None = None
    read_apart: bool = False
    primary_of: str | None = None
    standard: str | None = None


class Blindness(_Frozen):
    """One thing this credential cannot see or write, in words for a person, with what to do about it.

    `writing`: it only matters where records are written to this account.
    """

    subject: str
    message: str
    cure: str = ""
    blocks: bool = False
    writing: bool = False


CREATION_DATES = "creation dates"
"""The subject where a permission decides whether a new record may have the source's."""


class Allowance(_Frozen):
    """One of the account's limits: `remaining` of `limit` in `unit`."""

    name: str
    unit: str
    limit: float | None
    remaining: float | None


class Preflight(_Frozen):
    """What a credential may and may not do, and what is left of the account's limits."""

    account: Account
    blind: tuple[Blindness, ...] = ()
    allowances: tuple[Allowance, ...] = ()
