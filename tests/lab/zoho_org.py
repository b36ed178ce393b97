"""An outside view of the Zoho emulator: a plain HTTP client with a token, and the vendor's OpenAPI files."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from sdrbot_skills import lab
from tests.support import shared_path

API = "/crm/v8"
_TOO_NARROW = frozenset({"pattern", "maxItems", "maxLength"})


SPECIAL_FIELDS: dict[str, dict[str, Any]] = {
    "formula": {
        "field_label": "Copy",
        "data_type": "formula",
        "formula": {"expression": "${Deals.Amount}", "return_type": "currency"},
    },
    "rollup_summary": {
        "field_label": "Closed",
        "data_type": "rollup_summary",
        "rollup_summary": {
            "return_type": "integer",
            "expression": {"function": "COUNT", "function_parameters": [{"api_name": "id"}]},
            "based_on_module": {"api_name": "Contacts"},
            "related_list": {"api_name": "Contact_Roles"},
        },
    },
    "multiselectlookup": {
        "field_label": "Partners",
        "data_type": "multiselectlookup",
        "multiselectlookup": {
            "connected_details": {"module": {"api_name": "Accounts"}, "field": {"field_label": "Partner deals"}},
            "linking_details": {"module": {"plural_label": "Deals X Partners"}},
        },
    },
    "multiuserlookup": {"field_label": "Team", "data_type": "multiuserlookup"},
    "fileupload": {"field_label": "Paper", "data_type": "fileupload"},
    "imageupload": {"field_label": "Picture", "data_type": "imageupload"},
}
"""Bodies that make a field of each type whose value is no plain one, on deals."""


class ZohoOrg:
    """A client that has a token already; paths are below /crm/v8."""

    def __init__(self, emulator: lab.Emulator) -> None:
        self.lab = emulator
        self.http = httpx.Client(base_url=emulator.base_url, timeout=30, trust_env=False, verify=False)
        self.http.headers["Authorization"] = f"Zoho-oauthtoken {self.token().json()['access_token']}"

    def token(self, **other: str) -> httpx.Response:
        env = self.lab.env
        form = {
            "grant_type": "refresh_token",
            "client_id": env["ZOHO_CLIENT_ID"],
            "client_secret": env["ZOHO_CLIENT_SECRET"],
            "refresh_token": env["ZOHO_REFRESH_TOKEN"],
        }
        return self.http.post("/oauth/v2/token", data={**form, **other})

    def __call__(self, method: str, path: str, body: Any = None, **query: str) -> httpx.Response:
        return self.http.request(method, API + path, json=body, params=query or None)

    def write(self, path: str, *rows: dict[str, Any], method: str = "POST", **more: Any) -> httpx.Response:
        return self(method, path, {"data": list(rows), "trigger": [], **more})

    def make(self, module: str, **values: Any) -> str:
        answer = self.write(f"/{module}", values)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["data"][0]["details"]["id"])

    def query(self, coql: str) -> httpx.Response:
        return self("POST", "/coql", {"select_query": coql})

    def unique(self, module: str, label: str = "Source Key") -> str:
        field = {"field_label": label, "data_type": "text", "unique": {"case_sensitive": True}}
        answer = self("POST", "/settings/fields", {"fields": [field]}, module=module)
        assert answer.status_code == 201, answer.text
        return label.replace(" ", "_")


@cache
def document(name: str) -> dict[str, Any]:
    """One of the vendor's OpenAPI files; skips where they are not there."""
    loaded: dict[str, Any] = json.loads(Path(shared_path("contracts", "zoho", "oas-2026-08", name)).read_text())
    return loaded


def answer_schema(name: str, path: str, method: str, status: str) -> dict[str, Any]:
    """The schema of an answer with its references put in, without limits the documentation contradicts (see the folder's README)."""
    whole = document(name)
    response = _resolved(whole, whole["paths"][path][method]["responses"][status], ())
    schema: dict[str, Any] = response["content"]["application/json"]["schema"]
    return schema


def _resolved(whole: dict[str, Any], node: Any, seen: tuple[str, ...]) -> Any:
    if isinstance(node, list):
        return [_resolved(whole, each, seen) for each in node]
    if not isinstance(node, dict):
        return node
    if reference := node.get("$ref"):
        if reference in seen:
            return {}
        found: Any = whole
        for part in re.split("/", reference.removeprefix("#/")):
            found = found[part]
        return _resolved(whole, found, (*seen, reference))
    kept = {key: value for key, value in node.items() if key not in _TOO_NARROW}
    return {key: _resolved(whole, value, seen) for key, value in kept.items()}
