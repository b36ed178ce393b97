"""The demo company's customers: invented people and firms, the same for the same seed number.

Nothing here is a real person or firm; all addresses end in `.example`. Five blemishes are planted on purpose, see
BLEMISHES: each is what a migration to another CRM stumbles over.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from sdrbot_skills.lab.words import FIRST, LIFECYCLE, NOTES, PLACES, PROJECTS, SECOND, STREETS, TITLES, TRADES, Place

COMPANIES, CONTACTS, DEALS = 300, 2000, 500
TODAY = date(2026, 11, 1)

BLEMISHES = {
    "job title too long": "contact gideon.ashgrove@… has a job title of 192 characters; Salesforce takes 128",
    "one person twice": "contacts milena.dvorska@… and m.dvorska@… are the same person: name, phone and company agree",
    "unknown country": "company Peregrine & Quill is in 'Ruritania', which no country list knows",
    "deal without close date": "deal 'Harbour lights retrofit' has no close date; Salesforce requires one",
    "no last name": "contact info@… of Saltmarsh Studio has neither first nor last name; Salesforce requires a last name",
}


OWNERS = ("51", "52", "53", "54", "55")
STAGES = {
    "default": (
        "appointmentscheduled",
        "qualifiedtobuy",
        "presentationscheduled",
        "decisionmakerboughtin",
        "contractsent",
        "closedwon",
        "closedwon",
        "closedlost",
    ),
    "2001000": ("2001001", "2001002", "2001003", "2001004"),
}
CLOSED = ("closedwon", "closedlost", "2001003", "2001004")


@dataclass
class Demo:
    """Rows as property dictionaries; links by position in these lists. The first link of a contact is the primary one."""

    companies: list[dict[str, str]] = field(default_factory=list)
    contacts: list[dict[str, str]] = field(default_factory=list)
    deals: list[dict[str, str]] = field(default_factory=list)
    contact_companies: list[tuple[int, int]] = field(default_factory=list)
    deal_companies: list[tuple[int, int]] = field(default_factory=list)
    deal_contacts: list[tuple[int, int]] = field(default_factory=list)
    opted_out: list[int] = field(default_factory=list)


def make(seed: int = 1) -> Demo:
    chance = Random(seed)
    demo = Demo()
    homes = [_company(demo, chance, number) for number in range(COMPANIES)]
    staff: dict[int, list[int]] = {}
    used: set[str] = set()
    for number in range(CONTACTS):
        company = chance.randrange(COMPANIES) if chance.random() < 0.8 else None
        demo.contacts.append(_contact(demo, chance, homes, company, used))
        if company is not None:
            demo.contact_companies.append((number, company))
            staff.setdefault(company, []).append(number)
    for number in range(DEALS):
        company = chance.randrange(COMPANIES)
        demo.deals.append(_deal(demo, chance, company))
        demo.deal_companies.append((number, company))
        people = staff.get(company, [])
        demo.deal_contacts += [(number, person) for person in chance.sample(people, min(len(people), 2))]
    demo.opted_out = sorted(chance.sample(range(CONTACTS), 60))
    _plant(demo)
    return demo


def _company(demo: Demo, chance: Random, number: int) -> Place:
    place = chance.choices(PLACES, [place.weight for place in PLACES])[0]
    trade, industry = TRADES[number % len(TRADES)]
    name = f"{FIRST[number % len(FIRST)]} {SECOND[(number * 5 + number // len(FIRST)) % len(SECOND)]} {trade}"
    row = {
        "name": name,
        "domain": f"{name.lower().replace(' ', '-')}.example",
        "industry": industry,
        "type": chance.choice(("PROSPECT", "PROSPECT", "PARTNER", "VENDOR")),
        "phone": _phone(chance, place),
        "address": f"{chance.randrange(1, 180)} {chance.choice(STREETS)}",
        "city": chance.choice(place.cities),
        "zip": f"{chance.randrange(10_000, 99_999)}",
        "country": place.country,
        "numberofemployees": str(chance.choice((4, 12, 35, 80, 240, 900, 5200))),
        "annualrevenue": str(chance.randrange(100_000, 90_000_000, 1000)),
        "lifecyclestage": chance.choice(LIFECYCLE),
        "customer_tier": chance.choice(("A", "B", "C", "")),
        "hubspot_owner_id": chance.choice(OWNERS),
        "description": chance.choice((*NOTES, "", "", "")),
    }
    demo.companies.append(_filled(row))
    return place


def _contact(demo: Demo, chance: Random, homes: list[Place], company: int | None, used: set[str]) -> dict[str, str]:
    place = chance.choice(PLACES) if company is None or chance.random() < 0.1 else homes[company]
    (given, ascii_given), (family, ascii_family) = _name(chance, place)
    while company is not None and f"{given} {family} {company}" in used:
        (given, ascii_given), (family, ascii_family) = _name(chance, chance.choice(PLACES))
    used.add(f"{given} {family} {company}")
    domain = "mailbox.example" if company is None else demo.companies[company]["domain"]
    email = f"{ascii_given}.{ascii_family}@{domain}".lower()
    while email in used:
        email = f"{ascii_given}.{ascii_family}{chance.randrange(2, 9999)}@{domain}".lower()
    used.add(email)
    row = {
        "email": email if chance.random() < 0.97 else "",
        "firstname": given,
        "lastname": family,
        "jobtitle": chance.choice(TITLES),
        "phone": _phone(chance, place) if chance.random() < 0.8 else "",
        "mobilephone": _phone(chance, place) if chance.random() < 0.3 else "",
        "city": chance.choice(place.cities),
        "country": place.country,
        "company": demo.companies[company]["name"] if company is not None else "",
        "lifecyclestage": chance.choice(LIFECYCLE),
        "hs_lead_status": chance.choice(("NEW", "OPEN", "CONNECTED", "UNQUALIFIED", "")),
        "hs_buying_role": chance.choice(("DECISION_MAKER;BUDGET_HOLDER", "END_USER", "CHAMPION", "", "", "")),
        "hubspot_owner_id": chance.choice((*OWNERS, "")),
        "message": chance.choice((*NOTES, *[""] * 16)),
    }
    return _filled(row)


def _name(chance: Random, place: Place) -> tuple[tuple[str, str], tuple[str, str]]:
    return chance.choice(place.given), chance.choice(place.family)


def _deal(demo: Demo, chance: Random, company: int) -> dict[str, str]:
    pipeline = chance.choice(("default", "default", "default", "2001000"))
    stage = chance.choice(STAGES[pipeline])
    days = chance.randrange(-500, -1) if stage in CLOSED else chance.randrange(-20, 300)
    row = {
        "dealname": f"{demo.companies[company]['name']} – {chance.choice(PROJECTS)}",
        "pipeline": pipeline,
        "dealstage": stage,
        "amount": f"{chance.randrange(400, 250_000)}.{chance.choice(('00', '50', '95'))}",
        "deal_currency_code": chance.choice(("EUR", "EUR", "USD", "GBP")),
        "closedate": f"{TODAY + timedelta(days=days)}T12:00:00Z",
        "dealtype": chance.choice(("newbusiness", "existingbusiness", "")),
        "hubspot_owner_id": chance.choice(OWNERS),
        "description": chance.choice((*NOTES, "", "", "", "")),
        "renewal_date": str(TODAY + timedelta(days=chance.randrange(30, 900))) if pipeline == "2001000" else "",
    }
    return _filled(row)


def _plant(demo: Demo) -> None:
    """The five blemishes, at fixed places."""
    home = demo.companies[7]
    demo.contacts[100].update(
        email=f"gideon.ashgrove@{home['domain']}",
        firstname="Gideon",
        lastname="Ashgrove",
        jobtitle="Vice President for Regional Procurement, Supplier Development, Quality Assurance, Sustainability Reporting, "
        "Fleet and Facilities, and Acting Head of the Programme Office for Site Consolidation",
    )
    twin = {"firstname": "Milena", "lastname": "Dvorská", "phone": "+420 555 010 203", "company": home["name"]}
    demo.contacts[200].update(twin, email=f"milena.dvorska@{home['domain']}", jobtitle="Head of Purchasing")
    demo.contacts[201].update(twin, email=f"m.dvorska@{home['domain']}", jobtitle="Purchasing")
    demo.contact_companies = [pair for pair in demo.contact_companies if pair[0] not in (200, 201)]
    demo.contact_companies += [(200, 7), (201, 7)]
    demo.companies[20].update(name="Peregrine & Quill", domain="peregrine-quill.example", country="Ruritania")
    demo.deals[30].update(dealname="Harbour lights retrofit")
    demo.deals[30].pop("closedate", None)
    demo.companies[40].update(name="Saltmarsh Studio", domain="saltmarsh-studio.example")
    nobody = demo.contacts[300]
    nobody.pop("lastname", None)
    nobody.pop("firstname", None)
    nobody.update(email="info@saltmarsh-studio.example", company="Saltmarsh Studio")


def _phone(chance: Random, place: Place) -> str:
    return "".join(str(chance.randrange(10)) if sign == "#" else sign for sign in place.phone)


def _filled(row: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in row.items() if value}
