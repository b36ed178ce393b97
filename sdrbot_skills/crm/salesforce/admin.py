"""Custom fields (vendor docs "Tooling API", CustomField; "Metadata API", CustomField; "Object Reference", FieldPermissions).

A field made by the Tooling API is invisible to everybody until field-level security says otherwise. So creating one is: create, let the
running user's profile see and edit it, describe again until it is there. Each step is harmless when it was done before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from simple_salesforce import format_soql

from sdrbot_skills.crm.base import SchemaAction, SchemaWrite
from sdrbot_skills.crm.repeat import seen
from sdrbot_skills.crm.salesforce.client import SalesforceClient
from sdrbot_skills.crm.salesforce.failures import RequestFailed
from sdrbot_skills.crm.salesforce.schema import Schema
from sdrbot_skills.errors import ConfigurationError, Unsupported
from sdrbot_skills.model.schema import Field, Option
from sdrbot_skills.model.values import Kind

Found = TypeVar("Found")

LONGEST_TEXT = 255
LONGEST_LONG_TEXT = 131_072
PATIENCE = 30.0
"""Seconds until a new field has to show up in describe; it can lag by some."""

CUSTOM_FIELDS = "tooling/sobjects/CustomField"
FIELD_PERMISSIONS = "sobjects/FieldPermissions"

ALREADY_THERE = frozenset({"DUPLICATE_DEVELOPER_NAME", "DUPLICATE_VALUE"})


class Admin:
    """Custom fields: make, remove, add options."""

    def __init__(self, client: SalesforceClient, schema: Schema) -> None:
        self._client, self._schema = client, schema

    def writes(self, change: SchemaAction, object_name: str, field_name: str) -> list[SchemaWrite]:
        """What a change may send."""
        if change == "create":
            name = f"{object_name}.{field_name}"
            return [SchemaWrite("POST", self._client.path(path), name) for path in (CUSTOM_FIELDS, FIELD_PERMISSIONS)]
        method = "DELETE" if change == "delete" else "PATCH"
        there = tooling_field(self._client, object_name, field_name)
        return [SchemaWrite(method, self._client.path(f"{CUSTOM_FIELDS}/{there['Id']}"), None)] if there else []

    def create_field(self, object_name: str, field: Field) -> Field:
        """Make a custom field that this user can see and write; one of that name and kind already there is returned as it is."""
        there = self._schema.describe(object_name).field(field.name)
        if there is None:
            self._create(object_name, field)
            self._let_profile_edit(object_name, field.name)
            there = until(lambda: self._schema.describe(object_name).field(field.name), object_name, field.name)
        if there.kind is not field.kind and not (field.kind is Kind.CONSENT and there.kind is Kind.BOOLEAN):
            raise ConfigurationError(
                f"Salesforce {object_name} already has a field {field.name} that holds {there.kind.value}, not {field.kind.value}. "
                "Choose another name."
            )
        return there

    def delete_field(self, object_name: str, field_name: str) -> None:
        """Move a custom field to the bin, where Salesforce keeps it for 15 days; nothing happens if there is none."""
        if there := tooling_field(self._client, object_name, field_name):
            self._client.change_again("DELETE", f"{CUSTOM_FIELDS}/{there['Id']}")
        self._schema.forget(object_name)

    def add_options(self, object_name: str, field_name: str, options: Sequence[Option]) -> Field:
        """Add options to a custom picklist. All present values are sent along: those left out would become inactive."""
        if not field_name.endswith("__c"):
            raise Unsupported(
                f"adding options to {object_name}.{field_name}",
                "Salesforce changes standard picklists only in its setup pages",
            )
        there = tooling_field(self._client, object_name, field_name)
        if there is None:
            raise ConfigurationError(f"Salesforce {object_name} has no custom field {field_name}.")
        metadata = there["Metadata"]
        definition = (metadata.get("valueSet") or {}).get("valueSetDefinition")
        if definition is None:
            raise Unsupported(
                f"adding options to {object_name}.{field_name}", "its options come from a shared value set"
            )
        known = {value["valueName"] for value in definition["value"]}
        definition["value"] += [_option(option) for option in options if option.value not in known]
        body = {"FullName": f"{object_name}.{field_name}", "Metadata": metadata}
        self._client.change_again("PATCH", f"{CUSTOM_FIELDS}/{there['Id']}", body=body)
        look = self._schema.describe
        return until(lambda: _with_options(look(object_name).field(field_name), options), object_name, field_name)

    def _create(self, object_name: str, field: Field) -> None:
        body = {"FullName": f"{object_name}.{field.name}", "Metadata": _metadata(object_name, field)}
        try:
            self._client.change("POST", CUSTOM_FIELDS, body=body)
        except RequestFailed as error:
            if error.complaint.code not in ALREADY_THERE:
                raise  # else it was there and only hidden

    def _let_profile_edit(self, object_name: str, field_name: str) -> None:
        body = {
            "ParentId": own_set(self._client)["id"],
            "SobjectType": object_name,
            "Field": f"{object_name}.{field_name}",
            "PermissionsRead": True,
            "PermissionsEdit": True,
        }
        try:
            self._client.change_again("POST", FIELD_PERMISSIONS, body=body)
        except RequestFailed as error:
            if error.complaint.code not in ALREADY_THERE:
                raise


def tooling_field(client: SalesforceClient, object_name: str, field_name: str) -> dict[str, Any] | None:
    """Id and metadata of a custom field, whether or not this user may see it; None where there is none."""
    if not field_name.endswith("__c"):
        return None
    where = format_soql("TableEnumOrId = {} AND DeveloperName = {}", object_name, field_name.removesuffix("__c"))
    rows = list(client.query_all(f"SELECT Id, Metadata FROM CustomField WHERE {where}", tooling=True))
    return dict(rows[0]) if rows else None


def own_set(client: SalesforceClient) -> dict[str, str]:
    """The permission set that is the running user's profile: `id` and the profile's `name`."""
    user = client.read("GET", "/services/oauth2/userinfo")["user_id"]
    row = client.query(str(format_soql("SELECT ProfileId, Profile.Name FROM User WHERE Id = {}", user)))["records"][0]
    soql = format_soql(
        "SELECT Id FROM PermissionSet WHERE IsOwnedByProfile = true AND ProfileId = {}", row["ProfileId"]
    )
    return {"id": client.query(str(soql))["records"][0]["Id"], "name": row["Profile"]["Name"]}


def until(look: Callable[[], Found | None], object_name: str, field_name: str) -> Found:
    """What `look` sees of a change, once it does. Raises `ConfigurationError` where that takes longer than `PATIENCE`."""
    found = seen(look, PATIENCE)
    if found is None:
        raise ConfigurationError(
            f"Salesforce took the change to {object_name}.{field_name}, but does not show it to this user. "
            "An administrator has to check its field-level security."
        )
    return found


def _with_options(field: Field | None, options: Sequence[Option]) -> Field | None:
    if field is None or {option.value for option in options} - {option.value for option in field.options}:
        return None
    return field


def _metadata(object_name: str, field: Field) -> dict[str, Any]:
    """The field's definition in the Metadata API's terms."""
    shape = _shape(object_name, field)
    return {"label": field.label, "description": field.description or None, "required": False, **shape}


def _shape(object_name: str, field: Field) -> dict[str, Any]:
    key = {"externalId": True, "unique": True, "caseSensitive": True} if field.upsert_key or field.unique else {}
    match field.kind:
        case Kind.TEXT:
            return {"type": "Text", "length": min(field.max_length or LONGEST_TEXT, LONGEST_TEXT), **key}
        case Kind.LONG_TEXT:
            return {
                "type": "LongTextArea",
                "length": min(field.max_length or 32_768, LONGEST_LONG_TEXT),
                "visibleLines": 3,
            }
        case Kind.INTEGER:
            return {"type": "Number", "precision": 18, "scale": 0, **(key and {"externalId": True, "unique": True})}
        case Kind.DECIMAL if field.vendor_type == "percent":
            return {"type": "Percent", "precision": 18, "scale": max((field.scale or 4) - 2, 0)}
        case Kind.DECIMAL:
            return {"type": "Number", "precision": 18, "scale": 4 if field.scale is None else field.scale}
        case Kind.MONEY:
            return {"type": "Currency", "precision": 18, "scale": 2}
        case Kind.CHOICE:
            return {"type": "Picklist", "valueSet": _value_set(field)}
        case Kind.CHOICES:
            return {"type": "MultiselectPicklist", "valueSet": _value_set(field), "visibleLines": 4}
        case Kind.BOOLEAN | Kind.CONSENT:
            return {"type": "Checkbox", "defaultValue": "false"}
        case Kind.REFERENCE | Kind.USER if field.references:
            return _lookup(object_name, field)
        case _ if field.kind in _PLAIN_TYPES:
            return {"type": _PLAIN_TYPES[field.kind]}
    raise Unsupported(f"creating {object_name}.{field.name}", f"Salesforce has no custom field for {field.kind.value}")


_PLAIN_TYPES = {
    Kind.DATE: "Date",
    Kind.INSTANT: "DateTime",
    Kind.EMAILS: "Email",
    Kind.PHONES: "Phone",
    Kind.URLS: "Url",
}


def _lookup(object_name: str, field: Field) -> dict[str, Any]:
    name = field.name.removesuffix("__c")
    return {
        "type": "Lookup",
        "referenceTo": field.references[0],
        "relationshipName": f"{name}_of_{object_name.removesuffix('__c')}"[:40],
        "relationshipLabel": field.label,
        "deleteConstraint": "SetNull",
    }


def _value_set(field: Field) -> dict[str, Any]:
    """Always restricted, as Salesforce's own setup page proposes: an open picklist would swallow values nobody mapped."""
    return {
        "restricted": True,
        "valueSetDefinition": {"sorted": False, "value": [_option(option) for option in field.options]},
    }


def _option(option: Option) -> dict[str, Any]:
    return {"valueName": option.value, "label": option.label, "default": False}
