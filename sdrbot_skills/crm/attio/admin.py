"""Changing Attio's attributes (Attio's pages "Create an attribute", "Create a select option").

Nothing can be deleted, only archived; an archived attribute keeps its slug, so making it again means taking it out of the archive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sdrbot_skills.crm.attio.client import AttioClient, attributes
from sdrbot_skills.crm.attio.failures import Rejected
from sdrbot_skills.crm.attio.schema import Schema
from sdrbot_skills.crm.base import SchemaAction, SchemaWrite
from sdrbot_skills.crm.failures import Effect, Missing
from sdrbot_skills.crm.repeat import repeated
from sdrbot_skills.errors import ConfigurationError, Unsupported
from sdrbot_skills.model.schema import Field, Option
from sdrbot_skills.model.values import Kind

NOT_UNIQUE_ON = ("people", "companies")
"""Objects of which Attio's help says that their attributes cannot be unique. It is tried; the key is then made without."""

_TYPES = {
    Kind.TEXT: "text",
    Kind.LONG_TEXT: "text",
    Kind.INTEGER: "number",
    Kind.DECIMAL: "number",
    Kind.MONEY: "currency",
    Kind.BOOLEAN: "checkbox",
    Kind.CONSENT: "checkbox",
    Kind.DATE: "date",
    Kind.INSTANT: "timestamp",
    Kind.EMAILS: "text",
    # A phone number that Attio cannot read, or a page that is no bare domain, would have the whole record refused.
    Kind.PHONES: "text",
    Kind.URLS: "text",
    Kind.CHOICE: "select",
    Kind.CHOICES: "select",
    Kind.USER: "actor-reference",
}


class Admin:
    """Custom attributes: make, archive, add options."""

    def __init__(self, client: AttioClient, schema: Schema) -> None:
        self._client, self._schema = client, schema

    def writes(self, change: SchemaAction, object_name: str, field_name: str) -> list[SchemaWrite]:
        """Every request such a change may send."""
        own, options = attributes(object_name, field_name), attributes(object_name, field_name, "options")
        if change == "create":
            made = SchemaWrite("POST", attributes(object_name), field_name)
            return [made, SchemaWrite("PATCH", own, None), SchemaWrite("POST", options, None)]
        return [SchemaWrite("PATCH", own, None) if change == "delete" else SchemaWrite("POST", options, None)]

    def create_field(self, object_name: str, field: Field) -> Field:
        """Make an attribute with its options; one of the same type is taken as it is, an archived one is brought back."""
        body = self._definition(field)
        there = self._attribute(object_name, field.name)
        if there is not None:
            _same_or_raise(object_name, body, there)
            if there["is_archived"]:
                self._send("PATCH", attributes(object_name, field.name), {"is_archived": False})
        else:
            self._make(object_name, body)
        if body["type"] == "select":
            self._add_options(object_name, field.name, field.options)
        return self._described(object_name, field.name)

    def _make(self, object_name: str, body: dict[str, Any]) -> None:
        try:
            self._post(attributes(object_name), body)
        except Rejected as error:
            if not (body["is_unique"] and object_name in NOT_UNIQUE_ON and error.problem.code == "validation_type"):
                raise _refused(error) from error
            self._send("POST", attributes(object_name), {**body, "is_unique": False})

    def delete_field(self, object_name: str, field_name: str) -> None:
        """Archive an attribute."""
        there = self._attribute(object_name, field_name)
        if there is not None and not there["is_archived"]:
            self._send("PATCH", attributes(object_name, field_name), {"is_archived": True})

    def add_options(self, object_name: str, field_name: str, options: Sequence[Option]) -> Field:
        """Add the options that are not there yet."""
        there = self._attribute(object_name, field_name)
        if there is None or there["type"] != "select":
            raise ConfigurationError(
                f"Attio's {object_name} have no select attribute {field_name!r} to add options to."
            )
        self._add_options(object_name, field_name, options)
        return self._described(object_name, field_name)

    def _add_options(self, object_name: str, field_name: str, options: Sequence[Option]) -> None:
        path = attributes(object_name, field_name, "options")
        known = {one["title"] for one in self._client.get(path, {"show_archived": "true"})}
        for option in options:
            if option.label not in known and option.value not in known:
                self._send("POST", path, {"title": option.value})

    def _attribute(self, object_name: str, name: str) -> dict[str, Any] | None:
        """Archived ones too: they keep their slug."""
        try:
            found: dict[str, Any] = self._client.get(attributes(object_name, name))
        except Missing:
            return None
        return found if found["api_slug"] == name else None

    def _described(self, object_name: str, name: str) -> Field:
        field = self._schema.describe(object_name).field(name)
        if field is None:
            raise ConfigurationError(f"Attio took the attribute {object_name}.{name} but does not show it.")
        return field

    def _definition(self, field: Field) -> dict[str, Any]:
        if field.kind not in _TYPES:
            raise Unsupported(f"an Attio attribute of kind {field.kind}", "Attio has no attribute type for it here")
        kind = _TYPES[field.kind]
        currency = {
            "default_currency_code": self._client.connection.account.currency or "USD",
            "display_type": "symbol",
        }
        return {
            "title": field.label,
            "description": field.description or None,
            "api_slug": field.name,
            "type": kind,
            "is_required": False,
            "is_unique": field.unique,
            "is_multiselect": field.kind is Kind.CHOICES,
            "config": {"currency": currency} if kind == "currency" else {},
        }

    def _post(self, path: str, body: Mapping[str, Any]) -> None:
        repeated(lambda: self._client.send("POST", path, body={"data": body}, effect=Effect.REPEATABLE))

    def _send(self, method: str, path: str, body: Mapping[str, Any]) -> None:
        """A change of the schema, repeatable: a slug or title that an earlier try has made is what was wanted."""
        try:
            repeated(lambda: self._client.send(method, path, body={"data": body}, effect=Effect.REPEATABLE))
        except Rejected as error:
            if error.problem.code != "slug_conflict":
                raise _refused(error) from error


def _refused(error: Rejected) -> ConfigurationError:
    """Attio's words hold names here, not customers' values, so the person gets them."""
    return ConfigurationError(f"Attio did not accept the change: {error.problem.message}")


def _same_or_raise(object_name: str, wanted: Mapping[str, Any], there: Mapping[str, Any]) -> None:
    unique = wanted["is_unique"] and object_name not in NOT_UNIQUE_ON
    same = there["type"] == wanted["type"] and there["is_multiselect"] == wanted["is_multiselect"]
    if same and there["is_unique"] >= unique:
        return
    state = "in the archive" if there["is_archived"] else "there"
    raise ConfigurationError(
        f"Attio's {object_name} attribute {wanted['api_slug']!r} is {state} as {there['type']}"
        f"{' with several values' if there['is_multiselect'] else ''}{' and unique' if there['is_unique'] else ''}; wanted: {wanted['type']}"
        f"{' with several values' if wanted['is_multiselect'] else ''}{' and unique' if unique else ''}. Choose another name in the plan."
    )
