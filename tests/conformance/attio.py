"""What an Attio workspace has made before the kit's vocabulary fits: Attio itself has no owner of people, no phone of a company, and so on."""

from typing import Any

import httpx

from sdrbot_skills.lab import Emulator
from sdrbot_skills.lab.attio.ids import uid

OWNER = uid("member", 1)

MADE: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("people", "owner", "actor-reference", {}),
    ("people", "email_opt_out", "checkbox", {}),
    ("companies", "phone", "text", {}),
    ("companies", "employees", "number", {}),
    ("companies", "parent_company", "record-reference", {"record_reference": {"allowed_objects": ["companies"]}}),
    ("deals", "close_date", "date", {}),
    ("deals", "description", "text", {}),
)


def prepare(lab: Emulator) -> None:
    """Make the attributes; what follows of e-mail domains by itself is switched off, so that records can be counted."""
    lab.control("settings", make_companies=False)
    headers = {"Authorization": f"Bearer {lab.env['ATTIO_API_KEY']}"}
    flags = {"description": None, "is_required": False, "is_unique": False, "is_multiselect": False}
    with httpx.Client(base_url=lab.base_url, headers=headers, trust_env=False, verify=False) as http:
        for on, slug, kind, config in MADE:
            data = {"title": slug.replace("_", " "), "api_slug": slug, "type": kind, "config": config, **flags}
            http.post(f"/v2/objects/{on}/attributes", json={"data": data}).raise_for_status()
