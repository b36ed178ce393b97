"""How modules, fields and layouts describe themselves (OpenAPI v8 "fields", "modules", "layouts", "pipeline")."""

from typing import Any

from sdrbot_skills.lab.zohocrm.org import Field, Module, Org

_ACTIONS = {
    "add_field": True, "rename": True, "change_tab_traversal": True, "reorder": True, "delete": False, "remove_field": True,
    "change_column_count": True,
}  # fmt: skip
_UI_TYPES = {
    "text": 1,
    "textarea": 3,
    "email": 25,
    "phone": 33,
    "picklist": 2,
    "lookup": 7,
    "ownerlookup": 8,
    "boolean": 301,
}

_OF_EVERY_FIELD = {
    "associated_module": None,
    "webhook": True,
    "colour_code_enabled_by_system": False,
    "type": "used",
    "customizable_properties": None,
    "association_details": None,
    "businesscard_supported": True,
    "multi_module_lookup": {},
    "created_time": None,
    "filterable": True,
    "separator": False,
    "searchable": True,
    "history_tracking_enabled": False,
    "external": None,
    "enable_colour_code": False,
    "virtual_field": False,
    "crypt": None,
    "range": None,
    "created_source": "default",
    "display_type": -1,
    "modified_time": None,
    "public": False,
    "email_parser": {"fields_update_supported": True, "record_operations_supported": True},
    "convert_mapping": {"Contacts": None, "Deals": None, "Accounts": None},
    "rollup_summary": {},
    "display_field": False,
    "pick_list_values_sorted_lexically": False,
    "sortable": True,
    "formula": {},
    "multiselectlookup": {},
}
_OF_EVERY_LAYOUT = {
    "has_more_profiles": False,
    "created_time": None,
    "visible": True,
    "created_for": None,
    "profiles": None,
    "source": "crm",
    "name": "Standard",
    "api_name": "Standard",
    "display_label": "Standard",
    "status": "active",
    "display_type": -1,
    "mode": "all",
    "generated_type": "system",
    "modified_by": None,
    "created_by": None,
    "modified_time": None,
    "convert_mapping": None,
    "show_business_card": False,
    "actions_allowed": {
        "edit": True,
        "rename": True,
        "clone": True,
        "downgrade": False,
        "delete": False,
        "deactivate": False,
        "set_layout_permissions": True,
        "add_field": True,
        "change_tab_traversal": True,
        "reorder": True,
    },
}


class Metadata:
    def __init__(self, org: Org) -> None:
        self.org = org

    def module(self, module: Module) -> dict[str, Any]:
        return {
            "global_search_supported": True,
            "public_fields_configured": False,
            "recycle_bin_on_delete": True,
            "has_more_profiles": False,
            "sub_menu_available": True,
            "profile_count": len(self.org.profiles()),
            "deletable": True,
            "description": None,
            "creatable": True,
            "editable": True,
            "viewable": True,
            "api_supported": True,
            "lookupable": True,
            "visibility": 1,
            "convertable": module.api_name == "Leads",
            "modified_time": None,
            "presence_sub_menu": True,
            "triggers_supported": True,
            "id": str(module.id),
            "api_name": module.api_name,
            "module_name": module.module_name,
            "plural_label": module.plural,
            "actual_plural_label": module.plural,
            "singular_label": module.singular,
            "actual_singular_label": module.singular,
            "generated_type": "custom" if module.custom else "default",
            "modified_by": None,
            "profiles": [one for one in self.org.profiles() if not module.profiles or one["id"] in module.profiles],
            "status": "visible",
            "sequence_number": 1,
        }

    def field(self, field: Field) -> dict[str, Any]:
        writable = not field.ro
        told: dict[str, Any] = {
            **_OF_EVERY_FIELD,
            "id": str(field.id),
            "api_name": field.api_name,
            "field_label": field.label,
            "display_label": field.label,
            "tooltip": field.tooltip,
            "data_type": field.data_type,
            "json_type": field.json,
            "ui_type": _UI_TYPES.get(field.data_type, 1),
            "custom_field": field.custom,
            "visible": field.api_name != "id",
            "unique": field.unique,
            "system_mandatory": field.mandatory,
            "length": field.length,
            "decimal_place": field.digits or None,
            "pick_list_values": field.options,
            "auto_number": field.numbering,
            "lookup": self._lookup(field),
            "currency": {},
            "profiles": self._permissions(field, "read_write" if writable else "read_only"),
            "field_read_only": not writable,
            "read_only": not writable,
            "mass_update": writable,
            "operation_type": dict.fromkeys(("web_update", "api_create", "web_create", "api_update"), writable),
            "view_type": {"view": True, "edit": writable, "quick_create": field.mandatory, "create": writable},
        }
        if field.data_type == "currency":
            told["currency"] = {"rounding_option": "normal", "precision": field.digits}
        told |= {name: value for name, value in field.special.items() if isinstance(value, dict)}
        if field.textarea:
            told["textarea"] = {"type": field.textarea}
        return told

    def _lookup(self, field: Field) -> dict[str, Any]:
        other = self.org.module(field.to)
        if field.data_type != "lookup" or other is None:
            return {}
        return {
            "display_label": other.plural,
            "api_name": field.api_name,
            "module": {"api_name": other.api_name, "crypt": False, "id": str(other.id)},
            "id": str(field.id),
        }

    def _permissions(self, field: Field, usual: str) -> list[dict[str, Any]]:
        return [
            {"permission_type": field.permissions.get(one["id"], usual), "name": one["name"], "id": one["id"]}
            for one in self.org.profiles()
        ]

    def layout(self, module: Module) -> dict[str, Any]:
        section = {
            "isSubformSection": False,
            "parent_section": None,
            "type": "used",
            "display_label": f"{module.singular} Information",
            "mode": "all",
            "sequence_number": 1,
            "actions_allowed": _ACTIONS,
            "tab_traversal": "left_to_right",
            "api_name": f"{module.singular}_Information",
            "column_count": 2,
            "name": f"{module.singular} Information",
            "generated_type": "default",
            "id": str(module.layout + 1),
            "fields": [self._laid_out(module, field) for field in module.fields if field.api_name != "id"],
        }
        return {**_OF_EVERY_LAYOUT, "id": str(module.layout), "sections": [section]}

    def _laid_out(self, module: Module, field: Field) -> dict[str, Any]:
        """A field as a layout shows it: there it may also be required, and a stage says its probability."""
        told = {**self.field(field), "required": field.mandatory, "sequence_number": 1}
        if module.api_name == "Deals" and field.api_name == "Stage":
            told["pick_list_values"] = [self._stage_option(option) for option in field.options]
        return told

    def _stage_option(self, option: dict[str, Any]) -> dict[str, Any]:
        probability, forecast = self.org.stages().get(option["actual_value"], [0, "Open"])
        return {
            **option,
            "maps": [],
            "probability": probability,
            "forecast_type": forecast,
            "deal_category": forecast,
            "expected_data_type": "text",
        }

    def profile(self, profile: dict[str, Any]) -> dict[str, Any]:
        return {
            "api_name": profile["name"],
            "id": profile["id"],
            "created_time": None,
            "modified_time": None,
            "name": profile["name"],
            "display_label": profile["name"],
            "modified_by": None,
            "created_by": None,
            "description": None,
            "custom": False,
            "type": "normal_profile",
        }

    def pipelines(self) -> list[dict[str, Any]]:
        """The pipeline that comes with an organisation holds every stage; its name is what records keep."""
        deals = self.org.modules()["Deals"]
        every = {option["id"]: option for option in deals.names["Stage"].options}
        told = []
        for number, option in enumerate(deals.names["Pipeline"].options):
            kept = self.org.store.thing("pipeline", option["id"]) or {"stages": list(every), "default": number == 0}
            stages = [every[stage] for stage in kept["stages"] if stage in every]
            told.append(
                {
                    "display_value": option["display_value"],
                    "default": kept["default"],
                    "maps": [self._stage({**one, "sequence_number": at + 1}) for at, one in enumerate(stages)],
                    "actual_value": option["actual_value"],
                    "id": option["id"],
                }
            )
        return told

    def _stage(self, option: dict[str, Any]) -> dict[str, Any]:
        forecast = self.org.stages().get(option["actual_value"], [0, "Open"])[1]
        category = {"Open": "Pipeline", "Closed Won": "Closed"}.get(forecast, "Omitted")
        return {
            "display_value": option["display_value"],
            "sequence_number": option["sequence_number"],
            "forecast_category": {"name": category, "id": option["id"]},
            "actual_value": option["actual_value"],
            "id": option["id"],
            "forecast_type": forecast,
        }
