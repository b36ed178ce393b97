"""The demo company: complete, the same every time, with its five blemishes where they are said to be."""

from collections import Counter

import httpx

from sdrbot_skills import lab
from sdrbot_skills.lab import demo
from sdrbot_skills.lab.seed import seed_hubspot


def search(http: httpx.Client, kind: str, name: str, operator: str, value: str = "") -> list[dict[str, str]]:
    rule = {"propertyName": name, "operator": operator, **({"value": value} if value else {})}
    properties = ["firstname", "lastname", "phone", "jobtitle", "closedate", "dealname", "country", "email", "name"]
    body = {"filterGroups": [{"filters": [rule]}], "properties": properties, "limit": 200}
    return [row["properties"] for row in http.post(f"/crm/v3/objects/{kind}/search", json=body).json()["results"]]


def test_the_same_seed_makes_the_same_demo() -> None:
    assert demo.make(3) == demo.make(3)
    assert demo.make(3) != demo.make(4)


def test_it_goes_in_through_the_front_door(hubspot: lab.Emulator, http: httpx.Client) -> None:
    made = seed_hubspot(hubspot.base_url, hubspot.env)
    writes = hubspot.writes()
    assert {kind: writes[f"{kind}/inserted"] for kind in ("companies", "contacts", "deals")} == {
        "companies": 300,
        "contacts": 2000,
        "deals": 500,
    }
    assert not [name for name in hubspot.counters() if name.startswith("refusals/")]
    opted_out = [position for position in made.opted_out if made.contacts[position].get("email")]
    assert len(search(http, "contacts", "hs_email_optout", "EQ", "true")) == len(opted_out) > 30
    assert len(made.deal_contacts) > 300


def test_the_five_blemishes(hubspot: lab.Emulator, http: httpx.Client) -> None:
    seed_hubspot(hubspot.base_url, hubspot.env)
    (long,) = search(http, "contacts", "lastname", "EQ", "Ashgrove") and [
        row for row in search(http, "contacts", "firstname", "EQ", "Gideon") if len(row["jobtitle"]) > 128
    ]
    assert long["email"].startswith("gideon.ashgrove@")
    twins = search(http, "contacts", "lastname", "EQ", "Dvorská")
    assert Counter(row["phone"] for row in twins) == {"+420 555 010 203": 2}
    assert [row["name"] for row in search(http, "companies", "country", "EQ", "Ruritania")] == ["Peregrine & Quill"]
    undated = search(http, "deals", "closedate", "NOT_HAS_PROPERTY")
    assert [row["dealname"] for row in undated] == ["Harbour lights retrofit"]
    nameless = search(http, "contacts", "lastname", "NOT_HAS_PROPERTY")
    assert [row["email"] for row in nameless] == ["info@saltmarsh-studio.example"]
    assert len(demo.BLEMISHES) == 5


def test_names_are_from_many_scripts() -> None:
    names = "".join(contact.get("lastname", "") for contact in demo.make().contacts)
    for letter in "üąñ藤欧Πا":
        assert letter in names
    assert any("\n" in contact.get("message", "") for contact in demo.make().contacts)
