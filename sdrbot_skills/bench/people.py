"""Invented contacts in any number, put into a practice HubSpot through its own batch interface; the same for the same number."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import httpx
import orjson

from sdrbot_skills.lab.processes import Emulator

BATCH = 100
_GIVEN = ("Ana", "Björn", "Chiara", "Dmytro", "Eun-ji", "Farid", "Grace", "Håkon", "Inês", "Jun", "Katarzyna")
_FAMILY = ("Silva", "Lindqvist", "Rossi", "Shevchenko", "Kim", "Haddad", "Okafor", "Nilsen", "Marques", "Tanaka")
_TITLES = ("Head of Purchasing", "Site Manager", "Buyer", "Managing Director", "Controller", "Plant Engineer")
_CITIES = (("Porto", "Portugal"), ("Malmö", "Sweden"), ("Torino", "Italy"), ("Lagos", "Nigeria"), ("Osaka", "Japan"))
_TRADES = ("Logistics", "Robotics", "Foods", "Optics", "Timber", "Energy", "Textiles")


def contact(number: int) -> dict[str, str]:
    """One person; the e-mail address is theirs alone."""
    given, family = _GIVEN[number % len(_GIVEN)], _FAMILY[number // len(_GIVEN) % len(_FAMILY)]
    city, country = _CITIES[number % len(_CITIES)]
    trade = _TRADES[number % len(_TRADES)]
    row = {
        "email": f"person{number}@{trade.lower()}.example",
        "firstname": given,
        "lastname": f"{family} {number}",
        "jobtitle": _TITLES[number % len(_TITLES)],
        "phone": f"+351 210 {number % 1_000_000:06d}",
        "mobilephone": f"+351 910 {number % 1_000_000:06d}" if number % 3 == 0 else "",
        "address": f"{number % 180 + 1} Rua do Porto",
        "city": city,
        "country": country,
        "zip": f"{10_000 + number % 90_000}",
        "company": f"{family} {trade}",
    }
    return {name: value for name, value in row.items() if value}


def seed(hubspot: Emulator, records: int) -> None:
    """Put that many contacts in. Raises `httpx.HTTPStatusError` where a batch is refused."""
    _send(hubspot, "create", ([{"properties": row} for row in part] for part in _parts(records)))


def promote(hubspot: Emulator, records: int) -> None:
    """Give each of them another job, so that a second migration has something to change in every record."""
    _send(hubspot, "upsert", ([_promotion(row) for row in part] for part in _parts(records)))


def _promotion(row: dict[str, str]) -> dict[str, Any]:
    return {"id": row["email"], "idProperty": "email", "properties": {"jobtitle": f"Senior {row['jobtitle']}"}}


def _send(hubspot: Emulator, operation: str, batches: Iterator[list[dict[str, Any]]]) -> None:
    token = next(value for name, value in hubspot.env.items() if name.startswith("HUBSPOT_ACCESS_TOKEN"))
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with httpx.Client(base_url=hubspot.base_url, headers=headers, timeout=60, trust_env=False, verify=False) as http:
        for inputs in batches:
            answer = http.post(
                f"/crm/v3/objects/contacts/batch/{operation}", content=orjson.dumps({"inputs": inputs})
            ).raise_for_status()
            if len(answer.json()["results"]) != len(inputs):
                raise httpx.HTTPStatusError("a row was refused", request=answer.request, response=answer)


def _parts(records: int) -> Iterator[list[dict[str, str]]]:
    rows = (contact(number) for number in range(records))
    while part := list(islice(rows, BATCH)):
        yield part
