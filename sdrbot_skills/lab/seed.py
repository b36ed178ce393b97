"""Puts the demo company into an emulator, through the vendor's own HTTP interface as any integration would."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from sdrbot_skills.lab.demo import Demo, make

BATCH, LINKS = 100, 2000
FIELDS = {
    "companies": {
        "name": "customer_tier",
        "label": "Customer tier",
        "type": "enumeration",
        "fieldType": "select",
        "groupName": "companyinformation",
        "options": [{"label": f"Tier {tier}", "value": tier} for tier in "ABC"],
    },
    "deals": {
        "name": "renewal_date",
        "label": "Renewal date",
        "type": "date",
        "fieldType": "date",
        "groupName": "dealinformation",
    },
}


def seed_hubspot(base_url: str, env: dict[str, str], seed: int = 1) -> Demo:
    """Companies, contacts, deals, their links and opt-outs. Raises httpx.HTTPStatusError where something is refused."""
    token = next(value for name, value in env.items() if name.startswith("HUBSPOT_ACCESS_TOKEN"))
    demo = make(seed)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with httpx.Client(base_url=base_url, headers=headers, timeout=60, trust_env=False, verify=False) as http:
        for kind, definition in FIELDS.items():
            _post(http, f"/crm/v3/properties/{kind}", definition)
        ids = {kind: _create(http, kind, getattr(demo, kind)) for kind in ("companies", "contacts", "deals")}
        for source, target, type_id, pairs in (
            ("contacts", "companies", 1, demo.contact_companies),
            ("deals", "companies", 5, demo.deal_companies),
            ("deals", "contacts", 3, demo.deal_contacts),
        ):
            _link(http, source, target, type_id, [(ids[source][a], ids[target][b]) for a, b in pairs])
        for position in demo.opted_out:
            if address := demo.contacts[position].get("email"):
                path = f"/communication-preferences/v4/statuses/{quote(address, safe='')}/unsubscribe-all"
                _post(http, f"{path}?channel=EMAIL", {})
    return demo


def _create(http: httpx.Client, kind: str, rows: Sequence[dict[str, str]]) -> list[str]:
    """Ids in the order of the rows: answers come in any order, the trace id tells which is which."""
    ids = [""] * len(rows)
    numbered = [{"objectWriteTraceId": str(number), "properties": row} for number, row in enumerate(rows)]
    for part in _parts(numbered, BATCH):
        for made in _post(http, f"/crm/v3/objects/{kind}/batch/create", {"inputs": part})["results"]:
            ids[int(made["objectWriteTraceId"])] = made["id"]
    return ids


def _link(http: httpx.Client, source: str, target: str, type_id: int, pairs: Iterable[tuple[str, str]]) -> None:
    spec = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}]
    inputs = [{"from": {"id": a}, "to": {"id": b}, "types": spec} for a, b in pairs]
    for part in _parts(inputs, LINKS):
        _post(http, f"/crm/v4/associations/{source}/{target}/batch/create", {"inputs": part})


def _parts(rows: list[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _post(http: httpx.Client, path: str, body: Any) -> Any:
    answer = http.post(path, content=orjson.dumps(body))
    answer.raise_for_status()
    told = orjson.loads(answer.content)
    if told.get("numErrors"):
        raise RuntimeError(f"{path} refused {told['numErrors']} rows of the demo: {told['errors'][0]['message']}")
    return told
