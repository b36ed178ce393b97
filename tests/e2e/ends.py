"""What the target has to look like in the end: computed from what was put into the source, read back by plain SOQL."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.e2e.company import Company
from tests.e2e.judge import Salesforce

STAGES = {
    "appointmentscheduled": "Needs Analysis",
    "qualifiedtobuy": "Value Proposition",
    "contractsent": "Negotiation/Review",
    "closedwon": "Closed Won",
    "closedlost": "Closed Lost",
}
"""As the plan's suggestion answers the question about stages."""

State = dict[str, Counter[Any]]


def expected(company: Company) -> State:
    """Every record and link once, every value as mapped."""
    firms, people, deals = (company.by_id(kind) for kind in ("companies", "contacts", "deals"))
    home, customer = dict(company.links["contacts"]), dict(company.links["deals"])
    return {
        "accounts": Counter(
            (row["name"], row["domain"], row["city"], row["phone"], row["customer_tier"]) for row in firms.values()
        ),
        "contacts": Counter(
            (row["email"], row["firstname"], row["lastname"], row["jobtitle"], row["phone"], firms[home[one]]["name"])
            for one, row in people.items()
        ),
        "deals": Counter(
            (
                row["dealname"],
                float(row["amount"]),
                row["closedate"][:10],
                STAGES[row["dealstage"]],
                firms[customer[one]]["name"],
            )
            for one, row in deals.items()
        ),
        "roles": Counter((deals[deal]["dealname"], people[person]["email"]) for deal, person in company.links["roles"]),
    }


def found(salesforce: Salesforce) -> State:
    """The same, as the target has it."""
    query = salesforce.query
    accounts = query("SELECT Name, Website, BillingCity, Phone, Customer_tier__c FROM Account")
    contacts = query("SELECT Email, FirstName, LastName, Title, Phone, Account.Name FROM Contact")
    deals = query("SELECT Name, Amount, CloseDate, StageName, Account.Name FROM Opportunity")
    roles = query("SELECT Opportunity.Name, Contact.Email FROM OpportunityContactRole")
    return {
        "accounts": Counter(
            (row["Name"], row["Website"], row["BillingCity"], row["Phone"], row["Customer_tier__c"]) for row in accounts
        ),
        "contacts": Counter(
            (row["Email"], row["FirstName"], row["LastName"], row["Title"], row["Phone"], _name(row["Account"]))
            for row in contacts
        ),
        "deals": Counter(
            (row["Name"], row["Amount"], row["CloseDate"], row["StageName"], _name(row["Account"])) for row in deals
        ),
        "roles": Counter((row["Opportunity"]["Name"], row["Contact"]["Email"]) for row in roles),
    }


def _name(parent: dict[str, Any] | None) -> str | None:
    return parent["Name"] if parent else None


def difference(one: State, other: State) -> dict[str, tuple[Any, Any]]:
    """What only the first has and what only the second has, a few of each; empty where both are alike."""
    return {
        name: (list((one[name] - other[name]).items())[:3], list((other[name] - one[name]).items())[:3])
        for name in one
        if one[name] != other[name]
    }
