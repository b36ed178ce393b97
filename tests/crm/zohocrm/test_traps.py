"""What goes wrong with Zoho unless somebody thought of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from sdrbot_skills.broker.launch import BrokerHandle
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.crm.zohocrm import Adapter
from sdrbot_skills.errors import ConfigurationError, ReauthenticateNeeded, Retriable
from sdrbot_skills.lab.processes import Emulator, running
from sdrbot_skills.model.records import Comparison, Condition, Link, Operation, Outcome, Row
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import Kind
from sdrbot_skills.transport.connection import find_connection
from tests.crm.zohocrm.conftest import Discover, connection


def token(lab: Emulator) -> str:
    env = lab.env
    form = {
        "grant_type": "refresh_token",
        "client_id": env["ZOHO_CLIENT_ID"],
        "client_secret": env["ZOHO_CLIENT_SECRET"],
        "refresh_token": env["ZOHO_REFRESH_TOKEN"],
    }
    return str(httpx.post(f"{lab.base_url}/oauth/v2/token", data=form, trust_env=False).json()["access_token"])


def directly(lab: Emulator, method: str, path: str, body: object = None, **query: str) -> httpx.Response:
    """As somebody else changes the organisation, past the broker."""
    headers = {"Authorization": f"Zoho-oauthtoken {token(lab)}"}
    url = f"{lab.base_url}/crm/v8{path}"
    return httpx.request(method, url, json=body, params=query, headers=headers, trust_env=False)


def made(zoho: Adapter, module: str, *payloads: Mapping[str, object]) -> list[str]:
    rows = [Row(str(number), dict(payload)) for number, payload in enumerate(payloads)]
    results = zoho.write(module, Operation.CREATE, rows)
    assert [result.outcome for result in results] == [Outcome.CREATED] * len(rows), results
    return [result.id or "" for result in results]


def test_nothing_fires(zoho: Adapter, lab: Emulator) -> None:
    (contact,) = made(zoho, "Contacts", {"Last_Name": "Doe"})
    (account,) = made(zoho, "Accounts", {"Account_Name": "Acme"})
    zoho.write("Contacts", Operation.UPDATE, [Row("1", {"Title": "Boss"}, id=contact)])
    employer = next(one for one in zoho.link_types("Contacts") if one.standard == "person.company")
    zoho.link(employer, [Link(employer.name, contact, account)])
    assert "automation/fired" not in lab.counters()


def test_deals_of_one_name_stay_apart(zoho: Adapter, lab: Emulator) -> None:
    field = {"field_label": "CRM Migration Key", "data_type": "text", "unique": {"case_sensitive": True}}
    directly(lab, "POST", "/settings/fields", {"fields": [field]}, module="Deals")
    base = {"Deal_Name": "Renewal", "Stage": "Qualification"}
    keys = ["a:1", "a:2", "A:1"]
    rows = [Row(key, {**base, "CRM_Migration_Key": key}) for key in keys]
    results = zoho.write("Deals", Operation.UPSERT, rows, "CRM_Migration_Key")
    assert [result.outcome for result in results] == [Outcome.CREATED] * 3
    assert [one.id for one in zoho.find("Deals", "CRM_Migration_Key", ["A:1"], [])] == [results[2].id]
    again = zoho.write("Deals", Operation.UPSERT, rows, "CRM_Migration_Key")
    assert [(result.outcome, result.id) for result in again] == [(Outcome.UPDATED, one.id) for one in results]


def test_a_clash_on_another_unique_field_is_told(zoho: Adapter, lab: Emulator) -> None:
    for label in ("CRM Migration Key", "Member No"):
        field = {"field_label": label, "data_type": "text", "unique": {"case_sensitive": True}}
        directly(lab, "POST", "/settings/fields", {"fields": [field]}, module="Contacts")
    made(zoho, "Contacts", {"Last_Name": "Doe", "CRM_Migration_Key": "a:1", "Member_No": "M1"})
    made(zoho, "Contacts", {"Last_Name": "Roe", "CRM_Migration_Key": "a:2"})
    row = Row("2", {"Last_Name": "Roe", "CRM_Migration_Key": "a:2", "Member_No": "M1"})
    (result,) = zoho.write("Contacts", Operation.UPSERT, [row], "CRM_Migration_Key")
    assert (result.outcome, result.rule, result.field) == (Outcome.REJECTED, Rule.DUPLICATE, "Member_No")


def test_an_upsert_leaves_a_strangers_record_as_it_is(zoho: Adapter, lab: Emulator) -> None:
    """Zoho's own would make it ours: it goes by every unique field, and the first that matches wins."""
    for label in ("CRM Migration Key", "Member No"):
        field = {"field_label": label, "data_type": "text", "unique": {"case_sensitive": True}}
        directly(lab, "POST", "/settings/fields", {"fields": [field]}, module="Contacts")
    (stranger,) = made(zoho, "Contacts", {"Last_Name": "Other", "Member_No": "M1"})
    before = directly(lab, "GET", f"/Contacts/{stranger}").content
    rows = [Row(str(n), {"Last_Name": f"P{n}", "CRM_Migration_Key": f"a:{n}", "Member_No": f"M{n}"}) for n in range(3)]
    first, refused, last = zoho.write("Contacts", Operation.UPSERT, rows, "CRM_Migration_Key")
    assert (refused.outcome, refused.rule, refused.field) == (Outcome.REJECTED, Rule.DUPLICATE, "Member_No")
    assert refused.message and stranger in refused.message and "M1" not in refused.message
    again = [row._replace(payload={**row.payload, "Last_Name": "New"}) for row in rows]
    results = zoho.write("Contacts", Operation.UPSERT, again, "CRM_Migration_Key")
    assert [one.outcome for one in results] == [Outcome.UPDATED, Outcome.REJECTED, Outcome.UPDATED]
    assert [results[0].id, results[2].id] == [first.id, last.id]
    found = zoho.get("Contacts", [first.id or "", last.id or ""], ["Last_Name"])
    assert [record.values["Last_Name"] for record in found] == ["New", "New"]
    (change,) = zoho.write("Contacts", Operation.UPDATE, [Row("0", {"Member_No": "M1"}, id=first.id)])
    assert (change.rule, change.field) == (Rule.DUPLICATE, "Member_No")
    assert change.message and stranger in change.message
    assert directly(lab, "GET", f"/Contacts/{stranger}").content == before


def test_a_key_that_differs_in_case_alone_is_not_ours(zoho: Adapter, lab: Emulator) -> None:
    field = {"field_label": "CRM Migration Key", "data_type": "text", "unique": {"case_sensitive": False}}
    directly(lab, "POST", "/settings/fields", {"fields": [field]}, module="Contacts")
    one, other = (Row(key, {"Last_Name": key, "CRM_Migration_Key": key}) for key in ("a:1", "A:1"))
    zoho.write("Contacts", Operation.UPSERT, [one], "CRM_Migration_Key")
    (result,) = zoho.write("Contacts", Operation.UPSERT, [other], "CRM_Migration_Key")
    assert (result.outcome, result.rule) == (Outcome.REJECTED, Rule.DUPLICATE)


def test_what_zoho_would_drop_is_refused_here(zoho: Adapter, lab: Emulator) -> None:
    rows = [Row("good", {"Last_Name": "Doe"}), Row("bad", {"Last_Name": "Roe", "Full_Name": "Jane Roe"})]
    good, bad = zoho.write("Contacts", Operation.CREATE, rows)
    assert (good.outcome, bad.outcome, bad.rule, bad.field) == (
        Outcome.CREATED,
        Outcome.REJECTED,
        Rule.READ_ONLY,
        "Full_Name",
    )
    assert lab.writes() == {"Contacts/inserted": 1}


@pytest.mark.parametrize(
    ("payload", "rule", "field"),
    [
        ({}, Rule.REQUIRED_MISSING, "Last_Name"),
        ({"Email": "nobody"}, Rule.INVALID_EMAIL, "Email"),
        ({"Lead_Source": "Pigeon"}, Rule.UNKNOWN_OPTION, "Lead_Source"),
        ({"Account_Name": {"id": "57"}}, Rule.BAD_REFERENCE, "Account_Name"),
        ({"Owner": {"id": "57"}}, Rule.INACTIVE_OWNER, "Owner"),
        ({"Date_of_Birth": "soon"}, Rule.INVALID_VALUE, "Date_of_Birth"),
    ],
)
def test_refusals_have_our_names(zoho: Adapter, payload: dict[str, object], rule: Rule, field: str) -> None:
    row = Row("1", {"Last_Name": "Doe", **payload} if payload else {"First_Name": "x"})
    (result,) = zoho.write("Contacts", Operation.CREATE, [row])
    assert (result.outcome, result.rule, result.field) == (Outcome.REJECTED, rule, field)


def test_rich_text_comes_whole(zoho: Adapter, lab: Emulator) -> None:
    field = {"field_label": "Story", "data_type": "textarea", "textarea": {"type": "rich_text"}}
    directly(lab, "POST", "/settings/fields", {"fields": [field]}, module="Contacts")
    ids = made(zoho, "Contacts", {"Last_Name": "Long", "Story": "x" * 900}, {"Last_Name": "Short", "Story": "y"})
    for records in (zoho.read("Contacts", ["Story"]).records, zoho.get("Contacts", ids, ["Story"])):
        assert [len(record.values["Story"]) for record in records] == [900, 1]


def test_values_with_quotation_marks_are_found_and_counted(zoho: Adapter) -> None:
    made(zoho, "Accounts", *({"Account_Name": name} for name in ("O'Neil & Sons", "O\\Neil", "ONeil", "o'neil & sons")))
    found = zoho.find("Accounts", "Account_Name", ["O'Neil & Sons", "O\\Neil"], ["Account_Name"])
    assert sorted(record.values["Account_Name"] for record in found) == ["O'Neil & Sons", "O\\Neil", "o'neil & sons"]
    where = [Condition("Account_Name", Comparison.EQ, "O'Neil & Sons")]
    assert zoho.count("Accounts", where) == 2


def test_the_contact_of_a_deal_is_one_of_its_people(zoho: Adapter) -> None:
    first, second = made(zoho, "Contacts", {"Last_Name": "Doe"}, {"Last_Name": "Roe"})
    (deal,) = made(zoho, "Deals", {"Deal_Name": "Big", "Stage": "Qualification", "Contact_Name": {"id": first}})
    people = next(one for one in zoho.link_types("Deals") if one.standard == "deal.person")
    zoho.link(people, [Link(people.name, deal, second)])
    assert {link.to_id for link in zoho.links(people, [deal])} == {first, second}


def test_an_inactive_user_is_told(zoho: Adapter) -> None:
    assert {user.active for user in zoho.users()} == {True, False}
    assert all(user.email for user in zoho.users())


def test_a_name_too_long_for_a_label_is_refused_before_it_is_sent(zoho: Adapter) -> None:
    field = Field(name="A_name_of_more_than_twenty_five", label="x", kind=Kind.TEXT, vendor_type="", custom=True)
    with pytest.raises(ConfigurationError, match="25 characters"):
        zoho.create_field("Contacts", field)


# --- tokens ------------------------------------------------------------------------------------------------------------------


def test_brokers_hand_their_token_on(discover: Discover) -> None:
    with running("zohocrm", limits="vendor") as lab:
        for _ in range(3):
            handle: BrokerHandle = discover(lab)
            assert handle.connections[0]["account"]["name"] == lab.account["name"]
            handle.stop()
        assert lab.counters()["requests/POST /oauth/v2/token"] == 1


def test_a_token_that_died_is_not_handed_on(discover: Discover, lab: Emulator) -> None:
    discover(lab).stop()
    lab.advance_clock(3700)
    before = lab.counters().get("requests/POST /oauth/v2/token", 0)
    discover(lab).stop()
    assert lab.counters()["requests/POST /oauth/v2/token"] == before + 1


def test_a_refused_refresh_token_asks_to_connect_again(discover: Discover, lab: Emulator) -> None:
    spec = connection(lab)
    env = {**lab.env, "ZOHO_REFRESH_TOKEN": "1000.not.good"}
    broken = Emulator(**{**vars(lab), "env": env})
    with pytest.raises(ReauthenticateNeeded, match="invalid_code") as caught:
        discover(broken)
    assert caught.value.connection == spec.name


def test_too_many_tokens_is_no_reason_to_connect_again(discover: Discover) -> None:
    with running("zohocrm", limits="vendor") as lab:
        for _ in range(10):
            token(lab)
        with pytest.raises(Retriable, match="ten minutes"):
            discover(lab)


def test_the_kept_token_is_not_readable(discover: Discover, lab: Emulator, cache: Path) -> None:
    discover(lab).stop()
    files = list((cache / "crm-migrate" / "tokens").iterdir())
    assert files
    for file in files:
        assert file.stat().st_mode & 0o077 == 0
        assert b"1000." not in file.read_bytes()
        with pytest.raises(json.JSONDecodeError):
            json.loads(file.read_bytes())


def test_modules_are_listed_once_for_all_and_anew_for_each_further_look(discover: Discover, lab: Emulator) -> None:
    def lists() -> int:
        return lab.counters().get("requests/GET /crm/{version:v[2-8]}/settings/modules", 0)

    zoho, before = Adapter(find_connection("zohocrm", str(discover(lab).socket))), lists()
    for expected in (1, 2):
        for name in ("Accounts", "Contacts", "Deals"):
            zoho.describe(name)
        assert lists() - before == expected
    with pytest.raises(ConfigurationError, match="no module 'Nothing'"):
        zoho.describe("Nothing")


def test_a_locked_record_is_named_and_may_be_tried_again(zoho: Adapter, lab: Emulator) -> None:
    (record,) = made(zoho, "Contacts", {"Last_Name": "Kept"})
    lab.control("locking", modules=["Contacts"])
    reason = {"data": [{"Locked_Reason__s": "signed"}]}
    assert directly(lab, "POST", f"/Contacts/{record}/Locking_Information__s", reason).status_code == 201
    (result,) = zoho.write("Contacts", Operation.UPDATE, [Row("1", {"Last_Name": "Changed"}, record)])
    assert (result.outcome, result.rule, result.retriable) == (Outcome.REJECTED, Rule.LOCKED, True)
