"""What options of selects and statuses have in common: found by title or id, renamed, archived (Attio's pages "Select options", "Statuses")."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, wording
from sdrbot_skills.crm.attio.admin_tools.definitions import CHOICES, choices_of, definition, told_choice
from sdrbot_skills.crm.attio.admin_tools.sending import owner_path, patched, posted, records_with
from sdrbot_skills.crm.attio.client import AttioClient
from sdrbot_skills.errors import ConfigurationError

NOUNS = {"select": "option", "status": "status"}


def listed(
    client: AttioClient, kind: str, object_slug: str, attribute_slug: str, archived: bool
) -> list[dict[str, Any]]:
    """The choices of an attribute of type `kind`, in Attio's order."""
    entry = _attribute(client, kind, object_slug, attribute_slug)
    return [told_choice(one) for one in choices_of(client, object_slug, entry) if archived or not one["is_archived"]]


def made(
    client: AttioClient, kind: str, object_slug: str, attribute_slug: str, title: str, more: dict[str, Any]
) -> Change:
    """A further choice. Its way back archives it: none can be deleted."""
    entry, noun = _attribute(client, kind, object_slug, attribute_slug), NOUNS[kind]
    if any(one["title"] == title for one in choices_of(client, object_slug, entry)):
        raise ConfigurationError(
            f"{attribute_slug} has the {noun} {title!r} already; if it is archived, bring it back."
        )
    where = {"object_slug": object_slug, "attribute_slug": attribute_slug, noun: title}
    return Change(
        requests=[posted(_path(kind, object_slug, attribute_slug), {"title": title, **more})],
        says=f"Adds the {noun} {title} to {entry['title']} ({attribute_slug}) of {object_slug}.",
        undo=Call(f"attio_admin_update_{noun}", {**where, "is_archived": True}),
        shape=lambda answers: told_choice(answers[0]["data"]),
    )


def changed(
    client: AttioClient, kind: str, object_slug: str, attribute_slug: str, choice: str, wanted: dict[str, Any]
) -> Change:
    """A choice renamed, archived, brought back. `choice`: its title or id."""
    entry, noun = _attribute(client, kind, object_slug, attribute_slug), NOUNS[kind]
    there = _choice(choices_of(client, object_slug, entry), noun, attribute_slug, choice)
    identity, title = told_choice(there)["id"], there["title"]
    before = {name: "" if there.get(name) is None else there[name] for name in wanted}
    data = {name: None if value == "" else value for name, value in wanted.items()}
    have = records_with(client, object_slug, {attribute_slug: title})
    where = {"object_slug": object_slug, "attribute_slug": attribute_slug, noun: identity}
    return Change(
        requests=[patched(_path(kind, object_slug, attribute_slug, identity), data)],
        says=f"Changes the {noun} {title} of {entry['title']} ({attribute_slug}) of {object_slug}: {wording(before, wanted)}. {have} have it.",
        before=before,
        undo=Call(f"attio_admin_update_{noun}", {**where, **before}),
        shape=lambda answers: told_choice(answers[0]["data"]),
    )


def _path(kind: str, object_slug: str, attribute_slug: str, *tail: str) -> str:
    return owner_path(object_slug, "attributes", attribute_slug, CHOICES[kind], *tail)


def _attribute(client: AttioClient, kind: str, object_slug: str, attribute_slug: str) -> dict[str, Any]:
    entry = definition(client, object_slug, attribute_slug)
    if entry["type"] != kind:
        raise ConfigurationError(f"{attribute_slug} of {object_slug} is a {entry['type']} attribute, not a {kind}.")
    return entry


def _choice(choices: list[dict[str, Any]], noun: str, attribute_slug: str, wanted: str) -> dict[str, Any]:
    for one in choices:
        if wanted in (one["title"], told_choice(one)["id"]):
            return one
    titles = ", ".join(one["title"] for one in choices)
    raise ConfigurationError(f"{attribute_slug} has no {noun} {wanted!r}. It has: {titles or 'none'}.")
