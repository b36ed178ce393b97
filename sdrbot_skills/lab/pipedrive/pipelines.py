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
        _Routes(pipedrive, kind).add()


class _Routes:
    """Pipelines, or stages: both are listed, made, changed and removed in the same way."""

    def __init__(self, pipedrive: Pipedrive, kind: str) -> None:
        self.pipedrive, self.kind, self.store = pipedrive, kind, pipedrive.store

    def add(self) -> None:
        one, all_of_them = f"/{self.kind}s/{{id}}", f"/{self.kind}s"
        self.pipedrive.v2("GET", all_of_them)(self.listing)
        self.pipedrive.v2("GET", one)(self.show)
        self.pipedrive.v2("POST", all_of_them)(self.create)
        self.pipedrive.v2("PATCH", one)(self.change)
        self.pipedrive.v2("DELETE", one)(self.delete)

    def listing(self, request: Request) -> Response:
        rows = sorted(self.store.things(self.kind).values(), key=lambda one: one["id"])
        of = request.first("pipeline_id")
        return v2_page(request, [row for row in rows if not of or str(row.get("pipeline_id")) == of])

    def show(self, request: Request) -> Response:
        return success(self._known(request))

    def create(self, request: Request) -> Response:
        body = self._checked(request)
        for key in ("name", "pipeline_id")[: 1 if self.kind == "pipeline" else 2]:
            if key not in body:
                raise errors.invalid(key, "Parameter is required")
        siblings = [o for o in self.store.things(self.kind).values() if o.get("pipeline_id") == body.get("pipeline_id")]
        usual: dict[str, Any] = {"order_nr": len(siblings) + 1}
        if self.kind == "pipeline":
            usual["is_deal_probability_enabled"] = False
        else:
            usual |= {"deal_probability": 100, "is_deal_rot_enabled": False, "days_to_rotten": None}
        return success(_put(self.pipedrive, self.kind, self.store.next_ids(1)[0], {**usual, **body}))

    def change(self, request: Request) -> Response:
        stamp = v2_time(self.store.clock.now_ms())
        entry = {**self._known(request), **self._checked(request), "update_time": stamp}
        self.store.put(self.kind, request.params["id"], entry)
        return success(entry)

    def delete(self, request: Request) -> Response:
        entry = self._known(request)
        self.store.remove(self.kind, request.params["id"])
        return success({"id": entry["id"]})

    def _known(self, request: Request) -> dict[str, Any]:
        found = self.store.thing(self.kind, request.params["id"])
        if found is None:
            raise errors.not_found()
        return found

    def _checked(self, request: Request) -> dict[str, Any]:
        body, types = body_of(request), _BODIES[self.kind]
        for key, value in body.items():
            if key not in types:
                raise errors.not_allowed(key)
            if type(value) is not types[key]:
                raise errors.invalid(key, f"The value is not a valid '{types[key].__name__}'")
        return body
