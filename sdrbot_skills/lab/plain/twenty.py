"""Twenty: REST batches of 200 that hold or fall together, lists of 200 (recorded on 2.21)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sdrbot_skills.lab.plain.account import KEY, Account, Pairs, Row, filled, host, number, parts

_OBJECTS = {"companies": "companies", "contacts": "people", "deals": "opportunities"}
_WORDS = {
    "companies": ("name", "domain", "revenue", "street", "city", "region", "postal_code", "country"),
    "contacts": ("first_name", "last_name", "email", "phone", "job_title"),
    "deals": ("name", "amount", "currency", "stage", "close_date"),
}
_ADDRESS = {
    "street": "addressStreet1",
    "city": "addressCity",
    "region": "addressState",
    "postal_code": "addressPostcode",
    "country": "addressCountry",
}
_LOOK_UPS = {"contacts.company": "companyId", "deals.company": "companyId", "deals.contacts": "pointOfContactId"}
_MICRO = 1_000_000


class Twenty(Account):
    """One Twenty workspace. A deal has one point of contact."""

    crm = "twenty"
    words = {kind: frozenset(words) for kind, words in _WORDS.items()}  # noqa: RUF012 - see the base class
    link_names = tuple(_LOOK_UPS)
    one_contact = True
    stages = ("NEW", "SCREENING", "MEETING", "PROPOSAL", "CUSTOMER")
    won, lost = "CUSTOMER", "PROPOSAL"
    choice_fields = {"stage": "stage"}  # noqa: RUF012 - see the base class
    many_emails = True

    def sign_in(self, env: Mapping[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {env['TWENTY_API_KEY']}"}

    def create(self, kind: str, rows: Sequence[Row]) -> list[str]:
        ids: list[str] = []
        for part in parts([_spell(kind, row) for row in rows], 200):
            told = self.call("POST", f"/rest/batch/{_OBJECTS[kind]}", part)
            ids += [one["id"] for one in next(iter(told["data"].values()))]
        return ids

    def change(self, kind: str, record: str, row: Mapping[str, str]) -> None:
        self.call("PATCH", f"/rest/{_OBJECTS[kind]}/{record}", _spell(kind, row))

    def read(self, kind: str) -> dict[str, Row]:
        return {doc["id"]: _understand(kind, doc) for doc in self._docs(kind)}

    def link(self, name: str, pairs: Pairs) -> None:
        kind = _OBJECTS[name.partition(".")[0]]
        for one, other in dict(reversed(pairs)).items():
            self.call("PATCH", f"/rest/{kind}/{one}", {_LOOK_UPS[name]: other})

    def links(self, name: str) -> set[tuple[str, str]]:
        field = _LOOK_UPS[name]
        return {(doc["id"], doc[field]) for doc in self._docs(name.partition(".")[0]) if doc.get(field)}

    def _docs(self, kind: str) -> Iterator[dict[str, Any]]:
        query: dict[str, Any] = {"limit": 200, "depth": 0}
        while True:
            page = self.call("GET", f"/rest/{_OBJECTS[kind]}", **query)
            yield from page["data"][_OBJECTS[kind]]
            if not page["pageInfo"]["hasNextPage"]:
                return
            query["starting_after"] = page["pageInfo"]["endCursor"]


def _spell(kind: str, row: Mapping[str, str]) -> dict[str, Any]:
    doc: dict[str, Any] = {}
    if kind == "contacts":
        if "first_name" in row or "last_name" in row:
            parts_of = {"firstName": "first_name", "lastName": "last_name"}
            doc["name"] = {part: row[word] for part, word in parts_of.items() if word in row}
        if "email" in row:
            first, *others = row["email"].split() or [""]
            doc["emails"] = {"primaryEmail": first, "additionalEmails": others}
        if "phone" in row:
            doc["phones"] = {"primaryPhoneNumber": row["phone"]}
        if "job_title" in row:
            doc["jobTitle"] = row["job_title"]
        return doc
    for word, field in {"name": "name", "stage": "stage", "close_date": "closeDate"}.items():
        if word in row:
            doc[field] = row[word] or (None if word == "close_date" else "")
    if kind == "companies":
        doc |= {"domainName": {"primaryLinkUrl": f"https://{row['domain']}"}} if row.get("domain") else {}
        doc |= {"annualRevenue": _money(row["revenue"], "EUR")} if row.get("revenue") else {}
        address = {part: row[word] for word, part in _ADDRESS.items() if word in row}
        return {**doc, "address": address} if address else doc
    return {**doc, "amount": _money(row["amount"], row.get("currency", "EUR"))} if row.get("amount") else doc


def _money(amount: str, currency: str) -> dict[str, Any]:
    return {"amountMicros": int(Decimal(amount) * _MICRO), "currencyCode": currency}


def _amount(money: Mapping[str, Any] | None) -> str | None:
    micros = (money or {}).get("amountMicros")
    return None if micros is None else number(Decimal(str(micros)) / _MICRO)


def _understand(kind: str, doc: Mapping[str, Any]) -> Row:
    row: dict[str, Any] = {KEY: doc.get("migrationSourceId")}
    if kind == "contacts":
        emails, phones = doc["emails"], doc["phones"]
        row |= {"first_name": doc["name"]["firstName"], "last_name": doc["name"]["lastName"]}
        row["email"] = " ".join(filter(None, [emails["primaryEmail"], *(emails["additionalEmails"] or ())]))
        row["phone"] = f"{phones['primaryPhoneCallingCode']}{phones['primaryPhoneNumber']}"
        row["job_title"] = doc["jobTitle"]
        return filled(row)
    row["name"] = doc["name"]
    if kind == "companies":
        row["domain"] = host(doc["domainName"]["primaryLinkUrl"] or "")
        row["revenue"] = _amount(doc["annualRevenue"])
        row |= {word: doc["address"][part] for word, part in _ADDRESS.items()}
        return filled(row)
    row |= {"amount": _amount(doc["amount"]), "stage": doc["stage"], "close_date": (doc["closeDate"] or "")[:10]}
    row["currency"] = doc["amount"]["currencyCode"] if row["amount"] else None
    return filled(row)
