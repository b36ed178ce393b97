"""HubSpot: CRM v3 objects in batches of 100, v4 associations with the numbers of HubSpot's own types (guide "Associations v4")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sdrbot_skills.lab.plain.account import LINKS, Pairs, Refused, Row, parts
from sdrbot_skills.lab.plain.flat import FlatAccount, words_of

_TYPES = {"contacts.company": 1, "deals.company": 5, "deals.contacts": 3, "companies.parent": 14}
_PLACE = {"street": "address", "city": "city", "region": "state", "postal_code": "zip", "country": "country"}
_FIELDS = {
    "companies": {
        "name": "name",
        "domain": "domain",
        "phone": "phone",
        "employees": "numberofemployees",
        "revenue": "annualrevenue",
        "description": "description",
        "industry": "industry",
        **_PLACE,
    },
    "contacts": {
        "first_name": "firstname",
        "last_name": "lastname",
        "email": "email",
        "phone": "phone",
        "job_title": "jobtitle",
        "birth_date": "date_of_birth",
        **_PLACE,
    },
    "deals": {
        "name": "dealname",
        "amount": "amount",
        "currency": "deal_currency_code",
        "stage": "dealstage",
        "close_date": "closedate",
        "description": "description",
    },
}


class HubSpot(FlatAccount):
    """One HubSpot account."""

    crm = "hubspot"
    fields = _FIELDS
    words = words_of(_FIELDS)
    objects = {kind: kind for kind in _FIELDS}  # noqa: RUF012 - the base class says it belongs to the class
    key_field = "migration_source_id"
    stages = ("appointmentscheduled", "qualifiedtobuy", "contractsent", "closedwon", "closedlost")
    won, lost = "closedwon", "closedlost"
    industries = ("BANKING", "CONSTRUCTION", "EDUCATION_MANAGEMENT", "UTILITIES")
    choice_fields = {"stage": _FIELDS["deals"]["stage"], "industry": _FIELDS["companies"]["industry"]}  # noqa: RUF012 - see the base class

    def sign_in(self, env: Mapping[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {env['HUBSPOT_ACCESS_TOKEN']}"}

    @cached_property
    def zone(self) -> ZoneInfo:
        """The account's own, in which a close date is a day."""
        return ZoneInfo(self.call("GET", "/account-info/v3/details")["timeZone"])

    def shown(self, word: str, value: Any) -> Any:
        if word == "close_date" and value:
            return datetime.fromisoformat(value).astimezone(self.zone).date().isoformat()
        return super().shown(word, value)

    def create(self, kind: str, rows: Sequence[Row]) -> list[str]:
        ids = [""] * len(rows)
        inputs = [
            {"objectWriteTraceId": str(place), "properties": self.spell(kind, row)} for place, row in enumerate(rows)
        ]
        for part in parts(inputs, 100):
            told = self.call("POST", f"/crm/v3/objects/{kind}/batch/create", {"inputs": part})
            if told.get("numErrors"):
                raise Refused(str(told["errors"][:3]))
            for made in told["results"]:
                ids[int(made["objectWriteTraceId"])] = made["id"]
        return ids

    def spell(self, kind: str, row: Mapping[str, str]) -> dict[str, Any]:
        doc = {name: value or "" for name, value in super().spell(kind, row).items()}
        if doc.get("closedate"):
            doc["closedate"] += "T00:00:00Z"
        return {**doc, "pipeline": "default"} if "dealstage" in doc else doc

    def written(self, word: str, value: str) -> Any:
        return value

    def change(self, kind: str, record: str, row: Mapping[str, str]) -> None:
        self.call("PATCH", f"/crm/v3/objects/{kind}/{record}", {"properties": self.spell(kind, row)})

    def read(self, kind: str) -> dict[str, Row]:
        names = ",".join([*self.fields[kind].values(), self.key_field])
        found: dict[str, Row] = {}
        query: dict[str, Any] = {"limit": 100, "properties": names}
        while True:
            page = self.call("GET", f"/crm/v3/objects/{kind}", **query)
            found |= {record["id"]: self.understand(kind, record["properties"]) for record in page["results"]}
            if "paging" not in page:
                return found
            query["after"] = page["paging"]["next"]["after"]

    def link(self, name: str, pairs: Pairs) -> None:
        kind, to = LINKS[name]
        kinds = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": _TYPES[name]}]
        inputs = [{"from": {"id": a}, "to": {"id": b}, "types": kinds} for a, b in pairs]
        for part in parts(inputs, 1000):
            told = self.call("POST", f"/crm/v4/associations/{kind}/{to}/batch/create", {"inputs": part})
            if told.get("numErrors"):
                raise Refused(str(told["errors"][:3]))

    def links(self, name: str) -> set[tuple[str, str]]:
        kind, to = LINKS[name]
        ids = [record["id"] for record in self._every(kind)]
        found: set[tuple[str, str]] = set()
        for part in parts(ids, 1000):
            body = {"inputs": [{"id": one} for one in part]}
            told = self.call("POST", f"/crm/v4/associations/{kind}/{to}/batch/read", body)
            found |= {
                (str(entry["from"]["id"]), str(end["toObjectId"]))
                for entry in told["results"]
                for end in entry["to"]
                if any(one["typeId"] == _TYPES[name] for one in end["associationTypes"])
            }
        return found

    def _every(self, kind: str) -> list[dict[str, Any]]:
        return [{"id": record} for record in self.read(kind)]
