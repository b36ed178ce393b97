"""Relation fields: two fields at once, one on each object (Twenty's page "Metadata API")."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, Request, changes
from sdrbot_skills.crm.twenty.admin import NAME
from sdrbot_skills.crm.twenty.admin_tools.definitions import object_of, whole
from sdrbot_skills.crm.twenty.admin_tools.objects import given_or_none
from sdrbot_skills.crm.twenty.admin_tools.sending import path, unwrapped
from sdrbot_skills.crm.twenty.client import TwentyClient
from sdrbot_skills.errors import ConfigurationError

TYPES = ("MANY_TO_ONE", "ONE_TO_MANY")


@changes
def create_relation_field(
    client: TwentyClient,
    object_id: str,
    name: str,
    label: str,
    target_object_id: str,
    target_label: str,
    relation_type: str = "MANY_TO_ONE",
    description: str | None = None,
    icon: str | None = None,
) -> Change:
    """Make a relation. MANY_TO_ONE: each record of this object names one of the target (`opportunities` -> `companies`); ONE_TO_MANY the other
    way round. `target_label`: what the other end is called on the target's records (`Opportunities`)."""
    owner, target, kind = object_of(client, object_id), object_of(client, target_object_id), relation_type.upper()
    if kind not in TYPES:
        raise ConfigurationError(f"A relation is {' or '.join(TYPES)}, not {relation_type!r}.")
    if not NAME.fullmatch(name) or name in owner.definitions:
        raise ConfigurationError(
            f"{name!r} cannot be the name of a new field of {owner.plural}: it is taken, or not letters and digits with a small one first."
        )
    end = {
        "type": kind,
        "targetObjectMetadataId": target.doc["id"],
        "targetFieldLabel": target_label,
        "targetFieldIcon": icon or "IconRelationOneToMany",
    }
    body: dict[str, Any] = {
        "objectMetadataId": owner.doc["id"],
        "name": name,
        "label": label,
        "type": "RELATION",
        **given_or_none(description=description, icon=icon),
        "relationCreationPayload": end,
    }
    return Change(
        requests=[Request("POST", path("fields"), body)],
        says=f"Makes the relation {label} ({owner.plural}.{name}, {kind}) to {target.plural}, whose records show it as {target_label}.",
        undo=lambda answers: Call("twenty_admin_delete_field", {"field_id": unwrapped(answers[0])["id"]}),
        shape=lambda answers: whole(owner.plural, unwrapped(answers[0])),
    )


TOOLS = (create_relation_field,)
