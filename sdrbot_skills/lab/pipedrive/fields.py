"""Field definitions: v2 (`field_code`, cursor paging) and their older v1 spelling (`key`, offsets)."""

import hashlib
from collections.abc import Mapping
from typing import Any

from sdrbot_skills.lab.core.http import Request, Response
from sdrbot_skills.lab.pipedrive import errors
from sdrbot_skills.lab.pipedrive.values import ADDRESS
from sdrbot_skills.lab.pipedrive.vendor import Pipedrive, body_of, success, table, v1_page, v1_time, v2_page

CREATABLE = [
    "varchar",
    "varchar_auto",
    "text",
    "double",
    "monetary",
    "date",
    "daterange",
    "time",
    "timerange",
    "set",
    "enum",
    "user",
    "org",
    "people",
    "phone",
    "address",
]
WRITABLE_KINDS = ("dealFields", "personFields", "organizationFields", "productFields")
MOST_OPTIONS = 10_000
_CREATE = frozenset({"field_name", "field_type", "options", "ui_visibility", "important_fields", "required_fields"})
_CHANGE = _CREATE - {"field_type", "options"} | {"description"}
_SUBFIELDS = {
    "monetary": [("value", "Amount", "double"), ("currency", "Currency", "varchar")],
    "daterange": [("value", "Start", "date"), ("until", "End", "date")],
    "time": [("value", "Time", "time"), ("timezone_name", "Time zone", "varchar")],
    "timerange": [("value", "Start", "time"), ("until", "End", "time"), ("timezone_name", "Time zone", "varchar")],
    "address": [(part, part.replace("_", " ").capitalize(), "varchar") for part in ADDRESS],
}


class Fields:
    """The account's fields: system ones as shipped, custom ones as made, both as things of the store."""

    def __init__(self, pipedrive: Pipedrive) -> None:
        self._pipedrive, self._store = pipedrive, pipedrive.store

    def fill(self) -> None:
        standard = table("standard")
        for kind in (*WRITABLE_KINDS, "activityFields"):
            entries = dict(standard[kind])
            if kind == "personFields" and "contact_sync" in self._pipedrive.variants:
                entries |= standard["contact_sync"]
            if kind == "organizationFields" and "no_enrichment" in self._pipedrive.variants:
                entries = {c: e for c, e in entries.items() if c not in ENRICHED}
            for position, (code, (name, field_type, *options)) in enumerate(entries.items()):
                listed = [{"id": i, "label": label, "color": None} for i, label in options[0]] if options else None
                self._put(kind, code, name, field_type, listed, custom=False, order=position)

    def _put(
        self, kind: str, code: str, name: str, field_type: str, options: Any, *, custom: bool, order: int
    ) -> dict[str, Any]:
        parts = _SUBFIELDS.get(field_type)
        entry = {
            "field_name": name,
            "field_code": code,
            "field_type": field_type,
            "options": options,
            "subfields": [dict(zip(("field_code", "field_name", "field_type"), part, strict=True)) for part in parts]
            if parts
            else None,
            "is_custom_field": custom,
            "is_optional_response_field": False,
            "order": order,
        }
        self._store.put(kind, code, entry)
        return entry

    def all(self, kind: str) -> list[dict[str, Any]]:
        return sorted(self._store.things(kind).values(), key=lambda entry: entry["order"])

    def custom(self, kind: str) -> dict[str, dict[str, Any]]:
        return {code: entry for code, entry in self._store.things(kind).items() if entry["is_custom_field"]}

    def get(self, kind: str, code: str) -> dict[str, Any]:
        found = self._store.thing(kind, code)
        if found is None:
            raise errors.not_found("Field was not found")
        return found

    def create(self, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
        for key in body:
            if key not in _CREATE:
                raise errors.not_allowed(key)
        name, field_type = body.get("field_name"), body.get("field_type")
        if not isinstance(name, str) or not 1 <= len(name) <= 255:
            raise errors.invalid("field_name", "The value is not a valid 'string'")
        if field_type not in CREATABLE:
            raise errors.invalid("field_type", f"The value should be one of {', '.join(CREATABLE)}")
        options = None
        if field_type in ("enum", "set"):
            options = self._new_options(body.get("options"))
        number = self._store.next_ids(1)[0]
        seed = f"{self._pipedrive.app.options.name}/{kind}/{number}"
        code = hashlib.sha1(seed.encode(), usedforsecurity=False).hexdigest()
        return self._put(kind, code, name, field_type, options, custom=True, order=number)

    def _new_options(self, given: Any) -> list[dict[str, Any]]:
        """Labels may repeat at the vendor, which makes near-duplicates; so they may here."""
        if not isinstance(given, list) or not given or len(given) > MOST_OPTIONS:
            raise errors.invalid("options", "The value is not a valid 'array' with at least one entry")
        ids = self._store.next_ids(len(given))
        return [{"id": i, "label": _label(entry), "color": None} for i, entry in zip(ids, given, strict=True)]

    def change_options(self, kind: str, code: str, method: str, given: Any) -> list[dict[str, Any]]:
        """All or nothing; only the options touched are answered."""
        entry = self.get(kind, code)
        if entry["field_type"] not in ("enum", "set") or not isinstance(given, list) or not given:
            raise errors.invalid("options", "The value is not a valid 'array' of options")
        if method == "POST":
            touched = self._new_options(given)
            entry["options"] = [*entry["options"], *touched]
        else:
            known = {option["id"]: option for option in entry["options"]}
            missing = [item for item in given if not isinstance(item, dict) or item.get("id") not in known]
            if missing:
                raise errors.invalid("id", "Option was not found")
            touched = [known[item["id"]] for item in given]
            if method == "PATCH":
                for item in given:
                    known[item["id"]]["label"] = _label(item)
            gone = {option["id"] for option in touched} if method == "DELETE" else set()
            entry["options"] = [option for option in entry["options"] if option["id"] not in gone]
        self._store.put(kind, code, entry)
        return [{"id": option["id"], "label": option["label"]} for option in touched]


ENRICHED = ("website", "linkedin", "industry", "annual_revenue", "employee_count")


def _label(entry: Any) -> str:
    if not isinstance(entry, dict) or not isinstance(entry.get("label"), str) or not entry["label"]:
        raise errors.invalid("label", "The value is not a valid 'string'")
    return str(entry["label"])


def shown(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A definition as v2 answers it."""
    return {name: value for name, value in entry.items() if name != "order"}


def shown_in_v1(entry: Mapping[str, Any], now: int) -> dict[str, Any]:
    """A definition as v1 answers it: other names, ids that are numbers."""
    stamp = v1_time(now)
    return {
        "id": int(hashlib.sha1(entry["field_code"].encode(), usedforsecurity=False).hexdigest()[:6], 16),
        "key": entry["field_code"],
        "name": entry["field_name"],
        "order_nr": entry["order"],
        "field_type": entry["field_type"],
        "add_time": stamp,
        "update_time": stamp,
        "active_flag": True,
        "edit_flag": entry["is_custom_field"],
        "mandatory_flag": entry["field_code"] in ("title", "name"),
        "options": entry["options"],
    }


def add_routes(pipedrive: Pipedrive, fields: Fields) -> None:
    for kind in (*WRITABLE_KINDS, "activityFields"):
        _add_reading(pipedrive, fields, kind)
    for kind in WRITABLE_KINDS:
        _add_writing(pipedrive, fields, kind)

    @pipedrive.v1("GET", "/leadFields")
    def lead_fields(request: Request) -> Response:
        """Leads inherit the custom fields of deals."""
        inherited = [entry for entry in fields.all("dealFields") if entry["is_custom_field"] or _of_leads(entry)]
        return v1_page(request, [shown_in_v1(entry, pipedrive.store.clock.now_ms()) for entry in inherited])


def _of_leads(entry: Mapping[str, Any]) -> bool:
    return entry["field_code"] in ("title", "owner_id", "person_id", "org_id", "value", "expected_close_date")


def _add_reading(pipedrive: Pipedrive, fields: Fields, kind: str) -> None:
    @pipedrive.v2("GET", f"/{kind}")
    def listing(request: Request) -> Response:
        return v2_page(request, [shown(entry) for entry in fields.all(kind)])

    @pipedrive.v2("GET", f"/{kind}/{{field_code}}")
    def one(request: Request) -> Response:
        return success(shown(fields.get(kind, request.params["field_code"])))


def _add_writing(pipedrive: Pipedrive, fields: Fields, kind: str) -> None:
    @pipedrive.v2("POST", f"/{kind}")
    def create(request: Request) -> Response:
        pipedrive.need("can_add_custom_fields")
        return success(shown(fields.create(kind, body_of(request))))

    @pipedrive.v2("PATCH", f"/{kind}/{{field_code}}")
    def change(request: Request) -> Response:
        pipedrive.need("can_edit_custom_fields")
        entry, body = fields.get(kind, request.params["field_code"]), body_of(request)
        for key in body:
            if key not in _CHANGE:
                raise errors.not_allowed(key)
        entry["field_name"] = str(body.get("field_name", entry["field_name"]))
        pipedrive.store.put(kind, entry["field_code"], entry)
        return success(shown(entry))

    @pipedrive.v2("DELETE", f"/{kind}/{{field_code}}")
    def delete(request: Request) -> Response:
        pipedrive.need("can_delete_custom_fields")
        entry = fields.get(kind, request.params["field_code"])
        if not entry["is_custom_field"]:
            raise errors.no_permission("System fields cannot be deleted.")
        pipedrive.store.remove(kind, entry["field_code"])
        return success(shown(entry))

    @pipedrive.v2("POST PATCH DELETE", f"/{kind}/{{field_code}}/options")
    def options(request: Request) -> Response:
        pipedrive.need("can_edit_custom_fields")
        touched = fields.change_options(kind, request.params["field_code"], request.method, request.json())
        return success(touched, additional_data=None)
