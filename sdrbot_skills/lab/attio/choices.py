"""Options of select attributes and statuses of status attributes: list, make, rename, archive (doc "Attributes")."""

from typing import Any

from sdrbot_skills.lab.attio import errors
from sdrbot_skills.lab.attio.asked import attribute_of, data_of
from sdrbot_skills.lab.attio.ids import number_of
from sdrbot_skills.lab.attio.schema import Attribute, Schema
from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.core.store import Doc

CHOICE_FIELDS = {
    "title": "title",
    "is_archived": "archived",
    "celebration_enabled": "celebration",
    "target_time_in_status": "target_time",
}


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
        choice = {**choice, **{stored_as: data[name] for name, stored_as in CHOICE_FIELDS.items() if name in data}}
        self.schema.store.put(stored, f"{choice['n']:09d}", choice)
        return reply(200, {"data": self.schema.show_choice(attribute, choice)})

    def _refuse_taken(self, attribute: Attribute, title: Any) -> None:
        if not isinstance(title, str) or not title:
            raise errors.invalid("title has to be a string that is not empty.")
        if any(one["title"] == title for one in self.schema.choices(attribute)):
            raise errors.slug_conflict(f'There is already another {self.words} with the title "{title}".')
