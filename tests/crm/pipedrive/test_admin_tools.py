"""Pipedrive's admin tools against its emulator: one row per tool, in steps that build on each other and are then taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from sdrbot_skills.errors import ConfigurationError, Refused
from tests.conformance.conftest import Place
from tests.crm.admin_kit import Bench, Done, bench_on, check_table

V2 = "/api/v2"


@pytest.fixture(scope="module")
def bench(place: Place) -> Iterator[Bench]:
    with bench_on(place) as bench:
        yield bench


def test_names_and_parameters() -> None:
    check_table(
        "pipedrive",
        [
            ("list_objects", "-"),
            ("list_fields", "object_type"),
            ("get_field", "object_type, field_id:int"),
            ("create_field", "object_type, name, field_type, options?"),
            ("update_field", "object_type, field_id:int, name?, options?"),
            ("delete_field", "object_type, field_id:int"),
            ("list_person_fields", "-"),
            ("list_organization_fields", "-"),
            ("list_deal_fields", "-"),
        ],
    )


# --- what changes, and the way back ------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """A call; what it sends (`{...}` is a number or key looked up by `known`); what is seen then."""

    tool: str
    arguments: dict[str, Any]
    sends: list[tuple[str, str, Any]]
    look: Callable[[Bench], Any]
    then: Any


def found(bench: Bench, object_type: str, name: str) -> Any:
    listed = bench.call("list_fields", object_type=object_type)
    return next((one for one in listed if one["name"] == name), None)


def labels(bench: Bench, name: str) -> Any:
    """The options of a field of deals; None where there is no such field."""
    field = found(bench, "deal", name)
    whole = field and bench.call("get_field", object_type="deal", field_id=field["id"])
    return whole and [one["label"] for one in whole["options"]]


def pipelines(bench: Bench) -> dict[str, list[tuple[Any, ...]]]:
    return {
        one["name"]: [(stage["name"], stage["deal_probability"], stage["days_to_rotten"]) for stage in one["stages"]]
        for one in bench.call("list_pipelines")
    }


FIRST = [
    Row(
        "create_field", {"object_type": "deals", "name": "Tier", "field_type": "enum", "options": "Gold, Silver"},
        [("POST", f"{V2}/dealFields", {"field_name": "Tier", "field_type": "enum", "options": [{"label": "Gold"}, {"label": "Silver"}]})],
        lambda bench: labels(bench, "Tier"), ["Gold", "Silver"],
    ),
    Row(
        "create_pipeline", {"name": "Partners"},
        [("POST", f"{V2}/pipelines", {"name": "Partners", "is_deal_probability_enabled": False})],
        lambda bench: pipelines(bench).get("Partners"), [],
    ),
]  # fmt: skip

SECOND = [
    Row(
        "add_field_options", {"object_type": "deal", "field_id": "{Tier}", "options": "gold, Bronze"},
        [("POST", f"{V2}/dealFields/{{Tier.key}}/options", [{"label": "Bronze"}])],
        lambda bench: labels(bench, "Tier")[2:], ["Bronze"],
    ),
    Row(
        "rename_field_option",
        {"object_type": "deal", "field_id": "{Tier}", "option_id": "{Tier.Gold}", "new_label": "Platinum"},
        [("PATCH", f"{V2}/dealFields/{{Tier.key}}/options", [{"id": "{Tier.Gold}", "label": "Platinum"}])],
        lambda bench: labels(bench, "Tier")[0], "Platinum",
    ),
    Row(
        "update_pipeline", {"pipeline_id": "{Partners}", "name": "Resellers", "deal_probability": True},
        [("PATCH", f"{V2}/pipelines/{{Partners}}", {"name": "Resellers", "is_deal_probability_enabled": True})],
        lambda bench: "Resellers" in pipelines(bench), True,
    ),
    Row(
        "create_stage", {"pipeline_id": "{Partners}", "name": "Talking", "deal_probability": 20, "days_to_rotten": 9},
        [(
            "POST", f"{V2}/stages",
            {"name": "Talking", "pipeline_id": "{Partners}", "deal_probability": 20, "is_deal_rot_enabled": True, "days_to_rotten": 9},
        )],
        lambda bench: [stage for one in pipelines(bench).values() for stage in one if stage[0] == "Talking"],
        [("Talking", 20, 9)],
    ),
]  # fmt: skip

THIRD = [
    Row(
        "update_field",
        {"object_type": "deal", "field_id": "{Tier}", "name": "Level", "options": "{Tier.Platinum}=Gold, silver, bronze=Bronze, Tin"},
        [
            ("PATCH", f"{V2}/dealFields/{{Tier.key}}", {"field_name": "Level"}),
            ("POST", f"{V2}/dealFields/{{Tier.key}}/options", [{"label": "Tin"}]),
            (
                "PATCH", f"{V2}/dealFields/{{Tier.key}}/options",
                [{"id": "{Tier.Platinum}", "label": "Gold"}, {"id": "{Tier.Silver}", "label": "silver"}],
            ),
        ],
        lambda bench: labels(bench, "Level"), ["Gold", "silver", "Bronze", "Tin"],
    ),
    Row(
        "update_stage", {"stage_id": "{Talking}", "name": "Bargaining", "days_to_rotten": 0},
        [("PATCH", f"{V2}/stages/{{Talking}}", {"name": "Bargaining", "is_deal_rot_enabled": False})],
        lambda bench: pipelines(bench)["Resellers"], [("Bargaining", 20, 0)],
    ),
]  # fmt: skip


def known(bench: Bench) -> dict[str, Any]:
    """Numbers and keys by what the rows call them."""
    numbers: dict[str, Any] = {}
    if field := found(bench, "deal", "Tier"):
        whole = bench.call("get_field", object_type="deal", field_id=field["id"])
        numbers |= {"Tier": field["id"], "Tier.key": field["key"]}
        numbers |= {f"Tier.{one['label']}": one["id"] for one in whole["options"]}
    for pipeline in bench.call("list_pipelines"):
        numbers |= {pipeline["name"]: pipeline["id"], **{stage["name"]: stage["id"] for stage in pipeline["stages"]}}
    return numbers


def filled(value: Any, numbers: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {name: filled(one, numbers) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(filled(one, numbers) for one in value)
    for name, number in numbers.items() if isinstance(value, str) else ():
        mark = "{" + name + "}"
        value = number if value == mark else value.replace(mark, str(number)) if isinstance(value, str) else value
    return value


def carried_out(bench: Bench, rows: list[Row]) -> list[Done]:
    numbers = known(bench)
    done = bench.carry_out(*((row.tool, filled(row.arguments, numbers)) for row in rows))
    for row, one in zip(rows, done, strict=True):
        assert list(one.change.requests) == filled(row.sends, numbers), row.tool
        assert row.look(bench) == row.then, row.tool
    return done


def test_changes_are_carried_out_and_taken_back(bench: Bench) -> None:
    before = (pipelines(bench), labels(bench, "Tier"))
    steps = [carried_out(bench, rows) for rows in (FIRST, SECOND)]
    middle = (pipelines(bench), labels(bench, "Tier"))
    third = carried_out(bench, THIRD)
    assert third[0].undo is not None, "nothing is lost"
    (back, _) = bench.back(*third)
    assert "Tin" in back.change.says and back.change.destructive
    assert (pipelines(bench), labels(bench, "Tier")) == middle
    for done in reversed(steps):
        bench.back(*done)
    assert (pipelines(bench), labels(bench, "Tier")) == before


def test_what_holds_values_says_so_before_it_goes(bench: Bench) -> None:
    key = bench.place.emulator.env["PIPEDRIVE_API_TOKEN"]
    field, pipeline = bench.carry_out(
        ("create_field", {"object_type": "person", "name": "Size", "field_type": "set", "options": "S, M"}),
        ("create_pipeline", {"name": "Leasing"}),
    )
    (stage,) = bench.carry_out(("create_stage", {"pipeline_id": pipeline.result["id"], "name": "Open"}))
    deal = {"title": "Big", "stage_id": stage.result["id"], "pipeline_id": pipeline.result["id"]}
    headers = {"x-api-token": key}
    httpx.post(
        f"{bench.place.emulator.base_url}{V2}/deals", json=deal, headers=headers, trust_env=False
    ).raise_for_status()
    size = field.result["id"]
    removed = ", ".join(str(one["id"]) for one in field.result["options"][:1])
    changes = [
        bench.call("remove_field_options", object_type="person", field_id=size, option_ids=removed),
        bench.call("delete_stage", stage_id=stage.result["id"]),
        bench.call("delete_pipeline", pipeline_id=pipeline.result["id"]),
        bench.call("delete_field", object_type="person", field_id=size),
    ]
    assert [change.destructive for change in changes] == [True] * 4
    assert [change.undo for change in changes] == [None] * 4
    assert all("1 deals are in it" in change.says for change in changes[1:3])
    assert "loses S" in changes[0].says and "all its values" in changes[3].says
    with bench.sending(*changes) as client:
        answers = [bench.box.send(client, change.requests[0]) for change in changes]
    assert answers[0]["data"] == [{"id": field.result["options"][0]["id"], "label": "S"}]
    assert found(bench, "person", "Size") is None
    assert "Leasing" not in pipelines(bench)


# --- what only looks, and what is refused ------------------------------------------------------------------------------------


def test_lists(bench: Bench) -> None:
    assert {one["object_type"] for one in bench.call("list_objects")} >= {"person", "organization", "deal", "lead"}
    for object_type in ("person", "organization", "deal"):
        assert bench.call(f"list_{object_type}_fields") == bench.call("list_fields", object_type=f"{object_type}s")
    name = found(bench, "people", "Name")
    assert (name["key"], name["type"], name["custom"]) == ("name", "varchar", False)
    assert bench.call("get_field", object_type="person", field_id=name["id"])["options"] == []


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("list_fields", {"object_type": "ticket"}, "no object 'ticket'"),
        ("get_field", {"object_type": "deal", "field_id": 7}, "no field number 7"),
        ("create_field", {"object_type": "lead", "name": "A", "field_type": "text"}, "custom fields of deals"),
        ("create_field", {"object_type": "deal", "name": "A", "field_type": "enum"}, "made with their options"),
        ("create_field", {"object_type": "deal", "name": "A", "field_type": "text", "options": "A"}, "only these"),
        ("delete_stage", {"stage_id": 999_999}, "no number 999999"),
        ("remove_field_options", {"object_type": "deal", "field_id": "{Title}", "option_ids": "1"}, "own fields"),
        ("delete_field", {"object_type": "deal", "field_id": "{Title}"}, "own fields"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(
    bench: Bench, tool: str, arguments: dict[str, Any], words: str
) -> None:
    title = found(bench, "deal", "Title")
    with pytest.raises(ConfigurationError, match=words):
        bench.call(tool, **filled(arguments, {"Title": title["id"]}))


def test_the_vendors_words_reach_the_person_and_nothing_else_is_sent(bench: Bench) -> None:
    wanted = {"object_type": "deal", "name": "A"}
    odd, sealed, other = (bench.call("create_field", **wanted, field_type=one) for one in ("boolean", "text", "double"))
    with bench.sending(odd, sealed) as client:
        with pytest.raises(ConfigurationError, match="field_type: The value should be one of varchar"):
            bench.box.send(client, odd.requests[0])
        with pytest.raises(Refused) as refused:
            bench.box.send(client, other.requests[0])
    assert refused.value.code == "schema_not_planned"
