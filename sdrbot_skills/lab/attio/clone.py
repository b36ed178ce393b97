"""Another workspace's schema in place of the standard one, from the answers it gave: objects, attributes, options, statuses, relationships."""

from typing import Any

from sdrbot_skills.lab.attio.schema import COMMON, Attribute, Schema
from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.core.store import Doc

Answers = dict[str, Any]
OBJECTS = "/v2/objects"
CHOICES = {"select": "options", "status": "statuses"}
_FACTS = {
    "title": "title", "type": "type", "description": "description", "is_system_attribute": "system", "is_required": "required",
    "is_unique": "unique", "is_multiselect": "multi", "is_archived": "archived", "default_value": "default",
}  # fmt: skip


def wanted(answers: Answers, version: str) -> list[str]:
    """The addresses whose answers are needed, as far as is known from those that are there."""
    paths = [OBJECTS]
    for entry in _data(answers, OBJECTS):
        attributes = _attributes(entry["api_slug"])
        paths.append(attributes)
        for one in _data(answers, attributes):
            if one["type"] in CHOICES:
                paths.append(_choices(entry["api_slug"], one))
    return paths


class Clone:
    """POST /__lab__/schema {"answers": {...}}"""

    def __init__(self, schema: Schema) -> None:
        self.schema, self.store = schema, schema.store

    def take(self, request: Request) -> Response:
        answers: Answers = request.json()["answers"]
        told = {entry["api_slug"]: entry for entry in _data(answers, OBJECTS)}
        self._objects(told)
        counts = {}
        for slug in told:
            attributes = _data(answers, _attributes(slug))
            if attributes:
                self._attributes(slug, attributes, answers)
                counts[slug] = len(attributes)
        self._references(answers, told)
        return reply(200, {"fields": counts, "left_out": sorted(path for path, doc in answers.items() if doc is None)})

    def _objects(self, told: dict[str, Doc]) -> None:
        """Those that are not told are switched off there; own ones are made."""
        for doc in self.store.things("object").values():
            if doc.get("api_slug") in told or "parent" not in doc:
                self.schema.put_object({**doc, "disabled": doc["api_slug"] not in told})
        known = {doc["api_slug"] for doc in self.schema.objects()}
        for slug, entry in told.items():
            if slug not in known:
                self.schema.add_object(slug, entry["singular_noun"], entry["plural_noun"])

    def _attributes(self, slug: str, told: list[Doc], answers: Answers) -> None:
        held = self.schema.object(slug)["slug"]
        names = {entry["api_slug"] for entry in told}
        for one in self.schema.attributes(held, archived=True):
            if one.slug not in names and one.slug not in COMMON:
                self.store.remove("attribute", f"{one.doc['n']:09d}")
        for entry in told:
            made = self.schema.find(held, entry["api_slug"])
            if made is None:
                made = self.schema.add_attribute(held, entry["api_slug"], entry["type"], entry["title"])
            facts = {ours: entry.get(theirs) for theirs, ours in _FACTS.items()}
            currency = ((entry.get("config") or {}).get("currency") or {}).get("default_currency_code")
            doc = {**made.doc, **facts, "readonly": not entry["is_writable"], "currency": currency, "partner": None}
            self.schema.put(doc)
            self._choices(Attribute(held, doc), _data(answers, _choices(slug, entry)))

    def _choices(self, attribute: Attribute, told: list[Doc]) -> None:
        if attribute.type not in CHOICES:
            return
        for choice in self.schema.choices(attribute):
            self.store.remove("status" if attribute.type == "status" else "option", f"{choice['n']:09d}")
        for entry in told:
            more = {"celebration": entry.get("celebration_enabled"), "target_time": entry.get("target_time_in_status")}
            of_status = more if attribute.type == "status" else {}
            self.schema.add_choice(attribute, entry["title"], archived=entry["is_archived"], **of_status)

    def _references(self, answers: Answers, told: dict[str, Doc]) -> None:
        """What a reference points at, and which two are the sides of one relationship; told by ids there, kept by names here."""
        slugs = {entry["id"]["object_id"]: self.schema.object(slug)["slug"] for slug, entry in told.items()}
        for slug in told:
            held = self.schema.object(slug)["slug"]
            for entry in _data(answers, _attributes(slug)):
                one = self.schema.find(held, entry["api_slug"])
                if one is None or entry["type"] != "record-reference":
                    continue
                reference = (entry.get("config") or {}).get("record_reference") or {}
                allowed = [slugs[each] for each in reference.get("allowed_object_ids") or () if each in slugs]
                self.schema.put({**one.doc, "allowed": allowed or None, "partner": self._partner(entry, told)})

    def _partner(self, entry: Doc, told: dict[str, Doc]) -> int | None:
        side = entry.get("relationship")
        if not side or side["object_slug"] not in told:
            return None
        other = self.schema.find(self.schema.object(side["object_slug"])["slug"], side["api_slug"])
        return int(other.doc["n"]) if other else None


def _data(answers: Answers, path: str) -> list[Doc]:
    found: list[Doc] = (answers.get(path) or {}).get("data") or []
    return found


def _attributes(slug: str) -> str:
    return f"{OBJECTS}/{slug}/attributes"


def _choices(slug: str, attribute: Doc) -> str:
    return f"{_attributes(slug)}/{attribute['api_slug']}/{CHOICES.get(attribute['type'], 'none')}?show_archived=true"
