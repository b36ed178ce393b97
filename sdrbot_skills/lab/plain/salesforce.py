"""Salesforce: sObject Collections of 200 and SOQL (REST API Developer Guide)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from sdrbot_skills.lab.plain.account import Pairs, Refused, Row, parts
from sdrbot_skills.lab.plain.flat import FlatAccount, words_of
from sdrbot_skills.lab.processes import Emulator

REVENUE_IN = "EUR"
_API = "/services/data/v60.0"
_FIELDS = {
    "companies": {
        "name": "Name",
        "domain": "Website",
        "phone": "Phone",
        "employees": "NumberOfEmployees",
        "revenue": "AnnualRevenue",
        "description": "Description",
        "industry": "Industry",
        "street": "BillingStreet",
        "city": "BillingCity",
        "region": "BillingState",
        "postal_code": "BillingPostalCode",
        "country": "BillingCountry",
    },
    "contacts": {
        "first_name": "FirstName",
        "last_name": "LastName",
        "email": "Email",
        "phone": "Phone",
        "job_title": "Title",
        "birth_date": "Birthdate",
        "description": "Description",
        "street": "MailingStreet",
        "city": "MailingCity",
        "region": "MailingState",
        "postal_code": "MailingPostalCode",
        "country": "MailingCountry",
    },
    "deals": {
        "name": "Name",
        "amount": "Amount",
        "currency": "CurrencyIsoCode",
        "stage": "StageName",
        "close_date": "CloseDate",
        "description": "Description",
    },
}
_LOOK_UPS = {"contacts.company": "AccountId", "deals.company": "AccountId", "companies.parent": "ParentId"}


class Salesforce(FlatAccount):
    """One Salesforce org, with several currencies or one."""

    crm = "salesforce"
    fields = _FIELDS
    words = words_of(_FIELDS)
    objects = {"companies": "Account", "contacts": "Contact", "deals": "Opportunity"}  # noqa: RUF012 - see the base class
    key_field = "CRM_Migration_Key__c"
    stages = ("Prospecting", "Qualification", "Negotiation/Review", "Closed Won", "Closed Lost")
    won, lost = "Closed Won", "Closed Lost"
    needs = frozenset({"last_name", "close_date"})
    longest_title = 128
    industries = ("Banking", "Construction", "Education", "Utilities")
    choice_fields = {"stage": _FIELDS["deals"]["stage"], "industry": _FIELDS["companies"]["industry"]}  # noqa: RUF012 - see the base class

    def __init__(self, lab: Emulator) -> None:
        super().__init__(lab)
        self._known: dict[str, set[str]] = {}

    def sign_in(self, env: Mapping[str, str]) -> dict[str, str]:
        grant = {
            "grant_type": "client_credentials",
            "client_id": env["SF_CLIENT_ID"],
            "client_secret": env["SF_CLIENT_SECRET"],
        }
        token = self.http.post("/services/oauth2/token", data=grant).raise_for_status().json()["access_token"]
        return {"Authorization": f"Bearer {token}"}

    def create(self, kind: str, rows: Sequence[Row]) -> list[str]:
        return self._create(self.objects[kind], [self.spell(kind, row) for row in rows])

    def spell(self, kind: str, row: Mapping[str, str]) -> dict[str, Any]:
        doc = super().spell(kind, row)
        if doc.get("AnnualRevenue"):
            doc["CurrencyIsoCode"] = REVENUE_IN
        if "CurrencyIsoCode" in doc and "CurrencyIsoCode" not in self._there(self.objects[kind]):
            del doc["CurrencyIsoCode"]
        return doc

    def _there(self, name: str) -> set[str]:
        """Fields that the org has; some made meanwhile, some only where there are several currencies."""
        if name not in self._known:
            self._known[name] = {one["name"] for one in self.call("GET", f"{_API}/sobjects/{name}/describe")["fields"]}
        return self._known[name]

    def change(self, kind: str, record: str, row: Mapping[str, str]) -> None:
        self.call("PATCH", f"{_API}/sobjects/{self.objects[kind]}/{record}", self.spell(kind, row))

    def read(self, kind: str) -> dict[str, Row]:
        name = self.objects[kind]
        self._known.pop(name, None)
        there = self._there(name)
        asked = ["Id", *(field for field in (*self.fields[kind].values(), self.key_field) if field in there)]
        return {row["Id"]: self.understand(kind, row) for row in self._query(f"SELECT {', '.join(asked)} FROM {name}")}

    def link(self, name: str, pairs: Pairs) -> None:
        if name == "deals.contacts":
            self._create("OpportunityContactRole", [{"OpportunityId": a, "ContactId": b} for a, b in pairs])
            return
        kind = self.objects[name.partition(".")[0]]
        rows = [{"attributes": {"type": kind}, "id": a, _LOOK_UPS[name]: b} for a, b in pairs]
        for part in parts(rows, 200):
            _checked(self.call("PATCH", f"{_API}/composite/sobjects", {"allOrNone": False, "records": part}))

    def links(self, name: str) -> set[tuple[str, str]]:
        kind = self.objects[name.partition(".")[0]]
        ends = ("Id", _LOOK_UPS[name]) if name in _LOOK_UPS else ("OpportunityId", "ContactId")
        rows = self._query(f"SELECT {', '.join(ends)} FROM {kind if name in _LOOK_UPS else 'OpportunityContactRole'}")
        return {(row[ends[0]], row[ends[1]]) for row in rows if row[ends[1]]}

    def _create(self, name: str, docs: Sequence[Mapping[str, Any]]) -> list[str]:
        ids: list[str] = []
        for part in parts([{"attributes": {"type": name}, **doc} for doc in docs], 200):
            body = {"allOrNone": True, "records": part}
            ids += [made["id"] for made in _checked(self.call("POST", f"{_API}/composite/sobjects", body))]
        return ids

    def _query(self, soql: str) -> Iterator[dict[str, Any]]:
        address: str | None = f"{_API}/query?q={quote(soql)}"
        while address:
            page = self.call("GET", address)
            yield from page["records"]
            address = page.get("nextRecordsUrl")


def _checked(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    refused = [one["errors"] for one in told if not one["success"]]
    if refused:
        raise Refused(str(refused[:3]))
    return told
