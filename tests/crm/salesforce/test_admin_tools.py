"""Salesforce's admin tools against its emulator: one row per tool, what it sends, what came of it, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sdrbot_skills.crm.salesforce.admin_tools import TOOLS
from sdrbot_skills.errors import ConfigurationError, Unsupported
from sdrbot_skills.lab.processes import Emulator
from tests.conformance.case import SALESFORCE
from tests.conformance.conftest import Place
from tests.crm.admin_kit import Bench, Done, bench_on, check_table

TABLE = [
    ("list_objects", "include_all:bool=False"),
    ("get_object", "object_name"),
    ("list_fields", "object_name, include_system:bool=False"),
    ("get_field", "object_name, field_name"),
    (
        "create_field",
        "object_name, field_name, field_label, field_type, length:int?, precision:int?, scale:int?, required:bool=False, "
        "unique:bool=False, external_id:bool=False, description?, picklist_values?",
    ),
    ("update_field", "object_name, field_name, field_label?, description?, required:bool?, picklist_values?"),
    ("delete_field", "object_name, field_name"),
    ("list_users", "active_only:bool=True"),
]

KINDS: dict[str, tuple[dict[str, Any], Any]] = {
    "text": ({"field_type": "Text", "length": 80}, "Prüfung"),
    "long_text": ({"field_type": "LongTextArea"}, "line one\nline two"),
    "integer": ({"field_type": "Number", "scale": 0}, 42),
    "decimal": ({"field_type": "Number", "precision": 12, "scale": 4}, 17.25),
    "money": ({"field_type": "Currency"}, 1234.5),
    "boolean": ({"field_type": "Checkbox"}, True),
    "date": ({"field_type": "Date"}, "2024-02-29"),
    "instant": ({"field_type": "DateTime"}, "2024-02-29T10:20:30.000+0000"),
    "emails": ({"field_type": "Email"}, "kinds@example.org"),
    "phones": ({"field_type": "Phone"}, "+49 711 5550100"),
    "urls": ({"field_type": "Url"}, "https://example.org/a"),
    "reference": ({"field_type": "Lookup:Account"}, None),
    "choice": ({"field_type": "Picklist", "picklist_values": "gold, silver"}, "silver"),
    "choices": ({"field_type": "MultiselectPicklist", "picklist_values": "gold, silver"}, "gold;silver"),
}


class Account:
    """The emulator asked directly, past broker and adapter."""

    def __init__(self, emulator: Emulator) -> None:
        self._http = httpx.Client(base_url=emulator.base_url, trust_env=False)
        grant = {
            "grant_type": "client_credentials",
            "client_id": emulator.env["SF_CLIENT_ID"],
            "client_secret": emulator.env["SF_CLIENT_SECRET"],
        }
        token = self._http.post("/services/oauth2/token", data=grant).json()["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._http.request(method, f"/services/data/v66.0/{path}", json=body)
        return answer.raise_for_status().json() if answer.content else None

    def close(self) -> None:
        self._http.close()


@pytest.fixture(scope="module")
def bench(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench_on(Place(SALESFORCE, emulator, tmp_path_factory.mktemp("admin"))) as bench:
        yield bench
    emulator.reset()


@pytest.fixture(scope="module")
def account(emulator: Emulator) -> Iterator[Account]:
    account = Account(emulator)
    yield account
    account.close()


def stems(*done: Done) -> list[tuple[str, str]]:
    """What was sent, without version and ids."""
    return [
        (method, path.partition("v66.0/")[2].replace("/00N", "/+").split("/+")[0])
        for one in done
        for method, path in one.sent
    ]


def test_names_and_parameters() -> None:
    check_table("salesforce", TABLE)


def test_reading_tools(bench: Bench) -> None:
    rows: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("list_objects", {}, {"name": "Lead", "label": "Lead", "custom": False, "createable": True}),
        ("list_fields", {"object_name": "Contact"}, {"name": "LastName", "required": True, "type": "string"}),
        ("list_users", {}, {"full_name": "Mira Okafor", "active": True, "profile": "System Administrator"}),
        ("list_permission_sets", {}, {"name": "System Administrator", "profile": True}),
        ("list_record_types", {"object_name": "Account"}, {"name": "Partner", "label": "Partner", "active": True}),
    ]
    for name, arguments, expected in rows:
        found = bench.call(name, **arguments)
        assert any(expected.items() <= entry.items() for entry in found), (name, found[:3])
    assert "CreatedDate" not in {one["name"] for one in bench.call("list_fields", object_name="Contact")}
    everything = bench.call("list_fields", object_name="Contact", include_system=True)
    assert "CreatedDate" in {one["name"] for one in everything}
    assert len(bench.call("list_objects", include_all=True)) > len(bench.call("list_objects"))
    assert len(bench.call("list_users", active_only=False)) > len(bench.call("list_users"))
    assert bench.call("get_object", object_name="Lead")["key_prefix"] == "00Q"
    assert bench.call("get_field", object_name="Lead", field_name="LeadSource")["options"][0]["active"]


def test_a_field_is_made_visible_changed_and_removed(bench: Bench, account: Account) -> None:
    where = {"object_name": "Contact", "field_name": "Tier__c"}
    made = bench.do(
        "create_field",
        object_name="Contact",
        field_name="Tier",
        field_label="Tier",
        field_type="picklist",
        picklist_values="gold=Gold, silver=Silver",
    )
    assert stems(made) == [("POST", "tooling/sobjects/CustomField"), ("POST", "sobjects/FieldPermissions")]
    assert made.change.requests[1].body["Field"] == "Contact.Tier__c"
    assert "lets the profile System Administrator see and edit it" in made.change.says
    assert [one["value"] for one in made.result["options"]] == ["gold", "silver"]
    account("POST", "sobjects/Contact", {"LastName": "Xochitl", "Tier__c": "silver"})
    with pytest.raises(ConfigurationError, match="already has a custom field"):
        bench.call("create_field", object_name="Contact", field_name="Tier", field_label="T", field_type="Text")
    added = bench.do("add_picklist_values", **where, picklist_values="bronze=Bronze")
    assert stems(added) == [("PATCH", "tooling/sobjects/CustomField")]
    assert added.result["values"] == ["gold", "silver", "bronze"]
    changed = bench.do("update_field", **where, field_label="Level", picklist_values="gold, bronze")
    assert "silver can no longer be picked; 1 record has one" in changed.change.says
    assert {one["value"]: one["active"] for one in changed.result["options"]} == {
        "gold": True,
        "bronze": True,
        "silver": False,
    }
    back, *_ = bench.back(changed)
    assert (back.result["label"], [one["active"] for one in back.result["options"]]) == ("Tier", [True] * 3)
    with pytest.raises(ConfigurationError, match=r"Did you mean Tier__c\?"):
        bench.call("delete_field", object_name="Contact", field_name="Tier")
    (gone,) = bench.back(made)
    assert stems(gone) == [("DELETE", "tooling/sobjects/CustomField")]
    assert "1 Contact record has one" in gone.change.says and gone.undo is None and gone.change.destructive
    with pytest.raises(ConfigurationError, match="no custom field"):
        bench.call("delete_field", **where)
    with pytest.raises(Unsupported, match="setup pages"):
        bench.call("add_picklist_values", object_name="Lead", field_name="LeadSource", picklist_values="Fair")


def test_field_access(bench: Bench, account: Account) -> None:
    sets = account("POST", "sobjects/PermissionSet", {"Name": "Migration", "Label": "Migration team"})
    assert sets["success"]
    made = bench.do("create_field", object_name="Lead", field_name="Score__c", field_label="Score", field_type="Number")
    where = {"object_name": "Lead", "field_name": "Score__c"}
    granted = bench.do("grant_field_access", **where, permission_set="Migration", editable=False)
    assert stems(granted) == [("POST", "sobjects/FieldPermissions")]
    assert {"permission_set": "Migration", "read": True, "edit": False} in bench.call("list_field_access", **where)
    more = bench.do("grant_field_access", **where, permission_set="Migration team")
    assert more.sent[0][0] == "PATCH" and more.change.before == {"PermissionsRead": True, "PermissionsEdit": False}
    less, *_ = bench.back(more)
    assert less.result["edit"] is False
    (hidden,) = bench.back(granted)
    assert hidden.sent[0][0] == "DELETE"
    mine = bench.do("revoke_field_access", **where, permission_set="System Administrator")
    assert bench.call("list_field_access", **where) == []
    with pytest.raises(ConfigurationError, match="It may be hidden"):
        bench.call("get_field", **where)
    bench.back(mine)
    assert bench.call("get_field", **where)["label"] == "Score"
    bench.back(made)


def test_shared_lists(bench: Bench) -> None:
    made = bench.do("create_value_set", name="Tiers", label="Tiers", values="gold, silver")
    assert made.result["name"] == "Tiers__gvs"
    assert bench.call("list_value_sets") == [{"name": "Tiers__gvs", "label": "Tiers"}]
    field = bench.do(
        "create_field",
        object_name="Account",
        field_name="Tier__c",
        field_label="Tier",
        field_type="Picklist",
        picklist_values="global:Tiers__gvs",
    )
    added = bench.do("add_value_set_values", name="Tiers", values="bronze")
    assert [one["value"] for one in bench.call("get_value_set", name="Tiers")["options"]] == [
        "gold",
        "silver",
        "bronze",
    ]
    described = bench.call("get_field", object_name="Account", field_name="Tier__c")
    assert [one["value"] for one in described["options"]] == ["gold", "silver", "bronze"]
    with pytest.raises(Unsupported, match="shared list"):
        bench.call("add_picklist_values", object_name="Account", field_name="Tier__c", picklist_values="x")
    (back,) = bench.back(added)
    assert back.change.requests[0].body["FullName"] == "Tiers__gvs"
    assert "bronze can no longer be picked" in back.change.says
    assert back.result["values"] == ["gold", "silver"]
    bench.back(field)


def test_record_types(bench: Bench) -> None:
    made = bench.do("create_record_type", object_name="Account", name="Household", label="Household")
    assert stems(made) == [("POST", "tooling/sobjects/RecordType")]
    changed = bench.do("update_record_type", object_name="Account", name="Household", label="Family")
    assert {"name": "Household", "label": "Family"}.items() <= _record_type(bench, "Household").items()
    bench.back(changed)
    bench.back(made)
    assert _record_type(bench, "Household")["active"] is False
    with pytest.raises(ConfigurationError, match="business_process"):
        bench.call("create_record_type", object_name="Lead", name="Cold", label="Cold")


def test_a_field_of_every_kind_is_made_filled_read_and_removed(bench: Bench, account: Account) -> None:
    made = bench.carry_out(
        *(
            ("create_field", {"object_name": "Contact", "field_name": f"K_{kind}", "field_label": kind, **shape})
            for kind, (shape, _) in KINDS.items()
        )
    )
    values = {f"K_{kind}__c": value for kind, (_, value) in KINDS.items()}
    values["K_reference__c"] = account("POST", "sobjects/Account", {"Name": "Quetzal"})["id"]
    record = account("POST", "sobjects/Contact", {"LastName": "Kinds", **values})["id"]
    read = account("GET", f"sobjects/Contact/{record}")
    assert {name: read[name] for name in values} == values
    gone = bench.back(*made)
    assert "1 Contact record has one" in gone[0].change.says
    left = {entry["name"] for entry in bench.call("list_fields", object_name="Contact")}
    assert not left & set(values)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"field_type": "Formula"}, "no type of custom field"),
        ({"field_type": "Date", "unique": True}, "can be unique"),
        ({"field_type": "Checkbox", "required": True}, "makes no Checkbox field required"),
        ({"field_type": "Lookup"}, "names the object"),
        ({"field_type": "Picklist"}, "needs `picklist_values`"),
        ({"field_type": "Text", "picklist_values": "a"}, "have values to pick from"),
        ({"field_type": "Text", "lenght": 5}, "lenght: Extra inputs"),
    ],
)
def test_what_does_not_go_together_is_told(bench: Bench, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        bench.call("create_field", object_name="Contact", field_name="X__c", field_label="X", **wrong)


def test_every_tool_was_called() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert {tool.name for tool in TOOLS if f'"{tool.name}"' not in text} <= {"update_value_set"}, "made by a way back"


def _record_type(bench: Bench, name: str) -> dict[str, Any]:
    (found,) = [entry for entry in bench.call("list_record_types", object_name="Account") if entry["name"] == name]
    return dict(found)
