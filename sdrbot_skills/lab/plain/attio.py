"""Attio: one record a call, queries of 500, every value a list (REST reference)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sdrbot_skills.lab.plain.account import KEY, Account, Pairs, Row, filled, number

_OBJECTS = {"companies": "companies", "contacts": "people", "deals": "deals"}
_FIELDS = {
    "companies": {"name": "name", "domain": "domains", "description": "description"},
    "contacts": {
        "email": "email_addresses",
        "phone": "phone_numbers",
        "job_title": "job_title",
        "description": "description",
    },
    "deals": {"name": "name", "amount": "value", "stage": "stage"},
}
_PLACE = {
    "street": "line_1",
    "city": "locality",
    "region": "region",
    "postal_code": "postcode",
    "country": "country_code",
}
_EMPTY = dict.fromkeys((*(f"line_{n}" for n in (1, 2, 3, 4)), "locality", "region", "postcode", "country_code", "latitude", "longitude"))  # fmt: skip
_MORE = {"companies": tuple(_PLACE), "contacts": ("first_name", "last_name", *_PLACE), "deals": ()}
_LINKS = {
    "contacts.company": ("company", "companies"),
    "deals.company": ("associated_company", "companies"),
    "deals.contacts": ("associated_people", "people"),
}
_NAMED = "CH Switzerland, PT Portugal, JP Japan, DE Germany, US United States, GB United Kingdom, FR France, ES Spain, PL Poland, CN China, GR Greece, EG Egypt"
CODES = {name: code for code, _, name in (entry.partition(" ") for entry in _NAMED.split(", "))}
_COUNTRIES = {code: name for name, code in CODES.items()}


class Attio(Account):
    """One Attio workspace, without what it makes of e-mail domains by itself."""

    crm = "attio"
    words = {kind: frozenset((*_FIELDS[kind], *_MORE[kind])) for kind in _FIELDS}  # noqa: RUF012 - see the base class
    link_names = tuple(_LINKS)
    stages = ("Lead", "In Progress", "Won 🎉", "Lost")
    won, lost = "Won 🎉", "Lost"
    one_by_one = True
    choice_fields = {"stage": "stage"}  # noqa: RUF012 - see the base class
    many_emails = True

    def sign_in(self, env: Mapping[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {env['ATTIO_API_KEY']}"}

    def prepare(self) -> None:
        self.lab.control("settings", make_companies=False, currency="EUR")

    def create(self, kind: str, rows: Sequence[Row]) -> list[str]:
        more = {"owner": {"referenced_actor_type": "workspace-member", "referenced_actor_id": self.owner()}}
        ids = []
        for row in rows:
            values = {**_spell(kind, row), **(more if kind == "deals" else {})}
            made = self.call("POST", f"/v2/objects/{_OBJECTS[kind]}/records", {"data": {"values": values}})
            ids.append(made["data"]["id"]["record_id"])
        return ids

    def owner(self) -> str:
        return str(self.call("GET", "/v2/workspace_members")["data"][0]["id"]["workspace_member_id"])

    def change(self, kind: str, record: str, row: Mapping[str, str]) -> None:
        self._put(kind, record, _spell(kind, row))

    def read(self, kind: str) -> dict[str, Row]:
        return {doc["id"]["record_id"]: _understand(kind, doc["values"]) for doc in self._docs(kind)}

    def link(self, name: str, pairs: Pairs) -> None:
        field, to = _LINKS[name]
        ends: dict[str, list[dict[str, str]]] = {}
        for one, other in pairs:
            ends.setdefault(one, []).append({"target_object": to, "target_record_id": other})
        for one, targets in ends.items():
            self._put(name.partition(".")[0], one, {field: targets})

    def links(self, name: str) -> set[tuple[str, str]]:
        kind, field = name.partition(".")[0], _LINKS[name][0]
        return {
            (doc["id"]["record_id"], end["target_record_id"])
            for doc in self._docs(kind)
            for end in doc["values"].get(field, ())
        }

    def _put(self, kind: str, record: str, values: Mapping[str, Any]) -> None:
        self.call("PUT", f"/v2/objects/{_OBJECTS[kind]}/records/{record}", {"data": {"values": values}})

    def _docs(self, kind: str) -> Iterator[dict[str, Any]]:
        offset = 0
        while True:
            body = {"limit": 500, "offset": offset}
            page = self.call("POST", f"/v2/objects/{_OBJECTS[kind]}/records/query", body)["data"]
            yield from page
            offset += len(page)
            if len(page) < 500:
                return


def _spell(kind: str, row: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for word, field in _FIELDS[kind].items():
        if word in row:
            values[field] = row[word].split() if word in ("email", "domain") else row[word] or None
    if values.get("phone_numbers"):
        values["phone_numbers"] = [{"original_phone_number": values["phone_numbers"]}]
    if row.get("amount") and "value" in values:
        values["value"] = {"currency_value": float(row["amount"])}
    if "first_name" in row or "last_name" in row:
        first, last = row.get("first_name", ""), row.get("last_name", "")
        values["name"] = [{"first_name": first, "last_name": last, "full_name": f"{first} {last}".strip()}]
    place = {part: row[word] for word, part in _PLACE.items() if row.get(word)}
    if place and kind != "deals":
        if "country_code" in place:
            place["country_code"] = CODES[place["country_code"]]
        values["primary_location"] = {**_EMPTY, **place}
    return values


def _understand(kind: str, values: Mapping[str, Any]) -> Row:
    def first(slug: str) -> Mapping[str, Any]:
        found: Sequence[Mapping[str, Any]] = values.get(slug) or ({},)
        return found[0]

    row: dict[str, Any] = {word: first(field).get("value") for word, field in _FIELDS[kind].items()}
    row[KEY] = first("migration_source_id").get("value")
    if kind == "deals":
        amount = first("value").get("currency_value")
        row["amount"] = None if amount is None else number(amount)
        row["stage"] = (first("stage").get("status") or {}).get("title")
        return filled(row)
    place = first("primary_location")
    row |= {word: place.get(part) for word, part in _PLACE.items()}
    row["country"] = _COUNTRIES.get(row["country"], row["country"])
    if kind == "companies":
        row["domain"] = first("domains").get("domain")
    else:
        row |= {word: first("name").get(word) for word in ("first_name", "last_name")}
        row["email"] = " ".join(one["original_email_address"] for one in values.get("email_addresses") or ())
        row["phone"] = first("phone_numbers").get("original_phone_number")
    return filled(row)
