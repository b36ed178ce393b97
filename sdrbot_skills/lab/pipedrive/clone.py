"""Another company's schema in place of the standard one, from the answers that company gave: fields with their options, pipelines, stages."""

from typing import Any

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.pipedrive.vendor import Pipedrive

Answers = dict[str, Any]
FIELDS = ("dealFields", "personFields", "organizationFields", "productFields", "activityFields")
ASKED = "?include_fields=ui_visibility,important_fields,required_fields&limit=500"
LISTS = {"pipelines": "pipeline", "stages": "stage"}
NEEDED = frozenset({"id", "title", "name", "add_time", "update_time", "pipeline_id", "stage_id", "status", "owner_id"})


def wanted(answers: Answers, version: str) -> list[str]:
    """The addresses whose answers are needed; a list goes on at the cursor that its last page tells."""
    first = [f"/api/{version}/{kind}{ASKED}" for kind in FIELDS] + [
        f"/api/{version}/{kind}?limit=500" for kind in LISTS
    ]
    return first + [following for path in first for following in _following(path, answers)]


def install(pipedrive: Pipedrive) -> None:
    """Add POST /__lab__/schema {"answers": {...}}."""
    pipedrive.app.controls["schema"] = lambda request: _take(pipedrive, request)


def _take(pipedrive: Pipedrive, request: Request) -> Response:
    answers: Answers = request.json()["answers"]
    counts = {}
    for kind in FIELDS:
        told = _entries(answers, kind)
        if told:
            counts[kind] = len(told)
            _replace(pipedrive, kind, {entry["field_code"]: {**entry, "order": at} for at, entry in enumerate(told)})
    for plural, kind in LISTS.items():
        told = _entries(answers, plural)
        if told:
            _replace(pipedrive, kind, {str(entry["id"]): entry for entry in told})
    return reply(200, {"fields": counts, "left_out": sorted(path for path, doc in answers.items() if doc is None)})


def _replace(pipedrive: Pipedrive, kind: str, told: dict[str, dict[str, Any]]) -> None:
    """What every record has stays where the other company did not show it."""
    for key in pipedrive.store.things(kind).keys() - told.keys() - NEEDED:
        pipedrive.store.remove(kind, key)
    for key, entry in told.items():
        pipedrive.store.put(kind, key, entry)


def _entries(answers: Answers, kind: str) -> list[dict[str, Any]]:
    pages = [doc for path, doc in answers.items() if path.partition("?")[0].rpartition("/")[2] == kind and doc]
    return [entry for page in pages for entry in page["data"] or ()]


def _following(path: str, answers: Answers) -> list[str]:
    found, here = [], path
    while cursor := ((answers.get(here) or {}).get("additional_data") or {}).get("next_cursor"):
        here = f"{path}&cursor={cursor}"
        found.append(here)
    return found
