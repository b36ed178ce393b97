"""Pipedrive: v2 one record a call, lists of 500; participants and organisations' relations by v1 (API reference)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sdrbot_skills.lab.plain.account import KEY, NUMBERS, Account, Pairs, Row, filled, host, number

_OBJECTS = {"companies": "organizations", "contacts": "persons", "deals": "deals"}
_SINGULAR = {"organizations": "organization", "persons": "person", "deals": "deal"}
_FIELDS = {
    "companies": {
        "name": "name",
        "domain": "website",
        "employees": "employee_count",
        "revenue": "annual_revenue",
        "industry": "industry",
    },
    "contacts": {"full_name": "name"},
    "deals": {
        "name": "title",
        "amount": "value",
        "currency": "currency",
        "stage": "stage_id",
        "close_date": "expected_close_date",
    },
}
_ADDRESS = {
    "street": "route",
    "city": "locality",
    "region": "admin_area_level_1",
    "postal_code": "postal_code",
    "country": "country",
}
_MORE = {"companies": tuple(_ADDRESS), "contacts": ("email", "phone"), "deals": ()}
_LOOK_UPS = {"contacts.company": "org_id", "deals.company": "org_id", "deals.contacts": "person_id"}


class Pipedrive(Account):
    """One Pipedrive company. The people of a deal: its contact person, and its participants."""

    crm = "pipedrive"
    words = {kind: frozenset((*_FIELDS[kind], *_MORE[kind])) for kind in _FIELDS}  # noqa: RUF012 - see the base class
    stages = ("1", "2", "3", "won:1", "lost:1")
    won, lost = "won:1", "lost:1"
    one_by_one = True
    needs = frozenset({"last_name"})
    no_amount = "0"
    industries = ("Software", "Manufacturing", "Retail", "Construction")
    choice_fields = {"stage": "stage_id", "industry": "industry"}  # noqa: RUF012 - see the base class
    many_emails = True

    def sign_in(self, env: Mapping[str, str]) -> dict[str, str]:
        return {"x-api-token": env["PIPEDRIVE_API_TOKEN"]}

    def create(self, kind: str, rows: Sequence[Row]) -> list[str]:
        path, options = f"/api/v2/{_OBJECTS[kind]}", self._industries()
        return [str(self.call("POST", path, _spell(kind, row, options))["data"]["id"]) for row in rows]

    def change(self, kind: str, record: str, row: Mapping[str, str]) -> None:
        self.call("PATCH", f"/api/v2/{_OBJECTS[kind]}/{record}", _spell(kind, row, self._industries()))

    def read(self, kind: str) -> dict[str, Row]:
        key = self._key(kind)
        labels = {number: label for label, number in self._industries().items()} if kind == "companies" else {}
        return {str(doc["id"]): _understand(kind, doc, key, labels) for doc in self._docs(kind)}

    def link(self, name: str, pairs: Pairs) -> None:
        if name == "companies.parent":
            for one, other in pairs:
                body = {"type": "parent", "rel_owner_org_id": int(other), "rel_linked_org_id": int(one)}
                self.call("POST", "/api/v1/organizationRelationships", body)
            return
        seen: set[str] = set()
        for one, other in pairs:
            if one in seen:
                self.call("POST", f"/api/v1/deals/{one}/participants", {"person_id": int(other)})
                continue
            seen.add(one)
            path = f"/api/v2/{_OBJECTS[name.partition('.')[0]]}/{one}"
            self.call("PATCH", path, {_LOOK_UPS[name]: int(other)})

    def links(self, name: str) -> set[tuple[str, str]]:
        if name == "companies.parent":
            return {pair for doc in self._docs("companies") for pair in self._parents(str(doc["id"]))}
        kind, field = name.partition(".")[0], _LOOK_UPS[name]
        docs = list(self._docs(kind))
        found = {(str(doc["id"]), str(doc[field])) for doc in docs if doc.get(field)}
        if name == "deals.contacts":
            for doc in docs:
                told = self.call("GET", f"/api/v1/deals/{doc['id']}/participants", limit=500)
                found |= {(str(doc["id"]), str(one["person_id"]["value"])) for one in told["data"] or ()}
        return found

    def _parents(self, record: str) -> Iterator[tuple[str, str]]:
        told = self.call("GET", "/api/v1/organizationRelationships", org_id=record, limit=500)
        for one in told["data"] or ():
            if one["type"] == "parent" and str(one["rel_linked_org_id"]["value"]) == record:
                yield record, str(one["rel_owner_org_id"]["value"])

    def _industries(self) -> dict[str, int]:
        """The number of each industry by its label."""
        field = self.call("GET", "/api/v2/organizationFields/industry")["data"]
        return {one["label"]: one["id"] for one in field["options"]}

    def _key(self, kind: str) -> str | None:
        fields = self.call("GET", f"/api/v2/{_SINGULAR[_OBJECTS[kind]]}Fields", limit=500)["data"]
        return next((one["field_code"] for one in fields if one["field_name"] == "migration_source_id"), None)

    def _docs(self, kind: str) -> Iterator[dict[str, Any]]:
        query: dict[str, Any] = {"limit": 500}
        while True:
            page = self.call("GET", f"/api/v2/{_OBJECTS[kind]}", **query)
            yield from page["data"]
            query["cursor"] = page["additional_data"]["next_cursor"]
            if not query["cursor"]:
                return


def _spell(kind: str, row: Mapping[str, str], industries: Mapping[str, int]) -> dict[str, Any]:
    row = named(row)
    doc: dict[str, Any] = {}
    for word, field in _FIELDS[kind].items():
        if word in row:
            value: Any = row[word]
            if word in NUMBERS and value:
                value = float(value) if "." in value else int(value)
            doc[field] = value if value != "" else None
    if doc.get("industry"):
        doc["industry"] = industries.get(doc["industry"], doc["industry"])
    if "stage_id" in doc:
        doc |= _stage(doc.pop("stage_id"))
    if kind == "contacts" and "email" in row:
        doc["emails"] = [{"value": one, "primary": place == 0} for place, one in enumerate(row["email"].split())]
    if kind == "contacts" and "phone" in row:
        doc["phones"] = [{"value": row["phone"], "primary": True}] if row["phone"] else []
    address = {part: row[word] for word, part in _ADDRESS.items() if row.get(word)}
    if kind == "companies" and address:
        doc["address"] = {"value": ", ".join(address.values()), **address}
    return doc


def _stage(text: str) -> dict[str, Any]:
    """`won:1` is won in pipeline 1, wherever it stood."""
    status, _, pipeline = text.partition(":")
    return {"status": status, "pipeline_id": int(pipeline)} if pipeline else {"stage_id": int(text)}


def named(row: Mapping[str, str]) -> dict[str, str]:
    """With the whole name, which is the first and the last."""
    if "first_name" not in row and "last_name" not in row:
        return dict(row)
    return {**row, "full_name": " ".join(filter(None, (row.get("first_name"), row.get("last_name"))))}


def _understand(kind: str, doc: Mapping[str, Any], key: str | None, industries: Mapping[int, str]) -> Row:
    row: dict[str, Any] = {word: doc.get(field) for word, field in _FIELDS[kind].items()}
    for word in NUMBERS & row.keys():
        row[word] = None if row[word] is None else number(row[word])
    if row.get("domain"):
        row["domain"] = host(row["domain"])
    if kind == "deals" and doc["status"] != "open":
        row["stage"] = f"{doc['status']}:{doc['pipeline_id']}"
    if kind == "contacts":
        row["email"] = " ".join(one["value"] for one in doc.get("emails") or ())
        row["phone"] = next((one["value"] for one in doc.get("phones") or ()), None)
    if kind == "companies":
        row["industry"] = industries.get(row["industry"])
        row |= {word: (doc.get("address") or {}).get(part) for word, part in _ADDRESS.items()}
    return filled({**row, KEY: (doc.get("custom_fields") or {}).get(key or "")})
