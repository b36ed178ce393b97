"""CustomField metadata (vendor doc "Metadata API: CustomField") -> the facts of a field."""

import re
from typing import Any

from sdrbot_skills.lab.salesforce.errors import Refusal

Doc = dict[str, Any]
_NAME = re.compile(r"[A-Za-z](?:[A-Za-z0-9]|_(?!_))*(?<!_)")
_SIMPLE = {
    "Checkbox": "boolean", "Date": "date", "DateTime": "datetime", "Email": "email", "Phone": "phone", "Url": "url",
}  # fmt: skip
_LENGTHS = {"Email": 80, "Phone": 40, "Url": 255}
_NUMBERS = {"Number": "double", "Currency": "currency", "Percent": "percent"}


def facts(full_name: str, metadata: Doc, before: Doc | None = None) -> tuple[str, Doc]:
    """(object name, facts as `schema.custom_field` takes them). `before` are those of the field being changed.

    Raises Refusal FIELD_INTEGRITY_EXCEPTION or INVALID_... where the metadata does not make a field.
    """
    object_name, _, field_name = full_name.partition(".")
    stem = field_name.removesuffix("__c")
    if not field_name.endswith("__c") or not _NAME.fullmatch(stem) or len(stem) > 40:
        message = (
            f"The API name can only contain underscores and alphanumeric characters, must be unique, begin with a"
            f" letter, not end with an underscore, and not contain two consecutive underscores: {field_name}"
        )
        raise _wrong(message)
    if not metadata.get("label"):
        raise _wrong("Must specify 'label' for a CustomField", "REQUIRED_FIELD_MISSING")
    found: Doc = {"name": field_name, "label": metadata["label"], "metadata": metadata}
    found |= {"help_text": metadata.get("inlineHelpText"), "default": None}
    kind = str(metadata.get("type"))
    found |= _typed(kind, metadata, stem, before)
    unique = bool(metadata.get("unique")) and kind in ("Text", "Email", "Number")
    external = bool(metadata.get("externalId")) and kind in ("Text", "Email", "Number", "AutoNumber")
    found |= {"unique": unique, "external_id": external, "case_sensitive": bool(metadata.get("caseSensitive"))}
    if metadata.get("required") or kind == "MasterDetail":
        found |= {"nillable": False, "permissionable": False}
    return object_name, found


def _typed(kind: str, metadata: Doc, stem: str, before: Doc | None) -> Doc:
    if kind in _SIMPLE:
        found: Doc = {"type": _SIMPLE[kind], "length": _LENGTHS.get(kind, 0)}
        if kind == "Checkbox":
            checked = str(metadata.get("defaultValue", "")).lower()
            if checked not in ("true", "false"):
                raise _wrong("Must specify 'defaultValue' for a CustomField of type Checkbox")
            found |= {"nillable": False, "defaulted_on_create": True, "default": True if checked == "true" else None}
        return found
    if kind in _NUMBERS:
        precision, scale = _whole(metadata, "precision", kind, 18), _whole(metadata, "scale", kind, 17)
        return {"type": _NUMBERS[kind], "precision": precision, "scale": scale}
    match kind:
        case "Text":
            return {"type": "string", "length": _whole(metadata, "length", kind, 255)}
        case "TextArea":
            return {"type": "textarea", "length": 255, "extra": "plaintextarea"}
        case "LongTextArea" | "Html":
            _whole(metadata, "visibleLines", kind, 50)
            html = kind == "Html"
            extra = "richtextarea" if html else "plaintextarea"
            length = _whole(metadata, "length", kind, 131_072)
            return {"type": "textarea", "length": length, "html": html, "extra": extra}
        case "Picklist" | "MultiselectPicklist":
            return _picklist(kind, metadata, before)
        case "Lookup" | "MasterDetail":
            return _lookup(kind, metadata, stem)
        case "AutoNumber":
            return {"type": "string", "length": 30, "auto_number": True, "createable": False, "updateable": False}
    raise _wrong(f"{kind} is not a valid value for the enum FieldType", "INVALID_FIELD")


def _whole(metadata: Doc, name: str, kind: str, most: int) -> int:
    value = metadata.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(f"Must specify '{name}' for a CustomField of type {kind}")
    if not 0 <= value <= most:
        raise _wrong(f"{name} of a CustomField of type {kind} must be at most {most}: {value}")
    return value


def _picklist(kind: str, metadata: Doc, before: Doc | None) -> Doc:
    """Values that the metadata leaves out become inactive; they do not go away."""
    value_set = metadata.get("valueSet") or {}
    definition = value_set.get("valueSetDefinition") or {}
    values = definition.get("value")
    if not isinstance(values, list):
        raise _wrong(f"Must specify 'valueSet' for a CustomField of type {kind}")
    options = []
    for value in values:
        name = value.get("valueName") or value.get("fullName")
        if not name:
            raise _wrong("Must specify 'valueName' for each picklist value", "REQUIRED_FIELD_MISSING")
        active, label = value.get("isActive") is not False, value.get("label") or name
        options.append({"value": name, "label": label, "active": active, "default": bool(value.get("default"))})
    named = {option["value"] for option in options}
    for old in (before or {}).get("options", ()):
        if old["value"] not in named:
            options.append({**old, "active": False, "default": False})
    length = 4099 if kind == "MultiselectPicklist" else 255
    default = next((option["value"] for option in options if option["default"]), None)
    type_ = "multipicklist" if kind == "MultiselectPicklist" else "picklist"
    restricted = bool(value_set.get("restricted"))
    return {"type": type_, "length": length, "options": options, "restricted": restricted, "default": default}


def _lookup(kind: str, metadata: Doc, stem: str) -> Doc:
    target, name = metadata.get("referenceTo"), metadata.get("relationshipName")
    if not target or not name:
        raise _wrong(f"Must specify 'referenceTo' and 'relationshipName' for a CustomField of type {kind}")
    return {
        "type": "reference", "length": 18, "to": [target], "relationship": f"{stem}__r", "children": f"{name}__r",
        "indexed": True, "cascade_delete": kind == "MasterDetail",
    }  # fmt: skip


def _wrong(message: str, code: str = "FIELD_INTEGRITY_EXCEPTION") -> Refusal:
    return Refusal(code, message, [])
