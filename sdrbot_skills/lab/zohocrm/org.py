"""The emulated organisation: modules with their fields, users, profiles, stages; kept as things of the store."""

from dataclasses import asdict, dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import yaml

from sdrbot_skills.lab.core.app import Options
from sdrbot_skills.lab.core.store import Store

ID_BASE = 5725767000000000000
MODULES = ("Leads", "Accounts", "Contacts", "Deals", "Tasks")
JSON_TYPES = {
    "integer": "integer", "bigint": "string", "double": "double", "currency": "double", "percent": "double", "boolean": "boolean",
    "lookup": "jsonobject", "ownerlookup": "jsonobject", "userlookup": "jsonobject", "multiselectpicklist": "jsonarray",
}  # fmt: skip
LENGTHS = {
    "text": 255,
    "email": 100,
    "phone": 30,
    "website": 450,
    "picklist": 120,
    "bigint": 18,
    "integer": 9,
    "double": 16,
    "currency": 16,
}
ZGID = "691602767"


@dataclass
class Field:
    """One field. `ro`: nobody can write it. `unique` as in the metadata: {} or {"case_sensitive": ...}. `to`: the module looked up.

    `permissions`: by profile id, where it is not what `ro` says. `numbering`: prefix, suffix and next number of an auto number.
    `special`: what computed fields and those of several records tell beside the usual.
    """

    id: int
    api_name: str
    label: str
    data_type: str
    length: int = 0
    mandatory: bool = False
    ro: bool = False
    custom: bool = False
    unique: dict[str, bool] = field(default_factory=dict)
    to: str = ""
    options: list[dict[str, Any]] = field(default_factory=list)
    digits: int = 0
    json: str = "string"
    textarea: str = ""
    tooltip: dict[str, str] | None = None
    permissions: dict[str, str] = field(default_factory=dict)
    numbering: dict[str, Any] = field(default_factory=dict)
    special: dict[str, Any] = field(default_factory=dict)

    def values(self) -> list[str]:
        return [option["actual_value"] for option in self.options if option["type"] == "used"]


@dataclass
class Module:
    """One module. `duplicate_check`: the field that upserts go by unless told otherwise. `names`: fields by API name. `profiles`: ids; empty: all."""

    id: int
    api_name: str
    singular: str
    plural: str
    module_name: str
    display: str
    duplicate_check: str
    custom: bool
    layout: int
    fields: list[Field]
    profiles: list[str] = field(default_factory=list)
    names: dict[str, Field] = field(init=False)

    def __post_init__(self) -> None:
        self.names = {one.api_name: one for one in self.fields}

    def uniques(self) -> list[Field]:
        return [one for one in self.fields if one.unique]

    def indexed(self) -> list[str]:
        """Fields whose values can be looked up without reading every record."""
        found = [one.api_name for one in self.fields if one.unique or one.data_type == "email"]
        return list(dict.fromkeys([*found, *([self.duplicate_check] if self.duplicate_check else [])]))


class Org:
    def __init__(self, store: Store, options: Options) -> None:
        self.store = store
        self.options = options
        self.zgid = ZGID if options.name == "default" else str(700000000 + sum(map(ord, options.name)))
        self.zone = "America/Los_Angeles"
        self._known: dict[str, Module] = {}
        self._version = -1

    def new_id(self) -> int:
        return ID_BASE + self.store.next_ids(1)[0]

    # --- modules ---

    def modules(self) -> dict[str, Module]:
        if self._version != self.store.version:
            self._known = {name: _module(doc) for name, doc in self.store.things("module").items()}
            self._version = self.store.version
        return self._known

    def module(self, name: str) -> Module | None:
        return self.modules().get(name)

    def save(self, module: Module) -> None:
        doc = asdict(module)
        del doc["names"]
        self.store.put("module", module.api_name, doc)

    # --- people ---

    def users(self) -> list[dict[str, Any]]:
        return [doc for _, doc in sorted(self.store.things("user").items())]

    def user(self, user_id: str) -> dict[str, Any] | None:
        return self.store.thing("user", user_id)

    def me(self) -> dict[str, Any]:
        return next(user for user in self.users() if user["admin"])

    def profiles(self) -> list[dict[str, Any]]:
        return [doc for _, doc in sorted(self.store.things("profile").items())]

    def contact_roles(self) -> list[dict[str, Any]]:
        return sorted(self.store.things("contact_role").values(), key=lambda role: int(role["sequence_number"]))

    def stages(self) -> dict[str, list[Any]]:
        """Stage -> [probability, forecast type]."""
        return standard_stages() | {name: doc["facts"] for name, doc in self.store.things("stage").items()}

    # --- the standard schema ---

    def fill(self) -> None:
        tables = _tables()
        for name in ("Administrator", "Standard"):
            profile_id = str(self.new_id())
            self.store.put("profile", profile_id, {"id": profile_id, "name": name})
        for entry in tables["_options"]["users"]:
            user_id = str(self.new_id())
            self.store.put("user", user_id, {"id": user_id, "admin": False, **entry})
        for number, role in enumerate(tables["_options"]["contact_roles"]):
            role_id = str(self.new_id())
            self.store.put("contact_role", role_id, {"id": role_id, "name": role, "sequence_number": number + 1})
        for name in MODULES:
            self.save(self._standard(name, tables))

    def _standard(self, name: str, tables: dict[str, Any]) -> Module:
        table = tables[name]
        rows = [*table["fields"], *tables["_common"]["fields"]]
        fields = [self._field(*row, options=tables["_options"]) for row in rows]
        return Module(
            self.new_id(), name, table["singular"], table["plural"], table.get("module_name", name), table["display"],
            table.get("duplicate_check", ""), False, self.new_id(), fields,
        )  # fmt: skip

    def _field(
        self, name: str, label: str, data_type: str, more: dict[str, Any] | None = None, *, options: dict[str, Any]
    ) -> Field:
        more = more or {}
        return Field(
            self.new_id(), name, label, data_type, more.get("length", LENGTHS.get(data_type, 0)), more.get("mandatory", False),
            more.get("ro", False), to=more.get("to", ""), options=self.options_of(options.get(more.get("options", ""), [])),
            digits=more.get("digits", 0), json=more.get("json", JSON_TYPES.get(data_type, "string")),
            textarea="large" if data_type == "textarea" else "",
        )  # fmt: skip

    def options_of(self, values: list[Any]) -> list[dict[str, Any]]:
        """Pick list entries, of plain values or of `{display_value, actual_value}`."""
        return [self.option(value, number + 1) for number, value in enumerate(values)]

    def option(self, value: Any, number: int) -> dict[str, Any]:
        shown, actual = (value["display_value"], value["actual_value"]) if isinstance(value, dict) else (value, value)
        return {
            "display_value": shown,
            "sequence_number": number,
            "reference_value": actual,
            "actual_value": actual,
            "id": str(self.new_id()),
            "type": "used",
        }


def standard_stages() -> dict[str, list[Any]]:
    """Stage -> [probability, forecast type], as in a new organisation."""
    return dict(_tables()["_options"]["stages"])


def _module(doc: dict[str, Any]) -> Module:
    return Module(**{**doc, "fields": [Field(**one) for one in doc["fields"]]})


@cache
def _tables() -> dict[str, Any]:
    folder = resources.files("sdrbot_skills.lab.zohocrm").joinpath("modules")
    names = ("_common", "_options", *MODULES)
    return {name: yaml.safe_load(folder.joinpath(f"{name}.yaml").read_text(encoding="utf-8")) for name in names}
