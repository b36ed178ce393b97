"""/settings/fields: seen, made, changed, deleted, with their pick lists (OpenAPI v8 "fields", "pick list values"; vendor doc "Create Custom Field")."""

import re
from typing import Any

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.zohocrm import specialfields, version2
from sdrbot_skills.lab.zohocrm.errors import element, refusal
from sdrbot_skills.lab.zohocrm.metadata import Metadata
from sdrbot_skills.lab.zohocrm.modulesettings import asked_module, done, elements
from sdrbot_skills.lab.zohocrm.org import JSON_TYPES, LENGTHS, Field, Module, Org

CREATABLE = frozenset(
    {
        "text", "textarea", "email", "phone", "picklist", "multiselectpicklist", "date", "datetime", "integer", "bigint", "double",
        "currency", "percent", "boolean", "website", "lookup", "userlookup", "autonumber",
        *specialfields.CREATABLE,
    }
)  # fmt: skip
"""The vendor also makes addresses, which are not emulated."""

TEXT_AREAS = {"small": 2000, "large": 32000, "rich_text": 50000}
RESIZABLE = frozenset({"text", "integer", "bigint", "double", "currency", "website", "phone", "email"})
PICK_LISTS = frozenset({"picklist", "multiselectpicklist"})
PERMISSIONS = ("read_write", "read_only", "hidden")
LONGEST_LABEL, MOST_UNIQUE, FIELDS_PER_CALL, MOST_FIELDS = 25, 2, 5, 300


class FieldSettings:
    def __init__(self, org: Org, metadata: Metadata) -> None:
        self.org = org
        self.metadata = metadata

    def add_routes(self, route: Any) -> None:
        route("GET", "/settings/fields", self.fields)
        route("POST", "/settings/fields", self.create)
        route("GET", "/settings/fields/{field}", self.field)
        route("PATCH", "/settings/fields/{field}", self.update)
        route("DELETE", "/settings/fields/{field}", self.delete)
        route("GET", "/settings/fields/{field}/pick_list_values", self.pick_list_values)

    def fields(self, request: Request) -> Response:
        told = [self.metadata.field(one) for one in asked_module(self.org, request).fields]
        return reply(200, {"fields": [version2.field(one) for one in told] if version2.asked(request) else told})

    def field(self, request: Request) -> Response:
        _, field = self._asked(request)
        return reply(200, {"fields": [self.metadata.field(field)]})

    def pick_list_values(self, request: Request) -> Response:
        _, field = self._asked(request)
        if field.data_type not in PICK_LISTS:
            return Response(204)
        told = [{"colour_code": None, "layout_associations": None, **option} for option in field.options]
        return reply(200, {"pick_list_values": told})

    def _asked(self, request: Request) -> tuple[Module, Field]:
        module = asked_module(self.org, request)
        for field in module.fields:
            if request.params["field"] in (str(field.id), field.api_name):
                return module, field
        raise refusal("INVALID_DATA", {"resource_path_index": 2}, "the field id given seems to be invalid")

    # --- making ---

    def create(self, request: Request) -> Response:
        """The answer tells ids only; the API name is made of the label."""
        module = asked_module(self.org, request)
        made = []
        for number, given in enumerate(elements(request, "fields", FIELDS_PER_CALL)):
            made.append(self._made(module, given, f"$.fields[{number}]"))
            module.fields.append(made[-1])
            module.__post_init__()
        self.org.save(module)
        return reply(201, {"fields": [done(field.id, "field created") for field in made]})

    def _made(self, module: Module, given: dict[str, Any], where: str) -> Field:
        label, data_type = str(given.get("field_label") or ""), str(given.get("data_type") or "")
        self._check(module, label, data_type, where)
        unique = given.get("unique") or {}
        unique = {"case_sensitive": False} if unique is True else unique
        if unique and len(module.uniques()) >= MOST_UNIQUE:
            raise refusal("LIMIT_EXCEEDED", {"limit": MOST_UNIQUE}, "maximum number of unique fields reached")
        area = (given.get("textarea") or {}).get("type", "small") if data_type == "textarea" else ""
        special = specialfields.details(self.org, module, given, data_type, where)
        made = Field(
            self.org.new_id(), self._api_name(module, label), label, data_type, TEXT_AREAS.get(area) or self._length(given, data_type),
            custom=True, ro=data_type == "autonumber" or data_type in specialfields.COMPUTED, unique=unique,
            to=special.pop("to", "") or self._to(given, data_type, where), special=special,
            digits=int(given.get("decimal_place") or (2 if data_type == "currency" else 0)),
            json=JSON_TYPES.get(data_type, "string"), textarea=area, tooltip=_tooltip(given, where),
            numbering=_numbering(given, data_type, where),
        )  # fmt: skip
        if data_type in specialfields.CREATABLE:
            made.json = specialfields.json_type(data_type, special)
        if data_type in PICK_LISTS:
            made.options = self._options(given.get("pick_list_values"), [], where)
        made.permissions = self._permissions(given.get("profiles"), where)
        return made

    def _check(self, module: Module, label: str, data_type: str, where: str) -> None:
        for name, value in (("field_label", label), ("data_type", data_type)):
            if not value:
                raise element("fields", "MANDATORY_NOT_FOUND", {"api_name": name, "json_path": f"{where}.{name}"})
        if data_type not in CREATABLE:
            details = {"api_name": "data_type", "json_path": f"{where}.data_type"}
            raise element("fields", "INVALID_DATA", {**details, "supported_values": sorted(CREATABLE)})
        self._check_label(module, label, where)
        if sum(one.custom for one in module.fields) >= MOST_FIELDS:
            raise refusal("LIMIT_EXCEEDED", {"limit": MOST_FIELDS})
        if data_type == "autonumber" and any(one.data_type == "autonumber" and one.custom for one in module.fields):
            raise refusal("LIMIT_EXCEEDED", {"limit": 1})

    def _check_label(self, module: Module, label: str, where: str, own: Field | None = None) -> None:
        details: dict[str, Any] = {"api_name": "field_label", "json_path": f"{where}.field_label"}
        if len(label) > LONGEST_LABEL:
            raise element("fields", "INVALID_DATA", {**details, "maximum_length": LONGEST_LABEL})
        if any(one.label.casefold() == label.casefold() for one in module.fields if one is not own):
            raise element("fields", "DUPLICATE_DATA", details)

    def _to(self, given: dict[str, Any], data_type: str, where: str) -> str:
        if data_type != "lookup":
            return "users" if data_type == "userlookup" else ""
        to = str(((given.get("lookup") or {}).get("module") or {}).get("api_name") or "")
        if self.org.module(to) is None:
            details = {"api_name": "api_name", "json_path": f"{where}.lookup.module.api_name"}
            raise element("fields", "INVALID_DATA" if to else "DEPENDENT_FIELD_MISSING", details)
        return to

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

    def _options(self, given: Any, present: list[dict[str, Any]], where: str) -> list[dict[str, Any]]:
        """Entries that have an id are kept and may be shown otherwise, those without are added, those left out go."""
        known, found = {option["id"]: option for option in present}, []
        for number, entry in enumerate(given if isinstance(given, list) else []):
            at = f"{where}.pick_list_values[{number}]"
            if entry.get("id") is not None:
                if str(entry["id"]) not in known:
                    raise element("fields", "INVALID_DATA", {"api_name": "id", "json_path": f"{at}.id"})
                old = known[str(entry["id"])]
                found.append({**old, "display_value": entry.get("display_value", old["display_value"])})
                continue
            for name in ("display_value", "actual_value"):
                if not entry.get(name):
                    raise element("fields", "MANDATORY_NOT_FOUND", {"api_name": name, "json_path": f"{at}.{name}"})
            found.append(self.org.option(entry, number + 1))
        values = [option["actual_value"] for option in found]
        for number, value in enumerate(values):
            if value in values[:number]:
                at = f"{where}.pick_list_values[{number}].actual_value"
                raise element("fields", "DUPLICATE_DATA", {"api_name": "actual_value", "json_path": at})
        return [{**option, "sequence_number": number + 1} for number, option in enumerate(found)]

    def _permissions(self, given: Any, where: str) -> dict[str, str]:
        known = {one["id"] for one in self.org.profiles()}
        for number, one in enumerate(given or []):
            for name, allowed in (("id", known), ("permission_type", PERMISSIONS)):
                if str(one.get(name)) not in allowed:
                    path = f"{where}.profiles[{number}].{name}"
                    raise element("fields", "INVALID_DATA", {"api_name": name, "json_path": path})
        return {str(one["id"]): one["permission_type"] for one in given or []}

    # --- changing ---

    def update(self, request: Request) -> Response:
        """Labels of Zoho's own fields stay; a type never changes here."""
        module, field = self._asked(request)
        (given,) = elements(request, "fields", 1)
        where = "$.fields[0]"
        if not field.custom and "field_label" in given:
            raise element("fields", "NOT_ALLOWED", {"api_name": "field_label", "json_path": f"{where}.field_label"})
        if "field_label" in given:
            self._check_label(module, str(given["field_label"]), where, field)
            field.label = str(given["field_label"])
        if "length" in given:
            field.length = _new_length(field, given["length"], where)
        if "tooltip" in given:
            field.tooltip = _tooltip(given, where)
        if "pick_list_values" in given:
            if field.data_type not in PICK_LISTS:
                details = {"api_name": "pick_list_values", "json_path": f"{where}.pick_list_values"}
                raise element("fields", "NOT_ALLOWED", details)
            field.options = self._options(given["pick_list_values"], field.options, where)
        field.permissions |= self._permissions(given.get("profiles"), where)
        self.org.save(module)
        return reply(200, {"fields": [done(field.id, "field updated")]})

    def delete(self, request: Request) -> Response:
        module, field = self._asked(request)
        if not field.custom:
            raise refusal("NOT_SUPPORTED", {"resource_path_index": 2})
        module.fields.remove(field)
        self.org.save(module)
        return reply(200, {"fields": [done(field.id, "field deleted")]})


def _new_length(field: Field, given: Any, where: str) -> int:
    details: dict[str, Any] = {"api_name": "length", "json_path": f"{where}.length"}
    if field.data_type not in RESIZABLE:
        raise element("fields", "NOT_ALLOWED", details)
    if type(given) is not int:
        raise element("fields", "INVALID_DATA", {"expected_data_type": "integer", **details})
    if not 1 <= given <= LENGTHS[field.data_type]:
        raise element("fields", "INVALID_DATA", {"maximum_length": LENGTHS[field.data_type], **details})
    return given


def _tooltip(given: dict[str, Any], where: str) -> dict[str, str] | None:
    tooltip = given.get("tooltip")
    if tooltip is None:
        return None
    if (
        not isinstance(tooltip, dict)
        or tooltip.get("name") not in ("static_text", "info_icon")
        or not tooltip.get("value")
    ):
        raise element("fields", "INVALID_DATA", {"api_name": "tooltip", "json_path": f"{where}.tooltip"})
    if len(tooltip["value"]) > 255:
        details = {"api_name": "value", "json_path": f"{where}.tooltip.value", "maximum_length": 255}
        raise element("fields", "INVALID_DATA", details)
    return {"name": tooltip["name"], "value": tooltip["value"]}


def _numbering(given: dict[str, Any], data_type: str, where: str) -> dict[str, Any]:
    if data_type != "autonumber":
        return {}
    numbering = given.get("auto_number") or {}
    if not str(numbering.get("start_number", "")).isdigit():
        details = {"api_name": "start_number", "json_path": f"{where}.auto_number.start_number"}
        raise element("fields", "DEPENDENT_FIELD_MISSING", details)
    return dict(numbering)
