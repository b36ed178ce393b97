"""An independent judge: reads both CRMs by plain HTTP and shares no code with the product that it judges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

import httpx

API = "v60.0"
PAGE, LINKS = 100, 1000
NO_LINKS = "crm.associations.NO_ASSOCIATIONS_FOUND"


class HubSpot:
    """One HubSpot account."""

    def __init__(self, base_url: str, env: dict[str, str]) -> None:
        token = next(value for name, value in env.items() if name.startswith("HUBSPOT_ACCESS_TOKEN"))
        self._http = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=120,
            limits=httpx.Limits(max_keepalive_connections=0),
            trust_env=False,
            verify=False,
        )

    def records(self, kind: str, fields: Sequence[str]) -> dict[str, dict[str, str | None]]:
        """Every record by its id."""
        found: dict[str, dict[str, str | None]] = {}
        query: dict[str, Any] = {"limit": PAGE, "properties": ",".join(fields)}
        while True:
            page = self._get(f"/crm/v3/objects/{kind}", query)
            for record in page["results"]:
                assert record["id"] not in found, "the list named a record twice"
                found[record["id"]] = {name: record["properties"].get(name) or None for name in fields}
            if "paging" not in page:
                return found
            query["after"] = page["paging"]["next"]["after"]

    def links(self, kind: str, to: str, ids: Iterable[str]) -> dict[str, set[tuple[str, int]]]:
        """Per record what it points at, each with the number of the association's type."""
        found: dict[str, set[tuple[str, int]]] = {}
        for part in _parts(list(ids), LINKS):
            body = {"inputs": [{"id": one} for one in part]}
            answer = self._http.post(f"/crm/v4/associations/{kind}/{to}/batch/read", json=body)
            assert answer.is_success, answer.text
            told = answer.json()
            assert {error["subCategory"] for error in told.get("errors", ())} <= {NO_LINKS}
            for entry in told["results"]:
                found[str(entry["from"]["id"])] = {
                    (str(end["toObjectId"]), spelled["typeId"])
                    for end in entry["to"]
                    for spelled in end["associationTypes"]
                }
        return found

    def owners(self) -> dict[str, str]:
        """E-mail address by owner id."""
        page = self._get("/crm/v3/owners", {"limit": 100})
        return {owner["id"]: owner["email"] for owner in page["results"]}

    def create(self, kind: str, rows: Sequence[dict[str, str]]) -> list[str]:
        """Make records; their ids in the order of the rows."""
        ids = [""] * len(rows)
        inputs = [{"objectWriteTraceId": str(number), "properties": row} for number, row in enumerate(rows)]
        for part in _parts(inputs, PAGE):
            for made in self.post(f"/crm/v3/objects/{kind}/batch/create", {"inputs": part})["results"]:
                ids[int(made["objectWriteTraceId"])] = made["id"]
        return ids

    def link(self, kind: str, to: str, type_id: int, pairs: Iterable[tuple[str, str]]) -> None:
        """Associate records by one of HubSpot's own types."""
        kinds = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}]
        inputs = [{"from": {"id": a}, "to": {"id": b}, "types": kinds} for a, b in pairs]
        for part in _parts(inputs, LINKS):
            self.post(f"/crm/v4/associations/{kind}/{to}/batch/create", {"inputs": part})

    def update(self, kind: str, record: str, values: dict[str, str]) -> None:
        """Edit one record as a colleague would."""
        self._http.patch(f"/crm/v3/objects/{kind}/{record}", json={"properties": values}).raise_for_status()

    def archive(self, kind: str, ids: Sequence[str]) -> None:
        """Delete records as a colleague would."""
        body = {"inputs": [{"id": one} for one in ids]}
        self._http.post(f"/crm/v3/objects/{kind}/batch/archive", json=body).raise_for_status()

    def post(self, path: str, body: Any) -> Any:
        answer = self._http.post(path, json=body)
        assert answer.is_success, f"{path}: {answer.text}"
        told = answer.json()
        assert not told.get("numErrors"), told["errors"][:3]
        return told

    def _get(self, path: str, query: dict[str, Any]) -> Any:
        answer = self._http.get(path, params=query)
        assert answer.is_success, f"{path}: {answer.text}"
        return answer.json()


class Salesforce:
    """One Salesforce org."""

    def __init__(self, base_url: str, env: dict[str, str]) -> None:
        named = {name.partition("__")[0]: value for name, value in env.items()}
        self._http = httpx.Client(
            base_url=base_url,
            timeout=120,
            limits=httpx.Limits(max_keepalive_connections=0),
            trust_env=False,
            verify=False,
        )
        grant = {
            "grant_type": "client_credentials",
            "client_id": named["SF_CLIENT_ID"],
            "client_secret": named["SF_CLIENT_SECRET"],
        }
        token = self._http.post("/services/oauth2/token", data=grant).raise_for_status().json()["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def query(self, soql: str) -> list[dict[str, Any]]:
        """Every row of a SOQL query."""
        return list(self._rows(f"/services/data/{API}/query?q={quote(soql)}"))

    def count(self, name: str) -> int:
        """How many records an object has."""
        answer = self._http.get(f"/services/data/{API}/query", params={"q": f"SELECT COUNT() FROM {name}"})
        return int(answer.raise_for_status().json()["totalSize"])

    def create(self, name: str, rows: Sequence[dict[str, Any]]) -> list[str]:
        """Make records; their ids in the order of the rows."""
        ids: list[str] = []
        for part in _parts(list(rows), 200):
            records = [{"attributes": {"type": name}, **row} for row in part]
            told = self.request("POST", "/composite/sobjects", {"allOrNone": True, "records": records})
            ids += [made["id"] for made in told]
        return ids

    def update(self, name: str, record: str, values: dict[str, Any]) -> None:
        """Edit one record as a colleague would."""
        self.request("PATCH", f"/sobjects/{name}/{record}", values)

    def make_field(self, full_name: str, **metadata: Any) -> str:
        """Make a custom field that everybody of our profile may see; its id."""
        body = {"FullName": full_name, "Metadata": {"label": full_name.partition(".")[2], **metadata}}
        made = str(self.request("POST", "/tooling/sobjects/CustomField", body)["id"])
        profiles = self.query("SELECT Id FROM PermissionSet WHERE IsOwnedByProfile = true")
        grant = {"SobjectType": full_name.partition(".")[0], "Field": full_name, "PermissionsRead": True}
        for profile in profiles[:1]:
            allowed = {"ParentId": profile["Id"], "PermissionsEdit": True, **grant}
            self.request("POST", "/sobjects/FieldPermissions", allowed)
        return made

    def change_field(self, field: str, full_name: str, **metadata: Any) -> None:
        """Give a custom field other metadata."""
        body = {"FullName": full_name, "Metadata": {"label": full_name.partition(".")[2], **metadata}}
        self.request("PATCH", f"/tooling/sobjects/CustomField/{field}", body)

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """Any call below /services/data/vNN.0."""
        answer = self._http.request(method, f"/services/data/{API}{path}", json=body)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    def _rows(self, address: str | None) -> Iterator[dict[str, Any]]:
        while address:
            answer = self._http.get(address)
            assert answer.is_success, answer.text
            page = answer.json()
            for row in page["records"]:
                row.pop("attributes", None)
                yield row
            address = page.get("nextRecordsUrl")


def _parts(rows: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
