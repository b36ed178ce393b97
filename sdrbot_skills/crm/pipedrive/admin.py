"""Changing Pipedrive's fields (API reference "PersonFields" and its siblings).

Pipedrive gives a field a key that nobody can know before, so a field is called what the plan names it: see `objects.own_name`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sdrbot_skills.crm.base import SchemaAction, SchemaWrite
from sdrbot_skills.crm.failures import Effect, Missing
from sdrbot_skills.crm.pipedrive.client import V2, PipedriveClient
from sdrbot_skills.crm.pipedrive.failures import NoPermission, Rejected
from sdrbot_skills.crm.pipedrive.objects import own_name
from sdrbot_skills.crm.pipedrive.schema import CODE, Schema, code_of, to_field
from sdrbot_skills.errors import ConfigurationError, Unsupported
from sdrbot_skills.model.schema import Field, Option
from sdrbot_skills.model.values import Kind

_TYPES = {
    Kind.TEXT: "varchar",
    Kind.LONG_TEXT: "text",
    Kind.INTEGER: "double",
    Kind.DECIMAL: "double",
    Kind.MONEY: "monetary",
    Kind.BOOLEAN: "enum",
    Kind.CONSENT: "enum",
    Kind.DATE: "date",
    # There is no type for a moment: a date would lose its time.
    Kind.INSTANT: "varchar",
    Kind.EMAILS: "varchar",
    Kind.PHONES: "phone",
    Kind.URLS: "varchar",
    Kind.CHOICE: "enum",
    Kind.CHOICES: "set",
    Kind.REFERENCE: "varchar",
    Kind.PERSON_NAME: "varchar",
    Kind.ADDRESS: "address",
    Kind.USER: "user",
}
LONGEST_SHORT_TEXT = 255


class Admin:
    """Custom fields: make, remove, add options."""

    def __init__(self, client: PipedriveClient, schema: Schema) -> None:
        self._client, self._schema = client, schema

    def writes(self, change: SchemaAction, object_name: str, field_name: str) -> list[SchemaWrite]:
        """What a change may send."""
        path = f"{V2}/{self._schema.object(object_name).fields}"
        if change == "create":
            return [SchemaWrite("POST", path, field_name)]
        code = self._code(object_name, field_name)
        if code is None:
            return []
        if change == "delete":
            return [SchemaWrite("DELETE", f"{path}/{code}", None)]
        return [SchemaWrite("POST", f"{path}/{code}/options", None)]

    def create_field(self, object_name: str, field: Field) -> Field:
        """Make a field; one of the same name and type is taken as it is."""
        body = _definition(field)
        there = self._schema.describe(object_name).field(field.name)
        if there is not None:
            if there.custom and there.vendor_type == body["field_type"]:
                return there
            raise ConfigurationError(
                f"Pipedrive's {object_name} have a field {field.name!r} already, as {there.vendor_type}; "
                f"wanted: {body['field_type']}. Choose another name in the plan."
            )
        entry = self._send("POST", f"{V2}/{self._schema.object(object_name).fields}", body)["data"]
        self._schema.learn_options(CODE + entry["field_code"], entry)
        made = self._schema.describe(object_name).field(field.name)
        return made or to_field(entry)

    def delete_field(self, object_name: str, field_name: str) -> None:
        """Remove a field with all its values; Pipedrive has no bin for those."""
        code = self._code(object_name, field_name)
        if code is not None:
            try:
                self._send("DELETE", f"{V2}/{self._schema.object(object_name).fields}/{code}")
            except Missing:
                return

    def add_options(self, object_name: str, field_name: str, options: Sequence[Option]) -> Field:
        """Add the options that are not there, compared without case and stray spaces: near-duplicates help nobody."""
        field = self._schema.describe(object_name).field(field_name)
        if field is None or not field.custom:
            raise ConfigurationError(f"Pipedrive's {object_name} have no custom field {field_name!r}.")
        known = {option.label.strip().casefold() for option in field.options}
        new = [option for option in options if option.label.strip().casefold() not in known]
        if not new:
            return field
        path = f"{V2}/{self._schema.object(object_name).fields}/{code_of(field)}/options"
        self._send("POST", path, [{"label": option.label} for option in new])
        changed = self._schema.describe(object_name).field(field_name)
        return changed or field

    def _code(self, object_name: str, field_name: str) -> str | None:
        field = self._schema.describe(object_name).field(field_name)
        return code_of(field) if field is not None else None

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        """A change of the schema; Pipedrive's words hold names here, not customers' values, so the person gets them."""
        try:
            return self._client.send(method, path, body=body, effect=Effect.ONCE)
        except (Rejected, NoPermission) as error:
            raise ConfigurationError(f"Pipedrive did not accept the change: {error.words}") from error


def _definition(field: Field) -> dict[str, Any]:
    if field.kind not in _TYPES:
        raise Unsupported(f"a Pipedrive field of kind {field.kind}", "Pipedrive has no field type for it")
    if field.unique:
        raise Unsupported("a unique Pipedrive field", "Pipedrive keeps no field unique")
    if own_name(field.name) is None:
        raise ConfigurationError(f"{field.name!r} is no name for a Pipedrive field: lower case, digits and _ only.")
    vendor_type = _TYPES[field.kind]
    if field.kind is Kind.TEXT and (field.max_length or 0) > LONGEST_SHORT_TEXT:
        vendor_type = "text"
    body: dict[str, Any] = {"field_name": field.name, "field_type": vendor_type}
    if field.kind in (Kind.BOOLEAN, Kind.CONSENT):
        body["options"] = [{"label": "Yes"}, {"label": "No"}]
    elif vendor_type in ("enum", "set"):
        body["options"] = [{"label": option.label} for option in field.options]
    return body
