"""What a Zoho organisation says about itself: modules, fields, pipelines, users (API v8 "Modules", "Fields", "Layouts", "Pipelines", "Users")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdrbot_skills.crm.standard import standard_fields, standard_objects
from sdrbot_skills.crm.zohocrm.client import ZohoClient
from sdrbot_skills.crm.zohocrm.codec import NONE, PERCENT
from sdrbot_skills.crm.zohocrm.failures import RequestFailed
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.schema import Field, ObjectSchema, ObjectSummary, Option, Pipeline, Stage, User
from sdrbot_skills.model.values import Kind

KINDS: Mapping[str, Kind] = {
    "text": Kind.TEXT,
    "textarea": Kind.LONG_TEXT,
    "email": Kind.EMAILS,
    "phone": Kind.PHONES,
    "website": Kind.URLS,
    "picklist": Kind.CHOICE,
    "multiselectpicklist": Kind.CHOICES,
    "integer": Kind.INTEGER,
    "bigint": Kind.INTEGER,
    "double": Kind.DECIMAL,
    "percent": Kind.DECIMAL,
    "currency": Kind.MONEY,
    "boolean": Kind.BOOLEAN,
    "date": Kind.DATE,
    "datetime": Kind.INSTANT,
    "lookup": Kind.REFERENCE,
    "ownerlookup": Kind.USER,
    "userlookup": Kind.USER,
    "autonumber": Kind.TEXT,
}
"""What is not here is read-only text, or left out (`LEFT_OUT`)."""

COMPUTED: Mapping[str, Kind] = {
    "text": Kind.TEXT,
    "integer": Kind.INTEGER,
    "double": Kind.DECIMAL,
    "currency": Kind.DECIMAL,
    "boolean": Kind.BOOLEAN,
    "date": Kind.DATE,
    "datetime": Kind.INSTANT,
}
"""Formulas and roll-up summaries by what they return: to be read, never to be written."""

LEFT_OUT = frozenset(
    {"subform", "multiselectlookup", "multiuserlookup", "consent_lookup", "event_reminder", "layout", "module"}
)
"""These come with single records only: the preflight names them."""

FILES = frozenset({"fileupload", "imageupload", "profileimage"})
CONSENT = frozenset({"Email_Opt_Out"})
LIST_KINDS = frozenset({Kind.EMAILS, Kind.PHONES, Kind.URLS})
TEXTS = frozenset({"text", "textarea", "email", "phone", "website"})
CARRIED_MODULES = frozenset({"default", "custom"})
CURRENCY = "Currency"
RICH_TEXT = "rich_text"
PROBABILITY = "deal.probability"
NO_MODULE = "Zoho CRM has no module {name!r} that this credential can see (names are case-sensitive)."
TABS = {"Deals": "Potentials"}
"""Pages of a module whose address has the module's old name."""


class Schema:
    """Definitions. The data path reads each module once (`known`); `describe` always reads it anew."""

    def __init__(self, client: ZohoClient) -> None:
        self._client = client
        self._known: dict[str, ObjectSchema] = {}
        self._modules: dict[str, dict[str, Any]] = {}

    def objects(self) -> list[ObjectSummary]:
        """The modules this credential sees through the API."""
        standard = standard_objects("zohocrm")
        return [
            ObjectSummary(
                name=entry["api_name"],
                label=entry["plural_label"],
                standard=standard.get(entry["api_name"]),
                custom=entry["generated_type"] == "custom",
                creatable=bool(entry.get("creatable")),
            )
            for entry in raw_modules(self._client).values()
            if entry.get("api_supported") and entry.get("viewable") and entry.get("generated_type") in CARRIED_MODULES
        ]

    def describe(self, object_name: str) -> ObjectSchema:
        """All fields of one module this credential sees."""
        module = self._module(object_name)
        entries = raw_fields(self._client, object_name)
        names = {entry["api_name"] for entry in entries}
        standard = standard_fields("zohocrm").get(object_name, {})
        fields = [to_field(entry, standard.get(entry["api_name"]), names) for entry in entries if _carried(entry)]
        described = ObjectSchema(
            crm="zohocrm",
            name=object_name,
            label=module["singular_label"],
            plural=module["plural_label"],
            standard=standard_objects("zohocrm").get(object_name),
            fields=tuple(fields),
            created_field="Created_Time" if "Created_Time" in names else None,
            modified_field="Modified_Time" if "Modified_Time" in names else None,
            owner_field="Owner" if "Owner" in names else None,
            name_field=next((one for one in ("Full_Name", "Account_Name", "Deal_Name", "Name") if one in names), None),
            custom=module.get("generated_type") == "custom",
        )
        self._known[object_name] = described
        return described

    def _module(self, name: str) -> dict[str, Any]:
        """One list of all modules serves one description of each: whoever describes a module again is told how it is now."""
        if name not in self._modules:
            self._modules = raw_modules(self._client)
        module = self._modules.pop(name, None)
        if module is None:
            raise ConfigurationError(NO_MODULE.format(name=name))
        return module

    def known(self, object_name: str) -> ObjectSchema:
        """The module as it was last described."""
        return self._known.get(object_name) or self.describe(object_name)

    def forget(self, object_name: str) -> None:
        """Let the data path read this module anew."""
        self._known.pop(object_name, None)

    def pipelines(self, object_name: str) -> list[Pipeline]:
        """The pipelines of all layouts of deals; a record names its pipeline by value. One of all stages where pipelines are not switched on."""
        if object_name != "Deals":
            return []
        layouts = self._client.get("settings/layouts", {"module": "Deals"}).get("layouts") or []
        probabilities = _probabilities(layouts)
        found: dict[str, Pipeline] = {}
        for layout in layouts:
            for entry in self._of_layout(str(layout["id"])):
                found.setdefault(entry["actual_value"], _to_pipeline(entry, probabilities, first=not found))
        return list(found.values()) or [self._only_pipeline(probabilities)]

    def _of_layout(self, layout_id: str) -> list[dict[str, Any]]:
        try:
            return list(self._client.get("settings/pipeline", {"layout_id": layout_id}).get("pipeline") or [])
        except RequestFailed:  # an edition without pipelines
            return []

    def _only_pipeline(self, probabilities: Mapping[str, float]) -> Pipeline:
        options = [
            option
            for entry in raw_fields(self._client, "Deals")
            if entry["api_name"] == "Stage"
            for option in _options(entry)
        ]
        stages = [
            Stage(id=option.value, label=option.label, position=position, probability=probabilities.get(option.value))
            for position, option in enumerate(options)
        ]
        return Pipeline(id="stages", label="Stages", stages=tuple(stages), default=True)

    def users(self) -> list[User]:
        """All users, deactivated ones included."""
        return [
            User(id=entry["id"], email=entry.get("email"), name=_name(entry), active=entry.get("status") == "active")
            for entry in self._client.users("AllUsers")
        ]

    def deep_link(self, object_name: str, record_id: str) -> str:
        """The record's page; the organisation and its host are facts of the connection."""
        facts = self._client.connection.facts
        return f"{facts['web_url']}/crm/org{facts['zgid']}/tab/{TABS.get(object_name, object_name)}/{record_id}"


def raw_modules(client: ZohoClient) -> dict[str, dict[str, Any]]:
    """All modules this credential sees, by their names."""
    return {entry["api_name"]: entry for entry in client.get("settings/modules").get("modules") or ()}


def raw_module(client: ZohoClient, name: str) -> dict[str, Any]:
    """The vendor's own answer. Raises `ConfigurationError` naming the module if there is none."""
    if not name.replace("_", "").isalnum():
        raise ConfigurationError(f"{name!r} is not the API name of a Zoho module.")
    try:
        found = client.get(f"settings/modules/{name}").get("modules") or []
    except RequestFailed as error:
        if error.status not in (400, 404):
            raise
        found = []
    if not found:
        raise ConfigurationError(NO_MODULE.format(name=name))
    return dict(found[0])


def raw_fields(client: ZohoClient, name: str) -> list[dict[str, Any]]:
    """The fields of a module as Zoho describes them to this user."""
    return list(client.get("settings/fields", {"module": name}).get("fields") or [])


def to_field(entry: Mapping[str, Any], standard: str | None, names: set[str]) -> Field:
    """One field's metadata as a field. Whether it can be written stands in `operation_type`, not in `read_only`."""
    vendor_type = _vendor_type(entry, standard)
    kind = _kind(entry, standard)
    rights = entry.get("operation_type") or {}
    known = entry["data_type"] in KINDS and entry["data_type"] != "autonumber"
    unique = bool(entry.get("unique"))
    return Field(
        name=entry["api_name"],
        label=entry.get("field_label") or entry["api_name"],
        kind=kind,
        vendor_type=vendor_type,
        required=bool(entry.get("system_mandatory")),
        unique=unique,
        ignores_case=unique and not entry["unique"].get("case_sensitive"),
        creatable=known and bool(rights.get("api_create")),
        updatable=known and bool(rights.get("api_update")),
        custom=bool(entry.get("custom_field")),
        upsert_key=unique,
        options=_options(entry),
        # Whether Zoho refuses a value that its list lacks, or takes it as text, depends on settings nobody can read.
        restricted=kind in (Kind.CHOICE, Kind.CHOICES),
        capacity=1 if kind in LIST_KINDS else None,
        max_length=entry.get("length") or None if entry["data_type"] in TEXTS else None,
        keeps_blanks=False,
        keeps_line_ends=False,
        precision={"integer": 9, "bigint": 18}.get(vendor_type),
        scale=_scale(entry, vendor_type),
        references=_references(entry, kind),
        currency_field=CURRENCY if kind is Kind.MONEY and CURRENCY in names else None,
        description=(entry.get("tooltip") or {}).get("value") or "",
        standard=standard,
        sensitive=bool(entry.get("private")),
    )


def _carried(entry: Mapping[str, Any]) -> bool:
    tags = entry["data_type"] == "text" and entry.get("json_type") == "jsonarray"
    return entry["data_type"] not in LEFT_OUT and not tags


def _kind(entry: Mapping[str, Any], standard: str | None) -> Kind:
    data_type = entry["data_type"]
    if entry["api_name"] in CONSENT:
        return Kind.CONSENT
    if standard == PROBABILITY:
        return Kind.DECIMAL
    if data_type in FILES:
        return Kind.FILE
    if data_type in ("formula", "rollup_summary"):
        return COMPUTED.get((entry.get(data_type) or {}).get("return_type", ""), Kind.TEXT)
    return KINDS.get(data_type, Kind.TEXT)


def _vendor_type(entry: Mapping[str, Any], standard: str | None) -> str:
    """Zoho's data type; rich text has one of its own here, and a deal's probability is a percentage whatever it is called."""
    if standard == PROBABILITY:
        return PERCENT
    rich = (entry.get("textarea") or {}).get("type") == RICH_TEXT
    return RICH_TEXT if rich else str(entry["data_type"])


def _scale(entry: Mapping[str, Any], vendor_type: str) -> int | None:
    """Decimals of the canonical value: a percentage is a fraction of one there, so it has two more."""
    places = 0 if entry["data_type"] == "integer" else entry.get("decimal_place")
    if places is None:
        return None
    return int(places) + 2 if vendor_type == PERCENT else int(places)


def _references(entry: Mapping[str, Any], kind: Kind) -> tuple[str, ...]:
    if kind is Kind.USER:
        return ("users",)
    module = (entry.get("lookup") or {}).get("module")
    name = module.get("api_name") if isinstance(module, Mapping) else module
    return (str(name),) if kind is Kind.REFERENCE and name else ()


def _options(entry: Mapping[str, Any]) -> tuple[Option, ...]:
    return tuple(
        Option(
            value=option["actual_value"],
            label=option.get("display_value") or option["actual_value"],
            active=option.get("type", "used") == "used",
        )
        for option in entry.get("pick_list_values") or ()
        if option["actual_value"] != NONE
    )


def _probabilities(layouts: list[dict[str, Any]]) -> dict[str, float]:
    """Stage -> probability; only layouts tell, and not all of them."""
    fields = [field for layout in layouts for section in layout.get("sections") or () for field in section["fields"]]
    return {
        option["actual_value"]: option["probability"] / 100
        for field in fields
        if field["api_name"] == "Stage"
        for option in field.get("pick_list_values") or ()
        if option.get("probability") is not None
    }


def _to_pipeline(entry: Mapping[str, Any], probabilities: Mapping[str, float], *, first: bool) -> Pipeline:
    stages = sorted(entry["maps"], key=lambda stage: stage.get("sequence_number") or 0)
    return Pipeline(
        id=entry["actual_value"],
        label=entry["display_value"],
        stages=tuple(_to_stage(stage, position, probabilities) for position, stage in enumerate(stages)),
        default=bool(entry.get("default", first)),
    )


def _to_stage(entry: Mapping[str, Any], position: int, probabilities: Mapping[str, float]) -> Stage:
    outcome = str(entry.get("forecast_type") or "").casefold()
    return Stage(
        id=entry["actual_value"],
        label=entry["display_value"],
        position=position,
        probability=probabilities.get(entry["actual_value"]),
        closed=outcome.startswith("closed"),
        won=outcome == "closed won" if outcome.startswith("closed") else None,
    )


def _name(entry: Mapping[str, Any]) -> str:
    parts = (entry.get("first_name"), entry.get("last_name"))
    return str(entry.get("full_name") or " ".join(part for part in parts if part) or entry["id"])
