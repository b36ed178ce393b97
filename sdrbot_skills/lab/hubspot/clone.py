"""Another account's schema in place of the standard one, from the answers that account gave: properties, groups, pipelines, custom objects, labels.

What HubSpot's own properties need to work (ids, times, what a record always shows) stays where the other account did not show it.
"""

import re
from itertools import product
from typing import Any
from urllib.parse import quote

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.hubspot.standard import SINCE, definitions, new_definition
from sdrbot_skills.lab.hubspot.types import ObjectType
from sdrbot_skills.lab.hubspot.vendor import HubSpot

Answers = dict[str, Any]
OBJECTS = ("companies", "contacts", "deals", "leads", "tickets")
WITH_PIPELINES = ("deals", "leads", "tickets")
LINKED = ("companies", "contacts", "deals")
SCHEMAS = "/crm/v3/schemas"


def wanted(answers: Answers, version: str) -> list[str]:
    """The addresses whose answers are needed, as far as is known from those that are there; what the account refuses is `None`."""
    paths = [SCHEMAS]
    if SCHEMAS not in answers:
        return paths
    names = [*OBJECTS, *(entry["fullyQualifiedName"] for entry in _results(answers, SCHEMAS))]
    for name in names:
        paths += [_properties(name), f"{_properties(name)}/groups"]
    paths += [f"/crm/v3/pipelines/{name}" for name in WITH_PIPELINES]
    return [*paths, *(_labels(one, other) for one, other in product(LINKED, LINKED))]


def install(hubspot: HubSpot) -> None:
    """Add POST /__lab__/schema {"answers": {...}}."""
    clone = Clone(hubspot)
    hubspot.app.controls["schema"] = clone.take


class Clone:
    def __init__(self, hubspot: HubSpot) -> None:
        self.hubspot = hubspot
        self.store = hubspot.store

    def take(self, request: Request) -> Response:
        answers: Answers = request.json()["answers"]
        for entry in _results(answers, SCHEMAS):
            kept = {key: value for key, value in entry.items() if key not in ("properties", "associations")}
            self.store.put("custom_object", entry["fullyQualifiedName"], {"archived": False, **kept})
        counts = {}
        for kind in self.hubspot.schema.kinds():
            if answers.get(_properties(kind.name)) is not None:
                counts[kind.name] = self._properties(kind, answers)
        for name in WITH_PIPELINES:
            self._pipelines(name, answers)
        for one, other in product(LINKED, LINKED):
            self._labels(one, other, answers)
        return reply(
            200, {"fields": counts, "left_out": sorted(path for path, told in answers.items() if told is None)}
        )

    def _properties(self, kind: ObjectType, answers: Answers) -> int:
        table = f"property/{kind.name}"
        needed = {"hs_object_id", kind.created, kind.modified, kind.pipeline, kind.stage, *kind.defaults}
        told = {entry["name"]: entry for entry in _results(answers, _properties(kind.name))}
        for name in self.store.things(table).keys() - told.keys() - needed:
            self.store.remove(table, name)
        for name, entry in told.items():
            self.store.put(table, name, _whole(entry))
        for shared in definitions(kind):
            if shared["name"] in needed - told.keys():
                self.store.put(table, shared["name"], shared)
        for group in _results(answers, f"{_properties(kind.name)}/groups"):
            self.store.put(f"group/{kind.name}", group["name"], {"displayOrder": -1, "archived": False, **group})
        return len(told)

    def _pipelines(self, name: str, answers: Answers) -> None:
        told = _results(answers, f"/crm/v3/pipelines/{name}")
        if not told:
            return
        for key in self.store.things(f"pipeline/{name}"):
            self.store.remove(f"pipeline/{name}", key)
        for pipeline in told:
            self.store.put(f"pipeline/{name}", pipeline["id"], {"archived": False, **pipeline})

    def _labels(self, one: str, other: str, answers: Answers) -> None:
        """The two directions of a label have numbers next to each other; which belongs to which is not told otherwise."""
        back = {entry["typeId"] for entry in _own(answers, _labels(other, one))}
        for entry in _own(answers, _labels(one, other)):
            number, label = entry["typeId"], entry["label"] or ""
            inverse = next((near for near in (number + 1, number - 1) if near in back), number)
            name = re.sub(r"\W+", "_", label.lower())
            doc = {"id": number, "inverse": inverse, "name": name, "label": label}
            self.store.put(f"label/{one}>{other}", str(number), doc)
            counter = self.store.thing("counter", "label") or {"next": 1}
            self.store.put("counter", "label", {"next": max(counter["next"], number + 2)})


def _whole(entry: dict[str, Any]) -> dict[str, Any]:
    """A definition with what older accounts and other versions leave out."""
    standard = bool(entry.get("hubspotDefined"))
    return {**new_definition({}, SINCE, standard=standard), **entry}


def _own(answers: Answers, path: str) -> list[dict[str, Any]]:
    return [entry for entry in _results(answers, path) if entry.get("category") == "USER_DEFINED"]


def _results(answers: Answers, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (answers.get(path) or {}).get("results") or []
    return found


def _properties(name: str) -> str:
    return f"/crm/v3/properties/{quote(name)}"


def _labels(one: str, other: str) -> str:
    return f"/crm/v4/associations/{one}/{other}/labels"
