"""A small invented company, put into a practice HubSpot through HubSpot's own interface."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.e2e.judge import HubSpot, Salesforce

GIVEN = ("Ada", "Bo", "Céline", "Dmitri", "Eun-ji", "Фёдор", "Grace", "花子", "Íris", "Jamal", "Käthe", "Łukasz")
FAMILY = ("Ashdown", "Brück", "Ceballos", "Đorđević", "Eriksson", "Fairweather", "González", "山田", "O'Hara", "Ивано́в")
TITLES = ("Buyer", "Head of Purchasing", "CTO", "Plant manager", 'Owner; "the boss"', "a,b\nc")
STAGES = ("appointmentscheduled", "qualifiedtobuy", "contractsent", "closedwon", "closedlost")
TIERS = ("Gold", "Silver", "Bronze")
TIER = {
    "name": "customer_tier",
    "label": "Customer tier",
    "type": "enumeration",
    "fieldType": "select",
    "groupName": "companyinformation",
    "options": [{"label": tier, "value": tier} for tier in TIERS],
}
CONTACT_TO_COMPANY, DEAL_TO_COMPANY, DEAL_TO_CONTACT, CHILD_TO_PARENT = 1, 5, 3, 14


@dataclass
class Company:
    """What was put in: ids and property rows side by side, links as pairs of ids."""

    rows: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    ids: dict[str, list[str]] = field(default_factory=dict)
    links: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def by_id(self, kind: str) -> dict[str, dict[str, str]]:
        return dict(zip(self.ids[kind], self.rows[kind], strict=True))


def found(hubspot: HubSpot, *, companies: int = 40, contacts: int = 400, deals: int = 60, seed: int = 7) -> Company:
    """Make it: every contact in a company, every deal with a company and a contact; nothing that needs a person."""
    chance = Random(seed)
    made = Company()
    made.rows["companies"] = [
        {
            "name": f"Works No. {n:03} GmbH",
            "domain": f"works-{n:03}.example",
            "city": "Basel",
            "phone": f"+41 61 555 {n:04}",
            "customer_tier": TIERS[n % len(TIERS)],
        }
        for n in range(companies)
    ]
    made.rows["contacts"] = [
        {
            "email": f"person{n:04}@works-{n % max(1, companies):03}.example",
            "firstname": GIVEN[n % len(GIVEN)],
            "lastname": f"{FAMILY[chance.randrange(len(FAMILY))]} {n:04}",
            "jobtitle": TITLES[chance.randrange(len(TITLES))],
            "phone": f"+41 79 555 {n:04}",
        }
        for n in range(contacts)
    ]
    made.rows["deals"] = [
        {
            "dealname": f"Order {n:04} – résumé",
            "amount": f"{chance.randrange(100, 90000)}.{chance.randrange(100):02}",
            "closedate": f"2026-{n % 12 + 1:02}-{n % 28 + 1:02}T00:00:00Z",
            "pipeline": "default",
            "dealstage": STAGES[n % len(STAGES)],
        }
        for n in range(deals)
    ]
    hubspot.post("/crm/v3/properties/companies", TIER)
    for kind, rows in made.rows.items():
        made.ids[kind] = hubspot.create(kind, rows) if rows else []
    firms, people, orders = made.ids["companies"], made.ids["contacts"], made.ids["deals"]
    if firms:
        made.links["contacts"] = [(one, firms[n % len(firms)]) for n, one in enumerate(people)]
        made.links["deals"] = [(one, firms[n % len(firms)]) for n, one in enumerate(orders)]
        hubspot.link("contacts", "companies", CONTACT_TO_COMPANY, made.links["contacts"])
        hubspot.link("deals", "companies", DEAL_TO_COMPANY, made.links["deals"])
        made.links["roles"] = [(one, people[n % len(firms)]) for n, one in enumerate(orders)]
        hubspot.link("deals", "contacts", DEAL_TO_CONTACT, made.links["roles"])
    return made


def tiers(*names: str) -> dict[str, Any]:
    """Metadata of the target's field for the customers' tier."""
    values = [{"valueName": name, "label": name, "default": False} for name in names]
    definition = {"restricted": True, "valueSetDefinition": {"sorted": False, "value": values}}
    return {"label": "Customer tier", "type": "Picklist", "valueSet": definition}


def furnish(salesforce: Salesforce) -> None:
    """What the target's people had made before: a picklist of their own on accounts."""
    salesforce.make_field("Account.Customer_tier__c", **tiers(*TIERS))
