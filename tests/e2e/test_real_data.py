"""Real data, there and back: every record once, every value as mapped, every link, and what cannot be carried by name."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sdrbot_skills.lab.processes import running
from tests.e2e import realdata
from tests.e2e.company import CHILD_TO_PARENT
from tests.e2e.harness import Workspace, suggested
from tests.e2e.judge import HubSpot
from tests.e2e.realdata import RealData
from tests.support import shared_path

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

STAGES = {
    "closedwon": "Closed Won",
    "closedlost": "Closed Lost",
    "presentationscheduled": "Id. Decision Makers",
    "qualifiedtobuy": "Value Proposition",
}
UNDATED = 2089


@pytest.fixture
def data() -> RealData:
    return realdata.read(shared_path("data"))


@pytest.fixture
def workspace(tmp_path: Path, data: RealData) -> Iterator[Workspace]:
    with running("hubspot", "salesforce") as labs:
        made = Workspace(tmp_path, *labs)
        realdata.put(made.hubspot, data)
        yield made


def test_there_and_back(workspace: Workspace, data: RealData) -> None:
    asked = workspace.plan(answers=_without_dates)
    assert "2,089 of 8,800 records have none" in _question(asked, "deals.blank.CloseDate")["text"]
    workspace.make_key()
    first = _carry(workspace, good=4)
    _only_named_ones_are_missing(workspace, first, data)

    workspace.cm("answer", "plan.yaml", "deals.blank.CloseDate=days_after createdate 90")
    second = _carry(workspace, good=4)
    _everything_arrived(workspace, data)
    quarantined = _quarantine(workspace, second)
    assert {entry["object"] for entry in quarantined} == {"contacts"}
    assert len(quarantined) == len(_nameless(data))

    before = workspace.labs["salesforce"].writes()
    again = workspace.rehearse()
    assert {(counts["create"], counts["update"]) for counts in again["counts"].values()} == {(0, 0)}
    workspace.approve(again["run"])
    workspace.cm("live", again["run"], good=(4,))
    assert workspace.labs["salesforce"].writes() == before, "a second run of the same plan changes nothing"

    _back_again(workspace, data)


def _carry(workspace: Workspace, good: int, name: str = "plan.yaml", target: str = "salesforce") -> str:
    run = str(workspace.rehearse(name=name)["run"])
    workspace.approve(run, target)
    workspace.cm("live", run, good=(good,))
    workspace.proven(run)
    return run


def _without_dates(question: dict[str, Any]) -> str:
    chosen = {
        "contacts.blank.LastName": "firstname",
        "deals.blank.CloseDate": "quarantine",
        "contacts.create.fields": "create",
        "deals.create.fields": "create",
    }
    return chosen.get(question["id"]) or suggested(question)


def _question(made: dict[str, Any], name: str) -> dict[str, Any]:
    return next(question for question in made["questions"] if question["id"] == name)


def _quarantine(workspace: Workspace, run: str) -> list[dict[str, Any]]:
    made = workspace.json("report", run)
    return list(json.loads((workspace.folder / made["json"]).read_text())["quarantine"])


def _nameless(data: RealData) -> list[dict[str, str]]:
    return [row for row in data.contacts if "firstname" not in row and "lastname" not in row]


def _only_named_ones_are_missing(workspace: Workspace, run: str, data: RealData) -> None:
    quarantined = _quarantine(workspace, run)
    deals = workspace.hubspot.records("deals", ["dealname", "closedate"])
    undated = {one for one, row in deals.items() if not row["closedate"]}
    assert len(undated) == UNDATED
    assert {entry["source_id"] for entry in quarantined if entry["object"] == "deals"} == undated
    assert {(entry["object"], entry["rule"], entry["field"]) for entry in quarantined} == {
        ("deals", "required_missing", "CloseDate"),
        ("contacts", "required_missing", "LastName"),
    }
    assert len(quarantined) == UNDATED + len(_nameless(data))
    names = Counter(row["Name"] for row in workspace.salesforce.query("SELECT Name FROM Opportunity"))
    assert names == Counter(row["dealname"] for row in deals.values() if row["closedate"])


def _everything_arrived(workspace: Workspace, data: RealData) -> None:
    query = workspace.salesforce.query
    accounts = query("SELECT Name, AnnualRevenue, NumberOfEmployees, BillingCountry, Parent.Name FROM Account")
    assert Counter(
        (row["Name"], row["AnnualRevenue"], row["NumberOfEmployees"], row["BillingCountry"], _name(row["Parent"]))
        for row in accounts
    ) == Counter(
        (
            row["name"],
            float(row["annualrevenue"]),
            int(row["numberofemployees"]),
            row["country"],
            data.parents.get(row["name"]),
        )
        for row in data.companies
    )
    fields = "FirstName, LastName, MailingStreet, MailingCity, MailingPostalCode, MailingState, Record_id__c"
    contacts = query(f"SELECT {fields}, Date_of_birth__c, Social_security_id__c, Account.Name FROM Contact")
    assert Counter(
        (
            row["Record_id__c"],
            row["FirstName"],
            row["LastName"],
            row["MailingStreet"],
            row["MailingCity"],
            row["MailingPostalCode"],
            row["MailingState"],
            row["Date_of_birth__c"],
            row["Social_security_id__c"],
            _name(row["Account"]),
        )
        for row in contacts
    ) == Counter(_person(row, data) for row in data.contacts if "firstname" in row or "lastname" in row)
    deals = query("SELECT Name, Amount, CloseDate, StageName, Engage_date__c, Account.Name FROM Opportunity")
    assert Counter(
        (row["Name"], row["Amount"], row["StageName"], row["Engage_date__c"], _name(row["Account"])) for row in deals
    ) == Counter(
        (
            row["dealname"],
            float(row["amount"]) if "amount" in row else None,
            STAGES[row["dealstage"]],
            row.get("engage_date"),
            data.customers.get(row["dealname"]),
        )
        for row in data.deals
    )
    dated = {row["dealname"]: row["closedate"][:10] for row in data.deals if "closedate" in row}
    assert {row["Name"]: row["CloseDate"] for row in deals if row["Name"] in dated} == dated
    assert all(row["CloseDate"] for row in deals)
    assert _sums((row["StageName"], row["Amount"] or 0) for row in deals) == _sums(
        (STAGES[row["dealstage"]], float(row.get("amount", 0))) for row in data.deals
    )


def _person(row: dict[str, str], data: RealData) -> tuple[str | None, ...]:
    plain = [row.get(name) for name in ("address", "city", "zip", "state", "date_of_birth", "soc_sec_id")]
    last = row.get("lastname") or row.get("firstname")
    return (row["rec_id"], row.get("firstname"), last, *plain, data.homes[row["rec_id"]])


def _back_again(workspace: Workspace, data: RealData) -> None:
    """Into a second, empty HubSpot account."""
    with running("hubspot", name="second") as second:
        workspace.environment.update(second.env)
        words = {"source": "salesforce", "target": "hubspot-second", "name": "back.yaml"}
        workspace.plan(**words, answers=_homewards)
        workspace.make_key("back.yaml", "hubspot-second")
        _carry(workspace, 0, "back.yaml", "hubspot-second")
        _same(workspace, HubSpot(second.base_url, second.env), data)


def _homewards(question: dict[str, Any]) -> str:
    if question["id"] == "deals.values.dealstage":
        pairs = "Value Proposition = Sales Pipeline / Qualified To Buy; Id. Decision Makers = Sales Pipeline / Presentation Scheduled"
        return f"{pairs}; others = quarantine"
    return "create" if question["id"].endswith("create.fields") else suggested(question)


def _same(workspace: Workspace, second: HubSpot, data: RealData) -> None:
    companies = second.records("companies", ["name", "annualrevenue", "numberofemployees", "country"])
    assert Counter(
        (row["name"], float(row["annualrevenue"] or 0), row["numberofemployees"], row["country"])
        for row in companies.values()
    ) == Counter(
        (row["name"], float(row["annualrevenue"]), row["numberofemployees"], row["country"]) for row in data.companies
    )
    deals = second.records("deals", ["dealname", "amount", "dealstage"])
    assert Counter((row["dealname"], float(row["amount"] or 0), row["dealstage"]) for row in deals.values()) == Counter(
        (row["dealname"], float(row.get("amount", 0)), row["dealstage"]) for row in data.deals
    )
    people = second.records("contacts", ["firstname", "lastname", "address", "city", "zip", "state"])
    assert Counter(tuple(row.values()) for row in people.values()) == Counter(
        (
            row.get("firstname"),
            row.get("lastname") or row.get("firstname"),
            *(row.get(name) for name in ("address", "city", "zip", "state")),
        )
        for row in data.contacts
        if "firstname" in row or "lastname" in row
    )
    names = {one: row["name"] for one, row in companies.items()}
    parents = second.links("companies", "companies", companies)
    assert {
        names[child]: names[parent]
        for child, ends in parents.items()
        for parent, type_id in ends
        if type_id == CHILD_TO_PARENT
    } == data.parents
    customers = second.links("deals", "companies", deals)
    assert {
        deals[deal]["dealname"]: names[company] for deal, ends in customers.items() for company, _ in ends
    } == data.customers
    homes = second.links("contacts", "companies", people)
    assert len(homes) == len(people)


def _sums(rows: Iterator[tuple[str, float]]) -> dict[str, float]:
    total: dict[str, float] = defaultdict(float)
    for stage, amount in rows:
        total[stage] += amount
    return dict(total)


def _name(parent: dict[str, Any] | None) -> str | None:
    return parent["Name"] if parent else None
