"""What a deal's status, stage and archive flag mean for each other (API reference "Deals")."""

from collections.abc import Mapping
from typing import Any

from sdrbot_skills.lab.pipedrive import errors
from sdrbot_skills.lab.pipedrive.vendor import Pipedrive, v2_time

_ONLY = {"lost_reason": ("lost",), "lost_time": ("lost",), "won_time": ("won",), "close_time": ("won", "lost")}


def settle_deal(pipedrive: Pipedrive, doc: dict[str, Any], body: Mapping[str, Any], now: int) -> None:
    """Complete a deal in place: its stage decides the pipeline, its status what may be said of its end. Raises the vendor's refusal."""
    doc.setdefault("status", "open")
    doc.setdefault("is_archived", False)
    doc.setdefault("value", 0)
    doc["currency"] = doc.get("currency") or "EUR"
    if doc["currency"] not in pipedrive.store.things("currency"):
        raise errors.refuse(400, f"currency: {doc['currency']} is not an active currency of this company")
    _settle_stage(pipedrive, doc, body, now)
    for key, statuses in _ONLY.items():
        if body.get(key) is not None and doc["status"] not in statuses:
            raise errors.invalid(key, f"It can only be set when the status is {' or '.join(statuses)}")
        if doc["status"] not in statuses:
            doc.pop(key, None)
    if doc["status"] != "open":
        doc.setdefault(f"{doc['status']}_time", v2_time(now))
        doc["close_time"] = doc.get("close_time") or doc[f"{doc['status']}_time"]
    if doc["is_archived"]:
        doc.setdefault("archive_time", v2_time(now))


def _settle_stage(pipedrive: Pipedrive, doc: dict[str, Any], body: Mapping[str, Any], now: int) -> None:
    stages = pipedrive.store.things("stage")
    if body.get("stage_id") is not None:
        stage = stages.get(str(body["stage_id"]))
        if stage is None:
            raise errors.refuse(400, "stage_id: Entity was not found", code="ERR_ENTITY_NOT_FOUND")
    elif body.get("pipeline_id") is not None or doc.get("stage_id") is None:
        wanted = body.get("pipeline_id") or doc.get("pipeline_id")
        if wanted is None:
            wanted = min(pipedrive.store.things("pipeline").values(), key=lambda one: one["order_nr"])["id"]
        mine = [one for one in stages.values() if one["pipeline_id"] == wanted]
        if not mine:
            raise errors.refuse(400, "pipeline_id: Entity was not found", code="ERR_ENTITY_NOT_FOUND")
        stage = min(mine, key=lambda one: one["order_nr"])
    else:
        return
    doc["stage_id"], doc["pipeline_id"] = stage["id"], stage["pipeline_id"]
    doc["stage_change_time"] = v2_time(now)
