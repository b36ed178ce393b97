"""Objects, lists and their attributes: list, make, change, archive (docs "Objects", "Lists", "Attributes")."""

import re
from typing import Any

from sdrbot_skills.lab.attio import errors
from sdrbot_skills.lab.attio.asked import attribute_of, data_of, owner_of
from sdrbot_skills.lab.attio.choices import Choices
from sdrbot_skills.lab.attio.schema import NO_UNIQUE, Attribute, Schema
from sdrbot_skills.lab.core.app import App
from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.core.store import Doc

CREATABLE = (
    "text", "number", "checkbox", "currency", "date", "timestamp", "rating", "status", "select", "record-reference", "actor-reference",
    "location", "domain", "email-address", "phone-number",
)  # fmt: skip
_CODES = (
    "ARS AUD BRL BGN CAD CLP CNY COP CZK DKK EUR HKD HUF ISK INR ILS JPY KES KRW MYR MXN NTD NZD NGN NOK XPF PEN PHP PLN GBP RWF SAR SGD "
    "ZAR SEK CHF THB AED UYU USD"
)
CURRENCIES = frozenset(_CODES.split())
NEEDED = ("title", "description", "api_slug", "type", "is_required", "is_unique", "is_multiselect", "config")
SINGLE = ("text", "number", "checkbox", "currency", "date", "timestamp", "rating", "status", "location")
MOST_OBJECTS = 12
OBJECT_FIELDS = {"api_slug": "api_slug", "singular_noun": "singular", "plural_noun": "plural"}
FIELDS = {
    "title": "title",
    "description": "description",
    "api_slug": "slug",
    "is_required": "required",
    "is_unique": "unique",
    "is_archived": "archived",
    "default_value": "default",
}
_SLUG = re.compile(r"[a-z0-9_]+(?:[-_][a-z0-9_]+)*")


def add_routes(app: App, schema: Schema) -> None:
    routes = Objects(schema)
    app.route("GET", "/v2/objects")(routes.list_objects)
    app.route("POST", "/v2/objects")(routes.create_object)
    app.route("GET", "/v2/objects/{object}")(routes.get_object)
    app.route("PATCH", "/v2/objects/{object}")(routes.update_object)
    app.route("GET", "/v2/lists")(routes.list_lists)
    app.route("POST", "/v2/lists")(routes.create_list)
    app.route("GET", "/v2/lists/{list}")(routes.get_list)
    stem = "/v2/{target:objects|lists}/{object}/attributes"
    app.route("GET", stem)(routes.list_attributes)
    app.route("POST", stem)(routes.create_attribute)
    app.route("GET", stem + "/{attribute}")(routes.get_attribute)
    app.route("PATCH", stem + "/{attribute}")(routes.update_attribute)
    for plural, kind in (("options", "select"), ("statuses", "status")):
        choices = Choices(schema, kind)
        app.route("GET", f"{stem}/{{attribute}}/{plural}")(choices.list_all)
        app.route("POST", f"{stem}/{{attribute}}/{plural}")(choices.create)
        app.route("PATCH", f"{stem}/{{attribute}}/{plural}/{{choice}}")(choices.update)


class Objects:
    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def _need(self, request: Request, *, write: bool = False) -> None:
        self.schema.account.need(request, f"object_configuration:{'read-write' if write else 'read'}")

    def list_objects(self, request: Request) -> Response:
        self._need(request)
        return reply(200, {"data": [self.schema.show_object(doc) for doc in self.schema.objects()]})

    def get_object(self, request: Request) -> Response:
        self._need(request)
        return reply(200, {"data": self.schema.show_object(self.schema.object(request.params["object"]))})

    def create_object(self, request: Request) -> Response:
        self._need(request, write=True)
        data = data_of(request, ("api_slug", "singular_noun", "plural_noun"))
        self._refuse_taken(data, "Failed to create object. Please ensure your api_slug and names are unique.")
        if len(self.schema.objects()) >= MOST_OBJECTS:
            raise errors.refuse(400, "quota_exceeded", "The workspace has as many objects as its plan allows.")
        made = self.schema.add_object(_slug(data["api_slug"]), data["singular_noun"], data["plural_noun"])
        return reply(200, {"data": self.schema.show_object(made)})

    def update_object(self, request: Request) -> Response:
        self._need(request, write=True)
        doc, data = self.schema.object(request.params["object"]), data_of(request)
        changes = {stored: data[name] for name, stored in OBJECT_FIELDS.items() if name in data}
        if not changes:
            message = (
                "You passed an empty payload. Please ensure you are updating at least one property in your request."
            )
            raise errors.invalid(message)
        if doc["system"]:
            raise errors.refuse(400, "system_edit_unauthorized", "System objects cannot be changed.")
        self._refuse_taken(data, "Failed to update object. Please ensure api_slug is unique.", doc["n"])
        doc = {**doc, **changes}
        self.schema.put_object(doc)
        return reply(200, {"data": self.schema.show_object(doc)})

    def _refuse_taken(self, data: Doc, message: str, own: int = 0) -> None:
        """Slug and nouns are those of one object."""
        if "api_slug" in data:
            _slug(data["api_slug"])
        given = {(name, data[name]) for name in OBJECT_FIELDS if name in data}
        if any(not isinstance(text, str) or not text for _, text in given):
            raise errors.invalid("Slug and nouns have to be strings that are not empty.")
        for doc in self.schema.objects():
            if doc["n"] != own and given & {(name, doc[stored]) for name, stored in OBJECT_FIELDS.items()}:
                raise errors.slug_conflict(message)

    def list_lists(self, request: Request) -> Response:
        self.schema.account.need(request, "list_configuration:read")
        return reply(200, {"data": [self.schema.show_list(doc) for doc in self.schema.lists()]})

    def get_list(self, request: Request) -> Response:
        self.schema.account.need(request, "list_configuration:read")
        return reply(200, {"data": self.schema.show_list(self.schema.owner("lists", request.params["list"]))})

    def create_list(self, request: Request) -> Response:
        self.schema.account.need(request, "list_configuration:read-write")
        data = data_of(request, ("name", "api_slug", "parent_object", "workspace_access", "workspace_member_access"))
        if any(doc["api_slug"] == data["api_slug"] for doc in self.schema.lists()):
            raise errors.slug_conflict("A list with the same API slug already exists.")
        made = self.schema.add_list(_slug(data["api_slug"]), data["name"], self.schema.object(data["parent_object"]))
        return reply(200, {"data": self.schema.show_list(made)})

    def list_attributes(self, request: Request) -> Response:
        self._need(request)
        slug = owner_of(self.schema, request)
        found = self.schema.attributes(slug, archived=request.first("show_archived") == "true")
        offset, limit = int(request.first("offset", "0")), int(request.first("limit", "10000"))
        return reply(200, {"data": [self.schema.show_attribute(one) for one in found[offset : offset + limit]]})

    def get_attribute(self, request: Request) -> Response:
        self._need(request)
        return reply(200, {"data": self.schema.show_attribute(attribute_of(self.schema, request))})

    def create_attribute(self, request: Request) -> Response:
        self._need(request, write=True)
        slug = owner_of(self.schema, request)
        data = data_of(request, NEEDED)
        self._check(slug, data)
        config = data["config"] or {}
        more: Doc = {"description": data["description"], "required": data["is_required"], "unique": data["is_unique"]}
        more |= {"multi": data["is_multiselect"], "default": data.get("default_value")}
        if data["type"] == "currency":
            more["currency"] = _currency(config.get("currency") or {"default_currency_code": "USD"})
        if data["type"] == "record-reference":
            wanted = (config.get("record_reference") or {}).get("allowed_objects") or []
            more["allowed"] = [self.schema.object(str(one))["slug"] for one in wanted]
        made = self.schema.add_attribute(slug, data["api_slug"], data["type"], data["title"], **more)
        if data.get("relationship"):
            self._relationship(made, data["relationship"])
        found = self.schema.find(slug, made.id)
        assert found is not None
        return reply(200, {"data": self.schema.show_attribute(found)})

    def _check(self, slug: str, data: Doc) -> None:
        kind = data["type"]
        if kind not in CREATABLE:
            raise errors.invalid(f'Attributes of type "{kind}" cannot be created.')
        _slug(data["api_slug"])
        if not isinstance(data["title"], str) or not data["title"]:
            raise errors.invalid("title has to be a string that is not empty.")
        self._refuse_taken_slug(slug, data["api_slug"])
        if kind == "status" and slug in NO_UNIQUE:
            raise errors.invalid(f'The object "{slug}" does not support status attributes at this time.')
        if data["is_multiselect"] and kind in SINGLE:
            raise errors.invalid(f'Attributes of type "{kind}" cannot be multiselect.')
        if data["is_unique"]:
            self._refuse_unique(slug, kind)
        if data.get("default_value") is not None and slug in NO_UNIQUE:
            raise errors.invalid(f'Attributes of the object "{slug}" cannot have default values.')

    def _refuse_taken_slug(self, owner: str, slug: str) -> None:
        """Archived attributes keep their slug."""
        if self.schema.find(owner, slug) is not None:
            where = "list" if owner.startswith("list ") else "object"
            message = f"An attribute with the same API slug already exists on this {where}. Please choose a different API slug."
            raise errors.slug_conflict(message)

    def _refuse_unique(self, owner: str, kind: str) -> None:
        if kind in ("select", "status"):
            raise errors.invalid("Select attributes cannot be unique.")
        if owner in NO_UNIQUE and not self.schema.unique_everywhere:
            raise errors.invalid(f'Attributes of the object "{owner}" cannot be unique.')

    def _relationship(self, made: Attribute, wanted: Doc) -> None:
        slug = self.schema.object(str(wanted["object"]))["slug"]
        if self.schema.find(slug, wanted["api_slug"]) is not None:
            raise errors.slug_conflict("An attribute with the same API slug already exists on the related object.")
        many = bool(wanted["is_multiselect"])
        other = self.schema.add_attribute(slug, wanted["api_slug"], "record-reference", wanted["title"], multi=many)
        self.schema.pair(made, other)

    def update_attribute(self, request: Request) -> Response:
        self._need(request, write=True)
        attribute, data = attribute_of(self.schema, request), data_of(request)
        if attribute.doc.get("system"):
            raise errors.refuse(400, "system_edit_unauthorized", "System attributes cannot be changed.")
        doc = dict(attribute.doc)
        doc |= {stored: data[name] for name, stored in FIELDS.items() if name in data}
        if doc["slug"] != attribute.slug:
            self._refuse_taken_slug(attribute.object, _slug(doc["slug"]))
        if doc.get("unique") and not attribute.unique:
            self._refuse_unique(attribute.object, attribute.type)
        config = data.get("config") or {}
        if "currency" in config and attribute.type == "currency":
            doc["currency"] = _currency(config["currency"] or {})
        if "record_reference" in config and attribute.type == "record-reference":
            wanted = config["record_reference"]["allowed_objects"]
            doc["allowed"] = [self.schema.object(str(one))["slug"] for one in wanted]
        self.schema.put(doc)
        return reply(200, {"data": self.schema.show_attribute(Attribute(attribute.object, doc))})


def _slug(text: Any) -> str:
    if not isinstance(text, str) or not _SLUG.fullmatch(text):
        raise errors.invalid("api_slug has to be lower-case letters, digits, hyphens and underscores.")
    return text


def _currency(config: Doc) -> str:
    code = str(config.get("default_currency_code"))
    if code not in CURRENCIES:
        raise errors.invalid(f'"{code}" is not a currency that Attio knows.')
    return code
