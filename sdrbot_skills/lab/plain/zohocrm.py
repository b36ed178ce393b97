"""Zoho CRM v8: records in batches of 100, lists of 200, contact roles for the people of a deal (API v8 reference)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sdrbot_skills.lab.plain.account import Pairs, Refused, Row, parts
from sdrbot_skills.lab.plain.flat import FlatAccount, words_of

_API = "/crm/v8"
_FIELDS = {
    "companies": {
        "name": "Account_Name",
        "domain": "Website",
        "phone": "Phone",
        "employees": "Employees",
        "revenue": "Annual_Revenue",
        "description": "Description",
        "industry": "Industry",
        "street": "Billing_Street",
        "city": "Billing_City",
        "region": "Billing_State",
        "postal_code": "Billing_Code",
        "country": "Billing_Country",
    },
    "contacts": {
        "first_name": "First_Name",
        "last_name": "Last_Name",
        "email": "Email",
        "phone": "Phone",
        "job_title": "Title",
        "birth_date": "Date_of_Birth",
        "description": "Description",
        "street": "Mailing_Street",
        "city": "Mailing_City",
        "region": "Mailing_State",
        "postal_code": "Mailing_Zip",
        "country": "Mailing_Country",
    },
    "deals": {
        "name": "Deal_Name",
        "amount": "Amount",
        "stage": "Stage",
        "close_date": "Closing_Date",
        "description": "Description",
    },
}
_LOOK_UPS = {
    "contacts.company": "Account_Name",
    "deals.company": "Account_Name",
    "companies.parent": "Parent_Account",
    "deals.contacts": "Contact_Name",
}


class ZohoCrm(FlatAccount):
    """One Zoho CRM organisation. The people of a deal: its contact name, and its contact roles."""

    crm = "zohocrm"
    fields = _FIELDS
    words = words_of(_FIELDS)
    objects = {"companies": "Accounts", "contacts": "Contacts", "deals": "Deals"}  # noqa: RUF012 - see the base class
    key_field = "CRM_Migration_Key"
    stages = ("Qualification", "Needs Analysis", "Negotiation/Review", "Closed Won", "Closed Lost")
    won, lost = "Closed Won", "Closed Lost"
    needs = frozenset({"last_name"})
    longest_title = 100
    industries = ("Large Enterprise", "Service Provider", "Systems Integrator", "Wireless Industry")
    choice_fields = {"stage": _FIELDS["deals"]["stage"], "industry": _FIELDS["companies"]["industry"]}  # noqa: RUF012 - see the base class

    def sign_in(self, env: Mapping[str, str]) -> dict[str, str]:
        grant = {
            "grant_type": "refresh_token",
            "client_id": env["ZOHO_CLIENT_ID"],
            "client_secret": env["ZOHO_CLIENT_SECRET"],
            "refresh_token": env["ZOHO_REFRESH_TOKEN"],
        }
        token = self.http.post("/oauth/v2/token", data=grant).raise_for_status().json()["access_token"]
        return {"Authorization": f"Zoho-oauthtoken {token}"}

    def create(self, kind: str, rows: Sequence[Row]) -> list[str]:
        ids: list[str] = []
        for part in parts([self.spell(kind, row) for row in rows], 100):
            told = self.call("POST", f"{_API}/{self.objects[kind]}", {"data": part, "trigger": []})
            ids += [made["details"]["id"] for made in _checked(told)]
        return ids

    def change(self, kind: str, record: str, row: Mapping[str, str]) -> None:
        self._put(self.objects[kind], [{"id": record, **self.spell(kind, row)}])

    def read(self, kind: str) -> dict[str, Row]:
        names = self.fields[kind].values()
        return {doc["id"]: self.understand(kind, doc) for doc in self._docs(kind, [*names, self.key_field])}

    def link(self, name: str, pairs: Pairs) -> None:
        kind = name.partition(".")[0]
        first: dict[str, str] = {}
        for one, other in pairs:
            first.setdefault(one, other)
        self._put(self.objects[kind], [{"id": one, _LOOK_UPS[name]: {"id": other}} for one, other in first.items()])
        if name == "deals.contacts":
            role = self.call("GET", f"{_API}/contacts/roles")["contact_roles"][0]["id"]
            for one, other in pairs:
                body = {"data": [{"id": other, "Contact_Role": {"id": role}}]}
                _checked(self.call("PUT", f"{_API}/Deals/{one}/Contact_Roles", body))

    def links(self, name: str) -> set[tuple[str, str]]:
        kind, field = name.partition(".")[0], _LOOK_UPS[name]
        docs = list(self._docs(kind, [field]))
        found = {(doc["id"], doc[field]["id"]) for doc in docs if doc.get(field)}
        if name == "deals.contacts":
            for doc in docs:
                told = self.call("GET", f"{_API}/Deals/{doc['id']}/Contact_Roles", fields="Last_Name")
                found |= {(doc["id"], one["id"]) for one in (told or {"data": ()})["data"]}
        return found

    def _put(self, module: str, docs: Sequence[Mapping[str, Any]]) -> None:
        for part in parts(docs, 100):
            _checked(self.call("PUT", f"{_API}/{module}", {"data": part, "trigger": []}))

    def _docs(self, kind: str, names: Sequence[str]) -> Iterator[dict[str, Any]]:
        query: dict[str, Any] = {"fields": ",".join(names), "per_page": 200}
        while True:
            page = self.call("GET", f"{_API}/{self.objects[kind]}", **query)
            if page is None:
                return
            yield from page["data"]
            if not page["info"]["more_records"]:
                return
            query["page_token"] = page["info"]["next_page_token"]


def _checked(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    refused = [one for one in told["data"] if one["code"] != "SUCCESS"]
    if refused:
        raise Refused(str(refused[:3]))
    return list(told["data"])
