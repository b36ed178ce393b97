"""Invented companies, people and deals in common words, with the blemishes that a migration stumbles over. The same for the same number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from sdrbot_skills.lab.plain.account import Account, Row

_GIVEN = ("Ada", "Björn", "Chiara", "Dmytro", "Eun-ji", "Фёдор", "Grace", "花子", "Inês", "Jamal")
_FAMILY = ("Ashdown", "Lindqvist", "Rossi", "Shevchenko", "O'Hara", "Ивано́в", "Okafor", "山田", "Marques")
_PLACES = (("Basel", "Basel-Stadt", "Switzerland"), ("Porto", "Norte", "Portugal"), ("Kyoto", "Kansai", "Japan"))
_JOBS = ("Buyer", "Head of Purchasing", 'Owner; "the boss"', "Plant manager, nights", "Controller")

RIGHT_TO_LEFT = "شركة النور 🚀 מגדל"


class Blemish(NamedTuple):
    """Values that make the record at a place of its kind hard to carry; an empty text takes a value away. `twin`: the record whose key it has."""

    name: str
    kind: str
    place: int
    values: Row
    twin: int | None = None


@dataclass
class Population:
    """Rows by kind; links as places in those lists; blemishes, each on a record of its own."""

    rows: dict[str, list[Row]]
    links: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    blemishes: list[Blemish] = field(default_factory=list)


def populate(account: Account, records: int) -> Population:
    """So many of each kind, for an account with these stages and industries. Blemishes need 12 of each."""
    made = Population(
        {
            "companies": [_company(n, account) for n in range(records)],
            "contacts": [_contact(n) for n in range(records)],
            "deals": [_deal(n, account) for n in range(records)],
        }
    )
    made.links["contacts.company"] = [(n, n * 7 % records) for n in range(records)]
    made.links["deals.company"] = [(n, n * 3 % records) for n in range(records)]
    people = (0,) if account.one_contact else (0, 1)
    made.links["deals.contacts"] = [(n, (n + more) % records) for n in range(records) for more in people]
    if "companies.parent" in account.link_names:
        made.links["companies.parent"] = [(n, n // 2) for n in range(max(2, records - records // 4), records)]
    if records >= LEAST:
        made.blemishes = list(_blemishes(made))
    return made


LEAST = 12
CYCLE = ((9, 10), (10, 11), (11, 9))
"""Companies that are each other's parents, by place."""


def _company(n: int, account: Account) -> Row:
    city, region, country = _PLACES[n % len(_PLACES)]
    row = {
        "name": f"Works No. {n:05} – Größe & Co",
        "domain": f"works-{n:05}.example",
        "phone": f"+41615{n:06}",
        "street": f"Main Street {n}",
        "city": city,
        "region": region,
        "postal_code": f"{4000 + n}",
        "country": country,
        "employees": f"{10 + n}",
        "revenue": f"{1000 * n + 500}",
        "description": f"Firm number {n}.\nSecond line; with, signs & <b>words</b>",
    }
    return {**row, "industry": account.industries[n % len(account.industries)]} if account.industries else row


def _contact(n: int) -> Row:
    city, region, country = _PLACES[n % len(_PLACES)]
    return {
        "first_name": _GIVEN[n % len(_GIVEN)],
        "last_name": f"{_FAMILY[n % len(_FAMILY)]}-{n:05}",
        "email": f"person{n:05}@works-{n % 97:05}.example",
        "phone": f"+41795{n:06}",
        "job_title": _JOBS[n % len(_JOBS)],
        "street": f"Side Street {n}",
        "city": city,
        "region": region,
        "postal_code": f"{8000 + n}",
        "country": country,
        "birth_date": f"{1950 + n % 50}-{n % 12 + 1:02}-{n % 28 + 1:02}",
        "description": f"Met at fair {n}",
    }


def _deal(n: int, account: Account) -> Row:
    return {
        "name": f"Order {n:05} – résumé",
        "amount": f"{100 + n}.{n % 10}5",
        "currency": "EUR",
        "stage": account.stages[n % len(account.stages)],
        "close_date": f"2026-{n % 12 + 1:02}-{n % 28 + 1:02}",
        "description": f"Offer {n}",
    }


def _blemishes(made: Population) -> tuple[Blemish, ...]:
    people, firms = made.rows["contacts"], made.rows["companies"]
    return (
        Blemish("over-long text", "companies", 0, {"name": "N" * 300}),
        Blemish("unlisted option", "companies", 1, {"industry": "Ruritanian"}),
        Blemish("emoji and right-to-left text", "companies", 2, {"name": f"{RIGHT_TO_LEFT} {2:05}"}),
        Blemish("duplicate key", "companies", 3, {"domain": firms[4]["domain"]}, twin=4),
        Blemish("missing required field", "companies", 5, {"name": ""}),
        Blemish("very long text", "companies", 6, {"description": "long " * 8_000}),
        Blemish("over-long text", "contacts", 0, {"job_title": "Head of " * 40}),
        Blemish("invalid e-mail", "contacts", 1, {"email": "nobody@nowhere"}),
        Blemish("duplicate key", "contacts", 2, {"email": people[3]["email"]}, twin=3),
        Blemish("missing required field", "contacts", 4, {"last_name": ""}),
        Blemish("emoji and right-to-left text", "contacts", 5, {"first_name": "نور 🚀", "last_name": f"מגדל-{5:05}"}),
        Blemish("two e-mails", "contacts", 6, {"email": f"{people[6]['email']} second6@other.example"}),
        Blemish("year 0001", "contacts", 7, {"birth_date": "0001-01-01"}),
        Blemish("year 9999", "contacts", 8, {"birth_date": "9999-12-31"}),
        Blemish("leap day", "contacts", 9, {"birth_date": "2024-02-29"}),
        Blemish("no digits in the phone", "contacts", 10, {"phone": "call me"}),
        Blemish("zero-decimal currency", "deals", 1, {"amount": "1234567", "currency": "JPY"}),
        Blemish("year 0001", "deals", 2, {"close_date": "0001-01-01"}),
        Blemish("year 9999", "deals", 3, {"close_date": "9999-12-31"}),
        Blemish("leap day", "deals", 4, {"close_date": "2024-02-29"}),
        Blemish("emoji and right-to-left text", "deals", 5, {"name": f"{RIGHT_TO_LEFT} {5:05}"}),
        Blemish("missing required field", "deals", 6, {"close_date": ""}),
        Blemish("over-long text", "deals", 7, {"name": "D" * 200}),
        Blemish("no amount", "deals", 8, {"amount": ""}),
        Blemish("negative amount", "deals", 9, {"amount": "-17.5"}),
    )
