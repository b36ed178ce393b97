"""HubSpot's admin tools against its emulator: one row per tool, what it sends, what came of it, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sdrbot_skills.crm.hubspot.admin_tools import TOOLS
from sdrbot_skills.errors import ConfigurationError, Refused
from tests.conformance.conftest import Place
from tests.crm.admin_kit import Bench, bench_on, check_table

PROPERTIES, SCHEMAS, PIPELINES = "/crm/v3/properties", "/crm-object-schemas/v3/schemas", "/crm/v3/pipelines"
LABELS = "/crm/v4/associations/contacts/companies/labels"
CHECKED = "?validateReferencesBeforeDelete=true&validateDealStageUsagesBeforeDelete=true"

TABLE = [
    ("list_objects", "-"),
    ("get_object", "object_type"),
    ("create_object", "name, label_singular, label_plural, primary_display_property=name, description?"),
    ("update_object", "object_type, label_singular?, label_plural?, description?"),
    ("delete_object", "object_type"),
    ("list_properties", "object_type, include_hidden:bool=False"),
    ("get_property", "object_type, property_name"),
    (
        "create_property",
        "object_type, name, label, property_type, field_type, group_name=contactinformation, description?, options?",
    ),
    (
        "update_property",
        "object_type, property_name, label?, description?, group_name?, display_order:int?, hidden:bool?, options?",
    ),
    ("delete_property", "object_type, property_name"),
    ("list_owners", "include_archived:bool=False"),
]

KINDS = {
    "text": ("string", "text", "Prüfung"),
    "long_text": ("string", "textarea", "line one\nline two"),
    "integer": ("number", "number", "42"),
    "decimal": ("number", "number", "17.25"),
    "boolean": ("bool", "booleancheckbox", "true"),
    "date": ("date", "date", "2024-02-29"),
    "instant": ("datetime", "date", "2024-02-29T10:20:30Z"),
    "money": ("number", "number", "1234.5"),
    "emails": ("string", "text", "kinds@example.org"),
    "phones": ("string", "phonenumber", "+49 711 5550100"),
    "urls": ("string", "text", "https://example.org/a"),
    "consent": ("bool", "booleancheckbox", "false"),
    "choice": ("enumeration", "select", "silver"),
    "choices": ("enumeration", "checkbox", "gold;silver"),
}
"""Canonical kinds, as HubSpot's types hold them."""


class Account:
    """The emulator asked directly, past broker and adapter."""

    def __init__(self, place: Place) -> None:
        self._base = place.emulator.base_url
        self._headers = {"Authorization": f"Bearer {place.emulator.env['HUBSPOT_ACCESS_TOKEN']}"}

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        answer = httpx.request(method, self._base + path, json=body, headers=self._headers, trust_env=False)
        return answer.raise_for_status().json() if answer.content else None

    def add(self, kind: str, **properties: str) -> str:
        return str(self("POST", f"/crm/v3/objects/{kind}", {"properties": properties})["id"])


@pytest.fixture(scope="module")
def bench(place: Place) -> Iterator[Bench]:
    with bench_on(place) as bench:
        yield bench


@pytest.fixture(scope="module")
def account(place: Place) -> Account:
    return Account(place)


def test_names_and_parameters() -> None:
    check_table("hubspot", TABLE)


def test_reading_tools(bench: Bench) -> None:
    rows: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("list_objects", {}, {"name": "deals", "label": "Deals", "type_id": "0-3", "custom": False}),
        ("list_properties", {"object_type": "contacts"}, {"name": "email", "type": "string", "options": 0}),
        ("list_property_groups", {"object_type": "deals"}, {"name": "dealinformation"}),
        ("list_pipelines", {"object_type": "deals"}, {"id": "default"}),
        (
            "list_association_labels",
            {"from_object": "contacts", "to_object": "companies"},
            {"type_id": 1, "label": "Primary"},
        ),
        ("list_owners", {}, {"active": True}),
    ]
    for name, arguments, expected in rows:
        found = bench.call(name, **arguments)
        assert any(expected.items() <= entry.items() for entry in found), (name, found[:3])
    assert bench.call("get_object", object_type="companies")["label_plural"] == "Companies"
    owners = bench.call("list_owners", include_archived=True)
    assert {owner["active"] for owner in owners} == {True, False}
    assert len(bench.call("list_owners")) < len(owners)


def test_properties(bench: Bench, account: Account) -> None:
    new = {"object_type": "companies", "name": "tier", "label": "Tier", "property_type": "enumeration"}
    (made,) = bench.carry_out(("create_property", {**new, "field_type": "select", "options": "gold=Gold, silver"}))
    assert made.sent == [("POST", f"{PROPERTIES}/companies")]
    assert made.change.requests[0].body["groupName"] == "companyinformation"
    account.add("companies", name="Quetzal", tier="silver")
    where = {"object_type": "companies", "property_name": "tier"}
    added, hidden, changed = bench.carry_out(
        ("add_options", {**where, "options": "bronze=Bronze"}),
        ("hide_options", {"object_type": "companies", "property_name": "industry", "options": "BANKING"}),
        ("update_property", {"object_type": "companies", "property_name": "name", "display_order": 3}),
    )
    assert added.sent == [("PATCH", f"{PROPERTIES}/companies/tier")]
    assert [option["value"] for option in added.result["options"]] == ["gold", "silver", "bronze"]
    assert [one["hidden"] for one in hidden.result["options"] if one["value"] == "BANKING"] == [True]
    assert changed.change.requests[0].body == {"displayOrder": 3}
    shorter = bench.do("update_property", **where, label="Level", options="gold=Gold, bronze=Bronze")
    assert "label: Tier → Level" in shorter.change.says
    assert "The options silver go; 1 companies have one of them" in shorter.change.says
    assert shorter.change.destructive and not added.change.destructive
    (back,) = bench.back(shorter)
    assert (back.result["label"], len(back.result["options"])) == ("Tier", 3)
    (removed,) = bench.back(made)
    assert removed.sent == [("DELETE", f"{PROPERTIES}/companies/tier")]
    assert "1 companies have one" in removed.change.says
    with pytest.raises(ConfigurationError, match="no property 'tier'"):
        bench.call("get_property", **where)
    (restored,) = bench.back(removed)
    assert [option["value"] for option in restored.result["options"]] == ["gold", "silver", "bronze"]


def test_objects(bench: Bench, account: Account) -> None:
    made = bench.do("create_object", name="ship", label_singular="Ship", label_plural="Ships", description="Afloat")
    assert (made.sent, made.result["shown_by"]) == ([("POST", SCHEMAS)], "name")
    name = made.result["name"]
    changed = bench.do("update_object", object_type="ship", label_plural="Vessels")
    assert changed.sent == [("PATCH", f"{SCHEMAS}/{name}")]
    assert bench.call("get_object", object_type=name)["label_plural"] == "Vessels"
    (again,) = bench.back(changed)
    assert (again.result["label_singular"], again.result["label_plural"]) == ("Ship", "Ships")
    record = account.add(name, name="Beagle")
    with pytest.raises(ConfigurationError, match="still has 1"):
        bench.call("delete_object", object_type=name)
    account("DELETE", f"/crm/v3/objects/{name}/{record}")
    (gone,) = bench.back(made)
    assert (gone.sent, gone.undo) == ([("DELETE", f"{SCHEMAS}/{name}")], None)
    assert name not in {entry["name"] for entry in bench.call("list_objects")}
    with pytest.raises(ConfigurationError, match="own objects"):
        bench.call("update_object", object_type="contacts", label_plural="People")


def test_pipelines_and_stages(bench: Bench, account: Account) -> None:
    stages = "Talk=0.2, Won=1.0, Lost=0.0"
    made = bench.do("create_pipeline", object_type="deals", label="Partners", stages=stages)
    talk, won, lost = made.result["stages"]
    assert (won["closed"], talk["probability"]) == (True, "0.2")
    where = {"object_type": "deals", "pipeline_id": made.result["id"]}
    path = f"{PIPELINES}/deals/{made.result['id']}"
    renamed, added, moved = bench.carry_out(
        ("update_pipeline", {**where, "label": "Channel"}),
        ("create_stage", {**where, "label": "Offer", "outlook": "0.5"}),
        ("update_stage", {**where, "stage_id": talk["id"], "label": "First talk", "outlook": "0.1"}),
    )
    assert [one.sent[0] for one in (renamed, added, moved)] == [
        ("PATCH", path),
        ("POST", f"{path}/stages"),
        ("PATCH", f"{path}/stages/{talk['id']}"),
    ]
    deal = account.add("deals", dealname="Big", pipeline=where["pipeline_id"], dealstage=lost["id"])
    with pytest.raises(ConfigurationError, match="1 deals are in Channel"):
        bench.call("delete_pipeline", **where)
    with pytest.raises(ConfigurationError, match="1 deals are in Lost"):
        bench.call("delete_stage", **where, stage_id=lost["id"])
    back = bench.back(moved, added, renamed)
    assert back[0].result == {**talk}
    assert back[1].sent == [("DELETE", f"{path}/stages/{added.result['id']}{CHECKED}")]
    account("DELETE", f"/crm/v3/objects/deals/{deal}")
    (gone,) = bench.back(made)
    assert gone.sent == [("DELETE", path + CHECKED)]
    (anew,) = bench.back(gone)
    assert [(one["label"], one["probability"]) for one in anew.result["stages"]] == [
        (one["label"], one["probability"]) for one in (talk, won, lost)
    ]


def test_groups_and_labels(bench: Bench) -> None:
    ends = {"from_object": "contacts", "to_object": "companies"}
    group, label = bench.carry_out(
        ("create_property_group", {"object_type": "contacts", "name": "migrated", "label": "Migrated"}),
        ("create_association_label", {**ends, "name": "payer", "label": "Pays", "inverse_label": "Paid by"}),
    )
    assert (group.sent, label.sent) == ([("POST", f"{PROPERTIES}/contacts/groups")], [("POST", LABELS)])
    type_id = label.result[0]["type_id"]
    renamed = bench.do("update_association_label", **ends, type_id=type_id, label="Payer")
    assert {"type_id": type_id, "label": "Payer", "custom": True} in bench.call("list_association_labels", **ends)
    gone = bench.back(group, renamed, label)
    assert [one.sent[0] for one in gone] == [
        ("DELETE", f"{PROPERTIES}/contacts/groups/migrated"),
        ("PUT", LABELS),
        ("DELETE", f"{LABELS}/{type_id}"),
    ]
    assert not any(entry["custom"] for entry in bench.call("list_association_labels", **ends))


def test_every_tool_was_called() -> None:
    """A row is missing above where a tool is not named in this file."""
    text = Path(__file__).read_text(encoding="utf-8")
    made_by_undo = {"delete_property_group", "delete_association_label", "restore_property"}
    assert {tool.name for tool in TOOLS if f'"{tool.name}"' not in text} <= made_by_undo


def test_a_property_of_every_kind_is_made_filled_read_and_removed(bench: Bench, account: Account) -> None:
    calls = [
        (
            "create_property",
            {
                "object_type": "contacts",
                "name": f"kind_{kind}",
                "label": kind,
                "property_type": property_type,
                "field_type": field_type,
                "options": "gold, silver" if property_type == "enumeration" else None,
            },
        )
        for kind, (property_type, field_type, _) in KINDS.items()
    ]
    made = bench.carry_out(*calls)
    values = {f"kind_{kind}": value for kind, (_, _, value) in KINDS.items()}
    record = account.add("contacts", email="kinds@example.org", **values)
    read = account("GET", f"/crm/v3/objects/contacts/{record}?properties={','.join(values)}")["properties"]
    assert {name: read[name] for name in values} == values
    assert all("1 contacts have one" in one.change.says for one in bench.back(*made))
    assert not {entry["name"] for entry in bench.call("list_properties", object_type="contacts")} & set(values)


def test_the_broker_sends_what_was_sealed_and_nothing_else(bench: Bench) -> None:
    new = {"object_type": "contacts", "name": "one", "property_type": "string", "field_type": "text"}
    sealed, other = (bench.call("create_property", label=label, **new) for label in ("One", "Other"))
    pipeline = bench.call("create_pipeline", object_type="deals", label="Short", stages="Won=1.0")
    with bench.sending(sealed) as client:
        for request in (*other.requests, *pipeline.requests, sealed.requests[0]._replace(path=f"{PROPERTIES}/deals")):
            with pytest.raises(Refused) as refused:
                bench.box.send(client, request)
            assert refused.value.code == "schema_not_planned"
        assert bench.box.send(client, sealed.requests[0])["label"] == "One"
