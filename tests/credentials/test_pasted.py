"""What people paste: cleaned, or recognised as something else, in words that help and never repeat a secret."""

from __future__ import annotations

import pytest

from sdrbot_skills.credentials.pasted import cleaned
from sdrbot_skills.errors import ConfigurationError


@pytest.mark.parametrize(
    ("crm", "name", "pasted", "sent"),
    [
        ("hubspot", "token", "  pat-na1-1234 \n", "pat-na1-1234"),
        ("hubspot", "token", "pat-na1-12\n 34", "pat-na1-1234"),
        ("hubspot", "token", '"pat-eu1-1234"', "pat-eu1-1234"),
        ("hubspot", "token", "Bearer pat-na1-1234", "pat-na1-1234"),
        ("hubspot", "token", "HUBSPOT_ACCESS_TOKEN='pat-na1-1234'", "pat-na1-1234"),
        ("zohocrm", "refresh_token", "1000.ab=cd", "1000.ab=cd"),
        ("salesforce", "origin", "acme", "https://acme.my.salesforce.com"),
        ("salesforce", "origin", "acme.lightning.force.com/lightning/page/home", "https://acme.my.salesforce.com"),
        ("salesforce", "origin", "https://acme--uat.sandbox.lightning.force.com", "https://acme--uat.sandbox.my.salesforce.com"),
        ("salesforce", "origin", "http://acme.my.salesforce.com/", "https://acme.my.salesforce.com"),
        ("salesforce", "origin", "http://127.0.0.1:4711/", "http://127.0.0.1:4711"),
        ("pipedrive", "origin", "acme", "https://acme.pipedrive.com"),
        ("pipedrive", "origin", "https://acme.pipedrive.com/pipeline/1/user/everyone", "https://acme.pipedrive.com"),
        ("zohocrm", "origin", "EU", "https://accounts.zoho.eu"),
        ("zohocrm", "origin", "https://crm.zoho.com.au/crm/org1/tab/Home", "https://accounts.zoho.com.au"),
        ("zohocrm", "origin", "https://crm.zohocloud.ca", "https://accounts.zohocloud.ca"),
        ("twenty", "origin", "https://crm.acme.example/rest", "https://crm.acme.example"),
        ("twenty", "origin", "crm.acme.example:3000", "https://crm.acme.example:3000"),
    ],
)  # fmt: skip
def test_what_clings_to_it_is_taken_off(crm: str, name: str, pasted: str, sent: str) -> None:
    assert cleaned(crm, name, pasted) == sent


@pytest.mark.parametrize(
    ("crm", "name", "pasted", "words"),
    [
        ("hubspot", "token", "   ", "Nothing was pasted"),
        ("hubspot", "token", "••••••••••", "hidden form"),
        ("hubspot", "token", "****", "hidden form"),
        ("hubspot", "token", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "begins with"),
        ("hubspot", "token", "pat-na1-12“34", "no key has"),
        ("twenty", "token", "abc.def", "three parts"),
        ("pipedrive", "token", "acme.pipedrive.com", "an address"),
        ("pipedrive", "origin", "https://app.pipedrive.com/", "your company's name"),
        ("zohocrm", "origin", "mars", "data centres"),
        ("zohocrm", "origin", "https://accounts.zoho.evil.example", "data centres"),
        ("salesforce", "origin", "https://acme.example.com", "My Domain"),
    ],
)
def test_something_else_is_recognised(crm: str, name: str, pasted: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        cleaned(crm, name, pasted)
    if name == "token" and pasted.strip():
        assert pasted not in str(caught.value)
