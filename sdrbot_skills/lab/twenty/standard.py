"""The schema of a fresh workspace, as metadata documents in the store: kind "object" by singular name, kind "field" by "<object>/<field>"."""

from functools import cache
from importlib.resources import files
from typing import Any
from uuid import NAMESPACE_DNS, uuid4, uuid5

import yaml

from sdrbot_skills.lab.core.clock import iso_z
from sdrbot_skills.lab.core.store import Doc, Store

ACTOR_DEFAULT = {"name": "'System'", "source": "'MANUAL'", "workspaceMemberId": None}
RELATIVE = {"displayFormat": "RELATIVE"}
COMMON: dict[str, Doc] = {
    "id": {"type": "UUID", "label": "Id", "default": "uuid", "required": True},
    "createdAt": {
        "type": "DATE_TIME",
        "label": "Creation date",
        "default": "now",
        "required": True,
        "settings": RELATIVE,
    },
    "updatedAt": {
        "type": "DATE_TIME",
        "label": "Last update",
        "default": "now",
        "required": True,
        "settings": RELATIVE,
    },
    "deletedAt": {"type": "DATE_TIME", "label": "Deleted at", "settings": RELATIVE},
    "createdBy": {"type": "ACTOR", "label": "Created by", "default": ACTOR_DEFAULT, "required": True},
    "updatedBy": {"type": "ACTOR", "label": "Updated by", "default": ACTOR_DEFAULT, "required": True},
    "position": {"type": "POSITION", "label": "Position", "default": 0, "required": True, "writable": True},
    "searchVector": {"type": "TS_VECTOR", "label": "Search vector", "writable": True},
}
APPLICATION, CUSTOM_APPLICATION = "standard", "custom"


@cache
def tables() -> dict[str, Doc]:
    """The written tables: object -> names, labels and fields."""
    found: dict[str, Doc] = {}
    for name in ("crm.yaml", "system.yaml"):
        found |= yaml.safe_load(files("sdrbot_skills.lab.twenty").joinpath("objects", name).read_text("utf-8"))
    return found


def stable_id(*names: str) -> str:
    """A v4-looking id that is the same in every workspace of the lab."""
    digest = bytearray(uuid5(NAMESPACE_DNS, "/".join((*names, "twenty.lab.invalid"))).bytes)
    digest[6] = digest[6] & 0x0F | 0x40
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def fill(store: Store, workspace: str) -> None:
    now = iso_z(store.clock.now_ms())
    for name, table in tables().items():
        store.put("object", name, _object(name, table, workspace, now))
        for field_name, spec in {**COMMON, **table["fields"]}.items():
            system = field_name in COMMON or spec.get("system", False)
            store.put("field", f"{name}/{field_name}", _field(name, field_name, spec, system, workspace, now))


def _object(name: str, table: Doc, workspace: str, now: str) -> Doc:
    singular, plural = table["labels"]
    doc = object_doc(name, table["plural"], singular, plural, workspace, now, object_id=stable_id("object", name))
    doc |= {
        "universalIdentifier": table["uid"],
        "applicationId": stable_id("application", APPLICATION),
        "icon": table["icon"],
        "isSystem": table.get("system", False),
        "isUICreatable": not table.get("system", False),
        "isSearchable": table.get("searchable", True),
        "labelIdentifierFieldMetadataId": stable_id("field", name, table["shown_by"]),
    }
    for ours, theirs in (("duplicates", "duplicateCriteria"), ("shortcut", "shortcut")):
        if ours in table:
            doc[theirs] = table[ours]
    return doc


def object_doc(
    name: str, plural: str, label: str, label_plural: str, workspace: str, now: str, *, object_id: str
) -> Doc:
    """The metadata of an object without its fields."""
    return {
        "id": object_id,
        "universalIdentifier": str(uuid4()),
        "applicationId": stable_id("application", CUSTOM_APPLICATION),
        "nameSingular": name,
        "namePlural": plural,
        "labelSingular": label,
        "labelPlural": label_plural,
        "description": label,
        "icon": "IconBox",
        "isRemote": False,
        "isActive": True,
        "isSystem": False,
        "isUIEditable": True,
        "isUICreatable": True,
        "isUIReadOnly": False,
        "isSearchable": True,
        "isLabelSyncedWithName": False,
        "workspaceId": workspace,
        "labelIdentifierFieldMetadataId": None,
        "createdAt": now,
        "updatedAt": now,
    }


def _field(owner: str, name: str, spec: Doc, system: bool, workspace: str, now: str) -> Doc:
    read_only = spec.get("read_only", owner is not None and name in COMMON and not spec.get("writable"))
    doc = field_doc(
        spec["type"], name, spec.get("label") or name[0].upper() + name[1:], stable_id("object", owner), workspace, now
    )
    doc |= {
        "id": stable_id("field", owner, name),
        "universalIdentifier": spec.get("uid") or stable_id("universal", owner, name),
        "applicationId": stable_id("application", APPLICATION),
        "isSystem": system,
        "isUIEditable": not read_only,
        "isUIReadOnly": read_only,
        "isNullable": not spec.get("required", False),
        "isUnique": spec.get("unique", False),
    }
    if "default" in spec:
        doc["defaultValue"] = spec["default"]
    if "settings" in spec:
        doc["settings"] = spec["settings"]
    if "options" in spec:
        doc["options"] = [
            {"id": stable_id("option", owner, name, option["value"]), **option, "position": position}
            for position, option in enumerate(spec["options"])
        ]
    return doc | _relation(owner, name, spec)


def _relation(owner: str, name: str, spec: Doc) -> Doc:
    """`_to` and `_inverse` are the lab's own and never shown by REST, which hides the target of a relation."""
    if spec["type"] == "MORPH_RELATION":
        prefix = next(p for p in ("target", "caller", "creator", "") if name.startswith(p))
        target = name.removeprefix(prefix)
        doc: Doc = {"_to": target[:1].lower() + target[1:], "_inverse": None, "morphId": stable_id("morph", owner)}
        return doc | {"settings": spec["settings"]}
    if spec["type"] != "RELATION":
        return {}
    target, inverse = spec["to"].split(".")
    settings: dict[str, Any] = dict(spec.get("settings") or {})
    if spec.get("many"):
        settings["relationType"] = "ONE_TO_MANY"
    else:
        join = spec.get("join") or f"{name}Id"
        on_delete = spec.get("on_delete", "SET_NULL")
        settings |= {"onDelete": on_delete, "relationType": "MANY_TO_ONE", "joinColumnName": join}
    return {"_to": target, "_inverse": inverse, "settings": settings}


def field_doc(kind: str, name: str, label: str, object_id: str, workspace: str, now: str) -> Doc:
    """The metadata of a field, as the engine makes one for the custom application."""
    return {
        "id": str(uuid4()),
        "universalIdentifier": str(uuid4()),
        "applicationId": stable_id("application", CUSTOM_APPLICATION),
        "type": kind,
        "name": name,
        "label": label,
        "description": label,
        "icon": "IconAbc",
        "isActive": True,
        "isSystem": False,
        "isUIEditable": True,
        "isUIReadOnly": False,
        "isNullable": True,
        "isUnique": False,
        "workspaceId": workspace,
        "objectMetadataId": object_id,
        "isLabelSyncedWithName": False,
        "createdAt": now,
        "updatedAt": now,
    }
