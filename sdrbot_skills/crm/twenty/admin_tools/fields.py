"""Fields: list, get, make, change, remove (Twenty's page "Metadata API")."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, Request, changes, given, reads, wording
from sdrbot_skills.crm.optiontext import read_options
from sdrbot_skills.crm.twenty.admin import NAME, spelled
from sdrbot_skills.crm.twenty.admin_tools.defaults import read_default, spelled_default
from sdrbot_skills.crm.twenty.admin_tools.definitions import Entry, brief, field_of, object_of, objects, whole
from sdrbot_skills.crm.twenty.admin_tools.objects import given_or_none
from sdrbot_skills.crm.twenty.admin_tools.optionlists import CHOICES, as_text, need_choice, read_list, removal
from sdrbot_skills.crm.twenty.admin_tools.sending import count, counted, path, unwrapped
from sdrbot_skills.crm.twenty.client import TwentyClient
from sdrbot_skills.errors import ConfigurationError

VENDOR_NAMES = {"is_nullable": "isNullable", "is_active": "isActive", "default_value": "defaultValue"}
SPELLED = ("default_value", "options")
SHAPED: dict[str, tuple[str, dict[str, Any]]] = {
    "INTEGER": ("NUMBER", {"decimals": 0}),
    "LONG_TEXT": ("TEXT", {"displayedMaxRows": 10}),
    "FILES": ("FILES", {"maxNumberOfValues": 10}),
}
"""What is a type of Twenty's with settings."""

FILLED = {
    "TEXT": '{name}[neq]:""',
    "EMAILS": '{name}.primaryEmail[neq]:""',
    "PHONES": '{name}.primaryPhoneNumber[neq]:""',
    "LINKS": '{name}.primaryLinkUrl[neq]:""',
    "FULL_NAME": '{name}.lastName[neq]:""',
    "CURRENCY": "{name}.amountMicros[is]:NOT_NULL",
    "RELATION": "{name}Id[is]:NOT_NULL",
}
"""How records with a value are asked for, by type; all others by the value being there."""


@reads
def list_fields(client: TwentyClient, object_id: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
    """The fields of an object (its id or name, `companies`), or of all objects that people work with."""
    owners = (
        [object_of(client, object_id)] if object_id else [one for one in objects(client) if not one.doc["isSystem"]]
    )
    return [brief(one.plural, entry) for one in owners for entry in one.doc["fieldsList"]][:limit]


@reads
def get_field(client: TwentyClient, field_id: str) -> dict[str, Any]:
    """One field with its options. `field_id`: its id, or object and name (`people.jobTitle`)."""
    owner, entry = field_of(client, field_id)
    return whole(owner.plural, entry)


@changes
def create_field(
    client: TwentyClient,
    object_id: str,
    name: str,
    label: str,
    field_type: str,
    description: str | None = None,
    icon: str | None = None,
    is_nullable: bool = True,
    default_value: str | None = None,
    options: str | None = None,
) -> Change:
    """Make a field. `name`: letters and digits, the first a small letter (`customerTier`). `field_type`: TEXT, LONG_TEXT (a TEXT of several
    lines), NUMBER, INTEGER (a NUMBER without decimals), BOOLEAN, DATE, DATE_TIME, SELECT, MULTI_SELECT, CURRENCY, EMAILS, PHONES, LINKS,
    ADDRESS, FULL_NAME, RATING, RICH_TEXT, FILES, ARRAY, RAW_JSON or UUID; relations have a tool of their own. `options` of a choice:
    `Gold, Silver` or `GOLD=Gold, SILVER=Silver`; their values become upper case."""
    owner = object_of(client, object_id)
    kind, settings = SHAPED.get(field_type.upper(), (field_type.upper(), None))
    _refuse(owner.plural, owner.definitions, name, kind, options)
    body: dict[str, Any] = {
        "objectMetadataId": owner.doc["id"],
        "name": name,
        "label": label,
        "type": kind,
        "isNullable": is_nullable,
        **given_or_none(description=description, icon=icon, defaultValue=read_default(kind, default_value)),
    }
    if settings:
        body["settings"] = settings
    if options:
        body["options"] = spelled(read_options(options), (), 0)
    return Change(
        requests=[Request("POST", path("fields"), body)],
        says=f"Makes the field {label} ({name}, {kind}) of {owner.plural}.",
        undo=lambda answers: Call("twenty_admin_delete_field", {"field_id": unwrapped(answers[0])["id"]}),
        shape=lambda answers: whole(owner.plural, unwrapped(answers[0])),
    )


@changes
def update_field(
    client: TwentyClient,
    field_id: str,
    label: str | None = None,
    description: str | None = None,
    icon: str | None = None,
    is_nullable: bool | None = None,
    is_active: bool | None = None,
    default_value: str | None = None,
    options: str | None = None,
) -> Change:
    """Change a field; its type is final. `options` is the whole list: records that have one which it leaves out lose it (`add_options` only
    adds). `is_active=False` hides a field from people and keeps its values."""
    owner, there = field_of(client, field_id)
    wanted = given(
        label=label,
        description=description,
        icon=icon,
        is_nullable=is_nullable,
        is_active=is_active,
        default_value=default_value,
        options=options,
    )
    before = {name: _now(there, name) for name in wanted}
    body: dict[str, Any] = {
        VENDOR_NAMES.get(name, name): None if value == "" else value
        for name, value in wanted.items()
        if name not in SPELLED
    }
    if default_value is not None:
        body["defaultValue"] = read_default(there["type"], default_value)
    gone = ""
    if options is not None:
        need_choice(owner.plural, there)
        body["options"] = read_list(there, options)
        gone = removal(client, owner.plural, there, body["options"])
    return Change(
        requests=[Request("PATCH", path("fields", there["id"]), body)],
        says=f"Changes the field {there['label']} ({owner.plural}.{there['name']}): {wording(before, wanted)}.{gone}",
        before=before,
        undo=Call("twenty_admin_update_field", {"field_id": there["id"], **before}),
        destructive=bool(gone),
        shape=lambda answers: whole(owner.plural, unwrapped(answers[0])),
    )


@changes
def delete_field(client: TwentyClient, field_id: str) -> Change:
    """Remove a custom field with all its values, for good; Twenty refuses to remove one of its own. `update_field` with `is_active=False` only
    hides it."""
    owner, there = field_of(client, field_id)
    condition = FILLED.get(there["type"], "{name}[is]:NOT_NULL").format(name=there["name"])
    have = counted(count(client, owner.plural, condition), owner.plural)
    return Change(
        requests=[Request("DELETE", path("fields", there["id"]))],
        says=f"Removes the field {there['label']} ({owner.plural}.{there['name']}) for good with all its values; {have} have one.",
        before=whole(owner.plural, there),
        destructive=True,
        shape=lambda answers: {"removed": f"{owner.plural}.{there['name']}"},
    )


def _refuse(plural: str, taken: dict[str, Entry], name: str, kind: str, options: str | None) -> None:
    """What can be told before anything is asked of Twenty."""
    if not NAME.fullmatch(name):
        raise ConfigurationError(
            f"Twenty takes no field name {name!r}: letters and digits only, the first a small letter (`customerTier`)."
        )
    if name in taken:
        raise ConfigurationError(f"Twenty's {plural} have a field {name!r} already, of type {taken[name]['type']}.")
    if kind in ("RELATION", "MORPH_RELATION"):
        raise ConfigurationError(
            "A relation is made with `twenty_admin_create_relation_field`, which asks for its other end."
        )
    if options and kind not in CHOICES:
        raise ConfigurationError(f"A field of type {kind} has no options; {' and '.join(CHOICES)} have.")


def _now(there: Entry, name: str) -> Any:
    if name == "options":
        return as_text(there)
    if name == "default_value":
        return spelled_default(there.get("defaultValue"))
    value = there.get(VENDOR_NAMES.get(name, name))
    return "" if value is None else value


TOOLS = (list_fields, get_field, create_field, update_field, delete_field)
