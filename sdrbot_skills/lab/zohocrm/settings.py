"""/settings: layouts and profiles; fields, modules and pipelines have rooms of their own (OpenAPI v8 "layouts", "profiles")."""

from typing import Any

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.zohocrm.fieldsettings import FieldSettings
from sdrbot_skills.lab.zohocrm.metadata import Metadata
from sdrbot_skills.lab.zohocrm.modulesettings import ModuleSettings, asked_module
from sdrbot_skills.lab.zohocrm.org import Org
from sdrbot_skills.lab.zohocrm.pipelinesettings import PipelineSettings


class Settings:
    def __init__(self, org: Org) -> None:
        self.org = org
        self.metadata = Metadata(org)

    def add_routes(self, route: Any) -> None:
        ModuleSettings(self.org, self.metadata).add_routes(route)
        FieldSettings(self.org, self.metadata).add_routes(route)
        PipelineSettings(self.org, self.metadata).add_routes(route)
        route("GET", "/settings/layouts", self.layouts)
        route("GET", "/settings/profiles", self.profiles)
        route("GET", "/settings/profiles/{profile}", self.profile)

    def layouts(self, request: Request) -> Response:
        return reply(200, {"layouts": [self.metadata.layout(asked_module(self.org, request))]})

    def profiles(self, request: Request) -> Response:
        told = [self.metadata.profile(one) for one in self.org.profiles()]
        return reply(
            200, {"profiles": told, "info": {"per_page": 200, "page": 1, "count": len(told), "more_records": False}}
        )

    def profile(self, request: Request) -> Response:
        found = [self.metadata.profile(one) for one in self.org.profiles() if one["id"] == request.params["profile"]]
        return reply(200, {"profiles": found}) if found else Response(204)
