"""Pipelines and stages (v2)."""

from typing import Any

from sdrbot_skills.lab.core.http import Request, Response
from sdrbot_skills.lab.pipedrive import errors
from sdrbot_skills.lab.pipedrive.vendor import Pipedrive, body_of, success, table, v2_page, v2_time

_BODIES = {
    "pipeline": {"name": str, "is_deal_probability_enabled": bool},
    "stage": {
        "name": str,
        "pipeline_id": int,
        "deal_probability": int,
        "is_deal_rot_enabled": bool,
        "days_to_rotten": int,
    },
}


def fill(pipedrive: Pipedrive) -> None:
    number = 0
    for order, (name, stages) in enumerate(table("standard")["pipelines"], 1):
        _put(pipedrive, "pipeline", order, {"name": name, "order_nr": order, "is_deal_probability_enabled": False})
        for position, (label, probability) in enumerate(stages, 1):
            number += 1
            stage = {"name": label, "pipeline_id": order, "order_nr": position, "deal_probability": probability}
            _put(pipedrive, "stage", number, {**stage, "is_deal_rot_enabled": False, "days_to_rotten": None})


def _put(pipedrive: Pipedrive, kind: str, number: int, entry: dict[str, Any]) -> dict[str, Any]:
    stamp = v2_time(pipedrive.store.clock.now_ms())
    whole = {"id": number, "is_deleted": False, "add_time": stamp, "update_time": stamp, **entry}
    pipedrive.store.put(kind, str(number), whole)
    return whole


def add_routes(pipedrive: Pipedrive) -> None:
    for kind in ("pipeline", "stage"):
        _add(pipedrive, kind)


def _add(pipedrive: Pipedrive, kind: str) -> None:
    store = pipedrive.store

    def known(request: Request) -> dict[str, Any]:
        found = store.thing(kind, request.params["id"])
        if found is None:
            raise errors.not_found()
        return found

    def checked(request: Request) -> dict[str, Any]:
        body = body_of(request)
        for key, value in body.items():
            if key not in _BODIES[kind]:
                raise errors.not_allowed(key)
            if type(value) is not _BODIES[kind][key]:
                raise errors.invalid(key, f"The value is not a valid '{_BODIES[kind][key].__name__}'")
        return body

    @pipedrive.v2("GET", f"/{kind}s")
    def listing(request: Request) -> Response:
        rows = sorted(store.things(kind).values(), key=lambda one: one["id"])
        of = request.first("pipeline_id")
        return v2_page(request, [row for row in rows if not of or str(row.get("pipeline_id")) == of])

    @pipedrive.v2("GET", f"/{kind}s/{{id}}")
    def show(request: Request) -> Response:
        return success(known(request))

    @pipedrive.v2("POST", f"/{kind}s")
    def create(request: Request) -> Response:
        body = checked(request)
        for key in ("name", "pipeline_id")[: 1 if kind == "pipeline" else 2]:
            if key not in body:
                raise errors.invalid(key, "Parameter is required")
        siblings = [o for o in store.things(kind).values() if o.get("pipeline_id") == body.get("pipeline_id")]
        usual: dict[str, Any] = {"order_nr": len(siblings) + 1}
        if kind == "pipeline":
            usual["is_deal_probability_enabled"] = False
        else:
            usual |= {"deal_probability": 100, "is_deal_rot_enabled": False, "days_to_rotten": None}
        return success(_put(pipedrive, kind, store.next_ids(1)[0], {**usual, **body}))

    @pipedrive.v2("PATCH", f"/{kind}s/{{id}}")
    def change(request: Request) -> Response:
        entry = {**known(request), **checked(request), "update_time": v2_time(store.clock.now_ms())}
        store.put(kind, request.params["id"], entry)
        return success(entry)

    @pipedrive.v2("DELETE", f"/{kind}s/{{id}}")
    def delete(request: Request) -> Response:
        entry = known(request)
        store.remove(kind, request.params["id"])
        return success({"id": entry["id"]})
