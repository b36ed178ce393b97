"""Objects, attributes, options, statuses: list, make, change, archive (docs "Objects", "Attributes")."""

import re
from typing import Any

from sdrbot_skills.lab.attio import errors
from sdrbot_skills.lab.attio.ids import number_of
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
    stem = "/v2/objects/{object}/attributes"
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
        if any(doc["slug"] == data["api_slug"] for doc in self.schema.objects()):
            raise errors.slug_conflict("An object with the same API slug already exists.")
        if len(self.schema.objects()) >= MOST_OBJECTS:
            raise errors.refuse(400, "quota_exceeded", "The workspace has as many objects as its plan allows.")
        made = self.schema.add_object(_slug(data["api_slug"]), data["singular_noun"], data["plural_noun"])
        return reply(200, {"data": self.schema.show_object(made)})

    def update_object(self, request: Request) -> Response:
        self._need(request, write=True)
        doc, data = self.schema.object(request.params["object"]), data_of(request)
        if doc["system"]:
            raise errors.refuse(400, "system_edit_unauthorized", "System objects cannot be changed.")
        doc |= {
            "singular": data.get("singular_noun", doc["singular"]),
            "plural": data.get("plural_noun", doc["plural"]),
        }
        self.schema.store.put("object", f"{doc['n']:09d}", doc)
        return reply(200, {"data": self.schema.show_object(doc)})

    def list_attributes(self, request: Request) -> Response:
        self._need(request)
        slug = self.schema.object(request.params["object"])["slug"]
        found = self.schema.attributes(slug, archived=request.first("show_archived") == "true")
        offset, limit = int(request.first("offset", "0")), int(request.first("limit", "10000"))
        return reply(200, {"data": [self.schema.show_attribute(one) for one in found[offset : offset + limit]]})

    def get_attribute(self, request: Request) -> Response:
        self._need(request)
        return reply(200, {"data": self.schema.show_attribute(attribute_of(self.schema, request))})

    def create_attribute(self, request: Request) -> Response:
        self._need(request, write=True)
        slug = self.schema.object(request.params["object"])["slug"]
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
        if self.schema.find(slug, data["api_slug"]) is not None:  # archived ones keep their slug
            message = (
                "An attribute with the same API slug already exists on this object. Please choose a different API slug."
            )
            raise errors.slug_conflict(message)
        if data["is_multiselect"] and kind in SINGLE:
            raise errors.invalid(f'Attributes of type "{kind}" cannot be multiselect.')
        if data["is_unique"] and kind in ("select", "status"):
            raise errors.invalid("Select attributes cannot be unique.")
        if data["is_unique"] and slug in NO_UNIQUE and not self.schema.unique_everywhere:
            raise errors.invalid(f'Attributes of the object "{slug}" cannot be unique.')
        if data.get("default_value") is not None and slug in NO_UNIQUE:
            raise errors.invalid(f'Attributes of the object "{slug}" cannot have default values.')

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
        if "config" in data and attribute.type == "currency":
            doc["currency"] = _currency(data["config"].get("currency") or {})
        self.schema.put(doc)
        return reply(200, {"data": self.schema.show_attribute(Attribute(attribute.object, doc))})


class Choices:
    """Options of select attributes, or statuses of status attributes. Both are found by title, so titles are unique."""

    def __init__(self, schema: Schema, kind: str) -> None:
        self.schema, self.kind = schema, kind
        self.words = "select option" if kind == "select" else "status"

    def _attribute(self, request: Request, *, write: bool = False) -> Attribute:
        self.schema.account.need(request, f"object_configuration:{'read-write' if write else 'read'}")
        attribute = attribute_of(self.schema, request)
        if attribute.type != self.kind:
            raise errors.invalid(f"This attribute is not a {self.kind} attribute.")
        return attribute

    def list_all(self, request: Request) -> Response:
        attribute = self._attribute(request)
        archived = request.first("show_archived") == "true"
        found = [one for one in self.schema.choices(attribute) if archived or not one["archived"]]
        return reply(200, {"data": [self.schema.show_choice(attribute, one) for one in found]})

    def create(self, request: Request) -> Response:
        attribute, data = self._attribute(request, write=True), data_of(request, ("title",))
        if attribute.doc.get("readonly"):
            raise errors.refuse(400, "system_edit_unauthorized", "The options of this attribute cannot be changed.")
        self._refuse_taken(attribute, data["title"])
        more: Doc = {}
        if self.kind == "status":
            more = {
                "celebration": bool(data.get("celebration_enabled")),
                "target_time": data.get("target_time_in_status"),
            }
        made = self.schema.add_choice(attribute, data["title"], **more)
        return reply(200, {"data": self.schema.show_choice(attribute, made)})

    def update(self, request: Request) -> Response:
        attribute, data = self._attribute(request, write=True), data_of(request)
        stored, key = ("status" if self.kind == "status" else "option"), request.params["choice"]
        number = number_of(stored, key)
        for choice in self.schema.choices(attribute):
            if choice["n"] == number or choice["title"] == key:
                break
        else:
            raise errors.not_found(self.words.capitalize(), key)
        if data.get("title", choice["title"]) != choice["title"]:
            self._refuse_taken(attribute, data["title"])
        choice = {
            **choice,
            "title": data.get("title", choice["title"]),
            "archived": data.get("is_archived", choice["archived"]),
        }
        self.schema.store.put(stored, f"{choice['n']:09d}", choice)
        return reply(200, {"data": self.schema.show_choice(attribute, choice)})

    def _refuse_taken(self, attribute: Attribute, title: Any) -> None:
        if not isinstance(title, str) or not title:
            raise errors.invalid("title has to be a string that is not empty.")
        if any(one["title"] == title for one in self.schema.choices(attribute)):
            raise errors.slug_conflict(f'There is already another {self.words} with the title "{title}".')


def attribute_of(schema: Schema, request: Request) -> Attribute:
    """The attribute in the path; 404 where there is none."""
    slug = schema.object(request.params["object"])["slug"]
    found = schema.find(slug, request.params["attribute"])
    if found is None:
        raise errors.not_found("Attribute", request.params["attribute"])
    return found


def data_of(request: Request, needed: tuple[str, ...] = ()) -> Doc:
    """The `data` of a body; 400 where it or a needed member is missing."""
    body = request.json()
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        raise errors.invalid("The body needs data, an object.")
    missing = [name for name in needed if name not in data]
    if missing:
        raise errors.invalid(f"Body payload validation error: data.{missing[0]} is required.")
    return data


def _slug(text: Any) -> str:
    if not isinstance(text, str) or not _SLUG.fullmatch(text):
        raise errors.invalid("api_slug has to be lower-case letters, digits, hyphens and underscores.")
    return text


def _currency(config: Doc) -> str:
    code = str(config.get("default_currency_code"))
    if code not in CURRENCIES:
        raise errors.invalid(f'"{code}" is not a currency that Attio knows.')
    return code
