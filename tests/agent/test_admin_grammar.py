"""Sentences to an administrator, in every CRM: each means a tool that is there, with arguments that it takes."""

from __future__ import annotations

from typing import Any

import pytest

from sdrbot_skills.agent.admin_grammar import KINDS, SPEECH, admin_call
from sdrbot_skills.agent.grammar import CRM_WORDS
from sdrbot_skills.crm import registry

WORDS = {crm: word for word, crm in reversed(CRM_WORDS.items())}
EVERYWHERE = [
    "list objects",
    "list fields of contacts",
    "list the properties of companies",
    *(f"create field Customer tier of contacts as {kind}" for kind in KINDS),
    'add a custom field "Customer tier" for deals as choice with Gold, Silver',
]
SOMEWHERE = {
    "show field tier of contacts": {"hubspot", "salesforce", "attio", "zohocrm"},
    "delete field tier of contacts": {"hubspot", "salesforce"},
    "list pipelines": {"hubspot", "pipedrive", "zohocrm"},
    "list users": {"hubspot", "salesforce", "attio", "zohocrm", "twenty"},
}


def test_every_crm_has_its_words() -> None:
    assert set(SPEECH) == set(registry.crm_names())


@pytest.mark.parametrize("crm", registry.crm_names())
def test_a_sentence_means_a_tool_with_arguments_that_it_takes(crm: str) -> None:
    tools = registry.admin_toolbox(crm).tools
    for sentence in [*EVERYWHERE, *(text for text, crms in SOMEWHERE.items() if crm in crms)]:
        for asked in (admin_call(sentence, crm), admin_call(f"{sentence} in {WORDS[crm]}.", None)):
            assert asked is not None, sentence
            tools[asked[0]].checked(asked[1])
    for sentence, crms in SOMEWHERE.items():
        assert crm in crms or admin_call(sentence, crm) is None, sentence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("list fields of people in salesforce", ("salesforce_admin_list_fields", {"object_name": "Contact"})),
        ("list fields of Invoice__c", ("salesforce_admin_list_fields", {"object_name": "Invoice__c"})),
        (
            "create field Customer tier of deals as choice with Gold, Silver in hubspot",
            (
                "hubspot_admin_create_property",
                {
                    "object_type": "deals",
                    "label": "Customer tier",
                    "name": "customer_tier",
                    "options": "Gold, Silver",
                    "property_type": "enumeration",
                    "field_type": "select",
                },
            ),
        ),
        (
            'zohocrm_admin_create_module singular_label=Boat plural_label="Big boats" profile_ids=1',
            (
                "zohocrm_admin_create_module",
                {"singular_label": "Boat", "plural_label": "Big boats", "profile_ids": "1"},
            ),
        ),
        ("hubspot_admin_list_owners", ("hubspot_admin_list_owners", {})),
        ("hubspot_admin_list_owners please", None),
        ("migrate contacts from HubSpot to Salesforce", None),
        ("list fields", None),
        ("yes", None),
    ],
)
def test_what_is_understood(text: str, expected: tuple[str, dict[str, Any]] | None) -> None:
    assert admin_call(text, "salesforce") == expected


def test_without_a_crm_nothing_is_guessed() -> None:
    assert admin_call("list fields of contacts", None) is None
