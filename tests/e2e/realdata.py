"""Real data in a practice HubSpot: a hardware seller's accounts and opportunities, and five thousand people with near-duplicates."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.company import CHILD_TO_PARENT, CONTACT_TO_COMPANY, DEAL_TO_COMPANY
from tests.e2e.judge import HubSpot

Rows = list[dict[str, str]]
STAGES = {
    "Won": "closedwon",
    "Lost": "closedlost",
    "Engaging": "presentationscheduled",
    "Prospecting": "qualifiedtobuy",
}
PROPERTIES = {
    "contacts": (("rec_id", "Record id", "string", "text"), ("soc_sec_id", "Social security id", "string", "text")),
    "deals": (("engage_date", "Engage date", "date", "date"),),
}
GROUPS = {"contacts": "contactinformation", "deals": "dealinformation"}


@dataclass(frozen=True)
class RealData:
    """Property rows as put in, and links by name: child account to parent, opportunity to account."""

    companies: Rows
    contacts: Rows
    deals: Rows
    parents: dict[str, str]
    customers: dict[str, str]
    homes: dict[str, str]


def read(folder: Path) -> RealData:
    """Both sets, spelled as HubSpot's properties; `folder` is the one with the two sets' folders."""
    accounts = _csv(folder / "crm-sales-opportunities" / "accounts.csv")
    deals = _csv(folder / "crm-sales-opportunities" / "sales_pipeline.csv")
    people = _csv(folder / "febrl" / "dataset3.csv")
    names = [row["account"] for row in accounts]
    return RealData(
        companies=[
            _filled(
                name=row["account"],
                annualrevenue=f"{round(float(row['revenue']) * 1_000_000)}",
                numberofemployees=row["employees"],
                country=row["office_location"],
                founded_year=row["year_established"],
            )
            for row in accounts
        ],
        contacts=[
            _filled(
                rec_id=row["rec_id"],
                firstname=row["given_name"],
                lastname=row["surname"],
                address=f"{row['street_number']} {row['address_1']}".strip(),
                city=row["suburb"],
                zip=row["postcode"],
                state=row["state"],
                date_of_birth=row["date_of_birth"],
                soc_sec_id=row["soc_sec_id"],
            )
            for row in people
        ],
        deals=[
            _filled(
                dealname=f"{row['opportunity_id']} {row['product']}",
                pipeline="default",
                dealstage=STAGES[row["deal_stage"]],
                amount=row["close_value"],
                closedate=f"{row['close_date']}T12:00:00Z" if row["close_date"] else "",
                engage_date=row["engage_date"],
            )
            for row in deals
        ],
        parents={row["account"]: row["subsidiary_of"] for row in accounts if row["subsidiary_of"]},
        customers={f"{row['opportunity_id']} {row['product']}": row["account"] for row in deals if row["account"]},
        homes={row["rec_id"]: names[number % len(names)] for number, row in enumerate(people)},
    )


def put(hubspot: HubSpot, data: RealData) -> None:
    """Into HubSpot, by its batch end points and associations."""
    for kind, properties in PROPERTIES.items():
        for name, label, type_, field_type in properties:
            body = {"name": name, "label": label, "type": type_, "fieldType": field_type, "groupName": GROUPS[kind]}
            hubspot.post(f"/crm/v3/properties/{kind}", body)
    firms = dict(zip((row["name"] for row in data.companies), hubspot.create("companies", data.companies), strict=True))
    people = dict(zip((row["rec_id"] for row in data.contacts), hubspot.create("contacts", data.contacts), strict=True))
    deals = dict(zip((row["dealname"] for row in data.deals), hubspot.create("deals", data.deals), strict=True))
    hubspot.link("companies", "companies", CHILD_TO_PARENT, [(firms[a], firms[b]) for a, b in data.parents.items()])
    hubspot.link("contacts", "companies", CONTACT_TO_COMPANY, [(people[a], firms[b]) for a, b in data.homes.items()])
    hubspot.link("deals", "companies", DEAL_TO_COMPANY, [(deals[a], firms[b]) for a, b in data.customers.items()])


def _csv(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return [
            {name: value.strip() for name, value in row.items()} for row in csv.DictReader(file, skipinitialspace=True)
        ]


def _filled(**values: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
