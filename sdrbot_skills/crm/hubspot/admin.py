"""Changing HubSpot's property definitions (HubSpot's guide "Properties")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sdrbot_skills.crm.base import SchemaAction, SchemaWrite
from sdrbot_skills.crm.failures import Effect, Missing
from sdrbot_skills.crm.hubspot.client import HubSpotClient
from sdrbot_skills.crm.hubspot.failures import Rejected
from sdrbot_skills.crm.hubspot.schema import to_field
from sdrbot_skills.crm.repeat import seen
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.errors import ConfigurationError, Unsupported
from sdrbot_skills.model.schema import Field, Option
from sdrbot_skills.model.values import Kind

GROUP = {"name": "crm_migration", "label": "CRM migration"}
SHOWS_UP_WITHIN = 5.0
"""Seconds; a definition can be read 0.25 to 0.7 seconds after it was written."""

_TYPES = {
    Kind.TEXT: ("string", "text"),
    Kind.LONG_TEXT: ("string", "textarea"),
    Kind.INTEGER: ("number", "number"),
    Kind.DECIMAL: ("number", "number"),
    Kind.MONEY: ("number", "number"),
    Kind.BOOLEAN: ("bool", "booleancheckbox"),
    Kind.CONSENT: ("bool", "booleancheckbox"),
    Kind.DATE: ("date", "date"),
    Kind.INSTANT: ("datetime", "date"),
    Kind.EMAILS: ("string", "text"),
    Kind.PHONES: ("string", "phonenumber"),
    Kind.URLS: ("string", "text"),
    Kind.CHOICE: ("enumeration", "select"),
    Kind.CHOICES: ("enumeration", "checkbox"),
    Kind.REFERENCE: ("string", "text"),
    Kind.USER: ("enumeration", "select"),
}


class Admin:
    """Custom properties: make, remove, add options."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client

    def writes(self, change: SchemaAction, object_name: str, field_name: str) -> list[SchemaWrite]:
        """What `create_field`, `add_options` and `delete_field` may send."""
        paths = self._client.paths
        if change == "create":
            path = paths.properties(object_name)
            return [SchemaWrite("POST", f"{path}/groups", GROUP["name"]), SchemaWrite("POST", path, field_name)]
        method = "DELETE" if change == "delete" else "PATCH"
        return [SchemaWrite(method, paths.properties(object_name, field_name), None)]

    def create_field(self, object_name: str, field: Field) -> Field:
        """Make a property; one of the same name and type is taken as it is.

        A deleted property of that name would come back to life with its old values, so it is only taken where it is of the same type.
        """
        body = _definition(field)
        there = self._property(object_name, field.name)
        if there is not None:
            _same_or_raise(object_name, body, there)
            return to_field(there)
        deleted = self._property(object_name, field.name, archived=True)
        if deleted is not None:
            _same_or_raise(object_name, body, deleted)
        self._ensure_group(object_name)
        self._send("POST", self._client.paths.properties(object_name), body)
        return to_field(self._when_visible(object_name, field.name))

    def delete_field(self, object_name: str, field_name: str) -> None:
        """Remove a property; HubSpot keeps it for 90 days."""
        if self._property(object_name, field_name) is not None:
            self._send("DELETE", self._client.paths.properties(object_name, field_name))

    def add_options(self, object_name: str, field_name: str, options: Sequence[Option]) -> Field:
        """Add options: HubSpot replaces the whole list, so the list it has is read and sent back with the new ones at its end."""
        there = self._property(object_name, field_name)
        if there is None:
            raise ConfigurationError(f"HubSpot's {object_name} have no property {field_name!r} to add options to.")
        merged = list(there.get("options") or ())
        known = {entry["value"] for entry in merged}
        merged += [
            _option(option, len(merged) + position)
            for position, option in enumerate(option for option in options if option.value not in known)
        ]
        if len(merged) == len(known):
            return to_field(there)
        answer = self._send("PATCH", self._client.paths.properties(object_name, field_name), {"options": merged})
        return to_field(answer)

    def _property(self, object_name: str, name: str, *, archived: bool = False) -> dict[str, Any] | None:
        path = self._client.paths.properties(object_name, name)
        try:
            found = self._client.get(path, [("archived", str(archived).lower())])
        except Missing:
            return None
        return dict(found) if bool(found.get("archived")) is archived else None

    def _when_visible(self, object_name: str, name: str) -> dict[str, Any]:
        found = seen(lambda: self._property(object_name, name), SHOWS_UP_WITHIN)
        if found is None:
            raise ConfigurationError(f"HubSpot made the property {object_name}.{name} but does not show it yet.")
        return found

    def _ensure_group(self, object_name: str) -> None:
        path = self._client.paths.properties(object_name, "groups")
        if not any(entry["name"] == GROUP["name"] for entry in self._client.get(path)["results"]):
            self._send("POST", path, {**GROUP, "displayOrder": -1})

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """A change of the schema; HubSpot's words hold names here, not customers' values, so the person gets them."""
        try:
            return self._client.send(method, path, body=body, effect=Effect.REPEATABLE)
        except Rejected as error:
            if error.problem.rule is Rule.DUPLICATE or error.problem.code == "OBJECT_ALREADY_EXISTS":
                return None
            raise ConfigurationError(f"HubSpot did not accept the change: {error.problem.message}") from error


def _definition(field: Field) -> dict[str, Any]:
    if field.kind not in _TYPES:
        raise Unsupported(f"a HubSpot property of kind {field.kind}", "HubSpot has no property type for it")
    vendor_type, shape = _TYPES[field.kind]
    body: dict[str, Any] = {
        "name": field.name,
        "label": field.label,
        "type": vendor_type,
        "fieldType": shape,
        "groupName": GROUP["name"],
        "description": field.description,
    }
    if field.unique:
        body["hasUniqueValue"] = True
    if field.kind is Kind.MONEY:
        body["showCurrencySymbol"] = True
    if field.kind is Kind.USER:
        body |= {"externalOptions": True, "referencedObjectType": "OWNER", "options": []}
    elif vendor_type == "enumeration":
        body["options"] = [_option(option, position) for position, option in enumerate(field.options)]
    elif vendor_type == "bool":
        body["options"] = [
            {"label": "Yes", "value": "true", "displayOrder": 0, "hidden": False},
            {"label": "No", "value": "false", "displayOrder": 1, "hidden": False},
        ]
    return body


def _option(option: Option, position: int) -> dict[str, Any]:
    return {"label": option.label, "value": option.value, "displayOrder": position, "hidden": not option.active}


def _same_or_raise(object_name: str, wanted: dict[str, Any], there: dict[str, Any]) -> None:
    unique = bool(wanted.get("hasUniqueValue"))
    if there["type"] == wanted["type"] and bool(there.get("hasUniqueValue")) >= unique:
        return
    state = "deleted a short while ago" if there.get("archived") else "already there"
    raise ConfigurationError(
        f"HubSpot's {object_name} property {wanted['name']!r} is {state} as {there['type']}"
        f"{'' if there.get('hasUniqueValue') else ' without unique values'}; wanted: {wanted['type']}"
        f"{' with unique values' if unique else ''}. Choose another name in the plan."
    )
