"""Twenty's admin tools against its emulator: one row per changing tool, carried out and taken back; what only looks, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sdrbot_skills import lab
from sdrbot_skills.errors import ConfigurationError
from tests.conformance.case import TWENTY
from tests.conformance.conftest import Place
from tests.crm.admin_kit import Bench, bench_on, check_table
from tests.crm.admin_rows import Known, Row, holds, run_table

META = "/rest/metadata"


@pytest.fixture(scope="module")
def bench(twenty_process: lab.Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench_on(Place(TWENTY, twenty_process, Path(tmp_path_factory.mktemp("twenty-admin")))) as bench:
        yield bench


@pytest.fixture(scope="module")
def vendor(bench: Bench) -> Iterator[httpx.Client]:
    lab = bench.place.emulator
    headers = {"Authorization": f"Bearer {lab.env['TWENTY_API_KEY']}"}
    with httpx.Client(base_url=lab.base_url, headers=headers, trust_env=False, verify=False) as client:
        yield client


@pytest.fixture(scope="module")
def ids(bench: Bench) -> Known:
    """The ids that the table's rows need."""
    names = ("people", "companies", "opportunities")
    found = {name: bench.call("get_object", object_id=name)["id"] for name in names}
    fields = (
        "people.jobTitle",
        "people.emails",
        "opportunities.stage",
        "opportunities.name",
        "opportunities.closeDate",
    )
    found |= {name.replace(".", "_"): bench.call("get_field", field_id=name)["id"] for name in fields}
    views = bench.call("list_views")
    return found | {"all_deals": next(one["id"] for one in views if one["name"] == "All Opportunities")}


@pytest.fixture
def known(ids: Known) -> Known:
    """The same for one test, which may add its own."""
    return dict(ids)


def test_names_and_parameters() -> None:
    check_table(
        "twenty",
        [
            ("list_objects", "limit:int=50"),
            ("get_object", "object_id"),
            ("create_object", "name_singular, name_plural, label_singular, label_plural, description?, icon?"),
            ("update_object", "object_id, is_active:bool?, label_singular?, label_plural?, description?, icon?"),
            ("delete_object", "object_id"),
            ("list_fields", "object_id?, limit:int=100"),
            ("get_field", "field_id"),
            (
                "create_field",
                "object_id, name, label, field_type, description?, icon?, is_nullable:bool=True, default_value?, options?",
            ),
            (
                "update_field",
                "field_id, label?, description?, icon?, is_nullable:bool?, is_active:bool?, default_value?, options?",
            ),
            ("delete_field", "field_id"),
            ("list_views", "object_id?, limit:int=50"),
            ("get_view", "view_id"),
            ("create_view", "object_id, name, view_type=table, icon?, is_compact:bool=False"),
            ("update_view", "view_id, name?, view_type?, icon?, is_compact:bool?"),
            ("delete_view", "view_id"),
            ("list_view_fields", "view_id, limit:int=50"),
            ("create_view_field", "view_id, field_metadata_id, is_visible:bool=True, position:int?, size:int?"),
            ("update_view_field", "view_field_id, is_visible:bool?, position:int?, size:int?"),
            ("delete_view_field", "view_field_id"),
            ("list_view_filters", "view_id, limit:int=50"),
            ("create_view_filter", "view_id, field_metadata_id, operand, value"),
            ("update_view_filter", "view_filter_id, operand?, value?"),
            ("delete_view_filter", "view_filter_id"),
            ("list_view_sorts", "view_id, limit:int=50"),
            ("create_view_sort", "view_id, field_metadata_id, direction=AscNullsLast"),
            ("update_view_sort", "view_sort_id, direction?"),
            ("delete_view_sort", "view_sort_id"),
            ("list_view_groups", "view_id, limit:int=50"),
            ("create_view_group", "view_id, field_metadata_id, is_visible:bool=True, position:int=0"),
            ("update_view_group", "view_group_id, is_visible:bool?, position:int?"),
            ("delete_view_group", "view_group_id"),
            ("list_workspace_members", "limit:int=50"),
        ],
    )


def thing(tool: str, name: str, *shown: str, **arguments: Any) -> Any:
    """What a listing tells of the one of this name; nothing where it is not listed."""

    def look(bench: Bench, known: Known) -> Any:
        listed = {one["name"]: one for one in bench.call(tool, limit=1000, **arguments)}
        return [listed[name][part] for part in shown] if name in listed else None

    return look


def field(name: str, *shown: str) -> Any:
    """The same of a field in full."""

    def look(bench: Bench, known: Known) -> Any:
        try:
            told = bench.call("get_field", field_id=name)
        except ConfigurationError:
            return None
        return [told[part] for part in shown]

    return look


def options(name: str) -> Any:
    def look(bench: Bench, known: Known) -> Any:
        listed = field(name, "options")(bench, known)
        return listed and [f"{one['value']}={one['label']}" for one in listed[0]]

    return look


def parts(tool: str, *shown: str) -> Any:
    """The columns, filters, sorts or groups of the view of all opportunities."""

    def look(bench: Bench, known: Known) -> Any:
        found = bench.call(tool, view_id=known["all_deals"])
        return [[one[part] for part in shown] if len(shown) > 1 else one[shown[0]] for one in found]

    return look


def column(name: str) -> Any:
    def look(bench: Bench, known: Known) -> Any:
        found = bench.call("list_view_fields", view_id=known["all_deals"])
        return [(one["visible"], one["size"]) for one in found if one["field"] == name]

    return look


STAGES = ["NEW", "SCREENING", "MEETING", "PROPOSAL", "CUSTOMER"]
TICKET = {"name_singular": "ticket", "name_plural": "tickets", "label_singular": "Ticket", "label_plural": "Tickets"}
VIEW = {"view_id": "{all_deals}"}

TABLE = [
    Row(
        "create_object", {**TICKET, "icon": "IconTicket"},
        [("POST", f"{META}/objects", {"nameSingular": "ticket", "namePlural": "tickets", "icon": "IconTicket"})],
        thing("list_objects", "tickets", "label", "custom"), ["Ticket", True], keeps="ticket",
    ),
    Row(
        "update_object", {"object_id": "tickets", "label_singular": "Case", "description": "Asked", "is_active": False},
        [("PATCH", f"{META}/objects/{{ticket}}", {"labelSingular": "Case", "description": "Asked", "isActive": False})],
        thing("list_objects", "tickets", "label", "active"), ["Case", False],
    ),
    Row(
        "create_field",
        {
            "object_id": "people", "name": "tier", "label": "Tier", "field_type": "select", "default_value": "SILVER",
            "options": "Gold, Silver",
        },
        [("POST", f"{META}/fields", {
            "objectMetadataId": "{people}", "type": "SELECT", "defaultValue": "'SILVER'", "isNullable": True,
            "options": [{"value": "GOLD", "label": "Gold"}, {"value": "SILVER", "label": "Silver"}],
        })],
        options("people.tier"), ["GOLD=Gold", "SILVER=Silver"], keeps="tier",
    ),
    Row(
        "add_options", {"field_id": "people.tier", "options": "Bronze, Gold"},
        [("PATCH", f"{META}/fields/{{tier}}", {"options": [{"value": "GOLD"}, {"value": "SILVER"}, {"value": "BRONZE"}]})],
        options("people.tier"), ["GOLD=Gold", "SILVER=Silver", "BRONZE=Bronze"],
    ),
    Row(
        "rename_option", {"field_id": "people.tier", "value": "GOLD", "label": "GOLD"},
        [("PATCH", f"{META}/fields/{{tier}}", {"options": [{"value": "GOLD", "label": "GOLD"}, {}, {}]})],
        options("people.tier"), ["GOLD=GOLD", "SILVER=Silver", "BRONZE=Bronze"],
    ),
    Row(
        "remove_options", {"field_id": "people.tier", "options": "BRONZE"},
        [("PATCH", f"{META}/fields/{{tier}}", {"options": [{"value": "GOLD"}, {"value": "SILVER"}]})],
        options("people.tier"), ["GOLD=GOLD", "SILVER=Silver"],
    ),
    Row(
        "update_field", {"field_id": "people.tier", "label": "Level", "options": "GOLD=Golden, SILVER", "default_value": "GOLD"},
        [("PATCH", f"{META}/fields/{{tier}}", {"label": "Level", "defaultValue": "'GOLD'", "options": [{"label": "Golden"}, {"label": "Silver"}]})],
        field("people.tier", "label", "default_value"), ["Level", "'GOLD'"],
    ),
    Row(
        "update_field", {"field_id": "{tier}", "is_active": False, "description": "How we treat them", "icon": "IconStar"},
        [("PATCH", f"{META}/fields/{{tier}}", {"isActive": False, "description": "How we treat them", "icon": "IconStar"})],
        field("people.tier", "active", "description", "icon"), [False, "How we treat them", "IconStar"],
    ),
    Row(
        "update_field", {"field_id": "people.jobTitle", "label": "Job"},
        [("PATCH", f"{META}/fields/{{people_jobTitle}}", {"label": "Job"})], field("people.jobTitle", "label"), ["Job"],
    ),
    Row(
        "create_relation_field",
        {"object_id": "people", "name": "employer", "label": "Employer", "target_object_id": "companies", "target_label": "Staff"},
        [("POST", f"{META}/fields", {
            "type": "RELATION", "objectMetadataId": "{people}",
            "relationCreationPayload": {"type": "MANY_TO_ONE", "targetObjectMetadataId": "{companies}", "targetFieldLabel": "Staff"},
        })],
        field("people.employer", "leads_to"), ["companies"],
    ),
    Row(
        "create_view", {"object_id": "companies", "name": "Board", "view_type": "kanban", "is_compact": True},
        [("POST", f"{META}/views", {"objectMetadataId": "{companies}", "type": "KANBAN", "isCompact": True, "icon": "IconLayoutKanban"})],
        thing("list_views", "Board", "type", "compact", "object"), ["KANBAN", True, "companies"], keeps="board",
    ),
    Row(
        "update_view", {"view_id": "{board}", "view_type": "table", "icon": "IconList", "is_compact": False},
        [("PATCH", f"{META}/views/{{board}}", {"type": "TABLE", "icon": "IconList", "isCompact": False})],
        thing("list_views", "Board", "type", "icon", "compact"), ["TABLE", "IconList", False],
    ),
    Row(
        "create_view_field", {**VIEW, "field_metadata_id": "opportunities.probability", "size": 90},
        [("POST", f"{META}/viewFields", {"viewId": "{all_deals}", "isVisible": True, "size": 90})],
        column("opportunities.probability"), [(True, 90)], keeps="column",
    ),
    Row(
        "update_view_field", {"view_field_id": "{column}", "is_visible": False, "position": 0, "size": 40},
        [("PATCH", f"{META}/viewFields/{{column}}", {"isVisible": False, "position": 0, "size": 40})],
        column("opportunities.probability"), [(False, 40)],
    ),
    Row(
        "delete_view_field", {"view_field_id": "{column}"}, [("DELETE", f"{META}/viewFields/{{column}}", None)],
        column("opportunities.probability"), [],
    ),
    Row(
        "create_view_filter", {**VIEW, "field_metadata_id": "{opportunities_stage}", "operand": "is", "value": '["NEW"]'},
        [("POST", f"{META}/viewFilters", {"fieldMetadataId": "{opportunities_stage}", "operand": "IS", "value": ["NEW"]})],
        parts("list_view_filters", "field", "operand", "value"), [["opportunities.stage", "IS", '["NEW"]']], keeps="filter",
    ),
    Row(
        "update_view_filter", {"view_filter_id": "{filter}", "operand": "isNotEmpty", "value": ""},
        [("PATCH", f"{META}/viewFilters/{{filter}}", {"operand": "IS_NOT_EMPTY", "value": ""})],
        parts("list_view_filters", "operand", "value"), [["IS_NOT_EMPTY", ""]],
    ),
    Row(
        "delete_view_filter", {"view_filter_id": "{filter}"}, [("DELETE", f"{META}/viewFilters/{{filter}}", None)],
        parts("list_view_filters", "operand"), [],
    ),
    Row(
        "create_view_sort", {**VIEW, "field_metadata_id": "opportunities.closeDate"},
        [("POST", f"{META}/viewSorts", {"fieldMetadataId": "{opportunities_closeDate}", "direction": "ASC"})],
        parts("list_view_sorts", "field", "direction"), [["opportunities.closeDate", "ASC"]], keeps="sort",
    ),
    Row(
        "update_view_sort", {"view_sort_id": "{sort}", "direction": "DescNullsLast"},
        [("PATCH", f"{META}/viewSorts/{{sort}}", {"direction": "DESC"})], parts("list_view_sorts", "direction"), ["DESC"],
    ),
    Row(
        "delete_view_sort", {"view_sort_id": "{sort}"}, [("DELETE", f"{META}/viewSorts/{{sort}}", None)],
        parts("list_view_sorts", "direction"), [],
    ),
    Row(
        "create_view_group", {**VIEW, "field_metadata_id": "opportunities.stage", "position": 2},
        [("POST", f"{META}/viewGroups", {"fieldValue": stage, "position": place, "isVisible": True}) for place, stage in enumerate(STAGES, 2)],
        parts("list_view_groups", "value", "position"), [[stage, place] for place, stage in enumerate(STAGES, 2)],
    ),
]  # fmt: skip


def test_changes_are_carried_out_and_taken_back(bench: Bench, known: Known) -> None:
    before = {"object_id": "opportunities"}
    assert "probability" not in {one["name"] for one in bench.call("list_fields", **before)}
    made = bench.do(
        "create_field", object_id="opportunities", name="probability", label="Probability", field_type="NUMBER"
    )
    column = bench.call("list_view_fields", view_id=known["all_deals"])[-1]
    bench.do("delete_view_field", view_field_id=column["id"])
    run_table(bench, TABLE, known)
    bench.back(made)


def test_groups_are_changed_one_by_one(bench: Bench, known: Known) -> None:
    (board,) = [one for one in bench.call("list_views", object_id="opportunities") if one["name"] == "By Stage"]
    where = {"view_id": board["id"]}
    first = bench.call("list_view_groups", **where)[0]
    moved = bench.do("update_view_group", view_group_id=first["id"], is_visible=False, position=9)
    assert moved.sent == [("PATCH", f"{META}/viewGroups/{first['id']}")]
    told = bench.call("list_view_groups", **where)[-1]
    assert (told["value"], told["visible"], told["position"]) == ("NEW", False, 9)
    gone = bench.do("delete_view_group", view_group_id=first["id"])
    assert [one["value"] for one in bench.call("list_view_groups", **where)] == STAGES[1:]
    (again,) = bench.back(gone)
    assert holds(again.change.requests[0].body, {"fieldValue": "NEW", "isVisible": False, "position": 9})
    (made,) = again.result
    bench.do("update_view_group", view_group_id=made["id"], is_visible=True, position=0)
    assert [one["value"] for one in bench.call("list_view_groups", **where)] == STAGES
    assert not bench.call("create_view_group", **where, field_metadata_id="opportunities.stage").requests


def test_what_goes_says_what_goes_with_it(bench: Bench, vendor: httpx.Client) -> None:
    new = {"object_id": "people", "name": "rank", "label": "Rank", "field_type": "SELECT", "options": "One, Two, Three"}
    bench.do("create_field", **new)
    bench.do("create_field", object_id="people", name="nick", label="Nick", field_type="TEXT")
    rows = [{"rank": "ONE", "nick": "a"}, {"rank": "TWO"}, {"rank": "THREE"}]
    vendor.post("/rest/batch/people", json=rows).raise_for_status()
    fewer = bench.call("update_field", field_id="people.rank", options="One")
    assert "TWO, THREE go; 2 people have one of them and become empty" in fewer.says and fewer.destructive
    bench.do("remove_options", field_id="people.rank", options="TWO, THREE")
    gone = bench.call("delete_field", field_id="people.rank")
    assert "1 people have one" in gone.says and gone.destructive and gone.undo is None
    assert "1 people have one" in bench.call("delete_field", field_id="people.nick").says
    for name in ("rank", "nick"):
        bench.do("delete_field", field_id=f"people.{name}")
    assert not {"rank", "nick"} & {one["name"] for one in bench.call("list_fields", object_id="people")}
    bench.do("create_object", **{name: value.replace("icket", "rip") for name, value in TICKET.items()})
    vendor.post("/rest/batch/trips", json=[{}, {}]).raise_for_status()
    change = bench.do("delete_object", object_id="trips").change
    assert "with 2 trips" in change.says and change.undo is None
    assert "trips" not in {one["name"] for one in bench.call("list_objects", limit=1000)}


def test_a_view_goes_with_its_parts(bench: Bench) -> None:
    made = bench.do("create_view", object_id="notes", name="Mine")
    bench.do("create_view_field", view_id=made.result["id"], field_metadata_id="notes.title")
    told = bench.call("get_view", view_id=made.result["id"])
    assert (told["shows"], told["columns"], told["filters"]) == (["notes.title"], 1, 0)
    gone = bench.do("delete_view", view_id=made.result["id"])
    assert "1 columns, 0 filters" in gone.change.says and gone.change.destructive
    with pytest.raises(ConfigurationError, match="among its views"):
        bench.call("get_view", view_id=made.result["id"])


def test_members_are_told_by_name(bench: Bench) -> None:
    members = bench.call("list_workspace_members")
    assert {one["email"] for one in members} == {"grace@example.org", "alan@example.org"}
    assert len(bench.call("list_workspace_members", limit=1)) == 1


def test_lists_are_as_long_as_asked_for(bench: Bench) -> None:
    assert len(bench.call("list_objects", limit=3)) == 3
    assert len(bench.call("list_fields", limit=5)) == 5
    assert {one["object"] for one in bench.call("list_fields", object_id="tasks")} == {"tasks"}
    assert len(bench.call("list_views", limit=2)) == 2
    assert [one["value"] for one in bench.call("list_options", field_id="opportunities.stage")] == STAGES


NEW = {"object_id": "people", "label": "New"}
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("get_object", {"object_id": "nope"}, "no object 'nope'"),
        ("get_field", {"field_id": "people.nope"}, "no field 'people.nope'"),
        ("get_view", {"view_id": NOBODY}, "among its views"),
        ("delete_object", {"object_id": "people"}, "Twenty's own objects"),
        ("update_object", {"object_id": "people"}, "Nothing to change"),
        ("create_field", {**NEW, "name": "legacy_id", "field_type": "TEXT"}, "letters and digits"),
        ("create_field", {**NEW, "name": "jobTitle", "field_type": "TEXT"}, "already, of type TEXT"),
        ("create_field", {**NEW, "name": "a", "field_type": "RELATION"}, "create_relation_field"),
        ("create_field", {**NEW, "name": "a", "field_type": "TEXT", "options": "A"}, "has no options"),
        ("create_field", {**NEW, "name": "a", "field_type": "NUMBER", "default_value": "x"}, "no default value"),
        ("add_options", {"field_id": "people.jobTitle", "options": "A"}, "no options to change"),
        ("remove_options", {"field_id": "opportunities.stage", "options": "NOPE"}, "It has: NEW, SCREENING"),
        ("create_view_filter", {**VIEW, "field_metadata_id": "people.jobTitle", "operand": "is", "value": "x"}, "no field of the object"),
        ("create_view_filter", {**VIEW, "field_metadata_id": "opportunities.name", "operand": "nope", "value": "x"}, "no filter operand"),
        ("create_view_sort", {**VIEW, "field_metadata_id": "opportunities.name", "direction": "up"}, "asc or desc"),
        ("create_view_group", {**VIEW, "field_metadata_id": "opportunities.name"}, "is TEXT"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_is_sent(
    bench: Bench, known: Known, tool: str, arguments: dict[str, Any], words: str
) -> None:
    arguments = {name: value.replace("{all_deals}", known["all_deals"]) for name, value in arguments.items()}
    with pytest.raises(ConfigurationError, match=words):
        bench.call(tool, **arguments)


def test_the_vendors_words_reach_the_person(bench: Bench) -> None:
    reserved = bench.call("create_field", object_id="people", name="event", label="E", field_type="TEXT")
    fixed = bench.call("update_field", field_id="people.jobTitle", is_nullable=False)
    twin = bench.call("create_object", **{**TICKET, "name_singular": "person", "name_plural": "people"})
    sort = bench.call("create_view", object_id="people", name="X", view_type="gallery")
    gone = bench.call("delete_field", field_id="people.jobTitle")
    with bench.sending(reserved, fixed, twin, sort, gone) as client:
        for change, words in (
            (gone, "Cannot delete standard field"),
            (reserved, "This name is reserved"),
            (fixed, "Cannot edit standard field metadata properties: isNullable"),
            (twin, "Object already exists"),
            (sort, "type must be one of the following values: TABLE, KANBAN"),
        ):
            with pytest.raises(ConfigurationError, match=words):
                bench.box.send(client, change.requests[0])
