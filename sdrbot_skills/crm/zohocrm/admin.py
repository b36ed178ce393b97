"""Custom fields (API v8 "Create Custom Field", "Update Custom Field", "Delete Custom Field").

Zoho makes the API name of the label and tells only an id, so the label is made of the wanted name, and the field is looked for afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sdrbot_skills.crm.base import SchemaAction, SchemaWrite
from sdrbot_skills.crm.failures import Effect
from sdrbot_skills.crm.repeat import seen
from sdrbot_skills.crm.zohocrm.client import ZohoClient
from sdrbot_skills.crm.zohocrm.failures import RequestFailed, complaint, refused_element
from sdrbot_skills.crm.zohocrm.schema import Schema, raw_fields
from sdrbot_skills.errors import ConfigurationError, Unsupported
from sdrbot_skills.model.schema import Field, Option
from sdrbot_skills.model.values import Kind

FIELDS = "settings/fields"
LONGEST_LABEL = 25
PATIENCE = 15.0
"""Seconds until a new field has to show up."""

ALREADY_THERE = frozenset({"DUPLICATE_DATA"})


class Admin:
    """Custom fields: make, remove, add options."""

    def __init__(self, client: ZohoClient, schema: Schema) -> None:
        self._client, self._schema = client, schema

    def writes(self, change: SchemaAction, object_name: str, field_name: str) -> list[SchemaWrite]:
        """What a change may send."""
        if change == "create":
            return [SchemaWrite("POST", self._client.path(f"{FIELDS}?module={object_name}"), label_of(field_name))]
        method = "DELETE" if change == "delete" else "PATCH"
        return [
            SchemaWrite(method, self._client.path(f"{FIELDS}/{entry['id']}?module={object_name}"), None)
            for entry in self._entries(object_name, field_name)
        ]

    def create_field(self, object_name: str, field: Field) -> Field:
        """Make a custom field; one of that name and kind already there is returned as it is."""
        there = self._schema.describe(object_name).field(field.name)
        if there is None:
            self._create(object_name, field)
            there = _until(lambda: self._schema.describe(object_name).field(field.name), object_name, field.name)
        if there.kind is not field.kind and not (field.kind is Kind.CONSENT and there.kind is Kind.BOOLEAN):
            raise ConfigurationError(
                f"Zoho's {object_name} already have a field {field.name} that holds {there.kind.value}, not {field.kind.value}. "
                "Choose another name."
            )
        if field.unique and not there.unique:
            raise ConfigurationError(
                f"Zoho's {object_name} have a field {field.name}, but it may hold a value twice. Choose another name."
            )
        return there

    def delete_field(self, object_name: str, field_name: str) -> None:
        """Remove a custom field; nothing happens if there is none. Zoho refuses while an automation uses it."""
        for entry in self._entries(object_name, field_name):
            self._change("DELETE", f"{FIELDS}/{entry['id']}", object_name)
        self._schema.forget(object_name)

    def add_options(self, object_name: str, field_name: str, options: Sequence[Option]) -> Field:
        """Add entries to a pick list. All present ones are sent along by id: those left out would go."""
        entries = self._entries(object_name, field_name)
        if not entries:
            raise ConfigurationError(f"Zoho's {object_name} have no field {field_name!r} to add options to.")
        if entries[0].get("global_picklist"):
            raise Unsupported(f"adding options to {object_name}.{field_name}", "its options come from a shared list")
        present = entries[0].get("pick_list_values") or []
        known = {option["actual_value"] for option in present}
        new = [_option(option) for option in options if option.value not in known]
        if new:
            kept = [{name: option[name] for name in ("id", "display_value", "actual_value")} for option in present]
            body = {"fields": [{"pick_list_values": kept + new}]}
            self._change("PATCH", f"{FIELDS}/{entries[0]['id']}", object_name, body)
        wanted = {option.value for option in options}
        return _until(
            lambda: _having(self._schema.describe(object_name).field(field_name), wanted), object_name, field_name
        )

    def _create(self, object_name: str, field: Field) -> None:
        label = label_of(field.name)
        if len(label) > LONGEST_LABEL:
            raise ConfigurationError(
                f"Zoho takes {LONGEST_LABEL} characters for a field's label; {label!r} has {len(label)}. Choose a shorter name in the plan."
            )
        try:
            self._change(
                "POST", FIELDS, object_name, {"fields": [{"field_label": label, **_shape(object_name, field)}]}
            )
        except RequestFailed as error:
            if error.complaint.code not in ALREADY_THERE:
                raise  # else it was there already

    def _entries(self, object_name: str, field_name: str) -> list[dict[str, Any]]:
        return [
            entry
            for entry in raw_fields(self._client, object_name)
            if entry["api_name"] == field_name and entry.get("custom_field")
        ]

    def _change(self, method: str, path: str, object_name: str, body: dict[str, Any] | None = None) -> None:
        """Once, since making a field twice would be told as a duplicate; Zoho's words hold names here, not customers' values."""
        answer = self._client.send(method, path, query={"module": object_name}, body=body, effect=Effect.REPEATABLE)
        if refused := refused_element(answer):
            raise RequestFailed(f"Zoho {method} {path}", 200, complaint(refused))


def label_of(field_name: str) -> str:
    """The label that Zoho makes this API name of."""
    return field_name.replace("_", " ")


def _until(look: Callable[[], Field | None], object_name: str, field_name: str) -> Field:
    found = seen(look, PATIENCE)
    if found is None:
        raise ConfigurationError(
            f"Zoho took the change to {object_name}.{field_name}, but does not show it under that name. "
            "A field that was deleted may still hold the label; choose another name."
        )
    return found


def _having(field: Field | None, wanted: set[str]) -> Field | None:
    return field if field is not None and wanted <= {option.value for option in field.options} else None


def _shape(object_name: str, field: Field) -> dict[str, Any]:
    """The field's data type and what goes with it."""
    match field.kind:
        case Kind.TEXT:
            # Ids of some CRMs differ in case alone, so a unique text has to tell cases apart.
            unique = {"unique": {"case_sensitive": True}} if field.unique or field.upsert_key else {}
            return {"data_type": "text", "length": min(field.max_length or 255, 255), **unique}
        case Kind.LONG_TEXT:
            return {"data_type": "textarea", "textarea": {"type": "large"}}
        case Kind.INTEGER:
            return {"data_type": "integer" if (field.precision or 9) <= 9 else "bigint"}
        case Kind.DECIMAL:
            return {"data_type": "double", "decimal_place": min(4 if field.scale is None else field.scale, 9)}
        case Kind.MONEY:
            return {"data_type": "currency", "decimal_place": 2}
        case Kind.CHOICE | Kind.CHOICES:
            options = [_option(option) for option in field.options]
            data_type = "picklist" if field.kind is Kind.CHOICE else "multiselectpicklist"
            return {"data_type": data_type, "pick_list_values": options}
        case Kind.REFERENCE if field.references:
            return {"data_type": "lookup", "lookup": {"module": {"api_name": field.references[0]}}}
        case _ if field.kind in _PLAIN_TYPES:
            return {"data_type": _PLAIN_TYPES[field.kind]}
    raise Unsupported(f"creating {object_name}.{field.name}", f"Zoho has no custom field for {field.kind.value}")


_PLAIN_TYPES = {
    Kind.BOOLEAN: "boolean",
    Kind.CONSENT: "boolean",
    Kind.DATE: "date",
    Kind.INSTANT: "datetime",
    Kind.EMAILS: "email",
    Kind.PHONES: "phone",
    Kind.URLS: "website",
    Kind.USER: "userlookup",
}


def _option(option: Option) -> dict[str, Any]:
    return {"display_value": option.label, "actual_value": option.value}
