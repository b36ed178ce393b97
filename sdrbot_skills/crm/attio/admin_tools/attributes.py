"""Attributes of objects and lists: list, get, make, change, archive (Attio's pages "Create an attribute", "Archiving vs deleting").

None can be deleted: an archived attribute is not seen any more, keeps its values and its slug, and can be brought back.
"""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, changes, given, reads, wording
from sdrbot_skills.crm.attio.admin_tools.definitions import (
    CREATABLE,
    all_attributes,
    brief,
    config_of,
    definition,
    definition_or_none,
    spelled_config,
    whole,
)
from sdrbot_skills.crm.attio.admin_tools.sending import owner_path, patched, posted, records_with
from sdrbot_skills.crm.attio.client import AttioClient
from sdrbot_skills.errors import ConfigurationError


@reads
def list_attributes(client: AttioClient, object_slug: str, include_archived: bool = False) -> list[dict[str, Any]]:
    """The attributes of an object (people, companies, deals, a custom object's slug), or of a list: `lists/<slug>`."""
    return [brief(entry) for entry in all_attributes(client, object_slug, archived=include_archived)]


@reads
def get_attribute(client: AttioClient, object_slug: str, attribute_slug: str) -> dict[str, Any]:
    """One attribute with its options or statuses, archived ones too."""
    return whole(client, object_slug, definition(client, object_slug, attribute_slug))


@changes
def create_attribute(
    client: AttioClient,
    object_slug: str,
    api_slug: str,
    title: str,
    attribute_type: str,
    description: str | None = None,
    is_required: bool = False,
    is_unique: bool = False,
    is_multiselect: bool = False,
    type_config: str | None = None,
    relationship_object: str | None = None,
) -> Change:
    """Make an attribute. `attribute_type`: text, number, checkbox, currency, date, timestamp, rating, status, select, record-reference,
    actor-reference, location, domain, email-address or phone-number. `type_config`: the code of a currency (`EUR`), or the objects that a
    record-reference may name (`people, companies`). `relationship_object`: the object on which a record-reference gets its other side.
    Options of a select are made afterwards, with `create_option`."""
    if attribute_type not in CREATABLE:
        raise ConfigurationError(
            f"Attio makes no attribute of type {attribute_type!r}. It makes {', '.join(CREATABLE)}."
        )
    _refuse_taken(client, object_slug, api_slug)
    data: dict[str, Any] = {
        "title": title,
        "description": description,
        "api_slug": api_slug,
        "type": attribute_type,
        "is_required": is_required,
        "is_unique": is_unique,
        "is_multiselect": is_multiselect,
        "config": config_of(attribute_type, type_config or relationship_object),
    }
    says = f"Makes the attribute {title} ({api_slug}, {attribute_type}) of {object_slug}."
    if relationship_object:
        data["relationship"] = _other_side(client, object_slug, api_slug, relationship_object)
        says += f" Its other side is {data['relationship']['api_slug']} of {relationship_object}."
    where = {"object_slug": object_slug, "attribute_slug": api_slug}
    return Change(
        requests=[posted(owner_path(object_slug, "attributes"), data)],
        says=f"{says} Attio deletes no attribute: the way back archives it, and its slug stays taken.",
        undo=Call("attio_admin_archive_attribute", where),
        shape=lambda answers: whole(client, object_slug, answers[0]["data"]),
    )


@changes
def update_attribute(
    client: AttioClient,
    object_slug: str,
    attribute_slug: str,
    title: str | None = None,
    description: str | None = None,
    api_slug: str | None = None,
    is_required: bool | None = None,
    is_unique: bool | None = None,
    is_archived: bool | None = None,
    type_config: str | None = None,
) -> Change:
    """Change an attribute; its type, and whether it takes several values, are final. What is required or unique binds new values only."""
    wanted = given(
        title=title,
        description=description,
        api_slug=api_slug,
        is_required=is_required,
        is_unique=is_unique,
        is_archived=is_archived,
        type_config=type_config,
    )
    there = definition(client, object_slug, attribute_slug)
    before = {name: there.get(name) if there.get(name) is not None else "" for name in wanted if name != "type_config"}
    data = {name: None if value == "" else value for name, value in wanted.items() if name != "type_config"}
    if type_config is not None:
        data["config"] = config_of(there["type"], type_config)
        before["type_config"] = spelled_config(client, there)
    back = {"object_slug": object_slug, "attribute_slug": api_slug or attribute_slug, **before}
    archiving = _archiving(client, object_slug, there) if is_archived and not there["is_archived"] else ""
    return Change(
        requests=[patched(owner_path(object_slug, "attributes", attribute_slug), data)],
        says=f"Changes the attribute {there['title']} ({there['api_slug']}) of {object_slug}: {wording(before, wanted)}.{archiving}",
        before=before,
        undo=Call("attio_admin_update_attribute", back),
        shape=lambda answers: whole(client, object_slug, answers[0]["data"]),
    )


@changes
def archive_attribute(client: AttioClient, object_slug: str, attribute_slug: str) -> Change:
    """Put an attribute away with its values. It can be brought back."""
    there = definition(client, object_slug, attribute_slug)
    return _put_away(client, object_slug, there, archived=True, undo="unarchive_attribute")


@changes
def unarchive_attribute(client: AttioClient, object_slug: str, attribute_slug: str) -> Change:
    """Bring back an attribute that was archived, with the values it had."""
    there = definition(client, object_slug, attribute_slug)
    return _put_away(client, object_slug, there, archived=False, undo="archive_attribute")


def _put_away(client: AttioClient, object_slug: str, there: dict[str, Any], *, archived: bool, undo: str) -> Change:
    slug = there["api_slug"]
    what = f"the attribute {there['title']} ({slug}) of {object_slug}"
    request = patched(owner_path(object_slug, "attributes", slug), {"is_archived": archived})
    same = there["is_archived"] is archived
    return Change(
        requests=[] if same else [request],
        says=f"{what} {'is' if archived else 'is not'} archived already."
        if same
        else f"Archives {what}.{_archiving(client, object_slug, there)}"
        if archived
        else f"Brings back {what} with the values it had.",
        before={"is_archived": there["is_archived"]},
        undo=Call(f"attio_admin_{undo}", {"object_slug": object_slug, "attribute_slug": slug}),
        shape=lambda answers: brief(answers[0]["data"]),
    )


def _archiving(client: AttioClient, object_slug: str, there: dict[str, Any]) -> str:
    have = records_with(client, object_slug, {there["api_slug"]: {"$not_empty": True}})
    return f" {have} have a value in it, which is kept and seen no more."


def _refuse_taken(client: AttioClient, object_slug: str, api_slug: str) -> None:
    taken = definition_or_none(client, object_slug, api_slug)
    if taken is None or taken["api_slug"] != api_slug:
        return
    if taken["is_archived"]:
        raise ConfigurationError(
            f"Attio's {object_slug} have an archived attribute {api_slug!r} ({taken['type']}), which keeps the slug. "
            "Bring it back with `attio_admin_unarchive_attribute`, or choose another slug."
        )
    raise ConfigurationError(f"Attio's {object_slug} have an attribute {api_slug!r} already, of type {taken['type']}.")


def _other_side(client: AttioClient, object_slug: str, api_slug: str, relationship_object: str) -> dict[str, Any]:
    """The attribute that the related object gets: named after this object, or after both where that is taken."""
    plural = client.get(owner_path(object_slug))["plural_noun"]
    taken = definition_or_none(client, relationship_object, object_slug) is not None
    slug = f"{object_slug}_{api_slug}" if taken else object_slug
    return {"object": relationship_object, "title": plural, "api_slug": slug, "is_multiselect": True}


TOOLS = (
    list_attributes,
    get_attribute,
    create_attribute,
    update_attribute,
    archive_attribute,
    unarchive_attribute,
)
