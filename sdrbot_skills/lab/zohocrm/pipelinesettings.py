"""/settings/pipeline: the pipelines of the deals' layout, each with some of the stages of the pick list (OpenAPI v8 "pipeline")."""

from typing import Any

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.zohocrm.errors import element, refusal
from sdrbot_skills.lab.zohocrm.metadata import Metadata
from sdrbot_skills.lab.zohocrm.modulesettings import done, elements
from sdrbot_skills.lab.zohocrm.org import Module, Org

Entry = dict[str, Any]


class PipelineSettings:
    """A pipeline is an entry of the pick list `Pipeline` of deals; which stages it has, and whether it is the usual one, is kept beside it."""

    def __init__(self, org: Org, metadata: Metadata) -> None:
        self.org = org
        self.metadata = metadata

    def add_routes(self, route: Any) -> None:
        route("GET", "/settings/pipeline", self.pipelines)
        route("POST", "/settings/pipeline", self.create)
        route("GET", "/settings/pipeline/{pipeline}", self.pipeline)
        route("PATCH", "/settings/pipeline/{pipeline}", self.update)
        route("PUT", "/settings/pipeline/{pipeline}", self.update)

    def pipelines(self, request: Request) -> Response:
        if not self._of_deals(request):
            return Response(204)
        return reply(200, {"pipeline": self.metadata.pipelines()})

    def pipeline(self, request: Request) -> Response:
        found = [one for one in self.metadata.pipelines() if one["id"] == request.params["pipeline"]]
        return reply(200, {"pipeline": found}) if found and self._of_deals(request) else Response(204)

    def _of_deals(self, request: Request) -> bool:
        if not request.first("layout_id"):
            raise refusal("REQUIRED_PARAM_MISSING", {"param_name": "layout_id"})
        return request.first("layout_id") == str(self._deals().layout)

    def _deals(self) -> Module:
        return self.org.modules()["Deals"]

    def _asked_layout(self, request: Request) -> Module:
        if not self._of_deals(request):
            raise refusal("INVALID_DATA", {"param_name": "layout_id"})
        return self._deals()

    def create(self, request: Request) -> Response:
        deals = self._asked_layout(request)
        (given,) = elements(request, "pipeline", 1)
        for name in ("display_value", "maps"):
            if not given.get(name):
                raise element("pipeline", "MANDATORY_NOT_FOUND", _where(name))
        label = str(given["display_value"])
        self._refuse_taken(deals, label, None)
        stages = self._stages(deals, given["maps"], [])
        options = deals.names["Pipeline"].options
        made = self.org.option({"display_value": label, "actual_value": label}, len(options) + 1)
        options.append(made)
        self.org.save(deals)
        self._keep(made["id"], stages, default=bool(given.get("default")))
        return reply(201, {"pipeline": [done(made["id"], "pipeline created")]})

    def update(self, request: Request) -> Response:
        """Stages of `maps` are added, or taken away by `_delete`; a pipeline that deals are in, and the usual one, cannot be deleted."""
        deals = self._asked_layout(request)
        (given,) = elements(request, "pipeline", 1)
        options = deals.names["Pipeline"].options
        found = [option for option in options if option["id"] == request.params["pipeline"]]
        if not found:
            raise refusal("INVALID_DATA", {"resource_path_index": 2})
        told = next(one for one in self.metadata.pipelines() if one["id"] == found[0]["id"])
        if "_delete" in given:
            return self._delete(deals, told)
        if "display_value" in given:
            self._refuse_taken(deals, str(given["display_value"]), found[0])
            found[0]["display_value"] = str(given["display_value"])
        present = [stage["id"] for stage in told["maps"]]
        stages = self._stages(deals, given["maps"], present) if "maps" in given else present
        self.org.save(deals)
        self._keep(found[0]["id"], stages, default=bool(given.get("default", told["default"])))
        return reply(200, {"pipeline": [done(found[0]["id"], "pipeline updated")]})

    def _delete(self, deals: Module, told: Entry) -> Response:
        held = any(record.doc.get("Pipeline") == told["actual_value"] for record in self.org.store.scan("Deals"))
        if told["default"] or held:
            raise element("pipeline", "CANNOT_DELETE", {"id": told["id"]})
        field = deals.names["Pipeline"]
        field.options = [option for option in field.options if option["id"] != told["id"]]
        self.org.save(deals)
        self.org.store.remove("pipeline", told["id"])
        return reply(200, {"pipeline": [done(told["id"], "pipeline deleted")]})

    def _keep(self, pipeline_id: str, stages: list[str], *, default: bool) -> None:
        if default:
            for one in self.metadata.pipelines():
                kept = [stage["id"] for stage in one["maps"]]
                self.org.store.put("pipeline", one["id"], {"stages": kept, "default": False})
        self.org.store.put("pipeline", pipeline_id, {"stages": stages, "default": default})

    def _refuse_taken(self, deals: Module, label: str, own: Entry | None) -> None:
        others = [option for option in deals.names["Pipeline"].options if option is not own]
        if label.casefold() in {option["display_value"].casefold() for option in others}:
            raise element("pipeline", "DUPLICATE_DATA", _where("display_value"))

    def _stages(self, deals: Module, maps: list[Entry], present: list[str]) -> list[str]:
        known = {option["id"] for option in deals.names["Stage"].options}
        stages = list(present)
        for number, one in enumerate(maps):
            stage = str(one.get("id", ""))
            if stage not in known:
                raise element("pipeline", "INVALID_DATA", {**_where(f"maps[{number}].id", "id"), "value": stage})
            if stage in stages:
                stages.remove(stage)
            if "_delete" not in one:
                at = one.get("sequence_number")
                stages.insert(len(stages) if at is None else max(0, int(at) - 1), stage)
        if not stages:
            raise element("pipeline", "INVALID_DATA", _where("maps"))
        return stages


def _where(path: str, name: str = "") -> dict[str, str]:
    return {"api_name": name or path, "json_path": f"$.pipeline[0].{path}"}
