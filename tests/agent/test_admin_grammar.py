"""Sentences to an administrator, in every CRM: each means a tool that is there, with arguments that it takes."""

from __future__ import annotations

from typing import Any

import pytest

from sdrbot_skills.agent.admin_grammar import admin_call
from sdrbot_skills.agent.admin_sentences import KINDS, NEW_FIELD, SENTENCES
from sdrbot_skills.agent.grammar import CRM_WORDS
from sdrbot_skills.crm import registry

WORDS = {crm: word for word, crm in reversed(CRM_WORDS.items())}
EVERYWHERE = [
    "list objects",
    "list fields of contacts",
    "list the properties of companies",
    *(f"create field Customer tier of contacts as {kind}" for kind in KINDS),
    "make a field Customer tier for contacts",
    "add option Bronze to field 12 of contacts",
    "show field 12 of contacts",
    "delete the field 12 of contacts",
]
SOMEWHERE = {
    'add a custom field "Customer tier" for deals as choice with Gold, Silver': set(CRM_WORDS.values()) - {"attio"},
    "make a field Customer tier for contacts with options Gold and Silver": set(CRM_WORDS.values()) - {"attio"},
    "add options Bronze, Lead to field 12 of contacts": set(CRM_WORDS.values()) - {"attio"},
    "show field tier of contacts": set(CRM_WORDS.values()) - {"pipedrive"},
    "delete field tier of contacts": set(CRM_WORDS.values()) - {"pipedrive"},
    "list pipelines": {"hubspot", "pipedrive", "zohocrm"},
    "list users": set(CRM_WORDS.values()) - {"pipedrive"},
    "create pipeline Partners with stages New=0.1, Won=1.0": {"hubspot", "pipedrive", "zohocrm"},
    "create pipeline Partners": {"pipedrive"},
    "delete pipeline 3": {"hubspot", "pipedrive", "zohocrm"},
    "create stage Trial in pipeline 3": {"pipedrive", "attio"},
}


def test_every_crm_has_its_words() -> None:
    assert set(SENTENCES) == set(NEW_FIELD) == set(registry.crm_names())
    assert all(len(kinds) == len(KINDS) for kinds in NEW_FIELD.values())
    tables = [set(table) - {"remove pipeline"} for table in SENTENCES.values()]
    assert all(table == tables[0] for table in tables)


@pytest.mark.parametrize("crm", registry.crm_names())
def test_a_sentence_means_a_tool_with_arguments_that_it_takes(crm: str) -> None:
    tools = registry.admin_toolbox(crm).tools
    for sentence in [*EVERYWHERE, *(text for text, crms in SOMEWHERE.items() if crm in crms)]:
        for asked in (admin_call(sentence, crm), admin_call(f"{sentence} in {WORDS[crm]}.", None)):
            assert isinstance(asked, tuple), sentence
            tools[asked[0]].checked(asked[1])
    for sentence, crms in SOMEWHERE.items():
        told = admin_call(sentence, crm)
        assert crm in crms or (isinstance(told, str) and "{" not in told), sentence


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


def test_without_a_crm_nothing_is_guessed_and_the_way_is_told() -> None:
    told = admin_call("list fields of contacts", None)
    assert isinstance(told, str) and "`/setup privileged CONNECTION`" in told


def test_what_is_nearly_a_request_is_answered_with_examples() -> None:
    told = admin_call("create a field as colour for the contacts", "hubspot")
    assert isinstance(told, str) and "create field Tier of contacts as choice with Gold, Silver" in told


def test_where_a_crm_goes_by_numbers_it_says_how_to_find_them() -> None:
    told = admin_call("delete field tier of contacts", "pipedrive")
    assert isinstance(told, str) and "`list fields of persons`" in told
