"""Changing Twenty's fields (Twenty's page "Metadata API"; needs a role that may change the data model)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sdrbot_skills.crm.base import SchemaAction, SchemaWrite
from sdrbot_skills.crm.failures import Effect
from sdrbot_skills.crm.optionvalues import upper_snake
from sdrbot_skills.crm.twenty.client import TwentyClient
from sdrbot_skills.crm.twenty.failures import Rejected
from sdrbot_skills.crm.twenty.schema import Schema, fields_of
from sdrbot_skills.errors import ConfigurationError, Unsupported
from sdrbot_skills.model.schema import Field, Option
from sdrbot_skills.model.values import Kind

FIELDS = "/rest/metadata/fields"
NAME = re.compile(r"[a-z][a-zA-Z0-9]{0,62}")

_TYPES: dict[Kind, tuple[str, dict[str, Any] | None]] = {
    Kind.TEXT: ("TEXT", None),
    Kind.LONG_TEXT: ("TEXT", {"displayedMaxRows": 10}),
    Kind.INTEGER: ("NUMBER", {"decimals": 0}),
    Kind.DECIMAL: ("NUMBER", {"decimals": 6}),
    Kind.BOOLEAN: ("BOOLEAN", None),
    Kind.CONSENT: ("BOOLEAN", None),
    Kind.DATE: ("DATE", None),
    Kind.INSTANT: ("DATE_TIME", None),
    Kind.EMAILS: ("EMAILS", None),
    Kind.PHONES: ("PHONES", None),
    Kind.URLS: ("LINKS", None),
    Kind.CHOICE: ("SELECT", None),
    Kind.CHOICES: ("MULTI_SELECT", None),
    Kind.MONEY: ("CURRENCY", None),
    Kind.REFERENCE: ("TEXT", None),
    Kind.USER: ("TEXT", None),
}


class Admin:
    """Custom fields: make, remove, add options."""

    def __init__(self, client: TwentyClient, schema: Schema) -> None:
        self._client = client
        self._schema = schema

    def writes(self, change: SchemaAction, object_name: str, field_name: str) -> list[SchemaWrite]:
        """A field is made by name, and changed or removed by its id, which is looked up here."""
        if change == "create":
            return [SchemaWrite("POST", FIELDS, field_name)]
        there = self._there(object_name, field_name)
        if there is None:
            return []
        return [SchemaWrite("DELETE" if change == "delete" else "PATCH", f"{FIELDS}/{there['id']}", None)]

    def create_field(self, object_name: str, field: Field) -> Field:
        """Make a field; one of the same name and type is taken as it is. A choice's values become upper case: `North` is stored as `NORTH`."""
        body = self._body(object_name, field)
        there = self._there(object_name, field.name)
        if there is None:
            self._send("POST", FIELDS, body)
            there = self._there(object_name, field.name)
        elif there["type"] != body["type"] or (field.unique and not there["isUnique"]):
            raise ConfigurationError(
                f"Twenty's {object_name} have a field {field.name!r} already, of type {there['type']}"
                f"{'' if there['isUnique'] else ' without unique values'}; wanted: {body['type']}"
                f"{' with unique values' if field.unique else ''}. Choose another name in the plan."
            )
        if there is None:
            raise ConfigurationError(f"Twenty made the field {object_name}.{field.name} but does not show it.")
        return next(iter(fields_of(object_name, there)))

    def delete_field(self, object_name: str, field_name: str) -> None:
        """Remove a field with all that it holds."""
        there = self._there(object_name, field_name)
        if there is not None:
            self._send("DELETE", f"{FIELDS}/{there['id']}")

    def add_options(self, object_name: str, field_name: str, options: Sequence[Option]) -> Field:
        """Twenty replaces the whole list, and a value that is left out disappears from records: what is there is sent back with its ids."""
        there = self._there(object_name, field_name)
        if there is None:
            raise ConfigurationError(f"Twenty's {object_name} have no field {field_name!r} to add options to.")
        known = list(there.get("options") or ())
        values = {option["value"] for option in known}
        labels = {option["label"] for option in known}
        fresh = [option for option in options if option.value not in values and option.label not in labels]
        if fresh:
            added = spelled(fresh, values, len(known))
            self._send("PATCH", f"{FIELDS}/{there['id']}", {"options": [*known, *added]})
            there = self._there(object_name, field_name) or there
        return next(iter(fields_of(object_name, there)))

    def _there(self, object_name: str, field_name: str) -> Mapping[str, Any] | None:
        return self._schema.definition(object_name).definitions.get(field_name)

    def _body(self, object_name: str, field: Field) -> dict[str, Any]:
        if field.kind not in _TYPES:
            raise Unsupported(f"a Twenty field of kind {field.kind}", "Twenty has no field type for it")
        if not NAME.fullmatch(field.name):
            raise ConfigurationError(
                f"Twenty takes no field name {field.name!r}: letters and digits only, the first a small letter (`customerTier`)."
            )
        kind, settings = _TYPES[field.kind]
        body: dict[str, Any] = {
            "objectMetadataId": self._schema.definition(object_name).doc["id"],
            "name": field.name,
            "label": field.label or field.name,
            "type": kind,
            "description": field.description,
            "isNullable": True,
        }
        if field.unique:
            body["isUnique"] = True
        if settings:
            body["settings"] = settings
        if kind in ("SELECT", "MULTI_SELECT"):
            body["options"] = spelled(field.options, (), 0)
        return body

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> None:
        """Twenty's words hold names here, not customers' values, so the person gets them."""
        try:
            self._client.send(method, path, body=body, effect=Effect.REPEATABLE)
        except Rejected as error:
            raise ConfigurationError(f"Twenty did not accept the change: {error.problem.message}") from error


def spelled(options: Iterable[Option], taken: Iterable[str], first: int) -> list[dict[str, Any]]:
    """Options as Twenty takes them: values in upper case without repetition, labels without a comma."""
    used = set(taken)
    made = []
    for position, option in enumerate(options, first):
        value = upper_snake(option.value, used)
        used.add(value)
        made.append({"value": value, "label": option.label.replace(",", ";"), "color": "blue", "position": position})
    return made
