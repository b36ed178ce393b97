"""Zoho's admin tools against its emulator: one row per tool, in steps that build on each other and are then taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from sdrbot_skills.errors import ConfigurationError, Refused
from sdrbot_skills.lab.processes import Emulator
from tests.conformance.case import ZOHOCRM
from tests.conformance.conftest import Place
from tests.crm.admin_kit import Bench, Done, bench_on, check_table
from tests.lab.zoho_org import ZohoOrg

SETTINGS = "/crm/v8/settings"


@pytest.fixture(scope="module")
def bench(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench_on(Place(ZOHOCRM, emulator, tmp_path_factory.mktemp("zoho-admin"))) as bench:
        yield bench
    emulator.reset()


def test_names_and_parameters() -> None:
    check_table(
        "zohocrm",
        [
            ("list_modules", "-"),
            ("get_module", "module_api_name"),
            (
                "create_module",
                "singular_label, plural_label, profile_ids, api_name?, display_field_label=Name, display_field_type=text",
            ),
            ("update_module", "module_id_or_api_name, singular_label?, plural_label?, profile_ids?"),
            ("list_fields", "module_api_name, include_system:bool=False"),
            ("get_field", "module_api_name, field_api_name"),
            (
                "create_field",
                "module_api_name, field_label, data_type, length:int?, pick_list_values?, tooltip?",
            ),
            ("update_field", "module_api_name, field_id, field_label?, length:int?, pick_list_values?, tooltip?"),
            ("delete_field", "module_api_name, field_id"),
            ("list_users", "type_filter=AllUsers, include_inactive:bool=False"),
            ("list_profiles", "-"),
        ],
    )


# --- what changes, and the way back ------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """A call; what it sends (`{...}` in the path is an id looked up by `ids`); what is seen then; whether it says how to be taken back."""

    tool: str
    arguments: dict[str, Any]
    method: str
    path: str
    body: Any
    look: Callable[[Bench], Any]
    then: Any
    undone: bool = True


def labels(bench: Bench, name: str) -> Any:
    found = {one["api_name"]: one for one in bench.call("list_modules")}.get(name)
    return found and (found["label"], found["plural_label"])


def field(bench: Bench, module: str, name: str, key: str) -> Any:
    found = {one["api_name"]: one for one in bench.call("list_fields", module_api_name=module)}
    return found.get(name) and bench.call("get_field", module_api_name=module, field_api_name=name)[key]


def shown(bench: Bench, module: str, name: str) -> Any:
    listed = bench.call("list_pick_list_values", module_api_name=module, field_api_name=name)
    return [(one["value"], one["label"]) for one in listed]


def stages(bench: Bench, name: str) -> Any:
    found = [one for one in bench.call("list_pipelines") if one["name"] == name]
    return [stage["label"] for stage in found[0]["stages"]] if found else None


def permission(bench: Bench) -> Any:
    listed = bench.call("list_field_permissions", module_api_name="Contacts", profile="Standard")
    return {one["api_name"]: one["permission"] for one in listed}["Phone"]


GOLD = [{"display_value": "Gold", "actual_value": "gold"}, {"display_value": "Silver", "actual_value": "silver"}]
SALUTATIONS = [("-None-", "-None-"), *((one, one) for one in ("Mr.", "Mrs.", "Ms.", "Dr.", "Prof."))]
RATINGS = ("-None-", "Acquired", "Active", "Market Failed", "Project Cancelled", "Shut Down")

MAKING = [
    Row(
        "create_module",
        {"singular_label": "Visit", "plural_label": "Visits", "profile_ids": "Administrator, standard"},
        "POST", f"{SETTINGS}/modules", {"modules": [{"api_name": "Visits", "display_field": {"data_type": "text"}}]},
        lambda bench: labels(bench, "Visits"), ("Visit", "Visits"), undone=False,
    ),
    Row(
        "create_field",
        {
            "module_api_name": "Contacts", "field_label": "Customer Tier", "data_type": "picklist",
            "pick_list_values": "gold=Gold, silver=Silver", "tooltip": "How we treat them",
        },
        "POST", f"{SETTINGS}/fields?module=Contacts",
        {"fields": [{"field_label": "Customer Tier", "pick_list_values": GOLD, "tooltip": {"value": "How we treat them"}}]},
        lambda bench: field(bench, "Contacts", "Customer_Tier", "tooltip"), "How we treat them",
    ),
    Row(
        "set_field_permission",
        {"module_api_name": "Contacts", "field_api_name": "Phone", "profile": "Standard", "permission": "hidden"},
        "PATCH", f"{SETTINGS}/fields/{{Contacts.Phone}}?module=Contacts",
        {"fields": [{"profiles": [{"permission_type": "hidden"}]}]}, permission, "hidden",
    ),
    Row(
        "add_pick_list_values",
        {"module_api_name": "Contacts", "field_api_name": "Salutation", "pick_list_values": "Mx., Dr."},
        "PATCH", f"{SETTINGS}/fields/{{Contacts.Salutation}}?module=Contacts",
        {"fields": [{"pick_list_values": [*({"actual_value": one} for one, _ in SALUTATIONS), {"actual_value": "Mx."}]}]},
        lambda bench: shown(bench, "Contacts", "Salutation"), [*SALUTATIONS, ("Mx.", "Mx.")],
    ),
    Row(
        "create_pipeline", {"name": "Partners", "stages": "Qualification, Needs Analysis, closed won"},
        "POST", f"{SETTINGS}/pipeline?layout_id={{layout}}", {"pipeline": [{"display_value": "Partners"}]},
        lambda bench: stages(bench, "Partners"), ["Qualification", "Needs Analysis", "Closed Won"],
    ),
]  # fmt: skip

CHANGING = [
    Row(
        "update_module", {"module_id_or_api_name": "Visits", "plural_label": "Site visits", "profile_ids": "Standard"},
        "PUT", f"{SETTINGS}/modules/Visits", {"modules": [{"singular_label": "Visit", "plural_label": "Site visits"}]},
        lambda bench: (labels(bench, "Visits"), len(bench.call("get_module", module_api_name="Visits")["profiles"])),
        (("Visit", "Site visits"), 1),
    ),
    Row(
        "update_field",
        {
            "module_api_name": "Contacts", "field_id": "Customer_Tier", "field_label": "Level",
            "pick_list_values": "gold=Golden, bronze=Bronze",
        },
        "PATCH", f"{SETTINGS}/fields/{{Contacts.Customer_Tier}}?module=Contacts",
        {"fields": [{"field_label": "Level", "pick_list_values": [{"display_value": "Golden"}, {"actual_value": "bronze"}]}]},
        lambda bench: (field(bench, "Contacts", "Customer_Tier", "label"), shown(bench, "Contacts", "Customer_Tier")),
        ("Level", [("gold", "Golden"), ("bronze", "Bronze")]),
    ),
    Row(
        "rename_pick_list_value",
        {"module_api_name": "Contacts", "field_api_name": "Salutation", "value": "Prof.", "new_label": "Professor"},
        "PATCH", f"{SETTINGS}/fields/{{Contacts.Salutation}}?module=Contacts", {},
        lambda bench: shown(bench, "Contacts", "Salutation")[5], ("Prof.", "Professor"),
    ),
    Row(
        "remove_pick_list_values",
        {"module_api_name": "Accounts", "field_api_name": "Rating", "pick_list_values": "Shut Down"},
        "PATCH", f"{SETTINGS}/fields/{{Accounts.Rating}}?module=Accounts",
        {"fields": [{"pick_list_values": [{"actual_value": one} for one in RATINGS[:-1]]}]},
        lambda bench: [value for value, _ in shown(bench, "Accounts", "Rating")], list(RATINGS[:-1]),
    ),
    Row(
        "update_pipeline",
        {"pipeline_id": "{pipeline}", "name": "Resellers", "add_stages": "Closed Lost", "remove_stages": "Closed Won"},
        "PATCH", f"{SETTINGS}/pipeline/{{pipeline}}?layout_id={{layout}}",
        {"pipeline": [{"display_value": "Resellers", "maps": [{}, {"_delete": {"permanent": None}}]}]},
        lambda bench: stages(bench, "Resellers"), ["Qualification", "Needs Analysis", "Closed Lost"],
    ),
]  # fmt: skip


def ids(bench: Bench) -> dict[str, str]:
    found = {
        f"{module}.{one['api_name']}": one["id"]
        for module in ("Contacts", "Accounts")
        for one in bench.call("list_fields", module_api_name=module)
    }
    pipelines = bench.call("list_pipelines")
    return found | {"layout": pipelines[0]["layout_id"], "pipeline": pipelines[-1]["id"]}


def filled(value: Any, known: dict[str, str]) -> Any:
    for name, one in known.items():
        value = value.replace("{" + name + "}", one) if isinstance(value, str) else value
    return value


def holds(whole: Any, part: Any) -> bool:
    """Whether a body has all of another, wherever it has more."""
    if isinstance(part, dict):
        return all(name in whole and holds(whole[name], one) for name, one in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(holds, whole, part))
    return bool(whole == part)


def carried_out(bench: Bench, rows: list[Row]) -> tuple[list[Done], list[Any]]:
    known, before = ids(bench), [row.look(bench) for row in rows]
    calls = [(row.tool, {name: filled(one, known) for name, one in row.arguments.items()}) for row in rows]
    done = bench.carry_out(*calls)
    for row, one in zip(rows, done, strict=True):
        assert one.sent == [(row.method, filled(row.path, known))], row.tool
        assert holds(one.change.requests[0].body, row.body), row.tool
        assert row.look(bench) == row.then, row.tool
        assert (one.undo is not None) is row.undone, row.tool
    return done, before


def test_changes_are_carried_out_and_taken_back(bench: Bench) -> None:
    made, at_first = carried_out(bench, MAKING)
    changed, between = carried_out(bench, CHANGING)
    again = bench.call(
        "add_pick_list_values", module_api_name="Contacts", field_api_name="Salutation", pick_list_values="Dr."
    )
    assert not again.requests, "an option that is there is not added"
    for rows, done, before in ((CHANGING, changed, between), (MAKING, made, at_first)):
        bench.back(*(one for one in done if one.undo))
        for row, value in zip(rows, before, strict=True):
            assert row.look(bench) == (value if row.undone else row.then), row.tool


def test_options_that_stay_stay_the_same_ones(bench: Bench) -> None:
    """An option sent without its id would be another one of that name."""
    salutation = {"module_api_name": "Contacts", "field_api_name": "Salutation"}

    def option_ids() -> dict[str, str]:
        return {one["value"]: one["id"] for one in bench.call("list_pick_list_values", **salutation)}

    before = option_ids()
    added = bench.do("add_pick_list_values", **salutation, pick_list_values="Rev.")
    assert option_ids().items() > before.items()
    renamed = bench.do("rename_pick_list_value", **salutation, value="Prof.", new_label="Professor")
    bench.back(renamed)
    bench.back(added)
    assert option_ids() == before


def test_what_holds_values_says_how_many_before_it_goes(bench: Bench) -> None:
    org = ZohoOrg(bench.place.emulator)
    made, pipeline = bench.carry_out(
        (
            "create_field",
            {"module_api_name": "Contacts", "field_label": "Source Ref", "data_type": "text", "length": 40},
        ),
        ("create_pipeline", {"name": "Renewals", "stages": "Qualification"}),
    )
    assert (made.result["api_name"], made.result["length"], made.result["custom"]) == ("Source_Ref", 40, True)
    org.make("Contacts", Last_Name="Doe", Source_Ref="a")
    org.make("Contacts", Last_Name="Roe")
    deal = org.make("Deals", Deal_Name="Big", Stage="Qualification", Pipeline="Renewals")
    field_gone = bench.call("delete_field", module_api_name="Contacts", field_id="Source_Ref")
    pipeline_gone = bench.call("delete_pipeline", pipeline_id=pipeline.result["id"])
    assert "1 Contacts have one" in field_gone.says
    assert "1 deals are in it" in pipeline_gone.says
    assert field_gone.destructive and field_gone.undo is None
    with bench.sending(field_gone, pipeline_gone) as client:
        with pytest.raises(ConfigurationError, match="CANNOT_DELETE"):
            bench.box.send(client, pipeline_gone.requests[0])
        org("DELETE", "/Deals", ids=deal)
        bench.box.send(client, pipeline_gone.requests[0])
        bench.box.send(client, field_gone.requests[0])
    assert stages(bench, "Renewals") is None
    assert field(bench, "Contacts", "Source_Ref", "label") is None
    org.http.close()


# --- what only looks, and what is refused ------------------------------------------------------------------------------------


def test_people_and_profiles(bench: Bench) -> None:
    assert [one["name"] for one in bench.call("list_profiles")] == ["Administrator", "Standard"]
    assert len(bench.call("list_users")) == 3
    assert [one["active"] for one in bench.call("list_users", include_inactive=True)].count(False) == 1
    (one,) = bench.call("list_users", type_filter="CurrentUser")
    assert (one["full_name"], one["profile"]) == ("Priya Raman", "Administrator")


def test_fields_that_nobody_can_write_are_listed_when_asked_for(bench: Bench) -> None:
    few = {one["api_name"] for one in bench.call("list_fields", module_api_name="Deals")}
    every = {one["api_name"] for one in bench.call("list_fields", module_api_name="Deals", include_system=True)}
    assert "Stage" in few and "Created_Time" in every - few


NOT_THERE = {"module_api_name": "Contacts", "field_api_name": "Nope"}


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("get_module", {"module_api_name": "Nope"}, "no module 'Nope'"),
        ("get_field", NOT_THERE, "no field 'Nope'"),
        ("list_pick_list_values", NOT_THERE, "no field 'Nope'"),
        ("create_module", {"singular_label": "Site visit", "plural_label": "Visits", "profile_ids": "1"}, "letters and digits"),
        ("create_module", {"singular_label": "Visit", "plural_label": "Visits", "profile_ids": "Nobody"}, "Administrator"),
        ("create_field", {"module_api_name": "Leads", "field_label": "x" * 26, "data_type": "text"}, "25"),
        ("create_field", {"module_api_name": "Leads", "field_label": "A", "data_type": "lookup"}, "lookup:Accounts"),
        ("delete_field", {"module_api_name": "Contacts", "field_id": "Email"}, "only custom fields"),
        ("delete_pipeline", {"pipeline_id": "7"}, "Standard"),
        ("create_pipeline", {"name": "X", "stages": "Nope"}, "no stage Nope"),
        (
            "remove_pick_list_values",
            {"module_api_name": "Leads", "field_api_name": "Rating", "pick_list_values": "Nope"},
            "no option Nope",
        ),
        (
            "add_pick_list_values",
            {"module_api_name": "Leads", "field_api_name": "Email", "pick_list_values": "A"},
            "no pick list",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_is_sent(
    bench: Bench, tool: str, arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        bench.call(tool, **arguments)


def test_the_vendors_words_reach_the_person(bench: Bench) -> None:
    twice = {"module_api_name": "Contacts", "field_label": "Email", "data_type": "text"}
    change = bench.call("create_field", **twice)
    unknown = bench.call("create_field", **twice | {"field_label": "Odd", "data_type": "nonsense"})
    with bench.sending(change, unknown) as client:
        with pytest.raises(ConfigurationError, match=r"DUPLICATE_DATA.*\$\.fields\[0\]\.field_label"):
            bench.box.send(client, change.requests[0])
        with pytest.raises(ConfigurationError, match=r"Zoho takes .*picklist"):
            bench.box.send(client, unknown.requests[0])


def test_the_broker_sends_what_was_sealed_and_nothing_else(bench: Bench) -> None:
    wanted = {"module_api_name": "Contacts", "data_type": "text"}
    sealed, other = (bench.call("create_field", field_label=label, **wanted) for label in ("One", "Other"))
    with bench.sending(sealed) as client, pytest.raises(Refused) as refused:
        bench.box.send(client, other.requests[0])
    assert refused.value.code == "schema_not_planned"
