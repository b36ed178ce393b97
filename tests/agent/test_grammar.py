"""What the guide understands of a sentence."""

import pytest

from sdrbot_skills.agent.grammar import Wish, is_no, is_yes, pick, put_right, read_wish


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("migrate contacts from HubSpot to Salesforce", Wish("hubspot", "salesforce", ["contacts"])),
        (
            "Migrate contacts and companies from HubSpot to Salesforce",
            Wish("hubspot", "salesforce", ["companies", "contacts"]),
        ),
        ("please move our deals into hubspot from salesforce", Wish("salesforce", "hubspot", ["deals"])),
        (
            "copy everything from Salesforce to HubSpot",
            Wish("salesforce", "hubspot", ["companies", "contacts", "deals"]),
        ),
        (
            "Migrate contacts created this year from HubSpot to Salesforce leads",
            Wish("hubspot", "salesforce", ["contacts:leads"], ["created this year"]),
        ),
        ("hubspot -> salesforce, opportunities", Wish("hubspot", "salesforce", ["deals"])),
        ("contacts from hubspot to hubspot-second", Wish("hubspot", "hubspot-second", ["contacts"])),
        (
            "contacts owned by ann@example.com from hubspot to salesforce",
            Wish("hubspot", "salesforce", ["contacts"], ["owned by ann@example.com"]),
        ),
        ("leads from salesforce to hubspot", Wish("salesforce", "hubspot", ["leads"])),
        ("what is the weather like", Wish()),
        (
            "get our contacts out of zoho and put them in pipedrive, only those in Germany",
            Wish("zohocrm", "pipedrive", ["contacts"], ["in Germany"]),
        ),
        (
            "contacts from zoho to pipedrive, only the German ones, created after 2024",
            Wish("zohocrm", "pipedrive", ["contacts"], ["created after 2024", "German ones"]),
        ),
        (
            "migrate contacts from Zoho to Pipedrive where Lead Source = Web",
            Wish("zohocrm", "pipedrive", ["contacts"], ["Lead Source = Web"]),
        ),
        (
            "migrate contacts and companies from hubspot to salesforce, only companies in Germany and created after 2024",
            Wish(
                "hubspot",
                "salesforce",
                ["companies", "contacts"],
                ["companies: in Germany", "companies: created after 2024"],
            ),
        ),
        (
            "only companies in Germany from hubspot to salesforce, contacts too",
            Wish("hubspot", "salesforce", ["companies", "contacts"], ["companies: in Germany"]),
        ),
        ("migrate only contacts from zoho to pipedrive", Wish("zohocrm", "pipedrive", ["contacts"])),
        ("I just want to move contacts from zoho to pipedrive", Wish("zohocrm", "pipedrive", ["contacts"])),
    ],
)
def test_reads_a_wish(text: str, wish: Wish) -> None:
    assert read_wish(text) == wish


def test_a_name_that_contains_a_crm_is_no_object() -> None:
    assert read_wish("to salesforce from hubspot").objects == []


@pytest.mark.parametrize("text", ["yes", "Yes.", "y", "OK", "go on"])
def test_agreement(text: str) -> None:
    assert is_yes(text) and not is_no(text)


@pytest.mark.parametrize("text", ["no", "stop", "Not now"])
def test_refusal(text: str) -> None:
    assert is_no(text) and not is_yes(text)


def test_anything_else_is_neither() -> None:
    assert not is_yes("yes but first show me the mapping") and not is_no("nothing")


def test_picks_by_number_name_and_beginning() -> None:
    choices = ["leave_out", "map", "quarantine"]
    assert pick("2", choices) == "map"
    assert pick("Quarantine", choices) == "quarantine"
    assert pick("lea", choices) == "leave_out"
    assert pick("4", choices) is None
    assert pick("x", choices) is None


def test_an_ambiguous_beginning_is_not_picked() -> None:
    assert pick("ma", ["map", "make"]) is None


@pytest.mark.parametrize(
    ("text", "right", "changed"),
    [
        ("deals where contract type = New", "deals where contract type = New", {}),
        ("only contract = yes", "only contract = yes", {}),
        ("contats from pipdrive", "contacts from pipedrive", {"contats": "contacts", "pipdrive": "pipedrive"}),
        ("comapnies to Salesforce", "companies to Salesforce", {"comapnies": "companies"}),
        ("owned by contat@pipdrive.example", "owned by contat@pipdrive.example", {}),
        ("what is the weather like", "what is the weather like", {}),
    ],
)
def test_what_is_misspelled_is_put_right_and_said(text: str, right: str, changed: dict[str, str]) -> None:
    assert put_right(text) == (right, changed)
