"""Pipelines and stages (doc "Pipelines API"). Records hold ids, never labels."""

from typing import Any

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.hubspot import errors
from sdrbot_skills.lab.hubspot.types import ObjectType
from sdrbot_skills.lab.hubspot.vendor import HubSpot

Pipeline = dict[str, Any]
CHECKS = ("validateReferencesBeforeDelete", "validateDealStageUsagesBeforeDelete")


def add_routes(hubspot: HubSpot) -> None:
    routes = Pipelines(hubspot)
    hubspot.route("GET", "pipelines", "/{type}")(routes.show_all)
    hubspot.route("POST", "pipelines", "/{type}")(routes.create)
    hubspot.route("GET", "pipelines", "/{type}/{id}")(routes.show)
    hubspot.route("PATCH", "pipelines", "/{type}/{id}")(routes.update)
    hubspot.route("PUT", "pipelines", "/{type}/{id}")(routes.replace)
    hubspot.route("DELETE", "pipelines", "/{type}/{id}")(routes.delete)
    hubspot.route("GET", "pipelines", "/{type}/{id}/stages")(routes.show_stages)
    hubspot.route("POST", "pipelines", "/{type}/{id}/stages")(routes.create_stage)
    hubspot.route("GET", "pipelines", "/{type}/{id}/stages/{stage}")(routes.show_stage)
    hubspot.route("PATCH PUT", "pipelines", "/{type}/{id}/stages/{stage}")(routes.update_stage)
    hubspot.route("DELETE", "pipelines", "/{type}/{id}/stages/{stage}")(routes.delete_stage)


class Pipelines:
    def __init__(self, hubspot: HubSpot) -> None:
        self.hubspot = hubspot
        self.store = hubspot.store

    def show_all(self, request: Request) -> Response:
        kind = self._kind(request, "read")
        found = sorted(self.store.things(f"pipeline/{kind.name}").values(), key=lambda p: int(p["displayOrder"]))
        return reply(200, {"results": found})

    def show(self, request: Request) -> Response:
        return reply(200, self._get(self._kind(request, "read"), request.params["id"]))

    def create(self, request: Request) -> Response:
        kind = self._kind(request, "write")
        body = request.json()
        key = str(body.get("pipelineId") or self._new_id())
        if self.store.thing(f"pipeline/{kind.name}", key):
            raise errors.refuse(409, f"A pipeline with id '{key}' already exists.", "CONFLICT")
        return reply(201, self._put(kind, self._made(kind, key, body)))

    def update(self, request: Request) -> Response:
        kind = self._kind(request, "write")
        old = self._get(kind, request.params["id"])
        body = request.json()
        changed = {name: body[name] for name in ("label", "displayOrder", "archived") if name in body}
        return reply(200, self._put(kind, {**old, **changed}))

    def replace(self, request: Request) -> Response:
        """Everything, stages included: those not in the body are gone."""
        kind = self._kind(request, "write")
        old = self._get(kind, request.params["id"])
        self._unused_if_asked(request, kind, [stage["id"] for stage in old["stages"]])
        return reply(200, self._put(kind, self._made(kind, old["id"], request.json())))

    def delete(self, request: Request) -> Response:
        kind = self._kind(request, "write")
        old = self._get(kind, request.params["id"])
        self._unused_if_asked(request, kind, [stage["id"] for stage in old["stages"]])
        self.store.remove(f"pipeline/{kind.name}", old["id"])
        return Response(204)

    def show_stages(self, request: Request) -> Response:
        return reply(200, {"results": self._get(self._kind(request, "read"), request.params["id"])["stages"]})

    def show_stage(self, request: Request) -> Response:
        pipeline = self._get(self._kind(request, "read"), request.params["id"])
        return reply(200, _stage_of(pipeline, request.params["stage"]))

    def create_stage(self, request: Request) -> Response:
        kind = self._kind(request, "write")
        pipeline = self._get(kind, request.params["id"])
        stage = self._stage(kind, request.json(), len(pipeline["stages"]))
        self._put(kind, {**pipeline, "stages": [*pipeline["stages"], stage]})
        return reply(201, stage)

    def update_stage(self, request: Request) -> Response:
        kind = self._kind(request, "write")
        pipeline = self._get(kind, request.params["id"])
        old = _stage_of(pipeline, request.params["stage"])
        body = request.json()
        stage = {**old, **body, "id": old["id"], "metadata": {**old["metadata"], **body.get("metadata", {})}}
        stages = [stage if one["id"] == old["id"] else one for one in pipeline["stages"]]
        self._put(kind, {**pipeline, "stages": stages})
        return reply(200, stage)

    def delete_stage(self, request: Request) -> Response:
        kind = self._kind(request, "write")
        pipeline = self._get(kind, request.params["id"])
        old = _stage_of(pipeline, request.params["stage"])
        self._unused_if_asked(request, kind, [old["id"]])
        self._put(kind, {**pipeline, "stages": [one for one in pipeline["stages"] if one["id"] != old["id"]]})
        return Response(204)

    def _kind(self, request: Request, action: str) -> ObjectType:
        kind = self.hubspot.schema.kind(request.params["type"])
        if not kind.stage and not kind.custom:
            raise errors.invalid(f"Object type {kind.type_id} does not support pipelines")
        self.hubspot.account.need(request, kind.schema_scopes(action) if kind.name != "tickets" else ("tickets",))
        return kind

    def _get(self, kind: ObjectType, key: str) -> Pipeline:
        found = self.store.thing(f"pipeline/{kind.name}", key)
        if found is None:
            raise errors.not_found(f"Pipeline with id {key} does not exist")
        return found

    def _put(self, kind: ObjectType, pipeline: Pipeline) -> Pipeline:
        pipeline = {**pipeline, "updatedAt": self.hubspot.stamp()}
        self.store.put(f"pipeline/{kind.name}", pipeline["id"], pipeline)
        return pipeline

    def _made(self, kind: ObjectType, key: str, body: Pipeline) -> Pipeline:
        if not body.get("label"):
            raise errors.invalid("Some required fields were not set: [label]")
        stages = [self._stage(kind, stage, order) for order, stage in enumerate(body.get("stages") or [])]
        return {
            "id": key,
            "label": body["label"],
            "displayOrder": body.get("displayOrder", 0),
            "stages": stages,
            "archived": False,
            "createdAt": self.hubspot.stamp(),
        }

    def _stage(self, kind: ObjectType, body: Pipeline, order: int) -> Pipeline:
        metadata = {name: str(value) for name, value in (body.get("metadata") or {}).items()}
        if not body.get("label"):
            raise errors.invalid("Some required fields were not set: [label]")
        chance = metadata.get("probability", "")
        if kind.name == "deals" and chance not in {f"{tenth / 10:.1f}" for tenth in range(11)}:
            raise errors.invalid(f"probability must be between 0.0 and 1.0 in steps of 0.1, not {chance!r}")
        if kind.name == "tickets" and metadata.get("ticketState") not in ("OPEN", "CLOSED"):
            raise errors.invalid("ticketState must be OPEN or CLOSED")
        closed = chance in ("0.0", "1.0") or metadata.get("ticketState") == "CLOSED"
        stamp = self.hubspot.stamp()
        return {
            "id": str(body.get("stageId") or self._new_id()),
            "label": body["label"],
            "displayOrder": body.get("displayOrder", order),
            "metadata": {**metadata, "isClosed": "true" if closed else "false"},
            "archived": False,
            "createdAt": stamp,
            "updatedAt": stamp,
        }

    def _new_id(self) -> str:
        return str(3_000_000 + self.store.next_ids(1)[0])

    def _unused_if_asked(self, request: Request, kind: ObjectType, stages: list[str]) -> None:
        """From 2026-09 on always checked, before only on demand."""
        asked = any(request.first(name) == "true" for name in CHECKS)
        if not asked and request.params["api"] != "2026-09":
            return
        used = next((r.id for r in self.store.scan(kind.name) if r.doc.get(kind.stage) in stages), None)
        if used is not None:
            raise errors.invalid(
                f"Stage is in use, e.g. by {kind.singular} {used}", subCategory="PipelineError.STAGE_ID_IN_USE"
            )


def _stage_of(pipeline: Pipeline, key: str) -> Pipeline:
    found = next((stage for stage in pipeline["stages"] if stage["id"] == key), None)
    if found is None:
        raise errors.not_found(f"Stage with id {key} does not exist")
    return dict(found)
