"""What a Twenty workspace has made before the kit's vocabulary fits: Twenty itself has no owner of people, no phone of a company, and so on."""

from typing import Any

import httpx

from sdrbot_skills.lab import Emulator

FIELDS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("company", "phone", "TEXT", {}),
    ("company", "employees", "NUMBER", {"settings": {"decimals": 0}}),
    ("person", "score", "NUMBER", {"settings": {"decimals": 6}}),
    ("person", "vip", "BOOLEAN", {}),
    ("person", "birthday", "DATE", {}),
    ("person", "budget", "CURRENCY", {}),
    ("opportunity", "signed", "BOOLEAN", {}),
    ("opportunity", "due", "DATE", {}),
)
RELATIONS = (
    ("company", "parentCompany", "company", "Subsidiaries"),
    ("person", "owner", "workspaceMember", "Owned people"),
)


def prepare(lab: Emulator) -> None:
    """Make fields and relations by the metadata API."""
    headers = {"Authorization": f"Bearer {lab.env['TWENTY_API_KEY']}"}
    with httpx.Client(base_url=lab.base_url, headers=headers, trust_env=False, verify=False) as http:
        objects = http.get("/rest/metadata/objects").raise_for_status().json()["data"]
        ids = {one["nameSingular"]: one["id"] for one in objects}
        for owner, name, kind, more in FIELDS:
            _make(http, {"objectMetadataId": ids[owner], "name": name, "label": name, "type": kind, **more})
        for owner, name, target, label in RELATIONS:
            end = {"type": "MANY_TO_ONE", "targetObjectMetadataId": ids[target]}
            end |= {"targetFieldLabel": label, "targetFieldIcon": "IconUsers"}
            field = {"objectMetadataId": ids[owner], "name": name, "label": name, "type": "RELATION"}
            _make(http, {**field, "relationCreationPayload": end})


def _make(http: httpx.Client, field: dict[str, Any]) -> None:
    http.post("/rest/metadata/fields", json=field).raise_for_status()
