"""What API v2, which Zoho's SDK of 2021 speaks, answers otherwise than v8 (vendor docs v2 "Get Records", "Fields Meta Data")."""

from typing import Any

from sdrbot_skills.lab.core.http import Request
from sdrbot_skills.lab.zohocrm.org import Module

INFO = ("per_page", "count", "page", "more_records")
LATER = frozenset(
    {
        "operation_type", "colour_code_enabled_by_system", "multi_module_lookup", "filterable", "separator", "searchable", "enable_colour_code",
        "virtual_field", "range", "display_type", "ui_type", "public", "email_parser", "convert_mapping", "rollup_summary", "sortable",
        "display_field", "pick_list_values_sorted_lexically", "external", "profiles",
    }
)  # fmt: skip


def asked(request: Request) -> bool:
    """Whether a request names this version in its path."""
    return request.params.get("version") == "v2"


def asked_fields(module: Module, request: Request) -> list[str]:
    """Every field where a v2 list names none; empty where the usual rule holds."""
    return list(module.names) if asked(request) and not request.first("fields") else []


def info(told: dict[str, Any]) -> dict[str, Any]:
    """Pages have numbers and no tokens, and no wall at the two-thousandth record."""
    return {name: told[name] for name in INFO}


def field(told: dict[str, Any]) -> dict[str, Any]:
    """A field's metadata; a lookup names its module by a text."""
    kept = {name: value for name, value in told.items() if name not in LATER}
    lookup = kept["lookup"]
    if lookup:
        kept["lookup"] = {**lookup, "module": lookup["module"]["api_name"]}
    return kept
