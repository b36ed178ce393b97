"""Attio's admin tools against its emulator: one row per changing tool, carried out and taken back; what only looks, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sdrbot_skills import lab
from sdrbot_skills.errors import ConfigurationError
from tests.conformance.case import ATTIO
from tests.conformance.conftest import Place
from tests.crm.admin_kit import Bench, bench_on, check_table
from tests.crm.admin_rows import Known, Row, run_table
from tests.lab.attio_workspace import Workspace

PEOPLE, OBJECTS = "/v2/objects/people/attributes", "/v2/objects"


@pytest.fixture(scope="module")
def bench(running: lab.Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench_on(Place(ATTIO, running, Path(tmp_path_factory.mktemp("attio-admin")))) as bench:
        yield bench


@pytest.fixture(scope="module")
def vendor(bench: Bench) -> Iterator[Workspace]:
    workspace = Workspace(bench.place.emulator)
    yield workspace
    workspace.close()


def test_names_and_parameters() -> None:
    check_table(
        "attio",
        [
            ("list_objects", "-"),
            ("get_object", "object_slug"),
            ("create_object", "api_slug, singular_noun, plural_noun"),
            ("update_object", "object_slug, api_slug?, singular_noun?, plural_noun?"),
            ("list_attributes", "object_slug, include_archived:bool=False"),
            ("get_attribute", "object_slug, attribute_slug"),
            (
                "create_attribute",
                "object_slug, api_slug, title, attribute_type, description?, is_required:bool=False, is_unique:bool=False, "
                "is_multiselect:bool=False, type_config?, relationship_object?",
            ),
            (
                "update_attribute",
                "object_slug, attribute_slug, title?, description?, api_slug?, is_required:bool?, is_unique:bool?, "
                "is_archived:bool?, type_config?",
            ),
            ("list_members", "-"),
        ],
    )


def objects(bench: Bench, known: Known) -> Any:
    return {one["slug"]: one["plural"] for one in bench.call("list_objects") if one["custom"]}


def of(object_slug: str, attribute_slug: str, *names: str) -> Any:
    """What is told of an attribute; nothing while it is archived."""

    def look(bench: Bench, known: Known) -> Any:
        there = {one["slug"] for one in bench.call("list_attributes", object_slug=object_slug)}
        if attribute_slug not in there:
            return None
        told = bench.call("get_attribute", object_slug=object_slug, attribute_slug=attribute_slug)
        return [told[name] for name in names]

    return look


def choices(object_slug: str, attribute_slug: str, tool: str = "list_options") -> Any:
    def look(bench: Bench, known: Known) -> Any:
        where = {"object_slug": object_slug, "attribute_slug": attribute_slug}
        return [one["title"] for one in bench.call(tool, **where)]

    return look


def stage(bench: Bench, known: Known) -> Any:
    listed = bench.call("list_statuses", object_slug="deals", attribute_slug="stage")
    return [(one["title"], one["celebration_enabled"], one["target_time_in_status"]) for one in listed][4:]


TIER = {"object_slug": "people", "attribute_slug": "tier"}
VISITS = {"plural_noun": "Visits", "singular_noun": "Visit"}
STAGE = {"object_slug": "deals", "attribute_slug": "stage"}
STATUSES = "/v2/objects/deals/attributes/stage/statuses"

TABLE = [
    Row(
        "create_object", {"api_slug": "visits", **VISITS},
        [("POST", OBJECTS, {"data": {"api_slug": "visits", **VISITS}})], objects, {"visits": "Visits"},
    ),
    Row(
        "update_object", {"object_slug": "visits", "api_slug": "calls", "plural_noun": "Calls"},
        [("PATCH", f"{OBJECTS}/visits", {"data": {"api_slug": "calls", "plural_noun": "Calls"}})], objects, {"calls": "Calls"},
    ),
    Row(
        "create_attribute",
        {"object_slug": "people", "api_slug": "tier", "title": "Tier", "attribute_type": "select", "is_multiselect": True},
        [("POST", PEOPLE, {"data": {"type": "select", "is_multiselect": True, "is_unique": False, "config": {}}})],
        of("people", "tier", "title", "type", "multiselect"), ["Tier", "select", True],
    ),
    Row(
        "create_option", {**TIER, "title": "Gold"}, [("POST", f"{PEOPLE}/tier/options", {"data": {"title": "Gold"}})],
        choices("people", "tier"), ["Gold"], keeps="gold",
    ),
    Row(
        "update_option", {**TIER, "option": "Gold", "title": "Golden"},
        [("PATCH", f"{PEOPLE}/tier/options/{{gold}}", {"data": {"title": "Golden"}})], choices("people", "tier"), ["Golden"],
    ),
    Row(
        "update_option", {**TIER, "option": "{gold}", "is_archived": True},
        [("PATCH", f"{PEOPLE}/tier/options/{{gold}}", {"data": {"is_archived": True}})], choices("people", "tier"), [],
    ),
    Row(
        "create_status", {**STAGE, "title": "Parked", "celebration_enabled": True},
        [("POST", STATUSES, {"data": {"title": "Parked", "celebration_enabled": True}})],
        stage, [("Parked", True, None)], keeps="parked",
    ),
    Row(
        "update_status", {**STAGE, "status": "Parked", "celebration_enabled": False, "target_time_in_status": "P3D"},
        [("PATCH", f"{STATUSES}/{{parked}}", {"data": {"celebration_enabled": False, "target_time_in_status": "P3D"}})],
        stage, [("Parked", False, "P3D")],
    ),
    Row(
        "update_attribute", {**TIER, "title": "Level", "description": "How we treat them", "api_slug": "level"},
        [("PATCH", f"{PEOPLE}/tier", {"data": {"title": "Level", "description": "How we treat them", "api_slug": "level"}})],
        of("people", "level", "title", "description"), ["Level", "How we treat them"],
    ),
    Row(
        "archive_attribute", {"object_slug": "people", "attribute_slug": "level"},
        [("PATCH", f"{PEOPLE}/level", {"data": {"is_archived": True}})], of("people", "level", "title"), None,
    ),
    Row(
        "unarchive_attribute", {"object_slug": "people", "attribute_slug": "level"},
        [("PATCH", f"{PEOPLE}/level", {"data": {"is_archived": False}})], of("people", "level", "title"), ["Level"],
    ),
    Row(
        "create_attribute",
        {"object_slug": "deals", "api_slug": "margin", "title": "Margin", "attribute_type": "currency", "type_config": "EUR"},
        [("POST", "/v2/objects/deals/attributes", {"data": {"config": {"currency": {"default_currency_code": "EUR"}}}})],
        of("deals", "margin", "type_config"), ["EUR"],
    ),
    Row(
        "update_attribute", {"object_slug": "deals", "attribute_slug": "margin", "type_config": "USD", "is_archived": False},
        [("PATCH", "/v2/objects/deals/attributes/margin", {"data": {"config": {"currency": {"default_currency_code": "USD"}}}})],
        of("deals", "margin", "type_config"), ["USD"],
    ),
    Row(
        "create_attribute",
        {
            "object_slug": "calls", "api_slug": "company", "title": "Company", "attribute_type": "record-reference",
            "relationship_object": "companies",
        },
        [(
            "POST", "/v2/objects/calls/attributes",
            {"data": {
                "config": {"record_reference": {"allowed_objects": ["companies"]}},
                "relationship": {"object": "companies", "title": "Calls", "api_slug": "calls", "is_multiselect": True},
            }},
        )],
        of("calls", "company", "type_config", "relationship"), ["companies", "companies.calls"],
    ),
]  # fmt: skip


def test_changes_are_carried_out_and_taken_back(bench: Bench) -> None:
    run_table(bench, TABLE, {})
    assert objects(bench, {}) == {}
    assert of("people", "tier", "title")(bench, {}) is None


def test_an_object_goes_with_its_records_and_says_how_many(bench: Bench, vendor: Workspace) -> None:
    bench.do("create_object", api_slug="assets", singular_noun="Asset", plural_noun="Assets")
    for _ in range(3):
        vendor.create("assets")
    change = bench.call("delete_object", object_slug="assets")
    assert "with 3 assets" in change.says and change.destructive and change.undo is None
    done = bench.do("delete_object", object_slug="assets")
    assert done.sent == [("DELETE", "/v2/objects/assets")]
    assert "assets" not in objects(bench, {})


def test_what_is_archived_says_how_many_have_it(bench: Bench, vendor: Workspace) -> None:
    vendor.attribute("companies", "region", "select")
    vendor.call("POST", "/objects/companies/attributes/region/options", {"data": {"title": "North"}})
    for name, values in (("A", {"region": "North"}), ("B", {})):
        vendor.create("companies", 200, name=name, **values)
    where = {"object_slug": "companies", "attribute_slug": "region"}
    assert "1 companies have a value in it" in bench.call("archive_attribute", **where).says
    assert "1 companies have it" in bench.call("update_option", **where, option="North", is_archived=True).says


def test_a_list_has_attributes_too(bench: Bench, vendor: Workspace) -> None:
    data = {"name": "Sales", "api_slug": "sales", "parent_object": "deals", "workspace_access": "full-access"}
    vendor.call("POST", "/lists", {"data": {**data, "workspace_member_access": []}})
    (listed,) = bench.call("list_lists")
    assert listed == {"object_slug": "lists/sales", "name": "Sales", "parent_objects": ["deals"]}
    where = {"object_slug": "lists/sales"}
    made = bench.do("create_attribute", **where, api_slug="step", title="Step", attribute_type="status")
    assert made.sent == [("POST", "/v2/lists/sales/attributes")]
    bench.do("create_status", **where, attribute_slug="step", title="New")
    told = bench.call("get_attribute", **where, attribute_slug="step")
    assert [one["title"] for one in told["choices"]] == ["New"]


def test_members_are_told_with_what_they_may(bench: Bench) -> None:
    members = bench.call("list_members")
    assert [one["access_level"] for one in members].count("suspended") == 1
    assert {"id", "email", "full_name", "access_level"} == set(members[0])


def test_archived_attributes_are_listed_when_asked_for(bench: Bench, vendor: Workspace) -> None:
    vendor.attribute("people", "old", "text")
    vendor.call("PATCH", "/objects/people/attributes/old", {"data": {"is_archived": True}})
    few = {one["slug"] for one in bench.call("list_attributes", object_slug="people")}
    every = {one["slug"] for one in bench.call("list_attributes", object_slug="people", include_archived=True)}
    assert "old" in every - few and "email_addresses" in few


NEW = {"object_slug": "people", "title": "New"}


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("get_object", {"object_slug": "nope"}, "knows nothing there"),
        ("get_attribute", {"object_slug": "people", "attribute_slug": "nope"}, "no attribute 'nope'"),
        ("delete_object", {"object_slug": "deals"}, "Attio's own objects"),
        ("update_object", {"object_slug": "deals"}, "Nothing to change"),
        ("create_attribute", {**NEW, "api_slug": "a", "attribute_type": "personal-name"}, "It makes text, number"),
        ("create_attribute", {**NEW, "api_slug": "job_title", "attribute_type": "text"}, "already, of type text"),
        ("create_attribute", {**NEW, "api_slug": "a", "attribute_type": "text", "type_config": "EUR"}, "no type_config"),
        ("list_options", {"object_slug": "deals", "attribute_slug": "stage"}, "is a status attribute"),
        ("create_status", {**STAGE, "title": "Lead"}, "has the status 'Lead' already"),
        ("update_status", {**STAGE, "status": "Nope", "title": "X"}, "It has: Lead, In Progress"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_is_sent(
    bench: Bench, tool: str, arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        bench.call(tool, **arguments)


def test_the_vendors_words_reach_the_person(bench: Bench) -> None:
    wanted = {"object_slug": "people", "attribute_type": "text", "title": "Ref", "is_unique": True}
    change = bench.call("create_attribute", api_slug="ref", **wanted)
    system = bench.call("update_attribute", object_slug="people", attribute_slug="job_title", title="Job")
    with bench.sending(change, system) as client:
        with pytest.raises(ConfigurationError, match='"people" cannot be unique'):
            bench.box.send(client, change.requests[0])
        with pytest.raises(ConfigurationError, match="System attributes cannot be changed"):
            bench.box.send(client, system.requests[0])
