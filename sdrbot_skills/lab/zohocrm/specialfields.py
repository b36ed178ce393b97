"""Fields whose value is no plain one: computed (formula, roll-up summary), files, and several records or users (OpenAPI v8 "fields").

A formula is worked out where its expression is one field, `${Deals.Amount}`; every other expression, and every roll-up, shows nothing.
Several records and several users come with single records only; a record that names a file is refused: how it names one is not told
for v8. Files themselves can be uploaded (`files.py`).
"""

import re
from collections.abc import Callable
from typing import Any

from sdrbot_skills.lab.core.store import Doc
from sdrbot_skills.lab.zohocrm.errors import RowError, element
from sdrbot_skills.lab.zohocrm.org import Field, Module, Org

COMPUTED = frozenset({"formula", "rollup_summary"})
FILES = frozenset({"fileupload", "imageupload"})
SEVERAL = frozenset({"multiselectlookup", "multiuserlookup"})
CREATABLE = COMPUTED | FILES | SEVERAL

_JSON_TYPES = {"text": "string", "date": "string", "datetime": "string", "boolean": "boolean", "integer": "integer"}
_NEEDED: dict[str, dict[str, tuple[str, ...]]] = {
    "formula": {"formula": ("expression", "return_type")},
    "rollup_summary": {"rollup_summary": ("return_type", "expression", "based_on_module", "related_list")},
    "multiselectlookup": {"multiselectlookup": ("connected_details", "linking_details")},
}
_RETURNS = {
    "formula": ("double", "currency", "text", "date", "datetime", "boolean"),
    "rollup_summary": ("currency", "double", "integer"),
}
_ONE_FIELD = re.compile(r"\$\{(?:\w+\.)?(\w+)\}")


def details(org: Org, module: Module, given: dict[str, Any], data_type: str, where: str) -> dict[str, Any]:
    """What the metadata of such a field tells beside the usual; raises the vendor's refusal where the body lacks something."""
    for name, parts in _NEEDED.get(data_type, {}).items():
        told = given.get(name)
        if not isinstance(told, dict):
            raise element("fields", "MANDATORY_NOT_FOUND", {"api_name": name, "json_path": f"{where}.{name}"})
        for part in parts:
            if not told.get(part):
                path = f"{where}.{name}.{part}"
                raise element("fields", "MANDATORY_NOT_FOUND", {"api_name": part, "json_path": path})
        if told.get("return_type", (allowed := _RETURNS.get(data_type, ("",)))[0]) not in allowed:
            path = f"{where}.{name}.return_type"
            wrong = {"api_name": "return_type", "json_path": path, "supported_values": list(allowed)}
            raise element("fields", "INVALID_DATA", wrong)
    return _TELLS[data_type](org, module, given, where) if data_type in _TELLS else {}


def json_type(data_type: str, told: dict[str, Any]) -> str:
    """The JSON type that the metadata names."""
    if data_type in COMPUTED:
        return _JSON_TYPES.get(told[data_type]["return_type"], "double")
    return "jsonarray"


def take(org: Org, field: Field, given: Any, where: str) -> list[str]:
    """The ids of several records or users, `[{"<any name>": {"id": ...}}]`; a file is refused."""
    wrong = RowError(
        "INVALID_DATA", {"expected_data_type": "jsonarray", "api_name": field.api_name, "json_path": where}
    )
    if field.data_type in FILES or not isinstance(given, list):
        raise wrong
    found = []
    for entry in given:
        held = next((one for one in entry.values() if isinstance(one, dict)), None) if isinstance(entry, dict) else None
        text = str((held or {}).get("id", ""))
        users = field.data_type == "multiuserlookup"
        there = org.user(text) if users else text.isdigit() and org.store.alive(field.to, [int(text)])
        if not there:
            raise wrong
        found.append(text)
    return list(dict.fromkeys(found))


def shown(field: Field, doc: Doc, name_of: Callable[[str], str]) -> Any:
    """The value as a record shows it."""
    if field.data_type == "formula":
        one = _ONE_FIELD.fullmatch(str(field.special.get("expression", "")).strip())
        return doc.get(one[1]) if one else None
    if field.data_type in SEVERAL:
        ids = doc.get(field.api_name) or []
        return [
            {"id": f"{field.id}{place}", field.api_name: {"name": name_of(one), "id": one}}
            for place, one in enumerate(ids)
        ]
    return None


def _formula(org: Org, module: Module, given: dict[str, Any], where: str) -> dict[str, Any]:
    told = {"return_type": given["formula"]["return_type"], "assume_default": False}
    return {"formula": told, "expression": given["formula"]["expression"]}


def _rollup(org: Org, module: Module, given: dict[str, Any], where: str) -> dict[str, Any]:
    asked = given["rollup_summary"]
    based = org.module(str(asked["based_on_module"].get("api_name")))
    if based is None:
        path = f"{where}.rollup_summary.based_on_module.api_name"
        raise element("fields", "INVALID_DATA", {"api_name": "api_name", "json_path": path})
    related = {"api_name": str(asked["related_list"].get("api_name")), "id": str(based.id + 1)}
    told = {
        "return_type": asked["return_type"],
        "expression": {"function_parameters": [], "criteria": None, **asked["expression"]},
        "based_on_module": {"api_name": based.api_name, "id": str(based.id)},
        "related_list": related,
    }
    return {"rollup_summary": told}


def _several(org: Org, module: Module, given: dict[str, Any], where: str) -> dict[str, Any]:
    asked = given["multiselectlookup"]
    other = org.module(str((asked["connected_details"].get("module") or {}).get("api_name")))
    if other is None:
        path = f"{where}.multiselectlookup.connected_details.module.api_name"
        raise element("fields", "INVALID_DATA", {"api_name": "api_name", "json_path": path})
    label = str((asked["connected_details"].get("field") or {}).get("field_label") or module.plural)
    linking = str(
        (asked["linking_details"].get("module") or {}).get("plural_label") or f"{module.plural} X {other.plural}"
    )
    told = {
        "linking_details": _linking(org, linking, module.singular, other.singular, visibility=1),
        "connected_details": {
            "field": _named(org, label),
            "module": {"plural_label": other.plural, "api_name": other.api_name, "id": str(other.id)},
            "layouts": [{"api_name": "Standard", "id": str(other.layout)}],
        },
        "related_list": {"display_label": linking, **_bare(org, linking)},
    }
    return {"multiselectlookup": told, "to": other.api_name}


def _several_users(org: Org, module: Module, given: dict[str, Any], where: str) -> dict[str, Any]:
    label = str(given["field_label"])
    told = {
        "linking_details": _linking(org, f"{module.plural} X Users", module.singular, label),
        "record_access": False,
    }
    return {"multiuserlookup": told, "to": "users"}


def _linking(org: Org, plural: str, own: str, other: str, **more: Any) -> dict[str, Any]:
    return {
        "module": {"plural_label": plural, **_bare(org, plural), **more},
        "lookup_field": _named(org, own),
        "connected_lookup_field": _named(org, other),
    }


def _named(org: Org, label: str) -> dict[str, str]:
    return {"field_label": label, **_bare(org, label)}


def _bare(org: Org, label: str) -> dict[str, str]:
    return {"api_name": re.sub(r"[^A-Za-z0-9]+", "_", label).strip("_"), "id": str(org.new_id())}


_TELLS: dict[str, Callable[[Org, Module, dict[str, Any], str], dict[str, Any]]] = {
    "formula": _formula,
    "rollup_summary": _rollup,
    "multiselectlookup": _several,
    "multiuserlookup": _several_users,
}
