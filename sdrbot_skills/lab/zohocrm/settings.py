"""/settings: modules, fields, layouts, pipelines, profiles (vendor docs "Create Custom Field", "Create Custom Module", OpenAPI v8)."""

import re
from typing import Any

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.zohocrm.errors import refusal
from sdrbot_skills.lab.zohocrm.metadata import Metadata
from sdrbot_skills.lab.zohocrm.org import JSON_TYPES, LENGTHS, Field, Module, Org

CREATABLE = frozenset(
    {
        "text", "textarea", "email", "phone", "picklist", "multiselectpicklist", "date", "datetime", "integer", "bigint", "double",
        "currency", "percent", "boolean", "website", "lookup",
    }
)  # fmt: skip
TEXT_AREAS = {"small": 2000, "large": 32000, "rich_text": 50000}
LONGEST_LABEL, MOST_UNIQUE, FIELDS_PER_CALL, MOST_FIELDS = 25, 2, 5, 300
_PLAIN = re.compile(r"[A-Za-z0-9]+")


class Settings:
    def __init__(self, org: Org) -> None:
        self.org = org
        self.metadata = Metadata(org)

    def add_routes(self, route: Any) -> None:
        route("GET", "/settings/modules", self.modules)
        route("POST", "/settings/modules", self.create_module)
        route("GET", "/settings/modules/{module}", self.module)
        route("GET", "/settings/fields", self.fields)
        route("POST", "/settings/fields", self.create_fields)
        route("GET", "/settings/fields/{field}", self.field)
        route("PATCH", "/settings/fields/{field}", self.update_field)
        route("DELETE", "/settings/fields/{field}", self.delete_field)
        route("GET", "/settings/layouts", self.layouts)
        route("GET", "/settings/pipeline", self.pipelines)
        route("GET", "/settings/profiles", self.profiles)

    # --- modules ---

    def modules(self, request: Request) -> Response:
        return reply(200, {"modules": [self.metadata.module(one) for one in self.org.modules().values()]})

    def module(self, request: Request) -> Response:
        wanted = request.params["module"]
        found = [one for one in self.org.modules().values() if wanted in (one.api_name, str(one.id))]
        if not found:
            raise refusal("INVALID_MODULE", {"resource_path_index": 2})
        return reply(200, {"modules": [self.metadata.module(found[0])]})

    def create_module(self, request: Request) -> Response:
        (given,) = _list(request, "modules", 1)
        name = str(given.get("api_name", ""))
        if not _PLAIN.fullmatch(name):
            raise refusal("INVALID_DATA", {"api_name": "api_name", "json_path": "$.modules[0].api_name"})
        if self.org.module(name):
            raise refusal("DUPLICATE_DATA", {"api_name": "api_name", "json_path": "$.modules[0].api_name"})
        label = given.get("display_field", {}).get("field_label", "Name")
        display = Field(self.org.new_id(), "Name", label, "text", 120, mandatory=True)
        common = [Field(**{**vars(one), "id": self.org.new_id()}) for one in self._common()]
        number = len([one for one in self.org.modules().values() if one.custom]) + 1
        made = Module(
            self.org.new_id(), name, given["singular_label"], given["plural_label"], f"CustomModule{number}", "Name", "Name", True,
            self.org.new_id(), [display, *common],
        )  # fmt: skip
        self.org.save(made)
        return reply(201, {"modules": [_done(made.id, "module created successfully")]})

    def _common(self) -> list[Field]:
        accounts = self.org.modules()["Accounts"]
        names = ("Owner", "Created_By", "Modified_By", "Created_Time", "Modified_Time", "Tag", "id")
        return [accounts.names[name] for name in names]

    def asked_module(self, request: Request) -> Module:
        name = request.first("module")
        if not name:
            raise refusal("REQUIRED_PARAM_MISSING", {"param_name": "module"})
        found = self.org.module(name)
        if found is None:
            raise refusal("INVALID_MODULE", {"param_name": "module"})
        return found

    # --- fields ---

    def fields(self, request: Request) -> Response:
        return reply(200, {"fields": [self.metadata.field(one) for one in self.asked_module(request).fields]})

    def field(self, request: Request) -> Response:
        _, field = self._asked_field(request)
        return reply(200, {"fields": [self.metadata.field(field)]})

    def create_fields(self, request: Request) -> Response:
        """The answer tells ids only; the API name is made of the label."""
        module = self.asked_module(request)
        made = []
        for number, given in enumerate(_list(request, "fields", FIELDS_PER_CALL)):
            made.append(self._made(module, given, f"$.fields[{number}]"))
            module.fields.append(made[-1])
            module.__post_init__()
        self.org.save(module)
        return reply(201, {"fields": [_done(field.id, "field created") for field in made]})

    def _made(self, module: Module, given: dict[str, Any], where: str) -> Field:
        label, data_type = str(given.get("field_label") or ""), str(given.get("data_type") or "")
        for name, value in (("field_label", label), ("data_type", data_type)):
            if not value:
                raise refusal("MANDATORY_NOT_FOUND", {"api_name": name, "json_path": f"{where}.{name}"})
        if len(label) > LONGEST_LABEL:
            details = {"api_name": "field_label", "json_path": f"{where}.field_label", "maximum_length": LONGEST_LABEL}
            raise refusal("INVALID_DATA", details)
        if data_type not in CREATABLE:
            details = {"api_name": "data_type", "json_path": f"{where}.data_type"}
            raise refusal("INVALID_DATA", {**details, "supported_values": sorted(CREATABLE)})
        if any(one.label.casefold() == label.casefold() for one in module.fields):
            raise refusal("DUPLICATE_DATA", {"api_name": "field_label", "json_path": f"{where}.field_label"})
        unique = given.get("unique") or {}
        unique = {"case_sensitive": False} if unique is True else unique
        if unique and len(module.uniques()) >= MOST_UNIQUE:
            raise refusal("LIMIT_EXCEEDED", {"limit": MOST_UNIQUE}, "maximum number of unique fields reached")
        if sum(one.custom for one in module.fields) >= MOST_FIELDS:
            raise refusal("LIMIT_EXCEEDED", {"limit": MOST_FIELDS})
        area = given.get("textarea", {}).get("type", "small") if data_type == "textarea" else ""
        to = given.get("lookup", {}).get("module", {}).get("api_name", "")
        return Field(
            self.org.new_id(), self._api_name(module, label), label, data_type, TEXT_AREAS.get(area) or self._length(given, data_type),
            custom=True, unique=unique, to=to, options=self.org.options_of(given.get("pick_list_values") or []),
            digits=int(given.get("decimal_place") or (2 if data_type == "currency" else 0)),
            json=JSON_TYPES.get(data_type, "string"), textarea=area,
        )  # fmt: skip

    def _length(self, given: dict[str, Any], data_type: str) -> int:
        return min(int(given.get("length") or LENGTHS.get(data_type, 0)), LENGTHS.get(data_type, 0))

    def _api_name(self, module: Module, label: str) -> str:
        """Underscores for what is no letter or digit; a number for a name that is taken."""
        name = re.sub(r"[^A-Za-z0-9]+", "_", label).strip("_")
        taken, number, found = module.names, 0, name
        while found in taken:
            number += 1
            found = f"{name}{number}"
        return found

    def update_field(self, request: Request) -> Response:
        """Entries that have an id stay as they are, those without are added, those left out go."""
        module, field = self._asked_field(request)
        (given,) = _list(request, "fields", 1)
        if not field.custom and "field_label" in given:
            raise refusal("NOT_SUPPORTED", {"api_name": "field_label"})
        field.label = given.get("field_label", field.label)
        if "pick_list_values" in given:
            known = {option["id"]: option for option in field.options}
            field.options = [
                known.get(str(entry.get("id"))) or self.org.option(entry, number + 1)
                for number, entry in enumerate(given["pick_list_values"])
            ]
        self.org.save(module)
        return reply(200, {"fields": [_done(field.id, "field updated")]})

    def delete_field(self, request: Request) -> Response:
        module, field = self._asked_field(request)
        if not field.custom:
            raise refusal("NOT_SUPPORTED", {"resource_path_index": 2})
        module.fields.remove(field)
        self.org.save(module)
        return reply(200, {"fields": [_done(field.id, "field deleted")]})

    def _asked_field(self, request: Request) -> tuple[Module, Field]:
        module = self.asked_module(request)
        for field in module.fields:
            if request.params["field"] in (str(field.id), field.api_name):
                return module, field
        raise refusal("INVALID_DATA", {"resource_path_index": 2}, "the field id given seems to be invalid")

    # --- the rest ---

    def layouts(self, request: Request) -> Response:
        return reply(200, {"layouts": [self.metadata.layout(self.asked_module(request))]})

    def pipelines(self, request: Request) -> Response:
        if not request.first("layout_id"):
            raise refusal("REQUIRED_PARAM_MISSING", {"param_name": "layout_id"})
        if request.first("layout_id") != str(self.org.modules()["Deals"].layout):
            return Response(204)
        return reply(200, {"pipeline": self.metadata.pipelines()})

    def profiles(self, request: Request) -> Response:
        told = [
            {
                "api_name": one["name"],
                "id": one["id"],
                "created_time": None,
                "modified_time": None,
                "name": one["name"],
                "display_label": one["name"],
                "modified_by": None,
                "created_by": None,
                "description": None,
                "custom": False,
                "type": "normal_profile",
            }
            for one in self.org.profiles()
        ]
        return reply(
            200, {"profiles": told, "info": {"per_page": 200, "page": 1, "count": len(told), "more_records": False}}
        )


def _list(request: Request, root: str, most: int) -> list[dict[str, Any]]:
    body = request.json()
    rows = body.get(root) if isinstance(body, dict) else None
    if not isinstance(rows, list) or not rows:
        raise refusal("MANDATORY_NOT_FOUND", {"api_name": root, "json_path": f"$.{root}"})
    if len(rows) > most:
        raise refusal("LIMIT_EXCEEDED", {"limit": most})
    return rows


def _done(made: int, message: str) -> dict[str, Any]:
    return {"code": "SUCCESS", "details": {"id": str(made)}, "message": message, "status": "success"}
