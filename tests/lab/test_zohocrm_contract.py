"""The Zoho emulator's answers against the vendor's OpenAPI files (Aug 2026)."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from sdrbot_skills import lab
from tests.lab.zoho_org import ZohoOrg, answer_schema


@pytest.fixture(scope="module")
def zoho() -> Iterator[ZohoOrg]:
    with lab.running("zohocrm") as emulator:
        org = ZohoOrg(emulator)
        yield org
        org.http.close()


def fits(answer: Any, name: str, path: str, method: str = "get") -> None:
    """The page tokens of a last page are null, as the documentation shows and the file does not allow."""
    told = answer.json()
    if "info" in told:
        told["info"] = {key: value for key, value in told["info"].items() if value is not None}
    jsonschema.validate(told, answer_schema(name, path, method, str(answer.status_code)))


@pytest.mark.parametrize(
    ("path", "query", "name", "template"),
    [
        ("/settings/modules", {}, "modules.json", "/settings/modules"),
        ("/settings/modules/Deals", {}, "modules.json", "/settings/modules/{moduleIdentifier}"),
        ("/settings/fields", {"module": "Contacts"}, "fields.json", "/settings/fields"),
        ("/settings/fields", {"module": "Deals"}, "fields.json", "/settings/fields"),
        ("/settings/fields", {"module": "Nope"}, "fields.json", "/settings/fields"),
        ("/settings/profiles", {}, "profiles.json", "/settings/profiles"),
        ("/org", {}, "org.json", "/org"),
        ("/users", {"type": "AllUsers"}, "users.json", "/users"),
        ("/contacts/roles", {}, "contact-roles.json", "/contacts/roles"),
        ("/Contacts/actions/count", {}, "record-count.json", "/{moduleApiName}/actions/count"),
    ],
)
def test_settings_and_people(zoho: ZohoOrg, path: str, query: dict[str, str], name: str, template: str) -> None:
    fits(zoho("GET", path, **query), name, template)


def test_pipelines(zoho: ZohoOrg) -> None:
    layout = zoho("GET", "/settings/layouts", module="Deals").json()["layouts"][0]["id"]
    fits(zoho("GET", "/settings/pipeline", layout_id=layout), "pipeline.json", "/settings/pipeline")


def test_records(zoho: ZohoOrg) -> None:
    made = zoho.write("/Contacts", {"Last_Name": "Doe"})
    fits(made, "record.json", "/{module}", "post")
    record = made.json()["data"][0]["details"]["id"]
    fits(zoho.write("/Contacts", {"id": record, "Title": "Boss"}, method="PUT"), "record.json", "/{module}", "put")
    fits(zoho.write("/Contacts", {"First_Name": "x"}), "record.json", "/{module}", "post")
    fits(zoho("GET", "/Contacts", fields="Last_Name"), "record.json", "/{module}")
    fits(zoho.query("select id, Last_Name from Contacts where id > '0'"), "coql.json", "/coql", "post")
    fits(zoho.query("select id from Contacts where nonsense"), "coql.json", "/coql", "post")
    fits(zoho("DELETE", "/Contacts", ids=f"{record},1"), "record.json", "/{module}", "delete")


def test_fields(zoho: ZohoOrg) -> None:
    field = {"field_label": "Contract", "data_type": "text"}
    made = zoho("POST", "/settings/fields", {"fields": [field]}, module="Leads")
    fits(made, "fields.json", "/settings/fields", "post")
    path = f"/settings/fields/{made.json()['fields'][0]['details']['id']}"
    changed = zoho("PATCH", path, {"fields": [{"field_label": "Contracts"}]}, module="Leads")
    fits(changed, "fields.json", "/settings/fields/{fieldId}", "patch")
    fits(zoho("DELETE", path, module="Leads"), "fields.json", "/settings/fields/{fieldId}", "delete")


def test_people_of_deals(zoho: ZohoOrg) -> None:
    deal = zoho.make("Deals", Deal_Name="Big", Stage="Qualification")
    person = zoho.make("Contacts", Last_Name="Doe")
    role = {"id": zoho("GET", "/contacts/roles").json()["contact_roles"][0]["id"]}
    path, template, name = f"/Deals/{deal}/Contact_Roles", "/{module}/{dealId}/Contact_Roles", "deal-contact-roles.json"
    fits(zoho("PUT", path, {"data": [{"id": person, "Contact_Role": role}]}), name, template, "put")
    fits(zoho("GET", path, fields="Last_Name,Owner"), name, template)
    fits(zoho("DELETE", path, ids=person), name, template, "delete")
