"""Another workspace's schema in place of the fresh one, from its answer to one GraphQL query: objects, fields, options, relations.

REST hides where relations lead. What a fresh workspace has keeps its ids, which its views name; what is new takes those it had.
"""

from typing import Any

import orjson

from sdrbot_skills.lab.core.clock import iso_z
from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.core.store import Doc, Store
from sdrbot_skills.lab.twenty.standard import field_doc, object_doc

Answers = dict[str, Any]
_END = "type targetObjectMetadata { nameSingular } targetFieldMetadata { name }"
_FIELD = (
    "id name label type description icon isActive isSystem isUnique isNullable isUIEditable defaultValue options settings morphId "
    f"relation {{ {_END} }} morphRelations {{ {_END} }}"
)
_OBJECT = (
    "id nameSingular namePlural labelSingular labelPlural description icon isSystem isActive labelIdentifierFieldMetadataId "
    f"fieldsList {{ {_FIELD} }}"
)
_QUERY = f"query {{ objects(paging: {{first: 1000}}) {{ edges {{ node {{ {_OBJECT} }} }} }} }}"
ASKED = "POST /metadata " + orjson.dumps({"query": _QUERY, "variables": {}}).decode()


def wanted(answers: Answers, version: str) -> list[str]:
    """One query that reads, sent as POST."""
    return [ASKED]


class Clone:
    """POST /__lab__/schema {"answers": {...}}"""

    def __init__(self, store: Store, workspace: str) -> None:
        self.store, self.workspace = store, workspace

    def take(self, request: Request) -> Response:
        answer = request.json()["answers"].get(ASKED) or {}
        told = [edge["node"] for edge in ((answer.get("data") or {}).get("objects") or {}).get("edges") or ()]
        if not told:
            return reply(200, {"fields": {}, "left_out": ["/metadata"]})
        names = {entry["nameSingular"] for entry in told}
        for key in self.store.things("field"):
            if key.split("/")[0] not in names:
                self.store.remove("field", key)
        for name in self.store.things("object").keys() - names:
            self.store.remove("object", name)
        for entry in told:
            self._object(entry)
        shown = {entry["namePlural"]: len(entry["fieldsList"]) for entry in told if not entry["isSystem"]}
        return reply(200, {"fields": shown, "left_out": []})

    def _object(self, told: Doc) -> None:
        name, now = told["nameSingular"], iso_z(self.store.clock.now_ms())
        words = (name, told["namePlural"], told["labelSingular"], told["labelPlural"])
        made = object_doc(*words, self.workspace, now, object_id=told["id"])
        doc = self.store.thing("object", name) or _without_untold(made, told)
        fields = {entry["name"]: self._field(name, doc["id"], entry, now) for entry in told["fieldsList"]}
        for key in self.store.things("field"):
            owner, _, field = key.partition("/")
            if owner == name and field not in fields:
                self.store.remove("field", key)
        for field, entry in fields.items():
            self.store.put("field", f"{name}/{field}", entry)
        shown_by = next(
            (one["name"] for one in told["fieldsList"] if one["id"] == told["labelIdentifierFieldMetadataId"]), ""
        )
        facts = {key: value for key, value in told.items() if key not in ("id", "fieldsList") and value is not None}
        label = fields[shown_by]["id"] if shown_by else None
        self.store.put("object", name, {**doc, **facts, "labelIdentifierFieldMetadataId": label})

    def _field(self, owner: str, object_id: str, told: Doc, now: str) -> Doc:
        """`_to` and `_inverse` are the lab's own notes of where a relation leads."""
        made = {
            **field_doc(told["type"], told["name"], told["label"], object_id, self.workspace, now),
            "id": told["id"],
        }
        doc = self.store.thing("field", f"{owner}/{told['name']}") or _without_untold(made, told)
        left = ("id", "relation", "morphRelations")
        facts = {key: value for key, value in told.items() if key not in left and (value is not None or key in doc)}
        ends = [told["relation"]] if told.get("relation") else told.get("morphRelations") or []
        if ends:
            other = ends[0].get("targetFieldMetadata") or {}
            facts |= {"_to": ends[0]["targetObjectMetadata"]["nameSingular"], "_inverse": other.get("name")}
        return {**doc, **facts}


def _without_untold(made: Doc, told: Doc) -> Doc:
    """What a new definition usually has and this one has not (a description, an icon) is not there."""
    return {name: value for name, value in made.items() if told.get(name, value) is not None}
