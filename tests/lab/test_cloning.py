"""A practice CRM becomes like another account: asked for its schema, the clone answers what that account answered, and takes records by it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from sdrbot_skills import lab
from sdrbot_skills.broker.launch import BrokerHandle
from sdrbot_skills.cli import app
from sdrbot_skills.cli.cloning import cloned, schema_answers
from sdrbot_skills.lab.processes import Emulator
from sdrbot_skills.planning.schemadiff import schema_changes, snapshot
from sdrbot_skills.runs import brokers
from sdrbot_skills.transport.connection import find_connection
from tests.lab.zoho_org import ZohoOrg

RECORDS = {
    "hubspot": "contacts",
    "salesforce": "Contact",
    "pipedrive": "persons",
    "zohocrm": "Contacts",
    "attio": "people",
    "twenty": "people",
}
CRMS = tuple(RECORDS)
RUNNER = CliRunner()
OWN = re.compile(r"createdAt|updatedAt|recordTypeId|^urls$|^layout$|^url$|Id$|_id$|_ids$|created_at")
"""What is the account's own: times, ids, addresses."""


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Emulator]]:
    """Accounts with fields, objects, stages and labels of their own, and one record each that must stay at home."""
    with pytest.MonkeyPatch.context() as patch, lab.running(*CRMS) as labs:
        folder = tmp_path_factory.mktemp("work")
        patch.chdir(folder)
        patch.setenv("CRM_MIGRATE_HOME", str(folder / "state"))
        found = dict(zip(CRMS, labs, strict=True))
        for emulator in labs:
            for name, value in emulator.env.items():
                patch.setenv(name, value)
        _furnish_hubspot(found["hubspot"])
        _furnish_salesforce(found["salesforce"])
        _furnish_pipedrive(found["pipedrive"])
        _furnish_zoho(found["zohocrm"])
        _furnish_attio(found["attio"])
        _furnish_twenty(found["twenty"])
        yield found
        RUNNER.invoke(app, ["lab", "down", "--all"])


def _furnish_hubspot(emulator: Emulator) -> None:
    headers = {"Authorization": f"Bearer {emulator.env['HUBSPOT_ACCESS_TOKEN']}"}
    with httpx.Client(base_url=emulator.base_url, headers=headers, trust_env=False) as client:
        options = [{"label": "Gold tier", "value": "gold"}, {"label": "Tin", "value": "tin", "hidden": True}]
        tier = {"name": "tier", "label": "Tier", "type": "enumeration", "fieldType": "select", "options": options}
        group = {"groupName": "contactinformation"}
        assert client.post("/crm/v3/properties/contacts", json={**tier, **group}).status_code == 201
        ticket = {"name": "badge", "label": "Badge", "type": "string", "fieldType": "text", "hasUniqueValue": True}
        assert client.post("/crm/v3/properties/contacts", json={**ticket, **group}).status_code == 201
        pet = {"name": "pet", "labels": {"singular": "Pet", "plural": "Pets"}, "primaryDisplayProperty": "nick"}
        nick = {"name": "nick", "label": "Nick", "type": "string", "fieldType": "text"}
        assert client.post("/crm/v3/schemas", json={**pet, "properties": [nick]}).status_code == 201
        stages = [{"label": "Open", "displayOrder": 0, "metadata": {"probability": "0.3"}}]
        line = {"label": "Partner deals", "displayOrder": 5, "stages": stages}
        assert client.post("/crm/v3/pipelines/deals", json=line).status_code == 201
        label = {"name": "advisor", "label": "Advisor", "inverseLabel": "Advises"}
        assert client.post("/crm/v4/associations/contacts/companies/labels", json=label).status_code == 200
        assert client.post("/crm/v3/objects/contacts", json={"properties": {"email": "kept@home.example"}}).is_success


def _furnish_salesforce(emulator: Emulator) -> None:
    form = {"grant_type": "client_credentials", "client_id": emulator.env["SF_CLIENT_ID"]}
    form["client_secret"] = emulator.env["SF_CLIENT_SECRET"]
    token = httpx.post(f"{emulator.base_url}/services/oauth2/token", data=form, trust_env=False).json()["access_token"]
    base = f"{emulator.base_url}/services/data/v66.0"
    with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, trust_env=False) as client:
        emulator.control("variants", add=["record_types", "person_accounts"])
        values = [{"valueName": name, "label": name, "default": False} for name in ("Gold", "Tin")]
        value_set = {"valueSetDefinition": {"sorted": False, "value": values}, "restricted": True}
        for name, metadata in {
            "Contact.Tier__c": {"type": "Picklist", "label": "Tier", "valueSet": value_set},
            "Contact.Source_Id__c": {"type": "Text", "label": "Source Id", "length": 64, "unique": True, "externalId": True},
            "Opportunity.Margin__c": {"type": "Number", "label": "Margin", "precision": 9, "scale": 3},
        }.items():  # fmt: skip
            made = client.post("/tooling/sobjects/CustomField", json={"FullName": name, "Metadata": metadata})
            assert made.status_code == 201, made.text
            grant = {"ParentId": _profile_set(client), "SobjectType": name.partition(".")[0], "Field": name}
            grant |= {"PermissionsRead": True, "PermissionsEdit": True}  # type: ignore[dict-item]
            assert client.post("/sobjects/FieldPermissions", json=grant).status_code == 201
        assert client.post("/sobjects/Contact", json={"LastName": "Kept at home"}).status_code == 201


def _furnish_pipedrive(emulator: Emulator) -> None:
    headers = {"x-api-token": emulator.env["PIPEDRIVE_API_TOKEN"]}
    with httpx.Client(base_url=f"{emulator.base_url}/api/v2", headers=headers, trust_env=False) as client:
        tier = {"field_name": "Tier", "field_type": "enum", "options": [{"label": "Gold"}, {"label": "Tin"}]}
        assert client.post("/personFields", json=tier).status_code == 200
        assert client.post("/dealFields", json={"field_name": "Margin", "field_type": "double"}).status_code == 200
        made = client.post("/pipelines", json={"name": "Partners"}).json()["data"]
        assert client.post("/stages", json={"name": "Open", "pipeline_id": made["id"]}).status_code == 200
        assert client.post("/persons", json={"name": "Kept at home"}).status_code == 200


def _furnish_zoho(emulator: Emulator) -> None:
    org = ZohoOrg(emulator)
    with closing(org.http):
        org.unique("Contacts")
        values = [{"display_value": name, "actual_value": name} for name in ("Gold", "Tin")]
        field = {"field_label": "Tier", "data_type": "picklist", "pick_list_values": values}
        assert org("POST", "/settings/fields", {"fields": [field]}, module="Contacts").status_code == 201
        profiles = [{"id": one["id"]} for one in org("GET", "/settings/profiles").json()["profiles"]]
        module = {"singular_label": "Pet", "plural_label": "Pets", "api_name": "Pets", "profiles": profiles}
        assert org("POST", "/settings/modules", {"modules": [module]}).status_code == 201
        org.make("Contacts", Last_Name="Kept at home")


def _furnish_attio(emulator: Emulator) -> None:
    headers = {"Authorization": f"Bearer {emulator.env['ATTIO_API_KEY']}"}
    usual = {"description": "", "is_required": False, "is_unique": False, "is_multiselect": False, "config": {}}
    with httpx.Client(base_url=f"{emulator.base_url}/v2", headers=headers, trust_env=False) as client:
        pets = {"api_slug": "pets", "singular_noun": "Pet", "plural_noun": "Pets"}
        assert client.post("/objects", json={"data": pets}).status_code == 200
        for place, slug, kind in (
            ("people", "tier", "select"),
            ("deals", "margin", "number"),
            ("pets", "nick", "text"),
        ):
            data = {"title": slug.capitalize(), "api_slug": slug, "type": kind, **usual}
            assert client.post(f"/objects/{place}/attributes", json={"data": data}).status_code == 200
        for title in ("Gold", "Tin"):
            path = "/objects/people/attributes/tier/options"
            assert client.post(path, json={"data": {"title": title}}).status_code == 200
        values = {"email_addresses": ["kept@home.example"]}
        assert client.post("/objects/people/records", json={"data": {"values": values}}).status_code == 200


def _furnish_twenty(emulator: Emulator) -> None:
    headers = {"Authorization": f"Bearer {emulator.env['TWENTY_API_KEY']}"}
    with httpx.Client(base_url=f"{emulator.base_url}/rest", headers=headers, trust_env=False) as client:
        pet = {"nameSingular": "pet", "namePlural": "pets", "labelSingular": "Pet", "labelPlural": "Pets"}
        assert client.post("/metadata/objects", json=pet).status_code == 201
        objects = client.get("/metadata/objects", params={"limit": "200"}).json()["data"]
        person = next(one["id"] for one in objects if one["nameSingular"] == "person")
        options = [{"label": "Gold", "value": "GOLD", "color": "green", "position": 0}]
        tier = {"objectMetadataId": person, "name": "tier", "label": "Tier", "type": "SELECT", "options": options}
        assert client.post("/metadata/fields", json=tier).status_code == 201
        assert client.post("/people", json={"name": {"firstName": "Kept", "lastName": "At home"}}).status_code == 201


def _profile_set(client: httpx.Client) -> str:
    soql = "SELECT Id FROM PermissionSet WHERE IsOwnedByProfile = true"
    return str(client.get("/query", params={"q": soql}).json()["records"][0]["Id"])


def plain(value: Any) -> Any:
    """An answer without what is the account's own, in an order of its own where the vendor has none."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items() if not OWN.search(key)}
    if isinstance(value, list):
        return sorted((plain(entry) for entry in value), key=lambda one: json.dumps(one, sort_keys=True))
    return re.sub(r"http://127\.0\.0\.1:\d+", "", value) if isinstance(value, str) else value


@pytest.fixture(scope="module")
def clones(accounts: dict[str, Emulator]) -> Iterator[BrokerHandle]:
    """A read-only broker for every account and for its clone."""
    with pytest.MonkeyPatch.context() as patch:
        with brokers.discover_broker(CRMS) as broker:
            told = {crm: schema_answers(find_connection(crm, str(broker.socket))) for crm in CRMS}
        made = [cloned(crm, "clone", "Practice", answers)[0] for crm, answers in told.items()]
        for name, value in ((name, value) for emulator in made for name, value in emulator.env.items()):
            patch.setenv(name, value)
        with brokers.discover_broker([*CRMS, *(f"{crm}-clone" for crm in CRMS)]) as broker:
            yield broker
        for emulator in made:
            emulator.stop()


@pytest.mark.parametrize(("crm", "people"), RECORDS.items())
def test_the_clone_answers_like_the_account_and_is_empty(clones: BrokerHandle, crm: str, people: str) -> None:
    ours, theirs = (find_connection(name, str(clones.socket)) for name in (crm, f"{crm}-clone"))
    was, is_now = schema_answers(ours), schema_answers(theirs)
    assert was.keys() == is_now.keys()
    for path, answer in was.items():
        assert plain(is_now[path]) == plain(answer), path
    source, clone = (brokers.adapter(clones, name) for name in (crm, f"{crm}-clone"))
    assert (source.count(people), clone.count(people)) == (1, 0)


def test_what_the_product_reads_of_a_clone_is_what_it_reads_of_the_account(clones: BrokerHandle) -> None:
    source, clone = (brokers.adapter(clones, name) for name in ("salesforce", "salesforce-clone"))
    assert schema_changes(snapshot(source), snapshot(clone)) == []


def test_what_the_credential_may_not_see_is_left_as_the_vendors_standard(
    accounts: dict[str, Emulator], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from sdrbot_skills.lab.hubspot.types import ALL_SCOPES

    scopes = [scope for scope in ALL_SCOPES if not re.search(r"custom|\.deals\.", scope)]
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", accounts["hubspot"].control("tokens", scopes=scopes)["access_token"])
    monkeypatch.setenv("CRM_MIGRATE_HOME", str(tmp_path))
    ended = RUNNER.invoke(app, ["lab", "clone-schema", "hubspot", "--name", "narrow", "--json"], catch_exceptions=False)
    told = json.loads(ended.stdout)
    assert "/crm/v3/properties/deals" in told["left_out"] and "/crm/v3/schemas" in told["left_out"]
    assert set(told["fields"]) == {"companies", "contacts", "leads", "tickets"}
    again = RUNNER.invoke(app, ["lab", "clone-schema", "hubspot", "--name", "narrow"])
    assert "runs already" in str(again.exception)
    RUNNER.invoke(app, ["lab", "down", "--all"])


def test_a_crm_that_is_not_connected_is_said(accounts: dict[str, Emulator]) -> None:
    assert "no connection" in str(RUNNER.invoke(app, ["lab", "clone-schema", "nonsense"]).exception)
