"""Field definitions: v2 (`field_code`, cursor paging) and their older v1 spelling (`key`, offsets)."""

import hashlib
from collections.abc import Mapping
from typing import Any

from sdrbot_skills.lab.pipedrive import errors
from sdrbot_skills.lab.pipedrive.values import ADDRESS
from sdrbot_skills.lab.pipedrive.vendor import Pipedrive, record_id, table, v1_time

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
ON_REQUEST: dict[str, Any] = {
    "ui_visibility": {"add_visible_flag": False, "details_visible_flag": True},
    "important_fields": {"enabled": False, "stage_ids": []},
    "required_fields": {"enabled": False, "stage_ids": []},
}
"""What a definition shows only where `include_fields` asks for it, as it is unless somebody said otherwise."""

_CHANGE = frozenset({"field_name", *ON_REQUEST})
CHANGEABLE = {
    "dealFields": _CHANGE | {"description"},
    "personFields": _CHANGE,
    "organizationFields": _CHANGE,
    "productFields": frozenset({"field_name", "ui_visibility"}),
}
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
        _check_keys(body, CHANGEABLE[kind] | {"field_type", "options"})
        name, field_type = _name(body.get("field_name")), body.get("field_type")
        if field_type not in CREATABLE:
            raise errors.invalid("field_type", f"The value should be one of {', '.join(CREATABLE)}")
        options = None
        if field_type in ("enum", "set"):
            options = self._new_options(body.get("options"))
        number = self._store.next_ids(1)[0]
        seed = f"{self._pipedrive.app.options.name}/{kind}/{number}"
        code = hashlib.sha1(seed.encode(), usedforsecurity=False).hexdigest()
        entry = self._put(kind, code, name, field_type, options, custom=True, order=number)
        return self._keep(kind, entry, {key: body[key] for key in body if key in CHANGEABLE[kind]})

    def change(self, kind: str, code: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Name, description and where it is seen; type and code stay, and so do Pipedrive's own fields."""
        entry = self.custom_field(kind, code)
        _check_keys(body, CHANGEABLE[kind])
        if not body:
            raise errors.invalid("body", "The value should have at least one key")
        _name(body.get("field_name", entry["field_name"]))
        return self._keep(kind, entry, body)

    def delete(self, kind: str, code: str) -> dict[str, Any]:
        entry = self.custom_field(kind, code)
        self._store.remove(kind, code)
        return entry

    def custom_field(self, kind: str, code: str) -> dict[str, Any]:
        """A field that the account made; the calls that change fields are for these (API reference: "a deal custom field")."""
        entry = self.get(kind, code)
        if not entry["is_custom_field"]:
            raise errors.no_permission("System fields cannot be changed.")
        return entry

    def _keep(self, kind: str, entry: dict[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
        for key, value in change.items():
            if key in ON_REQUEST and not isinstance(value, dict):
                raise errors.invalid(key, "The value is not a valid 'object'")
            entry[key] = {**ON_REQUEST[key], **entry.get(key, {}), **value} if key in ON_REQUEST else value
        self._store.put(kind, entry["field_code"], entry)
        return entry

    def by_number(self, kind: str, number: str) -> dict[str, Any]:
        """A field by the id that only v1 tells."""
        found = [entry for entry in self.all(kind) if v1_id(entry) == record_id(number)]
        if not found:
            raise errors.gone()
        return found[0]

    def _new_options(self, given: Any) -> list[dict[str, Any]]:
        """Labels may repeat at the vendor, which makes near-duplicates; so they may here."""
        if not isinstance(given, list) or not given or len(given) > MOST_OPTIONS:
            raise errors.invalid("options", "The value is not a valid 'array' with at least one entry")
        ids = self._store.next_ids(len(given))
        return [{"id": i, "label": _label(entry), "color": None} for i, entry in zip(ids, given, strict=True)]

    def change_options(self, kind: str, code: str, method: str, given: Any) -> list[dict[str, Any]]:
        """All or nothing; only the options touched are answered."""
        entry = self.custom_field(kind, code)
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


def _name(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 255:
        raise errors.invalid("field_name", "The value is not a valid 'string'")
    return value


def _check_keys(body: Mapping[str, Any], allowed: frozenset[str]) -> None:
    for key in body:
        if key not in allowed:
            raise errors.not_allowed(key)


def shown(entry: Mapping[str, Any], asked: str = "") -> dict[str, Any]:
    """A definition as v2 answers it; `asked`: the value of `include_fields`."""
    wanted = {name: entry.get(name, usual) for name, usual in ON_REQUEST.items() if name in asked.split(",")}
    return {name: value for name, value in entry.items() if name != "order" and name not in ON_REQUEST} | wanted


def v1_id(entry: Mapping[str, Any]) -> int:
    return int(hashlib.sha1(entry["field_code"].encode(), usedforsecurity=False).hexdigest()[:6], 16)


def shown_in_v1(entry: Mapping[str, Any], now: int) -> dict[str, Any]:
    """A definition as v1 answers it: other names, ids that are numbers."""
    stamp = v1_time(now)
    return {
        "id": v1_id(entry),
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
