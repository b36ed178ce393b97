"""/settings/modules: seen, made, renamed; no call deletes one (OpenAPI v8 "modules", vendor doc "Create Custom Module")."""

import re
from typing import Any

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.zohocrm.errors import element, refusal
from sdrbot_skills.lab.zohocrm.metadata import Metadata
from sdrbot_skills.lab.zohocrm.org import Field, Module, Org

LONGEST_LABEL, LONGEST_NAME = 25, 50
DISPLAY_TYPES = ("text", "autonumber")
_PLAIN = re.compile(r"[A-Za-z0-9]+")
_SPACED = re.compile(r"[A-Za-z0-9 ]+")


class ModuleSettings:
    def __init__(self, org: Org, metadata: Metadata) -> None:
        self.org = org
        self.metadata = metadata

    def add_routes(self, route: Any) -> None:
        route("GET", "/settings/modules", self.modules)
        route("POST", "/settings/modules", self.create)
        route("GET", "/settings/modules/{module}", self.module)
        route("PUT", "/settings/modules/{module}", self.update)

    def modules(self, request: Request) -> Response:
        return reply(200, {"modules": [self.metadata.module(one) for one in self.org.modules().values()]})

    def module(self, request: Request) -> Response:
        return reply(200, {"modules": [self.metadata.module(self._named(request))]})

    def _named(self, request: Request) -> Module:
        wanted = request.params["module"]
        for one in self.org.modules().values():
            if wanted in (one.api_name, str(one.id)):
                return one
        raise refusal("INVALID_MODULE", {"resource_path_index": 2})

    def create(self, request: Request) -> Response:
        """Labels of a new module are letters and digits only; a changed one may have spaces."""
        (given,) = elements(request, "modules", 1)
        for name in ("singular_label", "plural_label", "api_name", "profiles"):
            if not given.get(name):
                raise element("modules", "MANDATORY_NOT_FOUND", _where(name))
        for name, longest in (
            ("singular_label", LONGEST_LABEL),
            ("plural_label", LONGEST_LABEL),
            ("api_name", LONGEST_NAME),
        ):
            _check_text(name, given[name], _PLAIN, longest)
        self._refuse_taken(given, None)
        made = self._made(given)
        self.org.save(made)
        return reply(201, {"modules": [done(made.id, "module created successfully")]})

    def _made(self, given: dict[str, Any]) -> Module:
        shown = {"field_label": "Name", "data_type": "text", **(given.get("display_field") or {})}
        if shown["data_type"] not in DISPLAY_TYPES:
            raise element("modules", "INVALID_DATA", _where("display_field.data_type", "data_type"))
        numbering = shown.get("auto_number") or {}
        if shown["data_type"] == "autonumber" and not numbering.get("start_number"):
            where = _where("display_field.auto_number.start_number", "start_number")
            raise element("modules", "DEPENDENT_FIELD_MISSING", where)
        numbered = shown["data_type"] == "autonumber"
        display = Field(
            self.org.new_id(), "Name", shown["field_label"], shown["data_type"], 120, mandatory=not numbered, ro=numbered,
            numbering=dict(numbering),
        )  # fmt: skip
        number = len([one for one in self.org.modules().values() if one.custom]) + 1
        return Module(
            self.org.new_id(), given["api_name"], given["singular_label"], given["plural_label"], f"CustomModule{number}", "Name", "Name",
            True, self.org.new_id(), [display, *self._common()], self._profiles(given["profiles"]),
        )  # fmt: skip

    def _common(self) -> list[Field]:
        accounts = self.org.modules()["Accounts"]
        names = ("Owner", "Created_By", "Modified_By", "Created_Time", "Modified_Time", "Tag", "id")
        return [Field(**{**vars(accounts.names[name]), "id": self.org.new_id()}) for name in names]

    def _profiles(self, given: Any) -> list[str]:
        known = {one["id"] for one in self.org.profiles()}
        if not isinstance(given, list) or not given:
            raise element("modules", "INVALID_DATA", {"expected_data_type": "jsonarray", **_where("profiles")})
        for number, one in enumerate(given):
            if not isinstance(one, dict) or str(one.get("id")) not in known:
                raise element("modules", "INVALID_DATA", _where(f"profiles[{number}].id", "id"))
        return [str(one["id"]) for one in given]

    def _refuse_taken(self, given: dict[str, Any], own: Module | None) -> None:
        others = [one for one in self.org.modules().values() if own is None or one.id != own.id]
        taken = {
            "api_name": {one.api_name.casefold() for one in others},
            "singular_label": {one.singular.casefold() for one in others},
            "plural_label": {one.plural.casefold() for one in others},
        }
        for name, values in taken.items():
            if str(given.get(name, "")).casefold() in values:
                raise element("modules", "DUPLICATE_DATA", _where(name))

    def update(self, request: Request) -> Response:
        """Both labels and the profiles are wanted, even where only one of them changes."""
        module = self._named(request)
        (given,) = elements(request, "modules", 1)
        for name in ("singular_label", "plural_label", "id", "profiles"):
            if not given.get(name):
                raise element("modules", "MANDATORY_NOT_FOUND", _where(name))
        if str(given["id"]) != str(module.id):
            raise element("modules", "INVALID_DATA", _where("id"))
        for name in ("singular_label", "plural_label"):
            _check_text(name, given[name], _SPACED, LONGEST_LABEL)
        self._refuse_taken({**given, "api_name": ""}, module)
        module.singular, module.plural = given["singular_label"], given["plural_label"]
        module.profiles = self._profiles(given["profiles"])
        self.org.save(module)
        return reply(200, {"modules": [done(module.id, "module updated successfully")]})


def asked_module(org: Org, request: Request) -> Module:
    """The module that `?module=` names."""
    name = request.first("module")
    if not name:
        raise refusal("REQUIRED_PARAM_MISSING", {"param_name": "module"})
    found = org.module(name)
    if found is None:
        raise refusal("INVALID_MODULE", {"param_name": "module"})
    return found


def elements(request: Request, root: str, most: int) -> list[dict[str, Any]]:
    """The list of a settings body."""
    body = request.json()
    rows = body.get(root) if isinstance(body, dict) else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise refusal("MANDATORY_NOT_FOUND", {"api_name": root, "json_path": f"$.{root}"})
    if len(rows) > most:
        raise refusal("LIMIT_EXCEEDED", {"limit": most})
    return rows


def done(made: object, message: str) -> dict[str, Any]:
    """What stands in an answer for an element that was carried out."""
    return {"code": "SUCCESS", "details": {"id": str(made)}, "message": message, "status": "success"}


def _check_text(name: str, value: Any, pattern: re.Pattern[str], longest: int) -> None:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise element("modules", "INVALID_DATA", _where(name))
    if len(value) > longest:
        raise element("modules", "INVALID_DATA", {"maximum_length": longest, **_where(name)})


def _where(path: str, name: str = "") -> dict[str, str]:
    return {"api_name": name or path, "json_path": f"$.modules[0].{path}"}
