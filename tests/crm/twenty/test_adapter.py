"""The traps of Twenty: what would go wrong in silence does not."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from sdrbot_skills import lab
from sdrbot_skills.broker import launch
from sdrbot_skills.broker.ledger import Ledger
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.crm.twenty import Adapter
from sdrbot_skills.crm.twenty.client import TwentyClient
from sdrbot_skills.errors import BatchRejected
from sdrbot_skills.model.records import Operation, Outcome, Row
from sdrbot_skills.transport.connection import list_connections
from tests.crm.twenty.conftest import spec

KEY = "migrationSourceId"


def person(number: int, **more: Any) -> Row:
    return Row(f"s{number}", {"name.lastName": f"N{number}", KEY: f"K{number}", **more})


def test_an_upsert_does_not_take_over_somebody_of_the_same_address(crm: Adapter, http: httpx.Client) -> None:
    http.post("/rest/people", json={"emails": {"primaryEmail": "old@example.org"}})
    gone = http.post("/rest/people", json={"emails": {"primaryEmail": "bin@example.org"}}).json()["data"][
        "createPerson"
    ]
    http.delete(f"/rest/people/{gone['id']}?soft_delete=true")
    rows = [
        person(1, emails="Old@example.org"),
        person(2, emails="bin@example.org"),
        person(3, emails="new@example.org"),
        person(4, emails="NEW@example.org"),
    ]
    results = crm.write("people", Operation.UPSERT, rows, KEY)
    assert [(r.outcome, r.rule) for r in results] == [
        (Outcome.REJECTED, Rule.DUPLICATE),
        (Outcome.REJECTED, Rule.DUPLICATE),
        (Outcome.CREATED, None),
        (Outcome.REJECTED, Rule.DUPLICATE),
    ]
    again = crm.write("people", Operation.UPSERT, [person(3, emails="new@example.org")], KEY)
    assert [(r.outcome, r.id) for r in again] == [(Outcome.UPDATED, results[2].id)]


def test_a_batch_with_a_bad_row_is_not_carried_out_and_a_single_row_is_told(crm: Adapter) -> None:
    rows = [person(1), person(2, phones="030 123 ext. 8"), person(3)]
    with pytest.raises(BatchRejected) as caught:
        crm.write("people", Operation.UPSERT, rows, KEY)
    assert caught.value.vendor_code == "INVALID_PHONE_NUMBER"
    assert crm.count("people") == 0
    (result,) = crm.write("people", Operation.UPSERT, rows[1:2], KEY)
    assert (result.outcome, result.rule) == (Outcome.REJECTED, Rule.INVALID_VALUE)


def test_what_an_upsert_brings_back_from_the_bin_counts_as_made(
    crm: Adapter, http: httpx.Client, twenty: lab.Emulator, tmp_path: Path
) -> None:
    """By the ledger too, which believes the vendor's look into the bin; a record that was there all the time is not made."""
    there, gone = (row.id or "" for row in crm.write("people", Operation.CREATE, [person(1), person(2)]))
    crm.delete("people", [gone])
    with launch.start(spec(twenty, str(tmp_path), "live")) as handle:
        (connection,) = list_connections(str(handle.socket))
        again = Adapter(connection)
        results = again.write("people", Operation.UPSERT, [person(1), person(2), person(3)], KEY)
        assert isinstance(again.client, TwentyClient)
        again.client.http.close()
    assert [(one.outcome, one.id) for one in results[:2]] == [(Outcome.UPDATED, there), (Outcome.CREATED, gone)]
    assert results[2].outcome is Outcome.CREATED
    ledger = Ledger(tmp_path / "ledger.sqlite", read_only=True)
    assert set(ledger.created_ids("people")) == {gone, results[2].id}
    assert ledger.updated_ids("people") == [there]
    ledger.close()
    assert http.get(f"/rest/people/{gone}").json()["data"]["person"]["deletedAt"] is None


def test_an_update_neither_makes_nor_revives_a_record(crm: Adapter) -> None:
    (made,) = crm.write("people", Operation.CREATE, [person(1)])
    crm.delete("people", [made.id or ""])
    nowhere = "00000000-0000-4000-8000-000000000000"
    rows = [Row("bin", {"jobTitle": "x"}, id=made.id), Row("none", {"jobTitle": "x"}, id=nowhere)]
    assert {r.rule for r in crm.write("people", Operation.UPDATE, rows)} == {Rule.NOT_FOUND}
    assert crm.count("people") == 0


def test_an_update_keeps_what_it_does_not_name(crm: Adapter, http: httpx.Client) -> None:
    link = {"primaryLinkUrl": "https://a.example", "primaryLinkLabel": "A", "secondaryLinks": [{"url": "b.example"}]}
    company = http.post("/rest/companies", json={"domainName": link}).json()["data"]["createCompany"]
    crm.write("companies", Operation.UPDATE, [Row("1", {"domainName": "https://c.example"}, id=company["id"])])
    after = http.get(f"/rest/companies/{company['id']}").json()["data"]["company"]["domainName"]
    assert after["primaryLinkUrl"] == "https://c.example"
    assert (after["primaryLinkLabel"], len(after["secondaryLinks"])) == ("A", 1)


def test_a_site_is_found_however_it_is_written(crm: Adapter, http: httpx.Client) -> None:
    ids = [
        http.post("/rest/companies", json={"domainName": {"primaryLinkUrl": url}}).json()["data"]["createCompany"]["id"]
        for url in ("acme.com", "https://www.beta.com/")
    ]
    found = crm.find("companies", "domainName", ["https://acme.com", "beta.com"], ["name"])
    assert {record.id for record in found} == set(ids)


@pytest.mark.parametrize("name", ["O'Hara", "Foo, Inc", "Half (open", "50% off", "under_score", "back\\slash", '"q"'])
def test_names_with_signs_of_the_filter_are_found(crm: Adapter, http: httpx.Client, name: str) -> None:
    for one in (name, "other"):
        http.post("/rest/companies", json={"name": one})
    assert [record.values["name"] for record in crm.find("companies", "name", [name], ["name"])] == [name]


def test_a_narrow_role_is_told_before_the_run(
    crm: Adapter, twenty: lab.Emulator, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (made,) = crm.write("people", Operation.CREATE, [person(1, jobTitle="x")])
    role = {"rights": [], "settings": False, "objects": {"person": ["read"]}, "hidden": {"person": ["jobTitle"]}}
    token = twenty.control("key", role=role)["token"]
    with launch.start(spec(twenty, str(tmp_path_factory.mktemp("narrow")), "dry", token)) as handle:
        (connection,) = list_connections(str(handle.socket))
        found = Adapter(connection).preflight(["people", "companies"]).blind
    assert made.outcome is Outcome.CREATED
    assert {one.subject: one.blocks for one in found} == {"people (fields)": False, "companies": True, "fields": False}
