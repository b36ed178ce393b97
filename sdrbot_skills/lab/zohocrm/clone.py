"""Another organisation's schema in place of the standard one, from the answers it gave: modules, fields with pick lists, stages, pipelines.

Ids are taken over, since pick lists, layouts and pipelines name each other by them. Profiles and permissions stay this organisation's own.
"""

from typing import Any

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.zohocrm.org import MODULES, Field, Module, Org
from sdrbot_skills.lab.zohocrm.specialfields import COMPUTED, SEVERAL

Answers = dict[str, Any]
MOST_OWN_MODULES = 50
_COMMON = ("id", "Owner", "Created_By", "Modified_By", "Created_Time", "Modified_Time")


def wanted(answers: Answers, version: str) -> list[str]:
    """The addresses whose answers are needed, as far as is known from those that are there."""
    base = f"/crm/{version}/settings"
    paths = [f"{base}/modules", f"{base}/layouts?module=Deals"]
    own = [entry["api_name"] for entry in _told(answers, "modules") if entry["generated_type"] == "custom"]
    if f"{base}/modules" in answers:
        known = {entry["api_name"] for entry in _told(answers, "modules")}
        names = [name for name in MODULES if name in known] + own[:MOST_OWN_MODULES]
        paths += [f"{base}/fields?module={name}" for name in names]
    return paths + [f"{base}/pipeline?layout_id={layout['id']}" for layout in _told(answers, "layouts")[:1]]


class Clone:
    """POST /__lab__/schema {"answers": {...}}"""

    def __init__(self, org: Org) -> None:
        self.org, self.store = org, org.store

    def take(self, request: Request) -> Response:
        answers: Answers = request.json()["answers"]
        counts = {}
        for entry in _told(answers, "modules"):
            fields = _told(answers, "fields", f"?module={entry['api_name']}")
            if fields:
                self._module(entry, fields, _told(answers, "layouts"))
                counts[entry["api_name"]] = len(fields)
        self._stages(_told(answers, "layouts"))
        self._pipelines(_told(answers, "pipeline"))
        return reply(200, {"fields": counts, "left_out": sorted(path for path, doc in answers.items() if doc is None)})

    def _module(self, entry: dict[str, Any], told: list[dict[str, Any]], layouts: list[dict[str, Any]]) -> None:
        """What every record has stays where the other organisation did not show it."""
        name = entry["api_name"]
        standard = self.org.module(name)
        fields = [_field(one) for one in told]
        names = {one.api_name for one in fields}
        shared = standard or self.org.modules()["Accounts"]
        fields += [one for one in shared.fields if one.api_name in _COMMON and one.api_name not in names]
        layout = (
            int(layouts[0]["id"]) if layouts and name == "Deals" else standard.layout if standard else self.org.new_id()
        )
        display = standard.display if standard else "Name"
        self.org.save(Module(
            int(entry["id"]), name, entry["singular_label"], entry["plural_label"], entry["module_name"], display,
            standard.duplicate_check if standard else display, standard is None, layout, fields,
        ))  # fmt: skip

    def _stages(self, layouts: list[dict[str, Any]]) -> None:
        """A stage's probability and what it counts as are told by the layout alone."""
        shown = [one for layout in layouts for section in layout["sections"] for one in section["fields"]]
        for option in (option for one in shown if one["api_name"] == "Stage" for option in one["pick_list_values"]):
            if option.get("probability") is not None:
                facts = {"facts": [option["probability"], option["forecast_type"]]}
                self.store.put("stage", option["actual_value"], facts)

    def _pipelines(self, told: list[dict[str, Any]]) -> None:
        """Kept by the ids of the pick lists' entries, which need not be those that a pipeline and its stages are told by."""
        names = self.org.modules()["Deals"].names
        if not told or "Pipeline" not in names or "Stage" not in names:
            return
        lines, stages = (
            {one["actual_value"]: one["id"] for one in names[name].options} for name in ("Pipeline", "Stage")
        )
        for line in told:
            if line["actual_value"] in lines:
                kept = [stages[one["actual_value"]] for one in line["maps"] if one["actual_value"] in stages]
                doc = {"stages": kept, "default": bool(line.get("default"))}
                self.store.put("pipeline", lines[line["actual_value"]], doc)


def _field(told: dict[str, Any]) -> Field:
    lookup = (told.get("lookup") or {}).get("module") or {}
    return Field(
        int(told["id"]), told["api_name"], told["field_label"], told["data_type"], told.get("length") or 0,
        bool(told.get("system_mandatory")), bool(told.get("read_only")), bool(told.get("custom_field")), told.get("unique") or {},
        lookup.get("api_name") or "", [_option(one) for one in told.get("pick_list_values") or ()],
        told.get("decimal_place") or 0, told.get("json_type") or "string", (told.get("textarea") or {}).get("type") or "",
        told.get("tooltip"), numbering=told.get("auto_number") or {},
        special={name: told[name] for name in (*COMPUTED, *SEVERAL) if told.get(name)},
    )  # fmt: skip


def _option(told: dict[str, Any]) -> dict[str, Any]:
    return {"type": "used", "reference_value": told["actual_value"], **told}


def _told(answers: Answers, what: str, ending: str = "") -> list[dict[str, Any]]:
    """The entries of the answers at `/settings/<what>`."""
    found = [doc for path, doc in answers.items() if f"/settings/{what}" in path and path.endswith(ending) and doc]
    return [entry for doc in found for entry in doc.get(what) or ()]
